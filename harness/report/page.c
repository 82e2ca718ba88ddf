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
    SWEEP_MAX = 24, /* points of a line */
    NAMES_MAX = 9,  /* models in a chart: SERIES_MAX, with room for theory */
    CURVE = 48,     /* points of a curve */
    DUST_MAX = 20000, /* slices in a chart */
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
    "nav{margin:1rem 0;color:var(--soft)}nav a{margin-right:1.1rem;"
    "white-space:nowrap}\n"
    ".charts{display:grid;gap:1.5rem 2.5rem;margin:1.25rem 0;"
    "grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr))}"
    ".charts svg{width:100%;max-width:34rem;height:auto;display:block}"
    ".charts .wide{grid-column:1/-1;max-width:none}"
    "dl{display:grid;grid-template-columns:minmax(6rem,max-content) 1fr;"
    "gap:.25rem 1rem}dt{font-weight:600}dd{margin:0}"
    ".scroll{overflow-x:auto;margin:.75rem 0}"
    "table{border-collapse:collapse;font-size:.875rem;line-height:1.35;"
    "font-variant-numeric:tabular-nums}"
    "th,td{padding:.22rem .55rem;text-align:right;white-space:nowrap;"
    "font-weight:400;unicode-bidi:isolate}"
    "thead th{color:var(--soft);padding-bottom:.1rem}"
    "thead tr:last-child th{border-bottom:1px solid var(--soft)}"
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
    "svg,tr{break-inside:avoid}h2,h3{break-after:avoid}"
    ".charts{grid-template-columns:1fr 1fr}.scroll{overflow:visible}}\n";

/* ---- a figure against what grows ----------------------------------------
 */

/* Groups that differ in one number, and whom they hold. */
struct sweep {
    const struct summary_group *groups[SWEEP_MAX]; /* by that number */
    size_t n;                                      /* how many */
    const char *models[NAMES_MAX];                 /* in their order */
    size_t nmodels;                                /* how many */
    size_t left;                                   /* that have no room */
};

/* That number: messages a second, silent clients, or clients. */
static double
sweep_x(const struct summary_group *group)
{
    const struct life *life = group_life(group);

    return life->rate_per_s > 0 ? life->rate_per_s
           : life->silent > 0   ? life->silent
           : life->ask_silent   ? 0
                                : life->clients;
}

static int
compare_groups(const void *left, const void *right)
{
    const struct summary_group *a =
        *(const struct summary_group *const *)left;
    const struct summary_group *b =
        *(const struct summary_group *const *)right;
    double order = sweep_x(a) - sweep_x(b);

    return order != 0 ? (order > 0) - (order < 0) : (a > b) - (a < b);
}

/* Is it a step of the same: of the kinds wanted, as many at work? */
static bool
goes_with(const struct summary_group *group, const struct summary_group *most,
          unsigned kinds)
{
    const struct life *a = group_life(group);
    const struct life *b = group_life(most);
    bool many = cells_kind(b) == KIND_MANY;

    return (cells_kind(a) & kinds) && a->message_bytes == b->message_bytes &&
           strcmp(a->layout, b->layout) == 0 &&
           (many || a->clients - (a->ask_silent ? a->silent : 0) ==
                        b->clients - (b->ask_silent ? b->silent : 0)) &&
           (!many || strcmp(a->scenario, b->scenario) == 0);
}

