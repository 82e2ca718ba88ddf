/*
 * test_statistics.c: blocks, intervals and verdicts; by simulation, too.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "harness/results/results.h"
#include "tests/unit/made.h"
#include "tests/unit/run_suite.h"

enum {
    MODELS = 5,
    BLOCKS = 100,
    RUNS = 1500, /* of a simulation */
    FEWER_RUNS = 400,
};

/* One run of five models: block, noise, and life for each. */
struct run_of_five {
    double value[BLOCKS * MODELS];
    int life[BLOCKS];
};

/* With 3 degrees of freedom, scaled to a standard deviation of 1: the tails
 * of a machine that others use, too. */
static double
heavy_tailed(void)
{
    double square = 0;

    for (int i = 0; i < 3; i++) {
        double normal = made_normal();

        square += normal * normal;
    }
    return made_normal() / sqrt(square / 3) / sqrt(3);
}

/* `dearer` is by what factor the last model costs more; `between` by how much
 * the lives of a model scatter. */
static void
make_run(struct run_of_five *run, double (*noise)(void), double dearer,
         double between)
{
    double life_effect[4][MODELS];

    for (int i = 0; i < 4 * MODELS; i++) {
        life_effect[i / MODELS][i % MODELS] = between * made_normal();
    }
    for (int block = 0; block < BLOCKS; block++) {
        double machine = 0.1 * made_normal();

        run->life[block] = block * 4 / BLOCKS;
        for (int model = 0; model < MODELS; model++) {
            run->value[block * MODELS + model] =
                machine + 0.08 * noise() +
                life_effect[run->life[block]][model] +
                (model == MODELS - 1 ? log(dearer) : 0);
        }
    }
}

/* How many of the simulated runs claim a difference: between any two models,
 * or if the last is dearer between it and another one. */
static int
count_claims(double (*noise)(void), double dearer, double between)
{
    static struct run_of_five run;
    int claims = 0;

    srandom(1);
    for (int i = 0; i < RUNS; i++) {
        struct fit fit;
        bool claim = false;

        make_run(&run, noise, dearer, between);
        statistics_fit(&fit, run.value, run.life, BLOCKS, MODELS);
        for (int a = 0; a < MODELS * MODELS; a++) {
            int model = a / MODELS;

            if (dearer == 1 || model == MODELS - 1) {
                claim |=
                    statistics_compare(&fit, model, a % MODELS).verdict ==
                    VERDICT_DIFFERENT;
            }
        }
        claims += claim;
    }
    return claims;
}

TEST(the_median_leaves_out_what_is_not_known)
{
    double values[] = {3, NAN, 1, 2, NAN, 10};

    ck_assert_double_eq(statistics_median(values, 6), 2.5);
    ck_assert_double_nan(statistics_median(values, 0));
}

/* Pearson and Hartley's table, as in every textbook. */
static const struct {
    int models;
    double freedom;
    double range;
} known[] = {
    {2, 10, 3.151},  {2, 20, 2.950},  {3, 10, 3.877},   {4, 20, 3.958},
    {5, 4, 6.287},   {5, 10, 4.654},  {5, 40, 4.039},   {5, 120, 3.917},
    {7, 120, 4.241}, {10, 20, 5.008}, {10, 1e6, 4.474},
};

TEST_EACH(the_studentised_range_is_that_of_the_tables, known)
{
    ck_assert_double_eq_tol(
        statistics_range(known[_i].models, known[_i].freedom),
        known[_i].range, 0.004 * known[_i].range);
}

TEST(blocks_cancel_out_and_ratios_are_exact)
{
    double value[20 * 2];
    int life[20];
    struct fit fit;
    struct comparison over;

    for (int i = 0; i < 20; i++) {
        life[i] = 1;
        value[(size_t)2 * (size_t)i] = log(5 + i);
        value[(size_t)2 * (size_t)i + 1] =
            log(1.5 * (5 + i)) + (i % 2 ? 1e-3 : -1e-3);
    }
    statistics_fit(&fit, value, life, 20, 2);
    over = statistics_compare(&fit, 1, 0);
    ck_assert_double_eq_tol(over.ratio, 1.5, 1e-9);
    ck_assert_double_le(over.high / over.low, 1.003);
    ck_assert_int_eq(over.verdict, VERDICT_DIFFERENT);
    ck_assert_double_eq_tol(statistics_compare(&fit, 0, 1).ratio, 1 / 1.5,
                            1e-9);
}

TEST(a_stall_moves_nothing)
{
    static struct run_of_five run;
    struct fit before;
    struct fit after;

    srandom(2);
    make_run(&run, made_normal, 1, 0);
    statistics_fit(&before, run.value, run.life, BLOCKS, MODELS);
    run.value[50 * MODELS + 1] += log(30);
    statistics_fit(&after, run.value, run.life, BLOCKS, MODELS);
    ck_assert_double_eq_tol(statistics_compare(&before, 1, 0).ratio,
                            statistics_compare(&after, 1, 0).ratio, 0.006);
    ck_assert_double_eq_tol(before.half, after.half, 0.1 * before.half);
}

static const struct {
    double ratio;
    double half; /* of the interval */
    enum verdict verdict;
} verdicts[] = {
    {1.00, 0.02, VERDICT_SAME},      {1.02, 0.02, VERDICT_UNCLEAR},
    {1.025, 0.01, VERDICT_UNCLEAR},  {1.04, 0.02, VERDICT_DIFFERENT},
    {0.95, 0.02, VERDICT_DIFFERENT}, {1.04, 0.05, VERDICT_UNCLEAR},
    {1.00, 0.04, VERDICT_UNCLEAR},   {1.00, NAN, VERDICT_UNKNOWN},
};

