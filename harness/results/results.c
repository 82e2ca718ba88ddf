/*
 * results.c: writing and reading results.jsonl. See results.h.
 */
#include "harness/results/results.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "harness/results/integer.h"

static int write_line(FILE *file, const char *type, json_t *object);
static void *grown(void *array, size_t n, size_t element_bytes);
static const char *read_line(const json_t *object, long number,
                             struct results *results, bool *ended);
static const char *read_window(const json_t *object, struct results *results);
static const char *read_calls(const json_t *object, struct results *results);
static const char *read_end(const json_t *object, struct run *run);
static const char out_of_memory[] = "does not fit into memory";

int
results_write_run(FILE *file, const struct run *run)
{
    return write_line(file, "run", run_to_json(run));
}

int
results_write_window(FILE *file, const struct window *window)
{
    return write_line(file, "window", window_to_json(window));
}

int
results_write_slice(FILE *file, const struct slice *slice)
{
    json_t *object = json_pack(
        "{s:s, s:i, s:i, s:s, s:i, s:i, s:f, s:f, s:f, s:f, s:b}", "scenario",
        slice->scenario, "clients", slice->clients, "rate_per_s",
        slice->rate_per_s, "model", slice->model, "life", slice->life,
        "block", slice->block, "seconds", slice->seconds, "echoes",
        slice->echoes, "client_cpu_us", slice->client_cpu_us, "gap_ms",
        slice->gap_ms, "stalled", slice->stalled);

    if (object && isfinite(slice->server_cpu_us)) {
        json_object_set_new(object, "server_cpu_us",
                            json_real(slice->server_cpu_us));
    }
    return write_line(file, "slice", object);
}

int
results_write_calls(FILE *file, const struct calls *calls)
{
    return write_line(file, "calls", calls_to_json(calls));
}

int
results_write_end(FILE *file, const struct run *run)
{
    return write_line(file, "end",
                      json_pack("{s:b, s:f, s:i}", "partial", run->partial,
                                "seconds", run->seconds, "rounds",
                                run->rounds));
}

int
results_add(struct results *results, const struct window *window)
{
    struct window *windows =
        grown(results->windows, results->nwindows, sizeof *windows);

    if (!windows) {
        return -1;
    }
    results->windows = windows;
    windows[results->nwindows++] = *window;
    return 0;
}

int
results_add_slice(struct results *results, const struct slice *slice)
{
    struct slice *slices =
        grown(results->slices, results->nslices, sizeof *slices);

    if (!slices) {
        return -1;
    }
    results->slices = slices;
    slices[results->nslices++] = *slice;
    return 0;
}

int
results_add_calls(struct results *results, const struct calls *calls)
{
    struct calls *all = grown(results->calls, results->ncalls, sizeof *all);

    if (!all) {
        return -1;
    }
    results->calls = all;
    all[results->ncalls++] = *calls;
    return 0;
}

const struct calls *
results_find_calls(const struct results *results, const struct window *window)
{
    for (size_t i = 0; i < results->ncalls; i++) {
        const struct calls *calls = &results->calls[i];

        if (window->rate_per_s == 0 && calls->clients == window->clients &&
            strcmp(calls->scenario, window->scenario) == 0 &&
            strcmp(calls->model, window->model) == 0) {
            return calls;
        }
    }
    return NULL;
}

double
results_figure(const struct results *results, const struct window *window,
               enum window_figure figure)
{
    const struct calls *calls;

    if (figure != WINDOW_SYSCALLS_PER_ECHO ||
        isfinite(window->figure[figure]) || window->status != WINDOW_OK) {
        return window->figure[figure];
    }
    calls = results_find_calls(results, window);
    return calls ? calls->per_echo : NAN;
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
    free(results->windows);
    results->windows = NULL;
    results->nwindows = 0;
    free(results->calls);
    results->calls = NULL;
    results->ncalls = 0;
    free(results->slices);
    results->slices = NULL;
    results->nslices = 0;
}

/* An array of n elements with room for one more: it grows when it is full,
 * which is at each power of two. NULL without memory. */
static void *
grown(void *array, size_t n, size_t element_bytes)
{
    if ((n & (n - 1)) != 0) {
        return array;
    }
    return reallocarray(array, n > 0 ? 2 * n : 1, element_bytes);
}

/* Takes the object over. */
static int
write_line(FILE *file, const char *type, json_t *object)
{
    char *text;
    int status = -1;

    if (!object) {
        errno = ENOMEM;
        return -1;
    }
    json_object_set_new(object, "type", json_string(type));
    text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9));
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
        return strcmp(type, "run") != 0 ||
                       run_from_json(object, &results->run) != 0
                   ? "is not the description of a run"
                   : NULL;
    }
    if (strcmp(type, "run") == 0) {
        return "begins a second run; one results file holds one run";
    }
    if (*ended) {
        return "comes after the end of the run";
    }
    if (strcmp(type, "calls") == 0) {
        return read_calls(object, results);
    }
    if (strcmp(type, "end") == 0) {
        *ended = true;
        return read_end(object, &results->run);
    }
    if (strcmp(type, "slice") == 0) {
        return NULL;
    }
    return strcmp(type, "window") == 0 ? read_window(object, results)
                                       : "is not a line of results";
}

static const char *
read_window(const json_t *object, struct results *results)
{
    struct window window;

    if (window_from_json(object, &window) != 0) {
        return "is not a window, or a number in it is out of range";
    }
    return results_add(results, &window) == 0 ? NULL : out_of_memory;
}

static const char *
read_calls(const json_t *object, struct results *results)
{
    struct calls calls;

    if (calls_from_json(object, &calls) != 0) {
        return "is no counting of system calls, or a number in it is out of "
               "range";
    }
    return results_add_calls(results, &calls) == 0 ? NULL : out_of_memory;
}

static const char *
read_end(const json_t *object, struct run *run)
{
    const json_t *seconds = json_object_get(object, "seconds");

    if (integer_from_json(object, "rounds", RUN_ROUNDS_MAX, &run->rounds) !=
        0) {
        return "has rounds out of range";
    }
    run->partial = json_is_true(json_object_get(object, "partial"));
    run->seconds = json_is_number(seconds) ? json_number_value(seconds) : NAN;
    return NULL;
}
