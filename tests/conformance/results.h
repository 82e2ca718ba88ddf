/*
 * results.h: the run as a table that programs can read.
 *
 * One line for each case, its columns separated by tabs:
 *
 *     model  row  name  number  result  detail
 *     libevent  A7  test_A07_half_close_small  4  passed
 *     libevent  A13 test_A13_silent_peer  0  skipped  no network of its own
 *
 * The row is the one of the fault matrix, "-" if the case has none. The
 * number tells the rounds of one case apart. The result is passed, failed or
 * skipped; for --list-cases planned in place of the first two.
 */
#ifndef FIVEWAYS_RESULTS_H
#define FIVEWAYS_RESULTS_H

#include <stdio.h>

/* Append one line; `detail` may be NULL. Tabs and newlines in it become
 * spaces. */
void results_add(FILE *file, const char *model, const char *name, int number,
                 const char *result, const char *detail);

/* Append a line for each case in `log`, which is what Check's log file of a
 * run of `model` says. */
void results_add_log(FILE *file, const char *model, FILE *log);

#endif
