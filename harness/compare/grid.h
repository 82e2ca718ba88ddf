/*
 * grid.h: the rates of an open loop, chosen from what this machine can do.
 *
 * A rate typed in would be idle on one machine and hopeless on another. So
 * each server first shows in a closed loop, with the same clients and CPUs,
 * how much it can do; the rates are shares of that. They are chosen once in a
 * run and are the same for all servers, or these could not be compared.
 */
#ifndef FIVEWAYS_COMPARE_GRID_H
#define FIVEWAYS_COMPARE_GRID_H

#include "harness/compare/scenarios.h"
#include "harness/results/results.h"

enum {
    GRID_POINTS = 6 /* rates, at most */
};

/* One rate of the grid. */
struct grid_point {
    int rate_per_s;              /* 0: there is no such point */
    int of_per_s;                /* the capacity that it is a share of */
    char of[RESULTS_NAME_BYTES]; /* whose */
};

/* What a server does in a closed loop, all of its clients served. */
struct grid_capacity {
    const char *of; /* its name */
    double per_s;   /* echoes */
    bool yardstick; /* it takes no part unless there is no other */
};

/*
 * Choose. Rates ascend, and have three digits that are not 0: most of them
 * are shares of the least capacity, the last one of the greatest, if that
 * makes a difference. Without any capacity there is no point at all. Returns
 * how many there are.
 */
int grid_choose(struct grid_point grid[GRID_POINTS],
                const struct grid_capacity *capacities, size_t ncapacities);

/*
 * How long a window at this rate is: `least_ns`, or longer where that is too
 * few messages to tell their 99th percentile, but a second at the most.
 */
int64_t grid_window_ns(const struct grid_point *point, int64_t least_ns);

#endif
