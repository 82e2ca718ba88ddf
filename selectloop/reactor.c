/*
 * reactor.c: wait with select, then call whoever is ready.
 *
 * select overwrites its arguments, so each turn works on a copy of the sets;
 * copying and scanning go a word (64 descriptors) at a time and end at the
 * highest descriptor in use. That, and the kernel's look at every single
 * descriptor in the set, is what a turn costs however few are ready: with
 * many silent clients it is most of the work.
 */
#include "selectloop/reactor.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>

enum {
    EVENTS = REACTOR_WRITE + 1,
    /* How long to leave select alone when the kernel has no memory for it. */
    MEMORY_PAUSE_NS = 10 * 1000 * 1000,
};

/* What to call for a descriptor. */
struct handler {
    reactor_callback *callback; /* NULL: not watched */
    void *arg;                  /* given to it */
};

static struct {
    struct handler handlers[FD_SETSIZE]; /* by descriptor */
    fd_set watched[EVENTS];              /* whom we want to hear from */
    fd_set ready[EVENTS];                /* select's answer, not yet called */
    int count[EVENTS];                   /* how many in each `watched` */
    int fds_end;                         /* the highest watched, plus one */
    struct deadline_queue deadlines;     /* of the timers */
} reactor;

static int64_t
clock_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int
reactor_init(void)
{
    return deadline_reserve(&reactor.deadlines, FD_SETSIZE + 1);
}

bool
reactor_can_watch(int fd)
{
    return fd >= 0 && fd < FD_SETSIZE;
}

void
reactor_watch(int fd, enum reactor_event event, reactor_callback *callback,
              void *arg)
{
    assert(reactor_can_watch(fd) && callback != NULL);
    if (!FD_ISSET(fd, &reactor.watched[event])) {
        reactor_ignore(fd);
        FD_SET(fd, &reactor.watched[event]);
        reactor.count[event]++;
        if (fd >= reactor.fds_end) {
            reactor.fds_end = fd + 1;
        }
    }
    reactor.handlers[fd] = (struct handler){callback, arg};
}

void
reactor_ignore(int fd)
{
    assert(reactor_can_watch(fd));
    for (int event = 0; event < EVENTS; event++) {
        if (FD_ISSET(fd, &reactor.watched[event])) {
            FD_CLR(fd, &reactor.watched[event]);
            FD_CLR(fd, &reactor.ready[event]);
            reactor.count[event]--;
        }
    }
    reactor.handlers[fd].callback = NULL;
    while (reactor.fds_end > 0 &&
           reactor.handlers[reactor.fds_end - 1].callback == NULL) {
        reactor.fds_end--;
    }
}

void
reactor_timer_start(struct reactor_timer *timer, int time_ms,
                    reactor_timer_callback *callback, void *arg)
{
    timer->callback = callback;
    timer->arg = arg;
    int error = deadline_set(&reactor.deadlines, &timer->deadline,
                             clock_now_ns() + time_ms * INT64_C(1000000));
    assert(error == 0); /* reactor_init has made room */
    (void)error;
}

void
reactor_timer_stop(struct reactor_timer *timer)
{
    deadline_remove(&reactor.deadlines, &timer->deadline);
}

/* How long select may wait; NULL is for ever. Rounded up to the microsecond,
 * or the loop would spin through the last fraction of one. */
static struct timeval *
wait_limit(struct timeval *limit)
{
    struct deadline *first = deadline_first(&reactor.deadlines);

    if (first == NULL) {
        return NULL;
    }
    int64_t left_us = (first->at_ns - clock_now_ns() + 999) / 1000;
    if (left_us < 0) {
        left_us = 0;
    }
    limit->tv_sec = left_us / 1000000;
    limit->tv_usec = left_us % 1000000;
    return limit;
}

/* Wait. Returns what select returns; -1 also for EINTR, and then the sets
 * mean nothing. */
static int
wait_for_events(void)
{
    size_t words = ((size_t)reactor.fds_end + NFDBITS - 1) / NFDBITS;
    fd_set *sets[EVENTS] = {NULL, NULL};
    struct timeval limit;

    for (int event = 0; event < EVENTS; event++) {
        if (reactor.count[event] > 0) {
            memcpy(&reactor.ready[event], &reactor.watched[event],
                   words * sizeof(fd_mask));
            sets[event] = &reactor.ready[event];
        }
    }
    int nready = select(reactor.fds_end, sets[REACTOR_READ],
                        sets[REACTOR_WRITE], NULL, wait_limit(&limit));
    if (reactor.count[REACTOR_WRITE] == 0 || nready <= 0) {
        FD_ZERO(&reactor.ready[REACTOR_WRITE]);
    }
    if (reactor.count[REACTOR_READ] == 0 || nready <= 0) {
        FD_ZERO(&reactor.ready[REACTOR_READ]);
    }
    return nready;
}

/* Call everybody in one ready set. A bit is cleared before its callback
 * runs, and the word is read again after it: the callback may have ignored
 * descriptors that were still to come. */
static void
call_ready(fd_set *ready)
{
    for (int word = 0; word * NFDBITS < reactor.fds_end; word++) {
        while (ready->fds_bits[word] != 0) {
            int fd = word * NFDBITS +
                     __builtin_ctzl((unsigned long)ready->fds_bits[word]);
            FD_CLR(fd, ready);
            struct handler handler = reactor.handlers[fd];
            handler.callback(fd, handler.arg);
        }
    }
}

static void
call_timers(void)
{
    struct deadline *first = deadline_first(&reactor.deadlines);
    int64_t now_ns = first != NULL ? clock_now_ns() : 0;

    while (first != NULL && first->at_ns <= now_ns) {
        struct reactor_timer *timer =
            (struct reactor_timer *)((char *)first -
                                     offsetof(struct reactor_timer,
                                              deadline));
        deadline_remove(&reactor.deadlines, first);
        timer->callback(timer->arg);
        first = deadline_first(&reactor.deadlines);
    }
}

/* Whether select may succeed after this error; pauses where it must not be
 * called again at once. */
static bool
try_again(int error)
{
    const struct timespec pause = {.tv_nsec = MEMORY_PAUSE_NS};

    if (error == ENOMEM) {
        nanosleep(&pause, NULL);
    }
    return error == EINTR || error == ENOMEM;
}

int
reactor_run(void)
{
    while (reactor.fds_end > 0 ||
           deadline_first(&reactor.deadlines) != NULL) {
        if (wait_for_events() == -1 && !try_again(errno)) {
            return -1;
        }
        call_ready(&reactor.ready[REACTOR_READ]);
        call_ready(&reactor.ready[REACTOR_WRITE]);
        call_timers();
    }
    return 0;
}

void
reactor_end(void)
{
    deadline_queue_free(&reactor.deadlines);
}
