/*
 * ahead.h: who is ahead, one line for each scenario.
 *
 * By server CPU for each echo. A model is called ahead only where it is
 * clearly below every other one; nothing is ranked that the rounds do not
 * tell apart, and no average is taken over scenarios.
 */
#ifndef FIVEWAYS_AHEAD_H
#define FIVEWAYS_AHEAD_H

#include "harness/report/text.h"
#include "harness/results/summary.h"

/* True if there is anything to show: a scenario with two comparable models
 * and rounds enough. */
bool ahead_known(const struct summary *summary);

/* What the cells mean, in a sentence. */
void ahead_legend(struct text *text);

/* The cell of a row: "ahead", "~", "?", "same", "x1.52", or "-". Returns
 * `cell`. `rows` are the group of `row`. */
char *ahead_cell(char cell[TEXT_CELL_BYTES], const struct summary_row *row,
                 const struct summary_row *rows, size_t nrows);

/* The matrix for a terminal, at most TEXT_WIDTH columns wide. */
void ahead_print(FILE *file, const struct summary *summary);

/* The same in Markdown. */
void ahead_print_markdown(FILE *file, const struct summary *summary);

#endif
