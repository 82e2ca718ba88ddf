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
#include "harness/results/verdict.h"

/* The name under which the yardstick appears. */
#define SUMMARY_YARDSTICK "yardstick"

/* More models than that in one group are not compared. */
enum {
    SUMMARY_MODELS_MAX = 64
};

/* What all rounds say of one model in one scenario. */
struct summary_row {
    struct window window; /* scenario, load and model; the first window that
                           * has the row's status, figures included */
    int rounds;           /* windows that were measured and are used */
    int run;              /* windows that were measured */
    int disturbed;        /* of those used */
    enum window_status status;              /* failed if any round failed */
    char reason[WINDOW_REASON_BYTES];       /* of the first that did */
    struct estimate figure[WINDOW_FIGURES]; /* over good windows */
    const struct calls *calls;              /* system calls by name, or NULL;
                                             * belongs to the results */
    struct estimate over_yardstick;         /* server CPU per echo,
                                             * ratio round by round */
    bool comparable; /* measured, served all, and no yardstick: its CPU per
                      * echo may be held against that of others */
    bool least;      /* of those in its group, the lowest median; whether
                      * clearly so, the others' comparisons say */
    struct comparison over_least; /* CPU per echo over that one's, in the
                                   * same round, decided for the group; no
                                   * values in that row itself */
};

/* What is checked. */
enum check {
    CHECK_LITTLE, /* echoes/s x mean latency = clients served (Little's law:
                   * the clients that wait at any time) */
    CHECK_BYTES,  /* bytes sent = bytes that came back = those that the
                   * server says it read and wrote */
    CHECK_LIMIT,  /* nobody is faster than the kernel alone */
    CHECK_CLIENT, /* the load generator had CPU to spare where it does not
                   * share the server's */
    CHECK_KERNEL, /* no full listener queue, no lost connect, no segment
                   * sent again; the kernel counts for the whole machine */
    CHECKS,
};

enum {
    CHECK_WHERE_BYTES = 160 /* a phrase */
};

/* What came of a check. */
struct check_result {
    int checked;                   /* rows, or windows, looked at */
    int failed;                    /* of them */
    char first[CHECK_WHERE_BYTES]; /* where and how the first one failed */
};

/* All rows. */
struct summary {
    struct summary_row *rows; /* grouped by scenario and clients */
    size_t nrows;             /* how many */
    int used;                 /* windows that the figures come from */
    int disturbed;            /* of those */
    int cause[WINDOW_CAUSES]; /* of those, how many by each cause */
    struct check_result checks[CHECKS]; /* see checks.h */
};

/* Make it; sets which windows are used. The results must outlive it. Returns
 * 0 and a summary to be freed with summary_free(), or -1 without memory. */
int summary_make(struct results *results, struct summary *summary);

/* The row with the lowest CPU per echo among `nrows` rows, or NULL if none
 * is comparable. */
const struct summary_row *summary_least(const struct summary_row *rows,
                                        size_t nrows);

/* True if that row is clearly below all comparable others. */
bool summary_clearly_least(const struct summary_row *rows, size_t nrows);

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
