/*
 * results.c: writing and reading results.jsonl. See results.h.
 */
#include "harness/results/results.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char out_of_memory[] = "does not fit into memory";

/* ---- records to JSON -----------------------------------------------------
 */

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

static json_t *
errors_to_json(const uint64_t errors[ENGINE_ERRORS])
{
    json_t *object = json_object();

    for (int i = 0; i < ENGINE_ERRORS; i++) {
        if (errors[i] > 0) {
            json_object_set_new(object, engine_error_name(i),
                                json_integer((json_int_t)errors[i]));
        }
    }
    return object;
}

static json_t *
names_to_json(const struct calls *calls)
{
    json_t *object = json_object();

    for (int i = 0; i < calls->nnames; i++) {
        json_object_set_new(object, calls->names[i].name,
                            json_real(calls->names[i].per_echo));
    }
    return object;
}

/* Words that are no JSON are kept as a string. */
static json_t *
stats_to_json(const char *stats)
{
    json_t *object = json_loads(stats, 0, NULL);

    return object ? object : json_string(stats);
}

static json_t *
field_to_json(const struct field *field, const void *record)
{
    const char *at = (const char *)record + field->offset;

    switch (field->kind) {
    case FIELD_TEXT:
        return json_string(at);
    case FIELD_INT:
        return json_integer(*(const int *)at);
    case FIELD_LONG:
        return json_integer(*(const int64_t *)at);
    case FIELD_BOOL:
        return json_boolean(*(const bool *)at);
    case FIELD_NUMBER:
        return number_to_json(*(const double *)at);
    case FIELD_STATUS:
        return json_string(life_status_name(*(const enum life_status *)at));
    case FIELD_ERRORS:
        return errors_to_json((const uint64_t *)at);
    case FIELD_STATS:
        return stats_to_json(at);
    default:
        return names_to_json(record);
    }
}

/* Takes the object over. */
static int
write_object(FILE *file, json_t *object)
{
    char *text =
        object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9))
               : NULL;
    int status = -1;

    json_decref(object);
    if (!text) {
        errno = ENOMEM;
        return -1;
    }
    if (fprintf(file, "%s\n", text) > 0 && fflush(file) == 0) {
        status = 0;
    }
    free(text);
    return status;
}

static json_t *
record_to_json(const char *type, const struct field *fields,
               const void *record)
{
    json_t *object = json_pack("{s:s}", "type", type);

    for (; fields->key; fields++) {
        const char *at = (const char *)record + fields->offset;

        /* A text that is empty and a bool that is false begin with 0. */
        if (!(fields->flags & FIELD_BRIEF) || *at != 0) {
            json_object_set_new(object, fields->key,
                                field_to_json(fields, record));
        }
    }
    return object;
}

int
results_write_run(FILE *file, const struct run *run)
{
    struct run copy = *run;

    copy.edition = RESULTS_EDITION;
    return write_object(file, record_to_json("run", run_fields, &copy));
}

int
results_write_life(FILE *file, const struct life *life)
{
    json_t *object = record_to_json("life", life_fields, life);

    for (int i = 0; i < LIFE_FIGURES; i++) {
        json_object_set_new(object, figures[i].key,
                            number_to_json(life->figure[i]));
    }
    return write_object(file, object);
}

int
results_write_slice(FILE *file, const struct slice *slice)
{
    return write_object(file, record_to_json("slice", slice_fields, slice));
}

int
results_write_calls(FILE *file, const struct calls *calls)
{
    return write_object(file, record_to_json("calls", calls_fields, calls));
}

int
results_write_end(FILE *file, const struct run *run)
{
    return write_object(file, record_to_json("end", end_fields, run));
}

/* ---- records from JSON ---------------------------------------------------
 */

static int
errors_from_json(const json_t *object, uint64_t errors[ENGINE_ERRORS])
{
    for (int i = 0; i < ENGINE_ERRORS; i++) {
        const json_t *count = json_object_get(object, engine_error_name(i));

        if (count &&
            (!json_is_integer(count) || json_integer_value(count) < 0)) {
            return -1;
        }
        errors[i] = (uint64_t)json_integer_value(count);
    }
    return 0;
}

static void
names_from_json(json_t *object, struct calls *calls)
{
    const char *name;
    json_t *number;

    json_object_foreach(object, name, number)
    {
        calls_add(calls, name, json_number_value(number));
    }
    calls_finish(calls);
}

static void
stats_from_json(const json_t *value, char *stats)
{
    char *text = json_is_string(value) ? strdup(json_string_value(value))
                                       : json_dumps(value, JSON_COMPACT);

    /* A half of it would be no JSON. */
    if (text && strlen(text) < RESULTS_STATS_BYTES) {
        snprintf(stats, RESULTS_STATS_BYTES, "%s", text);
    }
    free(text);
}

static int
status_from_json(const json_t *value, enum life_status *status)
{
    const char *name = json_string_value(value);

    for (int i = 0; name && i < LIFE_STATUSES; i++) {
        if (strcmp(name, life_status_name(i)) == 0) {
            *status = i;
            return 0;
        }
    }
    return -1;
}

