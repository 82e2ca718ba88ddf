/*
 * saved.c: what a run saw, in a file.
 */
#include "harness/load/saved.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
    FORMAT = 3,       /* goes up when a reader would misunderstand */
    LINE_BYTES = 400, /* the longest is the target's */
    /* More clients than one run can have; as many runs as anybody has still
     * add up to an int. */
    INT_MAX_READ = 4000000,
};

static const char first_words[] = "fiveways saved run ";
static const char last_line[] = "end\n";

/* What kind of value a field is. */
enum field_kind {
    FIELD_INT,
    FIELD_INT64,
    FIELD_UINT64,
    FIELD_BOOL,
    FIELD_DOUBLE,
    FIELD_ARRIVALS,
};

/* A value of the run by its name. */
struct field {
    const char *name;     /* in the file */
    enum field_kind kind; /* its type */
    size_t offset;        /* where in the run it is */
};

#define OPTION(kind, name)                                                   \
    {                                                                        \
#name, kind, offsetof(struct saved_run, options.name)                \
    }
#define RESULT(kind, name)                                                   \
    {                                                                        \
#name, kind, offsetof(struct saved_run, result.name)                 \
    }

static const struct field fields[] = {
    {"begun_ms", FIELD_INT64, offsetof(struct saved_run, begun_ms)},
    OPTION(FIELD_INT, clients),
    OPTION(FIELD_INT, silent_clients),
    OPTION(FIELD_INT64, message_bytes),
    OPTION(FIELD_BOOL, churn),
    OPTION(FIELD_BOOL, handshake),
    {"asked_window_ns", FIELD_INT64,
     offsetof(struct saved_run, options.window_ns)},
    OPTION(FIELD_UINT64, echoes_max),
    OPTION(FIELD_INT64, timeout_ns),
    OPTION(FIELD_DOUBLE, rate_per_s),
    {"arrival_gaps", FIELD_ARRIVALS,
     offsetof(struct saved_run, options.arrivals)},
    RESULT(FIELD_INT, asked),
    RESULT(FIELD_INT, connected),
    RESULT(FIELD_INT, served),
    RESULT(FIELD_UINT64, echoes),
    RESULT(FIELD_UINT64, echoes_total),
    RESULT(FIELD_UINT64, bytes),
    RESULT(FIELD_UINT64, unfinished),
    RESULT(FIELD_INT, stalled),
    RESULT(FIELD_INT, stalled_inside),
    RESULT(FIELD_INT, stalled_behind),
    RESULT(FIELD_UINT64, turned_away),
    RESULT(FIELD_INT64, oldest_ns),
    RESULT(FIELD_UINT64, arrivals),
    RESULT(FIELD_INT64, window_ns),
    RESULT(FIELD_INT64, client_cpu_ns),
    RESULT(FIELD_BOOL, interrupted),
};

/* A histogram of the result by its name. */
struct part {
    const char *name; /* in the file */
    size_t offset;    /* where in the result it is */
};

static const struct part parts[] = {
    {"latency", offsetof(struct engine_result, latency)},
    {"response", offsetof(struct engine_result, response)},
    {"lag", offsetof(struct engine_result, lag)},
    {"connect", offsetof(struct engine_result, connect)},
};

enum {
    FIELDS = sizeof fields / sizeof fields[0],
    PARTS = sizeof parts / sizeof parts[0],
};

/* What has been read so far. */
struct reader {
    struct saved_run *run;     /* gets it */
    struct histogram *current; /* whose buckets follow; NULL: nobody's */
    bool has_target;           /* each may be there only once, */
    bool has_field[FIELDS];    /* and none may be missing */
    bool has_part[PARTS];      /* the same */
};

/* ---- writing ----------------------------------------------------------- */

/* A double in hexadecimal is read back as it was. */
static void
write_field(FILE *stream, const struct saved_run *run,
            const struct field *field)
{
    const void *at = (const char *)run + field->offset;
    fprintf(stream, "%s ", field->name);
    switch (field->kind) {
    case FIELD_INT:
        fprintf(stream, "%d\n", *(const int *)at);
        break;
    case FIELD_INT64:
        fprintf(stream, "%" PRId64 "\n", *(const int64_t *)at);
        break;
    case FIELD_UINT64:
        fprintf(stream, "%" PRIu64 "\n", *(const uint64_t *)at);
        break;
    case FIELD_BOOL:
        fprintf(stream, "%d\n", *(const bool *)at);
        break;
    case FIELD_DOUBLE:
        fprintf(stream, "%a\n", *(const double *)at);
        break;
    case FIELD_ARRIVALS:
        fprintf(stream, "%s\n",
                *(const enum schedule_kind *)at == SCHEDULE_FIXED
                    ? "fixed"
                    : "poisson");
        break;
    }
}

