/*
 * run_suite.h: what every program of unit tests does at its end.
 */
#ifndef FIVEWAYS_TESTS_RUN_SUITE_H
#define FIVEWAYS_TESTS_RUN_SUITE_H

#include <check.h>

/* Run the suite, each test in a process of its own, print what failed, and
 * free the suite. Returns the exit status of the program: 0 if all is well,
 * else 1. CK_FORK=no, CK_RUN_CASE and the like are Check's. */
int run_suite(Suite *suite);

#endif
