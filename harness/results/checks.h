/*
 * checks.h: whether the numbers can be true.
 *
 * Each check holds two things against each other that were measured
 * independently, or one against what is possible. They find bugs of the
 * harness and of servers that no error message tells of.
 */
#ifndef FIVEWAYS_CHECKS_H
#define FIVEWAYS_CHECKS_H

#include "harness/results/summary.h"

/* Run all checks over the windows used and the rows made of them. */
void checks_run(const struct results *results, const struct summary *summary,
                struct check_result checks[CHECKS]);

/* What a check is called: "Little's law". */
const char *checks_name(enum check check);

#endif
