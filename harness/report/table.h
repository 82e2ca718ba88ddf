/*
 * table.h: the table on the terminal.
 *
 * At most 100 columns wide, aligned, three significant digits, one unit for
 * each column. Colour carries meaning only (red: starved or broken; dim:
 * the yardstick, which is no competitor) and never alone.
 */
#ifndef FIVEWAYS_TABLE_H
#define FIVEWAYS_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "harness/results/summary.h"

/* True if colour belongs on this stream: a terminal, no NO_COLOR, not
 * TERM=dumb. */
bool table_wants_colour(FILE *file);

/* What belongs to the place where a table is printed, not to the run. */
struct table_style {
    const char *folder; /* of the files, named at the end; or NULL */
    bool colour;        /* escape sequences are welcome */
    bool why;           /* system calls by name below each table */
};

/* Print the run: a header, one table for each scenario with its sentences,
 * warnings, the files' folder, and the next command.
 * Pure: what is printed depends on the arguments alone. */
void table_print(FILE *file, const struct run *run,
                 const struct summary *summary,
                 const struct table_style *style);

#endif
