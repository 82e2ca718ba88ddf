/*
 * tables.c: the records and figures, by table; records in memory. See
 * results.h.
 */
#include "harness/results/results.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    INTEGER_MAX = 1000000000, /* of each; sums still fit an int */
};

/* Calls fewer than that for each echo are no word worth. */
#define WORTH_A_WORD 0.005

#define TEXT(record, name, flags)                                            \
    {                                                                        \
#name, FIELD_TEXT, offsetof(struct record, name),                    \
            sizeof(((struct record *)0)->name), flags                        \
    }
#define FIELD(record, name, kind, most, flags)                               \
    {                                                                        \
#name, kind, offsetof(struct record, name), most, flags              \
    }
#define INT(record, name, flags)                                             \
    FIELD(record, name, FIELD_INT, INTEGER_MAX, flags)

const struct field run_fields[] = {
    INT(run, edition, 0),
    TEXT(run, cpu_model, 0),
    INT(run, cores, 0),
    TEXT(run, kernel, 0),
    TEXT(run, date, 0),
    TEXT(run, compiler, 0),
    TEXT(run, commit, 0),
    TEXT(run, mode, 0),
    TEXT(run, layout, 0),
    INT(run, lives, 0),
    FIELD(run, seed, FIELD_LONG, INT64_MAX, 0),
    TEXT(run, models, 0),
    TEXT(run, command, 0),
    TEXT(run, note, 0),
    {0},
};

const struct field end_fields[] = {
    FIELD(run, partial, FIELD_BOOL, 1, 0),
    FIELD(run, seconds, FIELD_NUMBER, 0, 0),
    INT(run, lives, 0),
    {0},
};

const struct field life_fields[] = {
    TEXT(life, scenario, FIELD_MUST | FIELD_LIFE | FIELD_ROW),
    INT(life, clients, FIELD_LIFE | FIELD_ROW),
    INT(life, rate_per_s, FIELD_LIFE | FIELD_ROW),
    TEXT(life, model, FIELD_MUST | FIELD_LIFE | FIELD_ROW),
    INT(life, life, FIELD_LIFE),
    TEXT(life, layout, FIELD_LIFE | FIELD_ROW),
    FIELD(life, status, FIELD_STATUS, 0, FIELD_MUST | FIELD_LIFE),
    TEXT(life, reason, FIELD_BRIEF),
    TEXT(life, note, FIELD_BRIEF),
    TEXT(life, bound_by, FIELD_LIFE | FIELD_ROW),
    INT(life, silent, 0),
    FIELD(life, ask_silent, FIELD_BOOL, 1, FIELD_BRIEF),
    FIELD(life, churn, FIELD_BOOL, 1, FIELD_BRIEF),
    FIELD(life, handshake, FIELD_BOOL, 1, FIELD_BRIEF),
    INT(life, cpus, 0),
    INT(life, delay_ms, 0),
    INT(life, work_us, 0),
    INT(life, rate_of_per_s, 0),
    TEXT(life, rate_of, FIELD_BRIEF),
    FIELD(life, message_bytes, FIELD_LONG, INT64_MAX, 0),
    {"errors_by_kind", FIELD_ERRORS, offsetof(struct life, errors), 0, 0},
    {"server_stats", FIELD_STATS, offsetof(struct life, stats),
     RESULTS_STATS_BYTES, FIELD_BRIEF},
    {0},
};

const struct field slice_fields[] = {
    TEXT(slice, scenario, FIELD_MUST),
    INT(slice, clients, 0),
    INT(slice, rate_per_s, 0),
    TEXT(slice, model, FIELD_MUST),
    INT(slice, life, 0),
    INT(slice, block, 0),
    FIELD(slice, seconds, FIELD_NUMBER, 0, 0),
    FIELD(slice, echoes, FIELD_NUMBER, 0, 0),
    FIELD(slice, server_cpu_us, FIELD_NUMBER, 0, 0),
    FIELD(slice, client_cpu_us, FIELD_NUMBER, 0, 0),
    FIELD(slice, gap_ms, FIELD_NUMBER, 0, 0),
    FIELD(slice, stalled, FIELD_BOOL, 1, 0),
    {0},
};

