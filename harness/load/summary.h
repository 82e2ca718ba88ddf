/*
 * summary.h: what `load` prints at the end.
 */
#ifndef FIVEWAYS_SUMMARY_H
#define FIVEWAYS_SUMMARY_H

#include <stdio.h>

#include "harness/load/engine.h"

/* Print the result for people to `stream`. `target` is the server as it was
 * named; with `colour` what went wrong is red. */
void summary_print(FILE *stream, const char *target,
                   const struct engine_options *options,
                   const struct engine_result *result, bool colour);

/* The exit status of a program that has this result to show: 0 good, 1 a byte
 * was wrong, a connection failed or nobody was served, 3 the client itself
 * could not measure. */
int summary_exit_status(const struct engine_result *result);

/*
 * Write the value of a quantile (0.99) with its unit into `text`, which is
 * UNITS_TEXT_BYTES long, or "-" when there are too few values to tell: fewer
 * than ten lie beyond it. Returns `text`.
 */
char *summary_quantile(char *text, const struct histogram *histogram,
                       double quantile);

#endif
