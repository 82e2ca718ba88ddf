/*
 * co_internal.h: what the files of the scheduler share, lowest first. Nobody
 * else includes it but their unit tests.
 *
 *     co_switch.c   stacks, switching between them, births and deaths
 *     co_io.c       waiting: for descriptors, for time; the calls
 *     co.c          the scheduler's loop
 */
#ifndef FIVEWAYS_CO_INTERNAL_H
#define FIVEWAYS_CO_INTERNAL_H

#include <setjmp.h>
#include <stdbool.h>
#include <ucontext.h>

#include "coroutine/co.h"
#include "coroutine/co_fiber.h"
#include "harness/base/base.h"

/* One co_recv(), which the scheduler carries out for whoever waits. */
struct receive {
    void *buffer;  /* where the bytes go */
    size_t nbytes; /* how many at most */
    int flags;     /* recv's */
    int error;     /* recv's errno, if `nread` is -1 */
    ssize_t nread; /* what recv returned */
};

/* What a switch touches comes first, so that it is in few cache lines. */
struct co {
    struct co *next;              /* in the ready queue, or in the pool */
    struct receive *receive;      /* what it waits to receive; NULL: it waits
                                   * for anything else, or not at all */
    struct deadline deadline;     /* when its sleep or its patience ends */
    bool timed_out;               /* the deadline is what woke it */
    bool entered;                 /* it has run, so `jump` is valid */
    bool finished;                /* the body has returned */
    bool detached;                /* nobody will join it */
    jmp_buf jump;                 /* where it suspended */
    void *(*function)(void *arg); /* its body, or else */
    void *arg;                    /* what the body is given */
    void (*serve)(int fd);        /* ... this is */
    int fd;                       /* what that is given */
    void *result;                 /* what it returned, once finished */
    struct co *joiner;            /* waits for it to finish, or NULL */
    void *mapping;                /* its stack, guard page included */
    ucontext_t context;           /* how to enter it, or where it swapped */
    struct fiber fiber;           /* for sanitizers */
};

/* What the scheduler knows of a descriptor. All zero: nothing yet. */
struct co_fd {
    struct co *reader; /* waits to receive or accept, or NULL */
    struct co *writer; /* waits to send, or NULL */
    int timeout_ms;    /* how long either may wait; 0: for ever */
    bool registered;   /* epoll has it */
    bool drained;      /* the last recv took all: wait before the next */
    /* A FIN or urgent data came: a short recv may leave something behind
     * without a new edge for it. */
    bool short_is_not_all;
};

struct scheduler {
    struct co_options options;       /* as given to co_run */
    size_t page_bytes;               /* of memory */
    size_t mapping_bytes;            /* stack and guard page */
    int epoll_fd;                    /* waits for all of us */
    bool guard_needs_mprotect;       /* the kernel has no guard regions */
    bool lacks_epoll_pwait2;         /* nor waits in nanoseconds */
    struct co self;                  /* what runs on the thread's own stack */
    struct co *current;              /* runs now */
    struct co *previous;             /* ran before it */
    struct co *turn;                 /* still to run in this turn */
    struct co *ready;                /* to run in the next, first to last */
    struct co **ready_end;           /* where one more is put */
    size_t unfinished;               /* coroutines whose body runs yet */
    struct co *pool;                 /* stacks to be used again */
    size_t pool_count;               /* how many */
    size_t turn_bytes;               /* moved by `current` in this turn */
    struct co_fd *fds;               /* by descriptor */
    size_t fds_count;                /* length of fds[] */
    struct deadline_queue deadlines; /* sleepers, and waits with a limit */
};
extern struct scheduler scheduler;

/* ---- co_switch.c ---------------------------------------------------------
 */

/* Let `co` run in the next turn. */
void make_ready(struct co *co);

/* Let the others run; returns when it is our turn again. Whoever calls this
 * has seen to it that somebody makes us ready. The next in this turn is
 * switched to directly, and the scheduler only when there is none. */
void suspend(void);

/* The body of `co` has returned. */
void finish(struct co *co);

/* Get ready for stacks, and for the thread's own. Give the pool back. */
void stacks_begin(const struct co_options *options);
void stacks_end(void);

/* ---- co_io.c -------------------------------------------------------------
 */

/* Make epoll. Returns 0, or -1 with errno. Give everything back. */
int io_begin(void);
void io_end(void);

/* Wait until somebody can run, or only look if somebody can already. Returns
 * 0, or -1 with errno when there is no waiting any more. */
int io_poll(void);

/* ---- co.c: the steps of co_run() -----------------------------------------
 */

int scheduler_begin(const struct co_options *options);
int scheduler_run(void);
void scheduler_end(void);

#endif
