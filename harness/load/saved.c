/*
 * saved.c: what a run saw, in a file.
 *
 *     {"fiveways_saved_run": 5, "target": "10.0.0.1:5566",
 *      "clients": 64, ...
 *      "errors": {"refused": 0, "reset": 2, ...},
 *      "response": {"max_ns": 90, ..., "buckets": [70, 1, 90, 2]}, ...}
 *
 * The buckets of a histogram are those that are not empty: number, count,
 * number, count, with the numbers going up.
 */
#include <jansson.h>
#include <stddef.h>
#include <string.h>

#include "harness/load/load.h"

enum {
    FORMAT = 5, /* goes up when a reader would misunderstand */
    /* More clients than one run can have; as many runs as anybody has still
     * add up to an int. */
    INT_MAX_READ = 4000000,
};

static const char format_name[] = "fiveways_saved_run";

/* What kind of value a field is. No number is ever below 0. */
enum field_kind {
    FIELD_INT,
    FIELD_INT64, /* of 64 bits, with or without a sign */
    FIELD_BOOL,
    FIELD_DOUBLE,
    FIELD_TARGET,
    FIELD_ERRORS,
    FIELD_HISTOGRAM,
};

#define FIELD(kind, name, where)                                             \
    {                                                                        \
        name, kind, offsetof(struct saved_run, where)                        \
    }
#define OPTION(kind, name) FIELD(kind, #name, options.name)
#define RESULT(kind, name) FIELD(kind, #name, result.name)

static const struct field {
    const char *name;     /* in the file */
    enum field_kind kind; /* its type */
    size_t offset;        /* where in a run it is */
} fields[] = {
    FIELD(FIELD_TARGET, "target", target),
    FIELD(FIELD_INT64, "begun_ms", begun_ms),
    OPTION(FIELD_INT, clients),
    OPTION(FIELD_INT, silent_clients),
    OPTION(FIELD_INT64, message_bytes),
    OPTION(FIELD_BOOL, churn),
    OPTION(FIELD_BOOL, handshake),
    FIELD(FIELD_INT64, "asked_window_ns", options.window_ns),
    OPTION(FIELD_INT64, echoes_max),
    OPTION(FIELD_INT64, timeout_ns),
    OPTION(FIELD_DOUBLE, rate_per_s),
    FIELD(FIELD_INT, "schedule_kind", options.arrivals),
    RESULT(FIELD_INT, asked),
    RESULT(FIELD_INT, connected),
    RESULT(FIELD_INT, served),
    RESULT(FIELD_INT64, echoes),
    RESULT(FIELD_INT64, echoes_total),
    RESULT(FIELD_INT64, bytes),
    RESULT(FIELD_INT64, unfinished),
    RESULT(FIELD_INT, stalled),
    RESULT(FIELD_INT, stalled_inside),
    RESULT(FIELD_INT, stalled_behind),
    RESULT(FIELD_INT64, turned_away),
    RESULT(FIELD_INT64, oldest_ns),
    RESULT(FIELD_INT64, arrivals),
    RESULT(FIELD_INT64, window_ns),
    RESULT(FIELD_INT64, client_cpu_ns),
    RESULT(FIELD_BOOL, interrupted),
    RESULT(FIELD_ERRORS, errors),
    RESULT(FIELD_HISTOGRAM, latency),
    RESULT(FIELD_HISTOGRAM, response),
    RESULT(FIELD_HISTOGRAM, lag),
    RESULT(FIELD_HISTOGRAM, connect),
};

enum {
    FIELDS = sizeof fields / sizeof fields[0]
};

/* ---- writing ----------------------------------------------------------- */

static json_t *
write_errors(const uint64_t errors[ENGINE_ERRORS])
{
    json_t *object = json_object();
    for (int i = 0; i < ENGINE_ERRORS; i++) {
        json_object_set_new(object, engine_error_name((enum engine_error)i),
                            json_integer((json_int_t)errors[i]));
    }
    return object;
}

static json_t *
write_histogram(const struct histogram *histogram)
{
    json_t *buckets = json_array();
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
        json_int_t count = (json_int_t)histogram->buckets[i];
        if (count != 0) {
            json_array_append_new(buckets, json_integer(i));
            json_array_append_new(buckets, json_integer(count));
        }
    }
    return json_pack("{s:I, s:f, s:o}", "max_ns",
                     (json_int_t)histogram->max_ns, "sum_ns",
                     histogram->sum_ns, "buckets", buckets);
}

static json_t *
write_value(enum field_kind kind, const void *at)
{
    switch (kind) {
    case FIELD_INT:
        return json_integer(*(const int *)at);
    case FIELD_INT64:
        return json_integer(*(const int64_t *)at);
    case FIELD_BOOL:
        return json_boolean(*(const bool *)at);
    case FIELD_DOUBLE:
        return json_real(*(const double *)at);
    case FIELD_TARGET:
        return json_string(at);
    case FIELD_ERRORS:
        return write_errors(at);
    case FIELD_HISTOGRAM:
        return write_histogram(at);
    }
    return NULL;
}

