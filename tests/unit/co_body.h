/*
 * co_body.h: coroutines with a pointer for an argument that nobody joins,
 * which the servers have no use for.
 */
#ifndef FIVEWAYS_CO_BODY_H
#define FIVEWAYS_CO_BODY_H

#include <check.h>

#include "coroutine/co_internal.h"

static inline void
spawn_body(void *(*function)(void *arg), void *arg)
{
    struct co *co = co_create(function, arg);

    ck_assert_ptr_nonnull(co);
    co->detached = true;
}

/* Run function(arg) as the first coroutine, until the last has returned. */
static inline void
run_body(const struct co_options *options, void *(*function)(void *arg),
         void *arg)
{
    ck_assert_int_eq(scheduler_begin(options), 0);
    spawn_body(function, arg);
    ck_assert_int_eq(scheduler_run(), 0);
    scheduler_end();
}

#endif
