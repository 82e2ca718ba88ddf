/*
 * progress.h: one line on the terminal that says how far the run is.
 *
 * Written between windows only, never while something is measured, and only
 * if standard error is a terminal.
 */
#ifndef FIVEWAYS_PROGRESS_H
#define FIVEWAYS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/compare/plan.h"

/* How far the run is. */
struct progress {
    bool shown;       /* standard error is a terminal */
    int done;         /* windows begun so far */
    int total;        /* windows planned */
    int rounds;       /* rounds planned */
    double seconds;   /* planned */
    int64_t begin_ns; /* of the run */
};

/* Say on standard error what is planned and, if `note` is not "", what to
 * know of it beforehand; and begin. */
void progress_begin(struct progress *progress, const struct plan *plan,
                    const struct options *options, const char *note);

/* A window begins. */
void progress_show(struct progress *progress, int round,
                   const struct scenario *scenario, const char *model);

/* Clear the line. */
void progress_end(struct progress *progress);

#endif
