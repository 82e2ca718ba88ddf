/*
 * saved.c: what a run saw, in a file; and runs on several hosts, added up.
 *
 *     {"fiveways_saved_run": 6, "target": "10.0.0.1:5566",
 *      "clients": 64, ...
 *      "errors": {"refused": 0, "reset": 2, ...},
 *      "response": {...}, ...}
 */
#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/load/fields.h"
#include "harness/load/load.h"

#define FORMAT 6 /* goes up when a reader would misunderstand */
/* Of the longest window, that all runs must have in common. */
#define TOGETHER_SHARE 0.9

static const char format_name[] = "fiveways_saved_run";

#define KEPT(key, member)                                                    \
    FIELD_AS(key, saved_run, member, .flags = FIELD_STRICT)
#define OPTION(name) KEPT(#name, options.name)
#define RESULT(name) KEPT(#name, result.name)

static const struct field fields[] = {
    KEPT("target", target), KEPT("begun_ms", begun_ms),
    OPTION(clients),        OPTION(silent_clients),
    OPTION(message_bytes),  KEPT("schedule_kind", options.arrivals),
    OPTION(churn),          OPTION(handshake),
    OPTION(echoes_max),     KEPT("asked_window_ns", options.window_ns),
    OPTION(timeout_ns),     OPTION(rate_per_s),
    OPTION(drip),           RESULT(asked),
    RESULT(connected),      RESULT(served_speaking),
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
    } else if ((name = fields_read(object, fields, run)) != NULL) {
        fault = "is damaged: missing or wrong is ";
    }
    if (fault != NULL) {
        snprintf(reason, SAVED_REASON_BYTES, "%s%s", fault, name ? name : "");
    }
    json_decref(object);
    return fault == NULL ? 0 : -1;
}

/* ---- sums -------------------------------------------------------------- */

static const char *
loop_name(const struct engine_options *options)
{
    if (options->rate_per_s > 0) {
        return options->arrivals == SCHEDULE_FIXED
                   ? "an open loop with fixed gaps"
                   : "an open loop with poisson's gaps";
    }
    return options->churn ? "a connection for each echo" : "a closed loop";
}

/* Returns 0 if a run fits to the others; or -1, with the first thing that is
 * not the same in `reason`: "a message has 1.00 KiB here and 64 B". */
static int
check_same(const struct engine_options *a, const struct engine_options *b,
           char reason[SAVED_REASON_BYTES])
{
    const struct {
        const char *what;
        const char *here;
        const char *there;
        bool same; /* what is written alike need not be */
    } rows[] = {
        {"the load is", loop_name(a), loop_name(b),
         strcmp(loop_name(a), loop_name(b)) == 0},
        {"a message has", BYTES_TEXT(a->message_bytes),
         BYTES_TEXT(b->message_bytes), a->message_bytes == b->message_bytes},
        {"there is", a->handshake ? "a handshake" : "none",
         b->handshake ? "a handshake" : "none", a->handshake == b->handshake},
        {"a message comes", a->drip ? "a byte a segment" : "whole",
         b->drip ? "a byte a segment" : "whole", a->drip == b->drip},
        {"the run ends", a->echoes_max == 0 ? "by time" : "by echoes",
         b->echoes_max == 0 ? "by time" : "by echoes",
         (a->echoes_max == 0) == (b->echoes_max == 0)},
        /* A run that ends after so many echoes has no length of its own. */
        {"the run lasts", TIME_TEXT(a->window_ns), TIME_TEXT(b->window_ns),
         a->echoes_max > 0 || a->window_ns == b->window_ns},
        {"an echo may take", TIME_TEXT(a->timeout_ns),
         TIME_TEXT(b->timeout_ns), a->timeout_ns == b->timeout_ns},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!rows[i].same) {
            snprintf(reason, SAVED_REASON_BYTES,
                     "cannot be added up, because %s %s here and %s",
                     rows[i].what, rows[i].here, rows[i].there);
            return -1;
        }
    }
    return 0;
}

int
merge_add(struct merge *merge, const struct saved_run *run,
          char reason[SAVED_REASON_BYTES])
{
    struct saved_run *sum = &merge->sum;
    double begin_ns = 1e6 * (double)run->begun_ms;
    double end_ns = begin_ns + (double)run->result.window_ns;

    if (merge->runs == 0) {
        *sum = *run;
        merge->first_end_ns = end_ns;
    } else if (check_same(&run->options, &sum->options, reason) != 0) {
        return -1;
    } else {
        sum->options.clients += run->options.clients;
        sum->options.silent_clients += run->options.silent_clients;
        sum->options.rate_per_s += run->options.rate_per_s;
        crew_add_result(&sum->result, &run->result);
        if (!names_have(sum->target, run->target)) {
            APPEND(sum->target, " and ", "%s", run->target);
        }
    }
    merge->runs++;
    merge->last_begin_ns = fmax(merge->last_begin_ns, begin_ns);
    merge->first_end_ns = fmin(merge->first_end_ns, end_ns);
    return 0;
}

/* No two runs begin in one millisecond and take the same time, ours and the
 * CPU's, to the nanosecond. */
bool
merge_same(const struct saved_run *a, const struct saved_run *b)
{
    return a->begun_ms == b->begun_ms &&
           a->result.window_ns == b->result.window_ns &&
           a->result.client_cpu_ns == b->result.client_cpu_ns;
}

/* What there is in a second is a sum only of what there was in the same
 * second. Hosts do not start on the dot, so a little apart is still together;
 * and of no echoes there is no sum. */
void
merge_note_times(FILE *stream, const struct merge *merge)
{
    const struct engine_result *sum = &merge->sum.result;
    double together_ns = fmax(merge->first_end_ns - merge->last_begin_ns, 0);

    if (together_ns < TOGETHER_SHARE * (double)sum->window_ns &&
        sum->echoes > 0) {
        fprintf(
            stream,
            "  note        these runs were at one time for %s of %s only: "
            "what there is in a\n              second is a sum of what "
            "was in part measured one after the other\n",
            TIME_TEXT(together_ns), TIME_TEXT(sum->window_ns));
    }
}

int
merge_print(const char *const *paths, int n)
{
    static struct merge merge;
    struct saved_run *runs = given(calloc((size_t)n, sizeof *runs));
    char heading[SAVED_TARGET_BYTES + 32];
    char reason[SAVED_REASON_BYTES];
    int status;

    for (int i = 0; i < n; i++) {
        FILE *file = fopen(paths[i], "re");

        status = file ? saved_read(file, &runs[i], reason) : -1;
        if (!file || ferror(file)) {
            err(EXIT_NO_MEASURE, "%s", paths[i]);
        }
        if (status != 0) {
            errx(EXIT_NO_MEASURE, "%s: %s", paths[i], reason);
        }
        fclose(file);
        for (int j = 0; j < i; j++) {
            if (merge_same(&runs[i], &runs[j])) {
                errx(EXIT_NO_MEASURE,
                     "%s: holds the same run as %s; name each run once",
                     paths[i], paths[j]);
            }
        }
        if (merge_add(&merge, &runs[i], reason) != 0) {
            errx(EXIT_NO_MEASURE, "%s: %s in %s", paths[i], reason, paths[0]);
        }
    }
    free(runs);
    snprintf(heading, sizeof heading, "%d run%s against %s", n,
             n == 1 ? "" : "s", merge.sum.target);
    summary_print(heading, &merge.sum);
    merge_note_times(stdout, &merge);
    return summary_exit_status(&merge.sum.result);
}