static struct sweep
sweep_of(const struct summary *summary, const struct summary_group *most,
         unsigned kinds)
{
    struct sweep sweep = {0};

    for (size_t i = 0; most && i < summary->ngroups; i++) {
        const struct summary_group *group = &summary->groups[i];

        if (!goes_with(group, most, kinds) || sweep.n == SWEEP_MAX) {
            continue;
        }
        sweep.groups[sweep.n++] = group;
        for (size_t j = 0; j < group->nrows; j++) {
            const char *model = group->rows[j].life->model;
            size_t known = 0;

            while (known < sweep.nmodels &&
                   strcmp(sweep.models[known], model) != 0) {
                known++;
            }
            if (known == NAMES_MAX) {
                sweep.left++;
            } else if (known == sweep.nmodels) {
                sweep.models[sweep.nmodels++] = model;
            }
        }
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

/* Why a line ends at a row. */
static void
put_end(char word[24], const struct summary_row *row)
{
    word[0] = '\0';
    if (row && row->status != LIFE_OK) {
        snprintf(word, 24, "%s", life_status_name(row->status));
    } else if (row && row->starved) {
        snprintf(word, 24, "serves %.0f/%.0f", row->figure[LIFE_SERVED],
                 row->figure[LIFE_ASKED]);
    } else if (row && row->saturated) {
        snprintf(word, 24, "saturated");
    }
}

/* Lines of all models, and up to two that are there already. */
static void
draw_sweep(struct document *document, const struct sweep *sweep,
           const struct chart *chart, enum life_figure figure,
           const struct series *more)
{
    static double points[NAMES_MAX][SWEEP_MAX][2];
    char ends[NAMES_MAX][24];
    struct series series[SERIES_MAX];
    size_t n = 0;

    for (size_t i = 0; i < 2 && more && more[i].n > 0; i++) {
        series[n++] = more[i];
    }
    for (size_t i = 0; i < sweep->nmodels && n < SERIES_MAX; i++) {
        size_t last = 0;

        for (size_t j = 0; j < sweep->n; j++) {
            const struct summary_group *group = sweep->groups[j];

            points[i][j][0] = sweep_x(group);
            points[i][j][1] =
                shown(summary_find(group, sweep->models[i]), figure);
            last = isfinite(points[i][j][1]) ? j + 1 : last;
        }
        put_end(ends[i], last < sweep->n ? summary_find(sweep->groups[last],
                                                        sweep->models[i])
                                         : NULL);
        series[n++] = (struct series){
            .name = sweep->models[i],
            .slot = svg_slot(sweep->models[i]),
            .points = (const double(*)[2])points[i],
            .n = last,
            .end = ends[i][0] != '\0' ? ends[i] : NULL,
        };
    }
    document_figure(document, chart_lines(chart, series, n));
}

/* The numbers of a sweep: a row for each model, a column for each step. */
static void
build_table(struct document *document, const struct sweep *sweep,
            const enum cells_id *ids, const char *const *names, size_t n)
{
    struct sheet sheet = {0};

    document_fold(document, "The numbers behind it");
    sheet_column(&sheet, CELLS_MODEL, 0);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < sweep->n; j++) {
            struct axis *column = sheet_column(&sheet, ids[i], 0);
            struct text heading = {0};

            axis_word(&heading, sweep_x(sweep->groups[j]));
            column->group = sweep->groups[j];
            PUT(column->column.above, "%s", names[i]);
            PUT(column->column.heading, "%.20s", heading.bytes);
        }
    }
    for (size_t i = 0; i < sweep->nmodels; i++) {
        sheet_row(&sheet, NULL, sweep->models[i]);
    }
    sheet_build(document, &sheet, true);
}

/* ---- a figure of one group ----------------------------------------------
 */

/* A dot for each model, with what its cell says on the right. */
static void
draw_group(struct document *document, const struct summary_group *group,
           const struct chart *chart, enum life_figure figure,
           enum cells_id id)
{
    static struct text notes[NAMES_MAX];
    struct chart_row rows[NAMES_MAX];
    struct dot dots[NAMES_MAX];
    size_t n = 0;

    for (size_t i = 0; i < group->nrows && n < NAMES_MAX; i++) {
        const struct summary_row *row = &group->rows[i];
        const char *model = row->life->model;
        int slot = svg_slot(model);
        struct at at = {group, model, NULL, row};

        notes[n] = (struct text){0};
        cells_put(&notes[n], id, &at, false);
        rows[n] = (struct chart_row){model, slot, notes[n].bytes};
        dots[n] = (struct dot){.row = (int)n,
                               .slot = slot,
                               .value = shown(row, figure),
                               .low = NAN,
                               .high = NAN};
        n++;
    }
    document_figure(document, chart_dots(chart, rows, n, dots, n));
}

/* ---- the story -----------------------------------------------------------
 */

static void
tell_trace(struct document *document, const struct summary *summary)
{
    (void)summary;
    document_section(document, "trace", "Who waits for whom");
    document_paragraph(document,
                       "There is no trace in this run. `make trace` runs "
                       "three clients through each model, one of them "
                       "silent, and draws who sleeps, in which call and for "
                       "whom.");
}

