/*
 * sweep.c: groups that differ in one number, drawn and in numbers. See
 * internal.h.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "harness/report/internal.h"

/* ---- which groups ------------------------------------------------------ */

double
sweep_x(const struct summary_group *group)
{
    const struct life *life = group->life;

    return life->rate_per_s > 0                   ? life->rate_per_s
           : life->ask_silent || life->silent > 0 ? life->silent
                                                  : life->clients;
}

/* Is a group a step of the same as `most`? If silent clients differ, those at
 * work do not; rates are those of one scenario, and neighbours. */
static bool
goes_with(const struct summary_group *group, const struct summary_group *most,
          unsigned kinds)
{
    const struct life *a = group->life;
    const struct life *b = most->life;
    int busy = a->clients - (a->ask_silent ? a->silent : 0);

    return (cells_kind(a) & kinds) && a->message_bytes == b->message_bytes &&
           strcmp(a->layout, b->layout) == 0 &&
           (cells_kind(b) == KIND_MANY ? strcmp(a->scenario, b->scenario) == 0
            : cells_kind(b) == KIND_RATE
                ? RECORD_IS_OF(a, b->scenario, b->clients)
                : busy == b->clients - (b->ask_silent ? b->silent : 0));
}

/* How a model is drawn: others than ours each in its way, by their order in
 * the main group, so that it is the same in all charts. */
static int
slot_of(const struct sweep *sweep, size_t row)
{
    const struct summary_group *main = group_main(sweep->summary);
    const char *model = sweep->most->rows[row].life->model;
    int slot = svg_slot(model);
    int others = 0; /* before it */

    for (size_t i = 0;
         i < main->nrows && strcmp(main->rows[i].life->model, model) != 0;
         i++) {
        others += svg_slot(main->rows[i].life->model) == SVG_OTHER;
    }
    return slot == SVG_OTHER ? SVG_MORE + others % SVG_OTHER : slot;
}

struct sweep
sweep_of(const struct summary *summary, const struct summary_group *most,
         unsigned kinds)
{
    struct sweep sweep = {.summary = summary, .most = most};

    for (size_t i = 0; most && i < summary->ngroups; i++) {
        const struct summary_group *group = &summary->groups[i];
        double x = sweep_x(group);
        size_t at = sweep.n;

        while (at > 0 && sweep_x(sweep.groups[at - 1]) >= x) {
            at--;
        }
        if (group == most ||
            (sweep.n + 1 < SWEEP_MAX && x != sweep_x(most) &&
             (at == sweep.n || sweep_x(sweep.groups[at]) != x) &&
             goes_with(group, most, kinds))) {
            for (size_t j = sweep.n++; j > at; j--) {
                sweep.groups[j] = sweep.groups[j - 1];
            }
            sweep.groups[at] = group;
        }
    }
    sweep.nmodels = most ? MIN(most->nrows, MODELS_MAX) : 0;
    return sweep;
}

/* Why there is nothing of a row, in a word, or "". */
static void
put_end(char *word, size_t bytes, const struct summary_row *row)
{
    if (row->status != LIFE_OK) {
        snprintf(word, bytes, "%s", life_status_name(row->status));
    } else if (row->starved) {
        snprintf(word, bytes, "serves %.0f", row->figure[LIFE_SERVED]);
    } else {
        snprintf(word, bytes, "%s", row->saturated ? "saturated" : "");
    }
}

/* ---- charts and numbers ------------------------------------------------ */

static struct chart
chart_of(const struct plot *plot)
{
    return (struct chart){plot->title, plot->above, plot->below,
                          plot->x,     plot->y,     0};
}

/* The mean time at a server to which messages come by chance, and whose
 * service takes chance (M/M/1) or always as long (M/D/1). */
static void
put_queues(struct series curves[2], int served_per_s)
{
    double us = 1e6 / served_per_s;

    curves[0] = (struct series){
        .name = "M/M/1", .slot = SVG_THEORY, .n = POINTS_MAX, .bare = true};
    curves[1] = curves[0];
    curves[1].name = "M/D/1";
    curves[1].slot++;
    for (int i = 0; i < POINTS_MAX; i++) {
        double load = 0.98 * (i + 1) / POINTS_MAX;

        curves[0].points[i][0] = curves[1].points[i][0] = load / us * 1e6;
        curves[0].points[i][1] = us / (1 - load);
        curves[1].points[i][1] = us * (1 + load / (2 * (1 - load)));
    }
}

char *
sweep_lines(const struct plot *plot, const struct sweep *sweep)
{
    struct series series[SERIES_MAX];
    struct chart chart = chart_of(plot);
    int served_per_s = sweep->groups[sweep->n - 1]->life->rate_of_per_s;
    size_t n = 0;

    for (; n < sweep->nmodels; n++) {
        struct series *line = &series[n];

        *line = (struct series){.name = sweep->most->rows[n].life->model,
                                .slot = slot_of(sweep, n)};
        for (size_t i = 0; i < sweep->n; i++) {
            const struct summary_row *row =
                summary_find(sweep->groups[i], line->name);
            double value = row_shown(row, plot->figure);

            line->points[i][0] = sweep_x(sweep->groups[i]);
            line->points[i][1] = value;
            if (isfinite(value)) {
                line->n = i + 1;
                line->end[0] = '\0';
            } else if (line->end[0] == '\0' && row &&
                       row->status < LIFE_INVALID) {
                /* What is no fault of the server ends no line. */
                put_end(line->end, sizeof line->end, row);
            }
        }
    }
    /* Theory is of the mean, and of that of which the rates are shares. */
    if (plot->figure == LIFE_MEAN_US && served_per_s > 0) {
        put_queues(&series[n], served_per_s);
        n += 2;
    }
    return chart_lines(&chart, series, n);
}

