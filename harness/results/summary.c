/*
 * summary.c: from lives and slices to one row for each model. See results.h.
 */
#include "harness/results/results.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#define MEMORY_NOISE_KIB 16 /* of a process, from one look to the next */

const char *const fitted_best[FITS] = {
    [FIT_CPU] = "least",
    [FIT_RATE] = "most",
};

/* ---- lives in order ---------------------------------------------------- */

static ptrdiff_t
table_place(const struct results *results, const struct life *life)
{
    const struct life *first = results->lives;

    while (!RECORD_IS_OF(first, life->scenario, life->clients)) {
        first++;
    }
    return first - results->lives;
}

/* In the order that the run names; then who is not named; the yardstick. */
static size_t
model_place(const struct results *results, const char *model)
{
    char names[sizeof results->run.models + 2];
    char name[RESULTS_NAME_BYTES + 2];
    const char *at;

    PUT(names, " %s ", results->run.models);
    PUT(name, " %s ", model);
    at = strstr(names, name);
    return strcmp(model, RESULTS_YARDSTICK) == 0 ? sizeof names
           : at                                  ? (size_t)(at - names)
                                                 : sizeof names - 1;
}

static int
compare_lives(const void *left, const void *right, void *results)
{
    const struct life *a = *(const struct life *const *)left;
    const struct life *b = *(const struct life *const *)right;
    ptrdiff_t order = table_place(results, a) - table_place(results, b);

    order = order ? order : a->rate_per_s - b->rate_per_s;
    order = order ? order
                  : (ptrdiff_t)model_place(results, a->model) -
                        (ptrdiff_t)model_place(results, b->model);
    order = order ? order : strcmp(a->model, b->model);
    order = order ? order : a - b;
    return (order > 0) - (order < 0);
}

/* ---- one row ----------------------------------------------------------- */

/* One failure fails the row, because a server that echoes right most of the
 * time is wrong. A life that is merely invalid gives way to a good one. */
static void
row_take(struct summary_row *row, const struct life *life)
{
    if (row->nlives == 0 || life->status < row->status) {
        row->life = life;
        row->status = life->status;
    }
    row->nlives++;
    row->ok += life->status == LIFE_OK;
    for (int i = 0; life->status == LIFE_OK && i < ENGINE_ERRORS; i++) {
        row->errors[i] = MAX(row->errors[i], life->errors[i]);
    }
}

/* A figure of all good lives; `values` is room for them. */
static double
draw_together(const struct summary_row *row, enum life_figure figure,
              enum figure_how how, double *values)
{
    double sum = 0;
    double median;
    size_t n = 0;

    for (int i = 0; i < row->nlives; i++) {
        double value = row->lives[i]->figure[figure];

        if (row->lives[i]->status == LIFE_OK && isfinite(value)) {
            values[n++] = value;
            sum += value;
        }
    }
    median = statistics_median(values, n); /* which sorts them */
    return n == 0 || how == FIGURE_MEDIAN ? median
           : how == FIGURE_SUM            ? sum
                               : values[how == FIGURE_LEAST ? 0 : n - 1];
}

/* The last counting of calls, or of code, of a row; NULL: there is none. */
static const struct calls *
find_calls(const struct calls *calls, size_t n, const struct life *life)
{
    while (n-- > 0 && life->rate_per_s == 0) {
        if (RECORD_IS_OF(&calls[n], life->scenario, life->clients) &&
            strcmp(calls[n].model, life->model) == 0) {
            return &calls[n];
        }
    }
    return NULL;
}

static void
row_finish(struct summary_row *row, const struct results *results,
           double *values)
{
    const struct life *life = row->life;
    double *figure = row->figure;

    for (int i = 0; i < LIFE_FIGURES; i++) {
        figure[i] = draw_together(row, i, figures[i].how, values);
    }
    row->served_most = draw_together(row, LIFE_SERVED, FIGURE_MOST, values);
    row->calls = find_calls(results->calls, results->ncalls, life);
    row->code = find_calls(results->code, results->ncode, life);
    if (row->code && row->ok > 0) {
        figure[LIFE_INSTRUCTIONS_PER_ECHO] = row->code->per_echo;
    }
    if (row->calls && isnan(figure[LIFE_SYSCALLS_PER_ECHO]) && row->ok > 0) {
        figure[LIFE_SYSCALLS_PER_ECHO] = row->calls->per_echo;
    }
    row->yardstick = strcmp(life->model, RESULTS_YARDSTICK) == 0;
    row->starved = figure[LIFE_SERVED] < figure[LIFE_ASKED];
    row->saturated = figure[LIFE_REACHED_SHARE] < SUMMARY_KEPT_SHARE;
    row->comparable = row->status == LIFE_OK && !row->yardstick &&
                      figure[LIFE_SERVED] >= figure[LIFE_ASKED] &&
                      life->rate_per_s == 0;
}

