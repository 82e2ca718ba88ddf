/*
 * saved.c: what a run saw, in a file.
 *
 *     {"fiveways_saved_run": 4, "target": "10.0.0.1:5566",
 *      "clients": 64, ...
 *      "errors": {"refused": 0, "reset": 2, ...},
 *      "response": {"min_ns": 70, ..., "buckets": [70, 1, 90, 2]}, ...}
 *
 * The buckets of a histogram are those that are not empty: number, count,
 * number, count, with the numbers going up.
 */
#include <jansson.h>
#include <stddef.h>
#include <string.h>

#include "harness/load/load.h"

enum {
    FORMAT = 4, /* goes up when a reader would misunderstand */
    /* More clients than one run can have; as many runs as anybody has still
     * add up to an int. */
    INT_MAX_READ = 4000000,
};

static const char format_name[] = "fiveways_saved_run";

/* What kind of value a field is. None is ever below 0. */
enum field_kind {
    FIELD_INT,
    FIELD_INT64, /* of 64 bits, with or without a sign */
    FIELD_BOOL,
    FIELD_DOUBLE,
    FIELD_HISTOGRAM,
};

/* A value by its name. */
struct field {
    const char *name;     /* in the file */
    enum field_kind kind; /* its type */
    size_t offset;        /* where in its struct it is */
};

#define FIELD(kind, name, where)                                             \
    {                                                                        \
        name, kind, offsetof(struct saved_run, where)                        \
    }
#define OPTION(kind, name) FIELD(kind, #name, options.name)
#define RESULT(kind, name) FIELD(kind, #name, result.name)

static const struct field run_fields[] = {
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
    RESULT(FIELD_HISTOGRAM, latency),
    RESULT(FIELD_HISTOGRAM, response),
    RESULT(FIELD_HISTOGRAM, lag),
    RESULT(FIELD_HISTOGRAM, connect),
    {NULL, FIELD_INT, 0},
};

static const struct field histogram_fields[] = {
    {"min_ns", FIELD_INT64, offsetof(struct histogram, min_ns)},
    {"max_ns", FIELD_INT64, offsetof(struct histogram, max_ns)},
    {"sum_ns", FIELD_DOUBLE, offsetof(struct histogram, sum_ns)},
    {NULL, FIELD_INT, 0},
};

/* The fields of engine_result's errors. */
static const struct field *
error_fields(void)
{
    static struct field rows[ENGINE_ERRORS + 1];
    for (int i = 0; i < ENGINE_ERRORS; i++) {
        rows[i] = (struct field){engine_error_name((enum engine_error)i),
                                 FIELD_INT64, (size_t)i * sizeof(uint64_t)};
    }
    return rows;
}

/* ---- writing ------------------------------------------------------------
 */

static json_t *write_histogram(const struct histogram *histogram);

/* Add to `object` what the fields say of the struct at `base`. */
static void
write_fields(json_t *object, const void *base, const struct field *field)
{
    for (; field->name != NULL; field++) {
        const void *at = (const char *)base + field->offset;
        json_t *value = NULL;
        switch (field->kind) {
        case FIELD_INT:
            value = json_integer(*(const int *)at);
            break;
        case FIELD_INT64:
            value = json_integer(*(const int64_t *)at);
            break;
        case FIELD_BOOL:
            value = json_boolean(*(const bool *)at);
            break;
        case FIELD_DOUBLE:
            value = json_real(*(const double *)at);
            break;
        case FIELD_HISTOGRAM:
            value = write_histogram(at);
            break;
        }
        json_object_set_new(object, field->name, value);
    }
}

static json_t *
write_histogram(const struct histogram *histogram)
{
    json_t *object = json_object();
    json_t *buckets = json_array();
    write_fields(object, histogram, histogram_fields);
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
        json_int_t count = (json_int_t)histogram->buckets[i];
        if (count != 0) {
            json_array_append_new(buckets, json_integer(i));
            json_array_append_new(buckets, json_integer(count));
        }
    }
    json_object_set_new(object, "buckets", buckets);
    return object;
}

void
saved_write(FILE *stream, const struct saved_run *run)
{
    json_t *errors = json_object();
    json_t *object =
        json_pack("{s:i, s:s}", format_name, FORMAT, "target", run->target);
    write_fields(object, run, run_fields);
    write_fields(errors, run->result.errors, error_fields());
    json_object_set_new(object, "errors", errors);
    json_dumpf(object, stream, 0);
    fputc('\n', stream);
    json_decref(object);
}

/* ---- reading ------------------------------------------------------------
 */

static bool
read_count(const json_t *value, int64_t most, int64_t *count)
{
    *count = json_integer_value(value);
    return json_is_integer(value) && *count >= 0 && *count <= most;
}

static bool read_histogram(const json_t *object, struct histogram *histogram);

/* Fill in the struct at `base`. Returns NULL, or the name of the first field
 * that is missing or wrong. */
static const char *
read_fields(const json_t *object, void *base, const struct field *field)
{
    bool right = true;
    for (; field->name != NULL; field++) {
        const json_t *value = json_object_get(object, field->name);
        void *at = (char *)base + field->offset;
        int64_t count;
        switch (field->kind) {
        case FIELD_INT:
            right = read_count(value, INT_MAX_READ, &count);
            *(int *)at = (int)count;
            break;
        case FIELD_INT64:
            right = read_count(value, INT64_MAX, at);
            break;
        case FIELD_BOOL:
            right = json_is_boolean(value);
            *(bool *)at = json_is_true(value);
            break;
        case FIELD_DOUBLE:
            *(double *)at = json_real_value(value);
            right = json_is_real(value) && *(double *)at >= 0;
            break;
        case FIELD_HISTOGRAM:
            right = read_histogram(value, at);
            break;
        }
        if (!right) {
            return field->name;
        }
    }
    return NULL;
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
           read_fields(object, histogram, histogram_fields) == NULL;
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

/* Returns NULL; or what is wrong with the file, of which field at its end. */
static const char *
find_fault(const json_t *object, const json_error_t *error,
           struct saved_run *run, const char **field)
{
    const json_t *format = json_object_get(object, format_name);
    if (object == NULL &&
        json_error_code(error) == json_error_premature_end_of_input) {
        return "is cut off";
    }
    /* The first edition wrote lines of text. */
    if (json_integer_value(format) != FORMAT) {
        return "was not saved by load, or by an older edition of it; please "
               "measure again";
    }
    *field = read_fields(object, run, run_fields);
    if (*field == NULL) {
        *field = read_fields(json_object_get(object, "errors"),
                             run->result.errors, error_fields());
    }
    if (*field == NULL &&
        !read_target(json_object_get(object, "target"), run->target)) {
        *field = "target";
    }
    return *field != NULL ? "is damaged: missing or wrong is " : NULL;
}

int
saved_read(FILE *stream, struct saved_run *run,
           char reason[SAVED_REASON_BYTES])
{
    json_error_t error;
    const char *field = "";
    memset(run, 0, sizeof *run);
    json_t *object = json_loadf(stream, JSON_REJECT_DUPLICATES, &error);
    const char *fault = find_fault(object, &error, run, &field);
    if (fault != NULL) {
        snprintf(reason, SAVED_REASON_BYTES, "%s%s", fault, field);
    }
    json_decref(object);
    return fault == NULL ? 0 : -1;
}
