/*
 * syscalls.h: how many system calls a server makes for an echo.
 *
 * Counted once for each scenario and model, in a run of its own that is not
 * timed: by perf under the very load of the scenario where the kernel lets
 * us, else by strace with one client, else not at all.
 */
#ifndef FIVEWAYS_SYSCALLS_H
#define FIVEWAYS_SYSCALLS_H

#include "harness/compare/measure.h"
#include "harness/results/results.h"

/* Which way to count. */
enum syscalls_method {
    SYSCALLS_AUTO,   /* perf, or else strace */
    SYSCALLS_PERF,   /* perf or nothing */
    SYSCALLS_STRACE, /* strace or nothing */
    SYSCALLS_NONE,   /* do not count */
};

/*
 * Count. Starts the server of `order`, once for perf, twice for strace.
 * Fills all of `calls`; where nothing could be counted its method is "" and
 * its reason says why. Blocks, for about a tenth of a second with perf;
 * nothing of the server is left afterwards.
 */
void syscalls_count(const struct measure_order *order,
                    enum syscalls_method method, struct calls *calls);

#endif
