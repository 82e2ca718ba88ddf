/*
 * slices.c: every slice as a dot. See internal.h.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/internal.h"

/* The place in a group of the row that a slice tells of, if it takes part in
 * the fit; else MODELS_MAX. */
static size_t
place_of(const struct slice *slice, const struct results *results,
         const struct summary_group *group)
{
    const struct summary_row *row =
        RECORDS_GO_TOGETHER(slice, group_life(group))
            ? summary_find(group, slice->model)
            : NULL;
    size_t at = row ? (size_t)(row - group->rows) : MODELS_MAX;

    if (at >= MODELS_MAX || isnan(group->fit[FIT_CPU].level[at]) ||
        (size_t)slice->block > results->nslices) {
        return MODELS_MAX;
    }
    for (int i = 0; i < row->nlives; i++) {
        if (row->lives[i]->life == slice->life &&
            row->lives[i]->status == LIFE_OK) {
            return at;
        }
    }
    return MODELS_MAX;
}

char *
slices_draw(const struct plot *plot, const struct sweep *sweep)
{
    const struct results *results = sweep->summary->results;
    const struct fit *fit = &sweep->most->fit[FIT_CPU];
    size_t n = results->nslices;
    struct dot *dots = given(calloc(n + 1, sizeof *dots));
    size_t ndots = 0;
    /* What slows a block slows all of it: the median over its models. */
    double(*blocks)[MODELS_MAX] = given(calloc(n + 1, sizeof *blocks));
    struct chart_row rows[MODELS_MAX];
    char ends[MODELS_MAX][ROW_END_BYTES];
    char *svg;

    for (size_t i = 0; i < (n + 1) * MODELS_MAX; i++) {
        blocks[i / MODELS_MAX][i % MODELS_MAX] = NAN;
    }
    for (size_t i = 0; i < n; i++) {
        const struct slice *slice = &results->slices[i];
        size_t at = place_of(slice, results, sweep->most);

        if (at < MODELS_MAX) {
            double us = slice->server_cpu_us / slice->echoes;

            blocks[slice->block][at] = log(us) - fit->level[at];
            /* The mark is its row's; until then its block is kept there. */
            dots[ndots++] = (struct dot){
                (int)at, slice->block, us,
                NAN,     NAN,          slice->stalled ? DOT_CROSS : DOT_DUST,
                NULL};
        }
    }
    for (size_t i = 0; i <= n; i++) {
        blocks[i][0] = statistics_median(blocks[i], MODELS_MAX);
    }
    for (size_t i = 0; i < ndots; i++) {
        struct dot *dot = &dots[i];

        dot->value /= exp(blocks[dot->slot][0]);
        if (fabs(log(dot->value) - fit->level[dot->row]) > 3 * fit->noise) {
            dot->kind = DOT_CROSS;
        }
    }
    for (size_t i = 0; i < sweep->nmodels; i++) {
        rows[i] = (struct chart_row){sweep->models[i], sweep->slots[i],
                                     row_end(ends[i], &sweep->most->rows[i])};
    }
    svg = chart_dots(&plot->chart, rows, sweep->nmodels, dots, ndots);
    free(blocks);
    free(dots);
    return svg;
}
