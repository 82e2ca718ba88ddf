/*
 * run_suite.c: see run_suite.h.
 */
#include "tests/unit/run_suite.h"

#include <errno.h>
#include <stdlib.h>

/* Of tests that add themselves. */
static Suite *all;
static TCase *current;

/* Check's own limit of 4 s for a test is one for a quiet machine and a plain
 * build. It is read as soon as a test case is made, hence before all tests
 * add themselves. */
__attribute__((constructor(101))) static void
be_patient(void)
{
    setenv("CK_DEFAULT_TIMEOUT", "120", 0);
}

int
run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}

void
test_case_begin(const char *name, SFun begin, SFun end)
{
    if (!all) {
        all = suite_create(program_invocation_short_name);
    }
    current = tcase_create(name);
    tcase_add_checked_fixture(current, begin, end);
    suite_add_tcase(all, current);
}

void
test_add(test_case test, int status, int times)
{
    if (!current) {
        test_case_begin("all", NULL, NULL);
    }
    tcase_add_loop_exit_test(current, test, status, 0, times);
}

int
run_all_tests(void)
{
    return run_suite(all);
}

__attribute__((weak)) int
main(void)
{
    return run_all_tests();
}

void
add_tests(Suite *suite, const char *name, SFun begin, SFun end,
          const struct test *tests)
{
    TCase *tcase = tcase_create(name);

    tcase_add_checked_fixture(tcase, begin, end);
    for (; tests->times > 0; tests++) {
        tcase_add_loop_test(tcase, tests->run, 0, tests->times);
    }
    suite_add_tcase(suite, tcase);
}

int
run_tests(const char *name, SFun begin, SFun end, const struct test *tests)
{
    Suite *suite = suite_create(name);

    add_tests(suite, name, begin, end, tests);
    return run_suite(suite);
}
