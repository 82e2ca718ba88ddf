/*
 * plan.h: what will be run, how long for, and how often.
 *
 * The time of a run is fixed; what is planned is how many rounds fit into
 * it. Limits of the machine are found here, before anything is started.
 */
#ifndef FIVEWAYS_PLAN_H
#define FIVEWAYS_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/compare/grid.h"
#include "harness/compare/layout.h"
#include "harness/compare/options.h"

enum {
    PLAN_CELLS_MAX = 32
};

/* One scenario with one load: a table of its own, or a part of one. */
struct plan_cell {
    struct scenario scenario; /* perhaps with fewer silent clients */
    struct layout layout;     /* its CPUs */
    int64_t window_ns;        /* of each window */
    int point;                /* open loop: which of the grid, from 1 */
    char skipped[256];        /* why it is not run at all, or "" */
};

/* The whole run. */
struct plan {
    struct plan_cell cells[PLAN_CELLS_MAX]; /* in this order in each round */
    size_t ncells;                          /* how many */
    int64_t warmup_ns;                      /* before each window */
    int64_t window_ns;                      /* of a window in a closed loop */
    int rounds;                             /* how many are planned */
    double seconds;     /* how long that will take, estimated */
    double seconds_max; /* no round begins that may end later; 0: any may */
    char note[512];     /* what the limit of descriptors changed, or "" */
};

/* Make the plan. Raises this process's soft limit of descriptors to the hard
 * one. */
void plan_make(struct plan *plan, const struct options *options,
               const struct layout_machine *machine);

#endif
