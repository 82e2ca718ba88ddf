/*
 * reactor.c: wait with select, then call whoever is ready, or late.
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
    READ_SET, /* of those who wait for REACTOR_READ */
    WRITE_SET,
    SETS,
    /* How long to leave select alone when the kernel has no memory for it. */
    MEMORY_PAUSE_NS = 10 * 1000 * 1000,
};

static struct {
    struct reactor_event *events[FD_SETSIZE]; /* by descriptor, or NULL */
    fd_set watched[SETS];                     /* whom we want to hear from */
    fd_set ready[SETS];              /* select's answer, not yet called */
    int count[SETS];                 /* how many in each `watched` */
    int fds_end;                     /* the highest in events[], plus one */
    struct deadline_queue deadlines; /* of the events with a limit */
} reactor;

int
reactor_init(void)
{
    return deadline_reserve(&reactor.deadlines, FD_SETSIZE);
}

bool
reactor_can_watch(int fd)
{
    return fd >= 0 && fd < FD_SETSIZE;
}

/* Have the event in that set which `what` asks for, and in no other. */
static void
watch(struct reactor_event *event, short what)
{
    static const short whats[SETS] = {REACTOR_READ, REACTOR_WRITE};

    for (int set = 0; set < SETS; set++) {
        bool is_watched = FD_ISSET(event->fd, &reactor.watched[set]);
        if (what == whats[set] && !is_watched) {
            FD_SET(event->fd, &reactor.watched[set]);
            reactor.count[set]++;
        } else if (what != whats[set] && is_watched) {
            FD_CLR(event->fd, &reactor.watched[set]);
            FD_CLR(event->fd, &reactor.ready[set]);
            reactor.count[set]--;
        }
    }
    event->what = what;
    event->resumes = 0;
}

/* The wait begins now, and is late in `limit_ns`; 0: never. Who waits again
 * and again has its deadline moved when that has come, and not each time. */
static void
start_limit(struct reactor_event *event, int64_t limit_ns)
{
    event->limit_ns = limit_ns;
    if (limit_ns == 0) {
        deadline_remove(&reactor.deadlines, &event->deadline);
        return;
    }
    event->due_ns = clock_now_ns() + limit_ns;
    if (event->deadline.position == 0 ||
        event->due_ns < event->deadline.at_ns) {
        int error =
            deadline_set(&reactor.deadlines, &event->deadline, event->due_ns);
        assert(error == 0); /* reactor_init has made room */
        (void)error;
    }
}

void
reactor_wait(struct reactor_event *event, int fd, short what, int limit_ms,
             reactor_callback *callback, void *arg)
{
    assert(reactor_can_watch(fd) && (what != 0 || limit_ms > 0));
    assert(reactor.events[fd] == event ||
           (reactor.events[fd] == NULL &&
            reactor.events[event->fd] != event)); /* del comes first */
    event->resumes = 0;
    event->callback = callback;
    event->arg = arg;
    if (reactor.events[fd] == NULL) {
        event->fd = fd;
        reactor.events[fd] = event;
        if (fd >= reactor.fds_end) {
            reactor.fds_end = fd + 1;
        }
        watch(event, what);
    } else if (event->what != what) {
        watch(event, what);
    }
    start_limit(event, limit_ms * NS_PER_MS);
}

void
reactor_pause(struct reactor_event *event, int pause_ms)
{
    short resumes = event->what;

    assert(resumes != 0);
    if (pause_ms == -1) {
        reactor_del(event);
    } else if (pause_ms > 0) {
        watch(event, 0);
        event->resumes = resumes;
        start_limit(event, pause_ms * NS_PER_MS);
    }
}

void
reactor_del(struct reactor_event *event)
{
    assert(reactor.events[event->fd] == event);
    watch(event, 0);
    start_limit(event, 0);
    reactor.events[event->fd] = NULL;
    while (reactor.fds_end > 0 &&
           reactor.events[reactor.fds_end - 1] == NULL) {
        reactor.fds_end--;
    }
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
    fd_set *sets[SETS] = {NULL, NULL};
    struct timeval limit;

    for (int set = 0; set < SETS; set++) {
        if (reactor.count[set] > 0) {
            memcpy(&reactor.ready[set], &reactor.watched[set],
                   words * sizeof(fd_mask));
            sets[set] = &reactor.ready[set];
        }
    }
    int nready = select(reactor.fds_end, sets[READ_SET], sets[WRITE_SET],
                        NULL, wait_limit(&limit));
    for (int set = 0; set < SETS; set++) {
        if (reactor.count[set] == 0 || nready <= 0) {
            FD_ZERO(&reactor.ready[set]);
        }
    }
    return nready;
}

/* Call everybody in one ready set. A bit is cleared before its callback
 * runs, and the word is read again after it: the callback may have ended
 * waits that were still to come. */
static void
call_ready(fd_set *ready, short events)
{
    for (int word = 0; word * NFDBITS < reactor.fds_end; word++) {
        while (ready->fds_bits[word] != 0) {
            int fd = word * NFDBITS +
                     __builtin_ctzl((unsigned long)ready->fds_bits[word]);
            FD_CLR(fd, ready);
            struct reactor_event *event = reactor.events[fd];
            event->callback(fd, events, event->arg);
        }
    }
}

/* Call everybody who is late, and end the pauses that are over. */
static void
call_late(void)
{
    struct deadline *first = deadline_first(&reactor.deadlines);
    int64_t now_ns = first != NULL ? clock_now_ns() : 0;

    while (first != NULL && first->at_ns <= now_ns) {
        struct reactor_event *event =
            (struct reactor_event *)((char *)first -
                                     offsetof(struct reactor_event,
                                              deadline));
        if (event->due_ns > now_ns) {
            deadline_set(&reactor.deadlines, first, event->due_ns);
        } else if (event->resumes != 0) {
            watch(event, event->resumes);
            start_limit(event, 0);
        } else {
            deadline_remove(&reactor.deadlines, first);
            start_limit(event, event->limit_ns);
            event->callback(event->fd, REACTOR_TIMEOUT, event->arg);
        }
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
    while (reactor.fds_end > 0) {
        if (wait_for_events() == -1 && !try_again(errno)) {
            return -1;
        }
        call_ready(&reactor.ready[READ_SET], REACTOR_READ);
        call_ready(&reactor.ready[WRITE_SET], REACTOR_WRITE);
        call_late();
    }
    return 0;
}

void
reactor_end(void)
{
    deadline_queue_free(&reactor.deadlines);
}
