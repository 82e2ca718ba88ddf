/*
 * server_process.c: one server, from exec to its end. See server_process.h.
 */
#include "harness/compare/server_process.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/base.h"
#include "harness/compare/address.h"
#include "harness/compare/launcher.h"
#include "harness/compare/listener.h"
#include "harness/compare/orphans.h"
#include "harness/compare/spawn.h"

enum {
    GRACE_MS = 2000,            /* from SIGTERM to SIGKILL */
    LOOK_NS = 20 * 1000 * 1000, /* between looks at a starting server */
    PORT_TRIES = 3,             /* if another took the port meanwhile */
};

static volatile sig_atomic_t running_pid;

static int start_once(struct server_process *server,
                      const struct server_order *order,
                      char reason[SERVER_REASON_BYTES]);
static bool wait_ready(struct server_process *server,
                       const struct server_order *order, int port);
static void find_behind_launcher(struct server_process *server);
static void describe_wait(const struct server_process *server,
                          const struct server_order *order, int port,
                          char reason[SERVER_REASON_BYTES]);
static void wait_end(struct server_process *server, int timeout_ms);
static const char *read_stat(const struct server_process *server, char *line,
                             int line_bytes);

int
server_process_start(struct server_process *server,
                     const struct server_order *order,
                     char reason[SERVER_REASON_BYTES])
{
    int status = -1;

    for (int i = 0; i < PORT_TRIES; i++) {
        status = start_once(server, order, reason);
        if (status == 0 || !order->command || !strstr(reason, "in use") ||
            *order->interrupted != 0) {
            break;
        }
    }
    return status;
}

int64_t
server_process_cpu_ns(const struct server_process *server)
{
    struct timespec used;

    if (server->seen_pid == 0 ||
        clock_gettime(server->cpu_clock, &used) == -1) {
        return -1;
    }
    return used.tv_sec * INT64_C(1000000000) + used.tv_nsec;
}

double
server_process_rss_kib(const struct server_process *server)
{
    char path[64];
    char line[256];
    double rss_kib = NAN;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/smaps_rollup",
             (int)server->seen_pid);
    file = fopen(path, "re");
    if (!file) {
        return NAN;
    }
    while (isnan(rss_kib) && fgets(line, sizeof line, file)) {
        if (strncmp(line, "Rss:", 4) == 0) {
            rss_kib = strtod(line + 4, NULL);
        }
    }
    fclose(file);
    return rss_kib;
}

bool
server_process_forks(const struct server_process *server)
{
    char path[64];
    bool forks = false;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children",
             (int)server->seen_pid, (int)server->seen_pid);
    file = fopen(path, "re");
    if (file) {
        forks = fgetc(file) != EOF;
        fclose(file);
    }
    return forks;
}

void
server_process_faults(const struct server_process *server, double *faults,
                      double *threads)
{
    char line[512];
    const char *fields = read_stat(server, line, sizeof line);
    unsigned long minor;
    long count;

    *faults = *threads = NAN;
    /* Fields 10 and 20 of proc(5), of which fields[0] is the third. */
    if (fields && sscanf(fields,
                         "%*c %*d %*d %*d %*d %*d %*u %lu %*u %*u %*u %*u "
                         "%*u %*d %*d %*d %*d %ld",
                         &minor, &count) == 2) {
        *faults = (double)minor;
        *threads = (double)count;
    }
}

bool
server_process_sleeps(const struct server_process *server)
{
    char line[512];
    const char *fields = read_stat(server, line, sizeof line);

    return !fields || (fields[0] != 'R' && fields[0] != 'D');
}

bool
server_process_is_stopped(const struct server_process *server)
{
    char line[512];
    const char *fields =
        server->seen_pid == 0 ? NULL : read_stat(server, line, sizeof line);

    return fields && (fields[0] == 'T' || fields[0] == 't');
}

bool
server_process_has_ended(const struct server_process *server)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)server->pid, &info,
                  WEXITED | WNOHANG | WNOWAIT) == -1 ||
           info.si_pid != 0;
}

void
server_process_stop(struct server_process *server)
{
    struct rusage usage = {0};

    server->ended_early = server_process_has_ended(server);
    if (server->input_fd != -1) {
        close(server->input_fd);
        wait_end(server, GRACE_MS);
    }
    if (!server_process_has_ended(server)) {
        kill(-server->pid, SIGTERM);
        wait_end(server, GRACE_MS);
    }
    server->killed = !server_process_has_ended(server);
    /* Before the leader is reaped, because until then nobody else can have
     * its group's number; whatever is left in the group ends here. */
    kill(-server->pid, SIGKILL);
    while (wait4(server->pid, &server->wait_status, 0, &usage) == -1 &&
           errno == EINTR) {
    }
    orphans_end();
    running_pid = 0;
    server->switches = server->seen_pid == server->pid
                           ? usage.ru_nvcsw + usage.ru_nivcsw
                           : -1;
    close(server->pid_fd);
    capture_end(&server->capture);
}

