/*
 * rounds.c: the run itself. See rounds.h.
 */
#include "harness/compare/rounds.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/base.h"
#include "harness/compare/floor.h"
#include "harness/compare/measure.h"
#include "harness/compare/perf.h"
#include "harness/compare/programs.h"
#include "harness/compare/progress.h"
#include "harness/compare/syscalls.h"
#include "harness/results/results.h"

/* How far a contender has come in a cell. */
enum outcome {
    OUTCOME_NONE,   /* it has not had its turn */
    OUTCOME_FINE,   /* measured; it goes on */
    OUTCOME_FAILED, /* failed or skipped, which is not tried again */
};

/* The state of a run. */
struct rounds {
    const struct rounds_order *order; /* what was asked for */
    struct progress progress;         /* the line on the terminal */
    int64_t begin_ns;                 /* of the run */
    int write_errno;                  /* first trouble with the file, or 0 */
    /* By contender: why it is hopeless, "" if it is not. */
    char hopeless[CONTENDERS_MAX][RESULTS_REASON_BYTES];
    /* By cell and contender. */
    enum outcome outcome[PLAN_CELLS_MAX][CONTENDERS_MAX];
    struct grid_point grid[GRID_POINTS]; /* rates of the open loop */
    bool grid_chosen;                    /* they do not change any more */
};

static void run_round(struct rounds *rounds, int round);
static void run_cell(struct rounds *rounds, size_t cell, int round);
static bool has_rate(struct rounds *rounds, const struct plan_cell *cell);
static void name_the_missing(struct rounds *rounds, size_t cell,
                             const size_t order[CONTENDERS_MAX], size_t n,
                             int round);
static void run_contender(struct rounds *rounds, size_t cell,
                          size_t contender, int round, double *floor_us);
static bool run_window(struct rounds *rounds,
                       const struct measure_order *order, double *floor_us,
                       struct life *window);
static double measure_floor_us(const struct measure_order *order);
static bool without_measuring(struct rounds *rounds, size_t cell,
                              const struct measure_order *order,
                              struct life *window);
static void count_all(struct rounds *rounds);
static void count_calls(struct rounds *rounds, size_t cell, size_t contender);
static struct measure_order order_for(const struct rounds *rounds,
                                      size_t cell, size_t contender,
                                      int round);
static const struct calls *same_calls(const struct rounds *rounds,
                                      size_t cell, const char *model);
static bool same_service(const struct scenario *a, const struct scenario *b);
static void keep_calls(struct rounds *rounds, const struct calls *calls);
static void keep(struct rounds *rounds, const struct life *window);
static void say_unwritten(struct rounds *rounds, int error);
static size_t shuffle(const struct options *options,
                      const struct scenario *scenario,
                      size_t order[CONTENDERS_MAX]);
static bool interrupted(const struct rounds *rounds);
static double seconds_since(int64_t begin_ns);

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
    rounds->begin_ns = clock_now_ns();
    progress_begin(&rounds->progress, plan, order->options, run->note);
    srandom((unsigned)run->seed);
    run->lives = 0;
    for (int round = 1; round <= plan->rounds && !interrupted(rounds);
         round++) {
        int64_t begin_ns = clock_now_ns();

        if (plan->seconds_max > 0 && round > 1 &&
            seconds_since(rounds->begin_ns) + longest > plan->seconds_max) {
            break;
        }
        run->lives = round;
        run_round(rounds, round);
        longest = fmax(longest, seconds_since(begin_ns));
        if (round == 1) {
            count_all(rounds);
        }
    }
    progress_end(&rounds->progress);
    run->partial = interrupted(rounds);
    run->seconds = seconds_since(rounds->begin_ns);
    if (order->file && rounds->write_errno == 0 &&
        results_write_end(order->file, run) != 0) {
        say_unwritten(rounds, errno);
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

    if (plan->point > 0 && !has_rate(rounds, plan)) {
        rounds->progress.done += (int)n;
        return;
    }
    layout_enter(&plan->layout);
    for (size_t i = 0; i < n && !interrupted(rounds); i++) {
        run_contender(rounds, cell, order[i], round, &floor_us);
    }
    if (interrupted(rounds)) {
        name_the_missing(rounds, cell, order, n, round);
    }
}

/* True if the grid has the point of a cell. It is chosen when the first of
 * its points comes up, from what the cell before it has measured. */
static bool
has_rate(struct rounds *rounds, const struct plan_cell *cell)
{
    if (!rounds->grid_chosen) {
        grid_choose(rounds->grid, rounds->order->results, &cell->scenario);
        rounds->grid_chosen = true;
    }
    return rounds->grid[cell->point - 1].rate_per_s > 0;
}

/* In a cell that was begun, whoever had no turn in any round gets a row that
 * says so: a table without it would look as if it had not been asked for. */
