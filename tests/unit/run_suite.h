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

/* What START_TEST() makes: a function before Check 0.13. */
#if CHECK_MAJOR_VERSION > 0 || CHECK_MINOR_VERSION >= 13
typedef const TTest *test_case;
#else
typedef TFun test_case;
#endif

/* A test, and how often it runs: _i counts from 0. */
struct test {
    test_case run;
    int times;
};
#define TIMES(n, name) ((struct test){(name), (n)})
#define ONCE(name)     TIMES(1, name)
/* Once for each row of its table. */
#define EACH(rows, name) TIMES((int)(sizeof(rows) / sizeof(rows)[0]), name)

/* Add these tests, of which the last is {0}, as a case of the suite; each of
 * them between `begin` and `end`, if these are not NULL. */
void add_tests(Suite *suite, const char *name, SFun begin, SFun end,
               const struct test *tests);

/* Run a suite with this case alone, as run_suite() does. */
int run_tests(const char *name, SFun begin, SFun end,
              const struct test *tests);

#endif
