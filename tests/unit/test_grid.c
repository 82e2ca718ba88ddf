/*
 * The rates of an open loop: shares of what the servers of this very run can
 * do, the same for all, and none that was typed in.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/compare/grid.h"
#include "tests/unit/run_suite.h"

static const struct scenario rate = {.name = "rate", .clients = 64};
static struct results results;
static struct grid_point grid[GRID_POINTS];

static void
setup(void)
{
    memset(&results, 0, sizeof results);
}

static void
teardown(void)
{
    results_free(&results);
}

/* A good window in a closed loop: so many echoes, so many served. */
static struct life *
add(const char *model, double echoes_per_s, int served)
{
    struct life window;

    life_clear(&window);
    strcpy(window.scenario, "rate");
    snprintf(window.model, sizeof window.model, "%s", model);
    window.clients = 64;
    window.life = 1;
    window.figure[LIFE_ASKED] = 64;
    window.figure[LIFE_SERVED] = served;
    window.figure[LIFE_ECHOES_PER_S] = echoes_per_s;
    ck_assert_int_eq(results_add_life(&results, &window), 0);
    return &results.lives[results.nlives - 1];
}

static void
expect(int n, const int rates[])
{
    ck_assert_int_eq(grid_choose(grid, &results, &rate), n);
    for (int i = 0; i < n; i++) {
        ck_assert_int_eq(grid[i].rate_per_s, rates[i]);
    }
    for (int i = n; i < GRID_POINTS; i++) {
        ck_assert_int_eq(grid[i].rate_per_s, 0);
    }
}

START_TEST(shares_of_the_slowest_and_one_of_the_fastest)
{
    static const int rates[] = {10000, 20000, 30000, 36000, 44000, 88000};

    add("libevent", 60000, 64);
    add("threaded", 40000.4, 64);
    add("coroutine", 80000, 64);
    expect(6, rates);
    ck_assert_str_eq(grid[0].of, "threaded");
    ck_assert_int_eq(grid[4].of_per_s, 40000);
    ck_assert_str_eq(grid[5].of, "coroutine");
    ck_assert_int_eq(grid[5].of_per_s, 80000);
}
END_TEST

/* Ten times the machine, ten times the rates. */
START_TEST(the_grid_grows_with_the_machine)
{
    struct grid_point small[GRID_POINTS];

    add("threaded", 1234, 64);
    add("libevent", 5678, 64);
    grid_choose(small, &results, &rate);
    results_free(&results);
    add("threaded", 123400, 64);
    add("libevent", 567800, 64);
    grid_choose(grid, &results, &rate);
    for (int i = 0; i < GRID_POINTS; i++) {
        ck_assert_double_eq_tol(
            (double)grid[i].rate_per_s / small[i].rate_per_s, 100, 1);
    }
}
END_TEST

START_TEST(rates_have_three_digits)
{
    static const int rates[] = {9440, 18900, 28300, 34000, 41600};

    add("threaded", 37777, 64);
    expect(5, rates);
}
END_TEST

START_TEST(two_that_are_as_fast_need_no_sixth_rate)
{
    static const int rates[] = {10000, 20000, 30000, 36000, 44000};

    add("libevent", 40000, 64);
    add("threaded", 41000, 64);
    expect(5, rates);
}
END_TEST

/* One window of threaded was disturbed, and two of libevent. */
START_TEST(of_each_server_its_best_window_counts)
{
    static const int rates[] = {10000, 20000, 30000, 36000, 44000, 88000};

    add("threaded", 40000, 64);
    add("libevent", 300, 64);
    add("libevent", 80000, 64);
    add("threaded", 9000, 64);
    add("libevent", 20000, 64);
    expect(6, rates);
}
END_TEST

START_TEST(who_leaves_clients_out_has_no_say)
{
    static const int rates[] = {10000, 20000, 30000, 36000, 44000};

    add("blocking", 9000, 1);
    add("threaded", 40000, 64);
    expect(5, rates);
}
END_TEST

