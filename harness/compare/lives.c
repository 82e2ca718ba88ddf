/*
 * lives.c: the run. See lives.h.
 *
 * A life, in this order: start every server, let its first client speak,
 * take its memory, connect everybody, let it settle, take its memory again;
 * warm each up until that does not make it faster; blocks; ask the silent,
 * stop, and judge. Whoever fails has its life ended at once and is not
 * started again in this scenario.
 */
#include "harness/compare/lives.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/base.h"
#include "harness/compare/disturbance.h"
#include "harness/compare/driver.h"
#include "harness/compare/floor.h"
#include "harness/compare/judge.h"
#include "harness/compare/measure.h"
#include "harness/compare/progress.h"
#include "harness/compare/syscalls.h"
#include "harness/load/engine.h"
#include "harness/results/results.h"

#define MS INT64_C(1000000)

enum {
    ALONE_MS = 10,       /* that the first client speaks */
    WARMUP_MS = 10,      /* of a slice to warm up */
    WARMUP_STEADY = 3,   /* so many of them in a row must be no faster */
    SLICE_MS_MIN = 10,   /* of a slice */
    SLICE_MS_MAX = 500,  /* where a turn takes long */
    SLICE_TURNS = 5,     /* turns of all clients in a slice, at least */
    SLICE_DELAYS = 20,   /* delays of the server in a slice, at least */
    BLOCKS_MIN = 3,      /* in each life, whatever time they take */
    BLOCKS_MAX = 2000,   /* in each life */
    CAPACITY_BLOCKS = 5, /* before the rates are chosen */
    RATE_MS = 250,       /* of a slice in an open loop, at least */
    STALL_GAP_MS = 5,    /* without a byte, where nothing waits by itself */
};

/* Warming up ends when a slice is not cheaper than this share of the cheapest
 * before it, twice; or when so much time has gone into it. */
#define WARMUP_GAIN   0.97
#define WARMUP_NS_MAX (4000 * MS)

enum state {
    STATE_OUT,    /* not started, or over: its record is kept */
    STATE_DRIVEN, /* takes its turns */
    STATE_MUTE,   /* lives, but nobody was answered: has no slices */
};

/* One server in one life. */
struct turn {
    struct measure_order order;       /* what is measured of it */
    struct server server;             /* its process */
    struct driver driver;             /* its clients */
    struct measurement seen;          /* for the judge */
    enum state state;                 /* what it takes part in */
    int64_t slice_ns;                 /* length of its slices */
    int64_t own_cpu_ns;               /* its CPU time in its slices */
    int64_t begin_cpu_ns;             /* its CPU time as the blocks begin */
    int64_t begin_switches;           /* context switches then */
    double begin_faults;              /* page faults then */
    uint64_t begin_echoes;            /* echoes until then */
    int stalls[1 + GRID_POINTS];      /* slices with a stall */
    double stall_ms[1 + GRID_POINTS]; /* the longest */
    double ns_out;                    /* time in the slices of others */
};

/* The state of a run. */
struct lives {
    const struct lives_order *order; /* what was asked for */
    struct progress progress;        /* the line on the terminal */
    int write_errno;                 /* first trouble with the file, or 0 */
    /* By contender: why it is hopeless, "" if it is not. */
    char hopeless[CONTENDERS_MAX][RESULTS_REASON_BYTES];
    /* Of the present scenario: */
    const struct plan_cell *cell;        /* it */
    struct turn turns[CONTENDERS_MAX];   /* by contender */
    bool failed[CONTENDERS_MAX];         /* is not started again */
    bool measured[CONTENDERS_MAX];       /* has a record that is good */
    int life;                            /* from 1 */
    int block;                           /* the last one, from 1 */
    double floor_us[BLOCKS_MAX];         /* of this life */
    int nfloors;                         /* how many */
    struct disturbance before;           /* as the blocks began */
    struct grid_point grid[GRID_POINTS]; /* rates of the open loop */
    int npoints;                         /* how many there are */
};

static bool
interrupted(const struct lives *lives)
{
    return *lives->order->interrupted != 0;
}

/* ---- what is kept ------------------------------------------------------ */

