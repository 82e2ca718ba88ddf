/*
 * summary.h: the windows of all rounds, drawn together.
 *
 * One row for each scenario, number of clients and model. Scenarios come in
 * the order in which they were first run, models in the run's own order,
 * the yardstick last.
 */
#ifndef FIVEWAYS_RESULTS_SUMMARY_H
#define FIVEWAYS_RESULTS_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/results/results.h"
#include "harness/results/statistics.h"

/* The name under which the yardstick appears. */
#define SUMMARY_YARDSTICK "yardstick"

/* What all rounds say of one model in one scenario. */
struct summary_row {
    struct window window; /* scenario, load and model; the first window that
                           * has the row's status, figures included */
    int rounds;           /* windows that were measured and count */
    enum window_status status;              /* failed if any round failed */
    char reason[WINDOW_REASON_BYTES];       /* of the first that did */
    struct estimate figure[WINDOW_FIGURES]; /* over good windows */
    const struct calls *calls;              /* system calls by name, or NULL;
                                             * belongs to the results */
    struct estimate over_yardstick;         /* server CPU per echo,
                                             * ratio round by round */
};

/* All rows. */
struct summary {
    struct summary_row *rows; /* grouped by scenario and clients */
    size_t nrows;             /* how many */
};

/* Make it. The results must outlive it. Returns 0 and a summary to be freed
 * with summary_free(), or -1 without memory. */
int summary_make(const struct results *results, struct summary *summary);

/* Free the rows. */
void summary_free(struct summary *summary);

/* The end of the group (scenario and clients) that begins at row `begin`:
 * the index behind its last row. */
size_t summary_group_end(const struct summary *summary, size_t begin);

/* The row of a model among `nrows` rows, or NULL. */
const struct summary_row *summary_find(const struct summary_row *rows,
                                       size_t nrows, const char *model);

/* True for the yardstick, which is shown but not ranked. */
bool summary_is_yardstick(const struct summary_row *row);

#endif
