/*
 * summary.c: from lives and slices to one row for each model. See results.h.
 */
#include "harness/results/results.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- lives in order ------------------------------------------------------
 */

/* A life, and what it is sorted by. */
struct place {
    const struct life *life; /* the life */
    size_t scenario;         /* first life of the scenario */
    size_t clients;          /* ... with that number of clients */
    size_t model;            /* place of the model in a table */
    size_t index;            /* of the life itself */
};

static bool
same_table(const struct life *a, const struct life *b)
{
    return a->clients == b->clients && strcmp(a->scenario, b->scenario) == 0;
}

static bool
same_group(const struct life *a, const struct life *b)
{
    return a->rate_per_s == b->rate_per_s && same_table(a, b);
}

static bool
same_row(const struct life *a, const struct life *b)
{
    return strcmp(a->model, b->model) == 0 && same_group(a, b);
}

/* In the order that the run names; then foreign ones as they come; the
 * yardstick last. */
static size_t
model_place(const struct results *results, const char *model)
{
    const char *names = results->run.models;
    size_t length = strlen(model);
    size_t first = 0;

    if (strcmp(model, RESULTS_YARDSTICK) == 0) {
        return SIZE_MAX;
    }
    for (const char *at = names; (at = strstr(at, model)); at++) {
        if ((at == names || at[-1] == ' ') &&
            (at[length] == ' ' || at[length] == '\0')) {
            return (size_t)(at - names);
        }
    }
    while (strcmp(results->lives[first].model, model) != 0) {
        first++;
    }
    return sizeof results->run.models + first;
}

