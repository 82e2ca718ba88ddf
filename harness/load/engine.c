/*
 * engine.c: a run and its phases.
 *
 * Connect, warm up, measure, drain, ask the silent, close. Each phase is a
 * loop of run_turn() with a reason to end; what happens to a connection in
 * the meantime is connection.c's and exchange.c's business.
 */
#include "harness/load/engine.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "harness/load/exchange.h"
#include "harness/load/open_loop.h"
#include "harness/load/run.h"

enum {
    SPARE_DESCRIPTORS = 16,             /* epoll, standard streams, files */
    DRAIN_MAX_NS = 500 * 1000 * 1000,   /* for messages still under way */
    DRAIN_STILL_NS = 100 * 1000 * 1000, /* nothing came back for so long */
    SLICE_WARMUP_NS = 10 * 1000 * 1000, /* of an open loop in slices */
    ASK_STILL_NS = 250 * 1000 * 1000,   /* nothing came back for so long */
    CONNECT_TIMEOUTS_MAX =
        4, /* so often may the time to connect begin anew */
};

/* For the silent to be answered: as long as answers come, whatever number
 * there are, so that it is not the speed that decides who was served. */
#define ASK_MAX_NS INT64_C(60000000000)

/* The same where somebody waits in vain whom the server has served before.
 * That fails the server, so a busy machine must not be taken for it. */
#define STALL_MAX_NS   INT64_C(5000000000)
#define STALL_STILL_NS INT64_C(1000000000)

/* What the window was when it began, to subtract at its end. */
struct window {
    int64_t begin_ns;     /* time */
    int64_t cpu_begin_ns; /* CPU time of this thread */
    int64_t spun_ns;      /* time spent on staying awake before */
    uint64_t bytes;       /* verified before */
};

static int64_t
thread_cpu_ns(void)
{
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return used.tv_sec * INT64_C(1000000000) + used.tv_nsec;
}

static void
call_on_phase(struct run *run, enum engine_phase phase)
{
    if (run->options->on_phase != NULL) {
        run->options->on_phase(phase, run->options->arg);
    }
    run->now_ns = clock_now_ns();
}

/* ---- connecting -------------------------------------------------------- */

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
    int64_t last_ns = run->now_ns + CONNECT_TIMEOUTS_MAX * timeout_ns;
    int64_t deadline_ns = run->now_ns + timeout_ns;
    int connected = run->result->connected;
    for (int i = first; i < end; i++) {
        TAILQ_INSERT_TAIL(&run->to_connect, &run->connections[i], queue);
    }
    while (!run_is_interrupted(run) && run->now_ns < deadline_ns &&
           (run->connecting > 0 || !TAILQ_EMPTY(&run->to_connect))) {
        run_turn(run, deadline_ns);
        if (run->result->connected > connected) {
            connected = run->result->connected;
            deadline_ns = run->now_ns + timeout_ns;
            deadline_ns = deadline_ns < last_ns ? deadline_ns : last_ns;
        }
    }
    give_up_connecting(run);
}

static void
connect_all(struct run *run)
{
    const struct engine_options *options = run->options;
    connect_slots(run, 0, options->silent_clients);
    if (!options->churn) {
        connect_slots(run, options->silent_clients, run->count);
    }
    call_on_phase(run, ENGINE_CONNECTED);
}

/* ---- warm-up and window ----------------------------------------------- */

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

static void
run_until(struct run *run, int64_t end_ns)
{
    while (run->now_ns < end_ns && run->alive > 0 && !run->window_full &&
           !run_is_interrupted(run)) {
        run_turn(run, end_ns);
    }
}

/* Is there a message in an open loop that is due, and a client for it? */
static bool
has_queue(const struct run *run)
{
    return run->alive > 0 && open_loop_waits(run);
}

/* Is anybody waiting for a byte, of those who were served before or, with
 * `strangers`, at all? */
static bool
is_awaited(const struct run *run, bool strangers)
{
    return run->pending > (strangers ? 0 : run->strangers);
}

/* Wait for the messages under way, for `max_ns` at most and not when nothing
 * has come back for `still_ns`; time in which we or the server were stopped
 * does not count. */
static void
wait_for_pending(struct run *run, bool strangers, int64_t max_ns,
                 int64_t still_ns)
{
    int64_t end_ns = run->now_ns + max_ns;
    int64_t lost_ns = run->lost_ns;
    run->moved_ns = run->now_ns;
    while (is_awaited(run, strangers) || has_queue(run)) {
        int64_t still_end_ns = run->moved_ns + still_ns;
        int64_t until_ns = end_ns + run->lost_ns - lost_ns;
        if (run->now_ns >= until_ns || run->now_ns >= still_end_ns) {
            if (run_is_interrupted(run) || !run_is_paused(run)) {
                return;
            }
            end_ns = run->now_ns + max_ns;
            lost_ns = run->lost_ns;
            continue;
        }
        run_turn(run, still_end_ns < until_ns ? still_end_ns : until_ns);
    }
}

