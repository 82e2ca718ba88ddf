/*
 * summary.h: the windows of all rounds, drawn together.
 *
 * One row for each scenario, number of clients and model, in the order of
 * order.h. A row keeps its windows, because two models are compared round by
 * round and not by their medians.
 */
#ifndef FIVEWAYS_RESULTS_SUMMARY_H
#define FIVEWAYS_RESULTS_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/results/order.h"
#include "harness/results/results.h"
#include "harness/results/statistics.h"

/* The name under which the yardstick appears. */
#define SUMMARY_YARDSTICK ORDER_YARDSTICK

/* What all rounds say of one model in one scenario. */
struct summary_row {
    struct window window; /* scenario, load and model; the first window that
                           * has the row's status, figures included */
    const struct window **windows;  /* all of the row, by round */
    size_t nwindows;                /* how many */
    int rounds;                     /* windows that were measured and count */
    int starved_rounds;             /* of them: served fewer than asked */
    double served_least;            /* served in the worst of them, or NAN */
    double served_most;             /* ... and in the best */
    uint64_t errors[ENGINE_ERRORS]; /* by kind, in the worst of them */
    enum window_status status;      /* failed if any round failed */
    char reason[WINDOW_REASON_BYTES];       /* of the first that did */
    struct estimate figure[WINDOW_FIGURES]; /* over good windows */
    struct estimate over_yardstick;         /* server CPU per echo,
                                             * ratio round by round */
};

/* All rows. */
struct summary {
    struct summary_row *rows;      /* grouped by scenario and clients */
    size_t nrows;                  /* how many */
    const struct window **windows; /* what the rows share */
};

/* Make it. Returns 0 and a summary to be freed with summary_free() before
 * `results`, into which it points; or -1 without memory. */
int summary_make(const struct results *results, struct summary *summary);

/* Free the rows. */
void summary_free(struct summary *summary);

/* The end of the group (scenario and clients) that begins at row `begin`:
 * the index behind its last row. */
size_t summary_group_end(const struct summary *summary, size_t begin);

/* The row of a model among `nrows` rows, or NULL. */
const struct summary_row *summary_find(const struct summary_row *rows,
                                       size_t nrows, const char *model);

/* A figure of a window; NAN also where 0 cannot be true: a server whose
 * children do its work has used no CPU time that anybody can see. */
double summary_value(const struct window *window, enum window_figure figure);

/*
 * A figure of `row` over the same of `base`, round by round, from the rounds
 * in which both were measured. What moves both of them, such as a neighbour
 * on the machine, leaves the ratio alone. All NAN without memory.
 */
struct estimate summary_ratio(const struct summary_row *row,
                              const struct summary_row *base,
                              enum window_figure figure);

/* True for the yardstick, which is shown but not ranked. */
bool summary_is_yardstick(const struct summary_row *row);

#endif
