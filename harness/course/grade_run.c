/*
 * grade_run.c: runs a test in a process of its own, by Check, and if it fails
 * once more with the server under strace. See grade.h.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/base.h"
#include "harness/course/course.h"
#include "harness/course/grade.h"

enum {
    WAIT_MS = 5000,   /* for a sign of life: somebody waits for us */
    AGAIN_MS = 2000,  /* ... to see once more what was seen */
    ENDED_MAX = 1000, /* processes, of one that makes more and more */
};

#define SUBJECT "server" /* messages begin with it, and ": " */

const char *const grade_said[GRADE_SAIDS] = {"seen", "sent", "expected",
                                             "came"};
const char *grade_no_calls;

/* ---- why --------------------------------------------------------------- */

/* The rows of grade.table; {0} is behind the last. */
static struct hint {
    const char *test, *words;         /* of which failure; "*": any. Words are
                                       * looked for in all that is known */
    const char *causes[GRADE_CAUSES]; /* that are likely */
    const char *read;                 /* where, a page with an anchor */
} hints[ROWS_MAX + 1];

static void
take_hint(char **columns, size_t n)
{
    hints[n] = (struct hint){
        columns[0], columns[1], {columns[2], columns[3]}, columns[4]};
}

/* Give the hints of the first row that fits. */
static void
explain(struct grade_result *result)
{
    char known[GRADE_SAIDS * GRADE_SAID_BYTES + 2 * GRADE_TAIL_BYTES] = "";

    text_append(known, sizeof known, "", "%s\n%s\n%s\n%s",
                result->said[GRADE_SEEN], result->said[GRADE_CAME],
                result->left.errors, result->left.calls);
    for (const struct hint *it = hints; it->test; it++) {
        if ((it->test[0] == '*' ||
             strcmp(it->test, result->test->name) == 0) &&
            (it->words[0] == '*' || strstr(known, it->words))) {
            memcpy(result->causes, it->causes, sizeof it->causes);
            result->read = it->read;
            return;
        }
    }
}

/* Take a message apart: a sentence, and lines with a name, ": " behind it. */
static void
take_message(struct grade_result *result, const char *message)
{
    for (int i = 0; i < GRADE_SAIDS; i++) {
        const char *words =
            i == GRADE_SEEN ? message : proc_behind(message, grade_said[i]);

        if (words) {
            words += strspn(words, ": ");
            text_append(result->said[i], GRADE_SAID_BYTES, "", "%.*s",
                        (int)strcspn(words, "\n"), words);
            text_clean(result->said[i]);
        }
    }
}

/* ---- a run ------------------------------------------------------------- */

/* Check counts _i up from a number to before another: one test. */
START_TEST(run_test)
{
    grade_server_begin();
    grade_tests[_i].run();
    grade_server_end();
}
END_TEST

/* What was left behind by one who has ended its keeper, or our test, is our
 * child now. */
static void
end_children(void)
{
    pid_t child;

    for (int i = 0; i < ENDED_MAX && proc_descendants(getpid(), &child, 1);
         i++) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
}

/* Run it once, and fill in `result` but for its hints. A test that does not
 * come to its end is no failure of the server: it is ours. */
static void
run_once(struct grade_result *result, bool again)
{
    int i = (int)(result->test - grade_tests);
    TCase *group = tcase_create(result->test->name);
    Suite *suite = suite_create("grade");
    int64_t begin_ms = clock_now_ms();

    *grade_left = (struct grade_left){.trace = again && !grade_no_calls};
    patience_set_ms(again ? AGAIN_MS : WAIT_MS);
    tcase_set_timeout(group, PATIENCE_TEST_S * patience_factor());
    tcase_add_loop_test(group, run_test, i, i + 1);
    suite_add_tcase(suite, group);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_FORK);
    srunner_run(runner, "grade", NULL, CK_SILENT);
    end_children();
    TestResult **results = srunner_results(runner);
    int how = tr_rtype(results[0]);
    const char *message = tr_msg(results[0]) ? tr_msg(results[0]) : "";
    const char *behind = proc_behind(message, SUBJECT ": ");
    message = behind ? behind : message;
    bool unable = proc_behind(message, VERDICT_UNABLE) != NULL;
    result->verdict = how == CK_PASS      ? GRADE_PASSED
                      : how != CK_FAILURE ? GRADE_OWN_FAULT
                      : unable            ? GRADE_UNKNOWN
                                          : GRADE_FAILED;
    if (result->verdict != GRADE_PASSED) {
        take_message(result, message);
    }
    result->seconds = (double)(clock_now_ms() - begin_ms) / 1e3;
    result->left = *grade_left;
    free(results);
    srunner_free(runner);
}

void
grade_prepare(void)
{
    table_read("grade", 5, take_hint);
    verdict_subject(SUBJECT, -1, -1);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    grade_left = mmap(NULL, sizeof *grade_left, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (grade_left == MAP_FAILED) {
        err(COURSE_CANNOT, "mmap");
    }
}

void
grade_run(struct grade_result *result)
{
    struct grade_result again = {.test = result->test};

    run_once(result, false);
    if (result->verdict != GRADE_FAILED) {
        return;
    }
    if (!grade_no_calls && system("strace -o /dev/null " GRADE_CALLS
                                  " /dev/null >/dev/null 2>&1") != 0) {
        grade_no_calls = "The server's last calls are not shown: there is no "
                         "strace here ('make deps' installs it) or no perl, "
                         "or it may not look.";
    }
    run_once(&again, true);
    memcpy(result->left.calls, again.left.calls, GRADE_TAIL_BYTES);
    if (result->left.ended[0] != '\0') {
        text_append(result->said[GRADE_SEEN], GRADE_SAID_BYTES, "; ",
                    "the server %s", result->left.ended);
    }
    if (again.verdict == GRADE_PASSED) {
        text_append(result->said[GRADE_SEEN], GRADE_SAID_BYTES, "; ",
                    "it failed once, and passed when it was run again: that "
                    "hangs on chance, or on how fast the server runs");
    } else {
        explain(result);
    }
}
