/*
 * server_keeper.c: the process between us and each server.
 *
 * A server may have children in groups or sessions of their own, which a
 * signal to its group does not reach. When their parents end, the kernel
 * hands them to this keeper, which has asked for it ("subreaper", see
 * prctl(2)) and so knows whose they are. The server itself must not ask:
 * ncat, for one, breaks down at the end of a child that it did not make.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/base.h"
#include "harness/compare/server.h"

enum {
    OUTPUT_MAX_BYTES = 64 << 20, /* of an endless printer, in memory */
    ORPHANS_MAX = 64,            /* looked at at once */
    ORPHANS_LOOKS = 1000,        /* until they are gone, 1 ms apart */
};

/* Those that run, in a list that is whole at any moment: a signal handler
 * walks it. */
static struct server *volatile running;

/* What a keeper says when its server has ended. */
struct report {
    int wait_status; /* as wait4 gives it */
    long switches;   /* context switches of its whole life */
};

/* An ignored signal stays ignored across exec, and a blocked one blocked. */
static void
reset_signals(void)
{
    sigset_t none;

    for (int number = 1; number < NSIG; number++) {
        signal(number, SIG_DFL);
    }
    /* Who prints without end is told by its write(2), and lives. */
    signal(SIGXFSZ, SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The server's process, until exec. What goes wrong is said where we look for
 * it. */
static _Noreturn void
become_server(const struct server *server, const struct server_order *order,
              const struct server_line *line, int input_fd, pid_t parent)
{
    const struct rlimit output_limit = {OUTPUT_MAX_BYTES, OUTPUT_MAX_BYTES};

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(127);
    }
    reset_signals();
    sched_setaffinity(0, sizeof *order->cpus, order->cpus);
    setrlimit(RLIMIT_FSIZE, &output_limit);
    dup2(input_fd, STDIN_FILENO);
    dup2(server->output_fd, STDOUT_FILENO);
    dup2(server->error_fd, STDERR_FILENO);
    /* A program without a folder, such as strace, is looked for in PATH. */
    execvp(line->arguments[0], (char *const *)line->arguments);
    dprintf(STDERR_FILENO, "%s", strerror(errno));
    _exit(127);
}

/* Kill and reap whom the server has left behind. Blocks until there is
 * nobody, for a second at most. */
static void
end_orphans(void)
{
    pid_t children[ORPHANS_MAX];
    int count;

    for (int look = 0; look < ORPHANS_LOOKS; look++) {
        count = proc_children(getpid(), children, ORPHANS_MAX);
        for (int i = 0; i < count; i++) {
            kill(children[i], SIGKILL);
        }
        while (waitpid(-1, NULL, WNOHANG) > 0) {
        }
        if (count == 0) {
            return;
        }
        poll(NULL, 0, 1);
    }
}

/*
 * The keeper's process. It writes the server's number to `report_fd`, or the
 * negative errno of what has failed, and in the end the report. At SIGHUP it
 * asks the server to end, behind a launcher by closing standard input, of
 * which nobody else holds the other end. SIGTERM, which our own death sends
 * as well, ends everything.
 */
static _Noreturn void
keep(const struct server *server, const struct server_order *order,
     const struct server_line *line, int report_fd, pid_t parent)
{
    struct report report = {0};
    struct rusage usage;
    int input_fds[2] = {-1, -1};
    pid_t keeper = getpid();
    sigset_t orders;
    int number;
    pid_t pid;

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (getppid() != parent) {
        _exit(0);
    }
    if (!order->launcher) {
        input_fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    } else if (pipe2(input_fds, O_CLOEXEC) == 0) {
        dprintf(input_fds[1], "%s", server_leash);
    }
    pid = input_fds[0] == -1 ? -1 : fork();
    if (pid == 0) {
        become_server(server, order, line, input_fds[0], keeper);
    }
    number = pid == -1 ? -errno : pid;
    /* On both sides of the fork, so that it is done whoever runs first. */
    setpgid(pid, pid);
    if (write(report_fd, &number, sizeof number) == -1 || pid == -1) {
        _exit(0);
    }
    sigemptyset(&orders);
    sigaddset(&orders, SIGHUP);
    sigaddset(&orders, SIGTERM);
    while (sigwait(&orders, &number) == 0 && number != SIGTERM) {
        if (order->launcher) {
            close(input_fds[1]);
        } else {
            kill(-pid, SIGTERM);
        }
    }
    /* Before it is reaped, because until then nobody else can have its
     * group's number. */
    kill(-pid, SIGKILL);
    wait4(pid, &report.wait_status, 0, &usage);
    report.switches = usage.ru_nvcsw + usage.ru_nivcsw;
    end_orphans();
    _exit(write(report_fd, &report, sizeof report) == -1);
}

/* A pipe that nobody reads would block its writer in the middle of a
 * measurement; a file in memory never does. Returns -1 with errno. */
static int
open_output(void)
{
    int fd = memfd_create("output", MFD_CLOEXEC);

    fcntl(fd, F_SETFL, O_APPEND);
    return fd;
}

/* The last bytes, ending in 0. */
static void
read_tail(int fd, char text[SERVER_OUTPUT_BYTES + 1])
{
    off_t behind = lseek(fd, 0, SEEK_END) - SERVER_OUTPUT_BYTES;
    ssize_t nread =
        pread(fd, text, SERVER_OUTPUT_BYTES, behind > 0 ? behind : 0);

    text[nread > 0 ? nread : 0] = '\0';
}

/* What was not opened is -1, which close(2) refuses. */
static void
close_all(const struct server *server)
{
    close(server->report_fd);
    close(server->output_fd);
    close(server->error_fd);
}

int
server_spawn(struct server *server, const struct server_order *order,
             const struct server_line *line)
{
    pid_t parent = getpid();
    int fds[2] = {-1, -1};
    sigset_t all;
    sigset_t before;
    int number;

    server->output_fd = open_output();
    server->error_fd = open_output();
    /* None of our handlers must run in the keeper. */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    server->keeper_pid = -1;
    if (server->output_fd != -1 && server->error_fd != -1 &&
        pipe2(fds, O_CLOEXEC) == 0) {
        server->keeper_pid = fork();
    }
    if (server->keeper_pid == 0) {
        keep(server, order, line, fds[1], parent);
    }
    number = server->keeper_pid == -1 ? -errno : -ECHILD;
    close(fds[1]);
    server->report_fd = fds[0];
    if (read(server->report_fd, &number, sizeof number) > 0 && number > 0) {
        server->next = running;
        running = server;
    } else if (server->keeper_pid != -1) {
        waitpid(server->keeper_pid, NULL, 0);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (number < 0) {
        close_all(server);
        errno = -number;
        return -1;
    }
    server->pid = server->seen_pid = number;
    server->pid_fd = (int)syscall(SYS_pidfd_open, server->pid, 0);
    clock_getcpuclockid(server->pid, &server->cpu_clock);
    return 0;
}

void
server_reap(struct server *server)
{
    struct report report = {.wait_status = SIGKILL, .switches = -1};
    struct server *volatile *link = &running;

    kill(server->keeper_pid, SIGTERM);
    while (read(server->report_fd, &report, sizeof report) == -1 &&
           errno == EINTR) {
    }
    while (*link != server) {
        link = &(*link)->next;
    }
    *link = server->next;
    waitpid(server->keeper_pid, NULL, 0);
    server->wait_status = report.wait_status;
    server->switches = server->seen_pid == server->pid ? report.switches : -1;
    read_tail(server->output_fd, server->output);
    read_tail(server->error_fd, server->errors);
    close(server->pid_fd);
    close_all(server);
}

void
server_kill_running(void)
{
    for (const struct server *server = running; server;
         server = server->next) {
        kill(server->keeper_pid, SIGTERM);
    }
}