const struct field calls_fields[] = {
    TEXT(calls, scenario, FIELD_MUST),
    INT(calls, clients, 0),
    TEXT(calls, model, FIELD_MUST),
    TEXT(calls, method, 0),
    TEXT(calls, reason, FIELD_BRIEF),
    INT(calls, counted_clients, 0),
    FIELD(calls, echoes, FIELD_NUMBER, 0, 0),
    {"syscalls_per_echo", FIELD_NUMBER, offsetof(struct calls, per_echo), 0,
     0},
    /* Behind the total, which the names are held against. */
    {"per_echo_by_name", FIELD_NAMES, 0, 0, 0},
    {0},
};

const struct figure figures[LIFE_FIGURES] = {
    [LIFE_ASKED] = {"asked", "", 4, 0, FIGURE_MEDIAN, 0},
    [LIFE_SERVED] = {"served", "", 4, 1, FIGURE_LEAST, 0},
    [LIFE_FAIRNESS] = {"fairness", "fair", 2, 1, FIGURE_LEAST, 0},
    [LIFE_ECHOES] = {"echoes", "", 4, 0, FIGURE_SUM, 0},
    [LIFE_SECONDS] = {"seconds", "", 3, 0, FIGURE_SUM, 0},
    [LIFE_ECHOES_PER_S] = {"echoes_per_s", "echoes/s", 3, 1, FIGURE_MEDIAN,
                           0},
    [LIFE_P50_US] = {"p50_us", "p50", 3, -1, FIGURE_MEDIAN, FIGURE_TIME},
    [LIFE_P99_US] = {"p99_us", "p99", 3, -1, FIGURE_MEDIAN, FIGURE_TIME},
    [LIFE_P999_US] = {"p999_us", "", 3, -1, FIGURE_MEDIAN, FIGURE_TIME},
    [LIFE_MAX_US] = {"max_us", "", 3, -1, FIGURE_MOST, FIGURE_TIME},
    [LIFE_MEAN_US] = {"mean_us", "", 3, -1, FIGURE_MEDIAN, FIGURE_TIME},
    [LIFE_SERVER_CPU_US_PER_ECHO] = {"server_cpu_us_per_echo", "server us", 3,
                                     -1, FIGURE_MEDIAN, 0},
    [LIFE_CLIENT_CPU_US_PER_ECHO] = {"client_cpu_us_per_echo", "client us", 3,
                                     -1, FIGURE_MEDIAN, 0},
    [LIFE_FLOOR_US] = {"floor_us", "floor us", 3, 0, FIGURE_MEDIAN, 0},
    [LIFE_CPU_OVER_FLOOR] = {"cpu_over_floor", "over floor", 3, -1,
                             FIGURE_MEDIAN, 0},
    [LIFE_SYSCALLS_PER_ECHO] = {"syscalls_per_echo", "calls", 3, -1,
                                FIGURE_MEDIAN, 0},
    [LIFE_SWITCHES_PER_ECHO] = {"switches_per_echo", "switches", 3, -1,
                                FIGURE_MEDIAN, 0},
    [LIFE_RSS_KIB_PER_CLIENT] = {"rss_kib_per_client", "resident KiB", 3, -1,
                                 FIGURE_MEDIAN, 0},
    [LIFE_BUSY_RSS_KIB_PER_CLIENT] = {"busy_rss_kib_per_client", "", 3, -1,
                                      FIGURE_MEDIAN, 0},
    [LIFE_STACK_KIB_PER_CLIENT] = {"kernel_stack_kib_per_client",
                                   "kernel stack KiB", 3, -1, FIGURE_MEDIAN,
                                   0},
    [LIFE_ERRORS] = {"errors", "", 3, -1, FIGURE_MOST, 0},
    [LIFE_STALLS] = {"stalls", "stalls", 3, -1, FIGURE_SUM, FIGURE_NOISE},
    [LIFE_STALL_MS] = {"stall_ms", "longest ms", 3, -1, FIGURE_MOST,
                       FIGURE_NOISE},
    [LIFE_ELSEWHERE_PERCENT] = {"elsewhere_percent", "elsewhere %", 2, -1,
                                FIGURE_MOST, FIGURE_NOISE},
    [LIFE_CONNECTED] = {"connected", "", 4, 0, FIGURE_LEAST, 0},
    [LIFE_UNFINISHED] = {"unfinished", "unfinished", 3, -1, FIGURE_MOST, 0},
    [LIFE_BASE_RSS_KIB] = {"base_rss_kib", "base KiB", 4, -1, FIGURE_MEDIAN,
                           FIGURE_WHY},
    [LIFE_START_MS] = {"start_ms", "start ms", 3, -1, FIGURE_MEDIAN,
                       FIGURE_WHY},
    [LIFE_FAULTS_PER_ECHO] = {"minor_faults_per_echo", "page faults", 3, -1,
                              FIGURE_MEDIAN, FIGURE_WHY},
    [LIFE_THREADS] = {"threads", "threads", 4, 0, FIGURE_MOST, FIGURE_WHY},
    [LIFE_CLIENT_BYTES] = {"client_bytes", "", 4, 0, FIGURE_SUM, 0},
    [LIFE_STEAL_PERCENT] = {"steal_percent", "steal %", 2, -1, FIGURE_MOST,
                            FIGURE_NOISE},
    [LIFE_THROTTLED] = {"throttled", "throttled", 3, -1, FIGURE_SUM,
                        FIGURE_NOISE},
    [LIFE_LISTEN_OVERFLOWS] = {"listen_overflows", "overflows", 3, -1,
                               FIGURE_SUM, FIGURE_NOISE},
    [LIFE_LISTEN_DROPS] = {"listen_drops", "drops", 3, -1, FIGURE_SUM,
                           FIGURE_NOISE},
    [LIFE_RETRANSMITS] = {"retransmits", "resent", 3, -1, FIGURE_SUM,
                          FIGURE_NOISE},
    [LIFE_OFFERED_PER_S] = {"offered_per_s", "", 3, 0, FIGURE_MEDIAN, 0},
    [LIFE_REACHED_SHARE] = {"reached_share", "", 3, 1, FIGURE_MEDIAN, 0},
    [LIFE_SERVICE_P50_US] = {"service_p50_us", "p50", 3, -1, FIGURE_MEDIAN,
                             0},
    [LIFE_SERVICE_P99_US] = {"service_p99_us", "p99", 3, -1, FIGURE_MEDIAN,
                             0},
    [LIFE_LAG_P99_US] = {"lag_p99_us", "lag p99", 3, -1, FIGURE_MEDIAN, 0},
};