/* The first time, and at once: whoever watches may want to end the run. */
static void
say_unwritten(struct lives *lives, int error)
{
    if (lives->write_errno == 0) {
        lives->write_errno = error;
        fprintf(stderr,
                "%scompare: %s/results.jsonl: %s; the run goes on and prints "
                "its table, but keeps no files\n",
                lives->progress.shown ? "\n" : "", lives->order->options->out,
                strerror(error));
    }
}

static bool
writes(const struct lives *lives)
{
    return lives->order->file && lives->write_errno == 0;
}

static void
keep(struct lives *lives, const struct life *life)
{
    if (results_add_life(lives->order->results, life) != 0) {
        say_unwritten(lives, ENOMEM);
    }
    if (writes(lives) && results_write_life(lives->order->file, life) != 0) {
        say_unwritten(lives, errno);
    }
}

static void
keep_slice(struct lives *lives, const struct slice *slice)
{
    if (results_add_slice(lives->order->results, slice) != 0) {
        say_unwritten(lives, ENOMEM);
    }
    if (writes(lives) &&
        results_write_slice(lives->order->file, slice) != 0) {
        say_unwritten(lives, errno);
    }
}

static void
keep_calls(struct lives *lives, const struct calls *calls)
{
    if (results_add_calls(lives->order->results, calls) != 0) {
        say_unwritten(lives, ENOMEM);
    }
    if (writes(lives) &&
        results_write_calls(lives->order->file, calls) != 0) {
        say_unwritten(lives, errno);
    }
}

/* ---- a server's life --------------------------------------------------- */

static struct measure_order
order_for(const struct lives *lives, size_t contender)
{
    const struct options *options = lives->order->options;

    return (struct measure_order){
        .contender = &options->contenders[contender],
        .scenario = &lives->cell->scenario,
        .layout = &lives->cell->layout,
        .bin = options->bin,
        .launcher = options->launcher,
        .host = options->host,
        .start_timeout_ns = options->start_timeout_ns,
        .life = lives->life,
        .interrupted = lives->order->interrupted,
    };
}

/* A record of a life that never was. */
static void
keep_reason(struct lives *lives, const struct measure_order *order,
            enum life_status status, const char *reason)
{
    struct life life;

    measure_identify(order, &life);
    life_fail(&life, status, "%s", reason);
    keep(lives, &life);
}

/* True if there is no server to be started; then that is kept. */
static bool
cannot_start(struct lives *lives, const struct measure_order *order,
             const char *hopeless)
{
    char path[4096];
    char reason[RESULTS_REASON_BYTES];

    if (hopeless[0] != '\0') {
        keep_reason(lives, order, LIFE_FAILED, hopeless);
        return true;
    }
    if (order->contender->kind == CONTENDER_FOREIGN ||
        contender_find(order->contender, order->bin, path, sizeof path)) {
        return false;
    }
    /* The others were there when the run began; see programs_check(). */
    if (contender_needs_libevent(order->contender)) {
        keep_reason(lives, order, LIFE_SKIPPED,
                    "not built: libevent is not installed; run make deps");
    } else {
        snprintf(reason, sizeof reason, "its program is gone: %.200s", path);
        keep_reason(lives, order, LIFE_FAILED, reason);
    }
    return true;
}

/* What the memory of the others can be told from: where most clients only
 * wait, all of the busy ones, else a single one. */
static int
first_clients(const struct scenario *scenario)
{
    return scenario->ask_silent ? scenario->clients : 1;
}

/* The first client speaks, all connect; memory before and after that. */
static int
connect_all(struct turn *turn)
{
    struct measurement *seen = &turn->seen;
    double faults;

    if (driver_run_alone(&turn->driver, first_clients(turn->order.scenario),
                         ALONE_MS * MS) != 0) {
        return -1;
    }
    measure_settle(&turn->order, &turn->server);
    seen->held_before = first_clients(turn->order.scenario);
    seen->base_rss_kib = server_rss_kib(&turn->server);
    server_faults(&turn->server, &faults, &seen->base_threads);
    if (driver_connect(&turn->driver) != 0) {
        return -1;
    }
    measure_settle(&turn->order, &turn->server);
    seen->rss_kib = server_rss_kib(&turn->server);
    seen->stack_kib = server_stack_kib();
    server_faults(&turn->server, &faults, &seen->threads);
    /* With churn nobody has stayed. */
    if (turn->order.scenario->churn) {
        seen->rss_kib = NAN;
        seen->threads = NAN;
    }
    return 0;
}

