/*
 * only.c: linked with a program of tests, it leaves one test of them.
 *
 * Check can choose a case or a suite, not a test; and a mutant that one test
 * finds may keep others waiting for a minute. The linker gives the calls of
 * _tcase_add_test, which Check's macros make, to the function below (--wrap).
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl*): the linker's names */
void __real__tcase_add_test(TCase *tcase, const TTest *test, int signal,
                            int exit_status, int start, int end);
void __wrap__tcase_add_test(TCase *tcase, const TTest *test, int signal,
                            int exit_status, int start, int end);

/* Add the test if it is the one that ONLY_TEST names. */
void
__wrap__tcase_add_test(TCase *tcase, const TTest *test, int signal,
                       int exit_status, int start, int end)
{
    const char *only = getenv("ONLY_TEST");

    if (only != NULL && strcmp(test->name, only) == 0) {
        __real__tcase_add_test(tcase, test, signal, exit_status, start, end);
    }
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl*) */
