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

static _Noreturn void become_server(const struct server_process *server,
                                    const struct server_order *order,
                                    const char *command, pid_t parent);
static const char *prefix(const char *command);
static void reset_signals(void);

int
spawn_expand(const char *command, char expanded[SPAWN_COMMAND_BYTES],
             int *port)
{
    static const char mark[] = "{port}";
    const char *exec = prefix(command);
    FILE *text = fmemopen(expanded, SPAWN_COMMAND_BYTES, "w");
    const char *found;
    bool failed;

    *port = strstr(command, mark) ? address_free_port() : 0;
    if (*port == -1 || !text) {
        if (text) {
            fclose(text);
        }
        return -1;
    }
    fputs(exec, text);
    while ((found = strstr(command, mark))) {
        fprintf(text, "%.*s%d", (int)(found - command), command, *port);
        command = found + strlen(mark);
    }
    fputs(command, text);
    failed = fflush(text) != 0;
    fclose(text);
    if (failed || strlen(expanded) >= SPAWN_COMMAND_BYTES - 1) {
        errno = E2BIG;
        return -1;
    }
    return 0;
}

/*
 * What makes the shell become the server, if the command is a single one.
 * exec takes a program, so a command that begins with A=1 needs env, which
 * becomes the program in its turn.
 */
static const char *
prefix(const char *command)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_";
    const char *word = command + strspn(command, " \t");

    if (strpbrk(command, ";&|<>()`\n")) {
        return "";
    }
    return word[strspn(word, letters)] == '=' ? "exec env " : "exec ";
}

int
spawn_server(struct server_process *server, const struct server_order *order,
             const char *command)
{
    pid_t parent = getpid();

    orphans_adopt();
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
    /* On both sides of the fork, so that it is done whoever runs first. */
    setpgid(server->pid, server->pid);
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
