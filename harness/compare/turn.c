/*
 * turn.c: one server in one life of a scenario: started, connected to, warmed
 * up, driven for a slice at a time, stopped and judged. See measure.h.
 */
#include "harness/compare/measure.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "harness/base/base.h"

#define MS INT64_C(1000000)

enum {
    ALONE_MS = 10,      /* that the first client speaks */
    WARMUP_MS = 10,     /* of a slice to warm up */
    WARMUP_STEADY = 3,  /* so many of them in a row must be no faster */
    SLICE_MS_MIN = 10,  /* of a slice */
    SLICE_MS_MAX = 500, /* where a turn takes long */
    SLICE_TURNS = 5,    /* turns of all clients in a slice, at least */
    SLICE_DELAYS = 20,  /* delays of the server in a slice, at least */
    RATE_MS = 250,      /* of a slice in an open loop, at least */
    STALL_GAP_MS = 5,   /* without a byte, where nothing waits by itself */
};

/* Warming up ends when a slice is not cheaper than this share of the cheapest
 * before it, so often; or when so much time has gone into it. */
#define WARMUP_GAIN   0.97
#define WARMUP_NS_MAX (4000 * MS)

/* ---- a server's life --------------------------------------------------- */

/* True if there is no server to be started; then that is kept. */
static bool
cannot_start(struct lives *lives, const struct measure_order *order,
             const char *hopeless)
{
    char path[4096];
    char reason[RESULTS_REASON_BYTES];

    if (hopeless[0] != '\0') {
        lives_keep_reason(lives, order, LIFE_FAILED, hopeless);
        return true;
    }
    if (order->contender->kind == CONTENDER_FOREIGN ||
        contender_find(order->contender, order->bin, path, sizeof path)) {
        return false;
    }
    /* The others were there when the run began; see programs_check(). */
    if (contender_needs_libevent(order->contender)) {
        lives_keep_reason(
            lives, order, LIFE_SKIPPED,
            "not built: libevent is not installed; run make deps");
    } else {
        snprintf(reason, sizeof reason, "its program is gone: %.200s", path);
        lives_keep_reason(lives, order, LIFE_FAILED, reason);
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
    struct life life;
    size_t contender = (size_t)(turn - lives->turns);
    cpu_set_t cpus;

    if (lives_interrupted(lives) && sum == 0 && shared &&
        shared->slices[0] == 0 && turn->state == STATE_DRIVEN) {
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
    disturbance_fill(&life, &lives->before, &cpus);
    life.figure[LIFE_STALLS] = turn->stalls[sum];
    life.figure[LIFE_STALL_MS] = turn->stall_ms[sum];
    life.figure[LIFE_ELSEWHERE_PERCENT] = seen->elsewhere_percent;
    if (lives->nfloors > 0) {
        double floors[LIVES_BLOCKS_MAX];

        memcpy(floors, lives->floor_us, sizeof floors);
        measure_add_floor(&life,
                          statistics_median(floors, (size_t)lives->nfloors));
    }
    judge_status(&life, seen, &turn->server, ours);
    lives_keep(lives, &life);
    lives->failed[contender] |= life.status == LIFE_FAILED;
    lives->measured[contender] |= life.status == LIFE_OK;
}

/* What is read from the server while it still lives. */
static void
look_last(struct turn *turn)
{
    struct measurement *seen = &turn->seen;
    struct driver_shared *shared = turn->driver.shared;
    pid_t pid = turn->server.pid;
    int64_t cpu_ns = server_cpu_ns(&turn->server);
    int64_t switches = server_switches(&turn->server);
    double threads;

    server_faults(&turn->server, &seen->faults, &threads);
    seen->faults -= turn->begin_faults;
    seen->busy_rss_kib = server_rss_kib(&turn->server);
    seen->forks = shared->forks || server_forks(&turn->server);
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
void
turn_end(struct lives *lives, size_t contender)
{
    struct turn *turn = &lives->turns[contender];

    /* A driver that is gone charges no server. */
    if (turn->driver.pid > 0 && turn->driver.shared->engine_errno == 0) {
        look_last(turn);
        driver_close(&turn->driver);
    }
    if (turn->driver.pid > 0) {
        turn->seen.engine_errno = turn->driver.shared->engine_errno;
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

void
turn_begin(struct lives *lives, size_t contender)
{
    struct turn *turn = &lives->turns[contender];
    struct engine_options options;
    char reason[SERVER_REASON_BYTES];

    memset(turn, 0, sizeof *turn);
    turn->order = lives_order_for(lives, contender);
    if (cannot_start(lives, &turn->order, lives->hopeless[contender])) {
        lives->failed[contender] = true;
        return;
    }
    if (measure_start_server(&turn->order, &turn->server, NULL, reason) !=
        0) {
        if (!lives_interrupted(lives)) {
            snprintf(lives->hopeless[contender],
                     sizeof lives->hopeless[contender], "%s", reason);
            lives_keep_reason(lives, &turn->order, LIFE_FAILED, reason);
            lives->failed[contender] = true;
        }
        return;
    }
    turn->state = STATE_DRIVEN;
    measure_set_load(&turn->order, &turn->server, &options);
    if (driver_start(&turn->driver, &options, &turn->server) != 0) {
        turn->seen.engine_errno = errno;
        turn_end(lives, contender);
    } else if (connect_all(turn) != 0) {
        turn_end(lives, contender);
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
void
turn_slice(struct lives *lives, size_t contender, int sum)
{
    struct turn *turn = &lives->turns[contender];
    struct driver_shared *shared = turn->driver.shared;
    const struct grid_point *rate = sum > 0 ? &lives->grid[sum - 1] : NULL;
    int64_t slice_ns =
        rate ? grid_slice_ns(rate, RATE_MS * MS) : turn->slice_ns;
    struct slice slice;

    if (driver_slice(&turn->driver, slice_ns, rate ? rate->rate_per_s : 0,
                     (uint64_t)lives->block, sum) != 0) {
        turn_end(lives, contender);
        return;
    }
    if (lives_interrupted(lives) && !shared->drained) {
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
    turn->own_cpu_ns += shared->turn_cpu_ns;
    turn->ns_out -= (double)shared->turn_ns;
    lives_keep_slice(lives, &slice);
    if (is_broken(turn)) {
        turn_end(lives, contender);
    } else if (shared->slice_echoes == 0) {
        turn->state = STATE_MUTE;
    }
}

/* Slices that count for nothing, until they get no cheaper: caches, page
 * tables, and a compiler at run time need their time. */
void
turn_warm_up(struct lives *lives, size_t contender)
{
    struct turn *turn = &lives->turns[contender];
    struct driver_shared *shared = turn->driver.shared;
    const struct scenario *scenario = turn->order.scenario;
    int64_t slice_ns = WARMUP_MS * MS + MS * 4 * scenario->delay_ms;
    int64_t begin_ns = clock_now_ns();
    double least = INFINITY;
    double turn_ns = 0;

    for (int steady = 0;
         steady < WARMUP_STEADY && clock_now_ns() < begin_ns + WARMUP_NS_MAX;
         steady++) {
        double echoes;
        double cost;

        driver_slice(&turn->driver, slice_ns, 0, 0, -1);
        if (lives_interrupted(lives)) {
            return;
        }
        echoes = (double)shared->slice_echoes;
        if (is_broken(turn)) {
            turn_end(lives, contender);
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
            least = cost;
        }
        turn_ns = (double)shared->last.window_ns * shared->served / echoes;
    }
    turn_ns = fmin(SLICE_TURNS * turn_ns, (double)(SLICE_MS_MAX * MS));
    turn_ns = fmax(turn_ns, (double)(SLICE_MS_MIN * MS));
    turn->slice_ns = (int64_t)fmax(
        turn_ns, (double)(MS * SLICE_DELAYS * scenario->delay_ms));
}
