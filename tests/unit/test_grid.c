/*
 * The rates of an open loop: shares of what the servers of this very run can
 * do, the same for all, and none that was typed in.
 */
#include <check.h>

#include "harness/compare/plan.h"
#include "tests/unit/run_suite.h"

#define CAN(name, per_s)                                                     \
    {                                                                        \
        .of = (name), .of_per_s = (per_s)                                    \
    }

/* What the servers can do, and the rates that follow from it. */
static const struct {
    struct grid_point least, most;
    int rates[GRID_POINTS]; /* until one is 0 */
} cases[] = {
    /* Shares of the slowest and one of the fastest. */
    {CAN("threaded", 40000.4),
     CAN("coroutine", 80000),
     {10000, 20000, 30000, 36000, 44000, 88000}},
    /* Three digits. */
    {CAN("threaded", 37777),
     CAN("threaded", 37777),
     {9440, 18900, 28300, 34000, 41600}},
    /* Two that are as fast need no sixth. */
    {CAN("libevent", 40000),
     CAN("threaded", 41000),
     {10000, 20000, 30000, 36000, 44000}},
    /* Whole numbers, and none that is 0. */
    {CAN("threaded", 2.6), CAN("threaded", 2.6), {1, 2, 3}},
    {CAN(NULL, 0), CAN(NULL, 0), {0}},
};

TEST_EACH(rates_are_shares_of_capacities, cases)
{
    struct grid_point grid[GRID_POINTS];
    int rates = 0;

    while (rates < GRID_POINTS && cases[_i].rates[rates] > 0) {
        rates++;
    }
    ck_assert_int_eq(grid_choose(grid, &cases[_i].least, &cases[_i].most),
                     rates);
    for (int i = 0; i < GRID_POINTS; i++) {
        ck_assert_int_eq(grid[i].rate_per_s, cases[_i].rates[i]);
    }
}

TEST(a_rate_says_whose_share_it_is)
{
    struct grid_point grid[GRID_POINTS];

    grid_choose(grid, &cases[0].least, &cases[0].most);
    ck_assert_str_eq(grid[0].of, "threaded");
    ck_assert_int_eq(grid[4].of_per_s, 40000);
    ck_assert_str_eq(grid[5].of, "coroutine");
    ck_assert_int_eq(grid[5].of_per_s, 80000);
}

TEST(a_window_holds_enough_messages)
{
    const struct grid_point fast = {.rate_per_s = 100000};
    const struct grid_point slow = {.rate_per_s = 2400};
    const struct grid_point hardly = {.rate_per_s = 1};

    ck_assert_int_eq(grid_slice_ns(&fast), 250000000);
    ck_assert_int_eq(grid_slice_ns(&slow), 500000000);
    ck_assert_int_eq(grid_slice_ns(&hardly), 1000000000);
}
