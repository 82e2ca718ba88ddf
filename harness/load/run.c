/*
 * run.c: the loop. Wait, hand out the events, do what is due.
 */
#include <errno.h>
#include <poll.h>
#include <sys/param.h>
#include <time.h>

#include "harness/load/internal.h"

enum {
    TICK_NS = 100 * 1000 * 1000,     /* between looks for overdue messages */
    TICK_MIN_NS = 1000 * 1000,       /* with a short timeout */
    PROGRESS_NS = 500 * 1000 * 1000, /* between calls of on_progress */
    LOST_NS_MIN = 100 * 1000 * 1000, /* a turn longer by that was no turn */
    SLEPT_NS_MIN = 1000 * 1000, /* a sleep too long by less is no accident */
};

/* Who stopped it will let it go on; if it did itself, it waits for nobody. */
#define PAUSED_NS_MAX (60 * NS_PER_S)

bool
run_is_interrupted(const struct engine *run)
{
    return run->options.interrupted != NULL && *run->options.interrupted;
}

/* Is the server's process stopped by somebody? That is not its fault: whoever
 * is late may be so from now on. */
static bool
is_paused(struct engine *run)
{
    if (run->options.is_paused == NULL ||
        !run->options.is_paused(run->options.arg)) {
        run->paused_from_ns = 0;
        return false;
    }
    if (run->paused_from_ns == 0) {
        run->paused_from_ns = run->now_ns;
    }
    if (run->now_ns - run->paused_from_ns > PAUSED_NS_MAX) {
        return false;
    }
    run->patient_from_ns = run->now_ns;
    connection_moved(run);
    return true;
}

/* How long a connection may stay as it is; 0: as long as it takes. */
static int64_t
patience_ns(const struct engine_options *options,
            const struct connection *connection)
{
    enum connection_state state = connection->state;
    if (state == CONNECTION_ECHOING) {
        return options->timeout_ns;
    }
    return options->churn && (state == CONNECTION_CONNECTING ||
                              state == CONNECTION_PARTING)
               ? options->connect_timeout_ns
               : 0;
}

/* A few times a second: fail what has waited too long, and tell of progress.
 * Looking at each connection ten times a second costs less than keeping them
 * in order all the time; a timeout is noticed up to an eighth too late. */
static void
tick(struct engine *run)
{
    const struct engine_options *options = &run->options;
    int64_t step_ns = options->timeout_ns != 0
                          ? MIN(TICK_NS, options->timeout_ns / 8)
                          : TICK_NS;
    run->next_tick_ns = run->now_ns + MAX(step_ns, TICK_MIN_NS);
    for (struct connection *it = run->connections; it < run->end; it++) {
        int64_t limit_ns = patience_ns(options, it);
        if (limit_ns != 0 && run->now_ns - it->start_ns > limit_ns &&
            run->now_ns - run->patient_from_ns > limit_ns &&
            !is_paused(run)) {
            bool connects = it->state == CONNECTION_CONNECTING;
            connection_fail(
                run, it, connects ? ENGINE_CONNECT_TIMEOUT : ENGINE_TIMEOUT,
                0);
        }
    }
    if (options->on_progress != NULL && run->begun_ns != 0 &&
        run->now_ns >= run->next_progress_ns) {
        double over_ns = (double)(run->now_ns - run->begun_ns);
        double whole_ns = (double)(options->warmup_ns + options->window_ns);
        run->next_progress_ns = run->now_ns + PROGRESS_NS;
        options->on_progress(run->result->echoes_total,
                             MIN(over_ns / whole_ns, 1), options->arg);
    }
}

static bool
may_connect(const struct engine *run)
{
    return !run->stopping && run->connecting < RUN_CONNECTING_MAX &&
           !TAILQ_EMPTY(&run->to_connect);
}

static void
do_what_is_due(struct engine *run)
{
    struct deadline *wake;
    while ((wake = deadline_first(&run->wakes)) != NULL &&
           wake->at_ns <= run->now_ns) {
        connection_wake(run, (struct connection *)wake);
    }
    connection_send_due(run);
    while (may_connect(run)) {
        struct connection *connection = TAILQ_FIRST(&run->to_connect);
        TAILQ_REMOVE(&run->to_connect, connection, queue);
        connection_open(run, connection);
    }
    if (run->now_ns >= run->next_tick_ns) {
        tick(run);
    }
}

