/*
 * csv.h: results as comma-separated values (RFC 4180, lines end in "\n").
 *
 * results.csv has one line for each window, summary.csv one for each row of
 * the summary. Column names carry their units; what was not measured is an
 * empty field.
 */
#ifndef FIVEWAYS_CSV_H
#define FIVEWAYS_CSV_H

#include <stdio.h>

#include "harness/results/summary.h"

/* Write a header and all windows. Returns 0, or -1 with errno. */
int csv_write_windows(FILE *file, const struct results *results);

/* Write a header and all rows, medians with _low and _high beside them.
 * Returns 0, or -1 with errno. */
int csv_write_summary(FILE *file, const struct summary *summary);

#endif