static void
name_the_missing(struct rounds *rounds, size_t cell,
                 const size_t order[CONTENDERS_MAX], size_t n, int round)
{
    enum outcome *outcomes = rounds->outcome[cell];
    bool begun = false;

    for (size_t i = 0; i < n; i++) {
        begun |= outcomes[order[i]] != OUTCOME_NONE;
    }
    for (size_t i = 0; i < n && begun; i++) {
        const struct measure_order missing =
            order_for(rounds, cell, order[i], round);
        struct life window;

        if (outcomes[order[i]] == OUTCOME_NONE) {
            measure_identify(&missing, &window);
            life_fail(&window, LIFE_SKIPPED,
                      "not measured: the run was interrupted");
            keep(rounds, &window);
        }
    }
}

/* One server. */
static void
run_contender(struct rounds *rounds, size_t cell, size_t contender, int round,
              double *floor_us)
{
    struct measure_order order = order_for(rounds, cell, contender, round);
    enum outcome *outcome = &rounds->outcome[cell][contender];
    struct life window;

    progress_show(&rounds->progress, round, order.scenario,
                  order.contender->name);
    if (*outcome == OUTCOME_FAILED) {
        return;
    }
    if (without_measuring(rounds, cell, &order, &window)) {
        *outcome = OUTCOME_FAILED;
        keep(rounds, &window);
        return;
    }
    if (!run_window(rounds, &order, floor_us, &window)) {
        return;
    }
    *outcome = window.status == LIFE_FAILED ? OUTCOME_FAILED : OUTCOME_FINE;
    keep(rounds, &window);
}

/* One window, between two floor probes; the second serves the next one as
 * its first, through *floor_us. Returns false if it was interrupted before
 * there was anything to measure. */
static bool
run_window(struct rounds *rounds, const struct measure_order *order,
           double *floor_us, struct life *window)
{
    const struct options *options = rounds->order->options;
    double before_us = isnan(*floor_us) ? measure_floor_us(order) : *floor_us;

    switch (measure_window(order, window)) {
    case MEASURE_DROPPED:
        return false;
    case MEASURE_HOPELESS:
        memcpy(rounds->hopeless[order->contender - options->contenders],
               window->reason, sizeof window->reason);
        break;
    case MEASURE_DONE:
        break;
    }
    *floor_us = measure_floor_us(order);
    measure_add_floor(window, (before_us + *floor_us) / 2);
    return true;
}

static struct measure_order
order_for(const struct rounds *rounds, size_t cell, size_t contender,
          int round)
{
    const struct options *options = rounds->order->options;
    const struct plan *plan = rounds->order->plan;
    int64_t window_ns = plan->cells[cell].window_ns;
    int64_t warmup_ns = plan->warmup_ns;
    const struct grid_point *rate = NULL;

    if (plan->cells[cell].point > 0) {
        rate = &rounds->grid[plan->cells[cell].point - 1];
        window_ns = grid_window_ns(rate, window_ns);
        warmup_ns = grid_warmup_ns(rate, plan->cells[cell].scenario.clients,
                                   warmup_ns);
    }
    return (struct measure_order){
        .contender = &options->contenders[contender],
        .scenario = &plan->cells[cell].scenario,
        .rate = rate,
        .layout = &plan->cells[cell].layout,
        .bin = options->bin,
        .launcher = options->launcher,
        .leash = options->leash,
        .host = options->host,
        .warmup_ns = warmup_ns,
        .window_ns = window_ns,
        .start_timeout_ns = options->start_timeout_ns,
        .round = round,
        .interrupted = rounds->order->interrupted,
    };
}

/* On the server's CPU, whose work it is compared with. */
static double
measure_floor_us(const struct measure_order *order)
{
    double floor_us;

    layout_enter_server(order->layout);
    floor_us = floor_probe_us(order->scenario->message_bytes);
    layout_enter(order->layout);
    return floor_us;
}

/* True if there is nothing to measure; then the window says why. */
static bool
without_measuring(struct rounds *rounds, size_t cell,
                  const struct measure_order *order, struct life *window)
{
    const struct plan_cell *plan = &rounds->order->plan->cells[cell];
    const char *hopeless =
        rounds
            ->hopeless[order->contender - rounds->order->options->contenders];
    char path[4096];

    measure_identify(order, window);
    if (plan->skipped[0] != '\0') {
        life_fail(window, LIFE_SKIPPED, "%s", plan->skipped);
        return true;
    }
    if (hopeless[0] != '\0') {
        life_fail(window, LIFE_FAILED, "%s", hopeless);
        return true;
    }
    if (order->contender->kind == CONTENDER_FOREIGN) {
        return false;
    }
    if (programs_find(order->bin, order->contender->program, path,
                      sizeof path)) {
        return false;
    }
    /* The others were there when the run began; see programs_check(). */
    if (contender_needs_libevent(order->contender)) {
        life_fail(window, LIFE_SKIPPED,
                  "not built: libevent is not installed; run make deps");
    } else {
        life_fail(window, LIFE_FAILED, "its program is gone: %s", path);
    }
    return true;
}

/* Count the system calls of every row that was measured so far, but for the
 * open loop: there a server that waits more often makes more of them, which
 * says more of the rate than of the server. */
