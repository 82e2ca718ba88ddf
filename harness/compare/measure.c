/*
 * measure.c: one window. See measure.h.
 *
 * A server is warmed up by a first short run of the engine, whose last
 * moment is the baseline of its memory; the second run is the measured one.
 *
 * When to look is a question of what the looking disturbs. CPU time is read
 * in an instant, at both ends of the window. Context switches are read from
 * each thread in turn, 10 ms for a thousand: so the first time before any
 * message is sent, when all has settled, and the last time behind the window.
 * Between the two lie the warm-up and the window.
 */
#include "harness/compare/measure.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/compare/disturbance.h"
#include "harness/compare/judge.h"
#include "harness/compare/programs.h"
#include "harness/compare/server_process.h"
#include "harness/compare/tasks.h"
#include "harness/load/engine.h"

enum {
    FIRST_RUN_NS = 10 * 1000 * 1000,    /* of the run that warms up */
    SETTLE_LOOK_NS = 2 * 1000 * 1000,   /* between looks at its CPU time */
    SETTLE_BUSY_NS = 20 * 1000,         /* more than that is no rest */
    SETTLE_MAX_NS = 1000 * 1000 * 1000, /* for a server that never rests */
};

/* What is read from the server while the engine runs. */
struct probe {
    const struct measure_order *order;   /* what is measured */
    const struct server_process *server; /* the server */
    int64_t cpu_begin_ns;                /* CPU time as the window begins */
    int64_t cpu_end_ns;                  /* ... and ends; -1: unknown */
    const struct engine_result *result;  /* of the run, as far as it is */
    int64_t switches_begin;              /* before a message was sent */
    int64_t switches_end;                /* behind the window; -1: unknown */
    uint64_t switches_echoes;            /* echoes until then */
    bool forks;                          /* children were seen */
    double rss_kib;                      /* memory as it ends */
    double faults_begin;                 /* page faults as it begins */
    double faults_end;                   /* ... and ends */
    double threads;                      /* as it ends */
    double stack_kib;                    /* kernel's stack of each, then */
};

static void order_server(const struct measure_order *order,
                         struct server_order *server_order, char *path,
                         size_t path_bytes, char flags[3][64]);
static void look(enum engine_phase phase, void *arg);
static void run_watched(const struct measure_order *order,
                        struct server_process *server,
                        struct measurement *measurement, struct life *window);
static void run_engine(const struct measure_order *order,
                       struct server_process *server,
                       struct measurement *measurement);
static bool has_moved(const struct measure_order *order,
                      const struct server_process *server);
static void set_rate(const struct measure_order *order,
                     struct engine_options *options);
static int64_t switches_between(const struct scenario *scenario,
                                const struct probe *probe);
static int first_run_clients(const struct scenario *scenario);

void
measure_identify(const struct measure_order *order, struct life *window)
{
    const struct scenario *scenario = order->scenario;

    life_clear(window);
    snprintf(window->scenario, sizeof window->scenario, "%s", scenario->name);
    snprintf(window->model, sizeof window->model, "%s",
             order->contender->name);
    snprintf(window->layout, sizeof window->layout, "%s",
             order->layout->name);
    window->clients = scenario_asked(scenario);
    window->silent = scenario->silent;
    window->life = order->round;
    window->ask_silent = scenario->ask_silent;
    window->churn = scenario->churn;
    window->handshake = scenario->handshake;
    window->cpus = order->layout->server_cpus;
    window->delay_ms = scenario->delay_ms;
    window->work_us = scenario->work_us;
    window->message_bytes = scenario->message_bytes;
    if (order->rate) {
        window->rate_per_s = order->rate->rate_per_s;
        window->rate_of_per_s = order->rate->of_per_s;
        snprintf(window->rate_of, sizeof window->rate_of, "%s",
                 order->rate->of);
    }
}

enum measure_outcome
measure_window(const struct measure_order *order, struct life *window)
{
    struct server_process server;
    struct measurement *measurement;
    char reason[SERVER_REASON_BYTES];

    measure_identify(order, window);
    measurement = calloc(1, sizeof *measurement);
    if (!measurement) {
        life_fail(window, LIFE_INVALID, "not enough memory");
        return MEASURE_DONE;
    }
    if (measure_start_server(order, &server, NULL, reason) != 0) {
        life_fail(window, LIFE_FAILED, "%s", reason);
        free(measurement);
        return *order->interrupted ? MEASURE_DROPPED : MEASURE_HOPELESS;
    }
    run_watched(order, &server, measurement, window);
    server_process_stop(&server);
    judge_merge(measurement);
    judge_fill(window, measurement, &server);
    judge_status(window, measurement, &server,
                 order->contender->kind != CONTENDER_FOREIGN);
    free(measurement);
    return MEASURE_DONE;
}

