/*
 * reactor.h: a loop of our own that waits with select(2) and calls back.
 *
 * An event waits for one thing at a time: that its descriptor can be read, or
 * written, or that time has passed; and it may have a limit, after which it
 * is called back with REACTOR_TIMEOUT: it is late. Everything happens in
 * reactor_run(), in one thread, one callback after the other: while one runs,
 * nobody else is served.
 *
 * select's fd_set ends at FD_SETSIZE, 1024 on Linux: descriptors from there
 * on cannot be watched, and FD_SET with one would write beyond the set.
 *
 * There is one reactor in a process, and one event for a descriptor.
 */
#ifndef FIVEWAYS_REACTOR_H
#define FIVEWAYS_REACTOR_H

#include <stdbool.h>

#include "harness/base/base.h"

/* What an event waits for, and what it is called back with. */
enum {
    REACTOR_READ = 1,    /* recv or accept would not block */
    REACTOR_WRITE = 2,   /* send would not block */
    REACTOR_TIMEOUT = 4, /* only called back with: the limit is over */
};

/* `events` is one of the above. The callback may end or change any wait, its
 * own included, and free its event once it has ended that wait. */
typedef void reactor_callback(int fd, short events, void *arg);

/* An event. Embed it in what it belongs to; all zero is one that waits for
 * nothing. Its fields are the reactor's. */
struct reactor_event {
    int fd;                     /* its descriptor */
    short what;                 /* REACTOR_READ, _WRITE, or 0: only time */
    short resumes;              /* what it waits for after its pause, or 0 */
    reactor_callback *callback; /* called back each time */
    void *arg;                  /* given to it */
    int64_t limit_ns;           /* of each wait; 0: none */
    int64_t due_ns;             /* when this wait is late */
    struct deadline deadline;   /* when to look at due_ns, which moves on */
};

/* Set the reactor up, with room for an event for each descriptor that can be
 * watched. Returns 0, or -1 with errno ENOMEM. */
int reactor_init(void);

/* True if `fd` is a descriptor that select can handle. */
bool reactor_can_watch(int fd);

/*
 * From now on call callback(fd, events, arg) whenever `fd` is ready for
 * `what`, and whenever `limit_ms` have passed since this call or since the
 * event was last late; 0: no limit. This takes the place of whatever the
 * event waited for. With `what` 0 it waits for time only and needs a limit.
 * `fd` must be non-blocking and pass reactor_can_watch().
 */
void reactor_wait(struct reactor_event *event, int fd, short what,
                  int limit_ms, reactor_callback *callback, void *arg);

/* Do not watch the event's descriptor for so long, then go on as before,
 * without a limit; 0: no pause; -1: for ever, like reactor_del(). */
void reactor_pause(struct reactor_event *event, int pause_ms);

/* End the wait. Call it before the descriptor is closed: what select has
 * already reported for it is dropped, so that it cannot reach whoever gets
 * the same number next. */
void reactor_del(struct reactor_event *event);

/* Run until no event waits any more. Returns 0, or -1 with errno when select
 * fails for a reason that waiting cannot cure. Blocks. */
int reactor_run(void);

/* Give back the memory that reactor_init() took. */
void reactor_end(void);

#endif
