/*
 * run_suite.h: tests that add themselves to the suite of their program, which
 * then needs no main; and what the main of any other does at its end.
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

/* A test adds itself where it is written, so that none is forgotten: TEST is
 * followed by its body. _i counts from 0; ROWS is an array, and _i the row.
 * With TEST_EXITS the body must end the process, with that status. */
#define TEST(name)            TEST_EXITS(name, 0, 1)
#define TEST_TIMES(name, n)   TEST_EXITS(name, 0, n)
#define TEST_EACH(name, rows) TEST_EXITS(name, 0, ROWS(rows))
#define TEST_EXITS(name, status, times)                                      \
    static void name##_body(int _i);                                         \
    START_TEST(name)                                                         \
    {                                                                        \
        name##_body(_i);                                                     \
    }                                                                        \
    END_TEST                                                                 \
    __attribute__((constructor)) static void name##_is_added(void)           \
    {                                                                        \
        test_add(name, status, times);                                       \
    }                                                                        \
    static void name##_body(int _i CK_ATTRIBUTE_UNUSED)
#define ROWS(array) ((int)(sizeof(array) / sizeof(array)[0]))

/* The tests below it in this file are a case of that name, each of them
 * between `begin` and `end`, if these are not NULL. */
#define CASE(name, begin, end)                                               \
    __attribute__((constructor)) static void name##_begins(void)             \
    {                                                                        \
        test_case_begin(#name, begin, end);                                  \
    }

void test_add(test_case test, int status, int times);
void test_case_begin(const char *name, SFun begin, SFun end);

/* What the main of such a program is, if it has none. */
int run_all_tests(void);

/* A test of a table, and how often it runs. */
struct test {
    test_case run;
    int times;
};
#define TIMES(n, name) ((struct test){(name), (n)})
#define ONCE(name)     TIMES(1, name)
/* Once for each row of its table. */
#define EACH(rows, name) TIMES(ROWS(rows), name)

/* Add these tests, of which the last is {0}, as a case of the suite; each of
 * them between `begin` and `end`, if these are not NULL. */
void add_tests(Suite *suite, const char *name, SFun begin, SFun end,
               const struct test *tests);

/* Run a suite with this case alone, as run_suite() does. */
int run_tests(const char *name, SFun begin, SFun end,
              const struct test *tests);

#endif