/* The record of one of the sums. */
static void
judge_sum(struct lives *lives, struct turn *turn, int sum)
{
    struct driver_shared *shared = turn->driver.shared;
    struct measurement *seen = &turn->seen;
    bool ours = turn->order.contender->kind != CONTENDER_FOREIGN;
    struct disturbance after;
    struct disturbance change;
    struct life life;
    size_t contender = (size_t)(turn - lives->turns);
    cpu_set_t cpus;

    if (interrupted(lives) && sum == 0 && shared && shared->slices[0] == 0 &&
        turn->state == STATE_DRIVEN) {
        return;
    }
    turn->order.rate = sum > 0 ? &lives->grid[sum - 1] : NULL;
    measure_identify(&turn->order, &life);
    if (shared) {
        seen->first = shared->alone;
        seen->result = shared->sums[sum];
        crew_add_result(&seen->result, &shared->all);
        seen->result.window_ns = shared->sum_ns[sum];
        seen->result.fairness = shared->all.fairness;
        seen->server_cpu_ns = shared->sum_cpu_ns[sum];
        seen->life_echoes = sum == 0 ? shared->echoes : 0;
    }
    judge_merge(seen);
    judge_fill(&life, seen, &turn->server);
    CPU_OR(&cpus, &lives->cell->layout.client, &lives->cell->layout.server);
    disturbance_read(&after, &cpus);
    change = disturbance_between(&lives->before, &after);
    life.figure[LIFE_STEAL_PERCENT] =
        100 * change.steal_s / (change.time_s * CPU_COUNT(&cpus));
    life.figure[LIFE_THROTTLED] = change.throttled;
    life.figure[LIFE_LISTEN_OVERFLOWS] = change.overflows;
    life.figure[LIFE_LISTEN_DROPS] = change.drops;
    life.figure[LIFE_RETRANSMITS] = change.retransmits;
    life.figure[LIFE_STALLS] = turn->stalls[sum];
    life.figure[LIFE_STALL_MS] = turn->stall_ms[sum];
    life.figure[LIFE_ELSEWHERE_PERCENT] = seen->elsewhere_percent;
    if (lives->nfloors > 0) {
        double floors[BLOCKS_MAX];

        memcpy(floors, lives->floor_us, sizeof floors);
        measure_add_floor(&life,
                          statistics_median(floors, (size_t)lives->nfloors));
    }
    judge_status(&life, seen, &turn->server, ours);
    keep(lives, &life);
    lives->failed[contender] |= life.status == LIFE_FAILED;
    lives->measured[contender] |= life.status == LIFE_OK;
}

/* What is read from the server while it still lives. */
static void
look_last(struct turn *turn)
{
    struct measurement *seen = &turn->seen;
    struct driver_shared *shared = turn->driver.shared;
    pid_t pid = turn->server.seen_pid;
    int64_t cpu_ns = server_cpu_ns(&turn->server);
    int64_t switches = server_switches(&turn->server);
    double threads;

    server_faults(&turn->server, &seen->faults, &threads);
    seen->faults -= turn->begin_faults;
    seen->busy_rss_kib = server_rss_kib(&turn->server);
    seen->forks |= server_forks(&turn->server);
    seen->unseen = pid == 0;
    seen->moved = measure_has_moved(&turn->order, &turn->server);
    seen->switches = turn->order.scenario->churn || switches < 0 ||
                             switches < turn->begin_switches
                         ? -1
                         : switches - turn->begin_switches;
    seen->switches_echoes = shared->echoes - turn->begin_echoes;
    seen->ask_silent = turn->order.scenario->ask_silent;
    seen->elsewhere_percent = NAN;
    if (turn->ns_out > 0 && turn->begin_cpu_ns >= 0 && cpu_ns >= 0) {
        seen->elsewhere_percent =
            100 * (double)(cpu_ns - turn->begin_cpu_ns - turn->own_cpu_ns) /
            turn->ns_out;
    }
}

