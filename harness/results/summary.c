/*
 * summary.c: from windows to one row for each model. See summary.h.
 */
#include "harness/results/summary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/results/checks.h"
#include "harness/results/noise.h"

/* What sorting needs to know of a row. */
struct order {
    size_t group;            /* first window of the scenario and clients */
    int model;               /* place in the run's list of models */
    struct summary_row *row; /* the row itself */
};

static bool same_group(const struct window *a, const struct window *b);
static bool in_row(const struct summary_row *row,
                   const struct window *window);
static struct summary_row *row_for(struct summary *summary,
                                   const struct window *window);
static void row_take_status(struct summary_row *row,
                            const struct window *window);
static void count_noise(struct summary *summary, const struct window *window);
static void row_estimate(struct summary_row *row,
                         const struct results *results, double *values);
static void row_take_bound(struct summary_row *row,
                           const struct results *results);
static double over_yardstick(const struct results *results,
                             const struct window *window);
static void compare_groups(struct summary *summary,
                           const struct results *results, double *values);
static void compare_group(struct summary_row *rows, size_t nrows,
                          const struct results *results, double *values);
static bool is_comparable(const struct summary_row *row);
static double same_round_cpu(const struct results *results,
                             const struct window *window, const char *model);
static int sort_rows(struct summary *summary, const struct results *results);
static size_t first_window(const struct results *results,
                           const struct window *window);
static int model_place(const char *models, const char *model);
static int compare_order(const void *left, const void *right);

int
summary_make(struct results *results, struct summary *summary)
{
    size_t n = results->nwindows;
    double *values = calloc(n + 1, sizeof *values);

    noise_choose(results);
    memset(summary, 0, sizeof *summary);
    summary->rows = calloc(n + 1, sizeof *summary->rows);
    if (!values || !summary->rows) {
        free(values);
        summary_free(summary);
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        const struct window *window = &results->windows[i];

        row_take_status(row_for(summary, window), window);
        count_noise(summary, window);
    }
    for (size_t i = 0; i < summary->nrows; i++) {
        row_estimate(&summary->rows[i], results, values);
        row_take_bound(&summary->rows[i], results);
        summary->rows[i].calls =
            results_find_calls(results, &summary->rows[i].window);
    }
    if (sort_rows(summary, results) != 0) {
        free(values);
        summary_free(summary);
        return -1;
    }
    compare_groups(summary, results, values);
    checks_run(results, summary, summary->checks);
    free(values);
    return 0;
}

void
summary_free(struct summary *summary)
{
    free(summary->rows);
    summary->rows = NULL;
    summary->nrows = 0;
}

size_t
summary_group_end(const struct summary *summary, size_t begin)
{
    size_t end = begin;

    while (end < summary->nrows && same_group(&summary->rows[begin].window,
                                              &summary->rows[end].window)) {
        end++;
    }
    return end;
}