/* What is under way in a slice comes back. In the first one nobody has been
 * served yet, so all get a chance. */
static void
drain(struct run *run)
{
    run->stopping = true;
    if (run->strangers > 0 && !run->has_drained) {
        wait_for_pending(run, true, DRAIN_MAX_NS, DRAIN_STILL_NS);
    }
    run->has_drained = true;
    wait_for_pending(run, false, STALL_MAX_NS, STALL_STILL_NS);
    while (run->connecting > 0 && !run_is_interrupted(run)) {
        run_turn(run, run->now_ns + STALL_STILL_NS);
        wait_for_pending(run, false, STALL_MAX_NS, STALL_STILL_NS);
    }
}

/* The window. A slice is `drained`: it holds the beginning and the end of
 * everything that goes on in it. */
static void
measure(struct run *run, bool drained)
{
    struct engine_result *result = run->result;
    struct window window = {.bytes = run->bytes, .spun_ns = run->spun_ns};
    call_on_phase(run, ENGINE_WINDOW_BEGIN);
    run->measuring = true;
    window.begin_ns = clock_now_ns();
    window.cpu_begin_ns = thread_cpu_ns();
    run->moved_ns = window.begin_ns;
    run->gap_ns = 0;
    open_loop_measure(run, window.begin_ns);
    if (drained) {
        start_speaking(run);
    }
    run_until(run, window.begin_ns + run->options->window_ns);
    if (drained) {
        drain(run);
    }

    result->client_cpu_ns = thread_cpu_ns() - window.cpu_begin_ns -
                            (run->spun_ns - window.spun_ns);
    if (result->client_cpu_ns < 0) {
        result->client_cpu_ns = 0;
    }
    result->window_ns = clock_now_ns() - window.begin_ns;
    result->bytes = run->bytes - window.bytes;
    run_note_movement(run);
    result->gap_ns = run->gap_ns;
    run->measuring = false;
    open_loop_end(run, window.begin_ns + result->window_ns);
    run->window_full = false;
    result->interrupted = run_is_interrupted(run);
    call_on_phase(run, ENGINE_WINDOW_END);
}

/* ---- the end ----------------------------------------------------------- */

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
    wait_for_pending(run, true, ASK_MAX_NS,
                     serves ? STALL_STILL_NS : ASK_STILL_NS);
}

/* Count the clients that the server has begun to serve and then left. */
static void
count_stalled(struct run *run)
{
    struct engine_result *result = run->result;
    result->stalled = 0;
    result->stalled_inside = 0;
    result->stalled_behind = 0;
    for (int i = 0; i < run->count; i++) {
        const struct connection *connection = &run->connections[i];
        int64_t begin = connection->message_end - run->options->message_bytes;
        bool inside = connection->state == CONNECTION_ECHOING &&
                      connection->nread > begin;
        bool behind = connection->state == CONNECTION_PARTING;
        bool waits = connection->state == CONNECTION_ECHOING ||
                     connection->state == CONNECTION_GREETING || behind;
        result->stalled += waits && (connection->served || inside);
        result->stalled_inside += inside;
        result->stalled_behind += behind;
    }
}

/* The books of an open loop are closed: there only the silent are left. */
static void
count_unfinished(struct run *run)
{
    for (int i = 0; i < run->count; i++) {
        const struct connection *connection = &run->connections[i];
        bool pending = connection->state == CONNECTION_GREETING ||
                       connection->state == CONNECTION_ECHOING;
        if (pending && (connection->silent || !open_loop_is_on(run))) {
            run->result->unfinished++;
        }
    }
}

/* A server that has sent more than the last echo is wrong, though nobody was
 * to receive it any more. */
static void
look_for_more(struct run *run)
{
    for (int i = 0; i < run->count; i++) {
        struct connection *connection = &run->connections[i];
        char byte;
        if (connection->state == CONNECTION_QUIET &&
            recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0) {
            exchange_receive(run, connection, false);
        }
    }
}

static void
finish(struct run *run)
{
    run->stopping = true;
    wait_for_pending(run, true, DRAIN_MAX_NS, DRAIN_STILL_NS);
    if (open_loop_is_on(run)) {
        open_loop_close(run);
    }
    count_stalled(run);
    if (run->result->stalled > 0 && !run_is_interrupted(run)) {
        wait_for_pending(run, true, STALL_MAX_NS, STALL_STILL_NS);
    }
    if (run->options->ask_silent && !run_is_interrupted(run)) {
        ask_silent(run);
    }
    look_for_more(run);
    count_unfinished(run);
    count_stalled(run);
    for (int i = 0; i < run->count; i++) {
        connection_close(run, &run->connections[i]);
    }
}

/* ---- the clock --------------------------------------------------------- */

/* The kernel may end a thread's sleep up to 50 us late, to wake several at
 * once; a schedule has no such time. Returns what the slack was before. */