int
measure_start_server(const struct measure_order *order,
                     struct server_process *server, measure_wrap *wrap,
                     char reason[SERVER_REASON_BYTES])
{
    struct server_order server_order;
    char path[4096];
    char flags[3][64];
    char command[SERVER_COMMAND_BYTES];
    const char *wrong = NULL;

    order_server(order, &server_order, path, sizeof path, flags);
    if (wrap) {
        wrong = wrap(&server_order, command);
    }
    if (wrong) {
        snprintf(reason, SERVER_REASON_BYTES, "%s", wrong);
        return -1;
    }
    return server_process_start(server, &server_order, reason);
}

void
measure_add_floor(struct life *window, double floor_us)
{
    window->figure[LIFE_FLOOR_US] = floor_us;
    window->figure[LIFE_CPU_OVER_FLOOR] =
        window->figure[LIFE_SERVER_CPU_US_PER_ECHO] / floor_us;
}

/* The command line: our own servers get the flags of the scenario. */
static void
order_server(const struct measure_order *order,
             struct server_order *server_order, char *path, size_t path_bytes,
             char flags[3][64])
{
    const struct scenario *scenario = order->scenario;
    int n = 0;

    memset(server_order, 0, sizeof *server_order);
    server_order->cpus = &order->layout->server;
    server_order->start_timeout_ns = order->start_timeout_ns;
    server_order->interrupted = order->interrupted;
    server_order->launcher = order->launcher;
    server_order->leash = order->leash;
    server_order->host = order->host;
    if (order->contender->kind == CONTENDER_FOREIGN) {
        server_order->command = order->contender->command;
        return;
    }
    programs_find(order->bin, order->contender->program, path, path_bytes);
    server_order->arguments[n++] = path;
    server_order->arguments[n++] = "--port=0";
    server_order->arguments[n++] = "--stats";
    if (order->contender->flag) {
        server_order->arguments[n++] = order->contender->flag;
    }
    if (order->host) {
        snprintf(flags[2], sizeof flags[2], "--address=%s", order->host);
        server_order->arguments[n++] = flags[2];
    }
    if (scenario->handshake) {
        server_order->arguments[n++] = "--handshake";
    }
    if (scenario->delay_ms > 0) {
        snprintf(flags[0], sizeof flags[0], "--delay=%d", scenario->delay_ms);
        server_order->arguments[n++] = flags[0];
    }
    if (scenario->work_us > 0) {
        snprintf(flags[1], sizeof flags[1], "--work=%d", scenario->work_us);
        server_order->arguments[n++] = flags[1];
    }
}

/* Both runs, and what else went on meanwhile. */
static void
run_watched(const struct measure_order *order, struct server_process *server,
            struct measurement *measurement, struct life *window)
{
    struct disturbance before;
    struct disturbance after;
    cpu_set_t cpus;

    CPU_OR(&cpus, &order->layout->client, &order->layout->server);
    disturbance_read(&before, &cpus);
    run_engine(order, server, measurement);
    disturbance_read(&after, &cpus);
    disturbance_fill(window, &before, &after);
}

/* Both runs. Afterwards the measurement holds all that must be read while
 * the server lives. */
static void
run_engine(const struct measure_order *order, struct server_process *server,
           struct measurement *measurement)
{
    struct probe probe = {
        .order = order, .server = server, .cpu_end_ns = -1, .rss_kib = NAN};
    struct engine_options options;
    int first = first_run_clients(order->scenario);

    measure_set_load(order, server, &options);
    options.on_phase = look;
    options.arg = &probe;
    options.clients = first;
    options.silent_clients = 0;
    options.ask_silent = false;
    options.warmup_ns = 0;
    options.window_ns = FIRST_RUN_NS;
    options.rate_per_s = 0;
    probe.result = &measurement->first;
    if (engine_run(&options, &measurement->first) != 0) {
        measurement->engine_errno = errno;
        return;
    }
    measurement->base_rss_kib = probe.rss_kib;
    measurement->base_threads = probe.threads;
    measurement->held_before = first;
    measurement->ask_silent = order->scenario->ask_silent;
    probe.result = &measurement->result;
    measure_set_load(order, server, &options);
    options.on_phase = look;
    options.arg = &probe;
    if (engine_run(&options, &measurement->result) != 0) {
        measurement->engine_errno = errno;
        return;
    }
    measurement->forks = probe.forks;
    measurement->unseen = server->seen_pid == 0;
    measurement->moved = has_moved(order, server);
    measurement->switches = switches_between(order->scenario, &probe);
    measurement->switches_echoes = probe.switches_echoes;
    measurement->server_cpu_ns =
        probe.cpu_begin_ns >= 0 && probe.cpu_end_ns >= 0
            ? probe.cpu_end_ns - probe.cpu_begin_ns
            : -1;
    measurement->rss_kib = probe.rss_kib;
    measurement->faults = probe.faults_end - probe.faults_begin;
    measurement->threads = probe.threads;
    measurement->stack_kib = probe.stack_kib;
}

