/*
 * test_slo.c: the search for a rate, against servers that are a function.
 */
#include <check.h>
#include <stdlib.h>

#include "harness/load/load.h"
#include "tests/unit/run_suite.h"

/* A server that keeps its promise up to a rate. */
struct server {
    double knee_per_s;       /* this rate */
    enum slo_outcome beyond; /* what comes of higher ones */
    int stall_at;            /* this try fails whatever its rate; 0: none */
    int interrupt_at;        /* the search is to end there; 0: never */
    int tries;               /* so far */
};

static struct server server;

static enum slo_outcome
outcome_of(double rate_per_s, struct server *self)
{
    self->tries++;
    if (self->tries == self->interrupt_at) {
        return SLO_INTERRUPTED;
    }
    if (self->tries == self->stall_at) {
        return SLO_BROKEN;
    }
    return rate_per_s <= self->knee_per_s ? SLO_KEPT : self->beyond;
}

static struct slo_try
try_rate(double rate_per_s, void *arg)
{
    return (struct slo_try){.rate_per_s = rate_per_s,
                            .outcome = outcome_of(rate_per_s, arg)};
}

static struct slo_answer
search(double knee_per_s)
{
    server.knee_per_s = knee_per_s;
    server.beyond = SLO_BROKEN;
    return slo_search(100, 100000, try_rate, &server);
}

static const double knees_per_s[] = {100, 104, 1000, 34567, 99000};

START_TEST(finds_the_knee)
{
    struct slo_answer answer = search(knees_per_s[_i]);
    ck_assert_int_eq(answer.failed.outcome, SLO_BROKEN);
    ck_assert_double_le(answer.kept_per_s, knees_per_s[_i]);
    ck_assert_double_gt(answer.failed.rate_per_s, knees_per_s[_i]);
    ck_assert_double_le(answer.failed.rate_per_s,
                        answer.kept_per_s * SLO_GRID_RATIO * 1.0001);
    ck_assert_int_le(server.tries, 18);
}
END_TEST

START_TEST(nothing_is_kept)
{
    struct slo_answer answer = search(50);
    ck_assert_double_eq(answer.kept_per_s, 0);
    ck_assert_double_eq(answer.failed.rate_per_s, 100);
    ck_assert_int_eq(answer.failed.outcome, SLO_BROKEN);
}
END_TEST

START_TEST(everything_is_kept)
{
    struct slo_answer answer = search(1e9);
    ck_assert_double_eq(answer.kept_per_s, 100000);
    ck_assert_double_eq(answer.failed.rate_per_s, 0);
    ck_assert_int_eq(answer.failed.outcome, SLO_KEPT);
}
END_TEST

START_TEST(one_rate_is_a_grid)
{
    server.knee_per_s = 10;
    struct slo_answer answer = slo_search(7, 7, try_rate, &server);
    ck_assert_double_eq(answer.kept_per_s, 7);
    ck_assert_int_eq(server.tries, 1);
}
END_TEST

START_TEST(one_stall_is_forgiven)
{
    server.stall_at = 1 + _i;
    struct slo_answer answer = search(34567);
    ck_assert_double_gt(answer.kept_per_s, 34567 / 1.06);
}
END_TEST

START_TEST(client_at_its_end_is_not_a_broken_promise)
{
    server.knee_per_s = 5000;
    server.beyond = SLO_UNKNOWN;
    struct slo_answer answer = slo_search(100, 1e6, try_rate, &server);
    ck_assert_int_eq(answer.failed.outcome, SLO_UNKNOWN);
    ck_assert_double_gt(answer.kept_per_s, 5000 / 1.06);
}
END_TEST

START_TEST(interrupt_ends_it)
{
    server.interrupt_at = 3;
    struct slo_answer answer = search(1e9);
    ck_assert_int_eq(answer.failed.outcome, SLO_INTERRUPTED);
    ck_assert_int_eq(server.tries, 3);
    ck_assert_double_gt(answer.kept_per_s, 0);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("slo");
    TCase *tests = tcase_create("slo");
    tcase_add_loop_test(tests, finds_the_knee, 0, 5);
    tcase_add_test(tests, nothing_is_kept);
    tcase_add_test(tests, everything_is_kept);
    tcase_add_test(tests, one_rate_is_a_grid);
    tcase_add_loop_test(tests, one_stall_is_forgiven, 0, 5);
    tcase_add_test(tests, client_at_its_end_is_not_a_broken_promise);
    tcase_add_test(tests, interrupt_ends_it);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
