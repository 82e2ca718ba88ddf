/*
 * saved.c: what a run saw, in a file.
 */
#include "harness/load/saved.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char first_line[] = "fiveways saved run 1\n";
static const char last_line[] = "end\n";

enum {
    LINE_BYTES = 256
};

/* What kind of number a field of the result is. */
enum field_kind {
    FIELD_INT,
    FIELD_INT64,
    FIELD_UINT64,
};

/* A number of the result by its name. */
struct field {
    const char *name;     /* in the file */
    enum field_kind kind; /* its type */
    size_t offset;        /* where in the result it is */
};

static const struct field fields[] = {
    {"asked", FIELD_INT, offsetof(struct engine_result, asked)},
    {"connected", FIELD_INT, offsetof(struct engine_result, connected)},
    {"served", FIELD_INT, offsetof(struct engine_result, served)},
    {"echoes", FIELD_UINT64, offsetof(struct engine_result, echoes)},
    {"echoes_total", FIELD_UINT64,
     offsetof(struct engine_result, echoes_total)},
    {"bytes", FIELD_UINT64, offsetof(struct engine_result, bytes)},
    {"unfinished", FIELD_UINT64, offsetof(struct engine_result, unfinished)},
    {"stalled", FIELD_INT, offsetof(struct engine_result, stalled)},
    {"stalled_inside", FIELD_INT,
     offsetof(struct engine_result, stalled_inside)},
    {"turned_away", FIELD_UINT64,
     offsetof(struct engine_result, turned_away)},
    {"oldest_ns", FIELD_INT64, offsetof(struct engine_result, oldest_ns)},
    {"arrivals", FIELD_UINT64, offsetof(struct engine_result, arrivals)},
    {"window_ns", FIELD_INT64, offsetof(struct engine_result, window_ns)},
    {"client_cpu_ns", FIELD_INT64,
     offsetof(struct engine_result, client_cpu_ns)},
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

/* ---- writing ----------------------------------------------------------- */

static void
write_field(FILE *stream, const struct engine_result *result,
            const struct field *field)
{
    const char *at = (const char *)result + field->offset;
    fprintf(stream, "%s ", field->name);
    switch (field->kind) {
    case FIELD_INT:
        fprintf(stream, "%d\n", *(const int *)(const void *)at);
        break;
    case FIELD_INT64:
        fprintf(stream, "%" PRId64 "\n", *(const int64_t *)(const void *)at);
        break;
    case FIELD_UINT64:
        fprintf(stream, "%" PRIu64 "\n", *(const uint64_t *)(const void *)at);
        break;
    }
}

/* The sum is a double; in hexadecimal it is read back as it was. */
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
saved_write(FILE *stream, const struct engine_result *result)
{
    fputs(first_line, stream);
    for (int i = 0; i < FIELDS; i++) {
        write_field(stream, result, &fields[i]);
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

/* Each of these reads one kind of line. They return true if it was that, and
 * all right. */

static bool
read_field(const char *line, struct engine_result *result)
{
    char name[32];
    char number[32];
    if (sscanf(line, "%31s %31s", name, number) != 2) {
        return false;
    }
    for (int i = 0; i < FIELDS; i++) {
        char *at = (char *)result + fields[i].offset;
        if (strcmp(fields[i].name, name) != 0) {
            continue;
        }
        if (fields[i].kind == FIELD_INT) {
            *(int *)(void *)at = (int)strtol(number, NULL, 10);
        } else if (fields[i].kind == FIELD_INT64) {
            *(int64_t *)(void *)at = strtoll(number, NULL, 10);
        } else {
            *(uint64_t *)(void *)at = strtoull(number, NULL, 10);
        }
        return true;
    }
    return false;
}

static bool
read_error(const char *line, struct engine_result *result)
{
    char name[32];
    uint64_t count;
    if (sscanf(line, "error %31s %" SCNu64, name, &count) != 2) {
        return false;
    }
    for (int i = 0; i < ENGINE_ERRORS; i++) {
        if (strcmp(engine_error_name((enum engine_error)i), name) == 0) {
            result->errors[i] = count;
            return true;
        }
    }
    return false;
}

/* The head of a histogram; *current is the one whose buckets follow. */
static bool
read_head(const char *line, struct engine_result *result,
          struct histogram **current)
{
    char name[32];
    struct histogram head = {0};
    if (sscanf(line, "histogram %31s %" SCNu64 " %" SCNd64 " %" SCNd64 " %la",
               name, &head.count, &head.min_ns, &head.max_ns,
               &head.sum_ns) != 5) {
        return false;
    }
    for (int i = 0; i < PARTS; i++) {
        if (strcmp(parts[i].name, name) == 0) {
            *current = (void *)((char *)result + parts[i].offset);
            **current = head;
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
        bucket >= HISTOGRAM_BUCKETS) {
        return false;
    }
    current->buckets[bucket] = count;
    return true;
}

/* Does each histogram hold as many values as its head says? */
static bool
is_whole(const struct engine_result *result)
{
    for (int i = 0; i < PARTS; i++) {
        const struct histogram *histogram =
            (const void *)((const char *)result + parts[i].offset);
        uint64_t count = 0;
        for (int j = 0; j < HISTOGRAM_BUCKETS; j++) {
            count += histogram->buckets[j];
        }
        if (count != histogram->count) {
            return false;
        }
    }
    return true;
}

int
saved_read(FILE *stream, struct engine_result *result)
{
    char line[LINE_BYTES];
    struct histogram *current = NULL;
    memset(result, 0, sizeof *result);
    if (fgets(line, sizeof line, stream) == NULL ||
        strcmp(line, first_line) != 0) {
        return -1;
    }
    while (fgets(line, sizeof line, stream) != NULL) {
        if (strcmp(line, last_line) == 0) {
            return is_whole(result) ? 0 : -1;
        }
        if (!read_bucket(line, current) && !read_error(line, result) &&
            !read_head(line, result, &current) && !read_field(line, result)) {
            return -1;
        }
    }
    return -1;
}
