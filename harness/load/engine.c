/*
 * engine.c: a run and its phases.
 *
 * Connect, warm up, measure, drain, ask the silent, close. Each phase is a
 * loop of run_turn() with a reason to end; what happens to a connection in
 * the meantime is connection.c's business.
 */
#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "harness/load/internal.h"
#include "harness/load/load.h"

enum {
    SPARE_DESCRIPTORS = 16,   /* epoll, standard streams, files */
    CONNECT_TIMEOUTS_MAX = 4, /* so often may connecting begin anew */
    /* So much of a slice of an open loop goes before it and is not measured:
     * were it less than an echo takes, the first echoes would be missing, and
     * a server that is slow but keeps the rate be called saturated. */
    SLICE_WARMUP_PART = 5,
};

/* How long to wait for messages under way: in all, and when nothing comes
 * back. Where somebody waits in vain whom the server has served before, that
 * fails the server, so a busy machine must not be taken for it. The silent
 * are waited for as long as answers come, whatever number there are, so that
 * it is not the speed that decides who was served. */
#define DRAIN_MAX_NS   (500 * NS_PER_MS)
#define DRAIN_STILL_NS (100 * NS_PER_MS)
#define STALL_MAX_NS   (5 * NS_PER_S)
#define STALL_STILL_NS NS_PER_S
#define ASK_MAX_NS     (60 * NS_PER_S)
#define ASK_STILL_NS   (250 * NS_PER_MS)

static bool
is_connecting(const struct engine *run)
{
    return (run->connecting > 0 || !TAILQ_EMPTY(&run->to_connect)) &&
           !run_is_interrupted(run);
}

/* Is a message due in an open loop that has a client for it, or under way of
 * a client that has been served before? */
static bool
is_awaited_again(const struct engine *run)
{
    return run->pending > run->strangers ||
           (run->alive > 0 && open_loop_waits(run));
}

/* The same, of any client. */
static bool
is_awaited(const struct engine *run)
{
    return run->pending > 0 || is_awaited_again(run);
}

static void
call_on_phase(struct engine *run, enum engine_phase phase)
{
    if (run->options.on_phase != NULL) {
        run->options.on_phase(phase, run->options.arg);
    }
    run->now_ns = clock_now_ns();
}

/* Connect the slots from `first` up to `end`. Returns when all are through,
 * failed, or late: a server whose queue is full for a moment makes the kernel
 * wait a second, and a slow machine has many such moments, so the time begins
 * anew while clients get through. What is late then, or not even begun, is
 * given up. */
static void
connect_slots(struct engine *run, struct connection *first,
              const struct connection *end)
{
    int64_t timeout_ns = run->options.connect_timeout_ns;
    for (struct connection *it = first; it < end; it++) {
        TAILQ_INSERT_TAIL(&run->to_connect, it, queue);
    }
    run_while(run, is_connecting, CONNECT_TIMEOUTS_MAX * timeout_ns,
              timeout_ns);
    TAILQ_INIT(&run->to_connect);
    for (; first < end && !run_is_interrupted(run); first++) {
        if (first->state == CONNECTION_CONNECTING ||
            first->state == CONNECTION_CLOSED) {
            connection_fail(run, first, ENGINE_CONNECT_TIMEOUT, 0);
        }
    }
}

/* ---- the window -------------------------------------------------------- */

/* Let the clients from `first` up to `end` have a message each. */
static void
start_speaking(struct engine *run, struct connection *first,
               const struct connection *end)
{
    for (struct connection *it = first; it < end; it++) {
        if (run->options.churn && it->state == CONNECTION_CLOSED) {
            TAILQ_INSERT_TAIL(&run->to_connect, it, queue);
        } else if (it->state != CONNECTION_QUIET) {
            continue;
        } else if (open_loop_is_on(run) && !it->silent) {
            open_loop_free(run, it);
        } else {
            run->now_ns = clock_now_ns();
            connection_send(run, it);
        }
    }
}

/* Let all speak that do. */
static void
start_load(struct engine *run)
{
    if (open_loop_is_on(run)) {
        schedule_begin(&run->schedule, &run->options, run->now_ns);
        run->measured_from_ns = INT64_MAX;
        run->due_until_ns = INT64_MAX;
    }
    start_speaking(run, run->speaking, run->end);
}

/* What is under way in a slice comes back. In the first one nobody has been
 * served yet, so all get a chance. */
