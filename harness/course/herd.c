/*
 * herd.c: one client connects; how many of eight processes that wait for it
 * wake up? See course.h.
 *
 * Linux wakes one of those who sleep in accept(2). Those who sleep in
 * epoll_wait(2) are all woken, the thundering herd, unless they ask for
 * EPOLLEXCLUSIVE, see epoll_ctl(2); who comes too late goes back to sleep
 * inside the kernel, so that only its context switches tell.
 */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "harness/course/course.h"

enum {
    WAITERS = 8,
    CLIENTS = 50,
    PAUSE_MS = 10, /* between clients, so that all are asleep again */
};

/* Accept clients for ever. */
static _Noreturn void
wait_for_clients(int listen_fd, bool by_epoll)
{
    struct epoll_event event = {.events = EPOLLIN};
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listen_fd, &event);
    for (;;) {
        if (by_epoll) {
            epoll_wait(epoll_fd, &event, 1, -1);
        }
        close(accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC));
    }
}

/* How often they have fallen asleep so far, once all are asleep. */
static double
slept(const pid_t pids[WAITERS])
{
    char text[4096];
    double n = 0;

    poll(NULL, 0, PAUSE_MS);
    for (int i = 0; i < WAITERS; i++) {
        proc_read(text, sizeof text, "/proc/%d/status", pids[i]);
        n += proc_number(text, "voluntary_ctxt_switches:");
    }
    return n;
}

int
course_herd(int argc, char **argv)
{
    bool by_epoll = argc > 1 && strcmp(argv[1], "epoll") == 0;
    int listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_storage address = {.ss_family = AF_INET};
    socklen_t address_bytes = sizeof address;
    pid_t pids[WAITERS];

    if (listen(listen_fd, CLIENTS) != 0) {
        err(COURSE_CANNOT, "herd");
    }
    getsockname(listen_fd, (struct sockaddr *)&address, &address_bytes);
    fcntl(listen_fd, F_SETFL, by_epoll ? O_NONBLOCK : 0);
    for (int i = 0; i < WAITERS; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            wait_for_clients(listen_fd, by_epoll);
        }
    }
    double before = slept(pids);
    for (int i = 0; i < CLIENTS; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        connect(fd, (struct sockaddr *)&address, address_bytes);
        close(fd);
        poll(NULL, 0, PAUSE_MS);
    }
    printf("%d processes that wait in %s, %d clients: woken for each\n%.1f\n",
           WAITERS, by_epoll ? "epoll_wait" : "accept", CLIENTS,
           (slept(pids) - before) / CLIENTS);
    return 0;
}
