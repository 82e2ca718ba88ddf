/*
 * verdict.h: whether one model really costs less than another.
 *
 * Two models are compared by the ratio of their figures in the same round,
 * which is free of what slows a whole round down. A difference is claimed
 * only if three things hold: the sign test over the rounds says so, corrected
 * by Holm's method for all pairs that are shown together; the interval of the
 * ratio excludes 1; and its median is further from 1 than the practical
 * threshold, below which nobody should care.
 *
 * The sign test asks only in how many rounds the ratio lay above 1, so
 * nothing is assumed of how the values are distributed. Its price: with 6
 * rounds one pair can be told apart, with 8 six pairs.
 */
#ifndef FIVEWAYS_VERDICT_H
#define FIVEWAYS_VERDICT_H

#include <stddef.h>

#include "harness/results/statistics.h"

/* The practical threshold: a ratio this close to 1 is no difference. */
#define VERDICT_THRESHOLD 0.03

/* What can be said of a ratio. */
enum verdict {
    VERDICT_UNCLEAR, /* "~": the rounds do not tell */
    VERDICT_TOO_FEW, /* "?": so few rounds could not tell so many pairs apart
                      * even if all of them agreed */
    VERDICT_SAME,    /* the whole interval lies within the threshold */
    VERDICT_LESS,    /* the first costs less: it is faster */
    VERDICT_MORE,    /* the first costs more: it is slower */
};

/* One pair. */
struct comparison {
    struct estimate ratio; /* the first over the second, over rounds */
    double p; /* sign test, two-sided, uncorrected; NAN without values */
    enum verdict verdict; /* known after verdict_decide() */
};

/* Compare by the ratios of `n` rounds, NANs left out; sorts them in place.
 * The verdict is VERDICT_TOO_FEW until all pairs are decided. */
struct comparison verdict_compare(double *ratios, size_t n);

/* Decide all pairs that are shown together. */
void verdict_decide(struct comparison *const comparisons[], size_t n);

/* The two-sided p of `above` of `n` fair coins, as far from the middle or
 * further. 1 for no coin. */
double verdict_sign_test(int above, int n);

#endif
