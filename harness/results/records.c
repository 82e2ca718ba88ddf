/*
 * records.c: figures by table; records in memory. See results.h.
 */
#include "harness/results/results.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Calls fewer than that for each echo are no word worth. */
#define WORTH_A_WORD 0.005

#define FIGURE(name, key, heading, digits, how, where)                       \
    [LIFE_##name] = {key, heading, digits, FIGURE_##how, where}

const struct figure figures[LIFE_FIGURES] = {
    FIGURE(ASKED, "asked", "", 4, MEDIAN, 0),
    FIGURE(SERVED, "served", "", 4, LEAST, 0),
    FIGURE(FAIRNESS, "fairness", "fair", 2, LEAST, 0),
    FIGURE(ECHOES, "echoes", "", 4, SUM, 0),
    FIGURE(SECONDS, "seconds", "", 3, SUM, 0),
    FIGURE(ECHOES_PER_S, "echoes_per_s", "echoes/s", 3, MEDIAN, 0),
    FIGURE(P50_US, "p50_us", "p50", 3, MEDIAN, FIGURE_TIME),
    FIGURE(P99_US, "p99_us", "p99", 3, MEDIAN, FIGURE_TIME),
    FIGURE(P999_US, "p999_us", "", 3, MEDIAN, FIGURE_TIME),
    FIGURE(MAX_US, "max_us", "", 3, MOST, FIGURE_TIME),
    FIGURE(MEAN_US, "mean_us", "", 3, MEDIAN, FIGURE_TIME),
    FIGURE(SERVER_CPU_US_PER_ECHO, "server_cpu_us_per_echo", "server us", 3,
           MEDIAN, 0),
    FIGURE(CLIENT_CPU_US_PER_ECHO, "client_cpu_us_per_echo", "client us", 3,
           MEDIAN, 0),
    FIGURE(FLOOR_US, "floor_us", "floor us", 3, MEDIAN, 0),
    FIGURE(CPU_OVER_FLOOR, "cpu_over_floor", "over floor", 3, MEDIAN, 0),
    FIGURE(SYSCALLS_PER_ECHO, "syscalls_per_echo", "calls", 3, MEDIAN, 0),
    FIGURE(SWITCHES_PER_ECHO, "switches_per_echo", "switches", 3, MEDIAN, 0),
    FIGURE(RSS_KIB_PER_CLIENT, "rss_kib_per_client", "resident KiB", 3,
           MEDIAN, 0),
    FIGURE(BUSY_RSS_KIB_PER_CLIENT, "busy_rss_kib_per_client", "", 3, MEDIAN,
           0),
    FIGURE(STACK_KIB_PER_CLIENT, "kernel_stack_kib_per_client",
           "kernel stack KiB", 3, MEDIAN, 0),
    FIGURE(ERRORS, "errors", "", 3, MOST, 0),
    FIGURE(STALLS, "stalls", "stalls", 3, SUM, FIGURE_NOISE),
    FIGURE(STALL_MS, "stall_ms", "longest ms", 3, MOST, FIGURE_NOISE),
    FIGURE(ELSEWHERE_PERCENT, "elsewhere_percent", "elsewhere %", 2, MOST,
           FIGURE_NOISE),
    FIGURE(CONNECTED, "connected", "", 4, LEAST, 0),
    FIGURE(UNFINISHED, "unfinished", "unfinished", 3, MOST, 0),
    FIGURE(BASE_RSS_KIB, "base_rss_kib", "base KiB", 4, MEDIAN, FIGURE_WHY),
    FIGURE(START_MS, "start_ms", "start ms", 3, MEDIAN, FIGURE_WHY),
    FIGURE(FAULTS_PER_ECHO, "minor_faults_per_echo", "page faults", 3, MEDIAN,
           FIGURE_WHY),
    FIGURE(THREADS, "threads", "threads", 4, MOST, FIGURE_WHY),
    FIGURE(CLIENT_BYTES, "client_bytes", "", 4, SUM, 0),
    FIGURE(STEAL_PERCENT, "steal_percent", "steal %", 2, MOST, FIGURE_NOISE),
    FIGURE(THROTTLED, "throttled", "throttled", 3, SUM, FIGURE_NOISE),
    FIGURE(LISTEN_OVERFLOWS, "listen_overflows", "overflows", 3, SUM,
           FIGURE_NOISE),
    FIGURE(LISTEN_DROPS, "listen_drops", "drops", 3, SUM, FIGURE_NOISE),
    FIGURE(RETRANSMITS, "retransmits", "resent", 3, SUM, FIGURE_NOISE),
    FIGURE(OFFERED_PER_S, "offered_per_s", "", 3, MEDIAN, 0),
    FIGURE(REACHED_SHARE, "reached_share", "", 3, MEDIAN, 0),
    FIGURE(SERVICE_P50_US, "service_p50_us", "p50", 3, MEDIAN, 0),
    FIGURE(SERVICE_P99_US, "service_p99_us", "p99", 3, MEDIAN, 0),
    FIGURE(LAG_P99_US, "lag_p99_us", "lag p99", 3, MEDIAN, 0),
};

const char *
life_status_name(enum life_status status)
{
    static const char *const names[LIFE_STATUSES] = {
        [LIFE_OK] = "ok",
        [LIFE_FAILED] = "failed",
        [LIFE_INVALID] = "invalid",
        [LIFE_SKIPPED] = "skipped",
    };

    return names[status];
}

void
life_clear(struct life *life)
{
    memset(life, 0, sizeof *life);
    for (int i = 0; i < LIFE_FIGURES; i++) {
        life->figure[i] = NAN;
    }
}

void
life_fail(struct life *life, enum life_status status, const char *format, ...)
{
    va_list args;

    life->status = status;
    va_start(args, format);
    vsnprintf(life->reason, sizeof life->reason, format, args);
    va_end(args);
}

/* ---- system calls by name ---------------------------------------------- */

void
calls_clear(struct calls *calls)
{
    memset(calls, 0, sizeof *calls);
    calls->per_echo = NAN;
    calls->echoes = NAN;
}

void
calls_add(struct calls *calls, const char *name, double per_echo)
{
    int i = 0;

    while (i < calls->nnames && strcmp(calls->names[i].name, name) != 0) {
        i++;
    }
    if (i < calls->nnames) {
        calls->names[i].per_echo += per_echo;
    } else if (i < CALLS_NAMES_MAX - 1 && strcmp(name, CALLS_OTHER) != 0) {
        /* The last place is kept for CALLS_OTHER, which calls_finish() adds.
         */
        snprintf(calls->names[i].name, sizeof calls->names[i].name, "%s",
                 name);
        calls->names[i].per_echo = per_echo;
        calls->nnames++;
    }
}

static int
compare_names(const void *left, const void *right)
{
    const struct calls_name *a = left;
    const struct calls_name *b = right;

    if (a->per_echo != b->per_echo) {
        return a->per_echo > b->per_echo ? -1 : 1;
    }
    return strcmp(a->name, b->name);
}

void
calls_finish(struct calls *calls)
{
    double rest = calls->per_echo;
    int kept = 0;

    qsort(calls->names, (size_t)calls->nnames, sizeof calls->names[0],
          compare_names);
    while (kept < calls->nnames &&
           calls->names[kept].per_echo >= WORTH_A_WORD) {
        rest -= calls->names[kept++].per_echo;
    }
    calls->nnames = kept;
    if (rest >= WORTH_A_WORD) {
        calls->names[calls->nnames++] =
            (struct calls_name){CALLS_OTHER, rest};
    }
}
