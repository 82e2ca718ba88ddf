/*
 * prefork.c: a process for each CPU; whoever is awake accepts.
 *
 * Idea      The listener is opened first and inherited: all processes wait
 *           on the same queue of clients, and each client stays with the one
 *           that took it. Inside each is a loop on epoll(7), as nginx has it;
 *           with a blocking loop instead, as many silent clients as there are
 *           processes would stall all others.
 * Costs     clients are shared out by chance, so one process may have most of
 *           the work; nothing is shared, so what one knows of its clients the
 *           others do not.
 * Take it   to use all CPUs without a lock, or so that a crash takes only a
 *           part of the clients with it.
 * See also  fork.c, pool.c
 */
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/foreign/models/echo.h"

enum {
    READY_MAX = 64, /* of those who are ready, served in one turn */
};

static int epoll_fd; /* of this process */

/* Wait for `events` on a descriptor, whose `data` epoll hands back. */
static int
watch(int operation, int fd, uint32_t events, void *data)
{
    struct epoll_event event = {events, {data}};

    return epoll_ctl(epoll_fd, operation, fd, &event);
}

/* The listener is readable, unless another process was faster. Returns false
 * when there is no room for more clients. */
static bool
accept_one(int listener)
{
    struct client *client = client_accept(listener, SOCK_NONBLOCK);

    if (client == NULL) {
        return !is_short();
    }
    if (watch(EPOLL_CTL_ADD, client->fd, EPOLLIN, client) == -1) {
        client_close(client);
        return false;
    }
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): epoll has it now */
    return true;
}

/* A client is ready. */
static void
go_on(struct client *client)
{
    short events = client_step(client);

    if (events == 0) {
        client_close(client);
    } else if (events != client->events) {
        client->events = events;
        watch(EPOLL_CTL_MOD, client->fd, (uint32_t)events, client);
    }
}

/* What each of the processes does, for ever. */
_Noreturn static void
serve(int listener)
{
    struct epoll_event ready[READY_MAX];
    bool has_room = true;

    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    /* Exclusive: a new client wakes one process and not all of them. */
    watch(EPOLL_CTL_ADD, listener, EPOLLIN | EPOLLEXCLUSIVE, NULL);
    for (;;) {
        int nready = epoll_wait(epoll_fd, ready, READY_MAX,
                                has_room ? -1 : ACCEPT_PAUSE_MS);
        if (!has_room) {
            watch(EPOLL_CTL_ADD, listener, EPOLLIN | EPOLLEXCLUSIVE, NULL);
            has_room = true;
        }
        for (int i = 0; i < nready; i++) {
            if (ready[i].data.ptr != NULL) {
                go_on(ready[i].data.ptr);
            } else if (!accept_one(listener)) {
                watch(EPOLL_CTL_DEL, listener, 0, NULL);
                has_room = false;
            }
        }
    }
}

int
main(int argc, char **argv)
{
    int listener = listen_on(argc, argv, SOCK_NONBLOCK);
    pid_t parent = getpid();

    for (long i = sysconf(_SC_NPROCESSORS_ONLN); i > 0; i--) {
        pid_t child = fork();
        if (child == -1) {
            err(1, "cannot start a process for each CPU");
        }
        if (child == 0) {
            /* They end with their parent, though it be killed. */
            prctl(PR_SET_PDEATHSIG, SIGTERM);
            if (getppid() == parent) {
                serve(listener);
            }
            _exit(0);
        }
    }
    while (wait(NULL) != -1) {
    }
    errx(1, "all of its processes are gone");
}
