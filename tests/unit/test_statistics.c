/*
 * Medians and their intervals: the ranks are those of the binomial
 * distribution, and too few values have no interval.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "harness/results/statistics.h"
#include "tests/unit/run_suite.h"

START_TEST(the_median_is_in_the_middle)
{
    double odd[] = {9, 1, 5};
    double even[] = {4, 1, 3, 2};
    double one[] = {7};

    ck_assert_double_eq(statistics_estimate(odd, 3).median, 5);
    ck_assert_double_eq(statistics_estimate(even, 4).median, 2.5);
    ck_assert_double_eq(statistics_estimate(one, 1).median, 7);
}
END_TEST

START_TEST(what_was_not_measured_does_not_count)
{
    double some[] = {NAN, 3, NAN, 1, 2};
    double none[] = {NAN, NAN};
    struct estimate estimate = statistics_estimate(some, 5);

    ck_assert_int_eq(estimate.values, 3);
    ck_assert_double_eq(estimate.median, 2);
    estimate = statistics_estimate(none, 2);
    ck_assert_int_eq(estimate.values, 0);
    ck_assert_double_nan(estimate.median);
    ck_assert_double_nan(statistics_estimate(NULL, 0).median);
}
END_TEST

START_TEST(the_ranks_are_the_published_ones)
{
    static const int expected[][2] = {
        {1, 0},  {5, 0},  {6, 1},  {7, 1},  {8, 1},   {9, 2},
        {10, 2}, {12, 3}, {15, 4}, {20, 6}, {50, 18}, {1000, 469},
    };

    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        ck_assert_msg(
            statistics_interval_rank(expected[i][0]) == expected[i][1],
            "n = %d: rank %d, should be %d", expected[i][0],
            statistics_interval_rank(expected[i][0]), expected[i][1]);
    }
}
END_TEST

START_TEST(below_six_values_there_is_no_interval)
{
    double five[] = {1, 2, 3, 4, 5};
    double nine[] = {9, 8, 7, 6, 5, 4, 3, 2, 1};
    struct estimate estimate = statistics_estimate(five, 5);

    ck_assert_double_nan(estimate.low);
    ck_assert_double_nan(estimate.high);
    estimate = statistics_estimate(nine, 9);
    ck_assert_double_eq(estimate.low, 2);
    ck_assert_double_eq(estimate.high, 8);
}
END_TEST

/* How often the interval holds the true median, tried out: 95 % or more. */
START_TEST(the_interval_holds_what_it_promises)
{
    srandom(20);
    for (int n = STATISTICS_INTERVAL_VALUES; n <= 12; n++) {
        int inside = 0;

        for (int i = 0; i < 4000; i++) {
            double values[12];
            struct estimate estimate;

            for (int j = 0; j < n; j++) {
                values[j] = (double)random() / RAND_MAX;
            }
            estimate = statistics_estimate(values, (size_t)n);
            inside += estimate.low <= 0.5 && estimate.high >= 0.5;
        }
        ck_assert_msg(inside >= 3760, "n = %d: %d of 4000", n, inside);
    }
}
END_TEST

START_TEST(only_apart_means_different)
{
    struct estimate low = {2, 1, 3, 6};
    struct estimate high = {5, 4, 6, 6};
    struct estimate across = {3.5, 2.5, 4.5, 6};
    struct estimate unknown = {50, NAN, NAN, 3};

    ck_assert(statistics_differ(&low, &high));
    ck_assert(statistics_differ(&high, &low));
    ck_assert(!statistics_differ(&low, &across));
    ck_assert(!statistics_differ(&across, &high));
    ck_assert(!statistics_differ(&low, &unknown));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("statistics");
    TCase *cases = tcase_create("all");

    tcase_add_test(cases, the_median_is_in_the_middle);
    tcase_add_test(cases, what_was_not_measured_does_not_count);
    tcase_add_test(cases, the_ranks_are_the_published_ones);
    tcase_add_test(cases, below_six_values_there_is_no_interval);
    tcase_add_test(cases, the_interval_holds_what_it_promises);
    tcase_add_test(cases, only_apart_means_different);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
