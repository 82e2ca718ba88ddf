/*
 * The checks that print themselves: each of them fails for numbers that
 * cannot be true, says where, and is silent about what it does not know.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/results/checks.h"
#include "tests/unit/run_suite.h"

enum {
    ROUNDS = 3
};

/* Three rounds of numbers that can be true: 64 clients at 64000 echoes/s
 * wait 1 ms each. */
static struct results
true_results(void)
{
    struct results results = {.nwindows = 0};

    for (int round = 1; round <= ROUNDS; round++) {
        struct window window;

        window_clear(&window);
        snprintf(window.scenario, sizeof window.scenario, "echo");
        snprintf(window.model, sizeof window.model, "threaded");
        snprintf(window.layout, sizeof window.layout, "split");
        snprintf(window.stats, sizeof window.stats,
                 "{\"bytes_in\":6400,\"bytes_out\":6400}");
        window.clients = 64;
        window.round = round;
        window.figure[WINDOW_ASKED] = window.figure[WINDOW_SERVED] = 64;
        window.figure[WINDOW_ECHOES] = 6400;
        window.figure[WINDOW_ECHOES_PER_S] = 64000;
        window.figure[WINDOW_MEAN_US] = 990;
        window.figure[WINDOW_CLIENT_BYTES] = 6400;
        window.figure[WINDOW_CPU_OVER_FLOOR] = 0.97;
        window.figure[WINDOW_CLIENT_CPU_US_PER_ECHO] = 10;
        window.figure[WINDOW_LISTEN_OVERFLOWS] = 0;
        window.figure[WINDOW_LISTEN_DROPS] = 0;
        window.figure[WINDOW_RETRANSMITS] = 0;
        ck_assert_int_eq(results_add(&results, &window), 0);
    }
    return results;
}

/* Run the checks and free the results; only the checks are left. */
static struct summary
checked(struct results *results)
{
    struct summary summary;
    struct summary left = {.nrows = 0};

    ck_assert_int_eq(summary_make(results, &summary), 0);
    memcpy(left.checks, summary.checks, sizeof left.checks);
    summary_free(&summary);
    results_free(results);
    return left;
}

/* All windows with another value of one figure. */
static struct summary
checked_with(enum window_figure figure, double value)
{
    struct results results = true_results();

    for (size_t i = 0; i < results.nwindows; i++) {
        results.windows[i].figure[figure] = value;
    }
    return checked(&results);
}

static void
assert_only(const struct summary *summary, int check)
{
    for (int i = 0; i < CHECKS; i++) {
        ck_assert_msg((summary->checks[i].failed > 0) == (i == check),
                      "%s: %s", checks_name(i), summary->checks[i].first);
    }
}

START_TEST(what_can_be_true_passes)
{
    struct results results = true_results();
    struct summary summary = checked(&results);

    assert_only(&summary, -1);
    for (int i = 0; i < CHECKS; i++) {
        ck_assert_msg(summary.checks[i].checked > 0, "%s", checks_name(i));
    }
}
END_TEST

START_TEST(what_is_not_known_is_not_checked)
{
    struct results results = {.nwindows = 0};
    struct window window;
    struct summary summary;

    window_clear(&window);
    snprintf(window.scenario, sizeof window.scenario, "echo");
    snprintf(window.model, sizeof window.model, "old");
    ck_assert_int_eq(results_add(&results, &window), 0);
    summary = checked(&results);
    for (int i = 0; i < CHECKS; i++) {
        ck_assert_int_eq(summary.checks[i].checked, 0);
    }
}
END_TEST

START_TEST(littles_law)
{
    struct summary summary = checked_with(WINDOW_MEAN_US, 900);

    assert_only(&summary, CHECK_LITTLE);
    ck_assert_str_eq(summary.checks[CHECK_LITTLE].first,
                     "threaded in echo 64: 0.90");
    summary = checked_with(WINDOW_MEAN_US, 1050);
    assert_only(&summary, CHECK_LITTLE);
    /* Of the clients served only: one of them, and the others wait. */
    summary = checked_with(WINDOW_SERVED, 1);
    assert_only(&summary, CHECK_LITTLE);
}
END_TEST

/* A window that is slow has fewer echoes, each of which waits longer: that
 * breaks no law, though the two medians may be of different windows. */
START_TEST(littles_law_holds_in_each_window)
{
    struct results results = true_results();
    static const double slower[] = {1, 2, 4};
    struct summary summary;

    for (size_t i = 0; i < ROUNDS; i++) {
        results.windows[i].figure[WINDOW_ECHOES_PER_S] /= slower[i];
        results.windows[i].figure[WINDOW_MEAN_US] *= slower[i];
    }
    results.windows[2].figure[WINDOW_MEAN_US] = NAN;
    summary = checked(&results);
    assert_only(&summary, -1);
}
END_TEST

START_TEST(bytes_on_both_sides)
{
    struct summary summary = checked_with(WINDOW_CLIENT_BYTES, 6401);

    assert_only(&summary, CHECK_BYTES);
    ck_assert_int_eq(summary.checks[CHECK_BYTES].failed, ROUNDS);
}
END_TEST

START_TEST(nobody_beats_the_kernel)
{
    struct summary summary = checked_with(WINDOW_CPU_OVER_FLOOR, 0.9);

    assert_only(&summary, CHECK_LIMIT);
}
END_TEST

START_TEST(a_client_without_cpu_to_spare)
{
    struct summary summary = checked_with(WINDOW_CLIENT_CPU_US_PER_ECHO, 15);

    assert_only(&summary, CHECK_CLIENT);
}
END_TEST

START_TEST(the_kernels_own_counters)
{
    struct summary summary = checked_with(WINDOW_LISTEN_OVERFLOWS, 1);

    assert_only(&summary, CHECK_KERNEL);
    summary = checked_with(WINDOW_RETRANSMITS, 2);
    assert_only(&summary, CHECK_KERNEL);
    ck_assert_ptr_nonnull(
        strstr(summary.checks[CHECK_KERNEL].first, "retransmits 2"));
}
END_TEST

/* Ten thousand wait for a server of one, in a queue of four thousand. */
START_TEST(a_full_queue_of_clients_left_out)
{
    struct results results = true_results();

    for (size_t i = 0; i < results.nwindows; i++) {
        results.windows[i].figure[WINDOW_LISTEN_OVERFLOWS] = 9000;
        results.windows[i].figure[WINDOW_ASKED] = 10016;
    }
    struct summary summary = checked(&results);
    ck_assert_int_eq(summary.checks[CHECK_KERNEL].checked, 0);
    ck_assert_int_eq(summary.checks[CHECK_KERNEL].failed, 0);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("checks");
    TCase *cases = tcase_create("all");

    tcase_add_test(cases, what_can_be_true_passes);
    tcase_add_test(cases, what_is_not_known_is_not_checked);
    tcase_add_test(cases, littles_law);
    tcase_add_test(cases, littles_law_holds_in_each_window);
    tcase_add_test(cases, bytes_on_both_sides);
    tcase_add_test(cases, nobody_beats_the_kernel);
    tcase_add_test(cases, a_client_without_cpu_to_spare);
    tcase_add_test(cases, the_kernels_own_counters);
    tcase_add_test(cases, a_full_queue_of_clients_left_out);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
