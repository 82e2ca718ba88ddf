/*
 * blocks.c: the slices of a group, fitted block by block. See results.h.
 */
#include "harness/results/results.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- slices --------------------------------------------------------------
 */

const struct summary_row *
summary_find(const struct summary_group *group, const char *model)
{
    for (size_t i = 0; i < group->nrows; i++) {
        if (strcmp(group->rows[i].life->model, model) == 0) {
            return &group->rows[i];
        }
    }
    return NULL;
}

struct comparison
summary_compare(const struct summary_group *group,
                const struct summary_row *row, const struct summary_row *base,
                enum fitted what)
{
    return statistics_compare(&group->fit[what], row ? row->place[what] : -1,
                              base ? base->place[what] : -1);
}

/* A slice of a group. */
struct cell {
    int block;    /* its number */
    int life;     /* that it belongs to */
    size_t row;   /* of its model */
    double value; /* logarithm of what is fitted */
};

static int
compare_cells(const void *left, const void *right)
{
    const struct cell *a = left;
    const struct cell *b = right;

    if (a->block != b->block) {
        return a->block < b->block ? -1 : 1;
    }
    return (a->row > b->row) - (a->row < b->row);
}

static bool
slice_is_of(const struct slice *slice, const struct life *life)
{
    return slice->clients == life->clients &&
           slice->rate_per_s == life->rate_per_s &&
           strcmp(slice->scenario, life->scenario) == 0;
}

static double
slice_value(const struct slice *slice, enum fitted what)
{
    return log(what == FIT_CPU ? slice->server_cpu_us / slice->echoes
                               : slice->echoes / slice->seconds);
}

/* Slices of a life that was the client's own trouble tell nothing, nor does
 * the CPU time of one whose work was done where nobody sees it. */
static bool
life_is_good(const struct summary_row *row, int life, enum fitted what)
{
    for (int i = 0; i < row->nlives; i++) {
        if (row->lives[i]->life == life) {
            return row->lives[i]->status == LIFE_OK &&
                   (what != FIT_CPU ||
                    isfinite(
                        row->lives[i]->figure[LIFE_SERVER_CPU_US_PER_ECHO]));
        }
    }
    return false;
}

/* The slices that can be fitted, by block and row; the caller frees them. How
 * many each row has goes to `count`. */
static struct cell *
make_cells(const struct results *results, const struct summary_group *group,
           enum fitted what, size_t *ncells, int *count)
{
    struct cell *cells = calloc(results->nslices + 1, sizeof *cells);

    *ncells = 0;
    for (size_t i = 0; cells && i < results->nslices; i++) {
        const struct slice *slice = &results->slices[i];
        const struct summary_row *row =
            slice_is_of(slice, group->rows[0].life)
                ? summary_find(group, slice->model)
                : NULL;
        double value = slice_value(slice, what);

        if (row && life_is_good(row, slice->life, what) &&
            (row->comparable || row->yardstick) && row->status == LIFE_OK &&
            slice->rate_per_s == 0 && isfinite(value)) {
            size_t place = (size_t)(row - group->rows);

            count[place]++;
            cells[(*ncells)++] =
                (struct cell){slice->block, slice->life, place, value};
        }
    }
    if (cells) {
        qsort(cells, *ncells, sizeof *cells, compare_cells);
    }
    return cells;
}

/* Who has half as many slices as the one with most takes part. Returns how
 * many do. */
static int
choose_places(struct summary_group *group, enum fitted what, const int *count)
{
    int most = 0;
    int models = 0;

    for (size_t i = 0; i < group->nrows; i++) {
        most = count[i] > most ? count[i] : most;
    }
    for (size_t i = 0; i < group->nrows; i++) {
        bool takes_part = count[i] > 0 && 2 * count[i] >= most &&
                          models < RESULTS_MODELS_MAX;

        group->rows[i].place[what] = takes_part ? models++ : -1;
    }
    return models;
}

/* Fit the blocks that all who take part have: a block that misses one, such
 * as the last of a run that was interrupted, would tilt the others. */
static int
fit_cells(struct summary_group *group, enum fitted what,
          const struct cell *cells, size_t ncells, int models)
{
    double *values = calloc(ncells + 1, sizeof *values);
    int *lives = calloc(ncells + 1, sizeof *lives);
    int blocks = 0;
    int status = -1;

    for (size_t i = 0; values && lives && i < ncells;) {
        double *block = &values[(size_t)blocks * (size_t)models];
        int present = 0;
        size_t begin = i;

        for (; i < ncells && cells[i].block == cells[begin].block; i++) {
            bool again = i > begin && cells[i].row == cells[i - 1].row;

            if (group->rows[cells[i].row].place[what] >= 0 && !again) {
                block[present++] = cells[i].value;
            }
        }
        lives[blocks] = cells[begin].life;
        blocks += present == models;
    }
    if (values && lives) {
        status =
            statistics_fit(&group->fit[what], values, lives, blocks, models);
    }
    free(values);
    free(lives);
    return status;
}

