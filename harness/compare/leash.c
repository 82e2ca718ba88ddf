/*
 * leash.c: the program `leash`: a server that ends when its standard input
 * does.
 *
 * compare puts it between a launcher and the server. A signal does not get
 * through every launcher: ssh keeps it, sudo and mpirun may. The end of
 * standard input does, and it comes by itself when compare is killed or the
 * connection breaks, so no server is left on another host. It takes no flags,
 * because any of them would be the server's.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    GRACE_MS = 1500,     /* from SIGTERM to SIGKILL */
    EXIT_USAGE = 2,      /* there is nothing to start */
    EXIT_UNUSABLE = 126, /* we cannot hold a server */
    EXIT_NO_SERVER = 127 /* it cannot be started */
};

static pid_t start(char **argv, const sigset_t *before);
static bool input_has_ended(void);
static bool wait_for(pid_t server, int signals, int input, int timeout_ms);
static int end(pid_t server);

int
main(int argc, char **argv)
{
    sigset_t watched;
    sigset_t before;
    int signals;
    pid_t server;

    if (argc < 2) {
        fputs("usage: leash PROGRAM [ARGUMENT...]\n", stderr);
        return EXIT_USAGE;
    }
    if (input_has_ended()) {
        fputs("leash: standard input has ended already; the launcher must "
              "pass it on\n",
              stderr);
        return EXIT_UNUSABLE;
    }
    sigemptyset(&watched);
    sigaddset(&watched, SIGTERM);
    sigaddset(&watched, SIGINT);
    sigaddset(&watched, SIGHUP);
    sigaddset(&watched, SIGCHLD);
    sigprocmask(SIG_BLOCK, &watched, &before);
    signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    server = signals == -1 ? -1 : start(argv + 1, &before);
    if (server == -1) {
        fprintf(stderr, "leash: %s\n", strerror(errno));
        return EXIT_UNUSABLE;
    }
    if (!wait_for(server, signals, STDIN_FILENO, -1)) {
        kill(-server, SIGTERM);
        wait_for(server, signals, -1, GRACE_MS);
    }
    return end(server);
}

/* In a group of its own, so that what it starts gets our signals, too; it
 * does not outlive us. Returns -1 with errno. */
static pid_t
start(char **argv, const sigset_t *before)
{
    pid_t parent = getpid();
    pid_t server = fork();
    int null_fd;

    if (server != 0) {
        if (server > 0) {
            setpgid(server, server);
        }
        return server;
    }
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(EXIT_UNUSABLE);
    }
    sigprocmask(SIG_SETMASK, before, NULL);
    null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null_fd == -1 || dup2(null_fd, STDIN_FILENO) == -1) {
        _exit(EXIT_UNUSABLE);
    }
    execvp(argv[0], argv);
    fprintf(stderr, "leash: %s: %s\n", argv[0], strerror(errno));
    _exit(EXIT_NO_SERVER);
}

/* Whatever comes is thrown away; only the end counts. Does not block. */
static bool
input_has_ended(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char bytes[256];
    ssize_t nread;

    if (poll(&input, 1, 0) <= 0) {
        return false;
    }
    nread = read(STDIN_FILENO, bytes, sizeof bytes);
    return nread == 0 || (nread == -1 && errno != EINTR && errno != EAGAIN);
}

/* True when the server has ended; false when the input has (-1: there is
 * none to look at), a signal says stop, or the time is over. */
static bool
wait_for(pid_t server, int signals, int input, int timeout_ms)
{
    struct pollfd fds[2] = {
        {.fd = signals, .events = POLLIN},
        {.fd = input, .events = POLLIN},
    };
    struct signalfd_siginfo signal;
    siginfo_t ended = {0};

    for (;;) {
        bool stop = false;

        if (waitid(P_PID, (id_t)server, &ended,
                   WEXITED | WNOHANG | WNOWAIT) == 0 &&
            ended.si_pid != 0) {
            return true;
        }
        if (poll(fds, 2, timeout_ms) == 0) {
            return false;
        }
        while (read(signals, &signal, sizeof signal) == sizeof signal) {
            stop |= signal.ssi_signo != SIGCHLD;
        }
        /* While it ends, its grace time is all that counts. */
        if (input != -1 &&
            (stop || (fds[1].revents != 0 && input_has_ended()))) {
            return false;
        }
    }
}

/* Whoever is left of its group goes with it; we end as it did. */
static int
end(pid_t server)
{
    const struct rlimit no_core = {0, 0};
    sigset_t none;
    int status = 0;

    /* Before it is reaped: until then nobody else has its number. */
    kill(-server, SIGKILL);
    while (waitpid(server, &status, 0) == -1 && errno == EINTR) {
    }
    if (!WIFSIGNALED(status)) {
        return WEXITSTATUS(status);
    }
    setrlimit(RLIMIT_CORE, &no_core);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(WTERMSIG(status), SIG_DFL);
    raise(WTERMSIG(status));
    return EXIT_UNUSABLE;
}
