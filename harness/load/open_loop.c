/*
 * open_loop.c: messages that are sent when they are due.
 */
#include "harness/load/open_loop.h"

#include "harness/load/exchange.h"
#include "harness/load/run.h"

enum {
    JUDGED_MIN = 100,           /* messages; the lag of fewer says nothing */
    OVERSLEPT_PART = 10,        /* of a window that may be too long by it */
    SLEPT_PART = 100,           /* of a window that may be slept away in it */
    SLEPT_NS_MIN = 1000 * 1000, /* a sleep too long by less is no accident */
};

bool
open_loop_is_on(const struct run *run)
{
    return run->options->rate_per_s > 0;
}

void
open_loop_begin(struct run *run)
{
    const struct engine_options *options = run->options;
    double part = options->part > 0 ? options->part : 1;
    schedule_begin(&run->schedule, options->arrivals, options->rate_per_s,
                   part, options->seed, run->now_ns);
    run->measured_from_ns = INT64_MAX;
    run->due_until_ns = INT64_MAX;
}

void
open_loop_measure(struct run *run, int64_t begin_ns)
{
    run->measured_from_ns = begin_ns;
}

void
open_loop_end(struct run *run, int64_t end_ns)
{
    run->due_until_ns = end_ns;
}

/* ---- sending ----------------------------------------------------------- */

void
open_loop_free(struct run *run, struct connection *connection)
{
    connection->free = true;
    connection->free_ns = run->now_ns;
    TAILQ_INSERT_TAIL(&run->free, connection, queue);
}

void
open_loop_forget(struct run *run, struct connection *connection)
{
    if (connection->free) {
        connection->free = false;
        TAILQ_REMOVE(&run->free, connection, queue);
    }
}

/* Is a message due at `due_ns` inside the measured window? */
static bool
is_measured(const struct run *run, int64_t due_ns)
{
    return due_ns >= run->measured_from_ns && due_ns < run->due_until_ns;
}

bool
open_loop_waits(const struct run *run)
{
    return open_loop_is_on(run) && run->schedule.next_ns <= run->now_ns &&
           run->schedule.next_ns < run->due_until_ns;
}

void
open_loop_send(struct run *run)
{
    struct connection *connection;
    while (open_loop_waits(run) &&
           (connection = TAILQ_FIRST(&run->free)) != NULL) {
        open_loop_forget(run, connection);
        int64_t due_ns = run->schedule.next_ns;
        int64_t could_ns =
            due_ns > connection->free_ns ? due_ns : connection->free_ns;
        schedule_pass(&run->schedule);
        run->now_ns = clock_now_ns();
        connection->intended_ns = due_ns;
        if (is_measured(run, due_ns)) {
            run->result->arrivals++;
            histogram_record(&run->result->lag, run->now_ns - could_ns);
        }
        exchange_begin(run, connection);
    }
}

void
open_loop_woke(struct run *run, const struct timespec *sleep)
{
    if (!run->measuring) {
        return;
    }
    int64_t late_ns = clock_now_ns() - run->now_ns -
                      (sleep->tv_sec * 1000000000 + sleep->tv_nsec);
    if (late_ns >= SLEPT_NS_MIN) {
        run->result->overslept_ns += late_ns;
    }
}

int64_t
open_loop_next_ns(const struct run *run)
{
    if (!open_loop_is_on(run) || TAILQ_EMPTY(&run->free) ||
        run->schedule.next_ns >= run->due_until_ns) {
        return INT64_MAX;
    }
    return run->schedule.next_ns;
}

/* ---- results ----------------------------------------------------------- */

void
open_loop_record(struct run *run, const struct connection *connection)
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
count_unfinished(struct run *run, int64_t due_ns)
{
    struct engine_result *result = run->result;
    int64_t age_ns = run->now_ns - due_ns;
    result->unfinished++;
    if (age_ns > result->oldest_ns) {
        result->oldest_ns = age_ns;
    }
    if (is_measured(run, due_ns)) {
        histogram_record(&result->response, age_ns);
    }
}

static bool
is_on_its_way(const struct connection *connection)
{
    return !connection->silent && (connection->state == CONNECTION_GREETING ||
                                   connection->state == CONNECTION_ECHOING);
}

/* A client that is late itself, by more than a fifth of what the server
 * takes, or that has no CPU time left, measures nothing but itself. Nor does
 * one that was kept asleep: of what was due meanwhile only the first message
 * of each connection has a lag, and the queue behind them would be charged to
 * the server; or, if that was the end of the window, was never sent. */
static void
judge(struct run *run)
{
    struct engine_result *result = run->result;
    int64_t allowed_ns = histogram_quantile_ns(&result->latency, 0.5) / 5;
    if (allowed_ns < ENGINE_LAG_MAX_NS) {
        allowed_ns = ENGINE_LAG_MAX_NS;
    }
    bool late = result->lag.count >= JUDGED_MIN &&
                histogram_quantile_ns(&result->lag, 0.99) > allowed_ns;
    bool busy = (double)result->client_cpu_ns >
                ENGINE_CPU_SHARE_MAX * (double)result->window_ns;
    bool too_long =
        result->window_ns >
        run->options->window_ns + run->options->window_ns / OVERSLEPT_PART;
    bool asleep = result->overslept_ns > result->window_ns / SLEPT_PART;
    if (late || busy || too_long || asleep) {
        run_count_error(run, ENGINE_CLIENT_LATE, 0);
    }
}

void
open_loop_close(struct run *run)
{
    for (int i = 0; i < run->count; i++) {
        if (is_on_its_way(&run->connections[i])) {
            count_unfinished(run, run->connections[i].intended_ns);
        }
    }
    while (open_loop_waits(run)) {
        int64_t due_ns = run->schedule.next_ns;
        if (is_measured(run, due_ns)) {
            run->result->arrivals++;
        }
        count_unfinished(run, due_ns);
        schedule_pass(&run->schedule);
    }
    /* What comes back from now on has been given up, and what has not been
     * sent is not sent any more. */
    run->measured_from_ns = INT64_MAX;
    run->due_until_ns = INT64_MIN;
    judge(run);
}
