/*
 * cells.h: the columns that tables show, and what stands in each cell.
 *
 * The terminal and Markdown show the same cells; only the frame differs.
 * "-" is not measured, "never" is measured and did not happen, "n/a" is
 * not possible here. None of them is ever printed as 0.
 */
#ifndef FIVEWAYS_CELLS_H
#define FIVEWAYS_CELLS_H

#include "harness/report/text.h"
#include "harness/results/summary.h"

/* The columns, from left to right. */
enum cells_column {
    CELLS_MODEL,
    CELLS_SERVED, /* "1/64", of the worst round */
    CELLS_RATE,   /* echoes in a second */
    CELLS_P50,    /* latencies, one unit for both */
    CELLS_P99,
    CELLS_CPU,       /* server CPU, us for each echo */
    CELLS_SPREAD,    /* half of its interval, percent */
    CELLS_FLOOR,     /* CPU over the floor */
    CELLS_YARDSTICK, /* CPU over the yardstick */
    CELLS_SYSCALLS,  /* for each echo */
    CELLS_SWITCHES,  /* for each echo */
    CELLS_MEMORY,    /* resident KiB for each client */
    CELLS_BOUND,     /* server, client, waiting */
    CELLS_COLUMNS,
};

/* How the rows of one group are to be written. */
struct cells_style {
    bool milliseconds; /* unit of latencies: ms, else us */
};

/* The style that suits `nrows` rows of one group. */
struct cells_style cells_style_for(const struct summary_row *rows,
                                   size_t nrows);

/* The two lines of a column's heading: its name, and its unit or "". */
const char *cells_heading(enum cells_column column);
const char *cells_unit(enum cells_column column,
                       const struct cells_style *style);

/* True if the cells of a column are set against its left side. */
bool cells_left(enum cells_column column);

/* How wide a column may become. Numbers are made to fit; names are not, so
 * that a table without columns can show them in full. */
int cells_width(enum cells_column column);

/* Write the cell of a row that was measured. Returns `cell`. */
char *cells_write(char cell[TEXT_CELL_BYTES], enum cells_column column,
                  const struct summary_row *row,
                  const struct cells_style *style);

/* True if a row has numbers; else its status and reason stand for them. */
bool cells_measured(const struct summary_row *row);

/* True if fewer clients were served than asked in any round: the news of
 * the row. */
bool cells_starved(const struct summary_row *row);

/* True if a group was skipped as a whole, for one reason. */
bool cells_all_skipped(const struct summary_row *rows, size_t nrows);

/* The most rounds that any of the rows has. */
int cells_rounds(const struct summary_row *rows, size_t nrows);

/* One line on what a group measured: "echo, 64 clients x 64 B, ...". */
void cells_title(struct text *text, const struct summary_row *rows,
                 size_t nrows);

#endif
