/*
 * turn.c: one server in one life of a scenario, from its start until it is
 * judged, and what is kept of it. See measure.h.
 */
#include "harness/compare/measure.h"

#include <err.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>

#include "harness/base/base.h"

enum {
    WARMUP_MS = 5,        /* of a slice to warm up */
    WARMUP_STEADY = 2,    /* so many of them in a row must be no faster */
    WARMUP_MAX_MS = 4000, /* of all of them */
    SLICE_MS_MIN = 10,    /* of a slice */
    SLICE_MS_MAX = 500,   /* where a turn takes long */
    SLICE_TURNS = 5,      /* turns of all clients in a slice, at least */
    SLICE_DELAYS = 20,    /* delays of the server in a slice, at least */
    STALL_GAP_MS = 5,     /* without a byte, where nothing waits by itself */
    SETTLE_MS = 2,        /* between looks at a server's CPU time */
    SETTLE_BUSY_NS = 20000, /* more than that is no rest */
    SETTLE_MAX_MS = 1000,   /* for a server that never rests */
    FLAG_BYTES = 64         /* of a flag of our servers */
};

/* Warming up ends when a slice is above this share of the least, so often. */
#define WARMUP_GAIN 0.97

void
lives_keep(struct lives *lives, enum record what, const void *record)
{
    results_add(&lives->results, what, record);
    if (lives->write_errno == 0 &&
        results_write(lives->file, what, record) != 0) {
        lives->write_errno = errno;
        fputs(lives->terminal ? "\n" : "", stderr);
        warnx("%s/results.jsonl: %s; the run goes on and prints its table, "
              "but keeps no files",
              lives->options->out, strerror(lives->write_errno));
    }
}

void
lives_keep_slice(struct lives *lives, const char *model, struct slice *slice)
{
    PUT(slice->scenario, "%s", lives->cell->scenario.name);
    PUT(slice->model, "%s", model);
    slice->clients = scenario_asked(&lives->cell->scenario);
    slice->life = lives->life;
    slice->block = lives->block;
    lives_keep(lives, RECORD_SLICE, slice);
}

/* Fill in what is known of a life before it is measured. */
static void
identify(const struct turn *turn, struct life *life)
{
    const struct scenario *scenario = turn->scenario;
    const struct layout *layout = &turn->lives->cell->layout;

    life_clear(life);
    PUT(life->scenario, "%s", scenario->name);
    PUT(life->model, "%s", turn->contender->name);
    PUT(life->layout, "%s", layout->name);
    life->clients = scenario_asked(scenario);
    life->silent = scenario->load.silent_clients;
    life->life = turn->lives->life;
    life->ask_silent = scenario->load.ask_silent;
    life->churn = scenario->load.churn;
    life->handshake = scenario->load.handshake;
    life->cpus = CPU_COUNT(&layout->server);
    life->delay_ms = scenario->delay_ms;
    life->work_us = scenario->work_us;
    life->message_bytes = scenario->load.message_bytes;
}

void
turn_keep_reason(struct turn *turn, enum life_status status,
                 const char *reason)
{
    struct life life;

    identify(turn, &life);
    life_fail(&life, status, "%s", reason);
    lives_keep(turn->lives, RECORD_LIFE, &life);
    turn->over = true;
}

/* The record of one of the sums, with what went on beside the life and what
 * an echo costs the kernel. */
static void
keep_sum(struct turn *turn, int sum)
{
    struct lives *lives = turn->lives;
    const struct grid_point *rate = &lives->grid[sum];
    struct life life;

    identify(turn, &life);
    life.rate_per_s = rate->rate_per_s;
    life.rate_of_per_s = (int)rate->of_per_s;
    PUT(life.rate_of, "%s", rate->of ? rate->of : "");
    judge(&life, turn, sum);
    disturbance_fill(lives, &life);
    life.figure[LIFE_FLOOR_US] =
        statistics_median(lives->floor_us, (size_t)lives->nfloors);
    life.figure[LIFE_CPU_OVER_FLOOR] =
        life.figure[LIFE_SERVER_CPU_US_PER_ECHO] / life.figure[LIFE_FLOOR_US];
    lives_keep(lives, RECORD_LIFE, &life);
    turn->over |= life.status == LIFE_FAILED;
    turn->measured |= life.status == LIFE_OK;
}

