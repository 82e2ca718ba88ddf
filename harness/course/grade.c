/*
 * grade.c: the program `grade`. See grade.h.
 */
#include "harness/course/grade.h"
#include "harness/base/base.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/payload.h"
#include "tests/conformance/tally.h"

struct grade_order grade_order = {.timeout_scale = 1, .seed = 1};

int
main(int argc, char **argv)
{
    static struct grade_result results[64];
    int count = 0;
    const struct flag flags[] = {
        FLAG_TEXT("server", 0, "COMMAND", &grade_order.server, "Its command"),
        {0},
    };

    flags_parse("grade", "Grade a server.", flags, NULL, argc, argv);
    payload_set_run_seed((uint64_t)grade_order.seed);
    patience_set_ms(5000);
    tally_start();
    for (const struct grade_test *test = grade_tests; test->name; test++) {
        results[count].test = test;
        grade_run(&results[count++]);
    }
    grade_print(results, count);
    return GRADE_FULL;
}
