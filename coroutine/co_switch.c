/*
 * co_switch.c: stacks, switching between them, and whose they are.
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
 * Stacks. One mapping each, with a guard page below, and the struct co at
 * its top, so that a waiting client touches two pages or three. Stacks are
 * reused through a small pool. An overflow hits the guard: SIGSEGV.
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "coroutine/co_internal.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* Linux 6.13; no mapping of its own */
#endif

enum {
    POOL_MAX = 256 /* stacks kept for the next coroutines */
};

struct scheduler scheduler = {.epoll_fd = -1};

/* ---- switching --------------------------------------------------------- */

void
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

void
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
    if (co->serve != NULL) {
        co->serve(co->fd);
    } else {
        co->result = co->function(co->arg);
    }
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
    fiber_reuse(&co->fiber);
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

void
stacks_begin(const struct co_options *options)
{
    size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    size_t stack_bytes = (size_t)options->stack_kib * 1024;

    scheduler.options = *options;
    scheduler.page_bytes = page_bytes;
    scheduler.mapping_bytes =
        (stack_bytes + page_bytes - 1) / page_bytes * page_bytes + page_bytes;
    scheduler.ready = NULL;
    scheduler.ready_end = &scheduler.ready;
    scheduler.self = (struct co){.entered = true};
    scheduler.current = &scheduler.self;
    fiber_adopt(&scheduler.self.fiber);
}

void
stacks_end(void)
{
    while (scheduler.pool != NULL) {
        struct co *co = scheduler.pool;
        scheduler.pool = co->next;
        stack_unmap(co);
    }
    scheduler.pool_count = 0;
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
co_create(void *(*function)(void *arg), void *arg)
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
    co->serve = NULL;
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
co_spawn(void (*function)(int fd), int fd)
{
    struct co *co = co_create(NULL, NULL);

    if (co == NULL) {
        return -1;
    }
    co->serve = function;
    co->fd = fd;
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

void
co_give_way(void)
{
    make_ready(scheduler.current);
    suspend();
}

void
finish(struct co *co)
{
    scheduler.unfinished--;
    if (co->detached) {
        stack_give_back(co);
    } else if (co->joiner != NULL) {
        make_ready(co->joiner);
    }
}