/* A row for each model of the largest group, with such dots. */
static char *
draw_rows(const struct plot *plot, const struct sweep *sweep,
          const struct dot *dots, size_t ndots)
{
    struct text notes[MODELS_MAX] = {0};
    struct chart_row rows[MODELS_MAX];
    struct chart chart = chart_of(plot);

    for (size_t i = 0; i < sweep->nmodels; i++) {
        const struct summary_row *row = &sweep->most->rows[i];
        struct at at = {sweep->most, row->life->model, NULL};

        put_end(notes[i].bytes, sizeof notes[i].bytes, row);
        if (notes[i].bytes[0] == '\0') {
            cells_put(&notes[i], plot->note, &at, false);
        }
        rows[i] =
            (struct chart_row){at.model, slot_of(sweep, i), notes[i].bytes};
    }
    return chart_dots(&chart, rows, sweep->nmodels, dots, ndots);
}

char *
sweep_dots(const struct plot *plot, const struct sweep *sweep)
{
    struct dot dots[MODELS_MAX];

    for (size_t i = 0; i < sweep->nmodels; i++) {
        double value = row_shown(&sweep->most->rows[i], plot->figure);

        dots[i] = (struct dot){(int)i, slot_of(sweep, i), value, NAN,
                               NAN,    DOT_MARK,          NULL};
    }
    return draw_rows(plot, sweep, dots, sweep->nmodels);
}

/* What an echo of each model is made of: by the bill; or without one the
 * floor, and the rest is unexplained. Too much lies beyond the bar's end. */
char *
sweep_bars(const struct plot *plot, const struct sweep *sweep)
{
    struct dot parts[MODELS_MAX * BILL_PARTS];
    size_t n = 0;

    for (int i = 0; i < (int)sweep->nmodels; i++) {
        const struct summary_row *row = &sweep->most->rows[i];
        double us = row_shown(row, plot->figure);
        double to = 0; /* where a part ends */
        struct bill bill;

        if (!isfinite(us)) {
            continue;
        }
        if (!bill_of(&bill, row)) {
            double floor_us = fmin(fmax(row->figure[LIFE_FLOOR_US], 0), us);

            bill = (struct bill){
                .us = {[BILL_FLOOR] = floor_us, [BILL_REST] = us - floor_us}};
        }
        for (int j = 0; j < BILL_PARTS; j++) {
            bool over = j == BILL_REST && bill.us[j] < 0;
            enum dot_kind kind = j == BILL_REST ? DOT_REST : DOT_PART;
            const char *name = over ? "too much" : bill_parts[j];
            double from = fmin(to, us), end;

            to += fmax(bill.us[j], 0);
            end = over ? to : fmin(to, us);
            if (from < end) {
                parts[n++] = (struct dot){
                    i, j + over, fabs(bill.us[j]), from, end, kind, name};
            }
        }
    }
    return draw_rows(plot, sweep, parts, n);
}

char *
sweep_slices(const struct plot *plot, const struct sweep *sweep)
{
    const struct slice *slices = sweep->summary->results->slices;
    size_t n = sweep->summary->results->nslices;
    const struct fit *fit = &sweep->most->fit[FIT_CPU];
    struct dot *dots = given(calloc(n + 1, sizeof *dots));
    /* What slows a block slows all of it: the median over its models. */
    double(*blocks)[MODELS_MAX] = given(calloc(n + 1, sizeof *blocks));
    char *svg;

    for (size_t i = 0; i < (n + 1) * MODELS_MAX; i++) {
        blocks[i / MODELS_MAX][i % MODELS_MAX] = NAN;
    }
    for (size_t i = 0; i < n; i++) {
        double us = slices[i].server_cpu_us / slices[i].echoes;
        const struct summary_row *of =
            summary_row_of(&slices[i], sweep->most, FIT_CPU);
        int row = of ? (int)(of - sweep->most->rows) : MODELS_MAX;

        dots[i] = (struct dot){-1, 0, NAN, NAN, NAN, DOT_DUST, NULL};
        if (row < MODELS_MAX && (size_t)slices[i].block <= n &&
            !isnan(fit->level[row])) {
            dots[i].row = row;
            dots[i].value = log(us) - fit->level[row];
            blocks[slices[i].block][row] = dots[i].value;
        }
    }
    for (size_t i = 0; i <= n; i++) {
        blocks[i][0] = statistics_median(blocks[i], MODELS_MAX);
    }
    for (size_t i = 0; i < n; i++) {
        struct dot *dot = &dots[i];

        if (dot->row >= 0) {
            double away = dot->value - blocks[slices[i].block][0];

            dot->value = exp(fit->level[dot->row] + away);
            if (slices[i].stalled || fabs(away) > 3 * fit->noise) {
                dot->kind = DOT_CROSS;
            }
        }
    }
    svg = draw_rows(plot, sweep, dots, n);
    free(blocks);
    free(dots);
    return svg;
}

void
sweep_numbers(struct document *document, const struct sweep *sweep,
              const enum cells_id ids[NUMBERS_MAX])
{
    struct sheet sheet = {0};

    document_say(document, BLOCK_FOLD, "", "The numbers behind it");
    sheet_column(&sheet, CELLS_MODEL, 0);
    if (sweep->n > 1) {
        sheet_column(&sheet, CELLS_LABEL, 0);
    }
    for (int i = 0; i < NUMBERS_MAX && ids[i] != CELLS_NAME; i++) {
        sheet_column(&sheet, ids[i], 0);
    }
    for (size_t i = 0; i < sweep->n * sweep->nmodels; i++) {
        sheet_row(&sheet, sweep->groups[i % sweep->n],
                  sweep->most->rows[i / sweep->n].life->model);
    }
    sheet_build(document, &sheet, true);
}
