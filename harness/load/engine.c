/*
 * engine.c: a run and its phases.
 *
 * Connect, warm up, measure, drain, ask the silent, close. Each phase is a
 * loop of run_turn() with a reason to end; what happens to a connection in
 * the meantime is connection.c's and exchange.c's business.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "harness/load/internal.h"

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

struct engine {
    struct run run;                /* the state of it all */
    struct engine_options options; /* a copy; a slice sets its own parts */
};

/* ---- waiting ------------------------------------------------------------
 */

static bool
is_connecting(const struct run *run)
{
    return (run->connecting > 0 || !TAILQ_EMPTY(&run->to_connect)) &&
           !run_is_interrupted(run);
}

/* Is a message under way, or due in an open loop that has a client for it? */
static bool
is_awaited(const struct run *run)
{
    return run->pending > 0 || (run->alive > 0 && open_loop_waits(run));
}

/* The same, but for messages of clients that were never served. */
static bool
is_awaited_again(const struct run *run)
{
    return run->pending > run->strangers ||
           (run->alive > 0 && open_loop_waits(run));
}

/* ---- connecting ---------------------------------------------------------
 */

static void
call_on_phase(struct run *run, enum engine_phase phase)
{
    if (run->options->on_phase != NULL) {
        run->options->on_phase(phase, run->options->arg);
    }
    run->now_ns = clock_now_ns();
}

/* Give up every connect that is not through, and those not even begun. */
static void
give_up_connecting(struct run *run)
{
    struct connection *connection;
    bool late = !run_is_interrupted(run);
    for (int i = 0; i < run->count; i++) {
        connection = &run->connections[i];
        if (connection->state == CONNECTION_CONNECTING && late) {
            connection_fail(run, connection, ENGINE_CONNECT_TIMEOUT, 0);
        }
    }
    while ((connection = TAILQ_FIRST(&run->to_connect)) != NULL) {
        TAILQ_REMOVE(&run->to_connect, connection, queue);
        if (late) {
            connection_fail(run, connection, ENGINE_CONNECT_TIMEOUT, 0);
        }
    }
}

/* Connect the slots from `first` up to `end`. Returns when all are through,
 * failed, or late: a server whose queue is full for a moment makes the kernel
 * wait a second, and a slow machine has many such moments, so the time begins
 * anew while clients get through. */
static void
connect_slots(struct run *run, int first, int end)
{
    int64_t timeout_ns = run_connect_timeout_ns(run->options);
    for (int i = first; i < end; i++) {
        TAILQ_INSERT_TAIL(&run->to_connect, &run->connections[i], queue);
    }
    run_while(run, is_connecting, CONNECT_TIMEOUTS_MAX * timeout_ns,
              timeout_ns);
    give_up_connecting(run);
}

static void
connect_all(struct run *run)
{
    connect_slots(run, 0, run->options->silent_clients);
    if (!run->options->churn) {
        connect_slots(run, run->options->silent_clients, run->count);
    }
    call_on_phase(run, ENGINE_CONNECTED);
}

/* ---- the window ---------------------------------------------------------
 */

static void
start_speaking(struct run *run)
{
    if (open_loop_is_on(run)) {
        open_loop_begin(run);
    }
    for (int i = run->options->silent_clients; i < run->count; i++) {
        struct connection *connection = &run->connections[i];
        if (run->options->churn && connection->state == CONNECTION_CLOSED) {
            TAILQ_INSERT_TAIL(&run->to_connect, connection, queue);
        } else if (connection->state != CONNECTION_QUIET) {
            continue;
        } else if (open_loop_is_on(run)) {
            open_loop_free(run, connection);
        } else {
            run->now_ns = clock_now_ns();
            exchange_begin(run, connection);
        }
    }
}

/* What is under way in a slice comes back. In the first one nobody has been
 * served yet, so all get a chance. */
static void
drain(struct run *run)
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

/* Our own CPU time, without what was spent on staying awake. */
static int64_t
work_ns(const struct run *run)
{
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return used.tv_sec * NS_PER_S + used.tv_nsec - run->open.spun_ns;
}

/* The window. A slice is `drained`: it holds the beginning and the end of
 * everything that goes on in it. */