/* A launcher such as taskset, or the server itself, may have chosen other
 * CPUs than those that the layout says. */
static bool
has_moved(const struct measure_order *order,
          const struct server_process *server)
{
    cpu_set_t cpus;

    return server->seen_pid != 0 &&
           sched_getaffinity(server->seen_pid, sizeof cpus, &cpus) == 0 &&
           !CPU_EQUAL(&cpus, &order->layout->server);
}

void
measure_set_load(const struct measure_order *order,
                 const struct server_process *server,
                 struct engine_options *options)
{
    const struct scenario *scenario = order->scenario;

    memset(options, 0, sizeof *options);
    options->address = server->address;
    options->address_bytes = server->address_bytes;
    options->clients = scenario->clients;
    options->silent_clients = scenario->silent;
    options->ask_silent = scenario->ask_silent;
    options->message_bytes = scenario->message_bytes;
    options->churn = scenario->churn;
    options->handshake = scenario->handshake;
    options->warmup_ns = order->warmup_ns;
    options->window_ns = order->window_ns;
    if (order->rate) {
        set_rate(order, options);
    }
}

/* All servers of a round get the same messages at the same instants. A client
 * with a CPU of its own stays awake before a message is due. */
static void
set_rate(const struct measure_order *order, struct engine_options *options)
{
    options->rate_per_s = order->rate->rate_per_s;
    options->arrivals = SCHEDULE_POISSON;
    options->seed = (uint64_t)order->round;
    if (strcmp(order->layout->name, "split") == 0) {
        options->spin_ns = ENGINE_SPIN_NS;
    }
}

/* -1 where threads come and go: an ended one takes its count along. */
static int64_t
switches_between(const struct scenario *scenario, const struct probe *probe)
{
    if (scenario->churn || probe->switches_begin < 0 ||
        probe->switches_end < probe->switches_begin) {
        return -1;
    }
    return probe->switches_end - probe->switches_begin;
}

/* CPU first, because reading memory takes the kernel a while. */
static void
look(enum engine_phase phase, void *arg)
{
    struct probe *probe = arg;
    pid_t pid = probe->server->seen_pid;

    if (phase == ENGINE_CONNECTED) {
        measure_settle(probe->order, probe->server);
        probe->switches_begin = tasks_switches(pid);
        probe->forks |= tasks_have_children(pid);
    } else if (phase == ENGINE_WINDOW_BEGIN) {
        probe->forks |= server_process_forks(probe->server);
        server_process_faults(probe->server, &probe->faults_begin,
                              &probe->threads);
        probe->cpu_begin_ns = server_process_cpu_ns(probe->server);
    } else if (phase == ENGINE_WINDOW_END) {
        probe->cpu_end_ns = server_process_cpu_ns(probe->server);
        server_process_faults(probe->server, &probe->faults_end,
                              &probe->threads);
        probe->stack_kib = tasks_stack_kib();
        probe->switches_end = tasks_switches(pid);
        probe->switches_echoes = probe->result->echoes_total;
        probe->forks |= tasks_have_children(pid);
        probe->rss_kib = server_process_rss_kib(probe->server);
    }
}

void
measure_settle(const struct measure_order *order,
               const struct server_process *server)
{
    /* Who serves in vain those who have left uses CPU once in each delay. */
    const int64_t look_ns =
        SETTLE_LOOK_NS + INT64_C(2000000) * order->scenario->delay_ms;
    const struct timespec pause = {.tv_sec = look_ns / 1000000000,
                                   .tv_nsec = look_ns % 1000000000};
    int64_t before_ns = server_process_cpu_ns(server);

    for (int64_t i = 0; i < SETTLE_MAX_NS / look_ns; i++) {
        int64_t now_ns;

        nanosleep(&pause, NULL);
        now_ns = server_process_cpu_ns(server);
        if (now_ns - before_ns < SETTLE_BUSY_NS &&
            server_process_sleeps(server)) {
            return;
        }
        before_ns = now_ns;
    }
}

/*
 * The clients that are there when the baseline is read, so that the memory
 * of the others can be told from it: where most clients only wait it is all
 * of the busy ones, else a single one.
 */
static int
first_run_clients(const struct scenario *scenario)
{
    return scenario->ask_silent ? scenario->clients : 1;
}
