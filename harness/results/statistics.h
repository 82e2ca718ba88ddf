/*
 * statistics.h: the median of some rounds and how far it can be trusted.
 *
 * The median is used because one disturbed round must not move the result,
 * and the interval comes from the order statistics, because nothing is known
 * of how the values are distributed. Nothing is ever thrown away.
 */
#ifndef FIVEWAYS_STATISTICS_H
#define FIVEWAYS_STATISTICS_H

#include <stddef.h>

/* Below so many values no interval reaches 95 %. */
enum {
    STATISTICS_INTERVAL_VALUES = 6
};

/* A median with its 95 % interval; all NAN when there is no value. */
struct estimate {
    double median; /* of the values that are not NAN */
    double low;    /* NAN below STATISTICS_INTERVAL_VALUES values */
    double high;   /* the same */
    int values;    /* how many were not NAN */
};

/* The estimate of `n` values, NANs left out; sorts them in place. */
struct estimate statistics_estimate(double *values, size_t n);

/*
 * The rank (from 1) of the low end of the interval for the median of n
 * values; the high end has rank n + 1 - rank. With these ranks the interval
 * holds the true median in at least 95 % of all cases. 0 when n is too
 * small for that.
 */
int statistics_interval_rank(int n);

/* True if there is an interval and it leaves `value` out. */
int statistics_excludes(const struct estimate *estimate, double value);

/* True if both have an interval and the two do not touch. */
int statistics_differ(const struct estimate *a, const struct estimate *b);

#endif
