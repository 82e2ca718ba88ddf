/*
 * progress.h: how far the run is, on a terminal.
 */
#ifndef FIVEWAYS_PROGRESS_H
#define FIVEWAYS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/compare/plan.h"

/* The line at the bottom. */
struct progress {
    const struct plan *plan; /* what is to be done */
    bool shown;              /* standard error is a terminal */
    int64_t begin_ns;        /* of the present scenario */
    int64_t shown_ns;        /* when the line was last written */
};

/* Say on standard error how long it will take, and what the plan had to
 * change. */
void progress_begin(struct progress *progress, const struct plan *plan,
                    const char *note);

/* A scenario begins. */
void progress_cell(struct progress *progress);

/* Show where the run is, a few times a second at most. */
void progress_show(struct progress *progress, const struct plan_cell *cell,
                   int life);

/* Take the line away. */
void progress_end(struct progress *progress);

#endif
