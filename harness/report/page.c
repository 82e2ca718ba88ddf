/*
 * page.c: the report as one HTML page, which tells a story: what was found,
 * who waits, what it costs, who keeps up, what silence, waiting and a rate
 * do, how sure all that is; and every table. See report.h.
 *
 * Under each picture stands how to read it, what this run shows and what it
 * does not tell, and the table behind it. What was not measured is said, and
 * nothing is drawn of it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/internal.h"

enum {
    SWEEP_MAX = 16,              /* points of a line */
    MODELS_MAX = SERIES_MAX - 2, /* in a chart, with room for theory */
    CURVE = 48,                  /* points of a curve */
};

static const char style[] =
    "*{box-sizing:border-box}"
    "body{margin:0 auto;padding:1.5rem 1rem 4rem;max-width:70rem;"
    "background:var(--back);color:var(--text);font:1rem/1.55 system-ui,"
    "sans-serif;overflow-wrap:break-word}"
    "h1{font-size:1.6rem;line-height:1.25;margin:.5rem 0}"
    "h2{font-size:1.35rem;margin:3.5rem 0 .75rem;padding-top:1.25rem;"
    "border-top:1px solid var(--rule)}h3{font-size:1rem;margin:1.75rem 0 "
    ".4rem}"
    "h2 a{color:inherit;text-decoration:none}a{color:inherit}"
    "p,dl{max-width:46rem;margin:.6rem 0}"
    "nav{margin:1rem 0;color:var(--soft)}nav "
    "a{margin-right:1.1rem;text-decoration:none;"
    "white-space:nowrap}\n"
    ".charts{display:grid;gap:1.5rem 2.5rem;margin:1.25rem 0;"
    "grid-template-columns:repeat(auto-fill,minmax(min(100%,22rem),1fr))}"
    ".charts svg{width:100%;max-width:34rem;height:auto;display:block}"
    ".charts{overflow-x:auto}.charts .wide{grid-column:1/-1;max-width:none;"
    "min-width:42rem}"
    "dl{display:grid;grid-template-columns:minmax(6rem,max-content) 1fr;"
    "gap:.25rem 1rem}dt{font-weight:600}dd{margin:0}"
    ".scroll{overflow-x:auto;margin:.75rem 0}"
    "table{border-collapse:collapse;font-size:.875rem;line-height:1.35;"
    "font-variant-numeric:tabular-nums}"
    "th,td{padding:.22rem .55rem;text-align:right;white-space:nowrap;"
    "font-weight:400;unicode-bidi:isolate}"
    "thead th{color:var(--soft);padding-bottom:.1rem}"
    "thead tr:first-child th{text-align:center}thead tr:last-child "
    "th{border-bottom:1px solid var(--soft)}"
    "tbody tr+tr>*{border-top:1px solid var(--rule)}"
    "th:first-child,.left,.rest{text-align:left}th:first-child{padding-left:"
    "0}"
    "tbody th{font-weight:600}.rest{white-space:normal;min-width:16rem}"
    ".bad,.rest{color:var(--bad)}.best{font-weight:700}"
    ".legend{color:var(--soft);font-size:.8125rem}"
    "details{margin:.5rem 0}summary{cursor:pointer;color:var(--soft)}"
    "summary:hover{color:var(--text)}dd,dt,summary,h1{unicode-bidi:isolate}\n"
    "@media(max-width:40rem){dl{display:block}dd{margin-bottom:.5rem}}"
    "@media "
    "print{body{max-width:none;padding:0;font-size:10pt}nav{display:none}"
    ".charts "
    ".wide{min-width:0}svg,tr{break-inside:avoid}h2,h3{break-after:avoid}"
    ".charts{grid-template-columns:1fr 1fr}.scroll{overflow:visible}}\n";

/* ---- groups side by side -------------------------------------------------
 */

/* Groups that differ in one number, or a single one, and whom they hold. */
struct sweep {
    const struct summary_group *groups[SWEEP_MAX]; /* by that number */
    size_t n;                                      /* how many */
    const char *models[MODELS_MAX];                /* in their order */
    size_t nmodels;                                /* how many */
};

/* That number: messages a second, silent clients, or clients. */
static double
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

