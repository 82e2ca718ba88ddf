/*
 * co.c: a scheduler for coroutines, on ucontext and epoll.
 *
 * Switching. The scheduler runs on the stack of the thread and is switched
 * to like any coroutine; the ready ones of a turn switch from one to the
 * next and then back to it. ucontext is used to enter a new stack, once.
 * Every later switch is _setjmp and _longjmp, which save the registers and
 * nothing else, while swapcontext also saves the signal mask, a system call
 * each time; CO_SWITCH_SWAPCONTEXT shows what that costs. C forbids a longjmp
 * to another stack, glibc and its _FORTIFY_SOURCE check do too: this file
 * alone is built without the check (see the Makefile). It works because each
 * stack stays as it was left.
 *
 * Waiting. A call first tries; when the kernel says EAGAIN, the coroutine
 * notes itself with the descriptor and suspends. When nobody can run,
 * epoll waits for all of them. Each descriptor is registered once, for both
 * directions and edge-triggered, when somebody first has to wait for it.
 * Who waits to receive leaves word where the bytes shall go, and the
 * scheduler receives for all whose bytes have come, before the first of them
 * runs: first all take the kernel's way in, then all take its way out, and
 * the processor's caches need to hold one of the two at a time (cohort
 * scheduling: Larus and Parkes, USENIX 2002).
 *
 * Edges. After a short recv the next one waits without trying: the socket is
 * drained, and a new edge will come. There are two exceptions: a FIN that
 * came with the data gives no second edge, and recv stops short of urgent
 * data though there is more behind it. So EPOLLRDHUP and EPOLLPRI are
 * remembered, and from then on only EAGAIN means drained.
 *
 * Stacks. One mapping each, with a guard page below, and the struct co at
 * its top, so that a waiting client touches two pages or three. Stacks are
 * reused through a small pool. An overflow hits the guard: SIGSEGV.
 */
#include "coroutine/co.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "coroutine/co_fiber.h"
#include "harness/contract/deadlines.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* Linux 6.13; no mapping of its own */
#endif

enum {
    EVENTS_MAX = 512,       /* taken from epoll at a time */
    POOL_MAX = 256,         /* stacks kept for the next coroutines */
    TURN_BYTES = 64 * 1024, /* moved before others get a turn */
    ACCEPT_COST_BYTES = TURN_BYTES / 16, /* an accept counts as so many */
    FDS_START = 64,
};

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
    struct receive *receive;      /* what it waits for; NULL: to accept */
    struct deadline deadline;     /* when its sleep or its patience ends */
    bool timed_out;               /* the deadline is what woke it */
    bool entered;                 /* it has run, so `jump` is valid */
    bool finished;                /* the body has returned */
    bool detached;                /* nobody will join it */
    jmp_buf jump;                 /* where it suspended */
    void *(*function)(void *arg); /* its body */
    void *arg;                    /* what the body is given */
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
    bool drains_late;  /* a FIN or urgent data came: a short recv may leave
                        * something behind without a new edge for it */
};

static struct {
    struct co_options options;       /* as given to co_init */
    size_t page_bytes;               /* of memory */
    size_t mapping_bytes;            /* stack and guard page */
    int epoll_fd;                    /* waits for all of us */
    bool guard_needs_mprotect;       /* the kernel has no guard regions */
    bool lacks_epoll_pwait2;         /* nor waits in nanoseconds */
    struct co self;                  /* what runs on the thread's own stack */
    struct co *current;              /* runs now */
    struct co *previous;             /* ran before it */
    struct co *turn;                 /* still to run in this turn */
    struct co *ready;                /* can run in the next, first to last */
    struct co **ready_end;           /* where one more is put */
    size_t unfinished;               /* coroutines whose body runs yet */
    struct co *pool;                 /* stacks to be used again */
    size_t pool_count;               /* how many */
    size_t turn_bytes;               /* moved by `current` in this turn */
    struct co_fd *fds;               /* by descriptor */
    size_t fds_count;                /* length of fds[] */
    struct deadline_queue deadlines; /* sleepers, and waits with a limit */
} scheduler = {.epoll_fd = -1};

/* ---- switching --------------------------------------------------------- */

static void
make_ready(struct co *co)
{
    co->next = NULL;
    *scheduler.ready_end = co;
    scheduler.ready_end = &co->next;
}

/* Leave the stack we are on for that of `to`. Returns when somebody switches
 * back here. */
