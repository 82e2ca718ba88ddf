/*
 * grid.c: the rates of an open loop. See plan.h.
 */
#include "harness/compare/plan.h"

#include <math.h>
#include <string.h>

#include "harness/base/base.h"

/* A point that is closer to the last one shows nothing new. */
#define STEP_LEAST 1.05

enum {
    MESSAGES = 1200, /* a thousand have a 99th percentile; Poisson's may be
                      * some fewer */
    SLICE_MS = 250   /* at least */
};

/* In percent: of the least capacity, the last one of the greatest. Closer
 * together where the queue begins to grow, and one where it has to. */
static const int percents[GRID_POINTS] = {25, 50, 75, 90, 110, 110};

/* So that a table can show exactly what was asked. */
static double
three_digits(double value)
{
    double step = pow(10, floor(log10(value)) - 2);

    return step > 1 ? round(value / step) * step : round(value);
}

int
grid_choose(struct grid_point grid[GRID_POINTS],
            const struct grid_capacity *capacities, size_t ncapacities)
{
    const struct grid_capacity *least = NULL;
    const struct grid_capacity *most = NULL;
    int n = 0;

    for (const struct grid_capacity *next = capacities;
         next < capacities + ncapacities; next++) {
        least = !least || next->per_s < least->per_s ? next : least;
        most = !most || next->per_s > most->per_s ? next : most;
    }
    memset(grid, 0, GRID_POINTS * sizeof *grid);
    for (int i = 0; least && i < GRID_POINTS; i++) {
        const struct grid_capacity *of = i == GRID_POINTS - 1 ? most : least;
        double rate = three_digits(of->per_s * percents[i] / 100);

        if (rate >= 1 &&
            (n == 0 || rate > STEP_LEAST * grid[n - 1].rate_per_s)) {
            grid[n++] =
                (struct grid_point){(int)rate, (int)of->per_s, of->of};
        }
    }
    return n;
}

int64_t
grid_slice_ns(const struct grid_point *point)
{
    int64_t enough_ns = MESSAGES * NS_PER_S / point->rate_per_s;

    enough_ns = enough_ns < NS_PER_S ? enough_ns : NS_PER_S;
    return enough_ns > SLICE_MS * NS_PER_MS ? enough_ns
                                            : SLICE_MS * NS_PER_MS;
}