/* Hear what the driver saw and the server says, stop both, and keep it. */
static void
end_turn(struct lives *lives, size_t contender)
{
    struct turn *turn = &lives->turns[contender];

    if (turn->seen.engine_errno == 0) {
        look_last(turn);
        driver_close(&turn->driver);
    }
    server_stop(&turn->server);
    judge_sum(lives, turn, 0);
    for (int i = 1; i <= lives->npoints; i++) {
        if (turn->driver.shared && turn->driver.shared->sum_ns[i] > 0) {
            judge_sum(lives, turn, i);
        }
    }
    driver_stop(&turn->driver);
    turn->state = STATE_OUT;
}

static void
begin_turn(struct lives *lives, size_t contender)
{
    struct turn *turn = &lives->turns[contender];
    struct engine_options options;
    char reason[SERVER_REASON_BYTES];

    memset(turn, 0, sizeof *turn);
    turn->order = order_for(lives, contender);
    if (cannot_start(lives, &turn->order, lives->hopeless[contender])) {
        lives->failed[contender] = true;
        return;
    }
    if (measure_start_server(&turn->order, &turn->server, NULL, reason) !=
        0) {
        if (!interrupted(lives)) {
            snprintf(lives->hopeless[contender],
                     sizeof lives->hopeless[contender], "%s", reason);
            keep_reason(lives, &turn->order, LIFE_FAILED, reason);
            lives->failed[contender] = true;
        }
        return;
    }
    turn->state = STATE_DRIVEN;
    measure_set_load(&turn->order, &turn->server, &options);
    if (driver_start(&turn->driver, &options, &turn->server) != 0) {
        turn->seen.engine_errno = errno;
        end_turn(lives, contender);
    } else if (connect_all(turn) != 0) {
        turn->seen.engine_errno = turn->driver.shared->engine_errno;
        end_turn(lives, contender);
    }
}

/* ---- slices ------------------------------------------------------------ */

/* The server did what no server may do, or is gone. */
static bool
is_broken(const struct turn *turn)
{
    const struct driver_shared *shared = turn->driver.shared;

    return shared->engine_errno != 0 || !shared->drained ||
           shared->last.errors[ENGINE_MISMATCH] > 0 ||
           shared->last.errors[ENGINE_EXTRA_BYTES] > 0 ||
           server_has_ended(&turn->server);
}

/* Longer than any gap that server and load have of their own. */
static double
stall_gap_ms(const struct scenario *scenario)
{
    return STALL_GAP_MS + 2.0 * scenario->delay_ms +
           0.02 * scenario->clients +
           2e-3 * scenario->work_us * scenario->clients +
           (double)scenario->message_bytes / 1e5;
}

/* One slice of one server, in a closed loop (0) or at a point of the grid. */
static void
run_slice(struct lives *lives, size_t contender, int sum)
{
    struct turn *turn = &lives->turns[contender];
    struct driver_shared *shared = turn->driver.shared;
    const struct grid_point *rate = sum > 0 ? &lives->grid[sum - 1] : NULL;
    int64_t slice_ns =
        rate ? grid_window_ns(rate, RATE_MS * MS) : turn->slice_ns;
    struct slice slice;

    driver_slice(&turn->driver, slice_ns, rate ? rate->rate_per_s : 0,
                 (uint64_t)lives->block, sum);
    if (interrupted(lives) && !shared->drained) {
        return;
    }
    measure_identify_slice(&turn->order, rate, lives->block, &slice);
    slice.seconds = (double)shared->last.window_ns / 1e9;
    slice.echoes = (double)shared->slice_echoes;
    slice.server_cpu_us =
        shared->server_cpu_ns < 0 ? NAN : (double)shared->server_cpu_ns / 1e3;
    slice.client_cpu_us = (double)shared->last.client_cpu_ns / 1e3;
    slice.gap_ms = (double)shared->last.gap_ns / 1e6;
    slice.stalled =
        !rate && slice.gap_ms > stall_gap_ms(turn->order.scenario);
    turn->stalls[sum] += slice.stalled;
    if (slice.stalled) {
        turn->stall_ms[sum] = fmax(turn->stall_ms[sum], slice.gap_ms);
    }
    if (shared->server_cpu_ns > 0) {
        turn->own_cpu_ns += shared->server_cpu_ns;
    }
    turn->ns_out -= (double)shared->last.window_ns;
    keep_slice(lives, &slice);
    if (is_broken(turn)) {
        end_turn(lives, contender);
    } else if (shared->slice_echoes == 0) {
        turn->state = STATE_MUTE;
    }
}

