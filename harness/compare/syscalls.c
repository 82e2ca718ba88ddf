/*
 * syscalls.c: how many system calls an echo takes. See syscalls.h.
 */
#include "harness/compare/syscalls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/compare/measure.h"
#include "harness/compare/server.h"
#include "harness/load/engine.h"

#define MS INT64_C(1000000)

enum {
    WARMUP_MS = 10,           /* before a slice is counted with perf */
    SLICE_MS = 30,            /* of that slice, at least */
    SLICE_DELAYS = 10,        /* ... and so many times the delay */
    NAMED_CLIENTS_MAX = 2000, /* above, each thread's forty counters would
                               * take too much of the kernel's memory */
    STRACE_ECHOES = 300,      /* in the first run; twice that in the second */
    STRACE_ECHOES_SLOW = 20,  /* the same where an echo takes long */
    STRACE_WINDOW_MS = 4000,  /* must be done by then */
};

/* One run under strace. */
struct strace_run {
    struct strace_table table; /* what was called */
    double echoes;             /* in its whole life */
};

/* All that the server calls from one rest to the next, in a slice: half-done
 * echoes are in neither count, so an echo has all of its calls. */
static void
count_slice(struct turn *turn, struct driver *driver, const struct perf *perf,
            struct calls *calls)
{
    int64_t slice_ns = MS * turn->scenario->delay_ms * SLICE_DELAYS;
    uint64_t begin[PERF_EVENTS_MAX];
    uint64_t end[PERF_EVENTS_MAX];
    double echoes;

    slice_ns = slice_ns > SLICE_MS * MS ? slice_ns : SLICE_MS * MS;
    /* The kernel has been seen to miss one echo of each of a thousand
     * threads before the first reading, and none after it. */
    measure_settle(turn);
    perf_read(perf, begin);
    driver_slice(driver, WARMUP_MS * MS, 0, 0, 0);
    measure_settle(turn);
    perf_read(perf, begin);
    driver_slice(driver, slice_ns, 0, 0, 0);
    measure_settle(turn);
    perf_read(perf, end);
    echoes = (double)driver->last.echoes;
    if (driver->engine_errno != 0 || echoes < 1) {
        snprintf(calls->reason, sizeof calls->reason,
                 "there was no echo while calls were counted");
        return;
    }
    snprintf(calls->method, sizeof calls->method, "perf");
    calls->counted_clients = turn->scenario->clients;
    calls->echoes = echoes;
    calls->per_echo = (double)(end[0] - begin[0]) / echoes;
    for (int i = 1; i < perf->nevents; i++) {
        calls_add(calls, perf->names[i],
                  (double)(end[i] - begin[i]) / echoes);
    }
    calls_finish(calls);
}

/* Returns 0; or -1, and the reason is in `calls`. */
static int
count_with_perf(struct turn *turn, struct calls *calls)
{
    const struct scenario *scenario = turn->scenario;
    char reason[SERVER_REASON_BYTES];
    char perf_reason[PERF_REASON_BYTES];
    struct engine_options options;
    struct driver *driver = turn->driver;
    struct perf perf;
    double faults;
    double threads;
    int status = -1;

    if (measure_start_server(turn, NULL, reason) != 0) {
        snprintf(calls->reason, sizeof calls->reason, "%s", reason);
        return -1;
    }
    measure_set_load(turn, &options);
    options.ask_silent = false;
    if (turn->server.seen_pid == 0) {
        snprintf(calls->reason, sizeof calls->reason,
                 "no perf: the launcher hides the server");
    } else if (server_faults(&turn->server, &faults, &threads), threads > 1) {
        snprintf(calls->reason, sizeof calls->reason,
                 "no perf: it has threads from the start");
    } else if (perf_open(&perf, turn->server.seen_pid,
                         scenario->clients + scenario->silent <=
                             NAMED_CLIENTS_MAX,
                         perf_reason) == 0) {
        if (driver_start(driver, &options, &turn->server) == 0 &&
            driver_tell(driver, DRIVER_CONNECT) == 0 &&
            driver_slice(driver, WARMUP_MS * MS, 0, 0, -1) == 0) {
            count_slice(turn, driver, &perf, calls);
            status = 0;
        }
        driver_stop(driver);
        perf_close(&perf);
    } else {
        snprintf(calls->reason, sizeof calls->reason, "no perf: %s",
                 perf_reason);
    }
    server_stop(&turn->server);
    return status;
}

/* Returns 0; or -1, and the reason is in `calls` behind what is there. */
static int
run_strace(struct turn *turn, int echoes, struct strace_run *run,
           struct calls *calls)
{
    size_t length = strlen(calls->reason);
    char *reason = calls->reason + length;
    size_t reason_bytes = sizeof calls->reason - length;
    const char *before = length > 0 ? "; " : "";
    struct engine_result *result = calloc(1, sizeof *result);
    char words[SERVER_REASON_BYTES];
    struct engine_options options;
    int status = -1;

    if (!result || measure_start_server(turn, strace_wrap, words) != 0) {
        snprintf(reason, reason_bytes, "%sno strace: %.120s", before,
                 result ? words : strerror(ENOMEM));
        free(result);
        return -1;
    }
    measure_set_load(turn, &options);
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
    server_stop(&turn->server);
    free(result);
    if (status != 0 || strace_parse(turn->server.errors, &run->table) != 0) {
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

/*
 * Two runs, the second with twice the echoes: their difference is free of
 * what the server calls as it starts and ends. Returns 0; or -1, and the
 * reason is in `calls`.
 */
static int
count_with_strace(struct turn *turn, struct calls *calls)
{
    const struct scenario *scenario = turn->scenario;
    bool slow = scenario->delay_ms > 0 || scenario->work_us > 0 ||
                scenario->message_bytes > 65536;
    int echoes = slow ? STRACE_ECHOES_SLOW : STRACE_ECHOES;
    struct strace_run *runs = calloc(2, sizeof *runs);
    int status = -1;

    if (runs && run_strace(turn, echoes, &runs[0], calls) == 0 &&
        run_strace(turn, 2 * echoes, &runs[1], calls) == 0 &&
        runs[1].echoes > runs[0].echoes) {
        snprintf(calls->method, sizeof calls->method, "strace");
        calls->counted_clients = 1;
        subtract(runs, calls);
        status = 0;
    }
    free(runs);
    return status;
}

void
syscalls_count(struct turn *turn, enum syscalls_method method,
               struct calls *calls)
{
    struct life life;

    measure_identify(turn, &life);
    calls_clear(calls);
    snprintf(calls->scenario, sizeof calls->scenario, "%s", life.scenario);
    snprintf(calls->model, sizeof calls->model, "%s", life.model);
    calls->clients = life.clients;
    if (method == SYSCALLS_NONE) {
        snprintf(calls->reason, sizeof calls->reason, "not asked for");
        return;
    }
    if (method != SYSCALLS_STRACE && count_with_perf(turn, calls) == 0) {
        return;
    }
    if (method != SYSCALLS_PERF) {
        count_with_strace(turn, calls);
    }
}