/* Figures that would mislead are left out, each for its reason. */
static void
row_hide(struct summary_row *row)
{
    const struct life *life = row->life;
    double *figure = row->figure;

    /* A server whose children do its work used none that can be seen. */
    if (!(figure[LIFE_SERVER_CPU_US_PER_ECHO] > 0)) {
        figure[LIFE_SERVER_CPU_US_PER_ECHO] = NAN;
    }
    /* The floor holds no work and no connections; one client is not many. */
    if (life->work_us > 0 || life->churn || life->handshake || row->starved ||
        isnan(figure[LIFE_SERVER_CPU_US_PER_ECHO])) {
        figure[LIFE_CPU_OVER_FLOOR] = NAN;
    }
    /* Less than nothing is no size. */
    if (figure[LIFE_RSS_KIB_PER_CLIENT] < 0) {
        figure[LIFE_RSS_KIB_PER_CLIENT] = NAN;
    }
}

double
summary_memory(const struct summary_row *row)
{
    double stack = row->figure[LIFE_STACK_KIB_PER_CLIENT];

    return row->figure[LIFE_RSS_KIB_PER_CLIENT] + (isnan(stack) ? 0 : stack);
}

/* What the clients add is a difference of two sizes that the kernel counts in
 * pages, of which a process may gain or lose a few for reasons of its own. */
double
summary_memory_noise(const struct summary_row *row)
{
    int silent = row->life->ask_silent ? 0 : row->life->silent;

    return MEMORY_NOISE_KIB / (fmax(row->served_most, 1) + silent);
}

/* ---- the slices of a group --------------------------------------------- */

const struct summary_row *
summary_find(const struct summary_group *group, const char *model)
{
    for (size_t i = 0; group && model && i < group->nrows; i++) {
        if (strcmp(group->rows[i].life->model, model) == 0) {
            return &group->rows[i];
        }
    }
    return NULL;
}

struct comparison
summary_compare(const struct summary_row *row, const struct summary_row *base,
                enum fitted what)
{
    if (!row || !base) {
        return (struct comparison){NAN, NAN, NAN, VERDICT_UNKNOWN};
    }
    return statistics_compare(&row->group->fit[what],
                              (int)(row - row->group->rows),
                              (int)(base - row->group->rows));
}

const struct summary_row *
summary_row_of(const struct slice *slice, const struct summary_group *group,
               enum fitted what)
{
    const struct summary_row *row = RECORDS_GO_TOGETHER(slice, group->life)
                                        ? summary_find(group, slice->model)
                                        : NULL;

    if (!row || row->status != LIFE_OK || slice->rate_per_s > 0 ||
        !(row->comparable || row->yardstick) ||
        row - group->rows >= RESULTS_MODELS_MAX) {
        return NULL;
    }
    for (int i = 0; i < row->nlives; i++) {
        const struct life *life = row->lives[i];

        if (life->life == slice->life && life->status == LIFE_OK &&
            (what != FIT_CPU ||
             isfinite(life->figure[LIFE_SERVER_CPU_US_PER_ECHO]))) {
            return row;
        }
    }
    return NULL;
}

/* The level that was fitted is the figure of a row. Who is best, and the
 * others over it. */
static void
rank(struct summary_group *group, enum fitted what)
{
    const enum life_figure figure =
        what == FIT_CPU ? LIFE_SERVER_CPU_US_PER_ECHO : LIFE_ECHOES_PER_S;
    const double sign = what == FIT_CPU ? 1 : -1;
    const struct summary_row *best = NULL;
    double least = INFINITY;
    int others = 0;
    int different = 0;

    for (size_t i = 0; i < group->nrows && i < RESULTS_MODELS_MAX; i++) {
        struct summary_row *row = &group->rows[i];
        double level = group->fit[what].level[i];

        if (!isnan(level)) {
            row->figure[figure] = exp(level);
        }
        if (row->comparable && sign * level < least) {
            least = sign * level;
            best = row;
        }
    }
    for (size_t i = 0; i < group->nrows; i++) {
        struct summary_row *row = &group->rows[i];
        bool held = row->comparable && best && row != best;

        row->over_best[what] = summary_compare(held ? row : NULL, best, what);
        others += held;
        different += row->over_best[what].verdict == VERDICT_DIFFERENT;
    }
    group->best[what] = best;
    group->clear[what] = others > 0 && different == others;
}

/* A line for each block, a column for each row. There are no more blocks than
 * slices. */
static void
fit_group(struct summary_group *group, enum fitted what)
{
    const struct results *results = group->results;
    int models = (int)MIN(group->nrows, RESULTS_MODELS_MAX);
    size_t n = results->nslices + 1;
    double *value = given(calloc(n * (size_t)models, sizeof *value));
    int *life = given(calloc(n, sizeof *life));
    int blocks = 0;

    for (size_t i = 0; i < n * (size_t)models; i++) {
        value[i] = NAN;
    }
    for (size_t i = 0; i < results->nslices; i++) {
        const struct slice *slice = &results->slices[i];
        const struct summary_row *row = summary_row_of(slice, group, what);
        double figure = what == FIT_CPU ? slice->server_cpu_us / slice->echoes
                                        : slice->echoes / slice->seconds;

        if (row && isfinite(log(figure)) && (size_t)slice->block < n) {
            life[slice->block] = slice->life;
            value[slice->block * models + (int)(row - group->rows)] =
                log(figure);
            blocks = slice->block >= blocks ? slice->block + 1 : blocks;
        }
    }
    statistics_fit(&group->fit[what], value, life, blocks, models);
    rank(group, what);
    free(value);
    free(life);
}

