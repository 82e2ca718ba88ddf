/*
 * syscalls.c: how many system calls an echo takes. See syscalls.h.
 */
#include "harness/compare/syscalls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/compare/perf.h"
#include "harness/compare/server_process.h"
#include "harness/compare/strace.h"
#include "harness/load/engine.h"

#define MS INT64_C(1000000)

enum {
    SHORT_MS = 10,            /* the short run with perf */
    WINDOW_MS = 60,           /* the long run with perf, at least */
    WINDOW_DELAYS = 20,       /* ... and so many times the delay */
    SILENT_FEW = 100,         /* more are too many to connect twice */
    NAMED_CLIENTS_MAX = 2000, /* above, each thread's forty counters would
                               * take too much of the kernel's memory */
    STRACE_ECHOES = 300,      /* in the first run; twice that in the second */
    STRACE_ECHOES_SLOW = 20,  /* the same where an echo takes long */
    STRACE_WINDOW_MS = 4000,  /* must be done by then */
};

/* What is read while the engine runs. */
struct perf_probe {
    const struct measure_order *order;   /* what is counted */
    const struct server_process *server; /* the server */
    const struct perf *perf;             /* its counters */
    bool inside;                         /* count the window, not the run */
    uint64_t begin[PERF_EVENTS_MAX];     /* counts as it begins */
    uint64_t end[PERF_EVENTS_MAX];       /* ... and ends */
};

/* One run under perf. */
struct perf_run {
    double counts[PERF_EVENTS_MAX]; /* of each event */
    double echoes;                  /* meanwhile; 0: there was no run */
};

/* One run under strace. */
struct strace_run {
    struct strace_table table; /* what was called */
    double echoes;             /* in its whole life */
};

static int count_with_perf(const struct measure_order *order,
                           struct calls *calls);
static void count_load(const struct measure_order *order,
                       struct perf_probe *probe, struct calls *calls);
static int run_perf(const struct measure_order *order,
                    struct perf_probe *probe, int64_t window_ns,
                    struct perf_run *run);
static void look(enum engine_phase phase, void *arg);
static int count_with_strace(const struct measure_order *order,
                             struct calls *calls);
static int run_strace(const struct measure_order *order, int echoes,
                      struct strace_run *run, struct calls *calls);
static void subtract(const struct strace_run runs[2], struct calls *calls);

int
syscalls_parse_method(const char *name, enum syscalls_method *method)
{
    static const char *const names[] = {
        [SYSCALLS_AUTO] = "auto",
        [SYSCALLS_PERF] = "perf",
        [SYSCALLS_STRACE] = "strace",
        [SYSCALLS_NONE] = "none",
    };

    for (int i = 0; i <= SYSCALLS_NONE; i++) {
        if (strcmp(name, names[i]) == 0) {
            *method = i;
            return 0;
        }
    }
    return -1;
}

void
syscalls_count(const struct measure_order *order, enum syscalls_method method,
               struct calls *calls)
{
    struct life window;

    measure_identify(order, &window);
    calls_clear(calls);
    snprintf(calls->scenario, sizeof calls->scenario, "%s", window.scenario);
    snprintf(calls->model, sizeof calls->model, "%s", window.model);
    calls->clients = window.clients;
    if (method == SYSCALLS_NONE) {
        snprintf(calls->reason, sizeof calls->reason, "not asked for");
        return;
    }
    if (method != SYSCALLS_STRACE && count_with_perf(order, calls) == 0) {
        return;
    }
    if (method != SYSCALLS_PERF) {
        count_with_strace(order, calls);
    }
}

/* Returns 0; or -1, and the reason is in `calls`. */
static int
count_with_perf(const struct measure_order *order, struct calls *calls)
{
    const struct scenario *scenario = order->scenario;
    char reason[SERVER_REASON_BYTES];
    char perf_reason[PERF_REASON_BYTES];
    struct server_process server;
    struct perf perf;
    struct perf_probe probe = {
        .order = order, .server = &server, .perf = &perf};
    int status;

    if (measure_start_server(order, &server, NULL, reason) != 0) {
        snprintf(calls->reason, sizeof calls->reason, "%s", reason);
        return -1;
    }
    if (server.seen_pid == 0) {
        snprintf(calls->reason, sizeof calls->reason,
                 "no perf: the launcher hides the server");
        server_process_stop(&server);
        return -1;
    }
    status =
        perf_open(&perf, server.seen_pid,
                  scenario->clients + scenario->silent <= NAMED_CLIENTS_MAX,
                  perf_reason);
    if (status == 0) {
        count_load(order, &probe, calls);
        perf_close(&perf);
    } else {
        snprintf(calls->reason, sizeof calls->reason, "no perf: %s",
                 perf_reason);
    }
    server_process_stop(&server);
    return status;
}

/*
 * The load of the scenario, shorter. Two runs, one long and one short, are
 * counted from before the first connect until after the last close, behind
 * one that makes the server allocate what it keeps. What
 * they differ in is echoes alone, so their difference is exact, whereas a
 * window begins and ends with half-done echoes of all its clients. With many
 * silent clients it is the other way round: to connect them costs more calls
 * than the echoes do, so there the window itself is counted.
 */
static void
count_load(const struct measure_order *order, struct perf_probe *probe,
           struct calls *calls)
{
    const struct scenario *scenario = order->scenario;
    int64_t window_ns = MS * scenario->delay_ms * WINDOW_DELAYS;
    struct perf_run runs[2] = {{.echoes = 0}};
    int status = 0;

