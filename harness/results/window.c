/*
 * window.c: a window, to and from one line of JSON. See window.h.
 */
#include "harness/results/window.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/results/integer.h"

static json_t *number_to_json(double value);
static json_t *errors_to_json(const struct window *window);
static int integers_from_json(const json_t *object, struct window *window);
static int errors_from_json(const json_t *object, struct window *window);
static json_t *causes_to_json(const struct window *window);
static void causes_from_json(const json_t *array, struct window *window);
static void string_from_json(const json_t *object, const char *key,
                             char *text, size_t text_bytes);
static void stats_from_json(const json_t *object, struct window *window);

static const char *const figure_names[WINDOW_FIGURES] = {
    [WINDOW_ASKED] = "asked",
    [WINDOW_SERVED] = "served",
    [WINDOW_ECHOES] = "echoes",
    [WINDOW_SECONDS] = "seconds",
    [WINDOW_ECHOES_PER_S] = "echoes_per_s",
    [WINDOW_P50_US] = "p50_us",
    [WINDOW_P99_US] = "p99_us",
    [WINDOW_P999_US] = "p999_us",
    [WINDOW_MAX_US] = "max_us",
    [WINDOW_SERVER_CPU_US_PER_ECHO] = "server_cpu_us_per_echo",
    [WINDOW_FLOOR_US] = "floor_us",
    [WINDOW_CPU_OVER_FLOOR] = "cpu_over_floor",
    [WINDOW_SYSCALLS_PER_ECHO] = "syscalls_per_echo",
    [WINDOW_SWITCHES_PER_ECHO] = "switches_per_echo",
    [WINDOW_RSS_KIB_PER_CLIENT] = "rss_kib_per_client",
    [WINDOW_ERRORS] = "errors",
    [WINDOW_CLIENT_CPU_US_PER_ECHO] = "client_cpu_us_per_echo",
    [WINDOW_CONNECTED] = "connected",
    [WINDOW_UNFINISHED] = "unfinished",
    [WINDOW_BASE_RSS_KIB] = "base_rss_kib",
    [WINDOW_START_MS] = "start_ms",
    [WINDOW_FAULTS_PER_ECHO] = "minor_faults_per_echo",
    [WINDOW_THREADS] = "threads",
    [WINDOW_STACK_KIB_PER_CLIENT] = "kernel_stack_kib_per_client",
    [WINDOW_MEAN_US] = "mean_us",
    [WINDOW_CLIENT_BYTES] = "client_bytes",
    [WINDOW_STEAL_PERCENT] = "steal_percent",
    [WINDOW_FOREIGN_PERCENT] = "foreign_percent",
    [WINDOW_TICK_PERCENT] = "tick_percent",
    [WINDOW_PREEMPTIONS] = "client_preemptions",
    [WINDOW_THROTTLED] = "throttled",
    [WINDOW_LISTEN_OVERFLOWS] = "listen_overflows",
    [WINDOW_LISTEN_DROPS] = "listen_drops",
    [WINDOW_RETRANSMITS] = "retransmits",
    [WINDOW_OFFERED_PER_S] = "offered_per_s",
    [WINDOW_REACHED_SHARE] = "reached_share",
    [WINDOW_SERVICE_P50_US] = "service_p50_us",
    [WINDOW_SERVICE_P99_US] = "service_p99_us",
    [WINDOW_LAG_P99_US] = "lag_p99_us",
    [WINDOW_FAIRNESS] = "fairness",
    [WINDOW_BUSY_RSS_KIB_PER_CLIENT] = "busy_rss_kib_per_client",
    [WINDOW_STALLS] = "stalls",
    [WINDOW_STALL_MS] = "stall_ms",
    [WINDOW_ELSEWHERE_PERCENT] = "elsewhere_percent",
};

static const char *const cause_names[WINDOW_CAUSES] = {
    "steal",
    "foreign",
    "floor",
    "throttled",
};

