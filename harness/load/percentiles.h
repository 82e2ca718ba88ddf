/*
 * percentiles.h: a histogram as a curve, for other programs to draw.
 *
 * The format is that of HdrHistogram (a .hgrm file), which its plotter and
 * many others read: a line for each percentile, closer and closer together
 * towards 100 %. Values are in microseconds.
 */
#ifndef FIVEWAYS_PERCENTILES_H
#define FIVEWAYS_PERCENTILES_H

#include <stdio.h>

#include "harness/load/histogram.h"

/* Write the histogram to `stream`. Errors are left for ferror(). */
void percentiles_write(FILE *stream, const struct histogram *histogram);

#endif
