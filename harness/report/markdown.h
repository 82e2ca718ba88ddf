/*
 * markdown.h: the same tables, ready for a README.
 */
#ifndef FIVEWAYS_MARKDOWN_H
#define FIVEWAYS_MARKDOWN_H

#include <stdio.h>

#include "harness/results/summary.h"

/* Print the run as Markdown: machine and date, one table for each scenario,
 * its sentences below. Returns 0, or -1 with errno. Pure. */
int markdown_print(FILE *file, const struct run *run,
                   const struct summary *summary);

#endif