static const char *const status_names[WINDOW_STATUSES] = {
    [WINDOW_OK] = "ok",
    [WINDOW_FAILED] = "failed",
    [WINDOW_INVALID] = "invalid",
    [WINDOW_SKIPPED] = "skipped",
};

/* The whole numbers of a window, so that writing and reading cannot differ.
 */
static const struct {
    const char *key; /* in JSON */
    size_t offset;   /* of the int in struct window */
} int_fields[] = {
    {"clients", offsetof(struct window, clients)},
    {"silent", offsetof(struct window, silent)},
    {"round", offsetof(struct window, round)},
    {"attempt", offsetof(struct window, attempt)},
    {"cpus", offsetof(struct window, cpus)},
    {"delay_ms", offsetof(struct window, delay_ms)},
    {"work_us", offsetof(struct window, work_us)},
    {"rate_per_s", offsetof(struct window, rate_per_s)},
    {"rate_of_per_s", offsetof(struct window, rate_of_per_s)},
};
enum {
    INT_FIELDS = sizeof int_fields / sizeof int_fields[0],
    WINDOW_INTEGER_MAX = 1000000000, /* of each; sums still fit an int */
};

void
window_clear(struct window *window)
{
    memset(window, 0, sizeof *window);
    for (int i = 0; i < WINDOW_FIGURES; i++) {
        window->figure[i] = NAN;
    }
}

const char *
window_figure_name(enum window_figure figure)
{
    return figure_names[figure];
}

const char *
window_status_name(enum window_status status)
{
    return status_names[status];
}

const char *
window_cause_name(int bit)
{
    return cause_names[bit];
}

void
window_fail(struct window *window, enum window_status status,
            const char *format, ...)
{
    va_list args;

    window->status = status;
    va_start(args, format);
    vsnprintf(window->reason, sizeof window->reason, format, args);
    va_end(args);
}

json_t *
window_to_json(const struct window *window)
{
    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "scenario", window->scenario,
        "model", window->model, "layout", window->layout, "status",
        status_names[window->status], "reason", window->reason, "bound_by",
        window->bound_by, "message_bytes", (json_int_t)window->message_bytes);

    if (!object) {
        return NULL;
    }
    for (int i = 0; i < INT_FIELDS; i++) {
        const char *field = (const char *)window + int_fields[i].offset;

        json_object_set_new(object, int_fields[i].key,
                            json_integer(*(const int *)field));
    }
    for (int i = 0; i < WINDOW_FIGURES; i++) {
        json_object_set_new(object, figure_names[i],
                            number_to_json(window->figure[i]));
    }
    if (window->note[0] != '\0') {
        json_object_set_new(object, "note", json_string(window->note));
    }
    if (window->rate_of[0] != '\0') {
        json_object_set_new(object, "rate_of", json_string(window->rate_of));
    }
    json_object_set_new(object, "errors_by_kind", errors_to_json(window));
    json_object_set_new(object, "disturbed_by", causes_to_json(window));
    if (window->stats[0] != '\0') {
        json_t *stats = json_loads(window->stats, 0, NULL);

        json_object_set_new(object, "server_stats",
                            stats ? stats : json_string(window->stats));
    }
    return object;
}

