/*
 * saved.h: what a run saw, in a file, so that runs can be added up.
 *
 * Several hosts drive one server, each saves what it saw, and the sum is
 * exactly what one client in all those places would have seen: bucket by
 * bucket, not a mean of percentiles. A line of text for each number:
 *
 *     fiveways saved run 1
 *     echoes 12345
 *     error reset 2
 *     histogram response 12345 MIN_NS MAX_NS SUM_NS
 *     1021 17
 *     end
 *
 * Behind each histogram come its buckets, number and count, those that are
 * not empty. The place of a wrong byte is not kept, only that there was one.
 */
#ifndef FIVEWAYS_SAVED_H
#define FIVEWAYS_SAVED_H

#include <stdio.h>

#include "harness/load/engine.h"

/* Write a result. Errors are left for ferror(). */
void saved_write(FILE *stream, const struct engine_result *result);

/* Read one. Returns 0; -1 if the stream holds nothing of the kind, or a run
 * of which a part is missing. crew_add_result() adds several up. */
int saved_read(FILE *stream, struct engine_result *result);

#endif