static void
drain(struct engine *run)
{
    run->stopping = true;
    if (run->strangers > 0 && !run->has_drained) {
        run_while(run, is_awaited, DRAIN_MAX_NS, DRAIN_STILL_NS);
    }
    run->has_drained = true;
    run_while(run, is_awaited_again, STALL_MAX_NS, STALL_STILL_NS);
    while (run->connecting > 0 && !run_is_interrupted(run)) {
        run_turn(run, run->now_ns + STALL_STILL_NS);
        run_while(run, is_awaited_again, STALL_MAX_NS, STALL_STILL_NS);
    }
}

/* The window. It may hold the `whole` load, from its beginning; and it may be
 * `drained`, so that all that goes on in it ends there. */
static void
measure(struct engine *run, bool whole, bool drained)
{
    struct engine_result *result = run->result;
    call_on_phase(run, ENGINE_WINDOW_BEGIN);
    run->measuring = true;
    int64_t begin_ns = clock_now_ns();
    int64_t begin_cpu_ns = clock_thread_cpu_ns() - run->spun_ns;
    run->moved_ns = begin_ns;
    run->gap_ns = 0;
    if (whole) {
        start_load(run);
    }
    run->measured_from_ns = begin_ns;
    run_until(run, begin_ns + run->options.window_ns);
    if (drained) {
        drain(run);
    }
    int64_t cpu_ns = clock_thread_cpu_ns() - run->spun_ns - begin_cpu_ns;
    result->client_cpu_ns = MAX(cpu_ns, 0);
    result->window_ns = clock_now_ns() - begin_ns;
    connection_moved(run);
    result->gap_ns = run->gap_ns;
    run->measuring = false;
    run->due_until_ns = begin_ns + result->window_ns;
    run->window_full = false;
    result->interrupted = run_is_interrupted(run);
    call_on_phase(run, ENGINE_WINDOW_END);
}

/* ---- the end ----------------------------------------------------------- */

/* Count the clients that the server has begun to serve and then left. */
static void
count_stalled(struct engine *run)
{
    struct engine_result *result = run->result;
    result->stalled = result->stalled_inside = result->stalled_behind = 0;
    for (const struct connection *it = run->connections; it < run->end;
         it++) {
        const struct stream *stream = &it->stream;
        bool echoing = it->state == CONNECTION_ECHOING;
        bool inside =
            echoing &&
            stream->nread > stream->message_end - run->options.message_bytes;
        bool behind = it->state == CONNECTION_PARTING;
        result->stalled += (echoing || behind) && (it->served || inside);
        result->stalled_inside += inside;
        result->stalled_behind += behind;
    }
}

/* A server that has sent more than the last echo is wrong, though nobody was
 * to receive it any more. Who has no echo is unfinished; the books of an open
 * loop are closed, and of that only the silent are left. */
static void
look_at_the_end(struct engine *run)
{
    for (struct connection *it = run->connections; it < run->end; it++) {
        char byte;
        if (it->state == CONNECTION_QUIET &&
            recv(it->fd, &byte, 1, MSG_PEEK) > 0) {
            connection_ready(run, it, EPOLLIN);
        } else if (it->state == CONNECTION_ECHOING) {
            run->result->unfinished += it->silent || !open_loop_is_on(run);
        }
    }
}

static void
finish(struct engine *run)
{
    run->stopping = true;
    run_while(run, is_awaited, DRAIN_MAX_NS, DRAIN_STILL_NS);
    if (open_loop_is_on(run)) {
        open_loop_close(run);
    }
    count_stalled(run);
    if (run->result->stalled > 0 && !run_is_interrupted(run)) {
        run_while(run, is_awaited, STALL_MAX_NS, STALL_STILL_NS);
    }
    run->result->served_speaking = run->result->served;
    if (run->options.ask_silent && run_is_interrupted(run)) {
        run->result->asked -= run->options.silent_clients;
    } else if (run->options.ask_silent) {
        /* Who served everybody so far is more likely slow than through. */
        bool serves = run->result->served >= run->options.clients;
        start_speaking(run, run->connections, run->speaking);
        run_while(run, is_awaited, ASK_MAX_NS,
                  serves ? STALL_STILL_NS : ASK_STILL_NS);
    }
    look_at_the_end(run);
    count_stalled(run);
    for (struct connection *it = run->connections; it < run->end; it++) {
        connection_close(run, it);
    }
}

/* ---- the run ----------------------------------------------------------- */

static void
destroy(struct engine *run)
{
    prctl(PR_SET_TIMERSLACK, 0, 0, 0, 0); /* as before */
    close(run->epoll_fd);
    deadline_queue_free(&run->wakes);
    free(run->connections);
    free(run);
}

