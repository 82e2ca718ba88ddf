/*
 * results.c: the records by table; writing and reading results.jsonl by it.
 * See results.h.
 */
#include "harness/results/results.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char out_of_memory[] = "does not fit into memory";

/* ---- the fields of each record ----------------------------------------- */

enum {
    INTEGER_MAX = 1000000000, /* of each int; sums still fit an int */
};

/* How a field is kept. */
enum field_kind {
    FIELD_TEXT,   /* char[] */
    FIELD_INT,    /* int, 0 to INTEGER_MAX */
    FIELD_LONG,   /* int64_t, from 0 */
    FIELD_BOOL,   /* bool; false if it is missing */
    FIELD_NUMBER, /* double; NAN if it is missing or null */
    FIELD_STATUS, /* enum life_status, by its name */
    FIELD_ERRORS, /* counts by kind; only those that are not 0 */
    FIELD_STATS,  /* a text that is JSON where the server printed JSON */
    FIELD_NAMES,  /* a whole struct calls: system calls by name */
};

enum {
    MUST = 1,  /* a line without this text is none */
    BRIEF = 2, /* left out of the file while empty */
};

struct field {
    const char *key;      /* in JSON */
    enum field_kind kind; /* how it is kept */
    size_t offset;        /* in its struct */
    size_t bytes;         /* of it */
    unsigned flags;       /* MUST ... */
};

#define NAMED(key, record, member, kind, flags)                              \
    {                                                                        \
        key, FIELD_##kind, offsetof(struct record, member),                  \
            sizeof((struct record *)0)->member, flags                        \
    }
