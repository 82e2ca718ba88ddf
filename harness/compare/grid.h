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

/*
 * Choose from the windows of `scenario` in a closed loop that were measured
 * so far, of each server the best. Rates ascend, and have three digits that
 * are not 0: most of them are shares of the least capacity of all servers
 * that served everybody, the last one of the greatest, if that makes a
 * difference. The yardstick takes no part unless no other server served
 * everybody. Without any capacity there is no point at all. Returns how many
 * there are.
 */
int grid_choose(struct grid_point grid[GRID_POINTS],
                const struct results *results,
                const struct scenario *scenario);

/*
 * How long a window at this rate is: `least_ns`, or longer where that is too
 * few messages to tell their 99th percentile, but a second at the most.
 */
int64_t grid_window_ns(const struct grid_point *point, int64_t least_ns);

/*
 * How long to warm up before it: `least_ns`, or longer where the server that
 * the rate is a share of takes longer for an echo. Its `clients` each waited
 * for one as it showed what it can do, so that is how many it echoes in that
 * time. Were the window to begin earlier, the first echoes would be missing
 * from it, and a server that is slow but keeps the rate be called saturated.
 * A second and a half at the most.
 */
int64_t grid_warmup_ns(const struct grid_point *point, int clients,
                       int64_t least_ns);

#endif
