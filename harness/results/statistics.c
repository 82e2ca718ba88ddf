/*
 * statistics.c: randomised blocks, compared in all pairs. See results.h.
 *
 * Model: the logarithm of a slice's figure = its model + its block + noise.
 * What slows the machine for a block cancels out, and what is left is pooled
 * over all models.
 *
 * A stall is no reason to throw a slice away by hand: residuals beyond one
 * and a half standard deviations, told from their median, count as just that
 * far, and of few blocks, where the median tells less, beyond three. For this
 * the standard error grows by K / (share of residuals that were not cut), as
 * Huber (Robust Statistics, 1981, chapter 7) derives both. Where one slice in
 * ten is slow, as on a machine that others use, an interval is narrower for
 * the lesser cut by a sixth or more; where noise is normal, wider by some
 * percent.
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
 * If one model alone is to blame, as the rest without it shows, only its own
 * comparisons are wider.
 */
#include "harness/results/results.h"

#include <math.h>
#include <stdlib.h>
#include <sys/param.h>

enum {
    PASSES = 3,        /* first from medians, then twice from what is left */
    STEPS = 96,        /* of the integral over estimates */
    NORMAL_STEPS = 32, /* of that over a normal deviate, which is smooth */
    HALVINGS = 18,     /* of the interval in which a quantile lies */
    RANGES_KEPT = 8,   /* that were asked for last */
    BLOCKS_LEAST = 3,  /* below it there is nothing to estimate noise from */
    BLOCKS_CUT = 5,    /* below it nobody can tell who lies too far out */
    BLOCKS_FEW = 16,   /* below it CUT_FEW holds */
    MODELS_LEAST = 3,  /* below it nobody can tell who is to blame */
};

/* Residuals beyond so many standard deviations are cut; and a standard
 * deviation in median absolute ones, where the distribution is normal. */
#define CUT       1.5
#define CUT_FEW   3.0
#define DEVIATION 1.4826
/* The standard normal deviate of the 1 % test. */
#define ONE_PERCENT 2.326

/* What a fit works on. */
struct work {
    const int *life;                  /* that each block is of */
    double *value;                    /* [block][model] */
    double *cut;                      /* the same, outliers pulled in */
    double *block;                    /* level of each block */
    double *scratch;                  /* as many as there are values */
    int blocks;                       /* how many */
    int models;                       /* how many */
    int n;                            /* values: the product of these */
    double level[RESULTS_MODELS_MAX]; /* of each model */
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

static double
mean(double *values, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += values[i];
    }
    return sum / (double)n;
}

/* The level of each block is the centre of its values, that of each model the
 * centre of what it differs by from the blocks: by medians, which outliers
 * cannot move, or by means, which are the levels of least squares. */
static void
fit_levels(struct work *work, const double *value,
           double (*centre)(double *values, size_t n))
{
    for (int b = 0; b < work->blocks; b++) {
        for (int m = 0; m < work->models; m++) {
            work->scratch[m] = value[b * work->models + m];
        }
        work->block[b] = centre(work->scratch, (size_t)work->models);
    }
    for (int m = 0; m < work->models; m++) {
        for (int b = 0; b < work->blocks; b++) {
            work->scratch[b] = value[b * work->models + m] - work->block[b];
        }
        work->level[m] = centre(work->scratch, (size_t)work->blocks);
    }
}

static double
fitted(const struct work *work, int i)
{
    return work->level[i % work->models] + work->block[i / work->models];
}

