/*
 * search.h: `load --slo`: how many messages a second, if 99 of 100 are to
 * be answered in time?
 */
#ifndef FIVEWAYS_SEARCH_H
#define FIVEWAYS_SEARCH_H

#include <stdbool.h>

#include "harness/load/arguments.h"

/*
 * Search for the highest rate, up to the one in the arguments, at which the
 * 99th percentile of the response time is within arguments->slo_ns. Prints
 * the answer to standard output, and each try to standard error if `progress`
 * is set. Blocks: 16 tries of about two seconds, twice that at the worst.
 * Returns the exit status of the program.
 */
int search_run(const struct arguments *arguments, bool progress);

#endif
