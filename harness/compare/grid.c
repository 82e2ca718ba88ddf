/*
 * grid.c: the rates of an open loop. See grid.h.
 */
#include "harness/compare/grid.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/results/results.h"

/* A point that is closer to the last one shows nothing new. */
#define STEP_LEAST 1.05
/* What fits an int with some to spare; no server echoes as often. */
#define RATE_MAX_PER_S 1e9

/* A thousand have a 99th percentile; Poisson's may be some fewer. */
#define MESSAGES INT64_C(1200)
/* That long, and no longer, is waited for them: a second. */
#define WINDOW_MAX_NS INT64_C(1000000000)

/* So many times what an echo takes, and no longer than that. */
#define WARMUP_ECHOES 1.5
#define WARMUP_MAX_NS INT64_C(1500000000)

/* In percent: of the least capacity, the last one of the greatest. Closer
 * together where the queue begins to grow, and one where it has to. */
static const int percents[GRID_POINTS] = {25, 50, 75, 90, 110, 110};

static const struct life *extreme(const struct results *results,
                                  const struct scenario *scenario,
                                  bool greatest, bool yardstick);
static bool is_best(const struct results *results,
                    const struct scenario *scenario,
                    const struct life *window);
static bool has_capacity(const struct life *window,
                         const struct scenario *scenario);
static double three_digits(double value);

int
grid_choose(struct grid_point grid[GRID_POINTS],
            const struct results *results, const struct scenario *scenario)
{
    const struct life *least = extreme(results, scenario, false, false);
    const struct life *most = extreme(results, scenario, true, false);
    int n = 0;

    memset(grid, 0, GRID_POINTS * sizeof *grid);
    if (!least) {
        least = most = extreme(results, scenario, false, true);
    }
    for (int i = 0; least && i < GRID_POINTS; i++) {
        const struct life *of = i == GRID_POINTS - 1 ? most : least;
        double capacity = of->figure[LIFE_ECHOES_PER_S];
        double rate = three_digits(capacity * percents[i] / 100);

        if (rate >= 1 && rate <= RATE_MAX_PER_S &&
            (n == 0 || rate > STEP_LEAST * grid[n - 1].rate_per_s)) {
            grid[n].rate_per_s = (int)rate;
            grid[n].of_per_s = (int)capacity;
            snprintf(grid[n].of, sizeof grid[n].of, "%s", of->model);
            n++;
        }
    }
    return n;
}

int64_t
grid_window_ns(const struct grid_point *point, int64_t least_ns)
{
    int64_t enough_ns = MESSAGES * WINDOW_MAX_NS / point->rate_per_s;

    if (enough_ns > WINDOW_MAX_NS) {
        enough_ns = WINDOW_MAX_NS;
    }
    return enough_ns > least_ns ? enough_ns : least_ns;
}

int64_t
grid_warmup_ns(const struct grid_point *point, int clients, int64_t least_ns)
{
    double echo_ns = 1e9 * clients / fmax(point->of_per_s, 1);
    int64_t enough_ns = WARMUP_MAX_NS;

    if (WARMUP_ECHOES * echo_ns < (double)WARMUP_MAX_NS) {
        enough_ns = (int64_t)(WARMUP_ECHOES * echo_ns);
    }
    return enough_ns > least_ns ? enough_ns : least_ns;
}

/* The best window of the server with the least, or greatest, capacity of all
 * but the yardstick, or of the yardstick; NULL if there is none. */
static const struct life *
extreme(const struct results *results, const struct scenario *scenario,
        bool greatest, bool yardstick)
{
    const struct life *found = NULL;

    for (size_t i = 0; i < results->nlives; i++) {
        const struct life *window = &results->lives[i];
        double rate = window->figure[LIFE_ECHOES_PER_S];

        if (!has_capacity(window, scenario) ||
            !is_best(results, scenario, window) ||
            yardstick != (strcmp(window->model, RESULTS_YARDSTICK) == 0)) {
            continue;
        }
        if (!found || greatest == (rate > found->figure[LIFE_ECHOES_PER_S])) {
            found = window;
        }
    }
    return found;
}

/* Among the windows of its server. What disturbs a machine takes capacity
 * away and never adds any, so the best one is nearest to the truth. */
static bool
is_best(const struct results *results, const struct scenario *scenario,
        const struct life *window)
{
    for (size_t i = 0; i < results->nlives; i++) {
        const struct life *other = &results->lives[i];

        if (has_capacity(other, scenario) &&
            strcmp(other->model, window->model) == 0 &&
            other->figure[LIFE_ECHOES_PER_S] >
                window->figure[LIFE_ECHOES_PER_S]) {
            return false;
        }
    }
    return true;
}

/* A server that serves some of its clients only has nothing to offer to the
 * others at any rate. */
static bool
has_capacity(const struct life *window, const struct scenario *scenario)
{
    return window->status == LIFE_OK && window->rate_per_s == 0 &&
           window->clients == scenario_asked(scenario) &&
           strcmp(window->scenario, scenario->name) == 0 &&
           window->figure[LIFE_SERVED] >= window->figure[LIFE_ASKED] &&
           window->figure[LIFE_ECHOES_PER_S] > 0;
}

/* So that a table can show exactly what was asked. */
static double
three_digits(double value)
{
    double step = pow(10, floor(log10(value)) - 2);

    return step > 1 ? round(value / step) * step : round(value);
}
