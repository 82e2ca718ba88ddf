/*
 * server_process.c: one server, from exec to its end. See server_process.h.
 */
#include "harness/compare/server_process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/compare/address.h"

enum {
    GRACE_MS = 2000,            /* from SIGTERM to SIGKILL */
    LOOK_NS = 20 * 1000 * 1000, /* between looks at a starting server */
    PORT_TRIES = 3,             /* if another took the port meanwhile */
    COMMAND_BYTES = 2048,       /* a foreign command line, expanded */
    REAP_LOOKS_MAX = 1000,      /* at children that must end, 1 ms apart */
};

static volatile sig_atomic_t running_pid;

static int start_once(struct server_process *server,
                      const struct server_order *order,
                      char reason[SERVER_REASON_BYTES]);
static int spawn(struct server_process *server,
                 const struct server_order *order, const char *command);
static _Noreturn void become_server(const struct server_process *server,
                                    const struct server_order *order,
                                    const char *command, pid_t parent);
static void reset_signals(void);
static bool wait_ready(struct server_process *server, int port,
                       int64_t deadline_ns);
static int expand_command(const char *command, char *expanded,
                          size_t expanded_bytes, int *port);
static void wait_end(struct server_process *server, int timeout_ms);
static void end_the_rest(void);
static int kill_children(void);
static int64_t now_ns(void);

int
server_process_start(struct server_process *server,
                     const struct server_order *order,
                     char reason[SERVER_REASON_BYTES])
{
    int status = -1;

    for (int i = 0; i < PORT_TRIES; i++) {
        status = start_once(server, order, reason);
        if (status == 0 || !order->command || !strstr(reason, "in use")) {
            break;
        }
    }
    return status;
}

int64_t
server_process_cpu_ns(const struct server_process *server)
{
    struct timespec used;

    if (clock_gettime(server->cpu_clock, &used) == -1) {
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

    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)server->pid);
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

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)server->pid,
             (int)server->pid);
    file = fopen(path, "re");
    if (file) {
        forks = fgetc(file) != EOF;
        fclose(file);
    }
    return forks;
}

bool
server_process_sleeps(const struct server_process *server)
{
    char path[64];
    char line[512] = "";
    const char *name_end;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)server->pid);
    file = fopen(path, "re");
    if (!file) {
        return true;
    }
    /* "pid (name) state ...": the name may hold anything but its end. */
    name_end = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
    fclose(file);
    return !name_end || (name_end[1] == ' ' && name_end[2] != 'R');
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
    if (!server->ended_early) {
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
    end_the_rest();
    running_pid = 0;
    server->switches = usage.ru_nvcsw + usage.ru_nivcsw;
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
    char command[COMMAND_BYTES] = "";
    int64_t begin_ns = now_ns();
    int port = 0;
    bool ready;

    memset(server, 0, sizeof *server);
    if (order->command &&
        expand_command(order->command, command, sizeof command, &port) != 0) {
        snprintf(reason, SERVER_REASON_BYTES, "no port for it: %s",
                 strerror(errno));
        return -1;
    }
    if (spawn(server, order, order->command ? command : NULL) != 0) {
        snprintf(reason, SERVER_REASON_BYTES, "could not be started: %s",
                 strerror(errno));
        return -1;
    }
    ready = wait_ready(server, port, begin_ns + order->start_timeout_ns);
    server->start_ms = (double)(now_ns() - begin_ns) / 1e6;
    if (ready) {
        return 0;
    }
    server_process_stop(server);
    if (server->ended_early) {
        server_process_describe_end(server, reason);
    } else {
        char line[160];

        capture_last_line(&server->capture.error, line, sizeof line);
        snprintf(reason, SERVER_REASON_BYTES,
                 "was not ready after %.0f ms%s%s", server->start_ms,
                 line[0] ? "; its last words: " : "", line);
    }
    return -1;
}

/* Fork and exec. The process group is set on both sides of the fork, so
 * that it exists whoever runs first. */
static int
spawn(struct server_process *server, const struct server_order *order,
      const char *command)
{
    pid_t parent = getpid();

    /* What a server leaves behind becomes our child, see end_the_rest(). */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (capture_start(&server->capture) != 0) {
        return -1;
    }
    server->pid = fork();
    if (server->pid == 0) {
        become_server(server, order, command, parent);
    }
    if (server->pid == -1) {
        int error = errno;

        capture_end(&server->capture);
        errno = error;
        return -1;
    }
    setpgid(server->pid, server->pid);
    running_pid = server->pid;
    capture_started(&server->capture);
    server->pid_fd = pidfd_open(server->pid, 0);
    clock_getcpuclockid(server->pid, &server->cpu_clock);
    return 0;
}

