/*
 * table.c: the table on the terminal. See table.h.
 */
#include "harness/report/table.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/report/ahead.h"
#include "harness/report/cells.h"
#include "harness/report/rate.h"
#include "harness/report/scale.h"
#include "harness/report/sentences.h"
#include "harness/report/shows.h"
#include "harness/report/text.h"
#include "harness/report/variants.h"
#include "harness/report/why.h"

/* The escape sequences in use; all empty without colour. */
struct palette {
    const char *bold; /* titles */
    const char *dim;  /* headings, the yardstick */
    const char *red;  /* starved or broken */
    const char *off;  /* back to plain */
};

static const struct palette plain = {"", "", "", ""};
static const struct palette colours = {"\033[1m", "\033[2m", "\033[31m",
                                       "\033[0m"};

enum {
    MODEL_LEAST = 10, /* columns of a model's name */
};

static void print_header(FILE *file, const struct run *run,
                         const struct summary *summary,
                         const struct palette *palette);
static void print_group(FILE *file, const struct summary *summary,
                        size_t begin, size_t end,
                        const struct palette *palette);
static void print_rows(FILE *file, const struct summary_row *rows,
                       size_t nrows, const struct palette *palette);
static void print_rates(FILE *file, const struct summary_row *rows,
                        size_t nrows, const struct palette *palette);
static void print_rate_cell(FILE *file, enum rate_column column,
                            const char *text);
static void print_why(FILE *file, const struct summary_row *rows,
                      size_t nrows);
static void print_checks(FILE *file, const struct run *run,
                         const struct summary *summary,
                         const struct palette *palette);
static void print_variants(FILE *file, const struct summary *summary,
                           const struct palette *palette);
static void print_words(FILE *file, struct text *text, const char *colour,
                        const struct palette *palette);
static void print_headings(FILE *file, const struct cells_style *style,
                           int model_width, const struct palette *palette);
static void print_row(FILE *file, const struct summary_row *row,
                      const struct cells_style *style, int model_width,
                      const struct palette *palette);
static void print_reason(FILE *file, const struct summary_row *row,
                         int model_width, int column,
                         const struct palette *palette);
static void print_cell(FILE *file, enum cells_column column, const char *text,
                       int model_width);
static int widest_model(const struct summary_row *rows, size_t nrows);

bool
table_wants_colour(FILE *file)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    return isatty(fileno(file)) && !(no_color && no_color[0] != '\0') &&
           !(term && strcmp(term, "dumb") == 0);
}

void
table_print(FILE *file, const struct run *run, const struct summary *summary,
            const struct table_style *style)
{
    const struct palette *palette = style->colour ? &colours : &plain;
    struct text text = {0};

    print_header(file, run, summary, palette);
    for (size_t i = 0; i < summary->nrows;) {
        size_t end = summary_table_end(summary, i);

        print_group(file, summary, i, end, palette);
        if (style->why && !rate_is_table(&summary->rows[i])) {
            print_why(file, &summary->rows[i], end - i);
        }
        i = end;
    }
    print_checks(file, run, summary, palette);
    sentences_warnings(&text, summary);
    if (text.length > 0) {
        fputc('\n', file);
        print_words(file, &text, palette->red, palette);
    }
    fputc('\n', file);
    sentences_legend(&text, summary);
    print_words(file, &text, palette->dim, palette);
    if (style->folder) {
        fprintf(file,
                "files: %s/results.jsonl results.csv summary.csv "
                "results.md\n",
                style->folder);
    }
    sentences_next(&text, run, summary);
    fprintf(file, "next:  %s%s%s\n", palette->bold, text_string(&text),
            palette->off);
    text_free(&text);
}

static void
print_header(FILE *file, const struct run *run, const struct summary *summary,
             const struct palette *palette)
{
    struct text text = {0};

    sentences_run(&text, run);
    print_words(file, &text, "", palette);
    sentences_run_marks(&text, run);
    print_words(file, &text, palette->red, palette);
    sentences_noise(&text, summary);
    print_words(file, &text, palette->red, palette);
}

