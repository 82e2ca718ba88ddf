/*
 * ranking.h: the rows of one group in the order of one number.
 *
 * What every sentence needs: which models are comparable, which of them has
 * the least and which the most, and how to name several of them.
 */
#ifndef FIVEWAYS_RANKING_H
#define FIVEWAYS_RANKING_H

#include "harness/report/text.h"
#include "harness/results/summary.h"

enum {
    RANKING_ROWS = 256
};

/* One row and its number. */
struct ranking_place {
    const struct summary_row *row; /* never the yardstick's */
    double value;                  /* what it is ranked by */
};

/* Some rows, ascending. */
struct ranking {
    struct ranking_place places[RANKING_ROWS]; /* the first n are used */
    size_t n;                                  /* how many */
};

/* The number of a row; NAN leaves the row out. */
typedef double ranking_number(const struct summary_row *row);

/* Rank the measured rows that have the number, the yardstick left out. */
void ranking_make(struct ranking *ranking, const struct summary_row *rows,
                  size_t nrows, ranking_number *number);

/* Rank by server CPU per echo: over the yardstick where all rows were
 * measured beside it, since that ratio holds on any day, else in us. */
void ranking_make_cost(struct ranking *ranking,
                       const struct summary_row *rows, size_t nrows);

/* What may be said of two rows. */
enum ranking_claim {
    RANKING_TOO_FEW,   /* too few rounds to tell */
    RANKING_SAME,      /* no clear difference */
    RANKING_DIFFERENT, /* their ratio, round by round, is not 1 */
};

/* Compare two rows by a figure, round by round. */
enum ranking_claim ranking_compare(const struct summary_row *a,
                                   const struct summary_row *b,
                                   enum window_figure figure);

/* The same for the first and the last place; RANKING_SAME if that is one. */
enum ranking_claim ranking_ends(const struct ranking *ranking,
                                enum window_figure figure);

/* Numbers to rank by: medians. The CPU ones are NAN for a row that did not
 * serve all in every round, since its clients had it easier. */
ranking_number ranking_cpu;       /* server CPU per echo, us */
ranking_number ranking_yardstick; /* the same over the yardstick */
ranking_number ranking_rate;      /* echoes per second */
ranking_number ranking_memory;    /* KiB per client; NAN below 0 */
ranking_number ranking_missed;    /* asked - served, in the worst round */

/* Append the names of places `from` to `to` (not included): "a, b and c". */
void ranking_names(struct text *text, const struct ranking *ranking,
                   size_t from, size_t to);

/* Append "7.1" or, where the ends differ in three digits, "7.1 to 9.3": the
 * values of places `from` to `to` times `factor`. */
void ranking_values(struct text *text, const struct ranking *ranking,
                    size_t from, size_t to, double factor);

/* The first place whose value is above `value`; n if there is none. */
size_t ranking_above(const struct ranking *ranking, double value);

#endif
