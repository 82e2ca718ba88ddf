/*
 * saved.h: what a run saw, in a file, so that runs can be added up.
 *
 * Several hosts drive one server, each saves what it saw, and the sum is
 * exactly what one client in all those places would have seen: bucket by
 * bucket, not a mean of percentiles. A line of text for each number:
 *
 *     fiveways saved run 3
 *     target 10.0.0.1:5566
 *     message_bytes 64
 *     echoes 12345
 *     error reset 2
 *     histogram response 12345 MIN_NS MAX_NS SUM_NS
 *     1021 17
 *     end
 *
 * First what was asked for, so that only runs are added up that fit
 * together, then what came of it. Behind each histogram come its buckets,
 * number and count, those that are not empty. The place of a wrong byte is
 * not kept, only that there was one.
 */
#ifndef FIVEWAYS_SAVED_H
#define FIVEWAYS_SAVED_H

#include <stdio.h>

#include "harness/load/engine.h"

enum {
    SAVED_TARGET_BYTES = 300, /* HOST:PORT with the final 0 */
    SAVED_REASON_BYTES = 128, /* a phrase */
};

/* A run in a file. */
struct saved_run {
    char target[SAVED_TARGET_BYTES]; /* the server, as it was named */
    int64_t begun_ms;              /* by the host's clock, since 1970, UTC */
    struct engine_options options; /* those that say what was measured; the
                                    * others are 0 */
    struct engine_result result;   /* what came of it */
};

/* Write a run. Errors are left for ferror(). */
void saved_write(FILE *stream, const struct saved_run *run);

/*
 * Read one. Returns 0; or -1 and in `reason` why the stream holds nothing of
 * the kind, or not all of it: a phrase to stand behind its name, such as "is
 * cut off". crew_add_result() adds results up.
 */
int saved_read(FILE *stream, struct saved_run *run,
               char reason[SAVED_REASON_BYTES]);

#endif
