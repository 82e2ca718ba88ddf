/*
 * results.c: the records by table; writing and reading results.jsonl by it.
 * See results.h.
 */
#include "harness/results/results.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/load/fields.h"

/* Calls fewer than that for each echo are no word worth. */
#define WORTH_A_WORD 0.005

/* Behind what a line is not. */
#define OR_RANGE ", or a number in it is out of range"

/* ---- records ----------------------------------------------------------- */

const struct figure figures[LIFE_FIGURES] = {
#define FIGURE(name, how_, key, meaning, ...)                                \
    [LIFE_##name] = {.how = FIGURE_##how_, __VA_ARGS__},
#include "harness/results/figures.h"
};

const char *
life_status_name(enum life_status status)
{
    static const char *const names[LIFE_STATUSES] = {
        [LIFE_FAILED] = "failed",
        [LIFE_OK] = "ok",
        [LIFE_INVALID] = "invalid",
        [LIFE_SKIPPED] = "skipped",
    };

    return names[status];
}

void
life_clear(struct life *life)
{
    *life = (struct life){.status = LIFE_OK};
    for (int i = 0; i < LIFE_FIGURES; i++) {
        life->figure[i] = NAN;
    }
}

/* ---- system calls by name ---------------------------------------------- */

void
calls_clear(struct calls *calls)
{
    *calls = (struct calls){.per_echo = NAN, .echoes = NAN};
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
        /* The last place is for CALLS_OTHER, which calls_finish() adds. */
        PUT(calls->names[i].name, "%s", name);
        calls->names[i].per_echo = per_echo;
        calls->nnames++;
    }
}

int
calls_order(const void *left, const void *right)
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
          calls_order);
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

/* ---- the fields of each record ----------------------------------------- */

static json_t *
write_status(const void *at)
{
    return json_string(life_status_name(*(const enum life_status *)at));
}

static bool
read_status(json_t *value, void *at)
{
    const char *name = json_string_value(value);
    enum life_status status = 0;

    while (name && status < LIFE_STATUSES &&
           strcmp(name, life_status_name(status)) != 0) {
        status++;
    }
    *(enum life_status *)at = status;
    return name && status < LIFE_STATUSES;
}

/* JSON where the server printed JSON; words that are none are a string. */
static json_t *
write_stats(const void *at)
{
    json_t *stats = json_loads(at, 0, NULL);

    return stats ? stats : json_string(at);
}

/* Half of a text that is JSON would be none. */
static bool
read_stats(json_t *value, void *at)
{
    char *text = json_is_string(value) ? strdup(json_string_value(value))
                                       : json_dumps(value, JSON_COMPACT);

    if (text && strlen(text) < RESULTS_STATS_BYTES) {
        snprintf(at, RESULTS_STATS_BYTES, "%s", text);
    }
    free(text);
    return true;
}

/* The whole of a struct calls. */
static json_t *
write_names(const void *at)
{
    const struct calls *calls = at;
    json_t *object = json_object();

    for (int i = 0; i < calls->nnames; i++) {
        json_object_set_new(object, calls->names[i].name,
                            json_real(calls->names[i].per_echo));
    }
    return object;
}

static bool
read_names(json_t *object, void *calls)
{
    const char *name;
    json_t *number;

    json_object_foreach(object, name, number)
    {
        calls_add(calls, name, json_number_value(number));
    }
    calls_finish(calls);
    return true;
}

#define MUST(record, name) FIELD(record, name, .flags = FIELD_MUST)
#define BY(name)           .write = write_##name, .read = read_##name

static const struct field run_fields[] = {
    FIELD(run, cpu_model), FIELD(run, cores),
    FIELD(run, kernel),    FIELD(run, date),
    FIELD(run, compiler),  FIELD(run, commit),
    FIELD(run, mode),      FIELD(run, layout),
    FIELD(run, lives),     FIELD(run, seed),
    FIELD(run, models),    FIELD(run, command),
    FIELD(run, note),      {0},
};

static const struct field end_fields[] = {
    FIELD(run, partial),
    FIELD(run, seconds),
    FIELD(run, lives),
    {0},
};

static const struct field life_fields[] = {
    MUST(life, scenario),
    FIELD(life, clients),
    FIELD(life, rate_per_s),
    MUST(life, model),
    FIELD(life, life),
    FIELD(life, layout),
    FIELD(life, status, BY(status)),
    FIELD(life, reason),
    FIELD(life, note),
    FIELD(life, bound_by),
    FIELD(life, silent),
    FIELD(life, ask_silent),
    FIELD(life, churn),
    FIELD(life, handshake),
    FIELD(life, cpus),
    FIELD(life, delay_ms),
    FIELD(life, work_us),
    FIELD(life, rate_of_per_s),
    FIELD(life, rate_of),
    FIELD(life, message_bytes),
    FIELD_AS("errors_by_kind", life, errors),
    FIELD_AS("server_stats", life, stats, BY(stats)),
#define FIGURE(name, how, key, ...) FIELD_AS(key, life, figure[LIFE_##name]),
#include "harness/results/figures.h"
    {0},
};

static const struct field slice_fields[] = {
    MUST(slice, scenario),
    FIELD(slice, clients),
    FIELD(slice, rate_per_s),
    MUST(slice, model),
    FIELD(slice, life),
    FIELD(slice, block),
    FIELD(slice, seconds),
    FIELD(slice, echoes),
    FIELD(slice, server_cpu_us),
    FIELD(slice, client_cpu_us),
    FIELD(slice, gap_ms),
    FIELD(slice, stalled),
    {0},
};

