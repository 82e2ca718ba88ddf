/*
 * explain_rate.c: what the table of an open loop says. See rate.h.
 */
#include <math.h>
#include <string.h>

#include "harness/load/units.h"
#include "harness/report/cells.h"
#include "harness/report/explain.h"
#include "harness/report/rate.h"

/* A promise that a server may have given to its users. It decides nothing of
 * what is measured, only what is said of it. */
#define LIMIT_US 5000.0

enum {
    MODELS_MAX = 64 /* in one table */
};

/* What became of a model at the rates of the grid; 0 where there is none. */
struct knee {
    const char *model; /* its name */
    int kept_per_s;    /* highest rate at which it was in time */
    int missed_per_s;  /* lowest rate at which it was not */
    int unknown_per_s; /* lowest rate above that of which nothing is known */
    int full_per_s;    /* lowest rate from which on it was saturated */
    double full_did;   /* echoes/s of it then */
    bool measured;     /* at any rate */
};

static size_t find_knees(struct knee knees[MODELS_MAX],
                         const struct summary_row *rows, size_t nrows);
static void take_rate(struct knee *knee, const struct summary_row *row);
static bool is_known(const struct summary_row *row);
static bool in_time(const struct summary_row *row);
static void add_capacity(struct text *text, const struct window *window);
static void add_knee(struct text *text, const struct knee *knee,
                     int highest_per_s);
static void add_knees(struct text *text, const struct knee *knees, size_t n,
                      int highest_per_s);
static void add_saturated(struct text *text, const struct knee *knees,
                          size_t n);
static void add_starved(struct text *text, const struct summary *summary,
                        const struct summary_row *rows, size_t nrows);
static void add_invalid(struct text *text, const struct summary_row *rows,
                        size_t nrows);
static void add_rate(struct text *text, double per_s);

void
rate_explain_grid(struct text *text, const struct summary_row *rows,
                  size_t nrows)
{
    const struct window *of = NULL;
    const struct window *last = &rows[nrows - 1].window;

    text_add(text, "Rates: ");
    for (size_t i = 0; i < nrows; i++) {
        const struct window *window = &rows[i].window;
        bool other = !of || strcmp(window->rate_of, of->rate_of) != 0 ||
                     window->rate_of_per_s != of->rate_of_per_s;

        if (i > 0 && window->rate_per_s == rows[i - 1].window.rate_per_s) {
            continue;
        }
        if (of && other) {
            add_capacity(text, of);
            text_add(text, "; ");
        }
        text_add(text, "%s%.0f", of && !other ? ", " : "",
                 100.0 * window->rate_per_s / fmax(window->rate_of_per_s, 1));
        of = window;
    }
    add_capacity(text, last);
    text_add(
        text,
        ": what was reached at best in a closed loop in the first round, ");
    if (strcmp(last->rate_of, SUMMARY_YARDSTICK) == 0) {
        text_add(text, "as no other server served everybody. ");
    } else if (strcmp(last->rate_of, rows[0].window.rate_of) == 0) {
        text_add(text, "the least of those that served everybody. ");
    } else {
        text_add(text, "the least and the most of those that served "
                       "everybody. ");
    }
}

void
rate_explain(struct text *text, const struct summary *summary, size_t begin,
             size_t end)
{
    const struct summary_row *rows = &summary->rows[begin];
    size_t nrows = end - begin;
    struct knee knees[MODELS_MAX] = {0};
    size_t n = find_knees(knees, rows, nrows);

    add_knees(text, knees, n, rows[nrows - 1].window.rate_per_s);
    add_saturated(text, knees, n);
    add_starved(text, summary, rows, nrows);
    add_invalid(text, rows, nrows);
}

/* The models but the yardstick, in the order of the table. Returns how
 * many. */
static size_t
find_knees(struct knee knees[MODELS_MAX], const struct summary_row *rows,
           size_t nrows)
{
    size_t n = 0;

    for (size_t i = 0; i < nrows; i++) {
        size_t place = 0;

        if (summary_is_yardstick(&rows[i])) {
            continue;
        }
        while (place < n &&
               strcmp(knees[place].model, rows[i].window.model) != 0) {
            place++;
        }
        if (place == MODELS_MAX) {
            continue;
        }
        if (place == n) {
            knees[n++].model = rows[i].window.model;
        }
        take_rate(&knees[place], &rows[i]);
    }
    return n;
}

/* Rates ascend, so what comes later lies above. */
static void
take_rate(struct knee *knee, const struct summary_row *row)
{
    int rate_per_s = row->window.rate_per_s;

    knee->measured |= cells_measured(row);
    if (!is_known(row)) {
        knee->unknown_per_s =
            knee->unknown_per_s > 0 ? knee->unknown_per_s : rate_per_s;
        return;
    }
    if (!row->saturated) {
        knee->full_per_s = 0;
    } else if (knee->full_per_s == 0) {
        knee->full_per_s = rate_per_s;
        knee->full_did = row->figure[WINDOW_ECHOES_PER_S].median;
    }
    if (in_time(row)) {
        knee->kept_per_s = rate_per_s;
        knee->unknown_per_s = 0;
    } else if (knee->missed_per_s == 0) {
        knee->missed_per_s = rate_per_s;
    }
}

