/*
 * statistics.c: randomised blocks, compared in all pairs. See results.h.
 *
 * Model: the logarithm of a slice's figure = its model + its block + noise.
 * What slows the machine for a block cancels out, and what is left is pooled
 * over all models.
 *
 * A stall is no reason to throw a slice away by hand: residuals beyond three
 * times their median absolute deviation count as just that far. For this the
 * standard error grows by 1 / (share of residuals that were not cut), as
 * Huber (Robust Statistics, 1981, section 6.6) derives it.
 *
 * Intervals are Tukey's, for all pairs together, so that the cheapest may be
 * picked from the data and the others held against it.
 *
 * A fresh process may be a little faster or slower for as long as it lives.
 * So the levels of the models within each life are compared with those over
 * all: if they scatter more than the slices explain (F test at 1 %), the
 * lives and not the slices are the sample, and both the noise and its degrees
 * of freedom are those of the interaction of models and lives (the usual test
 * of a mixed model; Scheffe, The Analysis of Variance, 1959, section 8.1).
 */
#include "harness/results/results.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PASSES = 3,       /* first from medians, then twice from what is left */
    STEPS = 96,       /* of each integral */
    HALVINGS = 18,    /* of the interval in which a quantile lies */
    BLOCKS_LEAST = 3, /* below it there is nothing to estimate noise from */
    BLOCKS_CUT = 5    /* below it nobody can tell who lies too far out */
};

/* Residuals beyond so many median absolute deviations are cut; as standard
 * deviations of a normal distribution. */
#define CUT (3 * 1.4826)
/* The standard normal deviate of the 1 % test. */
#define ONE_PERCENT 2.326

/* What a fit works on. */
struct work {
    const double *value; /* [block][model] */
    double *cut;         /* the same, outliers pulled in */
    double *block;       /* level of each block */
    double *scratch;     /* as many as there are values */
    int blocks;          /* how many */
    int models;          /* how many */
};

static int
compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}

double
statistics_median(double *values, size_t n)
{
    size_t known = 0;

    for (size_t i = 0; i < n; i++) {
        if (!isnan(values[i])) {
            values[known++] = values[i];
        }
    }
    if (known == 0) {
        return NAN;
    }
    qsort(values, known, sizeof *values, compare_doubles);
    return (values[(known - 1) / 2] + values[known / 2]) / 2;
}

/* Levels that outliers cannot move: medians of blocks, then of models. */
static void
fit_medians(struct work *work, double *level)
{
    for (int b = 0; b < work->blocks; b++) {
        memcpy(work->scratch, &work->value[(size_t)b * (size_t)work->models],
               (size_t)work->models * sizeof *work->scratch);
        work->block[b] =
            statistics_median(work->scratch, (size_t)work->models);
    }
    for (int m = 0; m < work->models; m++) {
        for (int b = 0; b < work->blocks; b++) {
            work->scratch[b] =
                work->value[b * work->models + m] - work->block[b];
        }
        level[m] = statistics_median(work->scratch, (size_t)work->blocks);
    }
}

/* Levels of least squares, of the values that were cut. */
static void
fit_means(struct work *work, double *level)
{
    memset(level, 0, (size_t)work->models * sizeof *level);
    for (int b = 0; b < work->blocks; b++) {
        const double *cut = &work->cut[(size_t)b * (size_t)work->models];

        work->block[b] = 0;
        for (int m = 0; m < work->models; m++) {
            work->block[b] += cut[m] / work->models;
        }
        for (int m = 0; m < work->models; m++) {
            level[m] += (cut[m] - work->block[b]) / work->blocks;
        }
    }
}

/* Pull in what lies too far from the fit. Returns the share that did not. */
static double
cut(struct work *work, const double *level)
{
    int n = work->blocks * work->models;
    int inside = 0;
    double most;

    for (int i = 0; i < n; i++) {
        work->scratch[i] = fabs(work->value[i] - level[i % work->models] -
                                work->block[i / work->models]);
    }
    most = work->blocks < BLOCKS_CUT
               ? INFINITY
               : CUT * statistics_median(work->scratch, (size_t)n);
    for (int i = 0; i < n; i++) {
        double fitted =
            level[i % work->models] + work->block[i / work->models];
        double residual = work->value[i] - fitted;

        inside += fabs(residual) <= most;
        work->cut[i] = fitted + fmax(-most, fmin(most, residual));
    }
    return (double)inside / n;
}

/* True if F with these degrees of freedom is beyond what chance explains in
 * 99 of 100 cases (Paulson's normal approximation, 1942). */
static bool
is_beyond_chance(double f, double freedom_1, double freedom_2)
{
    double a = 2 / (9 * freedom_1);
    double b = 2 / (9 * freedom_2);
    double root = cbrt(f);

    return ((1 - b) * root - (1 - a)) / sqrt(b * root * root + a) >
           ONE_PERCENT;
}

/* The mean square of models by lives, and its degrees of freedom. */
static double
between_lives(const struct work *work, const double *level, const int *life,
              double *freedom)
{
    double sum = 0;
    int lives = 0;

    for (int b = 0; b < work->blocks; lives++) {
        int begin = b;

        while (b < work->blocks && life[b] == life[begin]) {
            b++;
        }
        for (int m = 0; m < work->models; m++) {
            double mean = 0;

            for (int i = begin; i < b; i++) {
                mean += (work->cut[i * work->models + m] - level[m] -
                         work->block[i]) /
                        (b - begin);
            }
            sum += (b - begin) * mean * mean;
        }
    }
    *freedom = (work->models - 1.0) * (lives - 1);
    return *freedom > 0 ? sum / *freedom : 0;
}