static void
tell_cost(struct document *document, const struct summary *summary)
{
    const struct summary_group *main = group_main(summary);
    struct bar_part parts[2 * NAMES_MAX];
    struct chart_row rows[NAMES_MAX];
    static char notes[NAMES_MAX][UNITS_TEXT_BYTES];
    struct text label = {0};
    size_t n = 0;

    document_section(document, "cost", "What an echo costs");
    cells_label(&label, group_life(main));
    for (size_t i = 0; i < main->nrows && n < NAMES_MAX; i++) {
        const struct summary_row *row = &main->rows[i];
        double us = shown(row, LIFE_SERVER_CPU_US_PER_ECHO);
        double floor_us = fmin(row->figure[LIFE_FLOOR_US], us);

        if (isfinite(us)) {
            const char *model = row->life->model;

            units_format_number(notes[n], us);
            rows[n] = (struct chart_row){model, svg_slot(model), notes[n]};
            parts[2 * n] = (struct bar_part){(int)n, "a recv and a send",
                                             floor_us, false};
            parts[2 * n + 1] = (struct bar_part){
                (int)n, "all that the model adds", us - floor_us, false};
            n++;
        }
    }
    document_figure(document,
                    chart_bars(&(struct chart){.title = "CPU of an echo",
                                               .description = "Bars.",
                                               .above = label.bytes,
                                               .below = "us of the server's "
                                                        "CPU"},
                               rows, n, parts, 2 * n));
    document_item(
        document, "To read",
        "A bar is what the server's process uses for an echo, as "
        "the fit of all slices has it. Its first part is the floor: "
        "a recv and a send that wait for nobody.");
    facts_group(document, main);
    document_item(document, "Not told",
                  "What clients use, who pay for waking the server; and who "
                  "serves only some of them has no bar, for its echoes are "
                  "others.");
}

static void
tell_clients(struct document *document, const struct summary *summary)
{
    static const enum cells_id ids[] = {CELLS_RATE, CELLS_P50, CELLS_P99};
    static const char *const names[] = {
        "echoes/s, by clients", "p50 us, by clients", "p99 us, by clients"};
    const struct summary_group *most = group_largest(summary, KIND_MANY);
    struct sweep sweep = sweep_of(summary, most, KIND_ONE | KIND_MANY);
    struct chart chart = {.description = "A line for each model.",
                          .below = "clients",
                          .x = SCALE_LOG2,
                          .y = SCALE_ZERO,
                          .rule = NAN};

    document_section(document, "clients",
                     "Who keeps up when clients are many");
    if (sweep.n < 2) {
        document_paragraph(document,
                           "This takes runs with different numbers of "
                           "clients; there %s here. `make compare` has "
                           "three.",
                           sweep.n == 1 ? "is one" : "is none");
        return;
    }
    chart.title = "Throughput";
    chart.above = "echoes/s";
    draw_sweep(document, &sweep, &chart, LIFE_ECHOES_PER_S, NULL);
    chart.y = SCALE_LOG10;
    chart.title = "Half of all echoes are faster";
    chart.above = "p50 of a full turn, us";
    draw_sweep(document, &sweep, &chart, LIFE_P50_US, NULL);
    chart.title = "99 of 100 echoes are faster";
    chart.above = "p99 of a full turn, us";
    draw_sweep(document, &sweep, &chart, LIFE_P99_US, NULL);
    document_item(document, "To read",
                  "Clients send as fast as they are answered. A line ends "
                  "with a cross where its model no longer serves all.");
    facts_group(document, most);
    document_item(document, "Not told",
                  "The time of an unloaded server is that of one client. "
                  "With many, a turn is long because all others are served "
                  "in it: twice the clients, twice the turn, and no server "
                  "is slower for it.");
    build_table(document, &sweep, ids, names, COUNT(ids));
}

/* What a thousand silent clients add to an echo, if two numbers of them were
 * measured. */
