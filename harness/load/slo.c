/*
 * slo.c: the highest rate at which a server keeps a promise.
 */
#include "harness/load/slo.h"

#include <math.h>

/* The rates from min_per_s to max_per_s: `count` of them. */
struct grid {
    double min_per_s; /* number 0 */
    double max_per_s; /* number count - 1 */
    int count;        /* how many */
};

static struct grid
grid_between(double min_per_s, double max_per_s)
{
    double steps = log(max_per_s / min_per_s) / log(SLO_GRID_RATIO);
    return (struct grid){
        .min_per_s = min_per_s,
        .max_per_s = max_per_s,
        .count = steps > 0 ? 1 + (int)ceil(steps) : 1,
    };
}

/* The last one is computed from no logarithm: it is to be exact. */
static double
grid_rate(const struct grid *grid, int number)
{
    if (number == grid->count - 1) {
        return grid->max_per_s;
    }
    double share = (double)number / (grid->count - 1);
    return grid->min_per_s * pow(grid->max_per_s / grid->min_per_s, share);
}

static enum slo_outcome
try_twice(double rate_per_s, slo_try_function *try_rate, void *arg)
{
    enum slo_outcome outcome = try_rate(rate_per_s, arg);
    if (outcome == SLO_BROKEN || outcome == SLO_UNKNOWN) {
        outcome = try_rate(rate_per_s, arg);
    }
    return outcome;
}

struct slo_answer
slo_search(double min_per_s, double max_per_s, slo_try_function *try_rate,
           void *arg)
{
    struct grid grid = grid_between(min_per_s, max_per_s);
    struct slo_answer answer = {.why = SLO_KEPT};
    int kept = -1;           /* all up to here are kept, for all we know */
    int failed = grid.count; /* and none from here on */
    while (failed - kept > 1) {
        int middle = kept + (failed - kept) / 2;
        double rate_per_s = grid_rate(&grid, middle);
        enum slo_outcome outcome = try_twice(rate_per_s, try_rate, arg);
        if (outcome == SLO_INTERRUPTED) {
            answer.why = outcome;
            break;
        }
        if (outcome == SLO_KEPT) {
            kept = middle;
            answer.kept_per_s = rate_per_s;
        } else {
            failed = middle;
            answer.failed_per_s = rate_per_s;
            answer.why = outcome;
        }
    }
    return answer;
}
