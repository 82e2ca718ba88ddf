/*
 * Noise: which causes disturb a window, and which attempt is used. Results
 * are never looked at, so none is set here but to tell attempts apart.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/results/noise.h"
#include "harness/results/summary.h"
#include "tests/unit/run_suite.h"

/* A window that nothing disturbed. */
static struct window
quiet(const char *model, int round, int attempt, double cpu_us)
{
    struct window window;

    window_clear(&window);
    snprintf(window.scenario, sizeof window.scenario, "echo");
    snprintf(window.model, sizeof window.model, "%s", model);
    window.clients = 64;
    window.round = round;
    window.attempt = attempt;
    window.figure[WINDOW_ASKED] = window.figure[WINDOW_SERVED] = 64;
    window.figure[WINDOW_SERVER_CPU_US_PER_ECHO] = cpu_us;
    window.figure[WINDOW_STEAL_PERCENT] = 1.9;
    window.figure[WINDOW_FOREIGN_PERCENT] = 11.9;
    window.figure[WINDOW_TICK_PERCENT] = 7;
    window.figure[WINDOW_THROTTLED] = 0;
    window.figure[WINDOW_FLOOR_US] = 4;
    return window;
}

START_TEST(each_cause_has_its_limit)
{
    struct window window = quiet("a", 1, 0, 5);

    ck_assert_uint_eq(noise_causes(&window, 4.3), 0);
    ck_assert_uint_eq(noise_causes(&window, 3.5), WINDOW_DRIFTED);
    ck_assert_uint_eq(noise_causes(&window, 4.6), WINDOW_DRIFTED);
    ck_assert_uint_eq(noise_causes(&window, NAN), 0);
    window.figure[WINDOW_STEAL_PERCENT] = 2.1;
    ck_assert_uint_eq(noise_causes(&window, 4), WINDOW_STOLEN);
    window.figure[WINDOW_FOREIGN_PERCENT] = 12.1;
    ck_assert_uint_eq(noise_causes(&window, 4),
                      WINDOW_STOLEN | WINDOW_FOREIGN);
    window = quiet("a", 1, 0, 5);
    window.figure[WINDOW_THROTTLED] = 1;
    ck_assert_uint_eq(noise_causes(&window, 4), WINDOW_WAS_THROTTLED);
}
END_TEST

START_TEST(what_was_not_measured_disturbs_nothing)
{
    struct window window;

    window_clear(&window);
    ck_assert_uint_eq(noise_causes(&window, 4), 0);
}
END_TEST

/* Two attempts in round 1, the second undisturbed; three in round 2, none
 * undisturbed; one in round 3. */
START_TEST(the_first_undisturbed_attempt_is_used)
{
    static const unsigned causes[] = {
        WINDOW_STOLEN, 0, WINDOW_STOLEN, WINDOW_FOREIGN, WINDOW_FOREIGN, 0};
    static const int rounds[] = {1, 1, 2, 2, 2, 3};
    static const bool used[] = {false, true, true, false, false, true};
    struct results results = {.nwindows = 0};
    struct summary summary;

    for (int i = 0; i < 6; i++) {
        struct window window = quiet("a", rounds[i], i, 1 + i);

        window.causes = causes[i];
        ck_assert_int_eq(results_add(&results, &window), 0);
    }
    ck_assert_int_eq(summary_make(&results, &summary), 0);
    for (int i = 0; i < 6; i++) {
        ck_assert_msg(results.windows[i].used == used[i], "window %d", i);
    }
    ck_assert_int_eq(summary.rows[0].rounds, 3);
    ck_assert_int_eq(summary.rows[0].run, 6);
    ck_assert_int_eq(summary.rows[0].disturbed, 1);
    ck_assert_int_eq(summary.used, 3);
    ck_assert_int_eq(summary.cause[0], 1);
    ck_assert_double_eq(
        summary.rows[0].figure[WINDOW_SERVER_CPU_US_PER_ECHO].median, 3);
    summary_free(&summary);
    results_free(&results);
}
END_TEST

START_TEST(rows_and_failures_do_not_mix)
{
    struct results results = {.nwindows = 0};
    struct window windows[] = {quiet("a", 1, 0, 1), quiet("b", 1, 0, 2),
                               quiet("a", 1, 0, 3)};

    windows[0].status = WINDOW_INVALID;
    windows[1].causes = WINDOW_STOLEN;
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(results_add(&results, &windows[i]), 0);
    }
    noise_choose(&results);
    ck_assert(!results.windows[0].used);
    ck_assert(results.windows[1].used);
    ck_assert(results.windows[2].used);
    results_free(&results);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("noise");
    TCase *cases = tcase_create("all");

    tcase_add_test(cases, each_cause_has_its_limit);
    tcase_add_test(cases, what_was_not_measured_disturbs_nothing);
    tcase_add_test(cases, the_first_undisturbed_attempt_is_used);
    tcase_add_test(cases, rows_and_failures_do_not_mix);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
