/*
 * Verdicts from known samples: what counts as a difference, and that more
 * pairs shown together ask for more rounds.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "harness/results/verdict.h"
#include "tests/unit/run_suite.h"

/* The comparison of n rounds with these ratios. */
static struct comparison
compared(const double *ratios, size_t n)
{
    double values[16];

    for (size_t i = 0; i < n; i++) {
        values[i] = ratios[i];
    }
    return verdict_compare(values, n);
}

/* The verdict on a single pair. */
static enum verdict
verdict_alone(const double *ratios, size_t n)
{
    struct comparison comparison = compared(ratios, n);
    struct comparison *pairs[] = {&comparison};

    verdict_decide(pairs, 1);
    return comparison.verdict;
}

START_TEST(the_sign_test_is_the_binomial_one)
{
    ck_assert_double_eq(verdict_sign_test(6, 6), 2.0 / 64);
    ck_assert_double_eq(verdict_sign_test(0, 6), 2.0 / 64);
    ck_assert_double_eq(verdict_sign_test(8, 8), 2.0 / 256);
    ck_assert_double_eq(verdict_sign_test(7, 8), 18.0 / 256);
    ck_assert_double_eq(verdict_sign_test(1, 8), 18.0 / 256);
    ck_assert_double_eq(verdict_sign_test(5, 10), 1);
    ck_assert_double_eq(verdict_sign_test(0, 0), 1);
}
END_TEST

START_TEST(a_clear_difference_is_called_so)
{
    static const double more[] = {1.2, 1.3, 1.1, 1.25, 1.22, 1.31};
    static const double less[] = {0.8, 0.7, 0.9, 0.75, 0.78, 0.69};

    ck_assert_int_eq(verdict_alone(more, 6), VERDICT_MORE);
    ck_assert_int_eq(verdict_alone(less, 6), VERDICT_LESS);
}
END_TEST

START_TEST(below_six_rounds_nothing_is_claimed)
{
    static const double five[] = {2, 2, 2, 2, 2};
    struct comparison none = verdict_compare(NULL, 0);

    ck_assert_int_eq(verdict_alone(five, 5), VERDICT_TOO_FEW);
    ck_assert_int_eq(none.verdict, VERDICT_TOO_FEW);
    ck_assert_double_nan(none.p);
}
END_TEST

START_TEST(one_round_against_it_makes_it_unclear)
{
    static const double ratios[] = {1.2, 1.3, 1.1, 0.9, 1.22, 1.31, 1.2};

    ck_assert_int_eq(verdict_alone(ratios, 7), VERDICT_UNCLEAR);
}
END_TEST

START_TEST(a_difference_below_the_threshold_is_the_same)
{
    static const double same[] = {1.02, 1.01, 1.02, 1.015, 1.02, 1.025};
    static const double across[] = {1.02, 1.01, 1.02, 1.015, 1.02, 1.08};
    static const double above[] = {1.04, 1.035, 1.02, 1.05, 1.04, 1.045};

    ck_assert_int_eq(verdict_alone(same, 6), VERDICT_SAME);
    /* Surely above 1, but not by more than anyone should care. */
    ck_assert_int_eq(verdict_alone(across, 6), VERDICT_UNCLEAR);
    ck_assert_int_eq(verdict_alone(above, 6), VERDICT_MORE);
}
END_TEST

START_TEST(more_pairs_ask_for_more_rounds)
{
    static const double clear[] = {1.2, 1.3, 1.1, 1.25, 1.22, 1.31, 1.2, 1.2};
    struct comparison a = compared(clear, 6);
    struct comparison b = compared(clear, 6);
    struct comparison *pairs[] = {&a, &b};

    verdict_decide(pairs, 2);
    ck_assert_int_eq(a.verdict, VERDICT_TOO_FEW);
    ck_assert_int_eq(b.verdict, VERDICT_TOO_FEW);
    a = compared(clear, 7);
    b = compared(clear, 7);
    verdict_decide(pairs, 2);
    ck_assert_int_eq(a.verdict, VERDICT_MORE);
    ck_assert_int_eq(b.verdict, VERDICT_MORE);
}
END_TEST

/* Holm: a pair that is not clear does not take the clear ones with it, and
 * what is left over is held against a larger risk. */
START_TEST(each_pair_is_held_against_its_own_risk)
{
    static const double clear[] = {1.2, 1.3, 1.1, 1.25, 1.22, 1.31, 1.2, 1.2};
    static const double mixed[] = {1.2, 1.3, 0.9, 1.25, 1.22, 0.9, 1.2, 1.2};
    struct comparison a = compared(mixed, 8);
    struct comparison b = compared(clear, 8);
    struct comparison c = compared(clear, 8);
    struct comparison d = compared(clear, 6);
    struct comparison *pairs[] = {&a, &b, &c, &d};

    verdict_decide(pairs, 4);
    ck_assert_int_eq(a.verdict, VERDICT_UNCLEAR);
    ck_assert_int_eq(b.verdict, VERDICT_MORE);
    ck_assert_int_eq(c.verdict, VERDICT_MORE);
    /* 2/64 is above 0.05 / 2. */
    ck_assert_int_eq(d.verdict, VERDICT_TOO_FEW);
}
END_TEST

/* The clear one goes first and leaves the whole risk to the other. */
START_TEST(what_is_left_is_held_against_the_whole_risk)
{
    static const double clear[] = {1.2, 1.3, 1.1, 1.25, 1.22, 1.31, 1.2, 1.2};
    struct comparison a = compared(clear, 8);
    struct comparison b = compared(clear, 6);
    struct comparison *pairs[] = {&a, &b};

    verdict_decide(pairs, 2);
    ck_assert_int_eq(a.verdict, VERDICT_MORE);
    /* 2/64 is above 0.05 / 2, but below 0.05. */
    ck_assert_int_eq(b.verdict, VERDICT_MORE);
}
END_TEST

/* Two models that are the same: how often is a difference claimed? */
START_TEST(noise_alone_is_seldom_ranked)
{
    int claims = 0;

    srandom(3);
    for (int i = 0; i < 2000; i++) {
        struct comparison all[4];
        struct comparison *pairs[4];

        for (int j = 0; j < 4; j++) {
            double values[8];

            for (int k = 0; k < 8; k++) {
                values[k] = 0.5 + (double)random() / RAND_MAX;
            }
            all[j] = verdict_compare(values, 8);
            pairs[j] = &all[j];
        }
        verdict_decide(pairs, 4);
        for (int j = 0; j < 4; j++) {
            if (all[j].verdict == VERDICT_MORE ||
                all[j].verdict == VERDICT_LESS) {
                claims++;
                break;
            }
        }
    }
    ck_assert_msg(claims <= 100, "%d of 2000", claims);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("verdict");
    TCase *cases = tcase_create("all");

    tcase_add_test(cases, the_sign_test_is_the_binomial_one);
    tcase_add_test(cases, a_clear_difference_is_called_so);
    tcase_add_test(cases, below_six_rounds_nothing_is_claimed);
    tcase_add_test(cases, one_round_against_it_makes_it_unclear);
    tcase_add_test(cases, a_difference_below_the_threshold_is_the_same);
    tcase_add_test(cases, more_pairs_ask_for_more_rounds);
    tcase_add_test(cases, each_pair_is_held_against_its_own_risk);
    tcase_add_test(cases, what_is_left_is_held_against_the_whole_risk);
    tcase_add_test(cases, noise_alone_is_seldom_ranked);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