/* Slices that count for nothing, until they get no cheaper: caches, page
 * tables, and a compiler at run time need their time. */
static void
warm_up(struct lives *lives, size_t contender)
{
    struct turn *turn = &lives->turns[contender];
    struct driver_shared *shared = turn->driver.shared;
    const struct scenario *scenario = turn->order.scenario;
    int64_t slice_ns = WARMUP_MS * MS + scenario->delay_ms * 4 * MS;
    int64_t begin_ns = clock_now_ns();
    double least = INFINITY;
    double turn_ns = 0;

    for (int steady = 0;
         steady < WARMUP_STEADY && clock_now_ns() < begin_ns + WARMUP_NS_MAX;
         steady++) {
        double echoes;
        double cost;

        driver_slice(&turn->driver, slice_ns, 0, 0, -1);
        if (interrupted(lives)) {
            return;
        }
        echoes = (double)shared->slice_echoes;
        if (is_broken(turn)) {
            end_turn(lives, contender);
            return;
        }
        if (echoes < 1) {
            turn->state = STATE_MUTE;
            return;
        }
        cost = (shared->server_cpu_ns > 0 ? (double)shared->server_cpu_ns
                                          : (double)shared->last.window_ns) /
               echoes;
        if (cost < WARMUP_GAIN * least) {
            steady = -1;
        }
        least = fmin(least, cost);
        turn_ns = (double)shared->last.window_ns * shared->served / echoes;
    }
    turn->slice_ns = (int64_t)(SLICE_TURNS * turn_ns);
    if (turn->slice_ns > SLICE_MS_MAX * MS) {
        turn->slice_ns = SLICE_MS_MAX * MS;
    }
    if (turn->slice_ns < SLICE_MS_MIN * MS) {
        turn->slice_ns = SLICE_MS_MIN * MS;
    }
    if (turn->slice_ns < SLICE_DELAYS * scenario->delay_ms * MS) {
        turn->slice_ns = SLICE_DELAYS * scenario->delay_ms * MS;
    }
}

/* The floor, on the server's CPU, whose work it is compared with. */
static void
run_floor(struct lives *lives)
{
    const struct plan_cell *cell = lives->cell;
    struct measure_order order = order_for(lives, 0);
    struct slice slice;
    double us;

    layout_enter_server(&cell->layout);
    us = floor_probe_us(cell->scenario.message_bytes);
    layout_enter(&cell->layout);
    if (lives->nfloors < BLOCKS_MAX) {
        lives->floor_us[lives->nfloors++] = us;
    }
    order.contender = &(struct contender){.name = "floor"};
    measure_identify_slice(&order, NULL, lives->block, &slice);
    slice.echoes = 1;
    slice.server_cpu_us = us;
    keep_slice(lives, &slice);
}

