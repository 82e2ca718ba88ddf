/*
 * run_suite.h: tests that add themselves to the suite of their program, which
 * then needs no main.
 */
#ifndef FIVEWAYS_TESTS_RUN_SUITE_H
#define FIVEWAYS_TESTS_RUN_SUITE_H

#include <check.h>

/* What START_TEST() makes: a function before Check 0.13. */
#if CHECK_MAJOR_VERSION > 0 || CHECK_MINOR_VERSION >= 13
typedef const TTest *test_case;
#else
typedef TFun test_case;
#endif

/* A test adds itself where it is written, so that none is forgotten: TEST is
 * followed by its body. _i counts from 0; ROWS is an array, and _i the row.
 * With TEST_EXITS the body must end the process, with that status. One about
 * memory or faults, which a sanitizer handles in its own way, is skipped
 * there: TEST_UNSANITIZED; the body must end by that signal, if it is not 0.
 */
#define TEST(name)            TEST_EXITS(name, 0, 1)
#define TEST_TIMES(name, n)   TEST_EXITS(name, 0, n)
#define TEST_EACH(name, rows) TEST_EXITS(name, 0, ROWS(rows))
#define TEST_EXITS(name, status, times)                                      \
    TEST_ADDED(name, test_add(name, status, times))
#define TEST_UNSANITIZED(name, signal, times)                                \
    TEST_ADDED(name, test_add_unsanitized(name, #name, signal, times))
#define TEST_ADDED(name, add)                                                \
    static void name##_body(int _i);                                         \
    START_TEST(name)                                                         \
    {                                                                        \
        name##_body(_i);                                                     \
    }                                                                        \
    END_TEST                                                                 \
    __attribute__((constructor)) static void name##_is_added(void)           \
    {                                                                        \
        add;                                                                 \
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
void test_add_unsanitized(test_case test, const char *name, int signal_number,
                          int times);
void test_case_begin(const char *name, SFun begin, SFun end);

/* What the main of such a program is, if it has none: run all tests, each in
 * a process of its own, and print what failed. Returns the exit status of the
 * program: 0 if all is well, else 1. CK_FORK=no, CK_RUN_CASE and the like are
 * Check's. */
int run_all_tests(void);

#endif