static void
say_slopes(struct document *document, const struct sweep *sweep)
{
    const struct summary_group *first = sweep->groups[0];
    const struct summary_group *last = sweep->groups[sweep->n - 1];
    double thousands = (sweep_x(last) - sweep_x(first)) / 1000;

    for (size_t i = 0; i < sweep->nmodels && thousands > 0; i++) {
        const struct summary_row *row = summary_find(last, sweep->models[i]);
        double us = shown(row, LIFE_SERVER_CPU_US_PER_ECHO) -
                    shown(summary_find(first, sweep->models[i]),
                          LIFE_SERVER_CPU_US_PER_ECHO);
        double half = exp(last->fit[FIT_CPU].half) - 1;
        double noise = half * shown(row, LIFE_SERVER_CPU_US_PER_ECHO);

        if (isfinite(us) && fabs(us) > noise) {
            document_item(document, sweep->models[i],
                          "%.2g us (+- %.1g) more for each 1000 silent "
                          "clients",
                          us / thousands, noise / thousands);
        }
    }
}

static void
tell_idle(struct document *document, const struct summary *summary)
{
    static const enum cells_id ids[] = {CELLS_SERVER, CELLS_MEMORY};
    static const char *const names[] = {"CPU us/echo, by silent clients",
                                        "KiB a client, by them"};
    const struct summary_group *most = group_largest(summary, KIND_IDLE);
    struct sweep sweep = sweep_of(summary, most, KIND_IDLE | KIND_SILENT);
    struct chart chart = {.title = "CPU of an echo",
                          .description = "A mark for each model.",
                          .above = "us of the server's CPU",
                          .below = "silent clients",
                          .y = SCALE_ZERO,
                          .rule = NAN};
    struct text label = {0};

    document_section(document, "idle", "What the silent cost");
    if (!most) {
        document_paragraph(document, "There were no silent clients in this "
                                     "run. `make compare SCENARIOS=idle` has "
                                     "a thousand.");
        return;
    }
    cells_label(&label, group_life(most));
    if (sweep.n > 1) {
        draw_sweep(document, &sweep, &chart, LIFE_SERVER_CPU_US_PER_ECHO,
                   NULL);
    } else {
        chart.below = chart.above;
        chart.above = label.bytes;
        chart.x = SCALE_ZERO;
        draw_group(document, most, &chart, LIFE_SERVER_CPU_US_PER_ECHO,
                   CELLS_COST);
    }
    chart = (struct chart){.title = "Memory of a client that waits",
                           .description = "A dot for each model.",
                           .above = label.bytes,
                           .below = "KiB, the kernel's stack included",
                           .x = SCALE_LOG10,
                           .rule = NAN};
    draw_group(document, most, &chart, LIFE_RSS_KIB_PER_CLIENT, CELLS_MEMORY);
    document_item(document, "To read",
                  "A flat line pays nothing for those who say nothing. One "
                  "that rises looks at all of them for each that speaks.");
    say_slopes(document, &sweep);
    facts_group(document, most);
    document_item(document, "Not told",
                  "What a silent client costs the kernel: its socket and "
                  "buffers are the same for all models.");
    build_table(document, &sweep, ids, names, COUNT(ids));
}

static void
tell_wait(struct document *document, const struct summary *summary)
{
    const struct summary_group *wait = group_largest(summary, KIND_WAIT);
    const struct summary_group *work = group_largest(summary, KIND_WORK);
    const struct summary_group *const groups[] = {wait, work};
    static const char *const titles[] = {"When each echo waits",
                                         "When each echo is work"};

    document_section(document, "wait", "Waiting and computing");
    for (int i = 0; i < 2; i++) {
        struct text label = {0};

        if (groups[i]) {
            cells_label(&label, group_life(groups[i]));
            text_add(&label, ", %d clients", group_life(groups[i])->clients);
            draw_group(document, groups[i],
                       &(struct chart){.title = titles[i],
                                       .description = "A dot a model.",
                                       .above = label.bytes,
                                       .below = "echoes/s",
                                       .x = SCALE_ZERO,
                                       .rule = NAN},
                       LIFE_ECHOES_PER_S, CELLS_RATE);
        }
    }
    if (!wait && !work) {
        document_paragraph(document,
                           "Neither was measured in this run. `make compare "
                           "SCENARIOS=\"wait work\"` does.");
        return;
    }
    document_item(document, "To read",
                  "Waiting overlaps in every model that serves several "
                  "clients at a time. Computing overlaps only where there "
                  "are several threads and several CPUs.");
    for (int i = 0; i < 2; i++) {
        if (groups[i]) {
            facts_group(document, groups[i]);
        }
    }
    document_item(document, "Not told",
                  "A loop can be given threads for its work, too. None of "
                  "these has them.");
}