static void
write_histogram(FILE *stream, const char *name,
                const struct histogram *histogram)
{
    fprintf(stream, "histogram %s %" PRIu64 " %" PRId64 " %" PRId64 " %a\n",
            name, histogram->count, histogram->min_ns, histogram->max_ns,
            histogram->sum_ns);
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
        if (histogram->buckets[i] != 0) {
            fprintf(stream, "%d %" PRIu64 "\n", i, histogram->buckets[i]);
        }
    }
}

void
saved_write(FILE *stream, const struct saved_run *run)
{
    const struct engine_result *result = &run->result;
    fprintf(stream, "%s%d\ntarget %s\n", first_words, FORMAT, run->target);
    for (int i = 0; i < FIELDS; i++) {
        write_field(stream, run, &fields[i]);
    }
    for (int i = 0; i < ENGINE_ERRORS; i++) {
        if (result->errors[i] != 0) {
            fprintf(stream, "error %s %" PRIu64 "\n",
                    engine_error_name((enum engine_error)i),
                    result->errors[i]);
        }
    }
    for (int i = 0; i < PARTS; i++) {
        write_histogram(
            stream, parts[i].name,
            (const void *)((const char *)result + parts[i].offset));
    }
    fputs(last_line, stream);
}

/* ---- reading ----------------------------------------------------------- */

/* Read a whole word as a number that is not below 0. Returns true if it is
 * one. */
static bool
parse_integer(const char *word, uint64_t most, uint64_t *value)
{
    char *end;
    if (word[0] < '0' || word[0] > '9') {
        return false;
    }
    errno = 0;
    *value = strtoull(word, &end, 10);
    return *end == '\0' && errno == 0 && *value <= most;
}

static bool
parse_double(const char *word, double *value)
{
    char *end;
    *value = strtod(word, &end);
    return end != word && *end == '\0' && *value >= 0 && *value < 1e300;
}

/* Put a word where a field is. Returns true if it is a value of its kind. */
static bool
parse_field(const char *word, struct saved_run *run,
            const struct field *field)
{
    static const uint64_t most[] = {[FIELD_INT] = INT_MAX_READ,
                                    [FIELD_INT64] = INT64_MAX,
                                    [FIELD_UINT64] = UINT64_MAX,
                                    [FIELD_BOOL] = 1};
    void *at = (char *)run + field->offset;
    uint64_t value;
    if (field->kind == FIELD_DOUBLE) {
        return parse_double(word, at);
    }
    if (field->kind == FIELD_ARRIVALS) {
        bool fixed = strcmp(word, "fixed") == 0;
        *(enum schedule_kind *)at = fixed ? SCHEDULE_FIXED : SCHEDULE_POISSON;
        return fixed || strcmp(word, "poisson") == 0;
    }
    if (!parse_integer(word, most[field->kind], &value)) {
        return false;
    }
    if (field->kind == FIELD_INT) {
        *(int *)at = (int)value;
    } else if (field->kind == FIELD_INT64) {
        *(int64_t *)at = (int64_t)value;
    } else if (field->kind == FIELD_UINT64) {
        *(uint64_t *)at = value;
    } else {
        *(bool *)at = value != 0;
    }
    return true;
}

/* Each of these reads one kind of line. They return true if it was that, and
 * all right. */

static bool
read_target(const char *line, struct reader *reader)
{
    static const char name[] = "target ";
    size_t length = strlen(name);
    if (strncmp(line, name, length) != 0 || reader->has_target ||
        strlen(line + length) >= SAVED_TARGET_BYTES) {
        return false;
    }
    /* It will be printed to a terminal. */
    for (const char *c = line + length; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~') {
            return false;
        }
    }
    memcpy(reader->run->target, line + length, strlen(line + length) + 1);
    reader->has_target = true;
    return true;
}

static bool
read_field(const char *line, struct reader *reader)
{
    char name[32];
    char word[32];
    if (sscanf(line, "%31s %31s", name, word) != 2) {
        return false;
    }
    for (int i = 0; i < FIELDS; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            bool again = reader->has_field[i];
            reader->has_field[i] = true;
            return !again && parse_field(word, reader->run, &fields[i]);
        }
    }
    return false;
}

