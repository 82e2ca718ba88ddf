/*
 * reactor.h: a loop of our own that waits with select(2) and calls back.
 *
 * A descriptor is watched for reading or for writing, with a function to be
 * called when that is possible; a timer calls a function when its time has
 * come. Everything happens in reactor_run(), in one thread, one callback
 * after the other: while one runs, nobody else is served.
 *
 * select's fd_set ends at FD_SETSIZE, 1024 on Linux: descriptors from there
 * on cannot be watched, and FD_SET with one would write beyond the set.
 *
 * There is one reactor in a process.
 */
#ifndef FIVEWAYS_REACTOR_H
#define FIVEWAYS_REACTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/contract/deadlines.h"

/* What a descriptor can be watched for. */
enum reactor_event {
    REACTOR_READ,  /* recv or accept would not block */
    REACTOR_WRITE, /* send would not block */
};

typedef void reactor_callback(int fd, void *arg);
typedef void reactor_timer_callback(void *arg);

/* A timer. Embed it in what it belongs to; all zero is one that is off. */
struct reactor_timer {
    struct deadline deadline;         /* when; in no queue if it is off */
    reactor_timer_callback *callback; /* called then, once */
    void *arg;                        /* given to it */
};

/* Set the reactor up. There is room then for a timer for each descriptor and
 * one more. Returns 0, or -1 with errno ENOMEM. */
int reactor_init(void);

/* True if `fd` is a descriptor that select can handle. */
bool reactor_can_watch(int fd);

/* From now on call callback(fd, arg) whenever `event` is possible on `fd`,
 * until reactor_ignore(); whatever `fd` was watched for before is over.
 * `fd` must be non-blocking and pass reactor_can_watch(). */
void reactor_watch(int fd, enum reactor_event event,
                   reactor_callback *callback, void *arg);

/* Stop watching `fd`. Call it before `fd` is closed: an event that select
 * has already reported for it is dropped, so that it cannot reach whoever
 * gets the same number next. */
void reactor_ignore(int fd);

/* Call callback(arg) once, in `time_ms`, and forget whatever `timer` was set
 * to before. */
void reactor_timer_start(struct reactor_timer *timer, int time_ms,
                         reactor_timer_callback *callback, void *arg);

/* Switch a timer off. Nothing happens if it is off. */
void reactor_timer_stop(struct reactor_timer *timer);

/* Run until there is nothing left to wait for: no descriptor is watched and
 * no timer is on. Returns 0, or -1 with errno when select fails for a reason
 * that waiting cannot cure. */
int reactor_run(void);

/* Give back the memory of the timers' queue. */
void reactor_end(void);

#endif