/* That group, and what goes with it of these kinds. */
static struct sweep
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
    qsort(sweep.groups, sweep.n, sizeof *sweep.groups, compare_groups);
    return sweep;
}

/* What a row has to show: nothing of who does not serve all, and no time of
 * who does not keep the rate. */
static double
shown(const struct summary_row *row, enum life_figure figure)
{
    return !row || row->status != LIFE_OK || row->starved ? NAN
           : figure == LIFE_RSS_KIB_PER_CLIENT ? summary_memory(row)
           : row->saturated && (figures[figure].where & FIGURE_TIME)
               ? NAN
               : row->figure[figure];
}

/* Why a line ends before a row: "" if it does not. */
static void
put_end(char word[24], const struct summary_row *row)
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

/* A line for each model, and those that there are already. */
static void
draw_lines(struct document *document, const struct sweep *sweep,
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
            points[i][j][1] = shown(row, figure);
            n = isfinite(points[i][j][1]) ? j + 1 : n;
        }
        put_end(ends[i],
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

/* A dot for each model in a group, with what its cell says on the right. */
static void
draw_dots(struct document *document, const struct summary_group *group,
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
                               .value = shown(row, figure),
                               .low = NAN,
                               .high = NAN};
    }
    document_figure(document, chart_dots(chart, rows, n, dots, n));
}

/* The numbers of a sweep: a row for each model, a column for each step. */
static void
build_numbers(struct document *document, const struct sweep *sweep,
              const enum cells_id *ids, size_t n)
{
    struct sheet sheet = {0};

    document_fold(document, "The numbers behind it");
    sheet_column(&sheet, CELLS_MODEL, 0);
    for (size_t i = 0; i < n * sweep->n; i++) {
        struct axis *column = sheet_column(&sheet, ids[i / sweep->n], 0);
        struct text heading = {0};

        column->group = sweep->groups[i % sweep->n];
        cells_heading(&column->column, column->id, false);
        PUT(column->column.above, "%s", column->column.heading);
        axis_word(&heading, sweep_x(column->group));
        PUT(column->column.heading, "%.20s", heading.bytes);
    }
    for (size_t i = 0; i < sweep->nmodels; i++) {
        sheet_row(&sheet, NULL, sweep->models[i]);
    }
    sheet_build(document, &sheet, true);
}

/* ---- what is drawn -------------------------------------------------------
 *
 * Each function draws nothing if what it takes was not measured, and returns
 * the groups that it told of.
 */

static struct sweep
draw_cost(struct document *document, const struct summary *summary)
{
    struct sweep sweep = sweep_of(summary, group_main(summary), 0);
    static char notes[MODELS_MAX][UNITS_TEXT_BYTES];
    struct bar_part parts[2 * MODELS_MAX];
    struct chart_row rows[MODELS_MAX];
    struct text label = {0};
    int n = 0;

    cells_label(&label, group_life(sweep.groups[0]));
    for (size_t i = 0; i < sweep.nmodels; i++) {
        const struct summary_row *row = &sweep.groups[0]->rows[i];
        double us = shown(row, LIFE_SERVER_CPU_US_PER_ECHO);
        double floor_us = fmin(row->figure[LIFE_FLOOR_US], us);

        if (isfinite(us)) {
            units_format_number(notes[n], us);
            rows[n] = (struct chart_row){sweep.models[i],
                                         svg_slot(sweep.models[i]), notes[n]};
            parts[2 * n] =
                (struct bar_part){n, "a recv and a send", floor_us, false};
            parts[2 * n + 1] = (struct bar_part){n, "what the model adds",
                                                 us - floor_us, false};
            n++;
        }
    }
    document_figure(document,
                    chart_bars(&(struct chart){.title = "CPU of an echo",
                                               .above = label.bytes,
                                               .below = "us of the server"},
                               rows, (size_t)n, parts, 2 * (size_t)n));
    return sweep;
}