static void
measure(struct run *run, bool drained)
{
    struct engine_result *result = run->result;
    uint64_t bytes = run->bytes;
    call_on_phase(run, ENGINE_WINDOW_BEGIN);
    run->measuring = true;
    int64_t begin_ns = clock_now_ns();
    int64_t begin_work_ns = work_ns(run);
    run->moved_ns = begin_ns;
    run->gap_ns = 0;
    run->open.measured_from_ns = begin_ns;
    if (drained) {
        start_speaking(run);
    }
    run_until(run, begin_ns + run->options->window_ns);
    if (drained) {
        drain(run);
    }
    int64_t worked_ns = work_ns(run) - begin_work_ns;
    result->client_cpu_ns = worked_ns > 0 ? worked_ns : 0;
    result->window_ns = clock_now_ns() - begin_ns;
    result->bytes = run->bytes - bytes;
    exchange_moved(run);
    result->gap_ns = run->gap_ns;
    run->measuring = false;
    run->open.due_until_ns = begin_ns + result->window_ns;
    run->window_full = false;
    result->interrupted = run_is_interrupted(run);
    call_on_phase(run, ENGINE_WINDOW_END);
}

/* ---- the end ------------------------------------------------------------
 */

static void
ask_silent(struct run *run)
{
    for (int i = 0; i < run->options->silent_clients; i++) {
        struct connection *connection = &run->connections[i];
        if (connection->state == CONNECTION_QUIET) {
            run->now_ns = clock_now_ns();
            exchange_begin(run, connection);
        }
    }
    /* Who has served everybody so far is more likely slow than through. */
    bool serves = run->result->served >= run->options->clients;
    run_while(run, is_awaited, ASK_MAX_NS,
              serves ? STALL_STILL_NS : ASK_STILL_NS);
}

/* Count the clients that the server has begun to serve and then left. */
static void
count_stalled(struct run *run)
{
    struct engine_result *result = run->result;
    result->stalled = result->stalled_inside = result->stalled_behind = 0;
    for (int i = 0; i < run->count; i++) {
        const struct connection *connection = &run->connections[i];
        const struct stream *stream = &connection->stream;
        bool echoing = connection->state == CONNECTION_ECHOING;
        bool inside =
            echoing &&
            stream->nread > stream->message_end - run->options->message_bytes;
        bool behind = connection->state == CONNECTION_PARTING;
        bool waits = echoing || connection->state == CONNECTION_GREETING;
        result->stalled +=
            (waits || behind) && (connection->served || inside);
        result->stalled_inside += inside;
        result->stalled_behind += behind;
    }
}

/* A server that has sent more than the last echo is wrong, though nobody was
 * to receive it any more. Who has no echo is unfinished; the books of an open
 * loop are closed, and of that only the silent are left. */
static void
look_at_the_end(struct run *run)
{
    for (int i = 0; i < run->count; i++) {
        struct connection *connection = &run->connections[i];
        char byte;
        if (connection->state == CONNECTION_QUIET) {
            if (recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0) {
                connection_receive(run, connection, false);
            }
        } else if (connection->state == CONNECTION_GREETING ||
                   connection->state == CONNECTION_ECHOING) {
            run->result->unfinished +=
                connection->silent || !open_loop_is_on(run);
        }
    }
}

static void
finish(struct run *run)
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
    if (run->options->ask_silent && !run_is_interrupted(run)) {
        ask_silent(run);
    }
    look_at_the_end(run);
    count_stalled(run);
    for (int i = 0; i < run->count; i++) {
        connection_close(run, &run->connections[i]);
    }
}

/* ---- the run ------------------------------------------------------------
 */

/* The kernel may end a thread's sleep up to 50 us late, to wake several at
 * once; a schedule has no such time. Returns what the slack was before. */
static int
set_timer_slack_ns(int slack_ns)
{
    int before_ns = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
    prctl(PR_SET_TIMERSLACK, slack_ns, 0, 0, 0);
    return before_ns;
}

/* Free it; errno stays as it is. */
static void
destroy(struct engine *engine)
{
    int before_errno = errno;
    if (engine->run.epoll_fd != -1) {
        close(engine->run.epoll_fd);
    }
    free(engine->run.connections);
    free(engine);
    errno = before_errno;
}

/* Returns an engine whose clients are not connected yet, or NULL with errno.
 */
