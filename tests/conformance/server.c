/* server.c: see server.h. */
#include "tests/conformance/server.h"

#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/process.h"
#include "tests/conformance/valgrind.h"
#include "tests/conformance/verdict.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    OWN_DESCRIPTORS_MAX = 1024, /* below are those that we inherited; all of
                                 * our own are closed by exec */
};

static int foreign_port;
static const char *substitute;

void
server_use_foreign(int port)
{
    foreign_port = port;
}

void
server_use_program(const char *path)
{
    substitute = path;
}

/* ---- in the child, between fork and exec ---------------------------- */

/* Undo what Check and the shell did to the signals, which the parent has
 * blocked: one that came between fork and here would run Check's handler. */
static void
reset_signals(void)
{
    sigset_t none;
    int number;

    for (number = 1; number < NSIG; number++) {
        signal(number, SIG_DFL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Lower one resource limit, for good: a server that raises its soft limit
 * must not get around it. */
static void
lower_limit(int resource, rlim_t most)
{
    const struct rlimit limit = {.rlim_cur = most, .rlim_max = most};

    if (most != 0 && setrlimit((__rlimit_resource_t)resource, &limit) != 0) {
        _exit(125);
    }
}

/* Give the server descriptors 0, 1 and 2, and as many more as it is to
 * inherit; everything else is closed by exec. */
static void
set_descriptors(const struct server_setup *setup, int stdout_fd,
                int stderr_fd)
{
    int null_fd = open("/dev/null", O_RDONLY);
    int i;

    if (setup->stdout_path != NULL) {
        stdout_fd = open(setup->stdout_path, O_WRONLY);
    }
    if (dup2(null_fd, 0) < 0 || dup2(stdout_fd, 1) < 0 ||
        dup2(stderr_fd, 2) < 0) {
        _exit(125);
    }
    for (i = 3; i < OWN_DESCRIPTORS_MAX; i++) {
        fcntl(i, F_SETFD, FD_CLOEXEC);
    }
    for (i = 0; i < setup->inherited_descriptors; i++) {
        if (dup2(0, 3 + i) < 0) {
            _exit(125);
        }
    }
    for (i = 0; setup->streams_closed && i <= 2; i++) {
        close(i);
    }
}

/* Become the server; only a failure comes back, as exit status 125 to
 * 127. */
static _Noreturn void
become_server(const struct server_setup *setup, char **arguments,
              int stdout_fd, int stderr_fd, pid_t parent)
{
    const char *environment = model_current()->environment;
    int i;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(126);
    }
    reset_signals();
    set_descriptors(setup, stdout_fd, stderr_fd);
    if (environment != NULL) {
        putenv((char *)(uintptr_t)environment);
    }
    for (i = 0; i < SERVER_ENVIRONMENT_MAX && setup->environment[i] != NULL;
         i++) {
        putenv((char *)(uintptr_t)setup->environment[i]);
    }
    lower_limit(RLIMIT_NOFILE, setup->descriptors_max);
    lower_limit(RLIMIT_AS, setup->memory_max_bytes);
    execvp(arguments[0], arguments);
    _exit(127);
}

/* ---- starting ------------------------------------------------------- */

char *
server_program(void)
{
    static char path[4096];
    const char *folder = getenv("FIVEWAYS_BIN");

    if (substitute != NULL) {
        snprintf(path, sizeof path, "%s", substitute);
        return path;
    }
    snprintf(path, sizeof path, "%s/%s",
             folder == NULL ? "build/bin" : folder, model_current()->program);
    return path;
}

/* Fill in the command line of a server, the model's own flag and the test's
 * last, so that they win. */
static void
set_arguments(const struct server_setup *setup, char **arguments)
{
    int count = valgrind_arguments(arguments);
    int i;

    for (i = 0; i < SERVER_LAUNCHER_MAX && setup->launcher[i] != NULL; i++) {
        arguments[count++] = (char *)(uintptr_t)setup->launcher[i];
    }
    arguments[count++] = server_program();
    if (!setup->bare) {
        arguments[count++] = (char *)(uintptr_t) "--port=0";
        arguments[count++] = (char *)(uintptr_t) "--stats";
        if (model_current()->flag != NULL) {
            arguments[count++] = (char *)(uintptr_t)model_current()->flag;
        }
    }
    for (i = 0; i < SERVER_FLAGS_MAX && setup->flags[i] != NULL; i++) {
        arguments[count++] = (char *)(uintptr_t)setup->flags[i];
    }
    arguments[count] = NULL;
}

struct server
server_spawn(struct server_setup setup)
{
    struct server server = {0};
    char *arguments[VALGRIND_ARGUMENTS_MAX + SERVER_LAUNCHER_MAX +
                    SERVER_FLAGS_MAX + 5];
    pid_t parent = getpid();
    sigset_t all;
    sigset_t before;
    int output[2];

    set_arguments(&setup, arguments);
    require(pipe2(output, O_CLOEXEC) == 0, "pipe2: %s", strerror(errno));
    server.stdout_fd = output[0];
    server.stderr_fd = memfd_create("standard error", MFD_CLOEXEC);
    require(server.stderr_fd >= 0, "memfd_create: %s", strerror(errno));
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    server.pid = fork();
    if (server.pid == 0) {
        become_server(&setup, arguments, output[1], server.stderr_fd, parent);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    require(server.pid > 0, "fork: %s", strerror(errno));
    verdict_subject(model_current()->name, server.pid, server.stderr_fd);
    close(output[1]);
    return server;
}

/* A server that is there already. */
static struct server
foreign_server(void)
{
    struct server server = {.stdout_fd = -1, .stderr_fd = -1};
    char line[80];

    verdict_subject(model_current()->name, -1, -1);
    snprintf(line, sizeof line, "listening on 127.0.0.1:%d", foreign_port);
    server_parse_ready(&server, line);
    return server;
}

struct server
server_start(struct server_setup setup)
{
    struct server server;
    char line[128];

    if (foreign_port != 0) {
        return foreign_server();
    }
    server = server_spawn(setup);
    require(server_read_line(&server, line, sizeof line, PATIENCE_MS),
            "no ready line: the server is dead or silent");
    server_parse_ready(&server, line);
    return server;
}

bool
server_read_line(const struct server *server, char *line, size_t line_bytes,
                 int ms)
{
    int64_t deadline_ms = patience_deadline_ms(ms);
    size_t length = 0;

    while (length < line_bytes - 1) {
        struct pollfd wait = {.fd = server->stdout_fd, .events = POLLIN};

        if (poll(&wait, 1, patience_left_ms(deadline_ms)) <= 0 ||
            read(server->stdout_fd, line + length, 1) != 1) {
            break;
        }
        if (line[length] == '\n') {
            line[length] = '\0';
            return true;
        }
        length++;
    }
    line[length] = '\0';
    return false;
}

/* Fill in the address from `host` and `port`; false if they are none. */
static bool
set_address(struct server *server, const char *host, int port)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&server->address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&server->address;

    server->port = port;
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        server->address_bytes = sizeof *v4;
        return true;
    }
    if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        server->address_bytes = sizeof *v6;
        return true;
    }
    return false;
}