static void
print_group(FILE *file, const struct summary *summary, size_t begin,
            size_t end, const struct palette *palette)
{
    const struct summary_row *rows = &summary->rows[begin];
    size_t nrows = end - begin;
    struct text text = {0};

    fputc('\n', file);
    cells_title(&text, rows, nrows);
    print_words(file, &text, palette->bold, palette);
    text_add(&text, "%s", shows_sentence(&rows[0].window));
    print_words(file, &text, palette->dim, palette);
    if (cells_all_skipped(rows, nrows)) {
        text_add(&text, "skipped: %s", rows[0].reason);
    } else if (rate_is_table(rows)) {
        rate_explain_grid(&text, rows, nrows);
        print_words(file, &text, palette->dim, palette);
        print_rates(file, rows, nrows, palette);
        rate_explain(&text, summary, begin, end);
    } else {
        print_rows(file, rows, nrows, palette);
        sentences_notes(&text, rows, nrows);
        print_words(file, &text, palette->dim, palette);
        sentences_group(&text, summary, begin, end);
    }
    print_words(file, &text, "", palette);
}

static void
print_rows(FILE *file, const struct summary_row *rows, size_t nrows,
           const struct palette *palette)
{
    struct cells_style style = cells_style_for(rows, nrows);
    int model_width = widest_model(rows, nrows);

    print_headings(file, &style, model_width, palette);
    for (size_t i = 0; i < nrows; i++) {
        print_row(file, &rows[i], &style, model_width, palette);
    }
}

/* The table of an open loop; a rate stands in the first of its rows. */
static void
print_rates(FILE *file, const struct summary_row *rows, size_t nrows,
            const struct palette *palette)
{
    bool ms = rate_in_milliseconds(rows, nrows);
    char cell[TEXT_CELL_BYTES];

    fputs(palette->dim, file);
    for (int i = 0; i < RATE_COLUMNS; i++) {
        print_rate_cell(file, i, rate_heading(i));
    }
    for (int i = 0; i < RATE_COLUMNS; i++) {
        print_rate_cell(file, i, rate_unit(i, ms));
    }
    fputs(palette->off, file);
    for (size_t i = 0; i < nrows; i++) {
        bool first = i == 0 || rows[i].window.rate_per_s !=
                                   rows[i - 1].window.rate_per_s;

        rate_write(cell, RATE_ASKED, &rows[i], ms);
        print_rate_cell(file, RATE_ASKED, first ? cell : "");
        if (!cells_measured(&rows[i])) {
            print_reason(file, &rows[i], -rate_width(RATE_MODEL),
                         rate_width(RATE_ASKED) + 1, palette);
            continue;
        }
        fputs(summary_is_yardstick(&rows[i]) ? palette->dim : "", file);
        for (int j = RATE_MODEL; j < RATE_COLUMNS; j++) {
            bool red = j == RATE_STATE && cells_starved(&rows[i]);

            fputs(red ? palette->red : "", file);
            print_rate_cell(file, j, rate_write(cell, j, &rows[i], ms));
            fputs(red ? palette->off : "", file);
        }
        fputs(summary_is_yardstick(&rows[i]) ? palette->off : "", file);
    }
}

/* A cell and what separates it from the next; the last ends the line. */
static void
print_rate_cell(FILE *file, enum rate_column column, const char *text)
{
    int width = rate_width(column);
    char clipped[TEXT_CELL_BYTES];

    text_clip(clipped, text, width < 0 ? -width : width);
    if (column == RATE_COLUMNS - 1) {
        fprintf(file, "%s\n", clipped);
    } else {
        fprintf(file, "%*s ", width, clipped);
    }
}

/* A line or more for each model: what it does for an echo. */
static void
print_why(FILE *file, const struct summary_row *rows, size_t nrows)
{
    int model_width = widest_model(rows, nrows);

    for (size_t i = 0; i < nrows; i++) {
        char name[TEXT_CELL_BYTES];
        struct text text = {0};

        if (why_known(&rows[i])) {
            why_row(&text, &rows[i]);
            fprintf(file, "  %-*s ", model_width,
                    text_clip(name, rows[i].window.model, model_width));
            text_wrap(file, text_string(&text), TEXT_WIDTH - model_width - 3,
                      4);
            text_free(&text);
        }
    }
}

/* What holds for the whole run: idle clients, variants or who is ahead, how
 * calls were counted, whether the numbers can be true. */