static void
see_into(struct engine *run, struct engine_result *result)
{
    memset(result, 0, sizeof *result);
    run->result = result;
    run->now_ns = clock_now_ns();
}

struct engine *
engine_open(const struct engine_options *options,
            struct engine_result *result)
{
    struct engine *run = given(calloc(1, sizeof *run));
    /* The kernel may end a thread's sleep up to 50 us late, to wake several
     * at once; a schedule, and the pause in a greeting, have no such time. */
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    see_into(run, result);
    result->asked = options->clients +
                    (options->ask_silent ? options->silent_clients : 0);
    run->options = *options;
    run->options.runs = MAX(1, options->runs);
    if (options->connect_timeout_ns == 0) {
        run->options.connect_timeout_ns = 3 * NS_PER_S;
    }
    int count = options->silent_clients + options->clients;
    run->alive = options->clients;
    run->next_number = options->index;
    TAILQ_INIT(&run->to_connect);
    TAILQ_INIT(&run->free);
    run->connections = given(calloc((size_t)count, sizeof *run->connections));
    run->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (run->epoll_fd == -1 ||
        deadline_reserve(&run->wakes, (size_t)count) != 0) {
        warn("cannot start");
        _exit(EXIT_NO_MEASURE); /* other threads may do so, too */
    }
    run->speaking = run->connections + options->silent_clients;
    run->end = run->connections + count;
    for (struct connection *it = run->connections; it < run->end; it++) {
        it->fd = -1;
        it->silent = it < run->speaking;
    }
    connect_slots(run, run->connections, run->speaking);
    if (!options->churn) {
        connect_slots(run, run->speaking, run->end);
    }
    call_on_phase(run, ENGINE_CONNECTED);
    return run;
}

void
engine_run(const struct engine_options *options, struct engine_result *result)
{
    struct engine *run = engine_open(options, result);
    run->begun_ns = run->now_ns;
    if (options->warmup_ns > 0) {
        start_load(run);
        run_until(run, run->now_ns + options->warmup_ns);
    }
    measure(run, options->warmup_ns == 0, false);
    finish(run);
    destroy(run);
}

/* ---- slices ------------------------------------------------------------ */

bool
engine_slice(struct engine *run, int64_t slice_ns, double rate_per_s,
             uint64_t seed, struct engine_result *result)
{
    see_into(run, result);
    run->options.window_ns = slice_ns;
    run->options.rate_per_s = rate_per_s;
    run->options.seed = seed;
    run->stopping = false;
    if (open_loop_is_on(run)) {
        start_load(run);
        run_until(run, run->now_ns + slice_ns / SLICE_WARMUP_PART);
        measure(run, false, false);
        drain(run);
        open_loop_close(run);
    } else {
        measure(run, true, true);
    }
    /* Those that wait to connect again, or are free, have no part in what
     * comes next: it begins with all of them. Who is in the middle of a
     * greeting goes on with it. */
    TAILQ_INIT(&run->to_connect);
    result->served = 0;
    for (struct connection *it = run->connections; it < run->end; it++) {
        result->served += it->served && !it->silent;
        if (it->state == CONNECTION_CLOSED) {
            deadline_remove(&run->wakes, &it->wake);
        }
        open_loop_forget(run, it);
    }
    return !is_awaited_again(run);
}

static int
compare_echoes(const void *left, const void *right)
{
    int64_t a = ((const struct connection *)left)->echoes;
    int64_t b = ((const struct connection *)right)->echoes;
    return (a > b) - (a < b);
}

void
engine_close(struct engine *run, struct engine_result *result)
{
    see_into(run, result);
    run->options.rate_per_s = 0;
    finish(run);
    /* All are closed, and in no queue: they may change places. */
    qsort(run->speaking, (size_t)(run->end - run->speaking),
          sizeof *run->speaking, compare_echoes);
    const struct connection *least = run->speaking;
    while (least < run->end && least->echoes == 0) {
        least++;
    }
    int count = (int)(run->end - least);
    const struct connection *median = least + count / 2;
    result->served = count;
    for (const struct connection *it = run->connections; it->silent; it++) {
        result->served += it->served;
    }
    result->fairness =
        count > 0 ? (double)least->echoes / (double)median->echoes : NAN;
    destroy(run);
}

int
engine_descriptors_needed(const struct engine_options *options)
{
    return options->silent_clients + options->clients + SPARE_DESCRIPTORS;
}