static struct sweep
draw_clients(struct document *document, const struct summary *summary)
{
    static const struct chart charts[] = {
        {.title = "Throughput", .above = "echoes/s", .y = SCALE_ZERO},
        {.title = "Half of all turns are shorter",
         .above = "p50, us",
         .y = SCALE_LOG10},
        {.title = "99 of 100 are shorter",
         .above = "p99, us",
         .y = SCALE_LOG10},
    };
    static const enum life_figure shown_there[] = {LIFE_ECHOES_PER_S,
                                                   LIFE_P50_US, LIFE_P99_US};
    struct sweep sweep = sweep_of(summary, group_largest(summary, KIND_MANY),
                                  KIND_ONE | KIND_MANY);

    if (sweep.n < 2) {
        return (struct sweep){0};
    }
    for (size_t i = 0; i < COUNT(charts); i++) {
        struct chart chart = charts[i];

        chart.below = "clients";
        chart.x = SCALE_LOG2;
        draw_lines(document, &sweep, &chart, shown_there[i], NULL, 0);
    }
    return sweep;
}

/* What a thousand silent clients add to an echo of each model, from the least
 * to the most of them that it serves. */
static void
say_slopes(struct document *document, const struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->nmodels; i++) {
        double x[2] = {NAN, NAN};
        double us[2] = {NAN, NAN};
        double half = NAN;

        for (size_t j = 0; j < sweep->n; j++) {
            double here =
                shown(summary_find(sweep->groups[j], sweep->models[i]),
                      LIFE_SERVER_CPU_US_PER_ECHO);

            if (isfinite(here)) {
                x[1] = sweep_x(sweep->groups[j]) / 1000;
                us[1] = here;
                half = exp(sweep->groups[j]->fit[FIT_CPU].half) - 1;
                x[0] = isfinite(x[0]) ? x[0] : x[1];
                us[0] = isfinite(us[0]) ? us[0] : here;
            }
        }
        if (us[1] > us[0] * (1 + VERDICT_THRESHOLD + half)) {
            document_item(document, sweep->models[i],
                          "+%.2g us +- %.1g for each 1000 silent clients",
                          (us[1] - us[0]) / (x[1] - x[0]),
                          us[1] * half / (x[1] - x[0]));
        }
    }
}

static struct sweep
draw_idle(struct document *document, const struct summary *summary)
{
    const struct summary_group *most = group_largest(summary, KIND_IDLE);
    struct sweep sweep = sweep_of(summary, most, KIND_IDLE | KIND_SILENT);
    struct chart chart = {.title = "CPU of an echo", .rule = NAN};
    struct text label = {0};

    if (!most) {
        return sweep;
    }
    cells_label(&label, group_life(most));
    if (sweep.n > 1) {
        chart.above = "us of the server";
        chart.below = "silent clients";
        chart.y = SCALE_ZERO;
        draw_lines(document, &sweep, &chart, LIFE_SERVER_CPU_US_PER_ECHO,
                   NULL, 0);
    } else {
        chart.above = label.bytes;
        chart.below = "us of the server";
        chart.x = SCALE_ZERO;
        draw_dots(document, most, &chart, LIFE_SERVER_CPU_US_PER_ECHO,
                  CELLS_COST);
    }
    chart = (struct chart){.title = "Memory of a client that waits",
                           .above = label.bytes,
                           .below = "KiB, with its thread's kernel stack",
                           .x = SCALE_LOG10,
                           .rule = NAN};
    draw_dots(document, most, &chart, LIFE_RSS_KIB_PER_CLIENT, CELLS_MEMORY);
    return sweep;
}

static struct sweep
draw_wait(struct document *document, const struct summary *summary)
{
    const struct summary_group *groups[] = {
        group_largest(summary, KIND_WAIT), group_largest(summary, KIND_WORK)};

    for (int i = 0; i < 2; i++) {
        struct text label = {0};

        if (groups[i]) {
            cells_label(&label, group_life(groups[i]));
            text_add(&label, ", %d clients", group_life(groups[i])->clients);
            draw_dots(document, groups[i],
                      &(struct chart){.title = i == 0 ? "An echo waits first"
                                                      : "An echo is work",
                                      .above = label.bytes,
                                      .below = "echoes/s",
                                      .x = SCALE_ZERO,
                                      .rule = NAN},
                      LIFE_ECHOES_PER_S, CELLS_RATE);
        }
    }
    return sweep_of(summary, groups[0] ? groups[0] : groups[1], 0);
}