void
server_parse_ready(struct server *server, const char *line)
{
    static const char words[] = "listening on ";
    char host[64] = "";
    char *end = NULL;
    const char *colon;
    bool good;
    long port;

    good = strncmp(line, words, strlen(words)) == 0;
    require(good, "the ready line is \"%s\"", line);
    snprintf(server->where, sizeof server->where, "%s", line + strlen(words));
    colon = strrchr(server->where, ':');
    require(colon != NULL, "the ready line has no port: \"%s\"", line);
    port = strtol(colon + 1, &end, 10);
    if (server->where[0] == '[' && colon > server->where &&
        colon[-1] == ']') {
        snprintf(host, sizeof host, "%.*s", (int)(colon - server->where - 2),
                 server->where + 1);
    } else if (strchr(server->where, ':') == colon) {
        snprintf(host, sizeof host, "%.*s", (int)(colon - server->where),
                 server->where);
    }
    good = *end == '\0' && end != colon + 1 && port >= 1 && port <= 65535 &&
           set_address(server, host, (int)port);
    require(good, "the ready line is \"%s\", not ADDRESS:PORT", line);
}

/* ---- looking and ending --------------------------------------------- */

size_t
server_stderr(const struct server *server, char *text, size_t text_bytes)
{
    struct stat status;
    ssize_t nread = pread(server->stderr_fd, text, text_bytes - 1, 0);

    text[nread > 0 ? nread : 0] = '\0';
    require(fstat(server->stderr_fd, &status) == 0, "fstat: %s",
            strerror(errno));
    return (size_t)status.st_size;
}

void
server_signal(const struct server *server, int signal_number)
{
    require(kill(server->pid, signal_number) == 0, "kill: %s",
            strerror(errno));
}

static bool
is_stopped(void *subject)
{
    return process_stopped(*(const pid_t *)subject);
}

void
server_freeze(const struct server *server)
{
    pid_t pid = server->pid;

    server_signal(server, SIGSTOP);
    require(patience_until(is_stopped, &pid, PATIENCE_MS),
            "SIGSTOP does not stop it");
}

void
server_thaw(const struct server *server)
{
    server_signal(server, SIGCONT);
}

