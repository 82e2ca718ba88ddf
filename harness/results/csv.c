/*
 * csv.c: results as comma-separated values. See csv.h.
 */
#include "harness/results/csv.h"

#include <math.h>
#include <string.h>

/* What only an open loop has; behind all other columns. */
static const enum window_figure open_loop_figures[] = {
    WINDOW_OFFERED_PER_S,  WINDOW_REACHED_SHARE, WINDOW_SERVICE_P50_US,
    WINDOW_SERVICE_P99_US, WINDOW_LAG_P99_US,    WINDOW_UNFINISHED,
};
enum {
    OPEN_LOOP_FIGURES =
        sizeof open_loop_figures / sizeof open_loop_figures[0],
};

static void put_row(FILE *file, const struct summary_row *row);
static void put_text(FILE *file, const char *text);
static void put_number(FILE *file, double value);
static void put_estimate(FILE *file, const struct estimate *estimate);
static const char *verdict_word(const struct summary_row *row);
static void put_rate(FILE *file, const struct window *window);
static void put_saturated(FILE *file, double reached_share, bool saturated);
static bool has_interval(int figure);
static bool is_latency(int figure);

int
csv_write_windows(FILE *file, const struct results *results)
{
    fputs("scenario,clients,model,round,layout,status", file);
    for (int i = 0; i < WINDOW_CSV_FIGURES; i++) {
        fprintf(file, ",%s", window_figure_name(i));
    }
    fputs(",bound_by,rate_per_s", file);
    for (int i = 0; i < OPEN_LOOP_FIGURES; i++) {
        fprintf(file, ",%s", window_figure_name(open_loop_figures[i]));
    }
    fputs(",saturated\n", file);
    for (size_t n = 0; n < results->nwindows; n++) {
        const struct window *window = &results->windows[n];

        put_text(file, window->scenario);
        fprintf(file, ",%d,", window->clients);
        put_text(file, window->model);
        fprintf(file, ",%d,", window->round);
        put_text(file, window->layout);
        fprintf(file, ",%s", window_status_name(window->status));
        for (int i = 0; i < WINDOW_CSV_FIGURES; i++) {
            fputc(',', file);
            put_number(file, results_figure(results, window, i));
        }
        fputc(',', file);
        put_text(file, window->bound_by);
        put_rate(file, window);
        for (int i = 0; i < OPEN_LOOP_FIGURES; i++) {
            fputc(',', file);
            put_number(file, window->figure[open_loop_figures[i]]);
        }
        put_saturated(
            file, window->figure[WINDOW_REACHED_SHARE],
            summary_is_saturated(window->figure[WINDOW_REACHED_SHARE]));
        fputc('\n', file);
    }
    return fflush(file) == 0 && !ferror(file) ? 0 : -1;
}

int
csv_write_summary(FILE *file, const struct summary *summary)
{
    fputs("scenario,clients,model,rounds,layout,status", file);
    for (int i = 0; i < WINDOW_CSV_FIGURES; i++) {
        const char *name = window_figure_name(i);

        fprintf(file, ",%s", name);
        if (has_interval(i)) {
            fprintf(file, ",%s_low,%s_high", name, name);
        }
    }
    fputs(",bound_by,cpu_over_yardstick,cpu_over_yardstick_low,"
          "cpu_over_yardstick_high,cpu_over_least,cpu_over_least_low,"
          "cpu_over_least_high,verdict,rate_per_s",
          file);
    for (int i = 0; i < OPEN_LOOP_FIGURES; i++) {
        const char *name = window_figure_name(open_loop_figures[i]);

        fprintf(file, ",%s,%s_low,%s_high", name, name, name);
    }
    fputs(",saturated\n", file);
    for (size_t n = 0; n < summary->nrows; n++) {
        put_row(file, &summary->rows[n]);
    }
    return fflush(file) == 0 && !ferror(file) ? 0 : -1;
}

