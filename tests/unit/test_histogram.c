/*
 * test_histogram.c: the histogram against a sorted list of the same values.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "harness/load/engine.h"
#include "tests/unit/run_suite.h"

enum {
    VALUES = 20000
};

static struct histogram histogram;
static struct histogram other;
static int64_t values[VALUES];

static int
compare_values(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* Values over the whole range, small ones as likely as large ones. */
static void
make_values(unsigned int seed)
{
    for (int i = 0; i < VALUES; i++) {
        int bits = rand_r(&seed) % HISTOGRAM_MAX_BITS + 1;
        int64_t value = (int64_t)rand_r(&seed) << 31 | rand_r(&seed);
        values[i] = value & ((INT64_C(1) << bits) - 1);
    }
}

static void
assert_quantile(double quantile)
{
    /* The old coprocessor of i386 calculates with more digits than others. */
    double rank = fmax(1, ceil(quantile * VALUES - 1e-6));
    int64_t exact_ns = values[(int)rank - 1];
    int64_t got_ns = histogram_quantile_ns(&histogram, quantile);
    ck_assert_msg(got_ns >= exact_ns &&
                      (double)got_ns <= (double)exact_ns * (1 + 1.0 / 128),
                  "quantile %g: %lld, exactly %lld", quantile,
                  (long long)got_ns, (long long)exact_ns);
}

TEST_TIMES(quantiles_match_a_sorted_list, 5)
{
    static const double quantiles[] = {0,    0.0001, 0.01,  0.25,   0.5,
                                       0.75, 0.9,    0.999, 0.9999, 1};
    int64_t sum = 0;
    make_values((unsigned int)_i + 1);
    for (int i = 0; i < VALUES; i++) {
        histogram_record(&histogram, values[i]);
        sum += values[i] / VALUES;
    }
    qsort(values, VALUES, sizeof values[0], compare_values);
    for (int i = 0; i < ROWS(quantiles); i++) {
        assert_quantile(quantiles[i]);
    }
    ck_assert_uint_eq(histogram.count, VALUES);
    ck_assert_int_eq(histogram.max_ns, values[VALUES - 1]);
    ck_assert_double_eq_tol(histogram_mean_ns(&histogram), (double)sum,
                            VALUES);
}

/* Small values are exact. At the ends of each power of two a value must get a
 * bucket that is neither below it nor far above, and in order. */
TEST(edges_of_every_row)
{
    int64_t last_ns = 0;
    for (int bits = 1; bits < HISTOGRAM_MAX_BITS; bits++) {
        int64_t end = INT64_C(1) << bits;
        for (int64_t value = bits < 9 ? 0 : end - 1; value <= end + 1;
             value++) {
            struct histogram one = {0};
            histogram_record(&one, value);
            histogram_record(&one, INT64_C(1) << 35);
            int64_t got_ns = histogram_quantile_ns(&one, 0.5);
            ck_assert_int_ge(got_ns, value);
            ck_assert_int_le(got_ns,
                             value < 256 ? value : value + value / 128);
            ck_assert(got_ns >= last_ns || value == 0);
            last_ns = got_ns;
        }
    }
}

TEST(ends_of_the_range)
{
    ck_assert_int_eq(histogram_quantile_ns(&histogram, 0.5), 0);
    ck_assert_double_eq(histogram_mean_ns(&histogram), 0);
    histogram_record(&histogram, -5);
    ck_assert_int_eq(histogram_quantile_ns(&histogram, 1), 0);

    /* Beyond the last bucket: counted there, and max_ns knows. */
    histogram_record(&histogram, INT64_MAX);
    histogram_record(&histogram, INT64_C(1) << HISTOGRAM_MAX_BITS);
    ck_assert_int_eq(histogram.max_ns, INT64_MAX);
    ck_assert_int_eq(histogram_quantile_ns(&histogram, 1), INT64_MAX);
    ck_assert_uint_eq(histogram.buckets[HISTOGRAM_BUCKETS - 1], 2);

    histogram_record(&other, (INT64_C(1) << HISTOGRAM_MAX_BITS) - 1);
    ck_assert_uint_eq(other.buckets[HISTOGRAM_BUCKETS - 1], 1);
}

/* ceil(q * n) must not be one too large for want of a bit: 0.9 of ten values
 * is the ninth. */
TEST(ranks_are_exact)
{
    for (int i = 1; i <= 100; i++) {
        histogram_record(&histogram, i);
    }
    for (int i = 1; i <= 100; i++) {
        ck_assert_int_eq(histogram_quantile_ns(&histogram, i / 100.0), i);
    }
}

TEST(merging_is_recording_all)
{
    static struct histogram whole;
    static const struct histogram empty;
    make_values(7);
    for (int i = 0; i < VALUES; i++) {
        histogram_record(i % 3 ? &histogram : &other, values[i]);
        histogram_record(&whole, values[i]);
    }
    histogram_merge(&histogram, &other);
    histogram_merge(&histogram, &empty);
    ck_assert_mem_eq(histogram.buckets, whole.buckets, sizeof whole.buckets);
    ck_assert_uint_eq(histogram.count, whole.count);
    ck_assert_int_eq(histogram.max_ns, whole.max_ns);
    ck_assert_double_eq_tol(histogram.sum_ns, whole.sum_ns, 1e6);
}
