/*
 * plan.h: what will be run, and how long for.
 *
 * Each scenario has its time, so the whole is known beforehand; how many
 * blocks fit into it is seen when it is measured. Limits of the machine are
 * found here, before anything is started.
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
    int lives;                /* fresh processes of each server */
    int64_t life_ns;          /* how long a life takes, about */
    double seconds;           /* all of them, and counting system calls */
    char skipped[256];        /* why it is not run at all, or "" */
};

/* The whole run. */
struct plan {
    struct plan_cell cells[PLAN_CELLS_MAX]; /* in this order */
    size_t ncells;                          /* how many */
    double seconds;                         /* that it takes, estimated */
    char note[512]; /* what the limit of descriptors changed, or "" */
};

/* Make the plan. Raises this process's soft limit of descriptors to the hard
 * one. */
void plan_make(struct plan *plan, const struct options *options,
               const struct layout_machine *machine);

#endif
