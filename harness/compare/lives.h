/*
 * lives.h: the run: scenario after scenario, its servers driven in turn.
 *
 * A scenario is a few lives. In each, all servers are started in fresh
 * processes, connected to, and warmed up; then block after block each of them
 * is driven for one slice, in random order. What slows the machine for longer
 * than a block slows them all, and what does not is one slice of many.
 * Nothing is run again or thrown away.
 */
#ifndef FIVEWAYS_LIVES_H
#define FIVEWAYS_LIVES_H

#include <signal.h>
#include <stdio.h>

#include "harness/compare/options.h"
#include "harness/compare/plan.h"
#include "harness/results/results.h"

/* What is needed for a run. */
struct lives_order {
    const struct options *options;            /* who and what */
    const struct plan *plan;                  /* how long */
    const volatile sig_atomic_t *interrupted; /* set: finish now */
    struct results *results; /* run filled in; gets the rest */
    FILE *file;              /* gets a line for each */
    /* Called when a cell of the plan is measured, or cut off. */
    void (*on_cell)(const struct results *results,
                    const struct plan_cell *cell);
};

/* Run. Returns 0; or -1 with errno when the file could not be written, which
 * has been said then: the results are complete, the file is not. */
int lives_run(const struct lives_order *order);

#endif
