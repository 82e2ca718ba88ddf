/*
 * percentiles.c: a histogram as a curve.
 */
#include "harness/load/percentiles.h"

#include <math.h>

enum {
    TICKS = 5,         /* lines for each halving of what is left to 100 % */
    HALVINGS_MAX = 40, /* by then one value in 10^12 would be left */
};

/* One line: the value, the share of all values at or below it that it stands
 * for, how many those are. */
static void
write_line(FILE *stream, const struct histogram *histogram, double share)
{
    int64_t value_ns = histogram_quantile_ns(histogram, share);
    fprintf(stream, "%12.3f %2.12f %10llu", (double)value_ns / 1e3, share,
            (unsigned long long)histogram_count_up_to(histogram, value_ns));
    if (share < 1) {
        fprintf(stream, " %14.2f", 1 / (1 - share));
    }
    fputc('\n', stream);
}

static void
write_curve(FILE *stream, const struct histogram *histogram)
{
    for (int halving = 0; halving < HALVINGS_MAX; halving++) {
        double left = ldexp(1, -halving);
        for (int tick = 0; tick < TICKS; tick++) {
            double share = 1 - left + tick * left / (2 * TICKS);
            write_line(stream, histogram, share);
        }
        /* Nearer to the end than the last value is: it is the end. */
        if (left * (double)histogram->count < 1) {
            break;
        }
    }
    write_line(stream, histogram, 1);
}

/* The standard deviation, as well as the buckets know it. */
static double
deviation_ns(const struct histogram *histogram)
{
    double mean_ns = histogram_mean_ns(histogram);
    double sum = 0;
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
        double distance = (double)histogram_bucket_ns(i) - mean_ns;
        sum += (double)histogram->buckets[i] * distance * distance;
    }
    return histogram->count > 0 ? sqrt(sum / (double)histogram->count) : 0;
}

void
percentiles_write(FILE *stream, const struct histogram *histogram)
{
    fprintf(stream, "%12s %14s %10s %14s\n\n", "Value", "Percentile",
            "TotalCount", "1/(1-Percentile)");
    if (histogram->count > 0) {
        write_curve(stream, histogram);
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
