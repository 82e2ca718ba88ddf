/*
 * test_summary.c: rows, who is best, what is hidden, what is checked.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "harness/results/results.h"
#include "tests/unit/made.h"
#include "tests/unit/run_suite.h"

CASE(summary, made_begin, made_end)

static const struct summary_row *
row(const char *model)
{
    const struct summary_row *found =
        summary_find(&made.summary.groups[0], model);

    ck_assert_ptr_nonnull(found);
    return found;
}

TEST(rows_are_in_the_order_of_the_run_and_the_yardstick_is_last)
{
    strcpy(made.results.run.models, "a b");
    made_model(RESULTS_YARDSTICK, 5);
    made_model("zig", 5);
    made_model("b", 5);
    made_model("a", 5);
    made_summary();
    ck_assert_uint_eq(made.summary.nrows, 4);
    ck_assert_str_eq(made.summary.rows[0].life->model, "a");
    ck_assert_str_eq(made.summary.rows[1].life->model, "b");
    ck_assert_str_eq(made.summary.rows[2].life->model, "zig");
    ck_assert(made.summary.rows[3].yardstick);
    ck_assert_int_eq(made.summary.rows[0].nlives, 2);
    ck_assert_int_eq(made.summary.groups[0].blocks, 60);
}

TEST(the_best_is_chosen_and_the_others_are_held_against_it)
{
    made_model("cheap", 5);
    made_model("equal", 5.02);
    made_model("dear", 8);
    made_model(RESULTS_YARDSTICK, 4);
    made_summary();
    const struct summary_row *dear = row("dear");
    const struct comparison *over = dear->over_best;
    ck_assert_str_ne(made.summary.groups[0].best[FIT_CPU]->life->model,
                     "dear");
    ck_assert(!made.summary.groups[0].clear[FIT_CPU]);
    ck_assert_int_eq(over[FIT_CPU].verdict, VERDICT_DIFFERENT);
    ck_assert_double_eq_tol(over[FIT_CPU].ratio, 1.6, 0.03);
    ck_assert_double_eq_tol(dear->over_yardstick.ratio, 2, 0.03);
    ck_assert_int_eq(over[FIT_RATE].verdict, VERDICT_DIFFERENT);
    ck_assert_double_lt(over[FIT_RATE].ratio, 0.8);
    ck_assert_double_nan(row(RESULTS_YARDSTICK)->over_best[FIT_CPU].ratio);
    /* One number: order and ratio come from the same fit. */
    ck_assert_double_eq_tol(
        dear->figure[LIFE_SERVER_CPU_US_PER_ECHO] /
            row("cheap")->figure[LIFE_SERVER_CPU_US_PER_ECHO],
        summary_compare(dear, row("cheap"), FIT_CPU).ratio, 1e-9);
}

TEST(a_starved_row_is_not_compared)
{
    struct life life = made_life("starved");

    life.figure[LIFE_SERVED] = 1;
    made_add(&made.results, &life, 1);
    made_model("a", 5);
    made_model("b", 6);
    made_summary();
    ck_assert(row("starved")->starved && !row("starved")->comparable);
    ck_assert_double_nan(
        summary_compare(row("starved"), row("a"), FIT_CPU).ratio);
    ck_assert_str_eq(made.summary.groups[0].best[FIT_CPU]->life->model, "a");
    ck_assert(made.summary.groups[0].clear[FIT_CPU]);
}

TEST(one_failure_fails_the_row)
{
    struct life life = made_life("a");

    made_model("a", 5);
    life_fail(&life, LIFE_FAILED, "it died with %d", 11);
    results_add(&made.results, RECORD_LIFE, &life);
    made_summary();
    ck_assert_int_eq(row("a")->status, LIFE_FAILED);
    ck_assert_str_eq(row("a")->life->reason, "it died with 11");
    ck_assert_int_eq(row("a")->ok, 2);
}

/* The worst life tells who was served, errors and stalls add up. */
TEST(lives_are_drawn_together_as_the_table_says)
{
    struct life life = made_life("a");

    life.figure[LIFE_SERVED] = 60;
    life.figure[LIFE_STALLS] = 2;
    life.figure[LIFE_P50_US] = 100;
    results_add(&made.results, RECORD_LIFE, &life);
    life.figure[LIFE_SERVED] = 64;
    life.figure[LIFE_STALLS] = 3;
    life.figure[LIFE_P50_US] = 300;
    results_add(&made.results, RECORD_LIFE, &life);
    made_summary();
    ck_assert_double_eq(row("a")->figure[LIFE_SERVED], 60);
    ck_assert_double_eq(row("a")->served_most, 64);
    ck_assert_double_eq(row("a")->figure[LIFE_STALLS], 5);
    ck_assert_double_eq(row("a")->figure[LIFE_P50_US], 200);
    ck_assert(row("a")->starved);
}

TEST(blocks_that_lack_a_server_are_left_out)
{
    made_model("a", 5);
    made_model("b", 6);
    made.results.nslices -= 10; /* the run was cut short */
    made_model("late", 6);      /* has them all */
    made_summary();
    ck_assert_int_eq(made.summary.groups[0].blocks, 50);
    ck_assert_double_eq_tol(row("b")->over_best[FIT_CPU].ratio, 1.2, 0.02);
}

/* Each was measured in one life, and not in that of the other. */
TEST(without_a_block_in_common_nobody_is_best)
{
    made_model("a", 5);
    made_model("b", 6);
    life_fail(&made.results.lives[0], LIFE_INVALID, "trouble of the client");
    life_fail(&made.results.lives[3], LIFE_INVALID, "trouble of the client");
    made_summary();
    ck_assert_int_eq(made.summary.groups[0].blocks, 0);
    ck_assert_ptr_null(made.summary.groups[0].best[FIT_CPU]);
    ck_assert_double_nan(row("b")->over_best[FIT_CPU].ratio);
}

