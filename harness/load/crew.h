/*
 * crew.h: a run by several threads, each with an engine of its own.
 *
 * Clients, silent clients, echoes and rate are dealt out as evenly as they
 * go; the threads meet at each phase, so that their windows are one; what
 * they saw is added up exactly. While they run they share nothing but that.
 *
 * What differs from one engine: each thread connects its silent clients
 * before its own speaking ones, not before all. Bytes of a client of another
 * thread are found to be wrong as well, but not whose they are.
 */
#ifndef FIVEWAYS_CREW_H
#define FIVEWAYS_CREW_H

#include "harness/load/engine.h"

enum {
    CREW_MAX = 64 /* threads */
};

/*
 * As engine_run(), with `threads` threads: at least 1, and no more of them
 * are used than CREW_MAX, or than there are clients or echoes to deal out.
 * The callbacks are called by one thread at a time, on_phase when all have
 * come so far. client_cpu_ns is of all threads together. Blocks. Returns 0,
 * or -1 with errno when a thread could not start.
 */
int crew_run(const struct engine_options *options, int threads,
             struct engine_result *result);

/* How many threads suit these options on a machine that lets us use so many
 * CPUs: see the comment at its definition. */
int crew_suitable_threads(const struct engine_options *options, int cpus);

/* As engine_descriptors_needed(), with so many threads. */
int crew_descriptors_needed(const struct engine_options *options,
                            int threads);

/* Add what one run saw to what others have seen at the same time. */
void crew_add_result(struct engine_result *into,
                     const struct engine_result *from);

#endif