/* CPU of a message, of both sides where they share one. */
static double
service_us(const struct summary_row *row)
{
    return row->figure[LIFE_SERVER_CPU_US_PER_ECHO] +
           (strcmp(row->life->layout, "shared") == 0
                ? row->figure[LIFE_CLIENT_CPU_US_PER_ECHO]
                : 0);
}

/* Who needs least for a message, at the lowest rate; or NULL. */
static const struct summary_row *
served_fastest(const struct sweep *sweep)
{
    const struct summary_row *least = NULL;

    for (size_t i = 0; i < sweep->groups[0]->nrows; i++) {
        const struct summary_row *row = &sweep->groups[0]->rows[i];

        if (row_keeps_up(row) && service_us(row) > 0 &&
            (!least || service_us(row) < service_us(least))) {
            least = row;
        }
    }
    return least;
}

/* The mean time at one server to which messages come by chance, and whose
 * service takes chance (M/M/1) or always as long (M/D/1). */
static void
draw_rates(struct document *document, const struct sweep *sweep,
           const struct chart *chart, double us)
{
    static double points[2][CURVE][2];
    const struct series curves[] = {
        {"M/M/1", SVG_THEORY, points[0], CURVE, NULL, true},
        {"M/D/1", SVG_THEORY + 1, points[1], CURVE, NULL, true},
    };

    for (int i = 0; i < CURVE; i++) {
        double load = 0.98 * (i + 1) / CURVE;

        points[0][i][0] = points[1][i][0] = load / us * 1e6;
        points[0][i][1] = us / (1 - load);
        points[1][i][1] = us * (1 + load / (2 * (1 - load)));
    }
    draw_lines(document, sweep, chart, LIFE_MEAN_US, curves, us > 0 ? 2 : 0);
}

static struct sweep
draw_rate(struct document *document, const struct summary *summary)
{
    struct sweep sweep =
        sweep_of(summary, group_largest(summary, KIND_RATE), KIND_RATE);
    struct chart chart = {.title = "Mean response",
                          .above = "us from when a message was due",
                          .below = "messages/s",
                          .x = SCALE_ZERO,
                          .y = SCALE_LOG10};
    const struct summary_row *row;

    if (sweep.n == 0) {
        return sweep;
    }
    row = served_fastest(&sweep);
    draw_rates(document, &sweep, &chart, row ? service_us(row) : NAN);
    chart.title = "99 of 100 are faster";
    draw_lines(document, &sweep, &chart, LIFE_P99_US, NULL, 0);
    return sweep;
}

static void
say_theory(struct document *document, const struct sweep *sweep)
{
    const struct summary_row *row = served_fastest(sweep);

    if (row) {
        document_paragraph(document,
                           "M/M/1 and M/D/1 are queues of one server that "
                           "takes %.3g us, the CPU of a message of %s: by "
                           "chance, or always. What lies above them is the "
                           "way through the kernel and waking up.",
                           service_us(row), row->life->model);
    }
    if (sweep->n == 1) {
        document_paragraph(document, "One rate was measured, so there is a "
                                     "mark a model and no line. 'make "
                                     "compare SCENARIOS=rate' has all.");
    }
}

/* ---- every slice ---------------------------------------------------------
 */

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
        const struct summary_row *row =
            RECORDS_GO_TOGETHER(slice, group_life(group))
                ? summary_find(group, slice->model)
                : NULL;

        if (row && row < group->rows + MODELS_MAX &&
            (size_t)slice->block < n) {
            values[slice->block * MODELS_MAX + (row - group->rows)] =
                log(slice->server_cpu_us / slice->echoes) -
                group->fit[FIT_CPU].level[row - group->rows];
        }
    }
    for (size_t i = 0; i < n; i++) {
        values[i] = statistics_median(values + i * MODELS_MAX, MODELS_MAX);
    }
    return values;
}

/* The CPU of an echo in each slice of a group, freed from what slowed its
 * whole block. */