TEST(who_has_few_slices_takes_no_part)
{
    made_model("a", 5);
    made_model("b", 6);
    made_model("gone", 6);
    made.results.nslices -= 50;
    made_summary();
    ck_assert_double_nan(row("gone")->over_best[FIT_CPU].ratio);
    ck_assert_int_eq(made.summary.groups[0].blocks, 60);
}

TEST(figures_that_mislead_are_hidden)
{
    struct life life = made_life("a");

    life.figure[LIFE_CPU_OVER_FLOOR] = 40;
    life.figure[LIFE_RSS_KIB_PER_CLIENT] = -3;
    made_add(&made.results, &life, 0);
    made_summary();
    ck_assert_double_nan(row("a")->figure[LIFE_CPU_OVER_FLOOR]);
    ck_assert_double_nan(row("a")->figure[LIFE_RSS_KIB_PER_CLIENT]);
    ck_assert_double_nan(row("a")->figure[LIFE_SERVER_CPU_US_PER_ECHO]);
}

TEST(rates_stand_together_and_tell_who_is_saturated)
{
    static const int rates[] = {40000, 0, 20000};

    for (int i = 0; i < 3; i++) {
        struct life life = made_life("a");

        life.rate_per_s = rates[i];
        life.figure[LIFE_REACHED_SHARE] = rates[i] > 20000 ? 0.9 : 0.99;
        made_add(&made.results, &life, 5);
    }
    made_summary();
    ck_assert_uint_eq(made.summary.ngroups, 3);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(made.summary.rows[i].life->rate_per_s,
                         INT64_C(20000) * i);
        ck_assert_int_eq(made.summary.rows[i].saturated, i == 2);
    }
}

/* One wrong number each, beside a right one; the check that must see it. */
static const struct {
    enum check check;
    enum life_figure figure;
    double value;
    int failed;
    int rate_per_s;
    const char *layout;
} checks[] = {
    {CHECK_BYTES, LIFE_CLIENT_BYTES, 640, 0, 0, "shared"},
    {CHECK_BYTES, LIFE_CLIENT_BYTES, 641, 1, 0, "shared"},
    {CHECK_LIMIT, LIFE_CPU_OVER_FLOOR, 1.5, 0, 0, "shared"},
    {CHECK_LIMIT, LIFE_CPU_OVER_FLOOR, 0.9, 1, 0, "shared"},
    {CHECK_CLIENT, LIFE_CLIENT_CPU_US_PER_ECHO, 6, 0, 1000, "split"},
    {CHECK_CLIENT, LIFE_CLIENT_CPU_US_PER_ECHO, 20, 1, 1000, "split"},
    {CHECK_KERNEL, LIFE_RETRANSMITS, 0, 0, 0, "shared"},
    {CHECK_KERNEL, LIFE_RETRANSMITS, 1, 1, 0, "shared"},
};

TEST_EACH(checks_see_what_cannot_be, checks)
{
    const struct check_result *seen = &made.summary.checks[checks[_i].check];
    struct life life = made_life("a");

    snprintf(life.layout, sizeof life.layout, "%s", checks[_i].layout);
    strcpy(life.stats, "{\"bytes_in\":640,\"bytes_out\":640}");
    life.rate_per_s = checks[_i].rate_per_s;
    life.figure[LIFE_LISTEN_OVERFLOWS] = 0;
    life.figure[LIFE_LISTEN_DROPS] = life.figure[LIFE_RETRANSMITS] = 0;
    life.figure[checks[_i].figure] = checks[_i].value;
    made_add(&made.results, &life, 5);
    made_summary();
    ck_assert_int_gt(seen->checked, 0);
    ck_assert_int_eq(seen->failed > 0, checks[_i].failed);
    ck_assert(!checks[_i].failed || strstr(seen->first, "a in echo 64"));
}

/* The kernel counts for all that live at a time: who leaves clients in its
 * queue fills it, and is no fault of another one's figures. */
TEST(a_full_queue_is_no_fault_beside_who_leaves_clients_in_it)
{
    struct life life = made_life("a");
    struct life starved = made_life("b");

    life.figure[LIFE_LISTEN_OVERFLOWS] = 7;
    life.figure[LIFE_LISTEN_DROPS] = life.figure[LIFE_RETRANSMITS] = 0;
    starved.figure[LIFE_SERVED] = 1;
    made_add(&made.results, &life, 5);
    made_summary();
    ck_assert_int_gt(made.summary.checks[CHECK_KERNEL].failed, 0);
    made_add(&made.results, &starved, 5);
    made_summary();
    ck_assert_int_eq(made.summary.checks[CHECK_KERNEL].failed, 0);
}

TEST(calls_belong_to_their_row_and_add_up)
{
    struct calls calls;

    calls_clear(&calls);
    strcpy(calls.scenario, "echo");
    strcpy(calls.model, "a");
    calls.clients = 64;
    calls.per_echo = 2;
    calls_add(&calls, "read", 3);
    results_add(&made.results, RECORD_CALLS, &calls);
    made_model("a", 5);
    made_model("b", 5);
    made_summary();
    ck_assert_double_eq(row("a")->figure[LIFE_SYSCALLS_PER_ECHO], 2);
    ck_assert_ptr_null(row("b")->calls);
    ck_assert_int_eq(made.summary.checks[CHECK_CALLS].failed, 1);
}
