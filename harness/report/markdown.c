/*
 * markdown.c: the same tables, ready for a README. See markdown.h.
 */
#include "harness/report/markdown.h"

#include <string.h>

#include "harness/report/ahead.h"
#include "harness/report/cells.h"
#include "harness/report/rate.h"
#include "harness/report/scale.h"
#include "harness/report/sentences.h"
#include "harness/report/shows.h"
#include "harness/report/text.h"
#include "harness/report/variants.h"
#include "harness/report/why.h"

static void print_group(FILE *file, const struct summary *summary,
                        size_t begin, size_t end);
static void print_rows(FILE *file, const struct summary_row *rows,
                       size_t nrows);
static void print_rates(FILE *file, const struct summary_row *rows,
                        size_t nrows);
static void print_rate(FILE *file, const struct summary_row *row, bool ms);
static void add_reason(struct text *text, const struct summary_row *row);
static void print_row(FILE *file, const struct summary_row *row,
                      const struct cells_style *style);
static void print_why(FILE *file, const struct summary_row *rows,
                      size_t nrows);
static void print_words(FILE *file, struct text *text, const char *mark);
static void add_escaped(struct text *text, const char *words);
static const char *entity(char c);

int
markdown_print(FILE *file, const struct run *run,
               const struct summary *summary)
{
    struct text text = {0};

    sentences_run(&text, run);
    print_words(file, &text, "");
    sentences_run_marks(&text, run);
    print_words(file, &text, "");
    sentences_noise(&text, summary);
    print_words(file, &text, "");
    for (size_t i = 0; i < summary->nrows;) {
        size_t end = summary_table_end(summary, i);

        print_group(file, summary, i, end);
        i = end;
    }
    if (scale_known(summary)) {
        scale_legend(&text);
        print_words(file, &text, "");
        scale_print_markdown(file, summary);
        fputc('\n', file);
        scale_sentence(&text, summary);
        print_words(file, &text, "");
    }
    if (strcmp(run->mode, VARIANTS_MODE) == 0) {
        variants_legend(&text);
        print_words(file, &text, "");
        variants_print(file, summary, true);
        fputc('\n', file);
        for (size_t i = 0; variants_sentence(&text, summary, i); i++) {
            print_words(file, &text, "");
        }
    } else if (ahead_known(summary)) {
        ahead_legend(&text);
        print_words(file, &text, "");
        ahead_print_markdown(file, summary);
        fputc('\n', file);
    }
    why_method(&text, summary);
    print_words(file, &text, "");
    sentences_checks(&text, summary);
    print_words(file, &text, "");
    sentences_warnings(&text, summary);
    print_words(file, &text, "");
    sentences_legend(&text, summary);
    print_words(file, &text, "");
    return fflush(file) == 0 && !ferror(file) ? 0 : -1;
}

static void
print_group(FILE *file, const struct summary *summary, size_t begin,
            size_t end)
{
    const struct summary_row *rows = &summary->rows[begin];
    size_t nrows = end - begin;
    struct text text = {0};

    cells_title(&text, rows, nrows);
    print_words(file, &text, "**");
    text_add(&text, "%s", shows_sentence(&rows[0].window));
    print_words(file, &text, "*");
    if (cells_all_skipped(rows, nrows)) {
        text_add(&text, "skipped: %s", rows[0].reason);
    } else if (rate_is_table(rows)) {
        rate_explain_grid(&text, rows, nrows);
        print_words(file, &text, "");
        print_rates(file, rows, nrows);
        rate_explain(&text, summary, begin, end);
    } else {
        print_rows(file, rows, nrows);
        sentences_notes(&text, rows, nrows);
        print_words(file, &text, "");
        sentences_group(&text, summary, begin, end);
    }
    print_words(file, &text, "");
}

static void
print_rows(FILE *file, const struct summary_row *rows, size_t nrows)
{
    struct cells_style style = cells_style_for(rows, nrows);

    fputc('|', file);
    for (int i = 0; i < CELLS_COLUMNS; i++) {
        fprintf(file, " %s%s%s |", cells_heading(i),
                cells_unit(i, &style)[0] ? " " : "", cells_unit(i, &style));
    }
    fputs("\n|", file);
    for (int i = 0; i < CELLS_COLUMNS; i++) {
        fputs(cells_left(i) ? " --- |" : " ---: |", file);
    }
    fputc('\n', file);
    for (size_t i = 0; i < nrows; i++) {
        print_row(file, &rows[i], &style);
    }
    fputc('\n', file);
    print_why(file, rows, nrows);
}