/* ---- a rate, and what theory says of it ----------------------------------
 */

/* CPU of a message, of both sides where they share one. */
static double
service_us(const struct summary_row *row)
{
    return row->figure[LIFE_SERVER_CPU_US_PER_ECHO] +
           (strcmp(row->life->layout, "shared") == 0
                ? row->figure[LIFE_CLIENT_CPU_US_PER_ECHO]
                : 0);
}

/* The mean time in the queue of one server, messages coming by chance, whose
 * service takes chance (M/M/1) or always as long (M/D/1). */
static void
make_curves(double points[2][CURVE][2], double us, double to_per_s)
{
    for (int i = 0; i < CURVE; i++) {
        double load = 0.98 * (i + 1) / CURVE;
        double rate = load / us * 1e6;

        for (int j = 0; j < 2; j++) {
            points[j][i][0] = rate;
            points[j][i][1] = rate > to_per_s ? NAN
                              : j == 0        ? us / (1 - load)
                                       : us * (1 + load / (2 * (1 - load)));
        }
    }
}

static const struct summary_row *
cheapest(const struct summary_group *group)
{
    const struct summary_row *found = NULL;

    for (size_t i = 0; i < group->nrows; i++) {
        const struct summary_row *row = &group->rows[i];

        if (row_keeps_up(row) && !row->yardstick && service_us(row) > 0 &&
            (!found || service_us(row) < service_us(found))) {
            found = row;
        }
    }
    return found;
}

static void
tell_rate(struct document *document, const struct summary *summary)
{
    static const enum cells_id ids[] = {CELLS_RESPONSE_P50,
                                        CELLS_RESPONSE_P99, CELLS_STATE};
    static const char *const names[] = {"p50 us, by messages/s",
                                        "p99 us, by messages/s", "state"};
    static double points[2][CURVE][2];
    struct sweep sweep =
        sweep_of(summary, group_largest(summary, KIND_RATE), KIND_RATE);
    const struct summary_row *row =
        sweep.n > 0 ? cheapest(sweep.groups[0]) : NULL;
    struct series curves[2] = {
        {"M/M/1", SVG_THEORY, points[0], 0, NULL, true},
        {"M/D/1", SVG_THEORY + 1, points[1], 0, NULL, true},
    };
    struct chart chart = {.title = "Mean response",
                          .description = "A line for each model.",
                          .above = "us from when a message was due",
                          .below = "messages/s",
                          .x = SCALE_ZERO,
                          .y = SCALE_LOG10,
                          .rule = NAN};

    document_section(document, "rate", "Response time at a rate");
    if (sweep.n == 0) {
        document_paragraph(document, "No rate was asked for in this run. "
                                     "`make compare SCENARIOS=rate` does.");
        return;
    }
    if (row) {
        make_curves(points, service_us(row), 1e6 / service_us(row));
        curves[0].n = curves[1].n = CURVE;
    }
    draw_sweep(document, &sweep, &chart, LIFE_MEAN_US, curves);
    chart.title = "99 of 100 are faster";
    draw_sweep(document, &sweep, &chart, LIFE_P99_US, NULL);
    document_item(document, "To read",
                  "Messages come by chance at a rate, whether or not the "
                  "last one was answered, as they do from many users. Where "
                  "a line ends with a cross its model does not keep the "
                  "rate, and times grow for as long as it lasts.");
    if (row) {
        document_item(document, "Theory",
                      "M/M/1 and M/D/1 are the queues of one server that "
                      "takes %.3g us, the CPU of a message of %s, by chance "
                      "or always. What is above them is the way through the "
                      "kernel and waking up, which is no queue and happens "
                      "beside others.",
                      service_us(row), row->life->model);
    }
    if (sweep.n == 1) {
        document_paragraph(document, "One rate was measured; `make compare "
                                     "SCENARIOS=rate` has all.");
    }
    document_item(document, "Not told",
                  "How it is beyond the knee: a time that grows has no "
                  "number.");
    build_table(document, &sweep, ids, names, COUNT(ids));
}