const struct summary_row *
summary_find(const struct summary_row *rows, size_t nrows, const char *model)
{
    for (size_t i = 0; i < nrows; i++) {
        if (strcmp(rows[i].window.model, model) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

const struct summary_row *
summary_least(const struct summary_row *rows, size_t nrows)
{
    const struct summary_row *least = NULL;
    double lowest = INFINITY;

    for (size_t i = 0; i < nrows; i++) {
        double cpu = rows[i].figure[WINDOW_SERVER_CPU_US_PER_ECHO].median;

        if (rows[i].comparable && cpu < lowest) {
            least = &rows[i];
            lowest = cpu;
        }
    }
    return least;
}

bool
summary_clearly_least(const struct summary_row *rows, size_t nrows)
{
    int others = 0;

    for (size_t i = 0; i < nrows; i++) {
        if (rows[i].comparable && !rows[i].least) {
            others++;
            if (rows[i].over_least.verdict != VERDICT_MORE) {
                return false;
            }
        }
    }
    return others > 0;
}

bool
summary_is_yardstick(const struct summary_row *row)
{
    return strcmp(row->window.model, SUMMARY_YARDSTICK) == 0;
}

static bool
same_group(const struct window *a, const struct window *b)
{
    return a->clients == b->clients && strcmp(a->scenario, b->scenario) == 0;
}

/* True for a window of this row that is used. */
static bool
in_row(const struct summary_row *row, const struct window *window)
{
    return window->used && same_group(&row->window, window) &&
           strcmp(row->window.model, window->model) == 0;
}

/* The row that a window belongs to, made when it is the first. */
static struct summary_row *
row_for(struct summary *summary, const struct window *window)
{
    struct summary_row *row;

    for (size_t i = 0; i < summary->nrows; i++) {
        row = &summary->rows[i];
        if (same_group(&row->window, window) &&
            strcmp(row->window.model, window->model) == 0) {
            return row;
        }
    }
    row = &summary->rows[summary->nrows++];
    row->window = *window;
    row->status = window->status;
    memcpy(row->reason, window->reason, sizeof row->reason);
    return row;
}

/*
 * The row's status. One failure fails the row, because a server that echoes
 * right most of the time is wrong. A window that is merely invalid gives
 * way to a good one.
 */
static void
row_take_status(struct summary_row *row, const struct window *window)
{
    static const int weight[WINDOW_STATUSES] = {
        [WINDOW_SKIPPED] = 0,
        [WINDOW_INVALID] = 1,
        [WINDOW_OK] = 2,
        [WINDOW_FAILED] = 3,
    };

    row->rounds += window->used;
    row->run += window->status == WINDOW_OK;
    row->disturbed += window->used && window->causes != 0;
    if (weight[window->status] > weight[row->status]) {
        row->window = *window;
        row->status = window->status;
        memcpy(row->reason, window->reason, sizeof row->reason);
    }
}

static void
count_noise(struct summary *summary, const struct window *window)
{
    if (!window->used) {
        return;
    }
    summary->used++;
    summary->disturbed += window->causes != 0;
    for (int bit = 0; bit < WINDOW_CAUSES; bit++) {
        summary->cause[bit] += (window->causes & (1U << bit)) != 0;
    }
}

/* Fill the estimates from the good windows; `values` is room for all. */
static void
row_estimate(struct summary_row *row, const struct results *results,
             double *values)
{
    for (int figure = 0; figure <= WINDOW_FIGURES; figure++) {
        size_t n = 0;
        struct estimate estimate;

        for (size_t i = 0; i < results->nwindows; i++) {
            const struct window *window = &results->windows[i];

            if (in_row(row, window)) {
                values[n++] = figure < WINDOW_FIGURES
                                  ? results_figure(results, window, figure)
                                  : over_yardstick(results, window);
            }
        }
        estimate = statistics_estimate(values, n);
        if (figure < WINDOW_FIGURES) {
            row->figure[figure] = estimate;
        } else {
            row->over_yardstick = estimate;
        }
    }
}

/* What bounded most of the good windows; one of them alone may have been
 * disturbed. */
static void
row_take_bound(struct summary_row *row, const struct results *results)
{
    static const char *const names[] = {"server", "client", "waiting"};
    int most = 0;

    for (int name = 0; name < 3; name++) {
        int count = 0;

        for (size_t i = 0; i < results->nwindows; i++) {
            const struct window *window = &results->windows[i];

            count += in_row(row, window) &&
                     strcmp(window->bound_by, names[name]) == 0;
        }
        if (count > most) {
            most = count;
            snprintf(row->window.bound_by, sizeof row->window.bound_by, "%s",
                     names[name]);
        }
    }
}

/* CPU per echo over that of the yardstick in the same round, or NAN. */
static double
over_yardstick(const struct results *results, const struct window *window)
{
    return window->figure[WINDOW_SERVER_CPU_US_PER_ECHO] /
           same_round_cpu(results, window, SUMMARY_YARDSTICK);
}

/* CPU per echo of a model in the round and group of a window, or NAN. */
static double
same_round_cpu(const struct results *results, const struct window *window,
               const char *model)
{
    for (size_t i = 0; i < results->nwindows; i++) {
        const struct window *other = &results->windows[i];

        if (other->round == window->round && other->used &&
            same_group(other, window) && strcmp(other->model, model) == 0) {
            return other->figure[WINDOW_SERVER_CPU_US_PER_ECHO];
        }
    }
    return NAN;
}

/* Every group by itself; `values` is room for all windows. */
static void
compare_groups(struct summary *summary, const struct results *results,
               double *values)
{
    for (size_t i = 0; i < summary->nrows;) {
        size_t end = summary_group_end(summary, i);

        compare_group(&summary->rows[i], end - i, results, values);
        i = end;
    }
}

/*
 * The model with the lowest median is held against each other one: those are
 * the pairs that reports show, and for their number the verdicts are
 * corrected.
 */
static void
compare_group(struct summary_row *rows, size_t nrows,
              const struct results *results, double *values)
{
    struct comparison *pairs[SUMMARY_MODELS_MAX];
    const struct summary_row *least = NULL;
    size_t npairs = 0;

    for (size_t i = 0; i < nrows; i++) {
        rows[i].over_least = verdict_compare(NULL, 0);
        rows[i].comparable = is_comparable(&rows[i]);
    }
    least = summary_least(rows, nrows);
    for (size_t i = 0; i < nrows && npairs < SUMMARY_MODELS_MAX; i++) {
        size_t n = 0;

        rows[i].least = &rows[i] == least;
        if (!least || !rows[i].comparable || rows[i].least) {
            continue;
        }
        for (size_t j = 0; j < results->nwindows; j++) {
            const struct window *window = &results->windows[j];

            if (in_row(&rows[i], window)) {
                values[n++] =
                    window->figure[WINDOW_SERVER_CPU_US_PER_ECHO] /
                    same_round_cpu(results, window, least->window.model);
            }
        }
        rows[i].over_least = verdict_compare(values, n);
        pairs[npairs++] = &rows[i].over_least;
    }
    verdict_decide(pairs, npairs);
}

/* A server whose clients were not all served had it easier. */
static bool
is_comparable(const struct summary_row *row)
{
    return row->status == WINDOW_OK && !summary_is_yardstick(row) &&
           row->figure[WINDOW_SERVED].median >=
               row->figure[WINDOW_ASKED].median &&
           isfinite(row->figure[WINDOW_SERVER_CPU_US_PER_ECHO].median);
}

static int
sort_rows(struct summary *summary, const struct results *results)
{
    size_t n = summary->nrows;
    struct order *order = calloc(n + 1, sizeof *order);
    struct summary_row *sorted = calloc(n + 1, sizeof *sorted);

    if (!order || !sorted) {
        free(order);
        free(sorted);
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        struct window *window = &summary->rows[i].window;

        order[i].group = first_window(results, window);
        order[i].model = model_place(results->run.models, window->model);
        order[i].row = &summary->rows[i];
    }
    qsort(order, n, sizeof *order, compare_order);
    for (size_t i = 0; i < n; i++) {
        sorted[i] = *order[i].row;
    }
    free(order);
    free(summary->rows);
    summary->rows = sorted;
    return 0;
}

static size_t
first_window(const struct results *results, const struct window *window)
{
    size_t i = 0;

    while (!same_group(&results->windows[i], window)) {
        i++;
    }
    return i;
}

/* The place of a model in a list separated by spaces; behind all when it is
 * not there, and the yardstick behind that. */
static int
model_place(const char *models, const char *model)
{
    size_t length = strlen(model);
    int place = 0;

    if (strcmp(model, SUMMARY_YARDSTICK) == 0) {
        return 1001;
    }
    while (*models != '\0') {
        size_t word = strcspn(models, " ");

        if (word == length && memcmp(models, model, word) == 0) {
            return place;
        }
        place++;
        models += word;
        models += strspn(models, " ");
    }
    return 1000;
}

static int
compare_order(const void *left, const void *right)
{
    const struct order *a = left;
    const struct order *b = right;

    if (a->group != b->group) {
        return a->group < b->group ? -1 : 1;
    }
    if (a->model != b->model) {
        return a->model < b->model ? -1 : 1;
    }
    return strcmp(a->row->window.model, b->row->window.model);
}