static bool
read_error(const char *line, struct reader *reader)
{
    char name[32];
    char word[32];
    if (sscanf(line, "error %31s %31s", name, word) != 2) {
        return false;
    }
    for (int i = 0; i < ENGINE_ERRORS; i++) {
        if (strcmp(engine_error_name((enum engine_error)i), name) == 0) {
            return parse_integer(word, UINT64_MAX,
                                 &reader->run->result.errors[i]);
        }
    }
    return false;
}

/* The head of a histogram, whose buckets follow. */
static bool
read_head(const char *line, struct reader *reader)
{
    char name[32];
    struct histogram head = {0};
    if (sscanf(line, "histogram %31s %" SCNu64 " %" SCNd64 " %" SCNd64 " %la",
               name, &head.count, &head.min_ns, &head.max_ns,
               &head.sum_ns) != 5) {
        return false;
    }
    for (int i = 0; i < PARTS; i++) {
        if (strcmp(parts[i].name, name) == 0 && !reader->has_part[i]) {
            reader->has_part[i] = true;
            reader->current =
                (void *)((char *)&reader->run->result + parts[i].offset);
            *reader->current = head;
            return true;
        }
    }
    return false;
}

static bool
read_bucket(const char *line, struct histogram *current)
{
    int bucket;
    uint64_t count;
    if (current == NULL ||
        sscanf(line, "%d %" SCNu64, &bucket, &count) != 2 || bucket < 0 ||
        bucket >= HISTOGRAM_BUCKETS || current->buckets[bucket] != 0) {
        return false;
    }
    current->buckets[bucket] = count;
    return true;
}

/* Is everything there, and does each histogram hold as many values as its
 * head says? */
static bool
is_whole(const struct reader *reader)
{
    bool whole = reader->has_target;
    for (int i = 0; i < FIELDS; i++) {
        whole = whole && reader->has_field[i];
    }
    for (int i = 0; i < PARTS && whole; i++) {
        const struct histogram *histogram =
            (const void *)((const char *)&reader->run->result +
                           parts[i].offset);
        uint64_t count = 0;
        for (int j = 0; j < HISTOGRAM_BUCKETS; j++) {
            count += histogram->buckets[j];
        }
        whole = reader->has_part[i] && count == histogram->count;
    }
    return whole;
}

/* The first line says what it is. Returns 0, or -1 and a reason. */
static int
read_format(FILE *stream, char reason[SAVED_REASON_BYTES])
{
    char line[LINE_BYTES];
    int format;
    if (fgets(line, sizeof line, stream) == NULL ||
        strncmp(line, first_words, strlen(first_words)) != 0 ||
        sscanf(line + strlen(first_words), "%d", &format) != 1) {
        snprintf(reason, SAVED_REASON_BYTES,
                 "is no file that load --save wrote");
        return -1;
    }
    if (format != FORMAT) {
        snprintf(reason, SAVED_REASON_BYTES,
                 "has format %d, and this program reads %d; save it again "
                 "with the same version of load",
                 format, FORMAT);
        return -1;
    }
    return 0;
}

int
saved_read(FILE *stream, struct saved_run *run,
           char reason[SAVED_REASON_BYTES])
{
    char line[LINE_BYTES];
    struct reader reader = {.run = run};
    int number = 1;
    memset(run, 0, sizeof *run);
    if (read_format(stream, reason) != 0) {
        return -1;
    }
    while (fgets(line, sizeof line, stream) != NULL) {
        number++;
        if (strcmp(line, last_line) == 0) {
            snprintf(reason, SAVED_REASON_BYTES,
                     "is damaged: some of its lines are missing");
            return is_whole(&reader) ? 0 : -1;
        }
        bool ended = line[strcspn(line, "\n")] == '\n';
        line[strcspn(line, "\n")] = '\0';
        if (!ended ||
            (!read_bucket(line, reader.current) &&
             !read_target(line, &reader) && !read_error(line, &reader) &&
             !read_head(line, &reader) && !read_field(line, &reader))) {
            snprintf(reason, SAVED_REASON_BYTES,
                     "is damaged: line %d is none that belongs there",
                     number);
            return -1;
        }
    }
    snprintf(reason, SAVED_REASON_BYTES, "is cut off behind line %d", number);
    return -1;
}