TEST_EACH(verdicts_need_the_whole_interval, verdicts)
{
    const struct fit fit = {.models = 2,
                            .half = verdicts[_i].half,
                            .level = {log(verdicts[_i].ratio), 0}};

    ck_assert_int_eq(statistics_compare(&fit, 0, 1).verdict,
                     verdicts[_i].verdict);
    ck_assert_int_eq(statistics_compare(&fit, 0, -1).verdict,
                     VERDICT_UNKNOWN);
}

TEST(too_little_is_no_interval)
{
    double value[] = {1, 2, 3, 4};
    int life[] = {1, 1, 1, 1};
    struct fit fit;

    statistics_fit(&fit, value, life, 2, 2);
    ck_assert_double_nan(fit.half);
    statistics_fit(&fit, value, life, 4, 1);
    ck_assert_double_nan(fit.half);
    statistics_fit(&fit, value, life, 0, 0);
    ck_assert_double_nan(fit.half);
}

TEST(equal_models_are_told_apart_in_5_of_100_runs_at_most)
{
    ck_assert_int_le(count_claims(made_normal, 1, 0), RUNS * 5 / 100);
    ck_assert_int_le(count_claims(heavy_tailed, 1, 0), RUNS * 5 / 100);
}

TEST(five_percent_more_is_found_in_95_of_100_runs)
{
    ck_assert_int_ge(count_claims(heavy_tailed, 1.05, 0), RUNS * 95 / 100);
}

/* Half of so few values lie on the fit, which says nothing of the others. Of
 * equal models any claim is false. */
static const struct {
    int blocks;
    int models;
} few[] = {{3, 3}, {5, 6}, {6, 6}, {8, 6}, {15, 6}, {16, 6}};

TEST_EACH(few_blocks_claim_no_more, few)
{
    int models = few[_i].models;
    int claims = 0;

    srandom(1);
    for (int i = 0; i < RUNS; i++) {
        int life[16] = {0};
        double value[16 * 6];
        double least = INFINITY, most = -INFINITY;
        struct fit fit;

        for (int j = 0; j < few[_i].blocks * models; j++) {
            value[j] = 0.08 * made_normal();
        }
        statistics_fit(&fit, value, life, few[_i].blocks, models);
        for (int m = 0; m < models; m++) {
            least = fmin(least, fit.level[m]);
            most = fmax(most, fit.level[m]);
        }
        claims += most - least > fit.half;
    }
    ck_assert_int_le(claims, RUNS * 65 / 1000);
}

/* A slice in ten is slow. */
static double
slow_at_times(void)
{
    return made_normal() + (random() % 10 == 0 ? 4 : 0);
}

/* The mean half interval of many runs, in standard errors of a pair's ratio
 * times the studentised range; what a slice varies by goes to `noise`. */
static double
mean_half(double (*noise)(void), double *mean_noise)
{
    static struct run_of_five run;
    double half = 0;

    srandom(1);
    *mean_noise = 0;
    for (int i = 0; i < FEWER_RUNS; i++) {
        struct fit fit;

        make_run(&run, noise, 1, 0);
        statistics_fit(&fit, run.value, run.life, BLOCKS, MODELS);
        half += fit.half / FEWER_RUNS;
        *mean_noise += fit.noise / FEWER_RUNS;
    }
    return half / (statistics_range(MODELS, (MODELS - 1) * (BLOCKS - 1)) *
                   0.08 / sqrt(BLOCKS));
}

/* Cut at 1.5 deviations, the level of normal values has 1.018 of the standard
 * error (Huber's 96.4 % efficiency). Where one in ten is 4 deviations off, a
 * plain mean has 1.56, and one that is cut at 3 not much less. */
TEST(cutting_costs_little_and_saves_much)
{
    double noise;

    ck_assert_double_eq_tol(mean_half(made_normal, &noise), 1.018, 0.015);
    ck_assert_double_eq_tol(noise, 0.08, 0.03 * 0.08);
    ck_assert_double_le(mean_half(slow_at_times, &noise), 1.4);
}

/* Lives that differ by as much as two slices do would be 20 times what the
 * slices explain; the claims must not come from them. */
TEST(lives_that_differ_widen_the_interval)
{
    ck_assert_int_le(count_claims(made_normal, 1, 0.08), RUNS * 8 / 100);
}

/* The lives of the last model scatter, those of the others do not: among them
 * nothing is claimed, and their interval is not its. */
TEST(one_unsteady_model_is_its_own_affair)
{
    static struct run_of_five run;
    int claims = 0;
    int narrow = 0;

    srandom(1);
    for (int i = 0; i < FEWER_RUNS; i++) {
        struct fit fit;
        bool claim = false;
        double effect = 0;

        make_run(&run, made_normal, 1, 0);
        for (int block = 0; block < BLOCKS; block++) {
            if (block == 0 || run.life[block] != run.life[block - 1]) {
                effect = 0.1 * made_normal();
            }
            run.value[block * MODELS + MODELS - 1] += effect;
        }
        statistics_fit(&fit, run.value, run.life, BLOCKS, MODELS);
        for (int a = 1; a < MODELS - 1; a++) {
            claim |=
                statistics_compare(&fit, a, 0).verdict == VERDICT_DIFFERENT;
        }
        claims += claim;
        narrow += fit.half < 0.04 && fit.wide[MODELS - 1] > fit.half;
    }
    ck_assert_int_le(claims, FEWER_RUNS * 5 / 100);
    ck_assert_int_ge(narrow, FEWER_RUNS * 80 / 100);
}
