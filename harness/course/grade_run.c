/*
 * grade_run.c: runs a test in a process of its own, by Check, and if it fails
 * once more with the server under strace. See grade.h.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/base/base.h"
#include "harness/course/course.h"
#include "harness/course/grade.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/verdict.h"

enum {
    WAIT_MS = 5000,         /* for a sign of life: somebody waits for us */
    AGAIN_MS = 2000,        /* ... to see once more what was seen */
    TRACE_BYTES = 64 << 10, /* at its end are looked at */
};

#define SUBJECT "server: " /* messages begin with it */

struct grade_left *grade_left;
const char *grade_no_calls;

static bool
begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* ---- its calls --------------------------------------------------------- */

/* Is there a strace, and may it? */
static bool
can_trace(void)
{
    static int status = -1;

    if (status == -1) {
        status = system("strace -o /dev/null true >/dev/null 2>&1");
        grade_no_calls =
            status == 0
                ? NULL
                : "the server's last calls are not shown: there is no "
                  "strace here, or it may not look ('make deps' installs it)";
    }
    return status == 0;
}

/* A line is "PID SECONDS.MICROSECONDS CALL"; who calls is only of interest
 * where there are several. */
void
grade_read_calls(int fd, int64_t moment_ns,
                 char calls[GRADE_CALLS][GRADE_LINE_BYTES])
{
    static char text[TRACE_BYTES + 1];
    int pids[GRADE_CALLS] = {0};
    off_t begin = lseek(fd, 0, SEEK_END) - TRACE_BYTES;
    ssize_t n = pread(fd, text, TRACE_BYTES, begin > 0 ? begin : 0);
    char *rest = text;
    bool several = false;
    size_t last = 0;

    text[n > 0 ? n : 0] = '\0';
    for (char *line; (line = strsep(&rest, "\n"));) {
        double at_s;
        int pid, skip;

        if (sscanf(line, "%d %lf %n", &pid, &at_s, &skip) == 2 &&
            at_s <= (double)moment_ns / 1e9 && !strstr(line, "SIGSTOP") &&
            !strstr(line, "SIGCONT")) {
            if (last == GRADE_CALLS) {
                memmove(pids, pids + 1, sizeof pids - sizeof *pids);
                memmove(calls, calls + 1, sizeof *calls * --last);
            }
            pids[last] = pid;
            snprintf(calls[last++], GRADE_LINE_BYTES, "%s", line + skip);
        }
    }
    for (size_t i = 1; i < last; i++) {
        several |= pids[i] != pids[0];
    }
    for (size_t i = 0; i < last && several; i++) {
        char call[GRADE_LINE_BYTES];

        memcpy(call, calls[i], sizeof call);
        snprintf(calls[i], GRADE_LINE_BYTES, "%d: %.380s", pids[i], call);
    }
}

/* ---- why --------------------------------------------------------------- */

static struct grade_result *explained;

/* The first row of the table whose test and words it has. */
static void
explain(char **columns, size_t n)
{
    struct grade_result *result = explained;
    bool all = strcmp(columns[0], "*") == 0;

    (void)n;
    if (!result->read &&
        (all || strcmp(columns[0], result->test->name) == 0) &&
        (strcmp(columns[1], "*") == 0 ||
         strstr(result->message, columns[1]))) {
        result->causes[0] = columns[2];
        result->causes[1] = columns[3];
        result->read = columns[4];
    }
}

/* Take a message apart, which is a sentence and then lines with a name. */
static void
take_message(struct grade_result *result, const char *message)
{
    struct {
        const char *name;
        char *text;
    } const places[] = {
        {"sent: ", result->sent},
        {"expected: ", result->expected},
        {"came: ", result->came},
    };
    char *copy = strdup(message);
    char *rest = copy;

    for (char *line; rest && (line = strsep(&rest, "\n"));) {
        bool taken = false;

        for (size_t i = 0; i < COUNT(places) && !taken; i++) {
            if ((taken = begins(line, places[i].name))) {
                text_append(places[i].text, GRADE_LINE_BYTES, "", "%s",
                            line + strlen(places[i].name));
                text_clean(places[i].text);
            }
        }
        if (!taken) {
            text_append(result->message, sizeof result->message, " ", "%s",
                        line);
        }
    }
    free(copy);
    text_clean(result->message);
}

/* ---- a run ------------------------------------------------------------- */

static enum grade_verdict
judge(enum test_result how, const char *message)
{
    return how == CK_PASS      ? GRADE_PASSED
           : how != CK_FAILURE ? GRADE_OWN_FAULT
           : grade_left->unknown || begins(message, VERDICT_UNABLE)
               ? GRADE_UNKNOWN
               : GRADE_FAILED;
}

/* Run it once, and fill in `result` but for its hints. A test that does not
 * come to its end is no failure of the server: it is ours. */
static void
run_once(struct grade_result *result, bool trace)
{
    TCase *group = tcase_create(result->test->name);
    Suite *suite = suite_create("grade");
    int64_t begin_ms = clock_now_ms();
    TestResult **results;
    const char *message;

    *grade_left = (struct grade_left){.trace = trace};
    patience_set_ms(trace ? AGAIN_MS : WAIT_MS);
    tcase_set_timeout(group, PATIENCE_TEST_S * patience_factor());
    tcase_add_checked_fixture(group, grade_server_begin, grade_server_end);
    tcase_add_test(group, *result->test->run);
    suite_add_tcase(suite, group);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_FORK);
    srunner_run_all(runner, CK_SILENT);
    results = srunner_results(runner);
    message = tr_msg(results[0]) ? tr_msg(results[0]) : "";
    message += begins(message, SUBJECT) ? strlen(SUBJECT) : 0;
    result->verdict = judge((enum test_result)tr_rtype(results[0]), message);
    if (result->verdict != GRADE_PASSED) {
        take_message(result, message);
    }
    result->seconds = (double)(clock_now_ms() - begin_ms) / 1e3;
    result->left = *grade_left;
    free(results);
    srunner_free(runner);
}

void
grade_run(struct grade_result *result)
{
    struct grade_result again = {.test = result->test};

    if (!grade_left) {
        grade_left = mmap(NULL, sizeof *grade_left, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        verdict_subject("server", -1, -1);
    }
    run_once(result, false);
    if (result->verdict != GRADE_FAILED) {
        return;
    }
    if (can_trace()) {
        run_once(&again, true);
        memcpy(result->left.calls, again.left.calls, sizeof again.left.calls);
    }
    if (result->left.ended[0] != '\0') {
        text_append(result->message, sizeof result->message, "; ",
                    "the server %s", result->left.ended);
    }
    if (again.verdict == GRADE_PASSED) {
        text_append(result->message, sizeof result->message, "; ",
                    "it failed once, and passed when it was run again: that "
                    "hangs on chance, or on how fast the server runs");
    }
    explained = result;
    table_read("grade", 5, explain);
}
