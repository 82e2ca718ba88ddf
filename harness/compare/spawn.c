/*
 * spawn.c: from a command line to a process. See spawn.h.
 */
#include "harness/compare/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "harness/compare/address.h"
#include "harness/compare/orphans.h"

/* What stands for the port and the host in a foreign command. */
#define PORT_MARK "{port}"
#define HOST_MARK "{host}"

static _Noreturn void become_server(const struct server_process *server,
                                    const struct server_order *order,
                                    const struct launcher_line *line,
                                    int input_fd, pid_t parent);
static void reset_signals(void);
static void close_pipe(const int fds[2]);

int
spawn_expand(const char *command, const char *host,
             char expanded[SPAWN_COMMAND_BYTES], int *port)
{
    FILE *text = fmemopen(expanded, SPAWN_COMMAND_BYTES, "w");
    bool failed;

    *port = strstr(command, PORT_MARK) ? address_free_port() : 0;
    if (*port == -1 || !text) {
        if (text) {
            fclose(text);
        }
        return -1;
    }
    while (*command != '\0') {
        if (strncmp(command, PORT_MARK, strlen(PORT_MARK)) == 0) {
            fprintf(text, "%d", *port);
            command += strlen(PORT_MARK);
        } else if (strncmp(command, HOST_MARK, strlen(HOST_MARK)) == 0) {
            fputs(host ? host : "127.0.0.1", text);
            command += strlen(HOST_MARK);
        } else {
            fputc(*command++, text);
        }
    }
    failed = fflush(text) != 0;
    fclose(text);
    if (failed || strlen(expanded) >= SPAWN_COMMAND_BYTES - 1) {
        errno = E2BIG;
        return -1;
    }
    return 0;
}

int
spawn_server(struct server_process *server, const struct server_order *order,
             const struct launcher_line *line)
{
    pid_t parent = getpid();
    int input_fds[2] = {-1, -1};
    int error;

    orphans_adopt();
    server->input_fd = -1;
    if ((order->launcher && pipe2(input_fds, O_CLOEXEC) == -1) ||
        capture_start(&server->capture) != 0) {
        close_pipe(input_fds);
        return -1;
    }
    server->pid = fork();
    if (server->pid == 0) {
        become_server(server, order, line, input_fds[0], parent);
    }
    if (server->pid == -1) {
        error = errno;
        capture_end(&server->capture);
        close_pipe(input_fds);
        errno = error;
        return -1;
    }
    /* On both sides of the fork, so that it is done whoever runs first. */
    setpgid(server->pid, server->pid);
    capture_started(&server->capture);
    if (order->launcher) {
        close(input_fds[0]);
        server->input_fd = input_fds[1];
    }
    server->pid_fd = pidfd_open(server->pid, 0);
    server->seen_pid = server->pid;
    clock_getcpuclockid(server->pid, &server->cpu_clock);
    return 0;
}

static void
close_pipe(const int fds[2])
{
    int error = errno;

    for (int i = 0; i < 2; i++) {
        if (fds[i] != -1) {
            close(fds[i]);
        }
    }
    errno = error;
}

/* The child, until exec: only calls that are safe after a fork in a process
 * with threads. What goes wrong is said where the parent looks for it. */
static _Noreturn void
become_server(const struct server_process *server,
              const struct server_order *order,
              const struct launcher_line *line, int input_fd, pid_t parent)
{
    int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    const char *words;

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(127);
    }
    reset_signals();
    sched_setaffinity(0, sizeof *order->cpus, order->cpus);
    dup2(input_fd != -1 ? input_fd : null_fd, STDIN_FILENO);
    dup2(server->capture.out.write_fd, STDOUT_FILENO);
    dup2(server->capture.error.write_fd, STDERR_FILENO);
    /* A program without a folder, such as strace, is looked for in PATH. */
    execvp(line->arguments[0], (char *const *)line->arguments);
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