static int
compare_sizes(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int
compare_places(const void *left, const void *right)
{
    const struct place *a = left;
    const struct place *b = right;
    int order = compare_sizes(a->scenario, b->scenario);

    order = order ? order : compare_sizes(a->clients, b->clients);
    order = order ? order
                  : (a->life->rate_per_s > b->life->rate_per_s) -
                        (a->life->rate_per_s < b->life->rate_per_s);
    order = order ? order : compare_sizes(a->model, b->model);
    return order ? order : compare_sizes(a->index, b->index);
}

/* All lives, those of a row beside each other. NULL without memory. */
static const struct life **
sort_lives(const struct results *results)
{
    size_t n = results->nlives;
    struct place *places = calloc(n + 1, sizeof *places);
    const struct life **lives =
        reallocarray(NULL, n + 1, sizeof(struct life *));

    for (size_t i = 0; places && i < n; i++) {
        const struct life *life = &results->lives[i];
        size_t scenario = 0;
        size_t clients = 0;

        while (strcmp(results->lives[scenario].scenario, life->scenario) !=
               0) {
            scenario++;
        }
        while (!same_table(&results->lives[clients], life)) {
            clients++;
        }
        places[i] = (struct place){life, scenario, clients,
                                   model_place(results, life->model), i};
    }
    if (!places || !lives) {
        free(places);
        free(lives);
        return NULL;
    }
    qsort(places, n, sizeof *places, compare_places);
    for (size_t i = 0; i < n; i++) {
        lives[i] = places[i].life;
    }
    free(places);
    return lives;
}

/* ---- one row -------------------------------------------------------------
 */

/* One failure fails the row, because a server that echoes right most of the
 * time is wrong. A life that is merely invalid gives way to a good one. */
static void
row_take(struct summary_row *row, const struct life *life)
{
    static const int weight[LIFE_STATUSES] = {
        [LIFE_SKIPPED] = 0,
        [LIFE_INVALID] = 1,
        [LIFE_OK] = 2,
        [LIFE_FAILED] = 3,
    };

    if (row->nlives == 0 || weight[life->status] > weight[row->status]) {
        row->life = life;
        row->status = life->status;
    }
    row->nlives++;
    for (int i = 0; life->status == LIFE_OK && i < ENGINE_ERRORS; i++) {
        row->errors[i] = life->errors[i] > row->errors[i] ? life->errors[i]
                                                          : row->errors[i];
    }
    row->ok += life->status == LIFE_OK;
}

/* A figure of all good lives; `values` is room for them. */
static double
draw_together(const struct summary_row *row, enum life_figure figure,
              enum figure_how how, double *values)
{
    double drawn = NAN;
    size_t n = 0;

    for (int i = 0; i < row->nlives; i++) {
        double value = row->lives[i]->figure[figure];

        if (row->lives[i]->status != LIFE_OK || !isfinite(value)) {
            continue;
        }
        values[n++] = value;
        if (how == FIGURE_SUM) {
            drawn = isnan(drawn) ? value : drawn + value;
        } else if (how == FIGURE_LEAST) {
            drawn = fmin(drawn, value);
        } else {
            drawn = fmax(drawn, value);
        }
    }
    return how == FIGURE_MEDIAN ? statistics_median(values, n) : drawn;
}

static const struct calls *
find_calls(const struct results *results, const struct life *life)
{
    for (size_t i = 0; i < results->ncalls && life->rate_per_s == 0; i++) {
        const struct calls *calls = &results->calls[i];

        if (calls->clients == life->clients &&
            strcmp(calls->scenario, life->scenario) == 0 &&
            strcmp(calls->model, life->model) == 0) {
            return calls;
        }
    }
    return NULL;
}

static void
row_finish(struct summary_row *row, const struct results *results,
           double *values)
{
    double *figure = row->figure;

    for (int i = 0; i < LIFE_FIGURES; i++) {
        figure[i] = draw_together(row, i, figures[i].how, values);
    }
    row->served_most = draw_together(row, LIFE_SERVED, FIGURE_MOST, values);
    row->calls = find_calls(results, row->life);
    if (row->calls && isnan(figure[LIFE_SYSCALLS_PER_ECHO]) && row->ok > 0) {
        figure[LIFE_SYSCALLS_PER_ECHO] = row->calls->per_echo;
    }
    row->yardstick = strcmp(row->life->model, RESULTS_YARDSTICK) == 0;
    row->starved = figure[LIFE_SERVED] < figure[LIFE_ASKED];
    row->saturated = figure[LIFE_REACHED_SHARE] < SUMMARY_KEPT_SHARE;
    row->comparable = row->status == LIFE_OK && !row->yardstick &&
                      figure[LIFE_SERVED] >= figure[LIFE_ASKED] &&
                      row->life->rate_per_s == 0;
}

/* ---- all of them ---------------------------------------------------------
 */

static void
make_rows(struct summary *summary, double *values)
{
    size_t n = summary->results->nlives;

    for (size_t begin = 0; begin < n;) {
        const struct life *life = summary->lives[begin];
        struct summary_row *row = &summary->rows[summary->nrows++];
        struct summary_group *group = &summary->groups[summary->ngroups];

        if (begin == 0 || !same_group(life, summary->lives[begin - 1])) {
            group->rows = row;
            summary->ngroups++;
        } else {
            group--;
        }
        group->nrows++;
        row->lives = &summary->lives[begin];
        while (begin < n && same_row(life, summary->lives[begin])) {
            row_take(row, summary->lives[begin++]);
        }
        row_finish(row, summary->results, values);
    }
}

int
summary_make(const struct results *results, struct summary *summary)
{
    size_t n = results->nlives + results->nslices;
    double *values = calloc(n + 1, sizeof *values);
    int status = -1;

    memset(summary, 0, sizeof *summary);
    summary->results = results;
    summary->lives = sort_lives(results);
    summary->rows = calloc(results->nlives + 1, sizeof *summary->rows);
    summary->groups = calloc(results->nlives + 1, sizeof *summary->groups);
    if (values && summary->lives && summary->rows && summary->groups) {
        status = 0;
        make_rows(summary, values);
        for (size_t i = 0; i < summary->ngroups && status == 0; i++) {
            status = summary_fit_group(results, &summary->groups[i], values);
        }
        checks_run(summary);
    }
    free(values);
    if (status != 0) {
        summary_free(summary);
    }
    return status;
}

void
summary_free(struct summary *summary)
{
    free(summary->rows);
    free(summary->groups);
    free(summary->lives);
    memset(summary, 0, sizeof *summary);
}

double
summary_memory(const struct summary_row *row)
{
    double stack = row->figure[LIFE_STACK_KIB_PER_CLIENT];

    return row->figure[LIFE_RSS_KIB_PER_CLIENT] + (isnan(stack) ? 0 : stack);
}
