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
#include <string.h>

#include "harness/load/fields.h"
#include "harness/load/load.h"

enum {
    FORMAT = 5, /* goes up when a reader would misunderstand */
};

static const char format_name[] = "fiveways_saved_run";

#define KEPT(key, member)                                                    \
    FIELD_AS(key, saved_run, member, .flags = FIELD_STRICT)
#define OPTION(name) KEPT(#name, options.name)
#define RESULT(name) KEPT(#name, result.name)

static const struct field fields[] = {
    KEPT("target", target), KEPT("begun_ms", begun_ms),
    OPTION(clients),        OPTION(silent_clients),
    OPTION(message_bytes),  OPTION(churn),
    OPTION(handshake),      KEPT("asked_window_ns", options.window_ns),
    OPTION(echoes_max),     OPTION(timeout_ns),
    OPTION(rate_per_s),     KEPT("schedule_kind", options.arrivals),
    RESULT(asked),          RESULT(connected),
    RESULT(served),         RESULT(echoes),
    RESULT(echoes_total),   RESULT(bytes),
    RESULT(unfinished),     RESULT(stalled),
    RESULT(stalled_inside), RESULT(stalled_behind),
    RESULT(turned_away),    RESULT(oldest_ns),
    RESULT(arrivals),       RESULT(window_ns),
    RESULT(client_cpu_ns),  RESULT(interrupted),
    RESULT(errors),         RESULT(latency),
    RESULT(response),       RESULT(lag),
    RESULT(connect),        {0},
};

void
saved_write(FILE *stream, const struct saved_run *run)
{
    json_t *object = json_pack("{s:i}", format_name, FORMAT);

    fields_write(object, fields, run);
    json_dumpf(object, stream, 0);
    fputc('\n', stream);
    json_decref(object);
}

int
saved_read(FILE *stream, struct saved_run *run,
           char reason[SAVED_REASON_BYTES])
{
    json_error_t error;
    json_t *object = json_loadf(stream, JSON_REJECT_DUPLICATES, &error);
    const json_t *format = json_object_get(object, format_name);
    const char *fault = NULL;
    const char *name = NULL;

    memset(run, 0, sizeof *run);
    if (object == NULL &&
        json_error_code(&error) == json_error_premature_end_of_input) {
        fault = "is cut off";
    } else if (json_integer_value(format) != FORMAT) {
        /* The first edition wrote lines of text. */
        fault = "was not saved by load, or by an older edition of it; please "
                "measure again";
    }
    if (!fault && (name = fields_read(object, fields, run)) != NULL) {
        fault = "is damaged: missing or wrong is ";
    }
    if (fault != NULL) {
        snprintf(reason, SAVED_REASON_BYTES, "%s%s", fault, name ? name : "");
    }
    json_decref(object);
    return fault == NULL ? 0 : -1;
}
