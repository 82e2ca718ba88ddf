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
    setenv("CK_DEFAULT_TIMEOUT", "60", 0);
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