/* A random order of all that are driven (Fisher and Yates). */
static size_t
shuffle(const struct lives *lives, size_t order[CONTENDERS_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < lives->order->options->ncontenders; i++) {
        if (lives->turns[i].state == STATE_DRIVEN) {
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

/* Each server once, at one rate or in a closed loop. Returns how many. */
static size_t
run_block(struct lives *lives, int sum)
{
    size_t order[CONTENDERS_MAX];
    size_t n = shuffle(lives, order);
    size_t floor = n > 0 ? (size_t)random() % n : 0;
    int64_t begin_ns = clock_now_ns();

    lives->block++;
    for (size_t i = 0; i < n && !interrupted(lives); i++) {
        if (i == floor && sum == 0) {
            run_floor(lives);
        }
        run_slice(lives, order[i], sum);
    }
    for (size_t i = 0; i < n; i++) {
        lives->turns[order[i]].ns_out += (double)(clock_now_ns() - begin_ns);
    }
    return n;
}

static void
begin_blocks(struct lives *lives)
{
    cpu_set_t cpus;

    for (size_t i = 0; i < lives->order->options->ncontenders; i++) {
        struct turn *turn = &lives->turns[i];
        double threads;

        if (turn->state == STATE_DRIVEN) {
            measure_settle(&turn->order, &turn->server);
            turn->begin_switches = server_switches(&turn->server);
            server_faults(&turn->server, &turn->begin_faults, &threads);
            turn->begin_cpu_ns = server_cpu_ns(&turn->server);
            turn->begin_echoes = turn->driver.shared->echoes;
        }
    }
    CPU_OR(&cpus, &lives->cell->layout.client, &lives->cell->layout.server);
    disturbance_read(&lives->before, &cpus);
}

/* Blocks in a closed loop until the time is over; what the other lives have
 * not measured in either. */
static void
run_closed(struct lives *lives, int64_t end_ns, int most)
{
    for (int i = 0; i < most && !interrupted(lives); i++) {
        if ((i >= BLOCKS_MIN && clock_now_ns() >= end_ns) ||
            run_block(lives, 0) == 0) {
            return;
        }
        progress_show(&lives->progress, lives->cell, lives->life);
    }
}

/* From what each has done in a closed loop, the median of its slices. */
static void
choose_grid(struct lives *lives)
{
    const struct results *results = lives->order->results;
    struct grid_capacity capacities[CONTENDERS_MAX];
    size_t n = 0;

    for (size_t i = 0; i < lives->order->options->ncontenders; i++) {
        const struct turn *turn = &lives->turns[i];
        double rates[CAPACITY_BLOCKS];
        size_t nrates = 0;

        for (size_t j = results->nslices;
             j-- > 0 && nrates < CAPACITY_BLOCKS &&
             turn->state == STATE_DRIVEN &&
             turn->driver.shared->served >= lives->cell->scenario.clients;) {
            const struct slice *slice = &results->slices[j];

            if (strcmp(slice->scenario, lives->cell->scenario.name) == 0 &&
                strcmp(slice->model, turn->order.contender->name) == 0) {
                rates[nrates++] = slice->echoes / slice->seconds;
            }
        }
        if (nrates > 0) {
            capacities[n++] = (struct grid_capacity){
                .of = turn->order.contender->name,
                .per_s = statistics_median(rates, nrates),
                .yardstick =
                    turn->order.contender->kind == CONTENDER_YARDSTICK,
            };
        }
    }
    lives->npoints = grid_choose(lives->grid, capacities, n);
}

/* The grid of rates, and all of its points in turn. */
static void
run_open(struct lives *lives, int64_t end_ns)
{
    int point = 0;

    if (lives->life == 1) {
        choose_grid(lives);
    }
    for (size_t i = 0; i < lives->order->options->ncontenders; i++) {
        struct turn *turn = &lives->turns[i];

        /* Who leaves clients unserved has nothing to offer them at any rate:
         * their messages would wait for ever. */
        if (turn->state == STATE_DRIVEN &&
            turn->driver.shared->served < turn->order.scenario->clients) {
            turn->state = STATE_MUTE;
        }
    }
    while (point < lives->npoints ||
           (lives->npoints > 0 && clock_now_ns() < end_ns)) {
        if (interrupted(lives)) {
            return;
        }
        run_block(lives, 1 + point % lives->npoints);
        point++;
        progress_show(&lives->progress, lives->cell, lives->life);
    }
}

/* ---- a scenario -------------------------------------------------------- */

static bool
takes_part(const struct lives *lives, size_t contender)
{
    return contender_offers(&lives->order->options->contenders[contender],
                            &lives->cell->scenario);
}

static void
run_life(struct lives *lives)
{
    size_t n = lives->order->options->ncontenders;
    int64_t begin_ns = clock_now_ns();
    int64_t end_ns = begin_ns + lives->cell->life_ns;

    lives->nfloors = 0;
    for (size_t i = 0; i < n && !interrupted(lives); i++) {
        if (takes_part(lives, i) && !lives->failed[i]) {
            progress_show(&lives->progress, lives->cell, lives->life);
            begin_turn(lives, i);
        }
    }
    for (size_t i = 0; i < n && !interrupted(lives); i++) {
        if (lives->turns[i].state == STATE_DRIVEN) {
            warm_up(lives, i);
        }
    }
    begin_blocks(lives);
    if (lives->cell->scenario.open_loop) {
        run_closed(lives, end_ns, CAPACITY_BLOCKS);
        run_open(lives, end_ns);
    } else {
        run_closed(lives, end_ns, BLOCKS_MAX);
    }
    for (size_t i = 0; i < n; i++) {
        if (lives->turns[i].state != STATE_OUT) {
            end_turn(lives, i);
        }
    }
}

/* Whoever had no turn gets a row that says so: a table without it would look
 * as if it had not been asked for. */
static void
name_the_missing(struct lives *lives)
{
    for (size_t i = 0; i < lives->order->options->ncontenders; i++) {
        if (takes_part(lives, i) && !lives->measured[i] &&
            !lives->failed[i]) {
            const struct measure_order order = order_for(lives, i);

            keep_reason(lives, &order, LIFE_SKIPPED,
                        "not measured: the run was interrupted");
        }
    }
}

/* Count the system calls of those that were measured. */
static void
count_calls(struct lives *lives)
{
    const struct options *options = lives->order->options;

    for (size_t i = 0; i < options->ncontenders; i++) {
        if (lives->measured[i] && !interrupted(lives)) {
            const struct measure_order order = order_for(lives, i);
            struct calls calls;

            syscalls_count(&order, options->syscalls, &calls);
            if (!interrupted(lives)) {
                keep_calls(lives, &calls);
            }
        }
    }
}

static void
run_cell(struct lives *lives, const struct plan_cell *cell)
{
    lives->cell = cell;
    lives->block = 0;
    lives->npoints = 0;
    memset(lives->failed, 0, sizeof lives->failed);
    memset(lives->measured, 0, sizeof lives->measured);
    progress_cell(&lives->progress);
    layout_enter(&cell->layout);
    for (size_t i = 0; i < lives->order->options->ncontenders; i++) {
        if (cell->skipped[0] != '\0' && takes_part(lives, i)) {
            const struct measure_order order = order_for(lives, i);

            keep_reason(lives, &order, LIFE_SKIPPED, cell->skipped);
        }
    }
    for (int i = 1;
         i <= cell->lives && cell->skipped[0] == '\0' && !interrupted(lives);
         i++) {
        lives->life = i;
        run_life(lives);
    }
    if (interrupted(lives)) {
        name_the_missing(lives);
    } else {
        count_calls(lives);
    }
    progress_end(&lives->progress);
    if (lives->order->on_cell) {
        lives->order->on_cell(lives->order->results, cell);
    }
}

int
lives_run(const struct lives_order *order)
{
    const struct plan *plan = order->plan;
    struct run *run = &order->results->run;
    struct lives *lives = calloc(1, sizeof *lives);
    int64_t begin_ns = clock_now_ns();
    int error;

    if (!lives) {
        return -1;
    }
    lives->order = order;
    progress_begin(&lives->progress, plan, run->note);
    srandom((unsigned)run->seed);
    for (size_t i = 0; i < plan->ncells && !interrupted(lives); i++) {
        run_cell(lives, &plan->cells[i]);
        run->lives = plan->cells[i].lives > run->lives
                          ? plan->cells[i].lives
                          : run->lives;
    }
    run->partial = interrupted(lives);
    run->seconds = (double)(clock_now_ns() - begin_ns) / 1e9;
    if (writes(lives) && results_write_end(order->file, run) != 0) {
        say_unwritten(lives, errno);
    }
    error = lives->write_errno;
    free(lives);
    errno = error;
    return error == 0 ? 0 : -1;
}
