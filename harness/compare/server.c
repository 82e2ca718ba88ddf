/*
 * server.c: servers, from exec to their end.
 */
#include "harness/compare/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/base.h"

#define READY_WORDS "listening on "

enum {
    GRACE_MS = 2000,      /* from SIGTERM to SIGKILL */
    LOOK_NS = 250 * 1000, /* between looks at a starting server */
    PORT_LOOKS = 80,      /* ... of which one is a try to connect */
    CONNECT_US = 200000,  /* for one try to connect */
    PORT_TRIES = 3,       /* if another took the port meanwhile */
};

/* ---- what one prints ----------------------------------------------------
 */

/* The first bytes of its standard output, ending in 0. */
static void
read_head(const struct server *server, char text[SERVER_OUTPUT_BYTES + 1])
{
    ssize_t nread = pread(server->output_fd, text, SERVER_OUTPUT_BYTES, 0);

    text[nread > 0 ? nread : 0] = '\0';
}

void
server_last_line(const char *output, char *line, size_t line_bytes)
{
    const char *end = output + strlen(output);
    const char *begin;

    while (end > output && (end[-1] == '\n' || end[-1] == '\r')) {
        end--;
    }
    begin = end;
    while (begin > output && begin[-1] != '\n') {
        begin--;
    }
    snprintf(line, line_bytes, "%.*s", (int)(end - begin), begin);
    for (char *byte = line; *byte != '\0'; byte++) {
        if ((unsigned char)*byte < ' ' || (unsigned char)*byte > '~') {
            *byte = '?';
        }
    }
}

/* Look for the first ready line. One that goes on with anything else than an
 * address is a greeting like any other, and half a line may still become
 * another address. */
