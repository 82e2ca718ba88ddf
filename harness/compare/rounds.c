/*
 * rounds.c: the run itself. See rounds.h.
 */
#include "harness/compare/rounds.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/compare/floor.h"
#include "harness/compare/measure.h"
#include "harness/compare/programs.h"
#include "harness/compare/progress.h"

/* Why a contender is not run again: for good, or in one cell. */
enum outcome {
    OUTCOME_FINE,     /* it goes on */
    OUTCOME_FAILED,   /* its row in this cell has failed already */
    OUTCOME_HOPELESS, /* it does not start: not tried again anywhere */
};

/* The state of a run. */
struct rounds {
    const struct rounds_order *order; /* what was asked for */
    struct progress progress;         /* the line on the terminal */
    int64_t begin_ns;                 /* of the run */
    int write_errno;                  /* first trouble with the file, or 0 */
    /* By contender: why it is hopeless, "" if it is not. */
    char hopeless[CONTENDERS_MAX][WINDOW_REASON_BYTES];
    /* By cell and contender: a row that has failed is not measured on. */
    enum outcome outcome[PLAN_CELLS_MAX][CONTENDERS_MAX];
};

static void run_round(struct rounds *rounds, int round);
static void run_cell(struct rounds *rounds, size_t cell, int round);
static void run_contender(struct rounds *rounds, size_t cell,
                          size_t contender, int round, double *floor_us);
static bool without_measuring(struct rounds *rounds, size_t cell,
                              const struct measure_order *order,
                              struct window *window);
static void keep(struct rounds *rounds, const struct window *window);
static size_t shuffle(const struct options *options,
                      const struct scenario *scenario,
                      size_t order[CONTENDERS_MAX]);
static bool interrupted(const struct rounds *rounds);
static double seconds_since(int64_t begin_ns);
static int64_t now_ns(void);

int
rounds_run(const struct rounds_order *order)
{
    const struct plan *plan = order->plan;
    struct run *run = &order->results->run;
    struct rounds *rounds = calloc(1, sizeof *rounds);
    double longest = 0;
    int error;

    if (!rounds) {
        return -1;
    }
    rounds->order = order;
    rounds->begin_ns = now_ns();
    progress_begin(&rounds->progress, plan, order->options);
    srandom((unsigned)run->seed);
    run->rounds = 0;
    for (int round = 1; round <= plan->rounds && !interrupted(rounds);
         round++) {
        int64_t begin_ns = now_ns();

        if (plan->seconds_max > 0 && round > 1 &&
            seconds_since(rounds->begin_ns) + longest > plan->seconds_max) {
            break;
        }
        run->rounds = round;
        run_round(rounds, round);
        longest = fmax(longest, seconds_since(begin_ns));
    }
    progress_end(&rounds->progress);
    run->partial = interrupted(rounds);
    run->seconds = seconds_since(rounds->begin_ns);
    if (order->file && results_write_end(order->file, run) != 0 &&
        rounds->write_errno == 0) {
        rounds->write_errno = errno;
    }
    error = rounds->write_errno;
    free(rounds);
    errno = error;
    return error == 0 ? 0 : -1;
}

static void
run_round(struct rounds *rounds, int round)
{
    for (size_t i = 0; i < rounds->order->plan->ncells; i++) {
        if (!interrupted(rounds)) {
            run_cell(rounds, i, round);
        }
    }
}

static void
run_cell(struct rounds *rounds, size_t cell, int round)
{
    const struct plan_cell *plan = &rounds->order->plan->cells[cell];
    size_t order[CONTENDERS_MAX];
    size_t n = shuffle(rounds->order->options, &plan->scenario, order);
    double floor_us = NAN;

    layout_enter(&plan->layout);
    for (size_t i = 0; i < n && !interrupted(rounds); i++) {
        run_contender(rounds, cell, order[i], round, &floor_us);
    }
}

/* One server, between two floor probes; the second serves the next one as
 * its first, through *floor_us. */