int
window_from_json(const json_t *object, struct window *window)
{
    char status[sizeof "skipped"] = "";

    window_clear(window);
    string_from_json(object, "scenario", window->scenario,
                     sizeof window->scenario);
    string_from_json(object, "model", window->model, sizeof window->model);
    string_from_json(object, "layout", window->layout, sizeof window->layout);
    string_from_json(object, "reason", window->reason, sizeof window->reason);
    string_from_json(object, "note", window->note, sizeof window->note);
    string_from_json(object, "rate_of", window->rate_of,
                     sizeof window->rate_of);
    string_from_json(object, "bound_by", window->bound_by,
                     sizeof window->bound_by);
    string_from_json(object, "status", status, sizeof status);
    for (int i = 0; i < WINDOW_FIGURES; i++) {
        const json_t *number = json_object_get(object, figure_names[i]);

        window->figure[i] =
            json_is_number(number) ? json_number_value(number) : NAN;
    }
    causes_from_json(json_object_get(object, "disturbed_by"), window);
    stats_from_json(json_object_get(object, "server_stats"), window);
    if (window->scenario[0] == '\0' || window->model[0] == '\0' ||
        integers_from_json(object, window) != 0 ||
        errors_from_json(json_object_get(object, "errors_by_kind"), window) !=
            0) {
        return -1;
    }
    for (int i = 0; i < WINDOW_STATUSES; i++) {
        if (strcmp(status, status_names[i]) == 0) {
            window->status = i;
            return 0;
        }
    }
    return -1;
}

/* Whole numbers without a point, NAN as null: JSON has no other word. */
static json_t *
number_to_json(double value)
{
    if (!isfinite(value)) {
        return json_null();
    }
    if (value == trunc(value) && fabs(value) < 1e15) {
        return json_integer((json_int_t)value);
    }
    return json_real(value);
}

/* Only the kinds that happened. */
static json_t *
errors_to_json(const struct window *window)
{
    json_t *object = json_object();

    for (int i = 0; i < ENGINE_ERRORS; i++) {
        if (window->errors[i] > 0) {
            json_object_set_new(object, engine_error_name(i),
                                json_integer((json_int_t)window->errors[i]));
        }
    }
    return object;
}

static json_t *
causes_to_json(const struct window *window)
{
    json_t *array = json_array();

    for (int bit = 0; bit < WINDOW_CAUSES; bit++) {
        if (window->causes & (1U << bit)) {
            json_array_append_new(array, json_string(cause_names[bit]));
        }
    }
    return array;
}

static void
causes_from_json(const json_t *array, struct window *window)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *name = json_string_value(json_array_get(array, i));

        for (int bit = 0; bit < WINDOW_CAUSES; bit++) {
            if (name && strcmp(name, cause_names[bit]) == 0) {
                window->causes |= 1U << bit;
            }
        }
    }
}

static int
integers_from_json(const json_t *object, struct window *window)
{
    const json_t *bytes = json_object_get(object, "message_bytes");

    if (bytes && (!json_is_integer(bytes) || json_integer_value(bytes) < 0)) {
        return -1;
    }
    window->message_bytes = json_integer_value(bytes);
    for (int i = 0; i < INT_FIELDS; i++) {
        char *field = (char *)window + int_fields[i].offset;

        if (integer_from_json(object, int_fields[i].key, WINDOW_INTEGER_MAX,
                              (int *)field) != 0) {
            return -1;
        }
    }
    return 0;
}

static int
errors_from_json(const json_t *object, struct window *window)
{
    for (int i = 0; i < ENGINE_ERRORS; i++) {
        const json_t *count = json_object_get(object, engine_error_name(i));

        if (count &&
            (!json_is_integer(count) || json_integer_value(count) < 0)) {
            return -1;
        }
        window->errors[i] = (uint64_t)json_integer_value(count);
    }
    return 0;
}

static void
string_from_json(const json_t *object, const char *key, char *text,
                 size_t text_bytes)
{
    const char *value = json_string_value(json_object_get(object, key));

    snprintf(text, text_bytes, "%s", value ? value : "");
}

/* A server that prints no JSON has its words kept as a string. */
static void
stats_from_json(const json_t *object, struct window *window)
{
    char *text;

    if (json_is_string(object)) {
        snprintf(window->stats, sizeof window->stats, "%s",
                 json_string_value(object));
        return;
    }
    if (!object) {
        return;
    }
    text = json_dumps(object, JSON_COMPACT);
    if (text && strlen(text) < sizeof window->stats) {
        snprintf(window->stats, sizeof window->stats, "%s", text);
    }
    free(text);
}
