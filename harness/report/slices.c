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

/* What slows a block slows all of it: the logarithm of that, the median over
 * its models; and NAN where there is none. */
static double *
block_levels(const struct results *results, const struct summary_group *group)
{
    size_t n = results->nslices + 1;
    double *values = given(calloc(n * MODELS_MAX, sizeof *values));

    for (size_t i = 0; i < n * MODELS_MAX; i++) {
        values[i] = NAN;
    }
    for (size_t i = 0; i < results->nslices; i++) {
        const struct slice *slice = &results->slices[i];
        size_t at = place_of(slice, results, group);

        if (at < MODELS_MAX) {
            values[(size_t)slice->block * MODELS_MAX + at] =
                log(slice->server_cpu_us / slice->echoes) -
                group->fit[FIT_CPU].level[at];
        }
    }
    for (size_t i = 0; i < n; i++) {
        values[i] = statistics_median(values + i * MODELS_MAX, MODELS_MAX);
    }
    return values;
}

void
slices_draw(struct document *document, const struct results *results,
            const struct sweep *sweep)
{
    const struct summary_group *group = sweep->groups[0];
    const struct fit *fit = &group->fit[FIT_CPU];
    struct dot *dots = given(calloc(results->nslices + 1, sizeof *dots));
    double *blocks = block_levels(results, group);
    struct chart_row rows[MODELS_MAX];
    char ends[MODELS_MAX][24];
    struct text label = {0};
    size_t n = 0;

    cells_label(&label, group_life(group));
    for (size_t i = 0; i < sweep->nmodels; i++) {
        row_end(ends[i], &group->rows[i]);
        rows[i] = (struct chart_row){sweep->models[i],
                                     svg_slot(sweep->models[i]), ends[i]};
    }
    for (size_t i = 0; i < results->nslices; i++) {
        const struct slice *slice = &results->slices[i];
        size_t at = place_of(slice, results, group);

        if (at < MODELS_MAX) {
            double us = slice->server_cpu_us / slice->echoes /
                        exp(blocks[slice->block]);
            bool far = slice->stalled ||
                       fabs(log(us) - fit->level[at]) > 3 * fit->noise;

            dots[n++] = (struct dot){(int)at, rows[at].slot,
                                     us,      NAN,
                                     NAN,     far ? DOT_CROSS : DOT_DUST,
                                     NULL};
        }
    }
    document_figure(document,
                    chart_dots(&(struct chart){.title = label.bytes,
                                               .above = "each slice",
                                               .below = "us of CPU an echo",
                                               .rule = NAN},
                               rows, sweep->nmodels, dots, n));
    free(blocks);
    free(dots);
}
