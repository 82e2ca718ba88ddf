/*
 * test_diff.c: what changed from one run to another, and what only seems so.
 */
#include <check.h>
#include <math.h>
#include <string.h>

#include "harness/report/internal.h"
#include "tests/unit/made.h"
#include "tests/unit/run_suite.h"

/* Before and after. */
static struct results runs[2];

static void
end(void)
{
    made_end();
    results_free(&runs[0]);
    results_free(&runs[1]);
}

CASE(diff, made_begin, end)

/* A model in both runs, that takes so long for an echo in each. */
static void
add(struct life life, double before_us, double after_us)
{
    made_add(&runs[0], &life, before_us);
    made_add(&runs[1], &life, after_us);
}

/* The same with a figure of its own in each. */
static void
add_figure(const char *model, enum life_figure figure, double before,
           double after)
{
    struct life life = made_life(model);

    life.figure[figure] = before;
    made_add(&runs[0], &life, 6);
    life.figure[figure] = after;
    made_add(&runs[1], &life, 6);
}

/* Print the difference; or, if `baseline` is a name, what is dearer. */
static void
diff(const char *baseline)
{
    const struct report_paper paper = {.width = 200};
    struct document document = {0};
    struct summary before;
    struct summary after;
    FILE *file = made_print();

    summary_make(&runs[0], &before);
    summary_make(&runs[1], &after);
    if (baseline) {
        report_dearer(file, &before, &after, baseline, &paper);
    } else {
        diff_build(&document, &before, &after);
        document_print_text(file, &document, &paper);
    }
    fclose(file);
    summary_free(&before);
    summary_free(&after);
}

/* 3 and 4 make 5: the logarithms are half as wide as the intervals. */
TEST(intervals_of_two_runs_add_up_as_a_right_angle)
{
    struct comparison before = {1.5, 1.5 * exp(-0.03), 1.5 * exp(0.03),
                                VERDICT_DIFFERENT};
    struct comparison after = {1.65, 1.65 * exp(-0.04), 1.65 * exp(0.04),
                               VERDICT_DIFFERENT};
    struct comparison change = comparison_change(&before, &after);

    ck_assert_double_eq_tol(change.ratio, 1.1, 1e-9);
    ck_assert_double_eq_tol(change.low, 1.1 * exp(-0.05), 1e-9);
    ck_assert_double_eq_tol(change.high, 1.1 * exp(0.05), 1e-9);
    ck_assert_int_eq(change.verdict, VERDICT_DIFFERENT);
    after.ratio = 1.54;
    after.low = 1.54 * exp(-0.04);
    after.high = 1.54 * exp(0.04);
    ck_assert_int_eq(comparison_change(&before, &after).verdict,
                     VERDICT_UNCLEAR);
    ck_assert_int_eq(comparison_change(&before, &before).verdict,
                     VERDICT_UNCLEAR);
    before.low = before.high = before.ratio;
    ck_assert_int_eq(comparison_change(&before, &before).verdict,
                     VERDICT_SAME);
    before.ratio = NAN;
    ck_assert_int_eq(comparison_change(&before, &after).verdict,
                     VERDICT_UNKNOWN);
}

/* A machine that is half as fast slows the yardstick down, too. */
TEST(what_slows_the_yardstick_as_well_is_no_news)
{
    add(made_life("threaded"), 9, 18);
    add(made_life(RESULTS_YARDSTICK), 6, 12);
    diff(NULL);
    assert_has("Figures: 1 worse, 3 the same, 3 unknown."); /* echoes/s */
    assert_has_not("CPU per echo");
}

TEST(without_a_yardstick_time_is_unknown)
{
    add(made_life("threaded"), 9, 18);
    add(made_life("libevent"), 9, 9);
    diff(NULL);
    assert_has("Figures: 4 the same, 10 unknown.");
    assert_has("Nothing changed beyond noise.");
}

/* What becomes of a figure among 64 clients. */
static const struct {
    enum life_figure figure;
    double before, after;
    const char *words; /* NULL: no news */
} counts[] = {
    {LIFE_SYSCALLS_PER_ECHO, 2, 2.5, "worse than before\n  a  "},
    {LIFE_SYSCALLS_PER_ECHO, 2.5, 2, "better than before\n  a  "},
    {LIFE_SYSCALLS_PER_ECHO, 2, 2.15, NULL},
    {LIFE_SYSCALLS_PER_ECHO, 2, NAN, NULL},
    {LIFE_SWITCHES_PER_ECHO, 0.01, 0.2, NULL},
    {LIFE_SWITCHES_PER_ECHO, 0, 1, "switches 1.00, was 0"},
    {LIFE_RSS_KIB_PER_CLIENT, 8, 8.5, NULL},
    {LIFE_RSS_KIB_PER_CLIENT, 8, 16, "KiB a client 16.0, was 8.00"},
    {LIFE_SERVED, 64, 63, "served 63.0, was 64.0"},
    {LIFE_SERVED, 63, 64, "better than before\n  a  "},
    {LIFE_SYSCALLS_PER_ECHO, 2, INFINITY, NULL},
};

