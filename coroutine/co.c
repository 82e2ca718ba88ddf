/*
 * co.c: the scheduler's loop: a turn for all who can run, then a look at who
 * else can.
 */
#include <assert.h>

#include "coroutine/co_internal.h"

int
scheduler_begin(const struct co_options *options)
{
    stacks_begin(options);
    return io_begin();
}

int
scheduler_run(void)
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
        if (scheduler.unfinished > 0 && io_poll() == -1) {
            return -1;
        }
    }
    return 0;
}

void
scheduler_end(void)
{
    assert(scheduler.unfinished == 0);
    stacks_end();
    io_end();
}

int
co_run(const struct co_options *options, void (*function)(int fd), int fd)
{
    if (scheduler_begin(options) == -1 || co_spawn(function, fd) == -1 ||
        scheduler_run() == -1) {
        return -1;
    }
    scheduler_end();
    return 0;
}
