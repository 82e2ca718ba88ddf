/*
 * why.c: what a server does for an echo. See why.h.
 */
#include "harness/report/why.h"

#include <math.h>
#include <string.h>

static void add_interval(struct text *text, const char *before,
                         const char *name, const struct estimate *ratio);
static const struct calls *calls_by(const struct summary *summary,
                                    const char *method);
static const char *why_not(const struct summary *summary);

bool
why_known(const struct summary_row *row)
{
    return row->status == WINDOW_OK &&
           (row->calls || isfinite(row->figure[WINDOW_THREADS].median) ||
            isfinite(row->over_yardstick.low));
}

void
why_row(struct text *text, const struct summary_row *row)
{
    const struct calls *calls = row->calls;
    double faults = row->figure[WINDOW_FAULTS_PER_ECHO].median;
    double threads = row->figure[WINDOW_THREADS].median;
    const char *before = "";

    if (calls && calls->method[0] == '\0') {
        text_add(text, "calls n/a");
        before = "; ";
    }
    for (int i = 0; calls && i < calls->nnames; i++) {
        text_add(text, "%s%s %.2f", before, calls->names[i].name,
                 calls->names[i].per_echo);
        before = "  ";
    }
    if (isfinite(faults)) {
        text_add(text, "%sfaults %.2f", before[0] ? "; " : "", faults);
        before = "; ";
    }
    if (isfinite(threads)) {
        text_add(text, "%sthreads %.0f", before[0] ? "; " : "", threads);
        before = "; ";
    }
    add_interval(text, before, "over floor",
                 &row->figure[WINDOW_CPU_OVER_FLOOR]);
    add_interval(text, "; ", "over yard", &row->over_yardstick);
}

void
why_method(struct text *text, const struct summary *summary)
{
    const char *reason = why_not(summary);

    if (calls_by(summary, "strace")) {
        text_add(text,
                 "calls/echo: counted by strace, with one client whatever "
                 "the row says, apart from the timed windows%s%s%s. With "
                 "many clients a loop waits less often for each echo. ",
                 reason[0] ? " (" : "", reason, reason[0] ? ")" : "");
    } else if (calls_by(summary, "perf")) {
        text_add(text, "calls/echo: counted by perf under the row's own "
                       "load, apart from the timed windows. ");
    } else if (reason[0]) {
        text_add(text, "calls/echo: n/a (%s). ", reason);
    }
}

/* Append a ratio with its 95 % interval, if there is one. */
static void
add_interval(struct text *text, const char *before, const char *name,
             const struct estimate *ratio)
{
    if (isfinite(ratio->low)) {
        text_add(text, "%s%s %.2f [%.2f, %.2f]", before[0] ? "; " : "", name,
                 ratio->median, ratio->low, ratio->high);
    }
}

/* The first counting with that method, or NULL. */
static const struct calls *
calls_by(const struct summary *summary, const char *method)
{
    for (size_t i = 0; i < summary->nrows; i++) {
        const struct calls *calls = summary->rows[i].calls;

        if (calls && strcmp(calls->method, method) == 0) {
            return calls;
        }
    }
    return NULL;
}

/* Why the best method was not used, or "". A row without any echo says
 * nothing about methods. */
static const char *
why_not(const struct summary *summary)
{
    for (size_t i = 0; i < summary->nrows; i++) {
        const struct calls *calls = summary->rows[i].calls;

        if (calls && calls->reason[0] != '\0' &&
            summary->rows[i].figure[WINDOW_ECHOES].median > 0) {
            return calls->reason;
        }
    }
    return "";
}