static const char *const status_names[LIFE_STATUSES] = {
    [LIFE_OK] = "ok",
    [LIFE_FAILED] = "failed",
    [LIFE_INVALID] = "invalid",
    [LIFE_SKIPPED] = "skipped",
};

const char *
life_status_name(enum life_status status)
{
    return status_names[status];
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

/* ---- system calls by name ------------------------------------------------
 */

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
    struct calls_name *entry;

    for (int i = 0; i < calls->nnames; i++) {
        if (strcmp(calls->names[i].name, name) == 0) {
            calls->names[i].per_echo += per_echo;
            return;
        }
    }
    /* The last place is kept for CALLS_OTHER. */
    if (calls->nnames < CALLS_NAMES_MAX - 1) {
        entry = &calls->names[calls->nnames++];
        snprintf(entry->name, sizeof entry->name, "%s", name);
        entry->per_echo = per_echo;
    }
}

/* CALLS_OTHER is no call and stands last, whatever it is. */
static int
compare_names(const void *left, const void *right)
{
    const struct calls_name *a = left;
    const struct calls_name *b = right;
    int a_other = strcmp(a->name, CALLS_OTHER) == 0;
    int b_other = strcmp(b->name, CALLS_OTHER) == 0;

    if (a_other != b_other) {
        return a_other - b_other;
    }
    if (a->per_echo != b->per_echo) {
        return a->per_echo > b->per_echo ? -1 : 1;
    }
    return strcmp(a->name, b->name);
}

void
calls_finish(struct calls *calls)
{
    double named = 0;
    int kept = 0;

    for (int i = 0; i < calls->nnames; i++) {
        if (calls->names[i].per_echo >= WORTH_A_WORD) {
            named += calls->names[i].per_echo;
            calls->names[kept++] = calls->names[i];
        }
    }
    calls->nnames = kept;
    qsort(calls->names, (size_t)kept, sizeof calls->names[0], compare_names);
    if (calls->per_echo - named >= WORTH_A_WORD) {
        struct calls_name *other = &calls->names[calls->nnames++];

        snprintf(other->name, sizeof other->name, CALLS_OTHER);
        other->per_echo = calls->per_echo - named;
    }
}