void
turn_end(struct turn *turn)
{
    struct driver *driver = &turn->driver;

    /* A driver that is gone charges no server. */
    if (driver->engine_errno == 0) {
        server_look(&turn->server, &turn->end);
        driver->forks |= server_forks(&turn->server);
        driver_tell(driver, driver_close);
    }
    server_stop(&turn->server);
    for (int i = SUM_CLOSED; i <= turn->lives->npoints; i++) {
        if (driver->sums[i].slices > 0 ||
            (i == SUM_CLOSED &&
             (!turn->lives->interrupted || turn->state == STATE_MUTE))) {
            keep_sum(turn, i);
        }
    }
    driver_stop(driver);
    turn->state = STATE_OUT;
}

int
turn_start_server(struct turn *turn, const char *const *prefix)
{
    const struct options *options = turn->lives->options;
    const struct scenario *scenario = turn->scenario;
    char address[FLAG_BYTES], delay[FLAG_BYTES], work[FLAG_BYTES];
    /* Our own servers get the flags of the scenario. */
    const char *const flags[] = {
        turn->contender->path,
        "--port=0",
        "--stats",
        turn->contender->flag,
        options->order.host ? address : NULL,
        scenario->load.handshake ? "--handshake" : NULL,
        scenario->delay_ms > 0 ? delay : NULL,
        scenario->work_us > 0 ? work : NULL,
    };
    struct server_order order = options->order;
    struct server *server = &turn->server;
    size_t n = 0;

    order.cpus = &turn->cpus;
    order.interrupted = &turn->lives->interrupted;
    order.command = turn->contender->command;
    PUT(address, "--address=%s", options->order.host);
    PUT(delay, "--delay=%d", scenario->delay_ms);
    PUT(work, "--work=%d", scenario->work_us);
    for (; prefix && prefix[n]; n++) {
        order.arguments[n] = prefix[n];
    }
    for (size_t i = 0; i < sizeof flags / sizeof flags[0] && !order.command;
         i++) {
        if (flags[i]) {
            order.arguments[n++] = flags[i];
        }
    }
    int status = server_start(server, &order);
    /* Who is not there says nothing; a tool names itself. */
    if (status != 0 && prefix &&
        server->end.wait_status == W_EXITCODE(127, 0) &&
        strncmp(server->errors, prefix[0], strlen(prefix[0])) != 0) {
        PUT(server->reason,
            "%s is not installed (on Debian: apt-get install %s)", prefix[0],
            prefix[0]);
    }
    return status;
}

void
turn_settle(const struct turn *turn)
{
    const struct server *server = &turn->server;
    /* Who serves in vain those who have left uses CPU once in each delay. */
    int look_ms = SETTLE_MS * (1 + turn->scenario->delay_ms);
    double before_ns = server_cpu_ns(server);

    for (int i = 0; i < SETTLE_MAX_MS / look_ms; i++) {
        poll(NULL, 0, look_ms);
        double now_ns = server_cpu_ns(server);
        if (!(now_ns - before_ns >= SETTLE_BUSY_NS) &&
            !server_is(server, SERVER_BUSY)) {
            return;
        }
        before_ns = now_ns;
    }
}

/* Have the clients do something, and look at the server when it rests. */
static bool
tell_and_look(struct turn *turn, void (*what)(struct turn *turn),
              struct server_look *look)
{
    if (!driver_tell(&turn->driver, what)) {
        return false;
    }
    turn_settle(turn);
    server_look(&turn->server, look);
    return true;
}

void
turn_begin(struct turn *turn)
{
    if (!turn->contender->path && !turn->contender->command) {
        turn_keep_reason(turn, LIFE_SKIPPED,
                         "not built: run make, which says why");
        return;
    }
    if (turn_start_server(turn, NULL) != 0) {
        if (!turn->lives->interrupted) {
            turn_keep_reason(turn, LIFE_FAILED, turn->server.reason);
        }
        return;
    }
    turn->state = STATE_DRIVEN;
    if (!driver_start(turn) ||
        !tell_and_look(turn, driver_alone, &turn->base) ||
        !tell_and_look(turn, driver_connect, &turn->connected)) {
        turn_end(turn);
    }
}

/* ---- slices ------------------------------------------------------------ */

/* Longer than any gap that server and load have of their own. */
static double
stall_gap_ms(const struct scenario *scenario)
{
    return STALL_GAP_MS + 2.0 * scenario->delay_ms +
           0.05 * scenario->load.clients +
           2e-3 * scenario->work_us * scenario->load.clients +
           (double)scenario->load.message_bytes / 1e5;
}

/* What the server did wrong counts though the times do not. */
static void
set_aside(struct driver *driver, struct engine_result *result)
{
    result->errors[ENGINE_CLIENT_LATE] = 0;
    engine_add_errors(&driver->rest, result);
    driver->rest.connected += result->connected;
}