static void
switch_to(struct co *to)
{
    struct co *from = scheduler.current;

    scheduler.previous = from;
    scheduler.current = to;
    scheduler.turn_bytes = 0;
    fiber_leave(&from->fiber, &to->fiber, from->finished);
    if (scheduler.options.switch_by == CO_SWITCH_SWAPCONTEXT) {
        swapcontext(&from->context, &to->context);
    } else if (_setjmp(from->jump) == 0) {
        if (to->entered) {
            _longjmp(to->jump, 1);
        }
        to->entered = true;
        setcontext(&to->context);
    }
    fiber_arrive(&scheduler.current->fiber, &scheduler.previous->fiber);
}

/* Let the others run; returns when it is our turn again. Whoever calls this
 * has seen to it that somebody makes us ready. The next in this turn is
 * switched to directly, and the scheduler only when there is none. */
static void
suspend(void)
{
    struct co *next = scheduler.turn;

    if (next != NULL) {
        scheduler.turn = next->next;
        switch_to(next);
    } else {
        switch_to(&scheduler.self);
    }
}

/* Where each coroutine begins. makecontext can only hand over ints, so it
 * hands over nothing: who we are is in scheduler.current. Nobody can free
 * the stack it stands on, so the scheduler does that. */
static void
enter(void)
{
    struct co *co = scheduler.current;

    fiber_arrive(&co->fiber, &scheduler.previous->fiber);
    co->result = co->function(co->arg);
    co->finished = true;
    switch_to(&scheduler.self);
    abort(); /* nobody switches to what has finished */
}

/* ---- stacks ------------------------------------------------------------ */

/* Nobody may write below the stack. Returns 0, or -1 with errno. */
static int
guard(void *page)
{
    if (!scheduler.guard_needs_mprotect) {
        if (madvise(page, scheduler.page_bytes, MADV_GUARD_INSTALL) == 0) {
            return 0;
        }
        if (errno != EINVAL) {
            return -1;
        }
        scheduler.guard_needs_mprotect = true;
    }
    return mprotect(page, scheduler.page_bytes, PROT_NONE);
}

