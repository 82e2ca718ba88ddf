/*
 * run_suite.c: see run_suite.h.
 */
#include "tests/unit/run_suite.h"

#include <stdlib.h>

/* Check's own limit of 4 s for a test is one for a quiet machine and a plain
 * build. It is read as soon as a test case is made, hence before main. */
__attribute__((constructor)) static void
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