static bool
has_said_ready(struct server *server)
{
    char text[SERVER_OUTPUT_BYTES + 1];
    const char *rest = text;

    read_head(server, text);
    while ((rest = proc_behind(rest, READY_WORDS)) && strchr(rest, '\n')) {
        if (server_read_address(rest, &server->address,
                                &server->address_bytes) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- how it went --------------------------------------------------------
 */

void
server_describe_end(const struct server *server,
                    char reason[SERVER_REASON_BYTES])
{
    int status = server->wait_status;
    char line[160];
    char how[64];

    server_last_line(server->errors, line, sizeof line);
    if (server->killed) {
        snprintf(how, sizeof how, "still ran %d ms after SIGTERM", GRACE_MS);
    } else if (WIFSIGNALED(status)) {
        snprintf(how, sizeof how, "died of signal %d, %s", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    } else {
        snprintf(how, sizeof how, "ended with status %d",
                 WEXITSTATUS(status));
    }
    snprintf(reason, SERVER_REASON_BYTES, "%s%s%s", how,
             line[0] ? "; its last words: " : ", without a word", line);
}

/* Why it was not taken for ready. `head` is how its output began; it is
 * written to. */
static void
describe_start(const struct server *server, const struct server_order *order,
               char *head, char reason[SERVER_REASON_BYTES])
{
    const char *false_line = proc_behind(head, READY_WORDS);
    bool silent = order->command && !strstr(order->command, "{port}");
    char line[100];

    if (server->ended_early && order->launcher && server->wait_status == 0 &&
        !proc_behind(head, SERVER_PID_WORDS)) {
        snprintf(reason, SERVER_REASON_BYTES,
                 "was not started: standard input has not come through; the "
                 "launcher must pass it on");
    } else if (server->ended_early) {
        server_describe_end(server, reason);
    } else if (false_line) {
        head[false_line - head + (long)strcspn(false_line, "\r\n")] = '\0';
        server_last_line(head, line, sizeof line);
        snprintf(reason, SERVER_REASON_BYTES,
                 "was not ready after %.0f ms: \"%s\" names no address",
                 server->start_ms, line);
    } else {
        server_last_line(server->errors, line, sizeof line);
        snprintf(reason, SERVER_REASON_BYTES,
                 "was not ready after %.0f ms%s%s%s", server->start_ms,
                 silent ? ": it printed no ready line, and its command has "
                          "no {port}"
                        : "",
                 line[0] ? "; its last words: " : "", line);
    }
}

/* ---- where it listens ---------------------------------------------------
 */

static int
port_of(const struct sockaddr_storage *address)
{
    /* The port stands at the same place in both kinds. */
    return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

/* A port of 127.0.0.1 that nobody has now; somebody else may take it before
 * it is used. -1 with errno if there is none. */
static int
free_port(void)
{
    struct sockaddr_storage address;
    socklen_t bytes;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int port = -1;

    if (server_address("127.0.0.1", 0, &address, &bytes) == 0 &&
        bind(fd, (struct sockaddr *)&address, bytes) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &bytes) == 0) {
        port = port_of(&address);
    }
    close(fd);
    return port;
}

/* The send timeout is the one that connect(2) obeys: a host that throws our
 * packets away must not hold us up. */
static bool
connects(const struct sockaddr_storage *address, socklen_t address_bytes)
{
    const struct timeval patience = {.tv_usec = CONNECT_US};
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good;

    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    good = connect(fd, (const struct sockaddr *)address, address_bytes) == 0;
    close(fd);
    return good;
}

/* True if a connect to the port succeeds, on `host` or, if that is NULL, on
 * 127.0.0.1 or on ::1; then the address is filled in. */
static bool
answers(const char *host, int port, struct sockaddr_storage *address,
        socklen_t *address_bytes)
{
    const char *const hosts[] = {host ? host : "127.0.0.1", "::1"};
    bool good = false;

    for (int i = 0; i < (host ? 1 : 2) && !good; i++) {
        good = server_address(hosts[i], port, address, address_bytes) == 0 &&
               connects(address, *address_bytes);
    }
    return good;
}

/* ---- start --------------------------------------------------------------
 */

/* Wait until it has ended or the time is over. */
static void
wait_end(const struct server *server, int64_t timeout_ns)
{
    struct pollfd ended = {.fd = server->pid_fd, .events = POLLIN};
    int64_t deadline_ns = clock_now_ns() + timeout_ns;
    int64_t left_ns;

    while ((left_ns = deadline_ns - clock_now_ns()) > 0 &&
           ppoll(&ended, 1,
                 &(struct timespec){.tv_sec = left_ns / 1000000000,
                                    .tv_nsec = left_ns % 1000000000},
                 NULL) == -1 &&
           errno == EINTR) {
    }
}

/* Until a ready line was printed, or somebody listens on `port` (if it is
 * not 0). False if the server ended, the time is over, or we are to end. */
static bool
wait_ready(struct server *server, const struct server_order *order, int port)
{
    int64_t deadline_ns = clock_now_ns() + order->start_timeout_ns;

    for (int look = 1; clock_now_ns() < deadline_ns && !*order->interrupted;
         look++) {
        if (has_said_ready(server)) {
            return !order->host ||
                   server_address(order->host, port_of(&server->address),
                                  &server->address,
                                  &server->address_bytes) == 0;
        }
        if (server_has_ended(server)) {
            return false;
        }
        if (port > 0 && look % PORT_LOOKS == 0 &&
            answers(order->host, port, &server->address,
                    &server->address_bytes)) {
            return true;
        }
        wait_end(server, LOOK_NS);
    }
    return false;
}

static pid_t
parent_of(pid_t pid)
{
    char text[1024];
    double parent;

    proc_read(text, sizeof text, "/proc/%d/status", (int)pid);
    parent = proc_number(text, "PPid:");
    return parent > 0 ? (pid_t)parent : 0;
}

/* The leash has said which process the server is. It is ours to look at if
 * it descends from the launcher; else it lives where numbers mean other
 * processes. */
static void
find_behind_launcher(struct server *server)
{
    char text[SERVER_OUTPUT_BYTES + 1];
    double said;
    pid_t above;

    read_head(server, text);
    said = proc_number(text, SERVER_PID_WORDS);
    server->seen_pid = said > 0 ? (pid_t)said : 0;
    above = parent_of(server->seen_pid);
    while (above != 0 && above != server->pid) {
        above = parent_of(above);
    }
    if (above == 0 ||
        clock_getcpuclockid(server->seen_pid, &server->cpu_clock) != 0) {
        server->seen_pid = 0;
    }
}

static int
start_once(struct server *server, const struct server_order *order,
           char reason[SERVER_REASON_BYTES])
{
    int64_t begin_ns;
    char head[SERVER_OUTPUT_BYTES + 1];
    struct server_line line;
    const char *wrong;
    int port = 0;
    bool ready;

    memset(server, 0, sizeof *server);
    if (order->command && strstr(order->command, "{port}")) {
        port = free_port();
    }
    wrong =
        port == -1 ? strerror(errno) : server_make_line(order, port, &line);
    begin_ns = clock_now_ns();
    if (!wrong && server_spawn(server, order, &line) != 0) {
        wrong = strerror(errno);
    }
    if (wrong) {
        snprintf(reason, SERVER_REASON_BYTES, "could not be started: %s",
                 wrong);
        return -1;
    }
    ready = wait_ready(server, order, port);
    server->start_ms = (double)(clock_now_ns() - begin_ns) / 1e6;
    if (!ready) {
        read_head(server, head);
        server_stop(server);
        describe_start(server, order, head, reason);
        return -1;
    }
    if (order->launcher) {
        find_behind_launcher(server);
    }
    return 0;
}

int
server_start(struct server *server, const struct server_order *order,
             char reason[SERVER_REASON_BYTES])
{
    int status = -1;

    for (int i = 0; i < PORT_TRIES; i++) {
        status = start_once(server, order, reason);
        if (status == 0 || !order->command || !strstr(reason, "in use") ||
            *order->interrupted) {
            break;
        }
    }
    return status;
}

/* ---- stop ---------------------------------------------------------------
 */

bool
server_has_ended(const struct server *server)
{
    struct pollfd ended = {.fd = server->pid_fd, .events = POLLIN};

    return poll(&ended, 1, 0) == 1;
}

void
server_stop(struct server *server)
{
    server->ended_early = server_has_ended(server);
    kill(server->keeper_pid, SIGHUP);
    wait_end(server, GRACE_MS * NS_PER_MS);
    server->killed = !server_has_ended(server);
    server_reap(server);
}
