/*
 * co_fiber.h: telling sanitizers and valgrind that the stack is another.
 *
 * They follow the stack pointer, and take a switch of stacks for the wildest
 * of bugs unless they are told. In a plain build all of this is empty; it
 * stands here so that co_switch.c can be read without it.
 */
#ifndef FIVEWAYS_CO_FIBER_H
#define FIVEWAYS_CO_FIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <ucontext.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CO_FIBER_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define CO_FIBER_TSAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define CO_FIBER_ASAN 1
#endif
#ifdef __SANITIZE_THREAD__
#define CO_FIBER_TSAN 1
#endif

/* Thread sanitizer runs signal handlers when a call that it knows returns,
 * and it does not know epoll_pwait2. */
#ifdef CO_FIBER_TSAN
enum {
    FIBER_ALLOWS_EPOLL_PWAIT2 = 0
};
#else
enum {
    FIBER_ALLOWS_EPOLL_PWAIT2 = 1
};
#endif

#ifdef CO_FIBER_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef CO_FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#include <signal.h>
#endif
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id)       (void)(id)
#endif

/* What the tools want to know of one stack. */
struct fiber {
    const void *stack;    /* its lowest address */
    size_t stack_bytes;   /* its length */
    void *fake_stack;     /* asan's, kept while another stack runs */
    void *tsan_fiber;     /* tsan's idea of a thread */
    unsigned lives;       /* coroutines that have had the stack */
    unsigned valgrind_id; /* the stack's number in valgrind */
};

/*
 * While coroutines run, thread sanitizer must see no signal: it keeps a
 * signal for whichever fiber it came to, and would run the handler when that
 * one runs next, which may be never.
 */
static inline void
fiber_hold_signals(void)
{
#ifdef CO_FIBER_TSAN
    sigset_t signals;
    sigfillset(&signals);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
#endif
}

static inline void
fiber_release_signals(void)
{
#ifdef CO_FIBER_TSAN
    sigset_t signals;
    sigfillset(&signals);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
#endif
}

/* The same for the context that a coroutine will be entered with. */
static inline void
fiber_hold_signals_in(ucontext_t *context)
{
    (void)context;
#ifdef CO_FIBER_TSAN
    sigfillset(&context->uc_sigmask);
#endif
}

/* A stack comes to be. */
static inline void
fiber_create(struct fiber *fiber, void *stack, size_t stack_bytes)
{
    *fiber = (struct fiber){.stack = stack, .stack_bytes = stack_bytes};
    fiber->valgrind_id =
        VALGRIND_STACK_REGISTER(stack, (char *)stack + stack_bytes);
#ifdef CO_FIBER_TSAN
    fiber->tsan_fiber = __tsan_create_fiber(0);
#endif
}

/* A stack is used again, by another coroutine. What asan kept for the last
 * one went with it. Of each, tsan keeps two calls that never returned, and
 * has room for 65 536: a new fiber in time, and not for each, for it is
 * dear. */
static inline void
fiber_reuse(struct fiber *fiber)
{
    fiber->fake_stack = NULL;
    fiber->lives++;
#ifdef CO_FIBER_TSAN
    if (fiber->lives % 10000 == 0) {
        __tsan_destroy_fiber(fiber->tsan_fiber);
        fiber->tsan_fiber = __tsan_create_fiber(0);
    }
#endif
}

/* The stack that the scheduler itself runs on. */
static inline void
fiber_adopt(struct fiber *fiber)
{
    *fiber = (struct fiber){0};
#ifdef CO_FIBER_TSAN
    fiber->tsan_fiber = __tsan_get_current_fiber();
#endif
}

/* A stack is about to be unmapped. */
static inline void
fiber_destroy(struct fiber *fiber)
{
    VALGRIND_STACK_DEREGISTER(fiber->valgrind_id);
#ifdef CO_FIBER_TSAN
    __tsan_destroy_fiber(fiber->tsan_fiber);
#endif
}

/* Right before a switch; `for_good` when `from` will never run again. */
static inline void
fiber_leave(struct fiber *from, struct fiber *to, bool for_good)
{
    (void)from;
    (void)to;
    (void)for_good;
#ifdef CO_FIBER_ASAN
    __sanitizer_start_switch_fiber(for_good ? NULL : &from->fake_stack,
                                   to->stack, to->stack_bytes);
#endif
#ifdef CO_FIBER_TSAN
    __tsan_switch_to_fiber(to->tsan_fiber, 0);
#endif
}

/* Right after a switch; `from` is where we came from, as far as the tools
 * can tell it: the first switch of all teaches them the scheduler's stack. */
static inline void
fiber_arrive(struct fiber *self, struct fiber *from)
{
    (void)self;
    (void)from;
#ifdef CO_FIBER_ASAN
    __sanitizer_finish_switch_fiber(self->fake_stack, &from->stack,
                                    &from->stack_bytes);
#endif
}

#endif