/* Pull in what lies too far from the fit. Returns the share that did not. */
static double
cut(struct work *work)
{
    int inside = 0;
    double most = INFINITY;

    if (work->blocks >= BLOCKS_CUT) {
        for (int i = 0; i < work->n; i++) {
            work->scratch[i] = fabs(work->value[i] - fitted(work, i));
        }
        most = (work->blocks < BLOCKS_FEW ? CUT_FEW : CUT) * DEVIATION *
               statistics_median(work->scratch, (size_t)work->n);
    }
    for (int i = 0; i < work->n; i++) {
        double residual = work->value[i] - fitted(work, i);

        inside += fabs(residual) <= most;
        work->cut[i] = fitted(work, i) + fmax(-most, fmin(most, residual));
    }
    return (double)inside / work->n;
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

/* The sum of squares of each model, by lives; returns how many those are. */
static int
between_lives(const struct work *work, double squares[RESULTS_MODELS_MAX])
{
    int lives = 0;

    for (int begin = 0, end = 0; begin < work->blocks; begin = end) {
        while (end < work->blocks && work->life[end] == work->life[begin]) {
            end++;
        }
        for (int m = 0; m < work->models; m++) {
            double mean = 0;

            for (int b = begin; b < end; b++) {
                int i = b * work->models + m;

                mean += (work->cut[i] - fitted(work, i)) / (end - begin);
            }
            squares[m] += (end - begin) * mean * mean;
        }
        lives++;
    }
    return lives;
}

/* Set the interval from what the fit leaves. Returns the model that is the
 * least steady from life to life, or -1 if the lives agree. */
static int
make_interval(struct fit *fit, const struct work *work, double inside)
{
    double squares[RESULTS_MODELS_MAX] = {0};
    int lives = between_lives(work, squares);
    int least_steady = 0;
    double between = 0;
    double lives_freedom = (work->models - 1.0) * (lives - 1);
    double freedom = (work->models - 1.0) * (work->blocks - 1);
    /* Parameters that were fitted, for each value. */
    double fitted_share = 1 - freedom / work->n;
    double square = 0;
    bool differ;

    for (int m = 0; m < work->models; m++) {
        between += squares[m];
        least_steady = squares[m] > squares[least_steady] ? m : least_steady;
    }
    for (int i = 0; i < work->n; i++) {
        square += pow(work->cut[i] - fitted(work, i), 2) / freedom;
    }
    fit->noise = sqrt(square) / inside;
    differ = lives > 1 && square > 0 &&
             is_beyond_chance(between / lives_freedom / square, lives_freedom,
                              freedom);
    if (differ) {
        square = between / lives_freedom;
        freedom = lives_freedom;
    }
    square *= pow((1 + fitted_share * (1 - inside) / inside) / inside, 2);
    /* For all models together, even if one of them is not looked at. */
    fit->half =
        statistics_range(fit->models, freedom) * sqrt(square / fit->blocks);
    return differ ? least_steady : -1;
}

/* Fit, and pull in outliers. Returns the share that lay inside. */
static double
fit_robustly(struct work *work)
{
    double inside = 1;

    work->n = work->blocks * work->models;
    fit_levels(work, work->value, statistics_median);
    for (int pass = 0; pass < PASSES; pass++) {
        inside = cut(work);
        fit_levels(work, work->cut, mean);
    }
    return inside;
}

/* Where lives differ, see if one model alone is to blame: without it the
 * others have the interval of their own slices. */
static void
try_without(struct fit *fit, struct work *work, int without, int column)
{
    struct fit rest = *fit;
    int n = 0;

    for (int i = 0; i < work->n; i++) {
        if (i % work->models != without) {
            work->value[n++] = work->value[i];
        }
    }
    work->models--;
    if (work->models >= MODELS_LEAST &&
        make_interval(&rest, work, fit_robustly(work)) == -1) {
        rest.wide[column] = fit->half;
        *fit = rest;
    }
    fit->lives_differ = true;
}

/* Who has half as many values as the one with most takes part. A block that
 * misses one of them, such as the last of a run that was interrupted, would
 * tilt the others and is left out; what is kept moves up. Which model each
 * column then is goes to `column`. */
static void
pack(struct fit *fit, double *value, int *life, int blocks, int models,
     int column[RESULTS_MODELS_MAX])
{
    int count[RESULTS_MODELS_MAX] = {0};
    int most = 0;

    for (int i = 0; i < blocks * models; i++) {
        count[i % models] += !isnan(value[i]);
        most = MAX(most, count[i % models]);
    }
    for (int m = 0; m < models; m++) {
        if (count[m] > 0 && 2 * count[m] >= most) {
            column[fit->models++] = m;
        }
    }
    for (int b = 0; b < blocks; b++) {
        int present = 0;

        for (int m = 0; m < fit->models; m++) {
            double moved = value[b * models + column[m]];

            if (!isnan(moved)) {
                value[fit->blocks * fit->models + present++] = moved;
            }
        }
        life[fit->blocks] = life[b];
        fit->blocks += present == fit->models;
    }
}

void
statistics_fit(struct fit *fit, double *value, int *life, int blocks,
               int models)
{
    size_t n = (size_t)blocks * (size_t)models;
    double *room = given(calloc(2 * n + (size_t)blocks + 1, sizeof *room));
    int column[RESULTS_MODELS_MAX];
    struct work work = {.life = life,
                        .value = value,
                        .cut = room,
                        .scratch = room + n,
                        .block = room + 2 * n};
    double inside;

    *fit = (struct fit){.noise = NAN, .half = NAN};
    for (int m = 0; m < RESULTS_MODELS_MAX; m++) {
        fit->level[m] = NAN;
    }
    pack(fit, value, life, blocks, models, column);
    work.blocks = fit->blocks;
    work.models = fit->models;
    inside = fit_robustly(&work);
    /* In the figure's unit, which is that of the blocks. */
    for (int m = 0; m < fit->models; m++) {
        fit->level[column[m]] =
            work.level[m] + mean(work.block, (size_t)fit->blocks);
    }
    if (fit->blocks >= BLOCKS_LEAST && fit->models > 1) {
        int least_steady = make_interval(fit, &work, inside);

        if (least_steady >= 0) {
            try_without(fit, &work, least_steady, column[least_steady]);
        }
    }
    free(room);
}

/* The ratio of this logarithm, with an interval so far to both sides. */
static struct comparison
compare_logs(double difference, double half)
{
    struct comparison comparison = {exp(difference), exp(difference - half),
                                    exp(difference + half), VERDICT_UNCLEAR};

    if (!isfinite(difference + half)) {
        return (struct comparison){NAN, NAN, NAN, VERDICT_UNKNOWN};
    }
    if (comparison.low > 1 - VERDICT_THRESHOLD &&
        comparison.high < 1 + VERDICT_THRESHOLD) {
        comparison.verdict = VERDICT_SAME;
    } else if ((comparison.low > 1 || comparison.high < 1) &&
               fabs(comparison.ratio - 1) >= VERDICT_THRESHOLD) {
        comparison.verdict = VERDICT_DIFFERENT;
    }
    return comparison;
}

struct comparison
statistics_compare(const struct fit *fit, int a, int b)
{
    if (a < 0 || b < 0 || a >= RESULTS_MODELS_MAX ||
        b >= RESULTS_MODELS_MAX || isnan(fit->half)) {
        return compare_logs(NAN, NAN);
    }
    return compare_logs(fit->level[a] - fit->level[b],
                        fmax(fit->half, fmax(fit->wide[a], fit->wide[b])));
}

struct comparison
comparison_change(const struct comparison *before,
                  const struct comparison *after)
{
    return compare_logs(log(after->ratio / before->ratio),
                        hypot(log(before->high / before->low),
                              log(after->high / after->low)) /
                            2);
}

const char *
comparison_word(const struct comparison *comparison, char *text)
{
    static const char *const words[] = {
        [VERDICT_UNKNOWN] = "-",
        [VERDICT_UNCLEAR] = "~",
        [VERDICT_SAME] = "same",
    };

    if (comparison->verdict != VERDICT_DIFFERENT) {
        return words[comparison->verdict];
    }
    snprintf(text, UNITS_TEXT_BYTES,
             comparison->ratio < 9.995 ? "x%.2f" : "x%.1f",
             comparison->ratio);
    return text;
}

/* ---- the studentised range --------------------------------------------- */

/* The chance that the means of `models`, standard normal, lie within `range`
 * deviations, as the deviation was estimated: the mean over how that may come
 * out, s sqrt(freedom) being chi distributed. */
static double
range_below(int models, double freedom, double range)
{
    const double width = 16.0 / NORMAL_STEPS;
    double spread = 8 / sqrt(2 * freedom);
    double low = fmax(0, 1 - spread);
    double sum = 0;
    double weights = 0;

    for (int i = 0; i < STEPS; i++) {
        double s = low + (i + 0.5) * (1 + spread - low) / STEPS;
        double weight =
            exp((freedom - 1) * log(s) - freedom * (s * s - 1) / 2);

        weights += weight;
        for (int j = 0; j < NORMAL_STEPS; j++) {
            double z = -8 + (j + 0.5) * width;
            double between =
                erfc(-z * M_SQRT1_2) - erfc((range * s - z) * M_SQRT1_2);

            sum += weight * exp(-z * z / 2) * pow(between / 2, models - 1);
        }
    }
    return models * sum * width / sqrt(2 * M_PI) / weights;
}

/* Most scenarios ask the same: the last answers are kept. */
double
statistics_range(int models, double freedom)
{
    static struct range {
        int models;
        double freedom, range;
    } known[RANGES_KEPT];
    static int next;
    double low = 0;
    double high = 60;

    for (int i = 0; i < RANGES_KEPT; i++) {
        if (known[i].models == models && known[i].freedom == freedom) {
            return known[i].range;
        }
    }
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (low + high) / 2;
        bool more = range_below(models, freedom, middle) < 0.95;

        low = more ? middle : low;
        high = more ? high : middle;
    }
    next = (next + 1) % RANGES_KEPT;
    known[next] = (struct range){models, freedom, (low + high) / 2};
    return known[next].range;
}
