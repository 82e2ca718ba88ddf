/*
 * summary.h: the windows of all rounds, drawn together.
 *
 * One row for each scenario, number of clients, rate and model, in the order
 * of order.h. A row keeps its windows, because two models are compared round
 * by round and not by their medians.
 */
#ifndef FIVEWAYS_RESULTS_SUMMARY_H
#define FIVEWAYS_RESULTS_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/results/order.h"
#include "harness/results/results.h"
#include "harness/results/statistics.h"
#include "harness/results/verdict.h"

/* The name under which the yardstick appears. */
#define SUMMARY_YARDSTICK ORDER_YARDSTICK

/* More models than that in one group are not compared. */
enum {
    SUMMARY_MODELS_MAX = 256
};

/* A server that answers a smaller share of the messages due is saturated. The
 * rest of the way to 1 is for what is under way as a window ends. */
#define SUMMARY_KEPT_SHARE 0.97

/* What all rounds say of one model in one scenario. */
struct summary_row {
    struct window window; /* scenario, load and model; the first window that
                           * has the row's status, figures included */
    const struct window **windows;  /* all of the row, by round */
    size_t nwindows;                /* how many */
    int rounds;                     /* windows that are used */
    int run;                        /* windows that were measured */
    int disturbed;                  /* of those used */
    int starved_rounds;             /* of them: served fewer than asked */
    double served_least;            /* served in the worst of them, or NAN */
    double served_most;             /* ... and in the best */
    uint64_t errors[ENGINE_ERRORS]; /* by kind, in the worst of them */
    enum window_status status;      /* failed if any round failed */
    char reason[WINDOW_REASON_BYTES];       /* of the first that did */
    struct estimate figure[WINDOW_FIGURES]; /* over good windows */
    struct estimate over_yardstick;         /* server CPU per echo,
                                             * ratio round by round */
    bool saturated; /* open loop: it did not keep the rate, so that its
                     * response time grows as long as the rate lasts */
    const struct calls *calls; /* system calls by name, or NULL; belongs to
                                * the results */
    bool comparable; /* measured in a closed loop, served all, and no
                      * yardstick: its CPU per echo may be held against that
                      * of others */
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
    struct summary_row *rows;      /* grouped by scenario, clients, rate */
    size_t nrows;                  /* how many */
    const struct window **windows; /* what the rows share */
    int used;                      /* windows that the figures come from */
    int disturbed;                 /* of those */
    int cause[WINDOW_CAUSES];      /* of those, how many by each cause */
    struct check_result checks[CHECKS]; /* see checks.h */
};

/* Make it; sets which windows are used. Returns 0 and a summary to be freed
 * with summary_free() before `results`, into which it points; or -1 without
 * memory. */
int summary_make(struct results *results, struct summary *summary);

/* The row with the lowest CPU per echo among `nrows` rows, or NULL if none
 * is comparable. Over the yardstick where all were measured beside it, since
 * that ratio holds on any day, else in us. */
const struct summary_row *summary_least(const struct summary_row *rows,
                                        size_t nrows);

/* True if that row is clearly below all comparable others. */
bool summary_clearly_least(const struct summary_row *rows, size_t nrows);

/* Free the rows. */
void summary_free(struct summary *summary);

/* The end of the group (scenario, clients, rate) that begins at row `begin`:
 * the index behind its last row. */
size_t summary_group_end(const struct summary *summary, size_t begin);

/* The same for all rates of an open loop, which are one table; for a closed
 * loop it is the end of the group. */
size_t summary_table_end(const struct summary *summary, size_t begin);

/* True if so small a share of the messages due was answered that the rate was
 * not kept; false for NAN. */
bool summary_is_saturated(double reached_share);

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

/* The ratios of which summary_ratio() is the estimate: at most
 * row->nwindows, into `values`. Returns how many. */
size_t summary_ratios(const struct summary_row *row,
                      const struct summary_row *base,
                      enum window_figure figure, double *values);

/* True for the yardstick, which is shown but not ranked. */
bool summary_is_yardstick(const struct summary_row *row);

#endif
