/*
 * grade.c: the program `grade`. See grade.h.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/base.h"
#include "harness/course/course.h"
#include "harness/course/grade.h"
#include "harness/load/load.h"
#include "tests/conformance/payload.h"
#include "tests/conformance/tally.h"

enum {
    TESTS_MAX = 64,
    SEED_MAX = 1000000000,
    SCALE_MAX = 1000, /* of deadlines */
};

static const char about[] =
    "Grade an echo server, in whatever language it is, by what it does.\v"
    "It is started for each test, with {port} in its command replaced by a "
    "port that is free. It must listen there on 127.0.0.1 and serve until "
    "SIGTERM. Without {port} it must choose one and print \"listening on "
    "127.0.0.1:PORT\" as soon as it is ready.\n\n"
    "The exit status is 0 if all tests have passed, 1 if not, 2 for a wrong "
    "command line, 3 if the grader itself has failed.";

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
        errx(COURSE_USAGE,
             "which server? please say how it is started, as "
             "SERVER=\"./mine -p {port}\" (behind grade: --server=)");
    }
}

/* Choose those that are asked with this protocol and this promise, and of
 * them the ones that the user wants; refuse a name that none of them has.
 * Returns how many. */
static int
choose(struct grade_result results[TESTS_MAX])
{
    char names[1024] = "";
    int count = 0;

    for (const struct grade_test *it = grade_tests; it->name; it++) {
        if (it->protocols & (1U << grade_order.protocol) &&
            !(it->together && grade_order.one_at_a_time)) {
            text_append(names, sizeof names, ", ", "%s", it->name);
            results[count].test = it;
            count += names_have(grade_order.only, it->name);
        }
    }
    flags_check_names("only", grade_order.only, names);
    return count;
}

/* Check ends us like that when it cannot read what a test has sent. */
static void
no_usage(int status, void *nothing)
{
    (void)nothing;
    if (status == COURSE_USAGE) {
        warnx("the grader itself has failed: this is no mark");
        _exit(COURSE_CANNOT);
    }
}

int
main(int argc, char **argv)
{
    static struct grade_result results[TESTS_MAX];
    bool starts = true;
    char scale[16];

    streams_check(COURSE_CANNOT);
    read_flags(argc, argv);
    int count = choose(results);
    on_exit(no_usage, NULL);
    grade_prepare();
    snprintf(scale, sizeof scale, "%d", grade_order.timeout_scale);
    if (grade_order.timeout_scale > 1) {
        setenv("TEST_SLOW", scale, 1);
    }
    payload_set_run_seed((uint64_t)grade_order.seed);
    descriptors_raise();
    tally_start();
    for (struct grade_result *it = results; it < results + count; it++) {
        if (is_terminal(stderr)) {
            fprintf(stderr, "  %s ...\33[K\r", it->test->name);
        }
        if (starts) {
            grade_run(it);
        }
        fputs(is_terminal(stderr) ? "\33[K" : "", stderr);
        starts &= it->test != grade_tests || it->verdict == GRADE_PASSED;
        grade_print_row(it);
    }
    return grade_print_end(results, count);
}