static void
run_contender(struct rounds *rounds, size_t cell, size_t contender, int round,
              double *floor_us)
{
    const struct options *options = rounds->order->options;
    const struct plan *plan = rounds->order->plan;
    const struct scenario *scenario = &plan->cells[cell].scenario;
    const struct measure_order order = {
        .contender = &options->contenders[contender],
        .scenario = scenario,
        .layout = &plan->cells[cell].layout,
        .bin = options->bin,
        .warmup_ns = plan->warmup_ns,
        .window_ns = plan->window_ns,
        .start_timeout_ns = options->start_timeout_ns,
        .round = round,
    };
    struct window window;

    progress_show(&rounds->progress, round, scenario, order.contender->name);
    if (rounds->outcome[cell][contender] != OUTCOME_FINE) {
        return;
    }
    if (!without_measuring(rounds, cell, &order, &window)) {
        double before_us = isnan(*floor_us)
                               ? floor_probe_us(scenario->message_bytes)
                               : *floor_us;

        if (measure_window(&order, &window) != 0) {
            memcpy(rounds->hopeless[contender], window.reason,
                   sizeof window.reason);
        }
        *floor_us = floor_probe_us(scenario->message_bytes);
        measure_add_floor(&window, (before_us + *floor_us) / 2);
    }
    if (window.status == WINDOW_FAILED || window.status == WINDOW_SKIPPED) {
        rounds->outcome[cell][contender] = OUTCOME_FAILED;
    }
    keep(rounds, &window);
}

/* True if there is nothing to measure; then the window says why. */
static bool
without_measuring(struct rounds *rounds, size_t cell,
                  const struct measure_order *order, struct window *window)
{
    const struct plan_cell *plan = &rounds->order->plan->cells[cell];
    const char *hopeless =
        rounds
            ->hopeless[order->contender - rounds->order->options->contenders];
    char path[4096];

    measure_identify(order, window);
    if (plan->skipped[0] != '\0') {
        window_fail(window, WINDOW_SKIPPED, "%s", plan->skipped);
        return true;
    }
    if (hopeless[0] != '\0') {
        window_fail(window, WINDOW_FAILED, "%s", hopeless);
        return true;
    }
    if (order->contender->kind == CONTENDER_FOREIGN) {
        return false;
    }
    if (programs_find(order->bin, order->contender->name, path,
                      sizeof path)) {
        return false;
    }
    /* The others were there when the run began; see programs_check(). */
    if (strcmp(order->contender->name, "libevent") == 0) {
        window_fail(window, WINDOW_SKIPPED,
                    "not built: libevent is not installed; run make deps");
    } else {
        window_fail(window, WINDOW_FAILED, "its program is gone: %s", path);
    }
    return true;
}

static void
keep(struct rounds *rounds, const struct window *window)
{
    FILE *file = rounds->order->file;

    if (results_add(rounds->order->results, window) != 0 &&
        rounds->write_errno == 0) {
        rounds->write_errno = ENOMEM;
    }
    if (file && rounds->write_errno == 0 &&
        results_write_window(file, window) != 0) {
        rounds->write_errno = errno;
    }
}

/* The contenders that offer the scenario's service, in random order (Fisher
 * and Yates). Returns how many. */
static size_t
shuffle(const struct options *options, const struct scenario *scenario,
        size_t order[CONTENDERS_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < options->ncontenders; i++) {
        if (contender_offers(&options->contenders[i], scenario)) {
            order[n++] = i;
        }
    }
    for (size_t i = n; i > 1; i--) {
        size_t other = (size_t)random() % i;
        size_t swapped = order[i - 1];

        order[i - 1] = order[other];
        order[other] = swapped;
    }
    return n;
}

static bool
interrupted(const struct rounds *rounds)
{
    return *rounds->order->interrupted != 0;
}

static double
seconds_since(int64_t begin_ns)
{
    return (double)(now_ns() - begin_ns) / 1e9;
}

static int64_t
now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}