static void
print_row(FILE *file, const struct summary_row *row,
          const struct cells_style *style)
{
    char cell[TEXT_CELL_BYTES];
    struct text text = {0};

    text_add(&text, "| ");
    add_escaped(&text, cells_write(cell, CELLS_MODEL, row, style));
    text_add(&text, " |");
    if (!cells_measured(row)) {
        add_reason(&text, row);
    }
    for (int i = CELLS_MODEL + 1; i < CELLS_COLUMNS && cells_measured(row);
         i++) {
        const char *mark =
            i == CELLS_SERVED && cells_starved(row) ? "**" : "";

        text_add(&text, " %s", mark);
        add_escaped(&text, cells_write(cell, i, row, style));
        text_add(&text, "%s |", mark);
    }
    fprintf(file, "%s\n", text_string(&text));
    text_free(&text);
}

/* In place of the numbers of a row, one cell. */
static void
add_reason(struct text *text, const struct summary_row *row)
{
    text_add(text, " **%s**: ", window_status_name(row->status));
    add_escaped(text, row->reason);
    text_add(text, " |");
}

/* The table of an open loop. */
static void
print_rates(FILE *file, const struct summary_row *rows, size_t nrows)
{
    bool ms = rate_in_milliseconds(rows, nrows);

    fputc('|', file);
    for (int i = 0; i < RATE_COLUMNS; i++) {
        fprintf(file, " %s%s%s |", rate_heading(i),
                rate_unit(i, ms)[0] ? " " : "", rate_unit(i, ms));
    }
    fputs("\n|", file);
    for (int i = 0; i < RATE_COLUMNS; i++) {
        fputs(rate_width(i) < 0 ? " --- |" : " ---: |", file);
    }
    fputc('\n', file);
    for (size_t i = 0; i < nrows; i++) {
        print_rate(file, &rows[i], ms);
    }
    fputc('\n', file);
}

static void
print_rate(FILE *file, const struct summary_row *row, bool ms)
{
    char cell[TEXT_CELL_BYTES];
    struct text text = {0};

    text_add(&text, "|");
    for (int i = 0; i < RATE_COLUMNS; i++) {
        if (i == RATE_MODEL + 1 && !cells_measured(row)) {
            add_reason(&text, row);
            break;
        }
        text_add(&text, " ");
        add_escaped(&text, rate_write(cell, i, row, ms));
        text_add(&text, " |");
    }
    fprintf(file, "%s\n", text_string(&text));
    text_free(&text);
}

/* A list: what each model does for an echo. */
static void
print_why(FILE *file, const struct summary_row *rows, size_t nrows)
{
    bool any = false;

    for (size_t i = 0; i < nrows; i++) {
        struct text words = {0};
        struct text item = {0};

        if (why_known(&rows[i])) {
            text_add(&words, "%s: ", rows[i].window.model);
            why_row(&words, &rows[i]);
            add_escaped(&item, text_string(&words));
            fprintf(file, "- %s\n", text_string(&item));
            any = true;
        }
        text_free(&words);
        text_free(&item);
    }
    if (any) {
        fputc('\n', file);
    }
}

/* Print what there is, if anything, as a paragraph between marks, and make
 * room for other words. */
static void
print_words(FILE *file, struct text *text, const char *mark)
{
    struct text escaped = {0};

    while (text->length > 0 && text->bytes[text->length - 1] == ' ') {
        text->bytes[--text->length] = '\0';
    }
    if (text->length > 0) {
        text_add(&escaped, "%s", mark);
        add_escaped(&escaped, text_string(text));
        text_add(&escaped, "%s", mark);
        text_wrap(file, text_string(&escaped), TEXT_WIDTH, 0);
        fputc('\n', file);
    }
    text_free(&escaped);
    text_free(text);
}

/* Nothing in a name or a reason may end a cell, begin a list or be taken
 * for HTML. */
static void
add_escaped(struct text *text, const char *words)
{
    for (size_t i = 0; words[i] != '\0'; i++) {
        bool alone = (i == 0 || words[i - 1] == ' ') &&
                     (words[i + 1] == ' ' || words[i + 1] == '\0');
        bool bullet = alone && strchr("-+", words[i]) && i > 0;

        if (entity(words[i])) {
            text_add(text, "%s", entity(words[i]));
        } else {
            text_add(text, "%s%c",
                     bullet || strchr("\\`*_[]#~", words[i]) ? "\\" : "",
                     words[i]);
        }
    }
}

static const char *
entity(char c)
{
    switch (c) {
    case '|':
        return "&#124;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    default:
        return NULL;
    }
}