/* Add the slice that the driver has just seen to a sum, and keep it. An open
 * loop in which the client was late charges no server; but where it always
 * was, there must be something to tell that from. False: it was to warm up,
 * or was cut off, and would say that clients were not served. */
static bool
keep_slice(struct turn *turn, int sum)
{
    struct driver *driver = &turn->driver;
    struct driver_sum *into = &driver->sums[sum];
    struct engine_result *last = &driver->last;
    bool cut_off = turn->lives->interrupted && !engine_has_wrong_byte(last) &&
                   (!driver->drained || last->window_ns < driver->slice_ns);
    bool counts = sum != SUM_WARMUP && !cut_off;
    bool late = last->errors[ENGINE_CLIENT_LATE] > 0;
    bool always_late = into->result.errors[ENGINE_CLIENT_LATE] > 0;
    struct slice slice = {
        .rate_per_s = turn->lives->grid[sum].rate_per_s,
        .seconds = (double)last->window_ns / 1e9,
        .echoes = (double)last->echoes,
        .server_cpu_us = driver->server_cpu_ns / 1e3,
        .client_cpu_us = (double)last->client_cpu_ns / 1e3,
        .gap_ms = (double)last->gap_ns / 1e6,
    };

    driver->echoes += last->echoes_total;
    if (!counts || (late && into->slices > 0 && !always_late)) {
        set_aside(driver, last);
    } else {
        if (always_late && !late) {
            set_aside(driver, &into->result);
            memset(into, 0, sizeof *into);
        }
        int64_t window_ns = into->result.window_ns + last->window_ns;
        crew_add_result(&into->result, last);
        into->result.window_ns = window_ns;
        into->server_cpu_ns += driver->server_cpu_ns;
        into->slices++;
    }
    if (!counts) {
        return false;
    }
    slice.stalled =
        sum == SUM_CLOSED && slice.gap_ms > stall_gap_ms(turn->scenario);
    if (slice.stalled) {
        into->stalls++;
        into->stall_ms = fmax(into->stall_ms, slice.gap_ms);
    }
    if (sum == SUM_CLOSED && into->slices <= TURN_RATES) {
        turn->rates[into->slices - 1] = slice.echoes / slice.seconds;
    }
    lives_keep_slice(turn->lives, turn->contender->name, &slice);
    return true;
}

void
turn_slice(struct turn *turn, int sum)
{
    struct driver *driver = &turn->driver;
    const struct grid_point *rate = &turn->lives->grid[sum];
    int64_t slice_ns =
        rate->rate_per_s > 0 ? grid_slice_ns(rate) : turn->slice_ns;

    if (driver_slice(driver, slice_ns, sum) && !keep_slice(turn, sum) &&
        turn->lives->interrupted) {
        return;
    }
    if (driver->engine_errno != 0 || !driver->drained ||
        engine_has_wrong_byte(&driver->last) ||
        server_ends_within(&turn->server, 0)) {
        turn_end(turn);
    } else if (driver->last.echoes == 0) {
        turn->state = STATE_MUTE;
    }
}

void
turn_warm_up(struct turn *turn)
{
    const struct engine_result *last = &turn->driver.last;
    int delay_ms = turn->scenario->delay_ms;
    int64_t end_ns = clock_now_ns() + WARMUP_MAX_MS * NS_PER_MS;
    /* node takes some 200 ms to compile, and up to then is as steady as it
     * is slow: no look at its cost tells. */
    int64_t least_ns =
        clock_now_ns() +
        (turn->contender->command ? COMPILE_MS * NS_PER_MS : 0);
    double least = INFINITY;

    turn->slice_ns = (WARMUP_MS + 4 * delay_ms) * NS_PER_MS;
    for (int steady = 0;
         (steady < WARMUP_STEADY || clock_now_ns() < least_ns) &&
         clock_now_ns() < end_ns;
         steady++) {
        turn_slice(turn, SUM_WARMUP);
        if (turn->state != STATE_DRIVEN || turn->lives->interrupted) {
            return;
        }
        double server_ns = turn->driver.server_cpu_ns;
        double cost = (server_ns > 0 ? server_ns : (double)last->window_ns) /
                      (double)last->echoes;
        if (cost < WARMUP_GAIN * least) {
            steady = -1;
            least = cost;
        }
    }
    double slice_ms = SLICE_TURNS * (double)last->window_ns / 1e6 *
                      last->served / (double)last->echoes;
    slice_ms = fmax(fmin(slice_ms, SLICE_MS_MAX),
                    fmax(SLICE_MS_MIN, SLICE_DELAYS * delay_ms));
    turn->slice_ns = (int64_t)(slice_ms * 1e6);
}
