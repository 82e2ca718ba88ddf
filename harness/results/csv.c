/*
 * csv.c: results as comma-separated values. See csv.h.
 */
#include "harness/results/csv.h"

#include <math.h>
#include <string.h>

static void put_row(FILE *file, const struct summary_row *row);
static void put_text(FILE *file, const char *text);
static void put_number(FILE *file, double value);
static void put_estimate(FILE *file, const struct estimate *estimate);
static const char *verdict_word(const struct summary_row *row);
static bool has_interval(int figure);

int
csv_write_windows(FILE *file, const struct results *results)
{
    fputs("scenario,clients,model,round,layout,status", file);
    for (int i = 0; i < WINDOW_CSV_FIGURES; i++) {
        fprintf(file, ",%s", window_figure_name(i));
    }
    fputs(",bound_by\n", file);
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
          "cpu_over_least_high,verdict\n",
          file);
    for (size_t n = 0; n < summary->nrows; n++) {
        put_row(file, &summary->rows[n]);
    }
    return fflush(file) == 0 && !ferror(file) ? 0 : -1;
}

/* A row that is not ok has no figures: those of its good rounds would be
 * taken for its result. */
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
        fputc(',', file);
        put_number(file, ok ? row->figure[i].median : NAN);
        if (has_interval(i)) {
            fputc(',', file);
            put_number(file, ok ? row->figure[i].low : NAN);
            fputc(',', file);
            put_number(file, ok ? row->figure[i].high : NAN);
        }
    }
    fputc(',', file);
    put_text(file, ok ? row->window.bound_by : "");
    put_estimate(file, ok ? &row->over_yardstick : &unknown);
    put_estimate(file, ok ? &row->over_least.ratio : &unknown);
    fprintf(file, ",%s\n", verdict_word(row));
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