#define FIELD(record, name, kind, flags)                                     \
    NAMED(#name, record, name, kind, flags)

static const struct field run_fields[] = {
    FIELD(run, cpu_model, TEXT, 0), FIELD(run, cores, INT, 0),
    FIELD(run, kernel, TEXT, 0),    FIELD(run, date, TEXT, 0),
    FIELD(run, compiler, TEXT, 0),  FIELD(run, commit, TEXT, 0),
    FIELD(run, mode, TEXT, 0),      FIELD(run, layout, TEXT, 0),
    FIELD(run, lives, INT, 0),      FIELD(run, seed, LONG, 0),
    FIELD(run, models, TEXT, 0),    FIELD(run, command, TEXT, 0),
    FIELD(run, note, TEXT, 0),      {0},
};

static const struct field end_fields[] = {
    FIELD(run, partial, BOOL, 0),
    FIELD(run, seconds, NUMBER, 0),
    FIELD(run, lives, INT, 0),
    {0},
};

/* Behind them stand the figures. */
static const struct field life_fields[] = {
    FIELD(life, scenario, TEXT, MUST),
    FIELD(life, clients, INT, 0),
    FIELD(life, rate_per_s, INT, 0),
    FIELD(life, model, TEXT, MUST),
    FIELD(life, life, INT, 0),
    FIELD(life, layout, TEXT, 0),
    FIELD(life, status, STATUS, 0),
    FIELD(life, reason, TEXT, BRIEF),
    FIELD(life, note, TEXT, BRIEF),
    FIELD(life, bound_by, TEXT, 0),
    FIELD(life, silent, INT, 0),
    FIELD(life, ask_silent, BOOL, BRIEF),
    FIELD(life, churn, BOOL, BRIEF),
    FIELD(life, handshake, BOOL, BRIEF),
    FIELD(life, cpus, INT, 0),
    FIELD(life, delay_ms, INT, 0),
    FIELD(life, work_us, INT, 0),
    FIELD(life, rate_of_per_s, INT, 0),
    FIELD(life, rate_of, TEXT, BRIEF),
    FIELD(life, message_bytes, LONG, 0),
    NAMED("errors_by_kind", life, errors, ERRORS, 0),
    NAMED("server_stats", life, stats, STATS, BRIEF),
    {0},
};

static const struct field slice_fields[] = {
    FIELD(slice, scenario, TEXT, MUST),
    FIELD(slice, clients, INT, 0),
    FIELD(slice, rate_per_s, INT, 0),
    FIELD(slice, model, TEXT, MUST),
    FIELD(slice, life, INT, 0),
    FIELD(slice, block, INT, 0),
    FIELD(slice, seconds, NUMBER, 0),
    FIELD(slice, echoes, NUMBER, 0),
    FIELD(slice, server_cpu_us, NUMBER, 0),
    FIELD(slice, client_cpu_us, NUMBER, 0),
    FIELD(slice, gap_ms, NUMBER, 0),
    FIELD(slice, stalled, BOOL, 0),
    {0},
};

static const struct field calls_fields[] = {
    FIELD(calls, scenario, TEXT, MUST),
    FIELD(calls, clients, INT, 0),
    FIELD(calls, model, TEXT, MUST),
    FIELD(calls, reason, TEXT, BRIEF),
    FIELD(calls, echoes, NUMBER, 0),
    NAMED("syscalls_per_echo", calls, per_echo, NUMBER, 0),
    /* Behind the total, which the names are held against. */
    {"per_echo_by_name", FIELD_NAMES, 0, 0, 0},
    {0},
};

/* The records: their type in JSON, and what a line is that breaks the rules
 * of its fields. */
static const struct {
    const char *type;
    const struct field *fields;
    const char *problem;
} records[RECORDS] = {
    [RECORD_RUN] = {"run", run_fields, "is not the description of a run"},
    [RECORD_LIFE] = {"life", life_fields,
                     "is not a life of a server, or a number in it is out of "
                     "range"},
    [RECORD_SLICE] = {"slice", slice_fields,
                      "is not a slice, or a number in it is out of range"},
    [RECORD_CALLS] = {"calls", calls_fields,
                      "is no counting of system calls, or a number in it is "
                      "out of range"},
    [RECORD_END] = {"end", end_fields, "has a number out of range"},
};

/* ---- writing ----------------------------------------------------------- */

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

static json_t *
field_to_json(const struct field *field, const void *at)
{
    json_t *stats;

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
        return errors_to_json(at);
    case FIELD_STATS:
        /* Words that are no JSON are kept as a string. */
        stats = json_loads(at, 0, NULL);
        return stats ? stats : json_string(at);
    default:
        return names_to_json(at);
    }
}

