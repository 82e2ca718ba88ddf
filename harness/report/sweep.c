/*
 * sweep.c: groups that differ in one number, drawn and in numbers. See
 * internal.h.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/internal.h"

double
sweep_x(const struct summary_group *group)
{
    const struct life *life = group_life(group);

    return life->rate_per_s > 0                   ? life->rate_per_s
           : life->ask_silent || life->silent > 0 ? life->silent
                                                  : life->clients;
}

static int
compare_groups(const void *left, const void *right)
{
    double a = sweep_x(*(const struct summary_group *const *)left);
    double b = sweep_x(*(const struct summary_group *const *)right);

    return (a > b) - (a < b);
}

/* Is a group a step of the same as `most`? If silent clients or messages a
 * second differ, those at work do not. */
static bool
goes_with(const struct summary_group *group, const struct summary_group *most,
          unsigned kinds)
{
    const struct life *a = group_life(group);
    const struct life *b = group_life(most);
    int busy = a->clients - (a->ask_silent ? a->silent : 0);

    return (cells_kind(a) & kinds) && a->message_bytes == b->message_bytes &&
           strcmp(a->layout, b->layout) == 0 &&
           (cells_kind(b) == KIND_MANY
                ? strcmp(a->scenario, b->scenario) == 0
                : busy == b->clients - (b->ask_silent ? b->silent : 0));
}

struct sweep
sweep_of(const struct summary *summary, const struct summary_group *most,
         unsigned kinds)
{
    struct sweep sweep = {0};

    for (size_t i = 0; most && i < summary->ngroups; i++) {
        const struct summary_group *group = &summary->groups[i];
        bool same = false; /* as one that is there */

        for (size_t j = 0; j < sweep.n; j++) {
            same |= sweep_x(sweep.groups[j]) == sweep_x(group);
        }
        if (group == most || (!same && sweep.n + 1 < SWEEP_MAX &&
                              sweep_x(group) != sweep_x(most) &&
                              goes_with(group, most, kinds))) {
            sweep.groups[sweep.n++] = group;
        }
    }
    for (size_t i = 0; most && i < most->nrows && i < MODELS_MAX; i++) {
        sweep.models[sweep.nmodels++] = most->rows[i].life->model;
    }
    qsort(sweep.groups, sweep.n, sizeof(struct summary_group *),
          compare_groups);
    return sweep;
}

double
row_shown(const struct summary_row *row, enum life_figure figure)
{
    return !row || row->status != LIFE_OK || row->starved ? NAN
           : figure == LIFE_RSS_KIB_PER_CLIENT ? summary_memory(row)
           : row->saturated && (figures[figure].where & FIGURE_TIME)
               ? NAN
               : row->figure[figure];
}

void
row_end(char word[24], const struct summary_row *row)
{
    word[0] = '\0';
    if (row && row->status != LIFE_OK) {
        snprintf(word, 24, "%s", life_status_name(row->status));
    } else if (row && row->starved) {
        snprintf(word, 24, "serves %.0f", row->figure[LIFE_SERVED]);
    } else if (row && row->saturated) {
        snprintf(word, 24, "saturated");
    }
}

void
sweep_lines(struct document *document, const struct sweep *sweep,
            const struct chart *chart, enum life_figure figure,
            const struct series *more, size_t nmore)
{
    static double points[MODELS_MAX][SWEEP_MAX][2];
    char ends[MODELS_MAX][24];
    struct series series[SERIES_MAX];

    for (size_t i = 0; i < sweep->nmodels; i++) {
        const char *model = sweep->models[i];
        size_t n = 0;

        for (size_t j = 0; j < sweep->n; j++) {
            const struct summary_row *row =
                summary_find(sweep->groups[j], model);

            points[i][j][0] = sweep_x(sweep->groups[j]);
            points[i][j][1] = row_shown(row, figure);
            n = isfinite(points[i][j][1]) ? j + 1 : n;
        }
        row_end(ends[i],
                n < sweep->n ? summary_find(sweep->groups[n], model) : NULL);
        series[i] = (struct series){
            .name = model,
            .slot = svg_slot(model),
            .points = (const double(*)[2])points[i],
            .n = n,
            .end = ends[i][0] != '\0' ? ends[i] : NULL,
        };
    }
    for (size_t i = 0; i < nmore; i++) {
        series[sweep->nmodels + i] = more[i];
    }
    document_figure(document,
                    chart_lines(chart, series, sweep->nmodels + nmore));
}

void
sweep_dots(struct document *document, const struct summary_group *group,
           const struct chart *chart, enum life_figure figure,
           enum cells_id id)
{
    static struct text notes[MODELS_MAX];
    struct chart_row rows[MODELS_MAX];
    struct dot dots[MODELS_MAX];
    size_t n = 0;

    for (; n < group->nrows && n < MODELS_MAX; n++) {
        const struct summary_row *row = &group->rows[n];
        const char *model = row->life->model;
        struct at at = {group, model, NULL, row};

        notes[n] = (struct text){0};
        cells_put(&notes[n], id, &at, false);
        rows[n] = (struct chart_row){model, svg_slot(model), notes[n].bytes};
        dots[n] = (struct dot){.row = (int)n,
                               .slot = rows[n].slot,
                               .value = row_shown(row, figure),
                               .low = NAN,
                               .high = NAN};
    }
    document_figure(document, chart_dots(chart, rows, n, dots, n));
}

void
sweep_numbers(struct document *document, const struct sweep *sweep,
              const enum cells_id *ids, size_t n)
{
    struct sheet sheet = {0};

    document_fold(document, "The numbers behind it");
    sheet_column(&sheet, CELLS_MODEL, 0);
    for (size_t i = 0; i < n * sweep->n; i++) {
        struct axis *column = sheet_column(&sheet, ids[i / sweep->n], 0);
        struct text label = {0};

        column->group = sweep->groups[i % sweep->n];
        if (sweep->n > 1) {
            struct column own = {0};

            cells_heading(&own, column->id, false);
            PUT(column->column.above, "%.15s%s%.15s", own.above,
                own.above[0] != '\0' ? " " : "", own.heading);
            cells_label(&label, group_life(column->group));
            PUT(column->column.heading, "%.31s", label.bytes);
        }
    }
    for (size_t i = 0; i < sweep->nmodels; i++) {
        sheet_row(&sheet, NULL, sweep->models[i]);
    }
    sheet_build(document, &sheet, true);
}