    window_ns = window_ns > WINDOW_MS * MS ? window_ns : WINDOW_MS * MS;
    probe->inside = scenario->silent > SILENT_FEW;
    for (int i = 0; i < 2 && status == 0 && !probe->inside; i++) {
        status = run_perf(order, probe, SHORT_MS * MS, &runs[0]);
    }
    if (status != 0 || run_perf(order, probe, window_ns, &runs[1]) != 0 ||
        runs[1].echoes <= runs[0].echoes) {
        snprintf(calls->reason, sizeof calls->reason,
                 "there was no echo while calls were counted");
        return;
    }
    snprintf(calls->method, sizeof calls->method, "perf");
    calls->counted_clients = scenario->clients;
    calls->echoes = runs[1].echoes - runs[0].echoes;
    for (int i = 0; i < probe->perf->nevents; i++) {
        double more = runs[1].counts[i] - runs[0].counts[i];

        if (i == 0) {
            calls->per_echo = more / calls->echoes;
        } else {
            calls_add(calls, probe->perf->names[i], more / calls->echoes);
        }
    }
    calls_finish(calls);
}

/* One run; returns 0, or -1 if the client could not do it. */
static int
run_perf(const struct measure_order *order, struct perf_probe *probe,
         int64_t window_ns, struct perf_run *run)
{
    struct engine_result *result = calloc(1, sizeof *result);
    struct engine_options options;
    int status;

    if (!result) {
        return -1;
    }
    measure_set_load(order, probe->server, &options);
    options.warmup_ns = probe->inside ? SHORT_MS * MS : 0;
    options.window_ns = window_ns;
    options.ask_silent = false;
    options.on_phase = look;
    options.arg = probe;
    perf_read(probe->perf, probe->begin);
    status = engine_run(&options, result);
    if (!probe->inside) {
        measure_settle(probe->order, probe->server);
        perf_read(probe->perf, probe->end);
    }
    run->echoes =
        (double)(probe->inside ? result->echoes : result->echoes_total);
    for (int i = 0; i < PERF_EVENTS_MAX; i++) {
        run->counts[i] = (double)(probe->end[i] - probe->begin[i]);
    }
    free(result);
    return status;
}

static void
look(enum engine_phase phase, void *arg)
{
    struct perf_probe *probe = arg;

    if (phase == ENGINE_CONNECTED) {
        measure_settle(probe->order, probe->server);
    } else if (probe->inside && phase == ENGINE_WINDOW_BEGIN) {
        perf_read(probe->perf, probe->begin);
    } else if (probe->inside && phase == ENGINE_WINDOW_END) {
        perf_read(probe->perf, probe->end);
    }
}

/*
 * Two runs, the second with twice the echoes: their difference is free of
 * what the server calls as it starts and ends. Returns 0; or -1, and the
 * reason is in `calls`.
 */
static int
count_with_strace(const struct measure_order *order, struct calls *calls)
{
    const struct scenario *scenario = order->scenario;
    bool slow = scenario->delay_ms > 0 || scenario->work_us > 0 ||
                scenario->message_bytes > 65536;
    int echoes = slow ? STRACE_ECHOES_SLOW : STRACE_ECHOES;
    struct strace_run *runs = calloc(2, sizeof *runs);
    int status = -1;

    if (runs && run_strace(order, echoes, &runs[0], calls) == 0 &&
        run_strace(order, 2 * echoes, &runs[1], calls) == 0 &&
        runs[1].echoes > runs[0].echoes) {
        snprintf(calls->method, sizeof calls->method, "strace");
        calls->counted_clients = 1;
        subtract(runs, calls);
        status = 0;
    }
    free(runs);
    return status;
}

/* Returns 0; or -1, and the reason is in `calls` behind what is there. */
static int
run_strace(const struct measure_order *order, int echoes,
           struct strace_run *run, struct calls *calls)
{
    size_t length = strlen(calls->reason);
    char *reason = calls->reason + length;
    size_t reason_bytes = sizeof calls->reason - length;
    const char *before = length > 0 ? "; " : "";
    struct engine_result *result = calloc(1, sizeof *result);
    char words[SERVER_REASON_BYTES];
    struct server_process server;
    struct engine_options options;
    int status = -1;

    if (!result ||
        measure_start_server(order, &server, strace_wrap, words) != 0) {
        snprintf(reason, reason_bytes, "%sno strace: %.120s", before,
                 result ? words : strerror(ENOMEM));
        free(result);
        return -1;
    }
    measure_set_load(order, &server, &options);
    options.clients = 1;
    options.silent_clients = 0;
    options.ask_silent = false;
    options.warmup_ns = 0;
    options.window_ns = STRACE_WINDOW_MS * MS;
    options.echoes_max = (uint64_t)echoes;
    if (engine_run(&options, result) == 0) {
        run->echoes = (double)result->echoes_total;
        status = 0;
    }
    server_process_stop(&server);
    free(result);
    if (status != 0 ||
        strace_parse(server.capture.error.tail, &run->table) != 0) {
        snprintf(reason, reason_bytes, "%sno strace: it printed no table",
                 before);
        return -1;
    }
    return 0;
}

static void
subtract(const struct strace_run runs[2], struct calls *calls)
{
    const struct strace_table *longer = &runs[1].table;

    calls->echoes = runs[1].echoes - runs[0].echoes;
    calls->per_echo = 0;
    for (int i = 0; i < longer->nrows; i++) {
        int64_t more = longer->rows[i].calls -
                       strace_calls(&runs[0].table, longer->rows[i].name);

        calls->per_echo += (double)more / calls->echoes;
        calls_add(calls, longer->rows[i].name, (double)more / calls->echoes);
    }
    calls_finish(calls);
}