static void
print_checks(FILE *file, const struct run *run, const struct summary *summary,
             const struct palette *palette)
{
    struct text text = {0};
    bool good;

    if (scale_known(summary)) {
        fputc('\n', file);
        scale_legend(&text);
        print_words(file, &text, "", palette);
        scale_print(file, summary);
        scale_sentence(&text, summary);
        print_words(file, &text, "", palette);
    }
    if (strcmp(run->mode, VARIANTS_MODE) == 0) {
        print_variants(file, summary, palette);
    } else if (ahead_known(summary)) {
        fputc('\n', file);
        ahead_legend(&text);
        print_words(file, &text, "", palette);
        ahead_print(file, summary);
    }
    why_method(&text, summary);
    if (text.length > 0) {
        fputc('\n', file);
        print_words(file, &text, "", palette);
    }
    good = sentences_checks(&text, summary);
    if (text.length > 0) {
        fputc('\n', file);
        print_words(file, &text, good ? "" : palette->red, palette);
    }
}

static void
print_variants(FILE *file, const struct summary *summary,
               const struct palette *palette)
{
    struct text text = {0};

    fputc('\n', file);
    variants_legend(&text);
    print_words(file, &text, "", palette);
    variants_print(file, summary, false);
    for (size_t i = 0; variants_sentence(&text, summary, i); i++) {
        print_words(file, &text, "", palette);
    }
}

/* Print what there is, if anything, and make room for other words. */
static void
print_words(FILE *file, struct text *text, const char *colour,
            const struct palette *palette)
{
    if (text->length > 0) {
        fputs(colour, file);
        text_wrap(file, text_string(text), TEXT_WIDTH, 0);
        fputs(colour[0] != '\0' ? palette->off : "", file);
    }
    text_free(text);
}

static void
print_headings(FILE *file, const struct cells_style *style, int model_width,
               const struct palette *palette)
{
    fputs(palette->dim, file);
    for (int i = 0; i < CELLS_COLUMNS; i++) {
        print_cell(file, i, cells_heading(i), model_width);
    }
    for (int i = 0; i < CELLS_COLUMNS; i++) {
        print_cell(file, i, cells_unit(i, style), model_width);
    }
    fputs(palette->off, file);
}

static void
print_row(FILE *file, const struct summary_row *row,
          const struct cells_style *style, int model_width,
          const struct palette *palette)
{
    char cell[TEXT_CELL_BYTES];

    if (!cells_measured(row)) {
        print_reason(file, row, model_width, 0, palette);
        return;
    }
    fputs(summary_is_yardstick(row) ? palette->dim : "", file);
    for (int i = 0; i < CELLS_COLUMNS; i++) {
        bool red = i == CELLS_SERVED && cells_starved(row);

        fputs(red ? palette->red : "", file);
        print_cell(file, i, cells_write(cell, i, row, style), model_width);
        fputs(red ? palette->off : "", file);
    }
    fputs(summary_is_yardstick(row) ? palette->off : "", file);
}

/* Status and reason in place of numbers, from `column` on. */
static void
print_reason(FILE *file, const struct summary_row *row, int model_width,
             int column, const struct palette *palette)
{
    char model[TEXT_CELL_BYTES];
    struct text text = {0};

    text_add(&text, "%s: %s", window_status_name(row->status), row->reason);
    fputs(row->status == WINDOW_FAILED ? palette->red : palette->dim, file);
    fprintf(file, "%-*s ", model_width,
            text_clip(model, row->window.model, model_width));
    text_wrap(file, text_string(&text), TEXT_WIDTH - column - model_width - 1,
              column > 0 ? column + model_width + 1 : 2);
    fputs(palette->off, file);
    text_free(&text);
}

/* A cell and what separates it from the next; the last ends the line. */
static void
print_cell(FILE *file, enum cells_column column, const char *text,
           int model_width)
{
    int width = column == CELLS_MODEL ? model_width : cells_width(column);
    char clipped[TEXT_CELL_BYTES];

    text_clip(clipped, text, width);
    if (column == CELLS_COLUMNS - 1) {
        fprintf(file, " %s\n", clipped);
    } else if (cells_left(column)) {
        fprintf(file, "%-*s", width, clipped);
    } else {
        fprintf(file, " %*s", width, clipped);
    }
}

/* As wide as the longest name, within what leaves room for the rest. */
static int
widest_model(const struct summary_row *rows, size_t nrows)
{
    int width = MODEL_LEAST;

    for (size_t i = 0; i < nrows; i++) {
        int length = (int)strlen(rows[i].window.model);

        width = length > width ? length : width;
    }
    return width < cells_width(CELLS_MODEL) ? width
                                            : cells_width(CELLS_MODEL);
}
