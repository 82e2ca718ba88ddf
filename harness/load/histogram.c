/*
 * histogram.c: which bucket a value belongs to, and what a bucket stands for.
 *
 * Values below 256 have a bucket each. Above that, the position of the
 * highest set bit chooses a row of 128 buckets and the seven bits below it
 * choose the bucket in the row; the lower bits are given up. Two neighbours
 * in a row differ by 1/128 of the row's first value at most.
 */
#include "harness/load/engine.h"

#include <math.h>
#include <sys/param.h>

enum {
    ROW_BUCKETS = 1 << HISTOGRAM_SUB_BITS,
    TICKS = 5,     /* lines for each halving of what is left to 100 % */
    TAIL_MIN = 10, /* values beyond a quantile, for it to be known */
};

static int
bucket_of(int64_t value_ns)
{
    value_ns = MIN(value_ns, (INT64_C(1) << HISTOGRAM_MAX_BITS) - 1);
    int top_bit = 63 - __builtin_clzll((unsigned long long)value_ns | 1);
    int shift = MAX(top_bit - HISTOGRAM_SUB_BITS, 0);
    return shift * ROW_BUCKETS + (int)(value_ns >> shift);
}

/* The highest value that belongs to a bucket. */
static int64_t
bucket_ns(int bucket)
{
    int shift = MAX(bucket / ROW_BUCKETS - 1, 0);
    int64_t upper_bits = bucket - shift * ROW_BUCKETS;
    return ((upper_bits + 1) << shift) - 1;
}

void
histogram_record(struct histogram *histogram, int64_t value_ns)
{
    value_ns = MAX(value_ns, 0);
    histogram->buckets[bucket_of(value_ns)]++;
    histogram->max_ns = MAX(histogram->max_ns, value_ns);
    histogram->count++;
    histogram->sum_ns += (double)value_ns;
}

void
histogram_merge(struct histogram *into, const struct histogram *from)
{
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
        into->buckets[i] += from->buckets[i];
    }
    into->max_ns = MAX(into->max_ns, from->max_ns);
    into->count += from->count;
    into->sum_ns += from->sum_ns;
}

int64_t
histogram_quantile_ns(const struct histogram *histogram, double quantile)
{
    /* The product is forgiven one part in 10^12, because 0.999 * 1000 is a
     * little more than 999 in binary and would ask for rank 1000. */
    double rank =
        fmax(1, ceil(quantile * (double)histogram->count * (1 - 1e-12)));
    uint64_t seen = histogram->buckets[0];
    int bucket = 0;
    while ((double)seen < rank && bucket < HISTOGRAM_BUCKETS - 1) {
        seen += histogram->buckets[++bucket];
    }
    /* The last bucket has no upper end of its own. */
    return bucket == HISTOGRAM_BUCKETS - 1
               ? histogram->max_ns
               : MIN(bucket_ns(bucket), histogram->max_ns);
}

/* A little is forgiven for what is not exact in 1 - 0.99. */
double
histogram_known_ns(const struct histogram *histogram, double quantile)
{
    double beyond = (double)histogram->count * (1 - quantile);
    return beyond >= TAIL_MIN - 1e-6
               ? (double)histogram_quantile_ns(histogram, quantile)
               : NAN;
}

double
histogram_mean_ns(const struct histogram *histogram)
{
    return histogram->sum_ns / fmax(1, (double)histogram->count);
}

/* ---- the curve --------------------------------------------------------- */

/* One line: the value, the share of all values at or below it that it stands
 * for, how many those are. */
static void
write_line(FILE *stream, const struct histogram *histogram, double share)
{
    int64_t value_ns = histogram_quantile_ns(histogram, share);
    unsigned long long count = 0;
    for (int i = 0; i <= bucket_of(value_ns); i++) {
        count += histogram->buckets[i];
    }
    fprintf(stream, "%12.3f %2.12f %10llu", (double)value_ns / 1e3, share,
            count);
    if (share < 1) {
        fprintf(stream, " %14.2f", 1 / (1 - share));
    }
    fputc('\n', stream);
}

/* The standard deviation, as well as the buckets know it. */
static double
deviation_ns(const struct histogram *histogram)
{
    double mean_ns = histogram_mean_ns(histogram);
    double sum = 0;
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
        double distance = (double)bucket_ns(i) - mean_ns;
        sum += (double)histogram->buckets[i] * distance * distance;
    }
    return sqrt(sum / fmax(1, (double)histogram->count));
}

void
percentiles_write(FILE *stream, const struct histogram *histogram)
{
    fprintf(stream, "%12s %14s %10s %14s\n\n", "Value", "Percentile",
            "TotalCount", "1/(1-Percentile)");
    /* Nearer to the end than the last value is: it is the end. */
    for (double left = 1; 2 * left * (double)histogram->count >= 1;
         left /= 2) {
        for (int tick = 0; tick < TICKS; tick++) {
            double share = 1 - left + tick * left / (2 * TICKS);
            write_line(stream, histogram, share);
        }
    }
    if (histogram->count > 0) {
        write_line(stream, histogram, 1);
    }
    fprintf(stream, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n",
            histogram_mean_ns(histogram) / 1e3,
            deviation_ns(histogram) / 1e3);
    fprintf(stream, "#[Max     = %12.3f, Total count    = %12llu]\n",
            (double)histogram->max_ns / 1e3,
            (unsigned long long)histogram->count);
    fprintf(stream, "#[Buckets = %12d, SubBuckets     = %12d]\n",
            HISTOGRAM_MAX_BITS - HISTOGRAM_SUB_BITS + 1,
            1 << HISTOGRAM_SUB_BITS);
    fputs("#[Unit    = microseconds]\n", stream);
}
