/*
 * test_schedule.c: are the instants of a schedule what its kind promises?
 *
 * The generator is seeded, so what holds once holds always: the bounds below
 * are those of chance (four standard deviations or more), not of patience.
 * Long loops count what is wrong and assert once; ck_assert writes to a file.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "harness/load/internal.h"
#include "tests/unit/run_suite.h"

enum {
    INSTANTS = 1000000
};

static const int64_t begin_ns = INT64_C(123456789012345);
static struct schedule schedule;

static void
begin(struct schedule *of, enum schedule_kind kind, double rate_per_s,
      uint64_t seed)
{
    const struct engine_options options = {
        .arrivals = kind, .rate_per_s = rate_per_s, .runs = 1, .seed = seed};
    schedule_begin(of, &options, begin_ns);
}

/* Pass one instant. Returns the time from the last one, or from the
 * beginning, in nanoseconds. */
static int64_t
pass(int64_t *last_ns)
{
    int64_t gap_ns = schedule.next_ns - *last_ns;
    *last_ns = schedule.next_ns;
    schedule_pass(&schedule);
    return gap_ns;
}

/* Equal, or where no whole number of nanoseconds is a gap, as with 7000 a
 * second, nearly so; and nothing adds up. */
TEST_TIMES(fixed_gaps_are_equal, 2)
{
    int64_t last_ns = begin_ns;
    int64_t rate_per_s = _i == 0 ? 20000 : 7000;
    int64_t exact_gap_ns = 1000000000 / rate_per_s;
    int64_t allowed_ns = _i == 0 ? 0 : 2;
    int wrong = 0;
    begin(&schedule, SCHEDULE_FIXED, (double)rate_per_s, 1);
    for (int64_t i = 1; i <= INSTANTS; i++) {
        int64_t gap_ns = pass(&last_ns);
        int64_t exact_ns = begin_ns + i * 1000000000 / rate_per_s;
        wrong += llabs(gap_ns - exact_gap_ns) > allowed_ns;
        wrong += llabs(last_ns - exact_ns) > allowed_ns;
    }
    ck_assert_int_eq(wrong, 0);
}

/* Three threads take turns, at the rate of all of them. */
TEST(fixed_schedules_fit_between_each_other)
{
    struct schedule parts[3];
    for (int i = 0; i < 3; i++) {
        const struct engine_options options = {.arrivals = SCHEDULE_FIXED,
                                               .rate_per_s = 1000,
                                               .runs = 3,
                                               .index = i};
        schedule_begin(&parts[i], &options, begin_ns);
    }
    for (int i = 0; i < 3000; i++) {
        int64_t exact_ns = begin_ns + (i + 1) * INT64_C(1000000) / 3;
        ck_assert_int_le(llabs(parts[i % 3].next_ns - exact_ns), 2);
        schedule_pass(&parts[i % 3]);
    }
}

/* An exponential gap has the mean for its deviation, and a share of 1/e of
 * all gaps is longer than the mean. */
TEST_TIMES(poisson_gaps_are_exponential, 3)
{
    const double mean_ns = 50000;
    double sum = 0;
    double sum_of_squares = 0;
    int longer = 0;
    int64_t last_ns = begin_ns;
    begin(&schedule, SCHEDULE_POISSON, 20000, 1 + (uint64_t)_i);
    for (int i = 0; i < INSTANTS; i++) {
        double gap = (double)pass(&last_ns) / mean_ns;
        sum += gap;
        sum_of_squares += gap * gap;
        longer += gap > 1;
    }
    double mean = sum / INSTANTS;
    double variance = sum_of_squares / INSTANTS - mean * mean;
    ck_assert_double_eq_tol(mean, 1, 0.004);
    ck_assert_double_eq_tol(variance, 1, 0.012);
    ck_assert_double_eq_tol((double)longer / INSTANTS, exp(-1), 0.002);
}

/* Gaps that depend on each other would be bursts, or a rhythm. */
TEST(poisson_gaps_are_independent)
{
    double product = 0;
    int64_t last_ns = begin_ns;
    begin(&schedule, SCHEDULE_POISSON, 1e6, 7);
    double before = (double)pass(&last_ns) / 1000 - 1;
    for (int i = 0; i < INSTANTS; i++) {
        double gap = (double)pass(&last_ns) / 1000 - 1;
        product += gap * before;
        before = gap;
    }
    ck_assert_double_eq_tol(product / INSTANTS, 0, 0.004);
}

TEST(seed_decides_everything)
{
    struct schedule same;
    struct schedule other;
    int different = 0;
    begin(&schedule, SCHEDULE_POISSON, 1000, 42);
    begin(&same, SCHEDULE_POISSON, 1000, 42);
    begin(&other, SCHEDULE_POISSON, 1000, 43);
    for (int i = 0; i < 1000; i++) {
        ck_assert_int_eq(schedule.next_ns, same.next_ns);
        different += schedule.next_ns != other.next_ns;
        schedule_pass(&schedule);
        schedule_pass(&same);
        schedule_pass(&other);
    }
    ck_assert_int_gt(different, 990);
}
