/*
 * grade_run.c: runs a test in a process of its own. See grade.h.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "harness/base/base.h"
#include "harness/course/grade.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/verdict.h"

#define SUBJECT "server" /* messages begin with it, and ": " */

struct grade_left *grade_left;

/* Run it, once. */
static void
run_once(struct grade_result *result, bool trace)
{
    const char *message = "";
    TCase *group = tcase_create(result->test->name);
    Suite *suite = suite_create("grade");

    *grade_left = (struct grade_left){.trace = trace};
    verdict_subject(SUBJECT, -1, -1);
    tcase_set_timeout(group, PATIENCE_TEST_S * patience_factor());
    tcase_add_checked_fixture(group, grade_server_begin, grade_server_end);
    tcase_add_test(group, *result->test->run);
    suite_add_tcase(suite, group);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_FORK);
    srunner_run_all(runner, CK_SILENT);
    TestResult **results = srunner_results(runner);
    int how = results[0] ? tr_rtype(results[0]) : CK_ERROR;
    if (how != CK_PASS && results[0]) {
        message = tr_msg(results[0]);
    }
    if (strncmp(message, SUBJECT ": ", strlen(SUBJECT ": ")) == 0) {
        message += strlen(SUBJECT ": ");
    }
    bool unable =
        strncmp(message, VERDICT_UNABLE, strlen(VERDICT_UNABLE)) == 0;
    result->verdict = how == CK_PASS                  ? GRADE_PASSED
                      : how == CK_ERROR               ? GRADE_OWN_FAULT
                      : grade_left->unknown || unable ? GRADE_UNKNOWN
                                                      : GRADE_FAILED;
    text_append(result->message, sizeof result->message, "", "%s", message);
    result->left = *grade_left;
    free(results);
    srunner_free(runner);
}

void
grade_run(struct grade_result *result)
{
    int64_t begin_ms = clock_now_ms();

    if (!grade_left) {
        grade_left = mmap(NULL, sizeof *grade_left, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    }
    run_once(result, false);
    result->seconds = (double)(clock_now_ms() - begin_ms) / 1e3;
}
