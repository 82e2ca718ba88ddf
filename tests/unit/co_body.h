/*
 * co_body.h: coroutines with a pointer for an argument that nobody joins,
 * which the servers have no use for.
 */
#ifndef FIVEWAYS_CO_BODY_H
#define FIVEWAYS_CO_BODY_H

#include <check.h>

#include "coroutine/co_internal.h"

enum {
    STACK_BYTES = 64 * 1024,              /* of each */
    SWITCHES = CO_SWITCH_SWAPCONTEXT + 1, /* ways to switch between them */
};

static inline void
spawn_body(void *(*function)(void *arg), void *arg)
{
    struct co *co = co_create(function, arg);

    ck_assert_ptr_nonnull(co);
    co->detached = true;
}

/* Run function(arg) as the first coroutine, until the last has returned. */
static inline void
run(int switch_by, void *(*function)(void *arg), void *arg)
{
    const struct co_options options = {
        .stack_kib = STACK_BYTES / 1024,
        .switch_by = switch_by,
    };

    ck_assert_int_eq(scheduler_begin(&options), 0);
    spawn_body(function, arg);
    ck_assert_int_eq(scheduler_run(), 0);
    scheduler_end();
}

#endif
