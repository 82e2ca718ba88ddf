/*
 * merge.h: runs of `load` on several hosts, added up.
 *
 * One host cannot always load a server to its limit. Each of them saves what
 * it saw (load --save), and the sum of that is what one client in all those
 * places would have seen.
 */
#ifndef FIVEWAYS_MERGE_H
#define FIVEWAYS_MERGE_H

#include <stdbool.h>
#include <stdio.h>

#include "harness/load/load.h"

enum {
    MERGE_REASON_BYTES = 200 /* a phrase */
};

/*
 * Add a run to those added up so far; the first one goes into a sum that is
 * all zero, with `first` set. What each host may choose for itself is added:
 * clients and rate. All else must be the same, or the sum would be of
 * nothing. Returns 0; or -1, the sum unchanged, and in `reason` why they do
 * not fit together: a phrase to stand behind the name of the file.
 */
int merge_add(struct saved_run *sum, const struct saved_run *run, bool first,
              char reason[MERGE_REASON_BYTES]);

/* True if both are the same run, in one file or two. */
bool merge_same(const struct saved_run *a, const struct saved_run *b);

/* Read the files, add them up and print the sum to `stream`, as load prints a
 * run. What is wrong goes to standard error in one sentence. Returns the exit
 * status of the program. */
int merge_print(FILE *stream, char *const *paths, int n, bool colour);

#endif