START_TEST(the_yardstick_only_where_nobody_else_can)
{
    static const int of_threaded[] = {10000, 20000, 30000, 36000, 44000};
    static const int of_yardstick[] = {20000, 40000, 60000, 72000, 88000};

    add("yardstick", 80000, 64);
    add("blocking", 9000, 1);
    expect(5, of_yardstick);
    ck_assert_str_eq(grid[0].of, "yardstick");
    add("threaded", 40000, 64);
    expect(5, of_threaded);
}
END_TEST

START_TEST(without_capacity_there_are_no_rates)
{
    expect(0, NULL);
    add("blocking", 9000, 1);
    expect(0, NULL);
    add("threaded", 0, 64);
    expect(0, NULL);
}
END_TEST

START_TEST(only_good_windows_in_a_closed_loop_of_this_scenario)
{
    static const int rates[] = {10000, 20000, 30000, 36000, 44000};

    add("threaded", 40000, 64);
    add("coroutine", 1000, 64)->status = LIFE_INVALID;
    add("libevent", 1000, 64)->rate_per_s = 1000;
    add("selectloop", 1000, 64)->clients = 63;
    strcpy(add("selectloop", 1000, 64)->scenario, "echo");
    expect(5, rates);
}
END_TEST

START_TEST(tiny_and_enormous_rates_are_whole_numbers)
{
    static const int tiny[] = {1, 2, 3};

    add("threaded", 2.6, 64);
    expect(3, tiny);
    results_free(&results);
    add("threaded", 3e9, 64);
    ck_assert_int_eq(grid_choose(grid, &results, &rate), 1);
    ck_assert_int_eq(grid[0].rate_per_s, 750000000);
}
END_TEST

START_TEST(a_window_holds_enough_messages)
{
    const struct grid_point fast = {.rate_per_s = 100000};
    const struct grid_point slow = {.rate_per_s = 2400};
    const struct grid_point hardly = {.rate_per_s = 1};

    ck_assert_int_eq(grid_window_ns(&fast, 250000000), 250000000);
    ck_assert_int_eq(grid_window_ns(&slow, 250000000), 500000000);
    ck_assert_int_eq(grid_window_ns(&hardly, 250000000), 1000000000);
    ck_assert_int_eq(grid_window_ns(&hardly, INT64_C(2000000000)),
                     INT64_C(2000000000));
}
END_TEST

/* 64 clients of a server that does 640 a second wait 100 ms for an echo. */
START_TEST(a_warm_up_outlasts_an_echo)
{
    const struct grid_point fast = {.of_per_s = 64000};
    const struct grid_point slow = {.of_per_s = 640};
    const struct grid_point hardly = {.of_per_s = 1};

    ck_assert_int_eq(grid_warmup_ns(&fast, 64, 30000000), 30000000);
    ck_assert_int_eq(grid_warmup_ns(&slow, 64, 30000000), 150000000);
    ck_assert_int_eq(grid_warmup_ns(&hardly, 64, 30000000), 1500000000);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("grid");
    TCase *cases = tcase_create("all");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, shares_of_the_slowest_and_one_of_the_fastest);
    tcase_add_test(cases, the_grid_grows_with_the_machine);
    tcase_add_test(cases, rates_have_three_digits);
    tcase_add_test(cases, two_that_are_as_fast_need_no_sixth_rate);
    tcase_add_test(cases, of_each_server_its_best_window_counts);
    tcase_add_test(cases, who_leaves_clients_out_has_no_say);
    tcase_add_test(cases, the_yardstick_only_where_nobody_else_can);
    tcase_add_test(cases, without_capacity_there_are_no_rates);
    tcase_add_test(cases,
                   only_good_windows_in_a_closed_loop_of_this_scenario);
    tcase_add_test(cases, tiny_and_enormous_rates_are_whole_numbers);
    tcase_add_test(cases, a_window_holds_enough_messages);
    tcase_add_test(cases, a_warm_up_outlasts_an_echo);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