/* Returns 0, or -1 if the value is not what the field may be. */
static int
field_from_json(const struct field *field, json_t *value, void *record)
{
    char *at = (char *)record + field->offset;
    json_int_t integer = json_integer_value(value);
    const char *text = json_string_value(value);

    switch (field->kind) {
    case FIELD_TEXT:
        snprintf(at, (size_t)field->most, "%s", text ? text : "");
        return (field->flags & FIELD_MUST) && at[0] == '\0' ? -1 : 0;
    case FIELD_INT:
    case FIELD_LONG:
        if (value && (!json_is_integer(value) || integer < 0 ||
                      integer > field->most)) {
            return -1;
        }
        if (field->kind == FIELD_INT) {
            *(int *)at = (int)integer;
        } else {
            *(int64_t *)at = integer;
        }
        return 0;
    case FIELD_BOOL:
        *(bool *)at = json_is_true(value);
        return 0;
    case FIELD_NUMBER:
        *(double *)at =
            json_is_number(value) ? json_number_value(value) : NAN;
        return 0;
    case FIELD_STATUS:
        return status_from_json(value, (enum life_status *)at);
    case FIELD_ERRORS:
        return errors_from_json(value, (uint64_t *)at);
    case FIELD_STATS:
        stats_from_json(value, at);
        return 0;
    default:
        names_from_json(value, record);
        return 0;
    }
}

static int
record_from_json(const json_t *object, const struct field *fields,
                 void *record)
{
    for (; fields->key; fields++) {
        if (field_from_json(fields, json_object_get(object, fields->key),
                            record) != 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- the file ------------------------------------------------------------
 */

/* Room for one more: an array grows when it is full, which is at each power
 * of two. Returns 0 with a copy of `element` behind the others, or -1. */
static int
append(void *array, size_t *n, const void *element, size_t element_bytes)
{
    char *grown = *(void **)array;

    if ((*n & (*n - 1)) == 0) {
        grown = reallocarray(grown, *n > 0 ? 2 * *n : 1, element_bytes);
        if (!grown) {
            return -1;
        }
        *(void **)array = grown;
    }
    memcpy(grown + (*n)++ * element_bytes, element, element_bytes);
    return 0;
}

int
results_add_life(struct results *results, const struct life *life)
{
    return append(&results->lives, &results->nlives, life, sizeof *life);
}

int
results_add_slice(struct results *results, const struct slice *slice)
{
    return append(&results->slices, &results->nslices, slice, sizeof *slice);
}

int
results_add_calls(struct results *results, const struct calls *calls)
{
    return append(&results->calls, &results->ncalls, calls, sizeof *calls);
}

static const char *
read_run(const json_t *object, const char *type, struct run *run)
{
    if (strcmp(type, "run") != 0 ||
        record_from_json(object, run_fields, run) != 0) {
        return "is not the description of a run";
    }
    run->partial = true;
    run->seconds = NAN;
    if (run->edition != RESULTS_EDITION) {
        return "is of an older edition of Fiveways; make compare makes a new "
               "file";
    }
    return NULL;
}

static const char *
read_life(const json_t *object, struct results *results)
{
    struct life life;

    life_clear(&life);
    if (record_from_json(object, life_fields, &life) != 0) {
        return "is not a life of a server, or a number in it is out of range";
    }
    for (int i = 0; i < LIFE_FIGURES; i++) {
        const json_t *number = json_object_get(object, figures[i].key);

        life.figure[i] =
            json_is_number(number) ? json_number_value(number) : NAN;
    }
    return results_add_life(results, &life) == 0 ? NULL : out_of_memory;
}

static const char *
read_slice(const json_t *object, struct results *results)
{
    struct slice slice = {0};

    if (record_from_json(object, slice_fields, &slice) != 0) {
        return "is not a slice, or a number in it is out of range";
    }
    return results_add_slice(results, &slice) == 0 ? NULL : out_of_memory;
}

static const char *
read_calls(const json_t *object, struct results *results)
{
    struct calls calls;

    calls_clear(&calls);
    if (record_from_json(object, calls_fields, &calls) != 0) {
        return "is no counting of system calls, or a number in it is out of "
               "range";
    }
    return results_add_calls(results, &calls) == 0 ? NULL : out_of_memory;
}

/* Returns NULL, or what is wrong with the line. */
static const char *
read_line(const json_t *object, long number, struct results *results,
          bool *ended)
{
    const char *type = json_string_value(json_object_get(object, "type"));

    if (!type) {
        return "is not a line of results";
    }
    if (number == 1) {
        return read_run(object, type, &results->run);
    }
    if (strcmp(type, "run") == 0) {
        return "begins a second run; one results file holds one run";
    }
    if (*ended) {
        return "comes after the end of the run";
    }
    if (strcmp(type, "slice") == 0) {
        return read_slice(object, results);
    }
    if (strcmp(type, "life") == 0) {
        return read_life(object, results);
    }
    if (strcmp(type, "calls") == 0) {
        return read_calls(object, results);
    }
    *ended = strcmp(type, "end") == 0;
    if (!*ended) {
        return "is not a line of results";
    }
    return record_from_json(object, end_fields, &results->run) == 0
               ? NULL
               : "has a number out of range";
}

long
results_read(FILE *file, struct results *results)
{
    const char *problem = NULL;
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    long number = 0;
    bool ended = false;

    memset(results, 0, sizeof *results);
    while (!problem && (length = getline(&line, &room, file)) > 0) {
        json_t *object = json_loadb(line, (size_t)length, 0, NULL);

        number++;
        if (!object && number > 1 && !ended && line[0] == '{' &&
            line[length - 1] != '\n') {
            break;
        }
        problem = object ? read_line(object, number, results, &ended)
                         : "is not JSON";
        json_decref(object);
    }
    free(line);
    if (!problem && number == 0 && !ferror(file)) {
        number = 1;
        problem = "is missing: the file is empty";
    }
    if (problem || ferror(file)) {
        results_free(results);
        results->problem = problem;
        return problem && problem != out_of_memory ? number : -1;
    }
    return 0;
}

void
results_free(struct results *results)
{
    free(results->lives);
    free(results->slices);
    free(results->calls);
    memset(results, 0, sizeof *results);
}
