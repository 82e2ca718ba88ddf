/*
 * fields.c: structs as JSON objects, by a table of their fields.
 */
#include "harness/load/fields.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Of each int: more than the clients of a run, or the messages of a second;
 * as many as anybody has still add up to an int. */
#define INT_MOST 10000000

/* ---- writing ----------------------------------------------------------- */

/* Whole numbers without a point, unless it must be real; NAN as null. */
static json_t *
write_number(double value, bool real)
{
    return !isfinite(value) ? json_null()
           : !real && value == trunc(value) && fabs(value) < 1e15
               ? json_integer((json_int_t)value)
               : json_real(value);
}

static json_t *
write_errors(const uint64_t errors[ENGINE_ERRORS], bool all)
{
    json_t *object = json_object();

    for (int i = 0; i < ENGINE_ERRORS; i++) {
        if (all || errors[i] > 0) {
            json_object_set_new(object, engine_error_name(i),
                                json_integer((json_int_t)errors[i]));
        }
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
write_field(const struct field *field, const void *at)
{
    bool strict = field->flags & FIELD_STRICT;

    if (field->write) {
        return field->write(at);
    }
    switch (field->kind) {
    case FIELD_TEXT:
        return json_string(at);
    case FIELD_INT:
        return json_integer(*(const int *)at);
    case FIELD_INT64:
        return json_integer(*(const int64_t *)at);
    case FIELD_BOOL:
        return json_boolean(*(const bool *)at);
    case FIELD_NUMBER:
        return write_number(*(const double *)at, strict);
    case FIELD_ERRORS:
        return write_errors(at, strict);
    case FIELD_HISTOGRAM:
        return write_histogram(at);
    }
    return NULL;
}

void
fields_write(json_t *object, const struct field *fields, const void *record)
{
    for (const struct field *f = fields; f->key; f++) {
        json_object_set_new(object, f->key,
                            write_field(f, (const char *)record + f->offset));
    }
}

/* ---- reading ------------------------------------------------------------
 *
 * These return true if the value is what it must be.
 */

static bool
read_count(const json_t *value, bool strict, int64_t most, int64_t *count)
{
    *count = json_integer_value(value);
    return json_is_integer(value) ? *count >= 0 && *count <= most
                                  : !value && !strict;
}

static bool
read_text(const json_t *value, const struct field *field, char *text)
{
    const char *whole = json_is_string(value) ? json_string_value(value) : "";

    snprintf(text, field->bytes, "%s", whole);
    if (field->flags & FIELD_STRICT) {
        for (const char *c = text; *c != '\0'; c++) {
            if (*c <= ' ' || *c > '~') {
                return false;
            }
        }
        return text[0] != '\0' && strlen(whole) < field->bytes;
    }
    return text[0] != '\0' || !(field->flags & FIELD_MUST);
}

static bool
read_errors(const json_t *object, bool strict, int64_t errors[ENGINE_ERRORS])
{
    bool right = true;

    for (int i = 0; i < ENGINE_ERRORS; i++) {
        right &= read_count(json_object_get(object, engine_error_name(i)),
                            strict, INT64_MAX, &errors[i]);
    }
    return right;
}

static bool
read_histogram(json_t *object, struct histogram *histogram)
{
    json_t *buckets = json_object_get(object, "buckets");
    json_int_t max_ns;
    json_int_t bucket;
    json_int_t count;
    json_int_t last = -1;

    for (size_t i = 0; i < json_array_size(buckets); i += 2) {
        if (json_unpack(json_array_get(buckets, i), "I", &bucket) != 0 ||
            json_unpack(json_array_get(buckets, i + 1), "I", &count) != 0 ||
            bucket <= last || bucket >= HISTOGRAM_BUCKETS || count < 0) {
            return false;
        }
        histogram->buckets[bucket] = (uint64_t)count;
        histogram->count += (uint64_t)count;
        last = bucket;
    }
    if (json_unpack(object, "{s:I, s:f, s:[*]}", "max_ns", &max_ns, "sum_ns",
                    &histogram->sum_ns, "buckets") != 0) {
        return false;
    }
    histogram->max_ns = max_ns;
    return max_ns >= 0 && histogram->sum_ns >= 0;
}

static bool
read_field(const struct field *field, json_t *value, void *at)
{
    bool strict = field->flags & FIELD_STRICT;
    int64_t count;
    bool right;

    if (field->read) {
        return field->read(value, at);
    }
    switch (field->kind) {
    case FIELD_TEXT:
        return read_text(value, field, at);
    case FIELD_INT:
        right = read_count(value, strict, INT_MOST, &count);
        *(int *)at = (int)count;
        return right;
    case FIELD_INT64:
        return read_count(value, strict, INT64_MAX, at);
    case FIELD_BOOL:
        *(bool *)at = json_is_true(value);
        return !strict || json_is_boolean(value);
    case FIELD_NUMBER:
        *(double *)at =
            json_is_number(value) ? json_number_value(value) : NAN;
        return !strict ||
               (json_is_real(value) && json_real_value(value) >= 0);
    case FIELD_ERRORS:
        return read_errors(value, strict, at);
    case FIELD_HISTOGRAM:
        return read_histogram(value, at);
    }
    return false;
}

const char *
fields_read(const json_t *object, const struct field *fields, void *record)
{
    while (fields->key &&
           read_field(fields, json_object_get(object, fields->key),
                      (char *)record + fields->offset)) {
        fields++;
    }
    return fields->key;
}