/* With few messages there is no 99th percentile; but where half of them are
 * too late already, nobody needs it. */
static bool
is_known(const struct summary_row *row)
{
    return cells_measured(row) &&
           (row->saturated || cells_starved(row) ||
            isfinite(row->figure[WINDOW_P99_US].median) ||
            row->figure[WINDOW_P50_US].median > LIMIT_US);
}

static bool
in_time(const struct summary_row *row)
{
    return !row->saturated && !cells_starved(row) &&
           row->figure[WINDOW_P99_US].median <= LIMIT_US;
}

/* "99 of 100 responses come within 5.00 ms: threaded up to 28k/s; ..." */
static void
add_knees(struct text *text, const struct knee *knees, size_t n,
          int highest_per_s)
{
    char limit[UNITS_TEXT_BYTES];
    size_t said = 0;

    for (size_t i = 0; i < n; i++) {
        const struct knee *knee = &knees[i];

        if (!knee->measured) {
            continue;
        }
        if (said++ == 0) {
            text_add(text, "99 of 100 responses come within %s: ",
                     units_format_time(limit, 1000 * LIMIT_US));
        } else {
            text_add(text, "; ");
        }
        if (knee->kept_per_s == 0) {
            text_add(text, "%s at no rate that %s", knee->model,
                     knee->unknown_per_s > 0 ? "could be measured"
                                             : "was tried");
            continue;
        }
        add_knee(text, knee, highest_per_s);
    }
    text_add(text, "%s", said > 0 ? ". " : "");
}

/* "threaded up to 28k/s, though not at 14k/s". */
static void
add_knee(struct text *text, const struct knee *knee, int highest_per_s)
{
    bool gap =
        knee->missed_per_s > 0 && knee->missed_per_s < knee->kept_per_s;
    bool known_above = knee->unknown_per_s == 0 ||
                       (knee->missed_per_s > knee->kept_per_s &&
                        knee->missed_per_s < knee->unknown_per_s);

    text_add(text, "%s up to ", knee->model);
    add_rate(text, knee->kept_per_s);
    if (knee->kept_per_s == highest_per_s) {
        text_add(text, ", the highest tried");
    }
    if (gap) {
        text_add(text, ", though not at ");
        add_rate(text, knee->missed_per_s);
    }
    if (!known_above) {
        text_add(text, ", and not known at ");
        add_rate(text, knee->unknown_per_s);
    }
}

/* "Saturated: threaded from 34k/s on, where it does 30.1k/s; ..." */
static void
add_saturated(struct text *text, const struct knee *knees, size_t n)
{
    const char *before = "Saturated, so that what is due piles up: ";

    for (size_t i = 0; i < n; i++) {
        if (knees[i].full_per_s > 0) {
            text_add(text, "%s%s from ", before, knees[i].model);
            add_rate(text, knees[i].full_per_s);
            text_add(text, " on, where it does ");
            add_rate(text, knees[i].full_did);
            before = "; ";
        }
    }
    text_add(text, "%s", before[0] == ';' ? ". " : "");
}

/* What becomes of a server that leaves clients out, at the lowest rate at
 * which it was measured: the same clients are left out at all. */
static void
add_starved(struct text *text, const struct summary *summary,
            const struct summary_row *rows, size_t nrows)
{
    for (size_t i = 0; i < nrows; i++) {
        const struct summary_row *row = &rows[i];
        bool first = cells_measured(row) && cells_starved(row) &&
                     !summary_is_yardstick(row);

        for (size_t j = 0; j < i && first; j++) {
            first = strcmp(rows[j].window.model, row->window.model) != 0 ||
                    !cells_measured(&rows[j]);
        }
        if (first) {
            const struct explain_group alone = {
                .rows = row, .nrows = 1, .summary = summary};

            explain_served(text, &alone);
            text_add(text, "At ");
            add_rate(text, row->window.rate_per_s);
            text_add(text,
                     " it leaves %.0f messages of a window without an echo, "
                     "and what is due goes through the clients that it "
                     "serves, at ",
                     row->figure[WINDOW_UNFINISHED].median);
            add_rate(text, row->figure[WINDOW_ECHOES_PER_S].median);
            text_add(text, ". ");
        }
    }
}

static void
add_invalid(struct text *text, const struct summary_row *rows, size_t nrows)
{
    size_t late = 0;
    size_t all = 0;

    for (size_t i = 0; i < nrows; i++) {
        for (size_t j = 0; j < rows[i].nwindows; j++) {
            const struct window *window = rows[i].windows[j];

            all++;
            late += window->status == WINDOW_INVALID &&
                    window->errors[ENGINE_CLIENT_LATE] > 0;
        }
    }
    if (late > 0) {
        text_add(
            text,
            "%zu of %zu windows are invalid: the client was late itself, "
            "for which no server is charged. ",
            late, all);
    }
}

/* " % of the 31.2k/s of threaded". */
static void
add_capacity(struct text *text, const struct window *window)
{
    text_add(text, " %% of the ");
    add_rate(text, window->rate_of_per_s);
    text_add(text, " of %s", window->rate_of);
}

/* "28k/s". */
static void
add_rate(struct text *text, double per_s)
{
    char cell[TEXT_CELL_BYTES];

    text_add(text, "%s/s", text_count(cell, per_s, "-"));
}