TEST_EACH(counts_are_news_beyond_what_is_noise_in_them, counts)
{
    add_figure("a", counts[_i].figure, counts[_i].before, counts[_i].after);
    diff(NULL);
    assert_has(counts[_i].words ? counts[_i].words
                                : "Nothing changed beyond noise.");
}

TEST_TIMES(instructions_are_compared_if_the_compiler_is_the_same, 2)
{
    bool same = _i == 0;

    add(made_life("a"), 6, 6);
    for (int i = 0; i < 2; i++) {
        struct calls code = {.clients = 64, .per_echo = i ? 500 : 400};

        strcpy(code.scenario, "echo");
        strcpy(code.model, "a");
        results_add(&runs[i], RECORD_CODE, &code);
    }
    if (!same) {
        strcpy(runs[1].run.compiler, "clang 14");
    }
    diff(NULL);
    (same ? assert_has
          : assert_has_not)("echo 64: instructions 500, was 400");
    (same ? assert_has_not : assert_has)("compiler    clang 14, was\n");
}

/* How often threads sleep there hangs on how long a slice was. */
TEST(switches_of_who_works_or_waits_are_no_news)
{
    struct life life = made_life("a");

    for (int i = 0; i < 4; i++) {
        life.work_us = i < 2 ? 200 : 0;
        snprintf(life.scenario, sizeof life.scenario, "%s",
                 i < 2 ? "work" : "echo");
        life.figure[LIFE_SWITCHES_PER_ECHO] = i % 2 ? 2 : 1;
        made_add(&runs[i % 2], &life, 6);
    }
    diff(NULL);
    assert_has("echo 64: switches 2.00, was 1.00");
    assert_has("Figures: 1 worse, ");
}

/* The ratio is beyond the threshold, and not all of its interval. */
TEST(what_is_a_little_dearer_is_no_news)
{
    add(made_life("a"), 6, 6.24);
    add(made_life("b"), 6, 6);
    add(made_life(RESULTS_YARDSTICK), 6, 6);
    diff(NULL);
    assert_has("Nothing changed");
    assert_has("too close to tell");
}

TEST(who_fails_now_or_is_there_once_is_said)
{
    struct life life = made_life("a");

    made_add(&runs[0], &life, 6);
    life_fail(&life, LIFE_FAILED, "it died");
    made_add(&runs[1], &life, 6);
    life = made_life("a");
    life.clients = 512;
    made_add(&runs[0], &life, 6);
    life.clients = 16;
    made_add(&runs[1], &life, 6);
    life.clients = 8;
    made_add(&runs[0], &life, 6);
    life.work_us = 200; /* set up in another way */
    made_add(&runs[1], &life, 6);
    life.clients = 4;
    made_add(&runs[0], &life, 6);
    strcpy(life.layout, "split"); /* likewise */
    made_add(&runs[1], &life, 6);
    diff(NULL);
    assert_has("worse than before\n  a           echo 64: failed, was ok\n");
    assert_has("Scenarios: 1 in both runs, 6 in one alone");
}

TEST(what_has_no_counterpart_is_not_said_to_be_the_same)
{
    struct life life = made_life("a");

    made_add(&runs[0], &life, 6);
    life.clients = 16;
    made_add(&runs[1], &life, 6);
    diff(NULL);
    assert_has("Scenarios: 0 in both runs, 2 in one alone");
    assert_has("Figures: none");
    assert_has_not("Nothing changed");
    diff("old.jsonl");
    assert_has("Nothing can be compared with old.jsonl\n");
}

/* Whatever there is to say. */
TEST(a_baseline_takes_a_few_lines)
{
    add(made_life(RESULTS_YARDSTICK), 6, 6);
    add(made_life("same"), 6, 6);
    diff("old.jsonl");
    assert_has("Nothing is dearer or worse than in old.jsonl\n");
    assert_has("Figures: 4 the same, 3 unknown.");
    for (int i = 0; i < 9; i++) {
        struct life life = made_life("a model");

        life.model[1] = (char)('0' + i);
        life.figure[LIFE_SYSCALLS_PER_ECHO] = 2;
        made_add(&runs[0], &life, 6);
        life.figure[LIFE_SYSCALLS_PER_ECHO] = 3;
        made_add(&runs[1], &life, 12);
    }
    diff("old.jsonl");
    assert_has("Dearer or worse than in old.jsonl\n  a0model  ");
    assert_has("\n  a2model  ");
    assert_has_not("a3model");
    assert_has("Figures: 27 worse, ");
}