double
summary_price_us(const struct summary_group *group, const char *model)
{
    const struct results *results = group->results;
    size_t n = results->nslices + 1;
    double *values = given(calloc(3 * n, sizeof *values));
    double *slower = values + n, *models = slower + n, price_us;

    for (size_t i = 0; i < results->nslices; i++) {
        const struct slice *slice = &results->slices[i];
        const struct summary_row *row = summary_row_of(slice, group, FIT_CPU);
        double over = row ? log(slice->server_cpu_us / slice->echoes) -
                                group->fit[FIT_CPU].level[row - group->rows]
                          : NAN;

        if (isfinite(over) && (size_t)slice->block < n) {
            slower[slice->block] += over;
            models[slice->block]++;
        }
    }
    for (size_t i = 0; i < results->nslices; i++) {
        const struct slice *slice = &results->slices[i];
        size_t block = (size_t)slice->block;

        values[i] = NAN;
        if (RECORDS_GO_TOGETHER(slice, group->life) && block < n &&
            strcmp(slice->model, model) == 0 && slice->echoes > 0) {
            values[i] = slice->server_cpu_us / slice->echoes /
                        exp(slower[block] / models[block]);
        }
    }
    price_us = statistics_median(values, results->nslices);
    free(values);
    return price_us;
}

/* ---- all of them ------------------------------------------------------- */

static void
make_rows(struct summary *summary, double *values)
{
    size_t n = summary->results->nlives;

    for (size_t begin = 0; begin < n;) {
        const struct life *life = summary->lives[begin];
        struct summary_row *row = &summary->rows[summary->nrows++];

        if (begin == 0 ||
            !RECORDS_GO_TOGETHER(life, summary->lives[begin - 1])) {
            summary->groups[summary->ngroups++].rows = row;
        }
        row->group = &summary->groups[summary->ngroups - 1];
        summary->groups[summary->ngroups - 1].nrows++;
        row->lives = &summary->lives[begin];
        while (begin < n &&
               RECORDS_GO_TOGETHER(life, summary->lives[begin]) &&
               strcmp(life->model, summary->lives[begin]->model) == 0) {
            row_take(row, summary->lives[begin++]);
        }
        row_finish(row, summary->results, values);
    }
}

static void
make_group(struct summary_group *group, const struct results *results)
{
    double floor_us;

    group->results = results;
    group->life = group->rows[0].life;
    fit_group(group, FIT_CPU);
    fit_group(group, FIT_RATE);
    group->blocks =
        MAX(group->fit[FIT_CPU].blocks, group->fit[FIT_RATE].blocks);
    for (size_t i = 0; i < results->nslices; i++) {
        if (RECORDS_GO_TOGETHER(&results->slices[i], group->life)) {
            group->slices++;
            group->stalled += results->slices[i].stalled;
        }
    }
    floor_us = summary_price_us(group, RESULTS_FLOOR);
    for (size_t i = 0; i < group->nrows; i++) {
        struct summary_row *row = &group->rows[i];
        double *figure = row->figure;

        group->lives = MAX(group->lives, row->ok);
        if (floor_us > 0) { /* else it is what a life says */
            figure[LIFE_FLOOR_US] = floor_us;
            figure[LIFE_CPU_OVER_FLOOR] =
                figure[LIFE_SERVER_CPU_US_PER_ECHO] / floor_us;
        }
        row_hide(row);
        row->over_yardstick = summary_compare(
            row, summary_find(group, RESULTS_YARDSTICK), FIT_CPU);
    }
}

void
summary_make(const struct results *results, struct summary *summary)
{
    size_t n = results->nlives + 1;
    double *values = given(calloc(n, sizeof *values));

    *summary = (struct summary){
        .results = results,
        .groups = given(calloc(n, sizeof *summary->groups)),
        .rows = given(calloc(n, sizeof *summary->rows)),
        .lives = given(calloc(n, sizeof(struct life *))),
    };
    for (size_t i = 0; i < results->nlives; i++) {
        summary->lives[i] = &results->lives[i];
    }
    qsort_r(summary->lives, results->nlives, sizeof(struct life *),
            compare_lives, (void *)results);
    make_rows(summary, values);
    for (size_t i = 0; i < summary->ngroups; i++) {
        make_group(&summary->groups[i], results);
        checks_run(summary->checks, &summary->groups[i]);
    }
    free(values);
}

void
summary_free(struct summary *summary)
{
    free(summary->rows);
    free(summary->groups);
    free(summary->lives);
    memset(summary, 0, sizeof *summary);
}