/* The names come behind the total, which they are held against. */
#define CALLS_FIELDS(total, by_name)                                         \
    MUST(calls, scenario), FIELD(calls, clients), MUST(calls, model),        \
        FIELD(calls, reason), FIELD(calls, echoes),                          \
        FIELD_AS(total, calls, per_echo), {by_name, BY(names)}, {0},

static const struct field calls_fields[] = {
    CALLS_FIELDS("syscalls_per_echo", "per_echo_by_name")};

static const struct field code_fields[] = {
    CALLS_FIELDS("instructions_per_echo", "per_echo_by_function")};

static const struct field step_fields[] = {
    MUST(step, model),     FIELD(step, thread),
    FIELD(step, client),   MUST(step, call),
    FIELD(step, begin_ms), FIELD(step, lasted_ms),
    FIELD(step, result),   {0},
};

/* The size of a record, and where struct results keeps the list of them. */
#define LIST(record, list)                                                   \
    sizeof(struct record), offsetof(struct results, list),                   \
        offsetof(struct results, n##list)

static const struct {
    const char *type;           /* in JSON */
    const char *problem;        /* of a line that breaks the fields' rules */
    const struct field *fields; /* of it */
    size_t bytes, list, n;      /* LIST(); nothing of a run and its end */
} records[RECORDS] = {
    [RECORD_RUN] = {"run", "is not the description of a run", run_fields, 0,
                    0, 0},
    [RECORD_LIFE] = {"life", "is not a life of a server" OR_RANGE,
                     life_fields, LIST(life, lives)},
    [RECORD_SLICE] = {"slice", "is not a slice" OR_RANGE, slice_fields,
                      LIST(slice, slices)},
    [RECORD_CALLS] = {"calls", "is no counting of system calls" OR_RANGE,
                      calls_fields, LIST(calls, calls)},
    [RECORD_STEP] = {"step", "is no step" OR_RANGE, step_fields,
                     LIST(step, steps)},
    [RECORD_CODE] = {"instructions",
                     "is no counting of instructions" OR_RANGE, code_fields,
                     LIST(calls, code)},
    [RECORD_END] = {"end", "has a number out of range", end_fields, 0, 0, 0},
};

/* ---- records, one by one ----------------------------------------------- */

int
results_write(FILE *file, enum record what, const void *record)
{
    json_t *object = json_pack("{s:s}", "type", records[what].type);
    int status;

    if (what == RECORD_RUN) {
        json_object_set_new(object, "edition", json_integer(RESULTS_EDITION));
    }
    fields_write(object, records[what].fields, record);
    status = json_dumpf(object, file, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(object);
    return status == 0 && fputc('\n', file) != EOF && fflush(file) == 0 ? 0
                                                                        : -1;
}

/* Where the next record goes, which is counted: the run, or the end of a list
 * that grows when it is full, which is at each power of two. */
static void *
place(struct results *results, enum record what)
{
    void **list = (void *)((char *)results + records[what].list);
    size_t *n = (void *)((char *)results + records[what].n);
    size_t bytes = records[what].bytes;

    if (bytes == 0) {
        return &results->run;
    }
    if ((*n & (*n - 1)) == 0) {
        *list = given(reallocarray(*list, *n > 0 ? 2 * *n : 1, bytes));
    }
    return memset((char *)*list + (*n)++ * bytes, 0, bytes);
}

void
results_add(struct results *results, enum record what, const void *record)
{
    memcpy(place(results, what), record, records[what].bytes);
}

void
results_free(struct results *results)
{
    free(results->lives);
    free(results->slices);
    free(results->calls);
    free(results->steps);
    free(results->code);
    memset(results, 0, sizeof *results);
}

/* ---- reading ----------------------------------------------------------- */

/* Returns NULL, or what is wrong with the line. */
static const char *
read_line(const json_t *object, long number, struct results *results)
{
    const char *type = json_string_value(json_object_get(object, "type"));
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
    if (!isnan(results->run.seconds)) {
        return "comes after the end of the run";
    }
    if (fields_read(object, records[what].fields, place(results, what)) ||
        (what == RECORD_END && isnan(results->run.seconds))) {
        return records[what].problem;
    }
    if (what == RECORD_RUN && json_integer_value(json_object_get(
                                  object, "edition")) != RESULTS_EDITION) {
        return "is of an older edition of Fiveways; make compare makes a new "
               "file";
    }
    return NULL;
}

const char *
results_read(FILE *file, struct results *results)
{
    static char said[256];
    const char *problem = NULL;
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    long number = 0;

    /* Until its last line says something else. */
    *results = (struct results){.run = {.partial = true, .seconds = NAN}};
    while (!problem && (length = getline(&line, &room, file)) > 0) {
        json_t *object = json_loadb(line, (size_t)length, 0, NULL);

        number++;
        if (!object && number > 1 && isnan(results->run.seconds) &&
            line[0] == '{' && line[length - 1] != '\n') {
            break;
        }
        problem = object ? read_line(object, number, results) : "is not JSON";
        json_decref(object);
    }
    free(line);
    if (number == 0) {
        number = 1;
        problem = "is missing: the file is empty";
    }
    if (!problem && !ferror(file)) {
        return NULL;
    }
    results_free(results);
    PUT(said, ferror(file) ? "cannot be read" : "line %ld %s", number,
        problem);
    return said;
}

const char *
results_load(const char *path, struct results *results)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    const char *problem;

    if (!file) {
        return strerror(errno);
    }
    problem = results_read(file, results);
    fclose(file);
    return problem;
}