void
saved_write(FILE *stream, const struct saved_run *run)
{
    json_t *object = json_pack("{s:i}", format_name, FORMAT);
    for (int i = 0; i < FIELDS; i++) {
        json_object_set_new(
            object, fields[i].name,
            write_value(fields[i].kind,
                        (const char *)run + fields[i].offset));
    }
    json_dumpf(object, stream, 0);
    fputc('\n', stream);
    json_decref(object);
}

/* ---- reading ------------------------------------------------------------
 *
 * These return true if the value is what it must be.
 */

static bool
read_count(const json_t *value, int64_t most, int64_t *count)
{
    *count = json_integer_value(value);
    return json_is_integer(value) && *count >= 0 && *count <= most;
}

static bool
read_double(const json_t *value, double *number)
{
    *number = json_real_value(value);
    return json_is_real(value) && *number >= 0;
}

/* It will be printed to a terminal. */
static bool
read_target(const json_t *value, char target[SAVED_TARGET_BYTES])
{
    const char *text = json_string_value(value);
    if (text == NULL || strlen(text) >= SAVED_TARGET_BYTES) {
        return false;
    }
    memcpy(target, text, strlen(text) + 1);
    while (*text > ' ' && *text <= '~') {
        text++;
    }
    return *text == '\0';
}

static bool
read_errors(const json_t *object, int64_t errors[ENGINE_ERRORS])
{
    bool right = true;
    for (int i = 0; i < ENGINE_ERRORS; i++) {
        const char *name = engine_error_name((enum engine_error)i);
        right = read_count(json_object_get(object, name), INT64_MAX,
                           &errors[i]) &&
                right;
    }
    return right;
}

static bool
read_histogram(const json_t *object, struct histogram *histogram)
{
    const json_t *buckets = json_object_get(object, "buckets");
    size_t numbers = json_array_size(buckets);
    int64_t last = -1;
    for (size_t i = 0; i < numbers; i += 2) {
        int64_t bucket;
        int64_t count;
        if (!read_count(json_array_get(buckets, i), HISTOGRAM_BUCKETS - 1,
                        &bucket) ||
            !read_count(json_array_get(buckets, i + 1), INT64_MAX, &count) ||
            bucket <= last) {
            return false;
        }
        histogram->buckets[bucket] = (uint64_t)count;
        histogram->count += (uint64_t)count;
        last = bucket;
    }
    return json_is_array(buckets) &&
           read_count(json_object_get(object, "max_ns"), INT64_MAX,
                      &histogram->max_ns) &&
           read_double(json_object_get(object, "sum_ns"), &histogram->sum_ns);
}

static bool
read_value(const json_t *value, enum field_kind kind, void *at)
{
    int64_t count;
    bool right;
    switch (kind) {
    case FIELD_INT:
        right = read_count(value, INT_MAX_READ, &count);
        *(int *)at = (int)count;
        return right;
    case FIELD_INT64:
        return read_count(value, INT64_MAX, at);
    case FIELD_BOOL:
        *(bool *)at = json_is_true(value);
        return json_is_boolean(value);
    case FIELD_DOUBLE:
        return read_double(value, at);
    case FIELD_TARGET:
        return read_target(value, at);
    case FIELD_ERRORS:
        return read_errors(value, at);
    case FIELD_HISTOGRAM:
        return read_histogram(value, at);
    }
    return false;
}

int
saved_read(FILE *stream, struct saved_run *run,
           char reason[SAVED_REASON_BYTES])
{
    json_error_t error;
    json_t *object = json_loadf(stream, JSON_REJECT_DUPLICATES, &error);
    const json_t *format = json_object_get(object, format_name);
    const char *fault = NULL;
    const char *name = "";
    memset(run, 0, sizeof *run);
    if (object == NULL &&
        json_error_code(&error) == json_error_premature_end_of_input) {
        fault = "is cut off";
    } else if (json_integer_value(format) != FORMAT) {
        /* The first edition wrote lines of text. */
        fault = "was not saved by load, or by an older edition of it; please "
                "measure again";
    }
    for (int i = 0; i < FIELDS && fault == NULL; i++) {
        name = fields[i].name;
        if (!read_value(json_object_get(object, name), fields[i].kind,
                        (char *)run + fields[i].offset)) {
            fault = "is damaged: missing or wrong is ";
        }
    }
    if (fault != NULL) {
        snprintf(reason, SAVED_REASON_BYTES, "%s%s", fault, name);
    }
    json_decref(object);
    return fault == NULL ? 0 : -1;
}
