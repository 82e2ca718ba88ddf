/*
 * results.c: writing and reading results.jsonl. See results.h.
 */
#include "harness/results/results.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static int write_line(FILE *file, const char *type, json_t *object);
static void *grown(void *array, size_t n, size_t element_bytes);
static int read_line(const json_t *object, struct results *results);

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

        if (calls->clients == window->clients &&
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
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    long number = 0;
    long bad = 0;

    memset(results, 0, sizeof *results);
    while (bad == 0 && (length = getline(&line, &room, file)) > 0) {
        json_t *object = json_loadb(line, (size_t)length, 0, NULL);

        number++;
        if (!object && line[length - 1] != '\n') {
            break;
        }
        if (!object || read_line(object, results) != 0) {
            bad = number;
        }
        json_decref(object);
    }
    free(line);
    if (bad == 0 && (ferror(file) || number == 0)) {
        bad = number == 0 && !ferror(file) ? 1 : -1;
    }
    if (bad != 0) {
        results_free(results);
    }
    return bad;
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

static int
read_line(const json_t *object, struct results *results)
{
    const char *type = json_string_value(json_object_get(object, "type"));
    struct window window;
    struct calls calls;

    if (!type) {
        return -1;
    }
    if (strcmp(type, "run") == 0) {
        run_from_json(object, &results->run);
        return 0;
    }
    if (strcmp(type, "calls") == 0) {
        return calls_from_json(object, &calls) == 0
                   ? results_add_calls(results, &calls)
                   : -1;
    }
    if (strcmp(type, "end") == 0) {
        results->run.partial =
            json_is_true(json_object_get(object, "partial"));
        results->run.seconds =
            json_number_value(json_object_get(object, "seconds"));
        results->run.rounds =
            (int)json_integer_value(json_object_get(object, "rounds"));
        return 0;
    }
    if (strcmp(type, "window") != 0 ||
        window_from_json(object, &window) != 0) {
        return -1;
    }
    return results_add(results, &window);
}