int
results_write(FILE *file, enum record what, const void *record)
{
    json_t *object = json_pack("{s:s}", "type", records[what].type);
    const struct field *field = records[what].fields;
    const struct life *life = record;
    int status;

    if (what == RECORD_RUN) {
        json_object_set_new(object, "edition", json_integer(RESULTS_EDITION));
    }
    for (; field->key; field++) {
        const char *at = (const char *)record + field->offset;

        /* A text that is empty and a bool that is false begin with 0. */
        if (!(field->flags & BRIEF) || *at != 0) {
            json_object_set_new(object, field->key, field_to_json(field, at));
        }
    }
    for (int i = 0; what == RECORD_LIFE && i < LIFE_FIGURES; i++) {
        json_object_set_new(object, figures[i].key,
                            number_to_json(life->figure[i]));
    }
    status = json_dumpf(object, file, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(object);
    return status == 0 && fputc('\n', file) != EOF && fflush(file) == 0 ? 0
                                                                        : -1;
}

/* ---- records in memory ------------------------------------------------- */

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
results_add(struct results *results, enum record what, const void *record)
{
    switch (what) {
    case RECORD_LIFE:
        return append(&results->lives, &results->nlives, record,
                      sizeof(struct life));
    case RECORD_SLICE:
        return append(&results->slices, &results->nslices, record,
                      sizeof(struct slice));
    default:
        return append(&results->calls, &results->ncalls, record,
                      sizeof(struct calls));
    }
}

void
results_free(struct results *results)
{
    free(results->lives);
    free(results->slices);
    free(results->calls);
    memset(results, 0, sizeof *results);
}

/* ---- reading ----------------------------------------------------------- */

static double
number_from_json(const json_t *value)
{
    return json_is_number(value) ? json_number_value(value) : NAN;
}

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

static int
status_from_json(const char *name, enum life_status *status)
{
    for (int i = 0; name && i < LIFE_STATUSES; i++) {
        if (strcmp(name, life_status_name(i)) == 0) {
            *status = i;
            return 0;
        }
    }
    return -1;
}

/* A text; half of one that is JSON would be none. */
static void
stats_from_json(const json_t *value, char *stats)
{
    char *text = json_is_string(value) ? strdup(json_string_value(value))
                                       : json_dumps(value, JSON_COMPACT);

    if (text && strlen(text) < RESULTS_STATS_BYTES) {
        snprintf(stats, RESULTS_STATS_BYTES, "%s", text);
    }
    free(text);
}

/* Returns 0, or -1 if the value is not what the field may be. */
static int
field_from_json(const struct field *field, json_t *value, void *at)
{
    json_int_t integer = json_integer_value(value);
    const char *text = json_string_value(value);
    bool whole = !value || (json_is_integer(value) && integer >= 0);

    switch (field->kind) {
    case FIELD_TEXT:
        snprintf(at, field->bytes, "%s", text ? text : "");
        return (field->flags & MUST) && *(char *)at == '\0' ? -1 : 0;
    case FIELD_INT:
        *(int *)at = (int)integer;
        return whole && integer <= INTEGER_MAX ? 0 : -1;
    case FIELD_LONG:
        *(int64_t *)at = integer;
        return whole ? 0 : -1;
    case FIELD_BOOL:
        *(bool *)at = json_is_true(value);
        return 0;
    case FIELD_NUMBER:
        *(double *)at = number_from_json(value);
        return 0;
    case FIELD_STATUS:
        return status_from_json(text, at);
    case FIELD_ERRORS:
        return errors_from_json(value, at);
    case FIELD_STATS:
        stats_from_json(value, at);
        return 0;
    default:
        names_from_json(value, at);
        return 0;
    }
}

/* Returns NULL, or what is wrong with the line. */
static const char *
read_line(const json_t *object, long number, struct results *results,
          bool *ended)
{
    const char *type = json_string_value(json_object_get(object, "type"));
    union {
        struct life life;
        struct slice slice;
        struct calls calls;
    } record = {0};
    void *into = &record;
    enum record what = 0;

    while (type && what < RECORDS && strcmp(type, records[what].type) != 0) {
        what++;
    }
    if (!type || (number > 1 && what == RECORDS)) {
        return "is not a line of results";
    }
    if (number == 1 && what != RECORD_RUN) {
        return records[RECORD_RUN].problem;
    }
    if (number > 1 && what == RECORD_RUN) {
        return "begins a second run; one results file holds one run";
    }
    if (*ended) {
        return "comes after the end of the run";
    }
    if (what == RECORD_RUN || what == RECORD_END) {
        into = &results->run;
    }
    for (const struct field *f = records[what].fields; f->key; f++) {
        if (field_from_json(f, json_object_get(object, f->key),
                            (char *)into + f->offset) != 0) {
            return records[what].problem;
        }
    }
    for (int i = 0; what == RECORD_LIFE && i < LIFE_FIGURES; i++) {
        record.life.figure[i] =
            number_from_json(json_object_get(object, figures[i].key));
    }
    *ended = what == RECORD_END;
    if (what == RECORD_RUN) {
        results->run.partial = true;
        results->run.seconds = NAN;
        return json_integer_value(json_object_get(object, "edition")) ==
                       RESULTS_EDITION
                   ? NULL
                   : "is of an older edition of Fiveways; make compare makes "
                     "a new file";
    }
    return *ended || results_add(results, what, &record) == 0 ? NULL
                                                              : out_of_memory;
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