static struct co *
stack_map(void)
{
    char *mapping =
        mmap(NULL, scheduler.mapping_bytes, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (mapping == MAP_FAILED) {
        return NULL;
    }
    if (guard(mapping) == -1) {
        int saved_errno = errno;
        munmap(mapping, scheduler.mapping_bytes);
        errno = saved_errno;
        return NULL;
    }
    /* Stacks side by side look like one large area that is worth a page of
     * 2 MiB; a stack of which 8 KiB are in use is not. */
    madvise(mapping, scheduler.mapping_bytes, MADV_NOHUGEPAGE);
    struct co *co = (struct co *)(mapping + scheduler.mapping_bytes) - 1;
    co = (struct co *)((uintptr_t)co & ~(uintptr_t)63);
    co->mapping = mapping;
    fiber_create(&co->fiber, mapping + scheduler.page_bytes,
                 scheduler.mapping_bytes - scheduler.page_bytes);
    return co;
}

/* Returns 0, or -1 when the kernel cannot: a hole in a mapping that is one
 * with its neighbours makes two of it, and there is a limit to them. */
static int
stack_unmap(struct co *co)
{
    struct fiber fiber = co->fiber;

    if (munmap(co->mapping, scheduler.mapping_bytes) == -1) {
        return -1;
    }
    fiber_destroy(&fiber);
    return 0;
}

/* A stack with an empty struct co on it, or NULL with errno. */
static struct co *
stack_take(void)
{
    struct co *co = scheduler.pool;

    if (co == NULL) {
        return stack_map();
    }
    scheduler.pool = co->next;
    scheduler.pool_count--;
    return co;
}

static void
stack_give_back(struct co *co)
{
    if (scheduler.pool_count >= POOL_MAX && stack_unmap(co) == 0) {
        return;
    }
    co->next = scheduler.pool;
    scheduler.pool = co;
    scheduler.pool_count++;
}

/* ---- life of a coroutine ----------------------------------------------- */

/* Make `co` begin in enter() when it is switched to. */
static void
prepare(struct co *co)
{
    char *stack = (char *)co->mapping + scheduler.page_bytes;

    getcontext(&co->context);
    co->context.uc_stack.ss_sp = stack;
    co->context.uc_stack.ss_size = (size_t)((char *)co - stack);
    co->context.uc_link = NULL;
    fiber_hold_signals_in(&co->context);
    makecontext(&co->context, enter, 0);
}

struct co *
co_spawn(void *(*function)(void *arg), void *arg)
{
    /* Each can wait for a deadline, so there is room for one: a sleep that
     * fails for want of memory would not be a sleep. */
    if (deadline_reserve(&scheduler.deadlines, scheduler.unfinished + 1) ==
        -1) {
        return NULL;
    }
    struct co *co = stack_take();
    if (co == NULL) {
        return NULL;
    }
    co->function = function;
    co->arg = arg;
    co->result = NULL;
    co->joiner = NULL;
    co->receive = NULL;
    co->deadline = (struct deadline){0};
    co->entered = false;
    co->finished = false;
    co->detached = false;
    prepare(co);
    scheduler.unfinished++;
    make_ready(co);
    return co;
}

int
co_spawn_detached(void *(*function)(void *arg), void *arg)
{
    struct co *co = co_spawn(function, arg);

    if (co == NULL) {
        return -1;
    }
    co->detached = true;
    return 0;
}

void *
co_join(struct co *co)
{
    assert(scheduler.current != &scheduler.self && co != scheduler.current);
    assert(!co->detached && co->joiner == NULL);
    if (!co->finished) {
        co->joiner = scheduler.current;
        suspend();
    }
    void *result = co->result;
    stack_give_back(co);
    return result;
}

void co_yield (void)
{
    make_ready(scheduler.current);
    suspend();
}

/* ---- waiting ----------------------------------------------------------- */

static int64_t
now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void
set_deadline(struct co *co, int time_ms)
{
    int error = deadline_set(&scheduler.deadlines, &co->deadline,
                             now_ns() + time_ms * INT64_C(1000000));
    assert(error == 0); /* co_spawn has made room */
    (void)error;
}

void
co_sleep_ms(int time_ms)
{
    if (time_ms > 0) {
        set_deadline(scheduler.current, time_ms);
        suspend();
    }
}

/* How epoll shall wait: until the first deadline, or not at all when
 * somebody can run. Returns NULL for ever. */
static struct timespec *
wait_limit(struct timespec *limit)
{
    struct deadline *first = deadline_first(&scheduler.deadlines);
    int64_t left_ns = 0;

    if (scheduler.ready == NULL) {
        if (first == NULL) {
            return NULL;
        }
        left_ns = first->at_ns - now_ns();
    }
    *limit = (struct timespec){0};
    if (left_ns > 0) {
        limit->tv_sec = left_ns / 1000000000;
        limit->tv_nsec = left_ns % 1000000000;
    }
    return limit;
}

/* epoll_pwait2, which counts nanoseconds; before Linux 5.11 a wait in whole
 * milliseconds, rounded up so that no deadline is met too early. */
static int
wait_for_events(struct epoll_event *events, const struct timespec *limit)
{
    int64_t limit_ms = -1;

    if (FIBER_ALLOWS_EPOLL_PWAIT2 && !scheduler.lacks_epoll_pwait2) {
        int nevents =
            epoll_pwait2(scheduler.epoll_fd, events, EVENTS_MAX, limit, NULL);
        /* Some containers say EPERM to a call that they do not know. */
        if (nevents != -1 || (errno != ENOSYS && errno != EPERM)) {
            return nevents;
        }
        scheduler.lacks_epoll_pwait2 = true;
    }
    if (limit != NULL) {
        limit_ms = limit->tv_sec * 1000 + (limit->tv_nsec + 999999) / 1000000;
    }
    return epoll_wait(scheduler.epoll_fd, events, EVENTS_MAX,
                      limit_ms > INT_MAX ? INT_MAX : (int)limit_ms);
}

static void
wake(struct co **waiter)
{
    struct co *co = *waiter;

    if (co != NULL) {
        *waiter = NULL;
        deadline_remove(&scheduler.deadlines, &co->deadline);
        make_ready(co);
    }
}

/* Receive without waiting. Returns false when nothing has come. */
static bool
receive_now(int fd, struct receive *receive)
{
    struct co_fd *state = &scheduler.fds[fd];

    receive->nread = recv(fd, receive->buffer, receive->nbytes,
                          receive->flags | MSG_DONTWAIT);
    if (receive->nread == -1) {
        receive->error = errno;
        state->drained = errno == EAGAIN;
        return !state->drained;
    }
    state->drained =
        (size_t)receive->nread < receive->nbytes && !state->drains_late;
    return true;
}

static void
deliver(const struct epoll_event *event)
{
    struct co_fd *state = &scheduler.fds[event->data.fd];
    const uint32_t special = EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR;

    if ((event->events & special) != 0) {
        state->drains_late = true;
    }
    if ((event->events & (EPOLLIN | special)) != 0) {
        struct co *reader = state->reader;
        state->drained = false;
        if (reader != NULL &&
            (reader->receive == NULL ||
             receive_now(event->data.fd, reader->receive))) {
            wake(&state->reader);
        }
    }
    if ((event->events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
        wake(&state->writer);
    }
}

/* Make everybody ready whose deadline has passed. */
static void
expire_deadlines(void)
{
    struct deadline *first = deadline_first(&scheduler.deadlines);
    int64_t now = first != NULL ? now_ns() : 0;

    while (first != NULL && first->at_ns <= now) {
        struct co *co =
            (struct co *)((char *)first - offsetof(struct co, deadline));
        deadline_remove(&scheduler.deadlines, first);
        co->timed_out = true;
        make_ready(co);
        first = deadline_first(&scheduler.deadlines);
    }
}

/* Wait until somebody can run, or only look if somebody can already. Returns
 * 0, or -1 with errno when there is no waiting any more. */
static int
poll_once(void)
{
    static struct epoll_event events[EVENTS_MAX];
    struct timespec limit;

    int nevents = wait_for_events(events, wait_limit(&limit));
    if (nevents == -1) {
        return errno == EINTR ? 0 : -1;
    }
    for (int i = 0; i < nevents; i++) {
        deliver(&events[i]);
    }
    /* Who waits for a descriptor that is ready is not late, and one batch may
     * not hold all that are: who is woken by a deadline tries once more. */
    expire_deadlines();
    return 0;
}

/* The body of a coroutine has returned. */
static void
finish(struct co *co)
{
    scheduler.unfinished--;
    if (co->detached) {
        stack_give_back(co);
    } else if (co->joiner != NULL) {
        make_ready(co->joiner);
    }
}

int
co_run(void)
{
    assert(scheduler.current == &scheduler.self);
    while (scheduler.unfinished > 0) {
        scheduler.turn = scheduler.ready;
        scheduler.ready = NULL;
        scheduler.ready_end = &scheduler.ready;
        fiber_hold_signals();
        while (scheduler.turn != NULL) {
            suspend();
            if (scheduler.previous->finished) {
                finish(scheduler.previous);
            }
        }
        fiber_release_signals();
        if (scheduler.unfinished > 0 && poll_once() == -1) {
            return -1;
        }
    }
    return 0;
}

/* ---- descriptors ------------------------------------------------------- */

/* Make the table longer, up to fds[fd]. Returns 0, or -1 with ENOMEM. */
static int
learn(int fd)
{
    size_t count = scheduler.fds_count;

    while (count <= (size_t)fd) {
        count = count > 0 ? 2 * count : FDS_START;
    }
    struct co_fd *fds = reallocarray(scheduler.fds, count, sizeof *fds);
    if (fds == NULL) {
        return -1;
    }
    memset(fds + scheduler.fds_count, 0,
           (count - scheduler.fds_count) * sizeof *fds);
    scheduler.fds = fds;
    scheduler.fds_count = count;
    return 0;
}

/* Make sure that scheduler.fds[fd] exists. Returns 0, or -1 with ENOMEM. */
static inline int
know(int fd)
{
    return (size_t)fd < scheduler.fds_count ? 0 : learn(fd);
}

/* Suspend until `fd` can be read, or written. Returns 0, or -1 with errno:
 * EAGAIN when that took longer than its timeout. */
static inline int
wait_for(int fd, bool writing)
{
    struct co *co = scheduler.current;
    struct co_fd *state = &scheduler.fds[fd];
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET,
        .data.fd = fd,
    };

    if (!state->registered) {
        if (epoll_ctl(scheduler.epoll_fd, EPOLL_CTL_ADD, fd, &event) == -1) {
            return -1;
        }
        state->registered = true;
    }
    struct co **waiter = writing ? &state->writer : &state->reader;
    assert(*waiter == NULL);
    *waiter = co;
    co->timed_out = false;
    if (state->timeout_ms > 0) {
        set_deadline(co, state->timeout_ms);
    }
    suspend();
    if (!co->timed_out) {
        return 0;
    }
    /* The table may have moved meanwhile. */
    state = &scheduler.fds[fd];
    *(writing ? &state->writer : &state->reader) = NULL;
    errno = EAGAIN;
    return -1;
}

/* `nbytes` were moved without waiting: after a fair share, others come
 * first. */
static void
take_turn(size_t nbytes)
{
    scheduler.turn_bytes += nbytes;
    if (scheduler.turn_bytes >= TURN_BYTES) {
        co_yield ();
    }
}

int
co_accept4(int listen_fd, struct sockaddr *address, socklen_t *address_bytes,
           int flags)
{
    int conn_fd;

    if (know(listen_fd) == -1) {
        return -1;
    }
    while ((conn_fd = accept4(listen_fd, address, address_bytes,
                              flags | SOCK_NONBLOCK)) == -1) {
        if (errno != EAGAIN || wait_for(listen_fd, false) == -1) {
            return -1;
        }
    }
    if (know(conn_fd) == -1) {
        close(conn_fd);
        errno = ENOMEM;
        return -1;
    }
    scheduler.fds[conn_fd] = (struct co_fd){0};
    take_turn(ACCEPT_COST_BYTES);
    return conn_fd;
}

ssize_t
co_recv(int fd, void *buffer, size_t nbytes, int flags)
{
    struct co *co = scheduler.current;
    struct receive receive = {
        .buffer = buffer, .nbytes = nbytes, .flags = flags};

    if (know(fd) == -1) {
        return -1;
    }
    if (scheduler.fds[fd].drained || !receive_now(fd, &receive)) {
        co->receive = &receive;
        int error = wait_for(fd, false);
        co->receive = NULL;
        /* Too late, unless something has come by now. */
        if (error == -1 && (errno != EAGAIN || !receive_now(fd, &receive))) {
            return -1;
        }
    }
    if (receive.nread == -1) {
        errno = receive.error;
        return -1;
    }
    take_turn((size_t)receive.nread);
    return receive.nread;
}

ssize_t
co_send(int fd, const void *buffer, size_t nbytes, int flags)
{
    bool is_late = false;

    if (know(fd) == -1) {
        return -1;
    }
    for (;;) {
        ssize_t nwritten = send(fd, buffer, nbytes, flags | MSG_DONTWAIT);
        if (nwritten >= 0) {
            take_turn((size_t)nwritten);
            return nwritten;
        }
        if (errno != EAGAIN || is_late) {
            return -1;
        }
        if (wait_for(fd, true) == -1) {
            is_late = errno == EAGAIN;
            if (!is_late) {
                return -1;
            }
        }
    }
}

void
co_set_timeout(int fd, int timeout_ms)
{
    if (know(fd) == 0) {
        scheduler.fds[fd].timeout_ms = timeout_ms;
    }
}

void
co_forget(int fd)
{
    if ((size_t)fd < scheduler.fds_count) {
        assert(scheduler.fds[fd].reader == NULL &&
               scheduler.fds[fd].writer == NULL);
        if (scheduler.fds[fd].registered) {
            epoll_ctl(scheduler.epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        }
        scheduler.fds[fd] = (struct co_fd){0};
    }
}

int
co_close(int fd)
{
    if ((size_t)fd < scheduler.fds_count) {
        assert(scheduler.fds[fd].reader == NULL &&
               scheduler.fds[fd].writer == NULL);
        /* The kernel takes it out of epoll when it closes it. */
        scheduler.fds[fd] = (struct co_fd){0};
    }
    return close(fd);
}

/* ---- the scheduler ----------------------------------------------------- */

int
co_init(const struct co_options *options)
{
    size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);

    scheduler.options = *options;
    scheduler.page_bytes = page_bytes;
    scheduler.mapping_bytes =
        (options->stack_bytes + page_bytes - 1) / page_bytes * page_bytes +
        page_bytes;
    scheduler.ready = NULL;
    scheduler.ready_end = &scheduler.ready;
    scheduler.self = (struct co){.entered = true};
    scheduler.current = &scheduler.self;
    fiber_adopt(&scheduler.self.fiber);
    scheduler.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    return scheduler.epoll_fd == -1 ? -1 : 0;
}

void
co_end(void)
{
    assert(scheduler.unfinished == 0);
    while (scheduler.pool != NULL) {
        struct co *co = scheduler.pool;
        scheduler.pool = co->next;
        stack_unmap(co);
    }
    scheduler.pool_count = 0;
    free(scheduler.fds);
    scheduler.fds = NULL;
    scheduler.fds_count = 0;
    deadline_queue_free(&scheduler.deadlines);
    close(scheduler.epoll_fd);
    scheduler.epoll_fd = -1;
}
