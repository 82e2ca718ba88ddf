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

static size_t count_rows(const struct window **windows, size_t n);
static void make_rows(struct summary *summary, size_t n, double *values);
static void row_take(struct summary_row *row, const struct window *window);
static void row_take_served(struct summary_row *row,
                            const struct window *window);
static void row_estimate(struct summary_row *row, double *values);
static void row_take_bound(struct summary_row *row);
static void row_take_calls(struct summary_row *row,
                           const struct results *results);
static void count_noise(struct summary *summary, const struct window *window);
static void compare_groups(struct summary *summary, double *values);
static void compare_group(struct summary_row *rows, size_t nrows,
                          double *values);
static bool is_comparable(const struct summary_row *row);
static void compare_with_yardstick(struct summary *summary);

int
summary_make(struct results *results, struct summary *summary)
{
    size_t n = results->nwindows;
    double *values = calloc(n + 1, sizeof *values);

    memset(summary, 0, sizeof *summary);
    noise_choose(results);
    summary->windows = order_windows(results);
    if (values && summary->windows) {
        summary->nrows = count_rows(summary->windows, n);
        summary->rows = calloc(summary->nrows + 1, sizeof *summary->rows);
    }
    if (!values || !summary->windows || !summary->rows) {
        free(values);
        summary_free(summary);
        return -1;
    }
    make_rows(summary, n, values);
    for (size_t i = 0; i < summary->nrows; i++) {
        row_take_calls(&summary->rows[i], results);
    }
    for (size_t i = 0; i < n; i++) {
        count_noise(summary, summary->windows[i]);
    }
    compare_with_yardstick(summary);
    compare_groups(summary, values);
    checks_run(results, summary, summary->checks);
    free(values);
    return 0;
}

void
summary_free(struct summary *summary)
{
    free(summary->rows);
    free(summary->windows);
    memset(summary, 0, sizeof *summary);
}

size_t
summary_group_end(const struct summary *summary, size_t begin)
{
    size_t end = begin;

    while (end < summary->nrows &&
           order_same_group(&summary->rows[begin].window,
                            &summary->rows[end].window)) {
        end++;
    }
    return end;
}

size_t
summary_table_end(const struct summary *summary, size_t begin)
{
    const struct window *first = &summary->rows[begin].window;
    size_t end = summary_group_end(summary, begin);

    while (first->rate_per_s > 0 && end < summary->nrows &&
           summary->rows[end].window.rate_per_s > 0 &&
           summary->rows[end].window.clients == first->clients &&
           strcmp(summary->rows[end].window.scenario, first->scenario) == 0) {
        end = summary_group_end(summary, end);
    }
    return end;
}

