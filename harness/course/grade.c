/*
 * grade.c: the program `grade`. See grade.h.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/base.h"
#include "harness/course/course.h"
#include "harness/course/grade.h"
#include "harness/load/load.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/payload.h"
#include "tests/conformance/tally.h"

enum {
    TESTS_MAX = 64,
    SEED_MAX = 1000000000,
    SCALE_MAX = 1000, /* of deadlines */
};

struct grade_order grade_order = {.timeout_scale = 1, .seed = 1};
const char *const grade_protocols[] = {"echo", "hello", "rfc862"};

static const char about[] =
    "Grade an echo server, in whatever language it is, by what it does.\v"
    "It is started for each test, with {port} in its command replaced by a "
    "port that is free. It must listen there on 127.0.0.1 and serve until "
    "SIGTERM. Without {port} it must choose one and print \"listening on "
    "127.0.0.1:PORT\" as soon as it is ready.\n\n"
    "The exit status is 0 for full marks, 1 for less, 2 for a wrong command "
    "line, 3 if the grader itself has failed.";

static void
read_flags(int argc, char **argv)
{
    const struct flag flags[] = {
        FLAG_TEXT("server", 0, "COMMAND", &grade_order.server,
                  "The server, as \"./mine -p {port}\""),
        FLAG_WORD("proto", 0, "echo|hello|rfc862", &grade_order.protocol,
                  "What it speaks (default echo)"),
        FLAG_TEXT("only", 0, "NAMES", &grade_order.only,
                  "Only these tests, with blanks between"),
        FLAG_ON("one-at-a-time", 0, &grade_order.one_at_a_time,
                "It promises no more than one client at a time"),
        FLAG_NUMBER("timeout-scale", 0, NULL, &grade_order.timeout_scale, 1,
                    SCALE_MAX,
                    "Deadlines so many times longer, on a slow machine "
                    "(default 1)"),
        FLAG_WORD("format", 0, "text|json|gradescope|junit",
                  &grade_order.format, "What is printed (default text)"),
        FLAG_NUMBER("seed", 0, NULL, &grade_order.seed, 1, SEED_MAX,
                    "What is sent follows from it (default 1)"),
        FLAG_ON("verbose", 0, &grade_order.verbose,
                "Also times, and what the server has printed"),
        {0},
    };

    flags_parse("grade", about, flags, NULL, argc, argv);
    if (!grade_order.server ||
        grade_order.server[strspn(grade_order.server, " \t")] == '\0') {
        errx(GRADE_USAGE,
             "which server? please say how it is started, as "
             "SERVER=\"./mine -p {port}\" (behind grade: --server=)");
    }
}

/* Is that test one of those that are asked with this protocol? */
static bool
is_asked(const struct grade_test *test)
{
    return test->protocols & (1U << grade_order.protocol);
}

/* Is it among those that the user wants? */
static bool
is_wanted(const struct grade_test *test)
{
    size_t length = strlen(test->name);

    for (const char *at = grade_order.only; at && *at != '\0';) {
        size_t word = strcspn(at, ", ");

        if (word == length && strncmp(at, test->name, length) == 0) {
            return true;
        }
        at += word + strspn(at + word, ", ");
    }
    return !grade_order.only;
}

/* Refuse a name that no test has, before anything runs. */
static void
check_only(void)
{
    const char *at = grade_order.only ? grade_order.only : "";
    char names[1024] = "";
    size_t wanted = 0, found = 0;

    for (at += strspn(at, ", "); *at != '\0'; wanted++) {
        at += strcspn(at, ", ");
        at += strspn(at, ", ");
    }
    for (const struct grade_test *test = grade_tests; test->name; test++) {
        if (is_asked(test)) {
            found += is_wanted(test);
            text_append(names, sizeof names, ", ", "%s", test->name);
        }
    }
    if (grade_order.only && (found != wanted || found == 0)) {
        flags_refuse("grade", "only", grade_order.only, names);
    }
}

/* The table of hints is there, and right: better seen before anything runs.
 */
static void
pass_over(char **columns, size_t n)
{
    (void)columns;
    (void)n;
}

/* Run one, and show in a terminal that something goes on. */
static void
run(struct grade_result *result)
{
    bool shows = is_terminal(stderr);

    if (result->test->together && grade_order.one_at_a_time) {
        result->verdict = GRADE_NOT_ASKED;
        return;
    }
    if (shows) {
        fprintf(stderr, "  %s ...\33[K\r", result->test->name);
    }
    grade_run(result);
    if (shows) {
        fprintf(stderr, "\33[K");
    }
}

int
main(int argc, char **argv)
{
    static struct grade_result results[TESTS_MAX];
    bool starts = true;
    char scale[16];
    int count = 0;

    streams_check(GRADE_CANNOT);
    read_flags(argc, argv);
    check_only();
    table_read("grade", 5, pass_over);
    snprintf(scale, sizeof scale, "%d", grade_order.timeout_scale);
    setenv("TEST_SLOW", scale, 1);
    payload_set_run_seed((uint64_t)grade_order.seed);
    descriptors_raise();
    tally_start();
    for (const struct grade_test *test = grade_tests;
         test->name && count < TESTS_MAX; test++) {
        if (!is_asked(test) || !is_wanted(test)) {
            continue;
        }
        struct grade_result *result = &results[count++];
        result->test = test;
        if (starts) {
            run(result);
        }
        starts &= test != grade_tests || result->verdict == GRADE_PASSED;
        if (grade_order.format == GRADE_TEXT) {
            grade_print_row(result);
        }
    }
    struct grade_sum sum = grade_sum(results, count);
    if (grade_order.format == GRADE_TEXT) {
        grade_print_end(results, count);
    } else {
        grade_print_all(results, count);
    }
    return sum.own_fault || sum.of == 0 ? GRADE_CANNOT
           : sum.points == sum.of       ? GRADE_FULL
                                        : GRADE_LESS;
}