static void
count_all(struct rounds *rounds)
{
    const struct plan *plan = rounds->order->plan;
    const struct options *options = rounds->order->options;
    struct perf *hold = calloc(1, sizeof *hold);

    if (hold && options->syscalls != SYSCALLS_STRACE &&
        options->syscalls != SYSCALLS_NONE) {
        perf_hold(hold);
    }
    for (size_t i = 0; i < plan->ncells; i++) {
        layout_enter(&plan->cells[i].layout);
        for (size_t j = 0; j < options->ncontenders; j++) {
            if (rounds->outcome[i][j] == OUTCOME_FINE &&
                plan->cells[i].point == 0 &&
                contender_offers(&options->contenders[j],
                                 &plan->cells[i].scenario) &&
                !interrupted(rounds)) {
                count_calls(rounds, i, j);
            }
        }
    }
    if (hold) {
        perf_close(hold);
        free(hold);
    }
}

static void
count_calls(struct rounds *rounds, size_t cell, size_t contender)
{
    const struct options *options = rounds->order->options;
    const struct measure_order order = order_for(rounds, cell, contender, 1);
    const struct calls *known =
        same_calls(rounds, cell, order.contender->name);
    struct calls calls;

    if (known) {
        calls = *known;
        snprintf(calls.scenario, sizeof calls.scenario, "%s",
                 order.scenario->name);
        calls.clients = scenario_asked(order.scenario);
    } else {
        syscalls_count(&order, options->syscalls, &calls);
    }
    if (interrupted(rounds)) {
        return;
    }
    keep_calls(rounds, &calls);
}

/* strace counts with one client, whatever the scenario's number is, so an
 * earlier scenario with the same service has the same counts. NULL if there
 * is none. */
static const struct calls *
same_calls(const struct rounds *rounds, size_t cell, const char *model)
{
    const struct plan *plan = rounds->order->plan;
    const struct results *results = rounds->order->results;

    for (size_t i = 0; i < cell; i++) {
        const struct scenario *other = &plan->cells[i].scenario;

        for (size_t j = 0; j < results->ncalls; j++) {
            const struct calls *calls = &results->calls[j];

            if (strcmp(calls->method, "strace") == 0 &&
                strcmp(calls->model, model) == 0 &&
                strcmp(calls->scenario, other->name) == 0 &&
                calls->clients == scenario_asked(other) &&
                same_service(other, &plan->cells[cell].scenario)) {
                return calls;
            }
        }
    }
    return NULL;
}

static bool
same_service(const struct scenario *a, const struct scenario *b)
{
    return a->churn == b->churn && a->handshake == b->handshake &&
           a->delay_ms == b->delay_ms && a->work_us == b->work_us &&
           a->message_bytes == b->message_bytes;
}

static void
keep_calls(struct rounds *rounds, const struct calls *calls)
{
    FILE *file = rounds->order->file;

    if (results_add_calls(rounds->order->results, calls) != 0) {
        say_unwritten(rounds, ENOMEM);
    }
    if (file && rounds->write_errno == 0 &&
        results_write_calls(file, calls) != 0) {
        say_unwritten(rounds, errno);
    }
}

/* A window is the only slice of its life; a round is a block. */
static void
keep_slice(struct rounds *rounds, const struct life *window)
{
    const double *figure = window->figure;
    FILE *file = rounds->order->file;
    struct slice slice = {
        .clients = window->clients,
        .rate_per_s = window->rate_per_s,
        .life = window->life,
        .block = window->life,
        .seconds = figure[LIFE_SECONDS],
        .echoes = figure[LIFE_ECHOES],
        .server_cpu_us =
            figure[LIFE_SERVER_CPU_US_PER_ECHO] * figure[LIFE_ECHOES],
        .client_cpu_us =
            figure[LIFE_CLIENT_CPU_US_PER_ECHO] * figure[LIFE_ECHOES],
        .gap_ms = NAN,
    };

    snprintf(slice.scenario, sizeof slice.scenario, "%s", window->scenario);
    snprintf(slice.model, sizeof slice.model, "%s", window->model);
    if (results_add_slice(rounds->order->results, &slice) != 0) {
        say_unwritten(rounds, ENOMEM);
    }
    if (file && rounds->write_errno == 0 &&
        results_write_slice(file, &slice) != 0) {
        say_unwritten(rounds, errno);
    }
}

static void
keep(struct rounds *rounds, const struct life *window)
{
    FILE *file = rounds->order->file;

    if (results_add_life(rounds->order->results, window) != 0) {
        say_unwritten(rounds, ENOMEM);
    }
    if (file && rounds->write_errno == 0 &&
        results_write_life(file, window) != 0) {
        say_unwritten(rounds, errno);
    }
    if (window->status == LIFE_OK) {
        keep_slice(rounds, window);
    }
}

/* The first time, and at once: whoever watches may want to end the run. */
static void
say_unwritten(struct rounds *rounds, int error)
{
    if (rounds->write_errno == 0) {
        rounds->write_errno = error;
        fprintf(stderr,
                "%scompare: %s/results.jsonl: %s; the run goes on and prints "
                "its table, but keeps no files\n",
                rounds->progress.shown ? "\n" : "",
                rounds->order->options->out, strerror(error));
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
    return (double)(clock_now_ns() - begin_ns) / 1e9;
}