/* ---- every block as a dot ------------------------------------------------
 */

/* The CPU of an echo in all slices of a group; crosses for those that were
 * held up. */
static void
draw_slices(struct document *document, const struct results *results,
            const struct summary_group *group)
{
    struct dot *dots = given(calloc(DUST_MAX, sizeof *dots));
    struct chart_row rows[NAMES_MAX];
    size_t nrows = group->nrows < NAMES_MAX ? group->nrows : NAMES_MAX;
    size_t n = 0;
    struct text label = {0};

    cells_label(&label, group_life(group));
    for (size_t i = 0; i < nrows; i++) {
        const char *model = group->rows[i].life->model;

        rows[i] = (struct chart_row){model, svg_slot(model), NULL};
    }
    for (size_t i = 0; i < results->nslices && n < DUST_MAX; i++) {
        const struct slice *slice = &results->slices[i];
        const struct summary_row *row =
            RECORDS_GO_TOGETHER(slice, group_life(group))
                ? summary_find(group, slice->model)
                : NULL;

        if (row && row->comparable + row->yardstick > 0 &&
            row < group->rows + nrows && slice->echoes > 0) {
            dots[n++] = (struct dot){
                .row = (int)(row - group->rows),
                .slot = svg_slot(slice->model),
                .value = slice->server_cpu_us / slice->echoes,
                .low = NAN,
                .high = NAN,
                .kind = slice->stalled ? DOT_CROSS : DOT_DUST,
            };
        }
    }
    document_figure(document,
                    chart_dots(&(struct chart){.title = label.bytes,
                                               .description = "Dots.",
                                               .above = "every slice",
                                               .below = "us of CPU an echo",
                                               .rule = NAN},
                               rows, nrows, dots, n));
    free(dots);
}

static void
tell_noise(struct document *document, const struct summary *summary)
{
    const struct summary_group *groups[] = {
        group_main(summary),
        group_largest(summary, KIND_IDLE),
    };

    document_section(document, "noise", "How sure that is");
    for (size_t i = 0; i < COUNT(groups); i++) {
        if (groups[i] && (i == 0 || groups[i] != groups[0])) {
            draw_slices(document, summary->results, groups[i]);
        }
    }
    document_item(document, "To read",
                  "Each dot is one server driven for some 15 ms. All servers "
                  "have their turn in each block, by chance, so what slows "
                  "the machine slows all of them. A cross is a slice that "
                  "was held up.");
    document_item(document, "Not told",
                  "Another machine, another kernel: ratios travel better "
                  "than times, and neither is a law.");
}

/* ---- the page ------------------------------------------------------------
 */

static void
tell(struct document *document, const struct summary *summary)
{
    const struct run *run = &summary->results->run;

    headline_build(document, summary, summary->ngroups);
    if (summary->ngroups > 0) {
        tell_trace(document, summary);
        tell_cost(document, summary);
        tell_clients(document, summary);
        tell_idle(document, summary);
        tell_wait(document, summary);
        tell_rate(document, summary);
        tell_noise(document, summary);
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
document_print_page(FILE *file, struct document *document)
{
    fprintf(file,
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta "
            "charset=\"utf-8\"/>\n<meta "
            "http-equiv=\"Content-Security-Policy\" content=\"default-src "
            "'none'; style-src 'unsafe-inline'\"/>\n<meta name=\"viewport\" "
            "content=\"width=device-width\"/>\n<title>Fiveways</title>\n"
            "<style>\n%s%s</style></head>\n<body>\n<nav>",
            svg_style, style);
    for (size_t i = 0; i < document->nblocks; i++) {
        const struct block *block = &document->blocks[i];

        if (block->kind == BLOCK_HEADING && block->label[0] != '\0') {
            fprintf(file, "<a href=\"#%s\">", block->label);
            xml_put(file, block->words);
            fputs("</a>\n", file);
        }
    }
    fputs("</nav>\n<main>\n", file);
    document_print_html(file, document);
    fputs("</main></body></html>\n", file);
    return fflush(file) == 0 && !ferror(file) ? 0 : -1;
}

int
report_page(FILE *file, const struct summary *summary)
{
    struct document document = {0};

    tell(&document, summary);
    return document_print_page(file, &document);
}
