/*
 * test_co_frames.c: stack frames larger than a guard page, and pointers that
 * do not fit into an int.
 *
 * Rows E2 and E4. This file alone is built with -fstack-clash-protection (see
 * the Makefile), as all of the hardened variant is: the compiler then touches
 * each page of a large frame in turn, so that no frame can step over the
 * guard.
 */
#include <alloca.h>
#include <check.h>
#include <signal.h>
#include <stdint.h>

#include "tests/unit/co_body.h"
#include "tests/unit/run_suite.h"

enum {
    /* More than a stack and its guard: without the touching it would end in
     * the middle of the stack below. */
    FRAME_BYTES = STACK_BYTES + STACK_BYTES / 2,
};

/* Write to the far end of a large frame only. */
static __attribute__((noinline)) void
step_far(size_t nbytes)
{
    volatile char *frame = alloca(nbytes);

    frame[0] = 1;
}

static void *
step_over(void *arg)
{
    co_give_way(); /* until the others have their stacks, too */
    if (arg != NULL) {
        /* Not known to the compiler, who would make less of it. */
        volatile size_t nbytes = FRAME_BYTES;
        step_far(nbytes);
    }
    return NULL;
}

/* The first steps; below it the others have their stacks, for the kernel
 * maps from the top down. */
static void *
spawn_neighbours(void *arg)
{
    static char first;

    for (int i = 0; i < 8; i++) {
        spawn_body(step_over, i == 0 ? &first : NULL);
    }
    return arg;
}

TEST_UNSANITIZED(test_E02_a_large_frame_hits_the_guard_page, SIGSEGV,
                 SWITCHES)
{
    signal(SIGSEGV, SIG_DFL);
    run(_i, spawn_neighbours, NULL);
}

/* makecontext hands over ints only; a pointer sent that way would lose its
 * upper half. */
static void *
keep_pointer(void *arg)
{
    *(void **)arg = arg;
    return arg;
}

static void *
pass_pointer(void *arg)
{
    struct co *co = co_create(keep_pointer, arg);

    ck_assert_ptr_nonnull(co);
    ck_assert_ptr_eq(co_join(co), arg);
    return NULL;
}

TEST_TIMES(test_E04_pointers_arrive_whole, SWITCHES)
{
    void *on_stack = NULL;
    uintptr_t number = (uintptr_t)&on_stack;

    ck_assert_msg(sizeof number == 4 || number > UINT32_MAX,
                  "the stack lies in the lowest 4 GiB: nothing is proven");
    run(_i, pass_pointer, &on_stack);
    ck_assert_ptr_eq(on_stack, &on_stack);
}
