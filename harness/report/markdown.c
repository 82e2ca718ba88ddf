/*
 * markdown.c: the same tables, ready for a README. See markdown.h.
 */
#include "harness/report/markdown.h"

#include <string.h>

#include "harness/report/ahead.h"
#include "harness/report/cells.h"
#include "harness/report/sentences.h"
#include "harness/report/text.h"
#include "harness/report/why.h"

static void print_group(FILE *file, const struct summary *summary,
                        size_t begin, size_t end);
static void print_row(FILE *file, const struct summary_row *row,
                      const struct cells_style *style);
static void print_why(FILE *file, const struct summary_row *row, bool first);
static void put_escaped(FILE *file, const char *text);

int
markdown_print(FILE *file, const struct run *run,
               const struct summary *summary)
{
    struct text text = {0};

    sentences_run(&text, run);
    text_wrap(file, text.bytes, TEXT_WIDTH, 0);
    memset(&text, 0, sizeof text);
    sentences_run_marks(&text, run);
    sentences_noise(&text, summary);
    if (text.length > 0) {
        fputc('\n', file);
        text_wrap(file, text.bytes, TEXT_WIDTH, 0);
    }
    for (size_t i = 0; i < summary->nrows;) {
        size_t end = summary_group_end(summary, i);

        print_group(file, summary, i, end);
        i = end;
    }
    memset(&text, 0, sizeof text);
    if (ahead_known(summary)) {
        ahead_legend(&text);
        fputc('\n', file);
        text_wrap(file, text.bytes, TEXT_WIDTH, 0);
        fputc('\n', file);
        ahead_print_markdown(file, summary);
    }
    memset(&text, 0, sizeof text);
    why_method(&text, summary);
    sentences_checks(&text, summary);
    sentences_warnings(&text, summary);
    if (text.length > 0) {
        fputc('\n', file);
        text_wrap(file, text.bytes, TEXT_WIDTH, 0);
    }
    return fflush(file) == 0 && !ferror(file) ? 0 : -1;
}

static void
print_group(FILE *file, const struct summary *summary, size_t begin,
            size_t end)
{
    const struct summary_row *rows = &summary->rows[begin];
    struct cells_style style = cells_style_for(rows, end - begin);
    struct text text = {0};

    cells_title(&text, rows, end - begin);
    fprintf(file, "\n**%s**\n\n|", text.bytes);
    for (int i = 0; i < CELLS_COLUMNS; i++) {
        fprintf(file, " %s%s%s |", cells_heading(i),
                cells_unit(i, &style)[0] ? " " : "", cells_unit(i, &style));
    }
    fputs("\n|", file);
    for (int i = 0; i < CELLS_COLUMNS; i++) {
        fputs(cells_left(i) ? " --- |" : " ---: |", file);
    }
    fputc('\n', file);
    for (size_t i = 0; i < end - begin; i++) {
        print_row(file, &rows[i], &style);
    }
    for (size_t i = 0; i < end - begin; i++) {
        print_why(file, &rows[i], i == 0);
    }
    memset(&text, 0, sizeof text);
    sentences_group(&text, summary, begin, end);
    if (text.length > 0) {
        fputc('\n', file);
        text_wrap(file, text.bytes, TEXT_WIDTH, 0);
    }
}

static void
print_row(FILE *file, const struct summary_row *row,
          const struct cells_style *style)
{
    char cell[TEXT_CELL_BYTES];

    if (!cells_measured(row)) {
        fprintf(file, "| %s | **%s**: ", row->window.model,
                window_status_name(row->status));
        put_escaped(file, row->reason);
        fputs(" |\n", file);
        return;
    }
    fputc('|', file);
    for (int i = 0; i < CELLS_COLUMNS; i++) {
        bool news = i == CELLS_SERVED && cells_starved(row);

        fprintf(file, news ? " **%s** |" : " %s |",
                cells_write(cell, i, row, style));
    }
    fputc('\n', file);
}

/* An item of a list: what a model does for an echo. */
static void
print_why(FILE *file, const struct summary_row *row, bool first)
{
    struct text text = {0};

    if (first) {
        fputc('\n', file);
    }
    if (why_known(row)) {
        why_row(&text, row);
        fprintf(file, "- %s: %s\n", row->window.model, text.bytes);
    }
}

/* A bar would end the cell, so it is written as an entity. */
static void
put_escaped(FILE *file, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|') {
            fputs("&#124;", file);
        } else {
            fputc(*text, file);
        }
    }
}