static void
make_interval(struct fit *fit, const struct work *work, const int *life,
              double inside)
{
    double freedom = (fit->models - 1.0) * (fit->blocks - 1);
    double lives_freedom;
    double lives = between_lives(work, fit->level, life, &lives_freedom);
    double square = 0;

    for (int i = 0; i < fit->blocks * fit->models; i++) {
        double residual = work->cut[i] - fit->level[i % fit->models] -
                          work->block[i / fit->models];

        square += residual * residual / freedom;
    }
    fit->noise = sqrt(square);
    square /= inside * inside;
    fit->lives_differ =
        lives_freedom > 0 && square > 0 &&
        is_beyond_chance(lives / square, lives_freedom, freedom);
    if (fit->lives_differ) {
        square = lives;
        freedom = lives_freedom;
    }
    fit->half =
        statistics_range(fit->models, freedom) * sqrt(square / fit->blocks);
}

int
statistics_fit(struct fit *fit, const double *value, const int *life,
               int blocks, int models)
{
    size_t n = (size_t)blocks * (size_t)models;
    struct work work = {.value = value, .blocks = blocks, .models = models};
    double *room = calloc(2 * n + (size_t)blocks + 1, sizeof *room);
    double inside = 1;

    memset(fit, 0, sizeof *fit);
    fit->models = models;
    fit->blocks = blocks;
    fit->noise = NAN;
    fit->half = NAN;
    if (!room) {
        return -1;
    }
    work.cut = room;
    work.scratch = room + n;
    work.block = room + 2 * n;
    if (blocks > 0 && models > 0) {
        fit_medians(&work, fit->level);
        for (int pass = 0; pass < PASSES; pass++) {
            inside = cut(&work, fit->level);
            fit_means(&work, fit->level);
        }
        if (blocks >= BLOCKS_LEAST && models > 1) {
            make_interval(fit, &work, life, inside);
        }
        /* From here on with the level of the blocks, in the figure's unit. */
        for (int b = 0; b < blocks; b++) {
            for (int m = 0; m < models; m++) {
                fit->level[m] += work.block[b] / blocks;
            }
        }
    }
    free(room);
    return 0;
}

struct comparison
statistics_compare(const struct fit *fit, int a, int b)
{
    struct comparison comparison = {NAN, NAN, NAN, VERDICT_UNKNOWN};
    double difference;

    if (a < 0 || b < 0 || a >= fit->models || b >= fit->models ||
        isnan(fit->half)) {
        return comparison;
    }
    difference = fit->level[a] - fit->level[b];
    comparison.ratio = exp(difference);
    comparison.low = exp(difference - fit->half);
    comparison.high = exp(difference + fit->half);
    comparison.verdict = VERDICT_UNCLEAR;
    if (comparison.low > 1 - VERDICT_THRESHOLD &&
        comparison.high < 1 + VERDICT_THRESHOLD) {
        comparison.verdict = VERDICT_SAME;
    } else if ((comparison.low > 1 &&
                comparison.ratio >= 1 + VERDICT_THRESHOLD) ||
               (comparison.high < 1 &&
                comparison.ratio <= 1 - VERDICT_THRESHOLD)) {
        comparison.verdict = VERDICT_DIFFERENT;
    }
    return comparison;
}

/* ---- the studentised range -----------------------------------------------
 */

static double
normal_below(double z)
{
    return erfc(-z * M_SQRT1_2) / 2;
}

/* The chance that `models` standard normal means lie within `range`. */
static double
range_below(int models, double range)
{
    const double width = 16.0 / STEPS;
    double sum = 0;

    for (int i = 0; i < STEPS; i++) {
        double z = -8 + (i + 0.5) * width;

        sum += exp(-z * z / 2) *
               pow(normal_below(z) - normal_below(z - range), models - 1);
    }
    return models * sum * width / sqrt(2 * M_PI);
}

/* The same in units of a deviation that was estimated: the mean over how that
 * may come out, s sqrt(freedom) being chi distributed. */
static double
studentised_below(int models, double freedom, double range)
{
    double spread = 8 / sqrt(2 * freedom);
    double low = fmax(0, 1 - spread);
    double width = (1 + spread - low) / STEPS;
    double sum = 0;
    double weights = 0;

    for (int i = 0; i < STEPS; i++) {
        double s = low + (i + 0.5) * width;
        double weight =
            exp((freedom - 1) * log(s) - freedom * (s * s - 1) / 2);

        weights += weight;
        sum += weight * range_below(models, range * s);
    }
    return sum / weights;
}

/* The last answer is kept, since most scenarios ask the same. */
double
statistics_range(int models, double freedom)
{
    static int known_models;
    static double known_freedom;
    static double known;
    double low = 0;
    double high = 60;

    if (models == known_models && freedom == known_freedom) {
        return known;
    }
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (low + high) / 2;

        if (studentised_below(models, freedom, middle) < 0.95) {
            low = middle;
        } else {
            high = middle;
        }
    }
    known_models = models;
    known_freedom = freedom;
    known = (low + high) / 2;
    return known;
}