static int64_t
time_to_sleep_ns(const struct engine *run, int64_t until_ns)
{
    const struct deadline *wake = deadline_first(&run->wakes);
    if (may_connect(run)) {
        return 0;
    }
    int64_t due_ns = run->schedule.next_ns;
    if (!TAILQ_EMPTY(&run->free) && due_ns < run->due_until_ns) {
        until_ns = MIN(until_ns, due_ns - run->options.spin_ns);
    }
    if (wake != NULL) {
        until_ns = MIN(until_ns, wake->at_ns);
    }
    until_ns = MIN(until_ns, run->next_tick_ns);
    return MAX(until_ns - run->now_ns, 0);
}

/* Since Linux 5.11 and glibc 2.35. Before, two calls wait in nanoseconds. */
__attribute__((weak)) int epoll_pwait2(int, struct epoll_event *, int,
                                       const struct timespec *,
                                       const sigset_t *);

/* Wait for the next batch of events. In an open loop the time is looked at
 * on both sides of it: sending takes longer than looking, and the sleep would
 * be too long by as much as that; spinning is not work; and a sleep may be
 * longer than it was asked to be. Returns what was asked. */
static int64_t
wait_for_events(struct engine *run, int64_t until_ns)
{
    bool open_loop = open_loop_is_on(run);
    if (open_loop) {
        run->now_ns = clock_now_ns();
    }
    int64_t wait_ns = time_to_sleep_ns(run, until_ns);
    const struct timespec sleep = {.tv_sec = wait_ns / NS_PER_S,
                                   .tv_nsec = wait_ns % NS_PER_S};
    int count = -1;
    /* Unknown to the kernel it is ENOSYS, to some containers EPERM. */
    if (epoll_pwait2 == NULL ||
        ((count = epoll_pwait2(run->epoll_fd, run->events, RUN_EVENTS_MAX,
                               &sleep, NULL)) == -1 &&
         errno != EINTR)) {
        ppoll(&(struct pollfd){run->epoll_fd, POLLIN, 0}, 1, &sleep, NULL);
        count = epoll_wait(run->epoll_fd, run->events, RUN_EVENTS_MAX, 0);
    }
    run->event_count = MAX(count, 0);
    run->event_next = 0;
    if (!open_loop) {
        return wait_ns;
    }
    int64_t now_ns = clock_now_ns();
    int64_t late_ns = now_ns - run->now_ns - wait_ns;
    if (run->measuring && late_ns >= SLEPT_NS_MIN) {
        run->result->overslept_ns += late_ns;
    }
    if (run->options.spin_ns > 0 && count == 0 && wait_ns == 0) {
        run->spun_ns += now_ns - run->now_ns;
        run->now_ns = now_ns;
    }
    return wait_ns;
}

void
run_turn(struct engine *run, int64_t until_ns)
{
    int64_t begin_ns = run->now_ns;
    int64_t wait_ns = 0;
    if (run->event_next == run->event_count) {
        wait_ns = wait_for_events(run, until_ns);
    }
    int64_t before_ns = run->now_ns;
    while (run->event_next < run->event_count && !run->window_full) {
        const struct epoll_event *event = &run->events[run->event_next++];
        connection_ready(run, event->data.ptr, event->events);
    }
    /* Each echo looks at the clock; where there was none, it is our turn. */
    if (run->now_ns == before_ns) {
        run->now_ns = clock_now_ns();
    }
    /* A turn that took much longer than it could means that we were stopped,
     * or the whole machine was: nobody else may be blamed for that time. */
    int64_t lost_ns = run->now_ns - begin_ns - wait_ns;
    if (lost_ns > LOST_NS_MIN) {
        run->lost_ns += lost_ns;
        run->moved_ns += lost_ns;
        run->gap_ns = MAX(run->gap_ns, lost_ns);
        run->patient_from_ns = run->now_ns;
    }
    do_what_is_due(run);
}

void
run_while(struct engine *run, bool (*is_so)(const struct engine *run),
          int64_t max_ns, int64_t still_ns)
{
    int64_t end_ns = run->now_ns + max_ns - run->lost_ns;
    connection_moved(run);
    while (is_so(run)) {
        int64_t until_ns =
            MIN(end_ns + run->lost_ns, run->moved_ns + still_ns);
        if (run->now_ns < until_ns) {
            run_turn(run, until_ns);
        } else if (!run_is_interrupted(run) && is_paused(run)) {
            end_ns = run->now_ns + max_ns - run->lost_ns;
        } else {
            return;
        }
    }
}

void
run_until(struct engine *run, int64_t end_ns)
{
    while (run->now_ns < end_ns && run->alive > 0 && !run->window_full &&
           !run_is_interrupted(run)) {
        run_turn(run, end_ns);
    }
}
