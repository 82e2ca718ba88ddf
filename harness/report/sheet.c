/*
 * sheet.c: tables from what rows and columns bring. See internal.h.
 */
#include <stdio.h>
#include <stdlib.h>

#include "harness/report/internal.h"

/* From here on a time reads better in milliseconds. */
#define MILLISECONDS_FROM_US 20000

struct axis *
sheet_column(struct sheet *sheet, enum cells_id id, int drop)
{
    struct axis *column = &sheet->columns[sheet->ncolumns];

    *column = (struct axis){.id = id, .drop = drop};
    sheet->ncolumns += sheet->ncolumns + 1 < COLUMNS_MAX;
    return column;
}

void
sheet_figures(struct sheet *sheet, unsigned where)
{
    for (int i = 0; i < LIFE_FIGURES; i++) {
        if (figures[i].where & where) {
            /* What comes last goes first where it is too narrow. */
            sheet_column(sheet, CELLS + i, (int)sheet->ncolumns / 6);
        }
    }
}

struct axis *
sheet_row(struct sheet *sheet, const struct summary_group *group,
          const char *model)
{
    static struct axis none; /* without memory */
    struct axis *rows =
        reallocarray(sheet->rows, sheet->nrows + 1, sizeof *rows);

    if (!rows) {
        return &none;
    }
    sheet->rows = rows;
    rows += sheet->nrows++;
    *rows = (struct axis){.group = group, .model = model};
    return rows;
}

void
sheet_group(struct sheet *sheet, const struct summary_group *group)
{
    for (size_t i = 0; i < group->nrows; i++) {
        sheet_row(sheet, group, group->rows[i].life->model);
    }
}

static struct at
meet(const struct axis *column, const struct axis *row)
{
    struct at at = {
        .group = column->group ? column->group : row->group,
        .model = column->model ? column->model : row->model,
        .base = row->base,
    };

    at.row = at.group && at.model ? summary_find(at.group, at.model) : NULL;
    return at;
}

/* True if the times of a sheet are best written in milliseconds. */
static bool
in_milliseconds(const struct sheet *sheet)
{
    for (size_t i = 0; i < sheet->nrows; i++) {
        struct at at = meet(&sheet->columns[0], &sheet->rows[i]);

        if (at.row && !at.row->starved && !at.row->saturated &&
            at.row->figure[LIFE_P50_US] >= MILLISECONDS_FROM_US) {
            return true;
        }
    }
    return false;
}

static void
put_heading(struct column *column, const struct axis *axis, bool milliseconds)
{
    *column = (struct column){.drop = axis->drop};
    cells_heading(column, axis->id, milliseconds);
    if (axis->above[0] != '\0' || axis->heading[0] != '\0') {
        snprintf(column->above, sizeof column->above, "%s", axis->above);
        column->meaning = NULL;
    }
    if (axis->heading[0] != '\0') {
        snprintf(column->heading, sizeof column->heading, "%s",
                 axis->heading);
        words_clean(column->heading); /* which may be a model's name */
    }
}

static void
put_cells(struct cell *to, const struct sheet *sheet, const struct axis *row,
          bool milliseconds)
{
    struct at own = meet(&(struct axis){0}, row);

    for (size_t i = 0; i < sheet->ncolumns; i++) {
        enum cells_id id = sheet->columns[i].id;
        struct at at = meet(&sheet->columns[i], row);
        struct text text = {0};
        enum mark mark;

        if (id > CELLS_BASE && own.row && own.row->status != LIFE_OK) {
            cell_say(&to[i], MARK_NONE, "%s: %s",
                     life_status_name(own.row->status),
                     own.row->life->reason);
            to[i].rest = true;
            return;
        }
        mark = cells_put(&text, id, &at, milliseconds);
        cell_say(&to[i], mark, "%s", text.bytes);
    }
}

void
sheet_build(struct document *document, struct sheet *sheet, bool legend)
{
    bool milliseconds = in_milliseconds(sheet);
    struct block *table =
        document_table(document, sheet->ncolumns, sheet->nrows);

    for (size_t i = 0; table && i < sheet->ncolumns; i++) {
        put_heading(&table->columns[i], &sheet->columns[i], milliseconds);
    }
    for (size_t i = 0; table && i < sheet->nrows; i++) {
        put_cells(&table->cells[i * sheet->ncolumns], sheet, &sheet->rows[i],
                  milliseconds);
    }
    if (table) {
        table->legend = legend;
    }
    free(sheet->rows);
    *sheet = (struct sheet){0};
}