static struct engine *
create(const struct engine_options *options, struct engine_result *result)
{
    struct engine *engine = calloc(1, sizeof *engine);
    memset(result, 0, sizeof *result);
    result->asked = options->clients +
                    (options->ask_silent ? options->silent_clients : 0);
    if (engine == NULL) {
        return NULL;
    }
    struct run *run = &engine->run;
    engine->options = *options;
    run->options = &engine->options;
    run->result = result;
    run->count = options->silent_clients + options->clients;
    run->alive = options->clients;
    run->next_number = options->number_first;
    TAILQ_INIT(&run->to_connect);
    TAILQ_INIT(&run->hellos);
    TAILQ_INIT(&run->retries);
    TAILQ_INIT(&run->open.free);
    pattern_init(&run->pattern);
    run->connections = calloc((size_t)run->count, sizeof *run->connections);
    run->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (run->connections == NULL || run->epoll_fd == -1) {
        destroy(engine);
        return NULL;
    }
    for (int i = 0; i < run->count; i++) {
        run->connections[i].fd = -1;
        run->connections[i].silent = i < options->silent_clients;
    }
    run->now_ns = clock_now_ns();
    return engine;
}

int
engine_run(const struct engine_options *options, struct engine_result *result)
{
    struct engine *engine = create(options, result);
    if (engine == NULL) {
        return -1;
    }
    struct run *run = &engine->run;
    int slack_ns = open_loop_is_on(run) ? set_timer_slack_ns(1) : 0;
    connect_all(run);
    run->begun_ns = run->now_ns;
    start_speaking(run);
    run_until(run, run->now_ns + options->warmup_ns);
    measure(run, false);
    finish(run);
    if (slack_ns > 0) {
        set_timer_slack_ns(slack_ns);
    }
    destroy(engine);
    return 0;
}

/* ---- slices -------------------------------------------------------------
 */

struct engine *
engine_open(const struct engine_options *options,
            struct engine_result *result)
{
    struct engine *engine = create(options, result);
    if (engine != NULL) {
        connect_all(&engine->run);
    }
    return engine;
}

/* Those that wait to connect again, or are free, have no part in what comes
 * next: it begins with all of them. */
static void
empty_queues(struct run *run)
{
    TAILQ_INIT(&run->to_connect);
    TAILQ_INIT(&run->retries);
    for (int i = 0; i < run->count; i++) {
        open_loop_forget(run, &run->connections[i]);
    }
}

/* How many of the slots from `first` up to `end` have had an echo. */
static int
count_served(const struct run *run, int first, int end)
{
    int served = 0;
    for (int i = first; i < end; i++) {
        served += run->connections[i].served;
    }
    return served;
}

bool
engine_slice(struct engine *engine, int64_t slice_ns, double rate_per_s,
             uint64_t seed, struct engine_result *result)
{
    struct run *run = &engine->run;
    memset(result, 0, sizeof *result);
    run->result = result;
    engine->options.window_ns = slice_ns;
    engine->options.rate_per_s = rate_per_s;
    engine->options.seed = seed;
    run->stopping = false;
    run->now_ns = clock_now_ns();
    if (open_loop_is_on(run)) {
        int slack_ns = set_timer_slack_ns(1);
        start_speaking(run);
        run_until(run, run->now_ns + slice_ns / SLICE_WARMUP_PART);
        measure(run, false);
        drain(run);
        open_loop_close(run);
        set_timer_slack_ns(slack_ns);
    } else {
        measure(run, true);
    }
    empty_queues(run);
    result->served =
        count_served(run, engine->options.silent_clients, run->count);
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
engine_close(struct engine *engine, struct engine_result *result)
{
    struct run *run = &engine->run;
    int silent = run->options->silent_clients;
    memset(result, 0, sizeof *result);
    run->result = result;
    engine->options.rate_per_s = 0;
    run->now_ns = clock_now_ns();
    finish(run);
    result->served = count_served(run, 0, silent);
    /* All are closed, and in no queue: they may change places. */
    qsort(run->connections + silent, (size_t)(run->count - silent),
          sizeof *run->connections, compare_echoes);
    int least = silent;
    while (least < run->count && run->connections[least].echoes == 0) {
        least++;
    }
    int median = least + (run->count - least) / 2;
    result->served += run->count - least;
    result->fairness = least < run->count
                           ? (double)run->connections[least].echoes /
                                 (double)run->connections[median].echoes
                           : NAN;
    destroy(engine);
}

int
engine_descriptors_needed(const struct engine_options *options)
{
    return options->silent_clients + options->clients + SPARE_DESCRIPTORS;
}
