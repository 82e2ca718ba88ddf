/*
 * statistics.c: medians and order-statistic intervals. See statistics.h.
 */
#include "harness/results/statistics.h"

#include <math.h>
#include <stdlib.h>

static int compare_doubles(const void *left, const void *right);

struct estimate
statistics_estimate(double *values, size_t n)
{
    struct estimate estimate = {NAN, NAN, NAN, 0};
    size_t count = 0;
    int rank;

    for (size_t i = 0; i < n; i++) {
        if (!isnan(values[i])) {
            values[count++] = values[i];
        }
    }
    estimate.values = (int)count;
    if (count == 0) {
        return estimate;
    }
    qsort(values, count, sizeof *values, compare_doubles);
    estimate.median = (values[(count - 1) / 2] + values[count / 2]) / 2;
    rank = statistics_interval_rank((int)count);
    if (rank > 0) {
        estimate.low = values[rank - 1];
        estimate.high = values[(int)count - rank];
    }
    return estimate;
}

/*
 * Each value lies below the true median with probability 1/2, so the number
 * of those below it is binomial. The interval from rank k misses when fewer
 * than k values lie on one side.
 */
int
statistics_interval_rank(int n)
{
    double probability = ldexp(1, -n); /* of exactly k values below */
    double tail = 0;                   /* of at most k values below */
    int rank = 0;

    for (int k = 0; k < n / 2; k++) {
        tail += probability;
        if (2 * tail > 0.05) {
            break;
        }
        rank = k + 1;
        probability = probability * (n - k) / (k + 1);
    }
    return rank;
}

int
statistics_excludes(const struct estimate *estimate, double value)
{
    /* A comparison with NAN is false: without an interval, no claim. */
    return estimate->low > value || estimate->high < value;
}

int
statistics_differ(const struct estimate *a, const struct estimate *b)
{
    /* A comparison with NAN is false: without an interval, no difference. */
    return a->high < b->low || b->high < a->low;
}

static int
compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}