static void
draw_slices(struct document *document, const struct results *results,
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
        put_end(ends[i], &group->rows[i]);
        rows[i] = (struct chart_row){sweep->models[i],
                                     svg_slot(sweep->models[i]), ends[i]};
    }
    for (size_t i = 0; i < results->nslices; i++) {
        const struct slice *slice = &results->slices[i];
        const struct summary_row *row =
            RECORDS_GO_TOGETHER(slice, group_life(group))
                ? summary_find(group, slice->model)
                : NULL;
        size_t at = row ? (size_t)(row - group->rows) : MODELS_MAX;

        if (at < sweep->nmodels && isfinite(fit->level[at]) &&
            (size_t)slice->block <= results->nslices) {
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

static struct sweep
draw_noise(struct document *document, const struct summary *summary)
{
    const struct summary_group *idle = group_largest(summary, KIND_IDLE);
    struct sweep main = sweep_of(summary, group_main(summary), 0);
    struct sweep second = sweep_of(summary, idle, 0);

    draw_slices(document, summary->results, &main);
    if (second.n > 0 && idle != main.groups[0]) {
        draw_slices(document, summary->results, &second);
    }
    return main;
}

static struct sweep
draw_trace(struct document *document, const struct summary *summary)
{
    document_figure(document, lanes_draw(summary->results));
    return (struct sweep){0};
}

/* ---- the story -----------------------------------------------------------
 */

static const struct scene {
    const char *anchor; /* its name in links */
    const char *title;  /* in a few words */
    struct sweep (*draw)(struct document *, const struct summary *);
    /* ... and what more can be said of the groups that it told of; or NULL */
    void (*say)(struct document *, const struct sweep *);
    const char *missing;  /* if it was not measured */
    const char *read;     /* how to read it */
    const char *untold;   /* what it does not tell */
    unsigned kinds;       /* of scenarios whose facts are said; or 0 */
    enum cells_id ids[4]; /* the numbers behind it, up to CELLS_NAME */
} story[] = {
    {"trace",
     "Who waits for whom",
     draw_trace,
     NULL,
     "There is no trace in this run. 'make trace' runs three clients through "
     "each model, one of them silent, and draws who sleeps, in which call "
     "and for whom.",
     "Time goes to the right, a row for each thread and client. Hatched is "
     "who waits.",
     "How long things take when nobody looks: each call was stopped twice to "
     "be written down.",
     0,
     {0}},
    {"cost",
     "What an echo costs",
     draw_cost,
     NULL,
     "Nobody served all clients, so there is no cost to compare.",
     "A bar is the CPU that the server uses for an echo. Its first part is "
     "the same for all: the kernel's price of a recv and a send that wait "
     "for nobody.",
     "What clients use, who pay for waking a server. Who serves only some of "
     "its clients has no bar: its echoes are not the same work.",
     KIND_MANY,
     {CELLS_SERVER, CELLS_CLIENT, CELLS_CALLS, CELLS_SWITCHES}},
    {"clients",
     "Who keeps up when clients are many",
     draw_clients,
     NULL,
     "This takes a scenario with different numbers of clients. 'make "
     "compare' has 1, 64 and 512.",
     "Clients send again as soon as they are answered. A line ends with a "
     "cross where its model no longer serves all of them.",
     "How long one waits for a server that has time. Here all others are "
     "served in between, so twice the clients make a turn twice as long, and "
     "no server is slower for it.",
     KIND_MANY,
     {CELLS_RATE, CELLS_P50, CELLS_P99}},
    {"idle",
     "What the silent cost",
     draw_idle,
     say_slopes,
     "There were no silent clients in this run. 'make compare "
     "SCENARIOS=idle' has a thousand.",
     "Who pays nothing for those who say nothing has a flat line. Who looks "
     "at all of them whenever one speaks has one that rises.",
     "What a connection costs the kernel: its socket is the same for all "
     "models.",
     KIND_IDLE,
     {CELLS_SERVER, CELLS_MEMORY, CELLS_SERVED}},
    {"wait",
     "Waiting and computing",
     draw_wait,
     NULL,
     "Neither was measured in this run. 'make compare SCENARIOS=\"wait "
     "work\"' does.",
     "Waiting overlaps in every model that serves several clients at a time. "
     "Computing overlaps only where there are several threads, and CPUs for "
     "them.",
     "What a loop could do with threads for its work: none of these has "
     "them.",
     KIND_WAIT | KIND_WORK,
     {CELLS_RATE, CELLS_P50, CELLS_SERVER}},
    {"rate",
     "Response time at a rate",
     draw_rate,
     say_theory,
     "No rate was asked for in this run. 'make compare SCENARIOS=rate' does.",
     "Messages come by chance at a rate, answered or not, as from many "
     "users. A line ends with a cross where its model does not keep the "
     "rate: from there on times grow for as long as it lasts.",
     "Where the knee is to the message: it lies between the last rate that "
     "is kept and the first that is not.",
     0,
     {CELLS_RESPONSE_P50, CELLS_RESPONSE_P99, CELLS_RATE}},
    {"noise",
     "How sure that is",
     draw_noise,
     NULL,
     "There are no slices in this run.",
     "A dot is a server driven for some 15 ms, freed from what slowed all "
     "servers of its block. A cross was held up, or lies more than three "
     "deviations away: it stays in, but counts no further than that.",
     "What another machine or kernel would say. Ratios travel better than "
     "times.",
     0,
     {0}},
};

static void
tell(struct document *document, const struct summary *summary,
     const struct scene *scene)
{
    size_t blocks;
    struct sweep sweep;
    size_t n = 0;

    document_section(document, scene->anchor, "%s", scene->title);
    blocks = document->nblocks;
    sweep = scene->draw(document, summary);
    if (document->nblocks == blocks) {
        document_paragraph(document, "%s", scene->missing);
        return;
    }
    document_paragraph(document, "%s", scene->read);
    if (scene->say && sweep.n > 0) {
        scene->say(document, &sweep);
    }
    for (unsigned kind = 1; kind <= scene->kinds; kind *= 2) {
        const struct summary_group *group =
            kind == KIND_MANY && scene->ids[0] == CELLS_SERVER
                ? group_main(summary)
                : group_largest(summary, kind);

        if (group && (kind & scene->kinds)) {
            facts_group(document, group);
        }
    }
    document_paragraph(document, "Not told: %s", scene->untold);
    while (n < COUNT(scene->ids) && scene->ids[n] != CELLS_NAME) {
        n++;
    }
    if (n > 0 && sweep.n > 0) {
        build_numbers(document, &sweep, scene->ids, n);
    }
}

static void
build_page(struct document *document, const struct summary *summary)
{
    const struct run *run = &summary->results->run;

    headline_build(document, summary, summary->ngroups);
    /* A run may have traced servers and measured none. */
    for (size_t i = 0; i < (summary->ngroups > 0 ? COUNT(story) : 1); i++) {
        tell(document, summary, &story[i]);
    }
    document_section(document, "tables", "All that was measured");
    document_fold(document, "The run");
    document_paragraph(document, "%s", run->command);
    scenario_build(
        document, summary,
        &(struct report_views){.all = true, .why = true, .noise = true},
        false);
    if (strcmp(run->mode, VARIANTS_MODE) == 0) {
        variants_build(document, summary, true);
    }
}

int
report_page(FILE *file, const struct summary *summary)
{
    struct document document = {0};

    build_page(&document, summary);
    fprintf(file,
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta "
            "charset=\"utf-8\"/>\n<meta "
            "http-equiv=\"Content-Security-Policy\" content=\"default-src "
            "'none'; style-src 'unsafe-inline'\"/>\n<meta name=\"viewport\" "
            "content=\"width=device-width\"/>\n<title>Fiveways</title>\n"
            "<style>\n%s%s</style></head>\n<body>\n<nav>",
            svg_style, style);
    for (size_t i = 0; i < document.nblocks; i++) {
        const struct block *block = &document.blocks[i];

        if (block->kind == BLOCK_HEADING && block->label[0] != '\0') {
            fprintf(file, "<a href=\"#%s\">", block->label);
            xml_put(file, block->words);
            fputs("</a>\n", file);
        }
    }
    fputs("</nav>\n<main>\n", file);
    document_print_html(file, &document);
    fputs("</main></body></html>\n", file);
    return fflush(file) == 0 && !ferror(file) ? 0 : -1;
}