/* The child, until exec: only calls that are safe after a fork in a process
 * with threads. What goes wrong is said where the parent looks for it. */
static _Noreturn void
become_server(const struct server_process *server,
              const struct server_order *order, const char *command,
              pid_t parent)
{
    int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    const char *const shell[] = {"/bin/sh", "-c", command, NULL};
    const char *const *arguments = command ? shell : order->arguments;
    const char *words;

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(127);
    }
    reset_signals();
    sched_setaffinity(0, sizeof *order->cpus, order->cpus);
    dup2(null_fd, STDIN_FILENO);
    dup2(server->capture.out.write_fd, STDOUT_FILENO);
    dup2(server->capture.error.write_fd, STDERR_FILENO);
    execv(arguments[0], (char *const *)arguments);
    words = strerrordesc_np(errno);
    if (write(STDERR_FILENO, words, strlen(words)) == -1) {
        _exit(126);
    }
    _exit(127);
}

/* An ignored signal stays ignored across exec, and a blocked one blocked. */
static void
reset_signals(void)
{
    sigset_t none;

    for (int number = 1; number < NSIG; number++) {
        signal(number, SIG_DFL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Until a ready line was printed, or somebody listens on `port` (if it is
 * not 0). False if the server ended or the time is over. */
static bool
wait_ready(struct server_process *server, int port, int64_t deadline_ns)
{
    char text[128];

    while (now_ns() < deadline_ns) {
        if (capture_ready_line(&server->capture, text, sizeof text,
                               now_ns() + LOOK_NS)) {
            return address_parse(text, &server->address,
                                 &server->address_bytes) == 0;
        }
        if (server_process_has_ended(server)) {
            return false;
        }
        if (port > 0 &&
            address_answers(port, &server->address, &server->address_bytes)) {
            return true;
        }
    }
    return false;
}

/*
 * Put a free port in the place of each {port}; *port is 0 if there is none.
 * One simple command is exec'ed by the shell, so that the process that we
 * measure is the server itself and not a shell that waits for it.
 */
static int
expand_command(const char *command, char *expanded, size_t expanded_bytes,
               int *port)
{
    static const char mark[] = "{port}";
    bool simple = !strpbrk(command, ";&|<>()`\n");
    size_t length = 0;
    const char *found;

    *port = 0;
    if (strstr(command, mark)) {
        *port = address_free_port();
        if (*port <= 0) {
            return -1;
        }
    }
    length = (size_t)snprintf(expanded, expanded_bytes, "%s",
                              simple ? "exec " : "");
    while ((found = strstr(command, mark)) && length < expanded_bytes) {
        length += (size_t)snprintf(expanded + length, expanded_bytes - length,
                                   "%.*s%d", (int)(found - command), command,
                                   *port);
        command = found + strlen(mark);
    }
    if (length < expanded_bytes) {
        length += (size_t)snprintf(expanded + length, expanded_bytes - length,
                                   "%s", command);
    }
    if (length >= expanded_bytes) {
        errno = E2BIG;
        return -1;
    }
    return 0;
}

static void
wait_end(struct server_process *server, int timeout_ms)
{
    struct pollfd ended = {.fd = server->pid_fd, .events = POLLIN};
    int64_t deadline_ns = now_ns() + timeout_ms * INT64_C(1000000);
    int64_t left_ns;

    while ((left_ns = deadline_ns - now_ns()) > 0 &&
           poll(&ended, 1, (int)(left_ns / 1000000) + 1) == -1 &&
           errno == EINTR) {
    }
}

/*
 * A foreign server may have had children, some of them in groups or sessions
 * of their own. As we are their subreaper they are our children now, and the
 * only ones: kill and reap until there is none.
 */
static void
end_the_rest(void)
{
    for (int i = 0; i < REAP_LOOKS_MAX; i++) {
        pid_t pid;

        while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
        }
        if (pid == -1 || kill_children() == 0) {
            return;
        }
        poll(NULL, 0, 1);
    }
}

/* SIGKILL to all children of this thread; returns how many there are. */
static int
kill_children(void)
{
    char path[64];
    int count = 0;
    int pid;
    FILE *file;

    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    file = fopen(path, "re");
    if (!file) {
        return 0;
    }
    while (fscanf(file, "%d", &pid) == 1) {
        kill(pid, SIGKILL);
        count++;
    }
    fclose(file);
    return count;
}

static int64_t
now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}