/* A row that is not ok has no figures: those of its good rounds would be
 * taken for its result. How many were served is that of the worst round, as
 * in the table: a median would hide that some were left out. Nor has a
 * saturated one response times: they are those of a queue that grows, and
 * depend on how long one has looked. */
static void
put_row(FILE *file, const struct summary_row *row)
{
    static const struct estimate unknown = {NAN, NAN, NAN, 0};
    bool ok = row->status == WINDOW_OK;

    put_text(file, row->window.scenario);
    fprintf(file, ",%d,", row->window.clients);
    put_text(file, row->window.model);
    fprintf(file, ",%d,", row->rounds);
    put_text(file, row->window.layout);
    fprintf(file, ",%s", window_status_name(row->status));
    for (int i = 0; i < WINDOW_CSV_FIGURES; i++) {
        bool steady = !row->saturated || !is_latency(i);
        const struct estimate *figure =
            ok && steady ? &row->figure[i] : &unknown;

        if (has_interval(i)) {
            put_estimate(file, figure);
        } else {
            fputc(',', file);
            put_number(file, ok && i == WINDOW_SERVED ? row->served_least
                                                      : figure->median);
        }
    }
    fputc(',', file);
    put_text(file, ok ? row->window.bound_by : "");
    put_estimate(file, ok ? &row->over_yardstick : &unknown);
    put_estimate(file, ok ? &row->over_least.ratio : &unknown);
    fprintf(file, ",%s", verdict_word(row));
    put_rate(file, &row->window);
    for (int i = 0; i < OPEN_LOOP_FIGURES; i++) {
        put_estimate(file,
                     ok ? &row->figure[open_loop_figures[i]] : &unknown);
    }
    put_saturated(file, ok ? row->figure[WINDOW_REACHED_SHARE].median : NAN,
                  row->saturated);
    fputc('\n', file);
}

/* Nothing in a closed loop, which has no rate. */
static void
put_rate(FILE *file, const struct window *window)
{
    fputc(',', file);
    if (window->rate_per_s > 0) {
        fprintf(file, "%d", window->rate_per_s);
    }
}

static void
put_saturated(FILE *file, double reached_share, bool saturated)
{
    fputc(',', file);
    if (isfinite(reached_share)) {
        fputs(saturated ? "yes" : "no", file);
    }
}

/* Quoted where it must be; a quote inside is doubled. */
static void
put_text(FILE *file, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            fputc('"', file);
        }
        fputc(*text, file);
    }
    fputc('"', file);
}

static void
put_estimate(FILE *file, const struct estimate *estimate)
{
    fputc(',', file);
    put_number(file, estimate->median);
    fputc(',', file);
    put_number(file, estimate->low);
    fputc(',', file);
    put_number(file, estimate->high);
}

/* A row against the one with the lowest median in its group. */
static const char *
verdict_word(const struct summary_row *row)
{
    static const char *const words[] = {
        [VERDICT_UNCLEAR] = "~",   [VERDICT_TOO_FEW] = "?",
        [VERDICT_SAME] = "same",   [VERDICT_LESS] = "faster",
        [VERDICT_MORE] = "slower",
    };

    if (row->least) {
        return "reference";
    }
    return row->comparable ? words[row->over_least.verdict] : "";
}

/* Nothing for NAN; whole numbers in full, others to nine digits, as in JSON.
 */
static void
put_number(FILE *file, double value)
{
    if (!isfinite(value)) {
        return;
    }
    if (value == trunc(value) && fabs(value) < 1e15) {
        fprintf(file, "%.0f", value);
    } else {
        fprintf(file, "%.9g", value);
    }
}

/* Counts and the window's own length are no estimates of anything. */
static bool
has_interval(int figure)
{
    return figure != WINDOW_ASKED && figure != WINDOW_SERVED &&
           figure != WINDOW_ECHOES && figure != WINDOW_SECONDS &&
           figure != WINDOW_ERRORS;
}

static bool
is_latency(int figure)
{
    return figure == WINDOW_P50_US || figure == WINDOW_P99_US ||
           figure == WINDOW_P999_US || figure == WINDOW_MAX_US;
}
