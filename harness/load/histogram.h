/*
 * histogram.h: latencies in log-linear buckets, counts exact.
 *
 * Every power of two is cut into 128 equal buckets, so a value is known to
 * 1/128 = 0.8 % or better from 1 ns to 2^36 ns (68 s), in one fixed array:
 * recording is a shift and an increment, and two histograms merge by adding.
 */
#ifndef FIVEWAYS_HISTOGRAM_H
#define FIVEWAYS_HISTOGRAM_H

#include <stdint.h>
#include <stdio.h>

enum {
    HISTOGRAM_SUB_BITS = 7,  /* 128 buckets for each power of two */
    HISTOGRAM_MAX_BITS = 36, /* values up to 2^36 - 1 ns have a bucket */
    HISTOGRAM_BUCKETS = (HISTOGRAM_MAX_BITS - HISTOGRAM_SUB_BITS + 1)
                        << HISTOGRAM_SUB_BITS,
};

/* All zero is an empty histogram. */
struct histogram {
    uint64_t buckets[HISTOGRAM_BUCKETS]; /* values in each bucket */
    uint64_t count;                      /* values recorded, exact */
    int64_t min_ns;                      /* smallest value, exact */
    int64_t max_ns;                      /* largest value, exact */
    double sum_ns;                       /* for the mean */
};

/* Add one value. Below 0 counts as 0; above the range it goes into the last
 * bucket, and max_ns still says how large it was. */
void histogram_record(struct histogram *histogram, int64_t value_ns);

/* Add all of `from` to `into`. Exact. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/*
 * The value at or below which a share `quantile` (0 to 1) of all values
 * lies: the highest value of the bucket that holds the one of rank
 * ceil(quantile * count), never above max_ns. 0 when it is empty.
 */
int64_t histogram_quantile_ns(const struct histogram *histogram,
                              double quantile);

/* The highest value that belongs to a bucket, 0 to HISTOGRAM_BUCKETS - 1. */
int64_t histogram_bucket_ns(int bucket);

/* How many values are in the bucket of `value_ns` and below. */
uint64_t histogram_count_up_to(const struct histogram *histogram,
                               int64_t value_ns);

/* The mean of all values, 0 when it is empty. */
double histogram_mean_ns(const struct histogram *histogram);

/* Write it to `stream` as a curve that other programs draw, in the format of
 * HdrHistogram (a .hgrm file): a line for each percentile, closer and closer
 * together towards 100 %. Values are in microseconds. Errors are left for
 * ferror(). */
void percentiles_write(FILE *stream, const struct histogram *histogram);

#endif
