/*
 * grid.c: the rates of an open loop. See plan.h.
 */
#include "harness/compare/plan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A point that is closer to the last one shows nothing new. */
#define STEP_LEAST 1.05
/* What fits an int with some to spare; no server echoes as often. */
#define RATE_MAX_PER_S 1e9

/* A thousand have a 99th percentile; Poisson's may be some fewer. */
#define MESSAGES INT64_C(1200)
/* That long, and no longer, is waited for them: a second. */
#define LIFE_MAX_NS INT64_C(1000000000)

/* In percent: of the least capacity, the last one of the greatest. Closer
 * together where the queue begins to grow, and one where it has to. */
static const int percents[GRID_POINTS] = {25, 50, 75, 90, 110, 110};

/* The least or greatest of the servers, or of the yardstick; NULL: none. */
static const struct grid_capacity *
extreme(const struct grid_capacity *capacities, size_t n, bool greatest,
        bool yardstick)
{
    const struct grid_capacity *found = NULL;

    for (size_t i = 0; i < n; i++) {
        if (capacities[i].yardstick == yardstick &&
            (!found || greatest == (capacities[i].per_s > found->per_s))) {
            found = &capacities[i];
        }
    }
    return found;
}

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
    const struct grid_capacity *least =
        extreme(capacities, ncapacities, false, false);
    const struct grid_capacity *most =
        extreme(capacities, ncapacities, true, false);
    int n = 0;

    memset(grid, 0, GRID_POINTS * sizeof *grid);
    if (!least) {
        least = most = extreme(capacities, ncapacities, false, true);
    }
    for (int i = 0; least && i < GRID_POINTS; i++) {
        const struct grid_capacity *of = i == GRID_POINTS - 1 ? most : least;
        double rate = three_digits(of->per_s * percents[i] / 100);

        if (rate >= 1 && rate <= RATE_MAX_PER_S &&
            (n == 0 || rate > STEP_LEAST * grid[n - 1].rate_per_s)) {
            grid[n].rate_per_s = (int)rate;
            grid[n].of_per_s = (int)of->per_s;
            snprintf(grid[n].of, sizeof grid[n].of, "%s", of->of);
            n++;
        }
    }
    return n;
}

int64_t
grid_slice_ns(const struct grid_point *point, int64_t least_ns)
{
    int64_t enough_ns = MESSAGES * LIFE_MAX_NS / point->rate_per_s;

    if (enough_ns > LIFE_MAX_NS) {
        enough_ns = LIFE_MAX_NS;
    }
    return enough_ns > least_ns ? enough_ns : least_ns;
}