/* Who is best, and the others over it. */
static void
rank(struct summary_group *group, enum fitted what)
{
    const double sign = what == FIT_CPU ? 1 : -1;
    const struct fit *fit = &group->fit[what];
    const struct summary_row **best = &group->best[what];
    int others = 0;

    for (size_t i = 0; i < group->nrows; i++) {
        const struct summary_row *row = &group->rows[i];

        if (row->comparable && row->place[what] >= 0 &&
            (!*best || sign * fit->level[row->place[what]] <
                           sign * fit->level[(*best)->place[what]])) {
            *best = row;
        }
    }
    group->clear[what] = true;
    for (size_t i = 0; i < group->nrows; i++) {
        struct summary_row *row = &group->rows[i];

        row->over_best[what] = (struct comparison){NAN, NAN, NAN, 0};
        if (row->comparable && *best && row != *best) {
            row->over_best[what] = summary_compare(group, row, *best, what);
            others += row->place[what] >= 0;
            group->clear[what] &=
                row->over_best[what].verdict == VERDICT_DIFFERENT;
        }
    }
    group->clear[what] &= others > 0;
}

/* The level that was fitted is the figure of the row. */
static void
take_levels(struct summary_group *group, enum fitted what,
            enum life_figure figure)
{
    const struct fit *fit = &group->fit[what];

    for (size_t i = 0; i < group->nrows; i++) {
        struct summary_row *row = &group->rows[i];

        if (row->place[what] >= 0 && fit->blocks > 0) {
            row->figure[figure] = exp(fit->level[row->place[what]]);
        }
    }
}

/* What the kernel alone charged, where no life says so: the floor is a slice
 * of each block, too. */
static void
take_floor(const struct results *results, struct summary_group *group,
           double *values)
{
    size_t n = 0;
    double floor_us;

    for (size_t i = 0; i < results->nslices; i++) {
        const struct slice *slice = &results->slices[i];

        if (!slice_is_of(slice, group->rows[0].life)) {
            continue;
        }
        group->slices++;
        group->stalled += slice->stalled;
        if (strcmp(slice->model, RESULTS_FLOOR) == 0 && slice->echoes > 0) {
            values[n++] = slice->server_cpu_us / slice->echoes;
        }
    }
    floor_us = statistics_median(values, n);
    for (size_t i = 0; floor_us > 0 && i < group->nrows; i++) {
        struct summary_row *row = &group->rows[i];

        row->figure[LIFE_FLOOR_US] = floor_us;
        row->figure[LIFE_CPU_OVER_FLOOR] =
            row->figure[LIFE_SERVER_CPU_US_PER_ECHO] / floor_us;
    }
}

/* Figures that would mislead are left out, each for its reason. */
static void
row_hide(struct summary_row *row)
{
    const struct life *life = row->life;

    /* The calls are clock reads of the work itself. */
    if (life->work_us > 0) {
        row->figure[LIFE_SYSCALLS_PER_ECHO] = NAN;
    }
    /* The floor holds neither work nor connections, and one client is not
     * held against many. */
    if (life->work_us > 0 || life->churn || life->handshake || row->starved) {
        row->figure[LIFE_CPU_OVER_FLOOR] = NAN;
    }
    /* A server whose children do its work used none that can be seen. */
    if (!(row->figure[LIFE_SERVER_CPU_US_PER_ECHO] > 0)) {
        row->figure[LIFE_SERVER_CPU_US_PER_ECHO] = NAN;
        row->figure[LIFE_CPU_OVER_FLOOR] = NAN;
    }
    /* Less than nothing is no size. */
    if (row->figure[LIFE_RSS_KIB_PER_CLIENT] < 0) {
        row->figure[LIFE_RSS_KIB_PER_CLIENT] = NAN;
    }
}

int
summary_fit_group(const struct results *results, struct summary_group *group,
                  double *values)
{
    static const enum life_figure figure[FITS] = {
        [FIT_CPU] = LIFE_SERVER_CPU_US_PER_ECHO,
        [FIT_RATE] = LIFE_ECHOES_PER_S,
    };
    int *count = calloc(group->nrows, sizeof *count);
    int status = count ? 0 : -1;

    for (int what = 0; what < FITS && status == 0; what++) {
        size_t ncells;
        struct cell *cells;

        memset(count, 0, group->nrows * sizeof *count);
        cells = make_cells(results, group, what, &ncells, count);
        status = cells ? fit_cells(group, what, cells, ncells,
                                   choose_places(group, what, count))
                       : -1;
        free(cells);
        take_levels(group, what, figure[what]);
        rank(group, what);
        group->blocks = group->fit[what].blocks > group->blocks
                            ? group->fit[what].blocks
                            : group->blocks;
    }
    free(count);
    take_floor(results, group, values);
    for (size_t i = 0; i < group->nrows; i++) {
        row_hide(&group->rows[i]);
        group->rows[i].over_yardstick =
            summary_compare(group, &group->rows[i],
                            summary_find(group, RESULTS_YARDSTICK), FIT_CPU);
    }
    return status;
}