static int
set_timer_slack_ns(int slack_ns)
{
    int before_ns = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
    prctl(PR_SET_TIMERSLACK, slack_ns, 0, 0, 0);
    return before_ns;
}

/* ---- the run ----------------------------------------------------------- */

/* All the phases, one after the other. */
static void
go_through(struct run *run)
{
    int slack_ns = 0;
    if (open_loop_is_on(run)) {
        slack_ns = set_timer_slack_ns(1);
    }
    connect_all(run);
    run->begun_ns = run->now_ns;
    start_speaking(run);
    run_until(run, run->now_ns + run->options->warmup_ns);
    measure(run, false);
    finish(run);
    if (open_loop_is_on(run) && slack_ns > 0) {
        set_timer_slack_ns(slack_ns);
    }
}

static int
setup(struct run *run, const struct engine_options *options,
      struct engine_result *result)
{
    run->options = options;
    run->result = result;
    run->count = options->silent_clients + options->clients;
    run->alive = options->clients;
    run->next_number = options->number_first;
    run->number_step = options->number_step > 0 ? options->number_step : 1;
    TAILQ_INIT(&run->to_connect);
    TAILQ_INIT(&run->hellos);
    TAILQ_INIT(&run->retries);
    TAILQ_INIT(&run->free);
    pattern_init(&run->pattern);
    run->connections = calloc((size_t)run->count, sizeof *run->connections);
    run->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (run->connections == NULL || run->epoll_fd == -1) {
        return -1;
    }
    for (int i = 0; i < run->count; i++) {
        run->connections[i].fd = -1;
        run->connections[i].silent = i < options->silent_clients;
    }
    run->now_ns = clock_now_ns();
    return 0;
}

static int
engine_asked(const struct engine_options *options)
{
    return options->clients +
           (options->ask_silent ? options->silent_clients : 0);
}

static void
teardown(struct run *run)
{
    int before_errno = errno;
    if (run->epoll_fd != -1) {
        close(run->epoll_fd);
    }
    free(run->connections);
    errno = before_errno;
}

int
engine_run(const struct engine_options *options, struct engine_result *result)
{
    memset(result, 0, sizeof *result);
    result->asked = engine_asked(options);
    struct run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        return -1;
    }
    int status = setup(run, options, result);
    if (status == 0) {
        go_through(run);
    }
    teardown(run);
    free(run);
    return status;
}

/* ---- slices ------------------------------------------------------------ */

struct engine {
    struct run run;                /* what engine_run() has */
    struct engine_options options; /* a copy; a slice sets its own parts */
};

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

struct engine *
engine_open(const struct engine_options *options,
            struct engine_result *result)
{
    struct engine *engine = calloc(1, sizeof *engine);
    memset(result, 0, sizeof *result);
    if (engine == NULL) {
        return NULL;
    }
    engine->options = *options;
    if (setup(&engine->run, &engine->options, result) != 0) {
        teardown(&engine->run);
        free(engine);
        return NULL;
    }
    result->asked = engine_asked(options);
    connect_all(&engine->run);
    return engine;
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
        run_until(run, run->now_ns + SLICE_WARMUP_NS);
        measure(run, false);
        drain(run);
        open_loop_close(run);
        set_timer_slack_ns(slack_ns);
    } else {
        measure(run, true);
    }
    empty_queues(run);
    result->served = 0;
    for (int i = engine->options.silent_clients; i < run->count; i++) {
        result->served += run->connections[i].served;
    }
    return !is_awaited(run, false);
}

static int
compare_echoes(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Who was served in the slices, and how evenly. */
static void
count_served(struct run *run)
{
    int64_t *echoes = calloc((size_t)run->count, sizeof *echoes);
    int n = 0;
    run->result->fairness = NAN;
    for (int i = run->options->silent_clients;
         i < run->count && echoes != NULL; i++) {
        echoes[n] = run->connections[i].echoes;
        n += echoes[n] > 0;
    }
    if (n > 0) {
        qsort(echoes, (size_t)n, sizeof *echoes, compare_echoes);
        run->result->fairness = (double)echoes[0] / (double)echoes[n / 2];
    }
    free(echoes);
    run->result->served += n;
}

void
engine_close(struct engine *engine, struct engine_result *result)
{
    struct run *run = &engine->run;
    memset(result, 0, sizeof *result);
    run->result = result;
    engine->options.rate_per_s = 0;
    run->now_ns = clock_now_ns();
    finish(run);
    result->served = 0;
    for (int i = 0; i < run->options->silent_clients; i++) {
        result->served += run->connections[i].served;
    }
    count_served(run);
    teardown(run);
    free(engine);
}

int
engine_descriptors_needed(const struct engine_options *options)
{
    return options->silent_clients + options->clients + SPARE_DESCRIPTORS;
}

rlim_t
descriptors_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1) {
        return RLIM_INFINITY;
    }
    rlim_t soft = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : soft;
}