void
server_process_describe_end(const struct server_process *server,
                            char reason[SERVER_REASON_BYTES])
{
    char line[160];
    int status = server->wait_status;
    int length;

    capture_last_line(&server->capture.error, line, sizeof line);
    if (server->killed) {
        length = snprintf(reason, SERVER_REASON_BYTES,
                          "still ran %d ms after SIGTERM", GRACE_MS);
    } else if (WIFSIGNALED(status)) {
        length =
            snprintf(reason, SERVER_REASON_BYTES, "died of signal %d, %s",
                     WTERMSIG(status), strsignal(WTERMSIG(status)));
    } else {
        length = snprintf(reason, SERVER_REASON_BYTES, "ended with status %d",
                          WEXITSTATUS(status));
    }
    snprintf(reason + length, (size_t)(SERVER_REASON_BYTES - length),
             line[0] ? "; its last words: %s" : ", without a word", line);
}

void
server_process_kill_running(void)
{
    if (running_pid > 0) {
        kill(-running_pid, SIGKILL);
    }
}

static int
start_once(struct server_process *server, const struct server_order *order,
           char reason[SERVER_REASON_BYTES])
{
    char command[SPAWN_COMMAND_BYTES] = "";
    struct launcher_line line;
    const char *wrong;
    int64_t begin_ns = clock_now_ns();
    int port = 0;
    bool ready;

    memset(server, 0, sizeof *server);
    if (order->command &&
        spawn_expand(order->command, order->host, command, &port) != 0) {
        snprintf(reason, SERVER_REASON_BYTES,
                 "its command cannot be made: %s", strerror(errno));
        return -1;
    }
    wrong = launcher_make_line(order, order->command ? command : NULL, &line);
    if (wrong) {
        snprintf(reason, SERVER_REASON_BYTES, "could not be started: %s",
                 wrong);
        return -1;
    }
    if (spawn_server(server, order, &line) != 0) {
        snprintf(reason, SERVER_REASON_BYTES, "could not be started: %s",
                 strerror(errno));
        return -1;
    }
    running_pid = server->pid;
    ready = wait_ready(server, order, port);
    server->start_ms = (double)(clock_now_ns() - begin_ns) / 1e6;
    if (ready) {
        if (order->launcher) {
            find_behind_launcher(server);
        }
        return 0;
    }
    server_process_stop(server);
    if (server->ended_early) {
        server_process_describe_end(server, reason);
    } else {
        describe_wait(server, order, port, reason);
    }
    return -1;
}

/* Look for the server among what the launcher started. */
static void
find_behind_launcher(struct server_process *server)
{
    pid_t pid = listener_find(address_port(&server->address));

    server->seen_pid = pid;
    if (pid > 0 && clock_getcpuclockid(pid, &server->cpu_clock) != 0) {
        server->seen_pid = 0;
    }
}

/* Why a server that still ran was not taken for ready. */
static void
describe_wait(const struct server_process *server,
              const struct server_order *order, int port,
              char reason[SERVER_REASON_BYTES])
{
    char false_line[64];
    char line[100];

    capture_false_ready_line(&server->capture.out, false_line,
                             sizeof false_line);
    capture_last_line(&server->capture.error, line, sizeof line);
    if (false_line[0]) {
        snprintf(reason, SERVER_REASON_BYTES,
                 "was not ready after %.0f ms: \"%s\" names no address",
                 server->start_ms, false_line);
    } else if (order->command && port == 0) {
        snprintf(reason, SERVER_REASON_BYTES,
                 "was not ready after %.0f ms: it printed no ready line, and "
                 "its command has no {port}%s%s",
                 server->start_ms, line[0] ? "; its last words: " : "", line);
    } else {
        snprintf(reason, SERVER_REASON_BYTES,
                 "was not ready after %.0f ms%s%s", server->start_ms,
                 line[0] ? "; its last words: " : "", line);
    }
}

/* Until a ready line was printed, or somebody listens on `port` (if it is
 * not 0). False if the server ended, the time is over, or we are to end. */
static bool
wait_ready(struct server_process *server, const struct server_order *order,
           int port)
{
    int64_t deadline_ns = clock_now_ns() + order->start_timeout_ns;

    while (clock_now_ns() < deadline_ns && *order->interrupted == 0) {
        if (capture_ready_line(&server->capture, &server->address,
                               &server->address_bytes,
                               clock_now_ns() + LOOK_NS)) {
            return !order->host ||
                   address_at(order->host, address_port(&server->address),
                              &server->address, &server->address_bytes) == 0;
        }
        if (server_process_has_ended(server)) {
            return false;
        }
        if (port > 0 && address_answers(order->host, port, &server->address,
                                        &server->address_bytes)) {
            return true;
        }
    }
    return false;
}

static void
wait_end(struct server_process *server, int timeout_ms)
{
    struct pollfd ended = {.fd = server->pid_fd, .events = POLLIN};
    int64_t deadline_ns = clock_now_ns() + timeout_ms * INT64_C(1000000);
    int64_t left_ns;

    while ((left_ns = deadline_ns - clock_now_ns()) > 0 &&
           poll(&ended, 1, (int)(left_ns / 1000000) + 1) == -1 &&
           errno == EINTR) {
    }
}

/* What /proc/PID/stat says behind the name, or NULL if it is gone. */
static const char *
read_stat(const struct server_process *server, char *line, int line_bytes)
{
    char path[64];
    const char *name_end = NULL;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)server->seen_pid);
    file = fopen(path, "re");
    if (!file) {
        return NULL;
    }
    /* "pid (name) state ...": the name may hold anything but its end. */
    if (fgets(line, line_bytes, file)) {
        name_end = strrchr(line, ')');
    }
    fclose(file);
    return name_end && name_end[1] == ' ' ? name_end + 2 : NULL;
}
