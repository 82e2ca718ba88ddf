/*
 * rate.h: the table of an open loop, and what it says.
 *
 * One table for all rates, because how a server changes from one to the next
 * is what it is about. Its columns are its own: what was asked and reached,
 * the response time beside the service time, and the client's own lag, which
 * is the error bar of both.
 */
#ifndef FIVEWAYS_RATE_H
#define FIVEWAYS_RATE_H

#include "harness/report/text.h"
#include "harness/results/summary.h"

/* The columns, from left to right. */
enum rate_column {
    RATE_ASKED, /* messages a second, the same for all servers */
    RATE_MODEL,
    RATE_REACHED,      /* echoes in a second */
    RATE_RESPONSE_P50, /* from when a message was due */
    RATE_RESPONSE_P99,
    RATE_SERVICE_P50, /* from when it was sent */
    RATE_SERVICE_P99,
    RATE_LAG,        /* the client's own, p99 */
    RATE_UNFINISHED, /* messages without an echo at the end of a window */
    RATE_STATE,      /* "kept", "saturated", "1/64 served" */
    RATE_COLUMNS,
};

/* True if the rows of a table were measured in an open loop. */
bool rate_is_table(const struct summary_row *rows);

/* True if the times of a table are best written in milliseconds, else in
 * microseconds. */
bool rate_in_milliseconds(const struct summary_row *rows, size_t nrows);

/* The two lines of a column's heading. */
const char *rate_heading(enum rate_column column);
const char *rate_unit(enum rate_column column, bool milliseconds);

/* How wide a column may become; below 0: set against its left side. */
int rate_width(enum rate_column column);

/* Write a cell of a row that was measured. Returns `cell`. A response time of
 * a server that did not keep the rate is "grows": it has none that lasts. */
char *rate_write(char cell[TEXT_CELL_BYTES], enum rate_column column,
                 const struct summary_row *row, bool milliseconds);

/* How the rates were chosen. */
void rate_explain_grid(struct text *text, const struct summary_row *rows,
                       size_t nrows);

/* Who was served, up to which rate each model answers in time, from which
 * one on it is saturated, and how many windows were invalid. */
void rate_explain(struct text *text, const struct summary *summary,
                  size_t begin, size_t end);

#endif
