/*
 * run_suite.c: see run_suite.h.
 */
#include "tests/unit/run_suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Where a test is added. */
static TCase *
current_case(void)
{
    if (!current) {
        test_case_begin("all", NULL, NULL);
    }
    return current;
}

void
test_add(test_case test, int status, int times)
{
    tcase_add_loop_exit_test(current_case(), test, status, 0, times);
}

void
test_add_unsanitized(test_case test, const char *name, int signal_number,
                     int times)
{
    const char *variant = getenv("FIVEWAYS_VARIANT");

    if (variant &&
        (strcmp(variant, "asan") == 0 || strcmp(variant, "tsan") == 0)) {
        printf("skipped: %s: a sanitizer changes how memory is used and how "
               "a fault ends\n",
               name);
    } else {
        tcase_add_loop_test_raise_signal(current_case(), test, signal_number,
                                         0, times);
    }
}

int
run_all_tests(void)
{
    SRunner *runner = srunner_create(all);
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}

__attribute__((weak)) int
main(void)
{
    return run_all_tests();
}
