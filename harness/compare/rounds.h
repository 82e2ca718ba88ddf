/*
 * rounds.h: the run itself.
 *
 * A round runs every scenario of the plan, and in each of them every server
 * once, in random order, in a fresh process, with a floor probe before and
 * after each window. Behind the first round the system calls of every row
 * are counted, apart from everything that is timed. Going through all
 * scenarios in every round spreads a slow drift of the machine over all of
 * them.
 */
#ifndef FIVEWAYS_ROUNDS_H
#define FIVEWAYS_ROUNDS_H

#include <signal.h>
#include <stdio.h>

#include "harness/compare/plan.h"
#include "harness/results/results.h"

/* What a run needs to know. */
struct rounds_order {
    const struct options *options;            /* who and where */
    const struct plan *plan;                  /* what */
    const volatile sig_atomic_t *interrupted; /* stop after this window */
    FILE *file;              /* results.jsonl, or NULL if it failed */
    struct results *results; /* gets all windows as well */
};

/*
 * Run all rounds and add their windows to the results, in the file at once.
 * Sets results->run.partial, .seconds and .rounds. Returns 0, or -1 with
 * errno when the file could not be written, which was said then; the windows
 * are in memory all the same. Blocks. No server is left afterwards.
 */
int rounds_run(const struct rounds_order *order);

#endif