bool
summary_is_saturated(double reached_share)
{
    return reached_share < SUMMARY_KEPT_SHARE;
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

double
summary_value(const struct window *window, enum window_figure figure)
{
    double value = window->figure[figure];

    if ((figure == WINDOW_SERVER_CPU_US_PER_ECHO ||
         figure == WINDOW_CPU_OVER_FLOOR) &&
        value <= 0) {
        return NAN;
    }
    return value;
}

struct estimate
summary_ratio(const struct summary_row *row, const struct summary_row *base,
              enum window_figure figure)
{
    double *values = calloc(row->nwindows + 1, sizeof *values);
    size_t n = values ? summary_ratios(row, base, figure, values) : 0;
    struct estimate estimate = statistics_estimate(values, n);

    free(values);
    return estimate;
}

size_t
summary_ratios(const struct summary_row *row, const struct summary_row *base,
               enum window_figure figure, double *values)
{
    size_t n = 0;
    size_t other = 0;

    /* Both are sorted by round, so one walk meets all pairs. */
    for (size_t i = 0; i < row->nwindows; i++) {
        const struct window *window = row->windows[i];

        while (other < base->nwindows &&
               (base->windows[other]->round < window->round ||
                !base->windows[other]->used)) {
            other++;
        }
        if (window->used && other < base->nwindows &&
            base->windows[other]->round == window->round) {
            double ratio = summary_value(window, figure) /
                           summary_value(base->windows[other], figure);

            values[n++] = isfinite(ratio) ? ratio : NAN;
        }
    }
    return n;
}

const struct summary_row *
summary_least(const struct summary_row *rows, size_t nrows)
{
    const struct summary_row *least = NULL;
    bool by_yardstick = true;
    double lowest = INFINITY;

    for (size_t i = 0; i < nrows; i++) {
        by_yardstick =
            by_yardstick &&
            (!rows[i].comparable || isfinite(rows[i].over_yardstick.median));
    }
    for (size_t i = 0; i < nrows; i++) {
        double cost =
            by_yardstick
                ? rows[i].over_yardstick.median
                : rows[i].figure[WINDOW_SERVER_CPU_US_PER_ECHO].median;

        if (rows[i].comparable && cost < lowest) {
            least = &rows[i];
            lowest = cost;
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

static size_t
count_rows(const struct window **windows, size_t n)
{
    size_t rows = 0;

    for (size_t i = 0; i < n; i++) {
        rows += i == 0 || !order_same_row(windows[i - 1], windows[i]);
    }
    return rows;
}

/* From the sorted windows; `values` is room for all of them. */
static void
make_rows(struct summary *summary, size_t n, double *values)
{
    struct summary_row *row = summary->rows;

    for (size_t begin = 0; begin < n; begin += row->nwindows, row++) {
        row->windows = &summary->windows[begin];
        row->window = *row->windows[0];
        row->status = row->window.status;
        memcpy(row->reason, row->window.reason, sizeof row->reason);
        row->served_least = NAN;
        row->served_most = NAN;
        while (begin + row->nwindows < n &&
               order_same_row(row->windows[0], row->windows[row->nwindows])) {
            row_take(row, row->windows[row->nwindows]);
            row->nwindows++;
        }
        row_estimate(row, values);
        row->saturated =
            summary_is_saturated(row->figure[WINDOW_REACHED_SHARE].median);
        row_take_bound(row);
    }
}

/*
 * The row's status. One failure fails the row, because a server that echoes
 * right most of the time is wrong. A window that is merely invalid gives
 * way to a good one.
 */
static void
row_take(struct summary_row *row, const struct window *window)
{
    static const int weight[WINDOW_STATUSES] = {
        [WINDOW_SKIPPED] = 0,
        [WINDOW_INVALID] = 1,
        [WINDOW_OK] = 2,
        [WINDOW_FAILED] = 3,
    };

    row->run += window->status == WINDOW_OK;
    if (window->used) {
        row->rounds++;
        row->disturbed += window->causes != 0;
        row_take_served(row, window);
    }
    if (weight[window->status] > weight[row->status]) {
        row->window = *window;
        row->status = window->status;
        memcpy(row->reason, window->reason, sizeof row->reason);
    }
}

/* The worst round counts: a median would hide that nobody was served in
 * three of eight. */
static void
row_take_served(struct summary_row *row, const struct window *window)
{
    double served = window->figure[WINDOW_SERVED];

    row->served_least = fmin(row->served_least, served);
    row->served_most = fmax(row->served_most, served);
    row->starved_rounds += served < window->figure[WINDOW_ASKED];
    for (int i = 0; i < ENGINE_ERRORS; i++) {
        if (window->errors[i] > row->errors[i]) {
            row->errors[i] = window->errors[i];
        }
    }
}

/* Fill the estimates from the good windows. */
static void
row_estimate(struct summary_row *row, double *values)
{
    for (int figure = 0; figure < WINDOW_FIGURES; figure++) {
        size_t n = 0;

        for (size_t i = 0; i < row->nwindows; i++) {
            if (row->windows[i]->used) {
                values[n++] = summary_value(row->windows[i], figure);
            }
        }
        row->figure[figure] = statistics_estimate(values, n);
    }
}

/* What bounded most of the good windows; one of them alone may have been
 * disturbed. */
static void
row_take_bound(struct summary_row *row)
{
    static const char *const names[] = {"server", "client", "waiting"};
    int most = 0;

    for (int name = 0; name < 3; name++) {
        int count = 0;

        for (size_t i = 0; i < row->nwindows; i++) {
            count += row->windows[i]->used &&
                     strcmp(row->windows[i]->bound_by, names[name]) == 0;
        }
        if (count > most) {
            most = count;
            snprintf(row->window.bound_by, sizeof row->window.bound_by, "%s",
                     names[name]);
        }
    }
}

/* System calls are counted apart from the windows. */
static void
row_take_calls(struct summary_row *row, const struct results *results)
{
    struct estimate *figure = &row->figure[WINDOW_SYSCALLS_PER_ECHO];

    row->calls = results_find_calls(results, &row->window);
    if (row->calls && isnan(figure->median) &&
        row->figure[WINDOW_ECHOES].median > 0) {
        figure->median = row->calls->per_echo;
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

/* Every group by itself; `values` is room for all windows. */
static void
compare_groups(struct summary *summary, double *values)
{
    for (size_t i = 0; i < summary->nrows;) {
        size_t end = summary_group_end(summary, i);

        compare_group(&summary->rows[i], end - i, values);
        i = end;
    }
}

/*
 * The model with the lowest median is held against each other one: those are
 * the pairs that reports show, and for their number the verdicts are
 * corrected.
 */
static void
compare_group(struct summary_row *rows, size_t nrows, double *values)
{
    struct comparison *pairs[SUMMARY_MODELS_MAX];
    const struct summary_row *least = NULL;
    size_t npairs = 0;

    for (size_t i = 0; i < nrows; i++) {
        rows[i].over_least = verdict_compare(NULL, 0);
        rows[i].comparable = is_comparable(&rows[i]);
    }
    least = summary_least(rows, nrows);
    for (size_t i = 0; least && i < nrows && npairs < SUMMARY_MODELS_MAX;
         i++) {
        struct summary_row *row = &rows[i];

        row->least = row == least;
        if (row->comparable && !row->least) {
            size_t n = summary_ratios(row, least,
                                      WINDOW_SERVER_CPU_US_PER_ECHO, values);

            row->over_least = verdict_compare(values, n);
            pairs[npairs++] = &row->over_least;
        }
    }
    verdict_decide(pairs, npairs);
}

/* A server whose clients were not all served had it easier. What an echo
 * costs at some rate depends on how much the server sleeps. */
static bool
is_comparable(const struct summary_row *row)
{
    return row->status == WINDOW_OK && row->window.rate_per_s == 0 &&
           !summary_is_yardstick(row) && row->starved_rounds == 0 &&
           isfinite(row->figure[WINDOW_SERVER_CPU_US_PER_ECHO].median);
}

static void
compare_with_yardstick(struct summary *summary)
{
    static const struct estimate unknown = {NAN, NAN, NAN, 0};

    for (size_t i = 0; i < summary->nrows;) {
        size_t end = summary_group_end(summary, i);
        const struct summary_row *yardstick =
            summary_find(&summary->rows[i], end - i, SUMMARY_YARDSTICK);

        for (; i < end; i++) {
            struct summary_row *row = &summary->rows[i];

            row->over_yardstick =
                yardstick ? summary_ratio(row, yardstick,
                                          WINDOW_SERVER_CPU_US_PER_ECHO)
                          : unknown;
        }
    }
}