/* Close what was kept of a server; its standard error stays open for the
 * messages of the test. */
static void
forget(struct server *server)
{
    close(server->stdout_fd);
    server->pid = 0;
    server->stdout_fd = -1;
}

static bool
has_ended(void *subject)
{
    siginfo_t end = {0};

    return waitid(P_PID, (id_t) * (const pid_t *)subject, &end,
                  WEXITED | WNOHANG | WNOWAIT) != 0 ||
           end.si_pid != 0;
}

/* Wait for the end, but keep standard output for its last line. A look each
 * millisecond, since pidfd_open(2) is not to be had everywhere. */
static int
wait_for_end(const struct server *server, int ms)
{
    pid_t pid = server->pid;
    int wait_status = 0;

    require(patience_until(has_ended, &pid, ms),
            "the server still runs after %d ms", patience_scaled_ms(ms));
    require(waitpid(pid, &wait_status, 0) == pid, "waitpid: %s",
            strerror(errno));
    return wait_status;
}

int
server_wait(struct server *server, int ms)
{
    int wait_status = wait_for_end(server, ms);

    forget(server);
    return wait_status;
}

/* The counter `name` of the line that --stats printed. */
static int64_t
counter(const json_t *object, const char *name)
{
    const json_t *number = json_object_get(object, name);

    require(json_is_integer(number) && json_integer_value(number) >= 0,
            "--stats has no counter %s", name);
    return json_integer_value(number);
}

/* Read the line that --stats prints, strictly. */
static struct server_stats
parse_stats(const char *line)
{
    struct server_stats stats;
    json_error_t error;
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);
    const char *name;

    require(json_is_object(object), "--stats is not JSON: %s: \"%s\"",
            error.text, line);
    name = json_string_value(json_object_get(object, "model"));
    require(name != NULL && strcmp(name, model_current()->program) == 0,
            "--stats names no model or the wrong one: %s", line);
    stats.accepted = counter(object, "accepted");
    stats.refused = counter(object, "refused");
    stats.closed_eof = counter(object, "closed_eof");
    stats.closed_error = counter(object, "closed_error");
    stats.closed_timeout = counter(object, "closed_timeout");
    stats.closed_rejected = counter(object, "closed_rejected");
    stats.open = counter(object, "open");
    stats.peak_open = counter(object, "peak_open");
    stats.bytes_in = counter(object, "bytes_in");
    stats.bytes_out = counter(object, "bytes_out");
    stats.accept_errors = counter(object, "accept_errors");
    stats.accept_pauses = counter(object, "accept_pauses");
    json_decref(object);
    return stats;
}

/* What must hold of the counters of every run: no client and no byte is
 * counted twice or forgotten. */
static void
require_conservation(const struct server_stats *stats, const char *line)
{
    int64_t ended = stats->closed_eof + stats->closed_error +
                    stats->closed_timeout + stats->closed_rejected;

    require(stats->accepted == ended + stats->open,
            "clients are lost in the counters: %s", line);
    require(stats->peak_open <= stats->accepted + stats->refused &&
                stats->peak_open >= stats->open,
            "peak_open cannot be: %s", line);
    require(stats->bytes_out <= stats->bytes_in,
            "more bytes were sent than received: %s", line);
}

struct server_stats
server_stopped(struct server *server)
{
    struct server_stats stats;
    char line[4096];
    char more[16];
    char words[4096];
    int wait_status;

    if (foreign_port != 0) {
        return (struct server_stats){0};
    }
    wait_status = wait_for_end(server, PATIENCE_MS);
    require(WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0,
            "after a stop the server %s, not with status 0",
            server_status_words(wait_status));
    require(server_read_line(server, line, sizeof line, PATIENCE_MS),
            "--stats printed no line");
    require(!server_read_line(server, more, sizeof more, PATIENCE_MS) &&
                more[0] == '\0',
            "there is output after the counters: \"%s\"", more);
    stats = parse_stats(line);
    require_conservation(&stats, line);
    if (valgrind_wanted()) {
        server_stderr(server, words, sizeof words);
        valgrind_require_closed(words);
    }
    forget(server);
    return stats;
}

struct server_stats
server_stop(struct server *server)
{
    if (foreign_port == 0) {
        server_signal(server, SIGTERM);
    }
    return server_stopped(server);
}

const char *
server_status_words(int wait_status)
{
    static char words[80];

    if (WIFEXITED(wait_status)) {
        snprintf(words, sizeof words, "exited with status %d",
                 WEXITSTATUS(wait_status));
    } else {
        snprintf(words, sizeof words, "was killed by signal %d (%s)",
                 WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)));
    }
    return words;
}
