/*
 * open_loop.c: messages that are sent when they are due.
 */
#include <math.h>
#include <sys/param.h>

#include "harness/load/internal.h"

enum {
    JUDGED_MIN = 100,    /* messages; the lag of fewer says nothing */
    OVERSLEPT_PART = 10, /* of a window that may be too long by it */
    SLEPT_PART = 100,    /* of a window that may be slept away in it */
};

/* ---- the schedule ------------------------------------------------------ */

/* A random number of 64 bits: a counter in steps of 2^64 / 1.618, whose bits
 * two multiplications mix until none shows where it came from. Any seed is
 * good. */
static uint64_t
next_random(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = *state;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

void
schedule_pass(struct schedule *schedule)
{
    double gap = 1; /* a sum of which is exact: no error is carried on */
    if (schedule->kind == SCHEDULE_POISSON) {
        /* An exponential gap of mean 1 is minus the logarithm of a number
         * above 0 and at most 1, of which the generator's upper 53 bits are
         * all that a double holds. */
        uint64_t random = next_random(&schedule->random) >> 11;
        gap = -log((double)(random + 1) * 0x1p-53);
    }
    schedule->gaps += gap;
    schedule->next_ns =
        schedule->begin_ns + (int64_t)(schedule->gaps * schedule->gap_ns);
}

void
schedule_begin(struct schedule *schedule,
               const struct engine_options *options, int64_t begin_ns)
{
    *schedule = (struct schedule){
        .kind = options->arrivals,
        .gap_ns = 1e9 / options->rate_per_s,
        .begin_ns = begin_ns,
        .random = options->seed,
    };
    if (schedule->kind == SCHEDULE_FIXED) {
        /* Of several runs, each is a part of a gap behind the one before. */
        schedule->gaps = (options->index + 1.0) / options->runs - 1;
    }
    schedule_pass(schedule);
}

/* ---- sending ----------------------------------------------------------- */

bool
open_loop_is_on(const struct engine *run)
{
    return run->options.rate_per_s > 0;
}

void
open_loop_free(struct engine *run, struct connection *connection)
{
    connection->free_ns = run->now_ns;
    TAILQ_INSERT_TAIL(&run->free, connection, queue);
}

void
open_loop_forget(struct engine *run, struct connection *connection)
{
    if (connection->free_ns != 0) {
        connection->free_ns = 0;
        TAILQ_REMOVE(&run->free, connection, queue);
    }
}

/* Is a message due at `due_ns` inside the measured window? */
static bool
is_measured(const struct engine *run, int64_t due_ns)
{
    return due_ns >= run->measured_from_ns && due_ns < run->due_until_ns;
}

bool
open_loop_waits(const struct engine *run)
{
    int64_t next_ns = run->schedule.next_ns;
    return open_loop_is_on(run) && next_ns <= run->now_ns &&
           next_ns < run->due_until_ns;
}

struct connection *
open_loop_take(struct engine *run)
{
    struct connection *connection = TAILQ_FIRST(&run->free);
    int64_t due_ns = run->schedule.next_ns;
    if (connection == NULL || !open_loop_waits(run)) {
        return NULL;
    }
    schedule_pass(&run->schedule);
    run->now_ns = clock_now_ns();
    connection->intended_ns = due_ns;
    if (is_measured(run, due_ns)) {
        run->result->arrivals++;
        histogram_record(&run->result->lag,
                         run->now_ns - MAX(due_ns, connection->free_ns));
    }
    open_loop_forget(run, connection);
    return connection;
}

/* ---- results ----------------------------------------------------------- */

void
open_loop_record(struct engine *run, const struct connection *connection)
{
    struct engine_result *result = run->result;
    if (is_measured(run, connection->intended_ns)) {
        histogram_record(&result->latency,
                         run->now_ns - connection->start_ns);
        histogram_record(&result->response,
                         run->now_ns - connection->intended_ns);
    }
}

/* Count a message without its echo. Its age is less than its response time
 * would have been, but leaving it out would make a server that answers late
 * look better the fewer it answers. */
static void
count_unfinished(struct engine *run, int64_t due_ns)
{
    struct engine_result *result = run->result;
    int64_t age_ns = run->now_ns - due_ns;
    result->unfinished++;
    result->oldest_ns = MAX(result->oldest_ns, age_ns);
    if (is_measured(run, due_ns)) {
        histogram_record(&result->response, age_ns);
    }
}

/* A client that is late itself, by more than a fifth of what the server
 * takes, or that has no CPU time left, measures nothing but itself. Nor does
 * one that was kept asleep: of what was due meanwhile only the first message
 * of each connection has a lag, and the queue behind them would be charged to
 * the server; or, if that was the end of the window, was never sent. */
static void
judge(struct engine *run)
{
    struct engine_result *result = run->result;
    int64_t asked_ns = run->options.window_ns;
    int64_t allowed_ns = histogram_quantile_ns(&result->latency, 0.5) / 5;
    bool late = result->lag.count >= JUDGED_MIN &&
                histogram_quantile_ns(&result->lag, 0.99) >
                    MAX(allowed_ns, ENGINE_LAG_MAX_NS);
    bool busy = (double)result->client_cpu_ns >
                ENGINE_CPU_SHARE_MAX * (double)result->window_ns;
    bool too_long = result->window_ns > asked_ns + asked_ns / OVERSLEPT_PART;
    bool asleep = result->overslept_ns > result->window_ns / SLEPT_PART;
    if (late || busy || too_long || asleep) {
        result->errors[ENGINE_CLIENT_LATE]++;
    }
}

void
open_loop_close(struct engine *run)
{
    for (const struct connection *it = run->speaking; it < run->end; it++) {
        if (it->state == CONNECTION_ECHOING) {
            count_unfinished(run, it->intended_ns);
        }
    }
    while (open_loop_waits(run)) {
        run->result->arrivals += is_measured(run, run->schedule.next_ns);
        count_unfinished(run, run->schedule.next_ns);
        schedule_pass(&run->schedule);
    }
    /* What comes back from now on has been given up, and what has not been
     * sent is not sent any more. */
    run->measured_from_ns = INT64_MAX;
    run->due_until_ns = INT64_MIN;
    judge(run);
}
