/*
 * story.c: what the page tells: who waits, what it costs, who keeps up, what
 * silence, waiting and a rate do, and how sure all that is. See internal.h.
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
    CURVE = 48, /* points of a curve */
};

/* ---- what is drawn -------------------------------------------------------
 *
 * Each function draws nothing if what it takes was not measured, and returns
 * the groups that it told of.
 */

/* What an echo of a row is made of: by the bill, or the floor and the rest.
 * Returns how many parts. */
static size_t
put_parts(struct bar_part parts[BILL_PARTS], int place,
          const struct summary *summary, const struct summary_group *group,
          const struct summary_row *row)
{
    double us = row->figure[LIFE_SERVER_CPU_US_PER_ECHO];
    double floor_us = fmin(row->figure[LIFE_FLOOR_US], us);
    struct bill bill;

    if (!bill_of(&bill, summary, group, row)) {
        parts[0] = (struct bar_part){place, "recv + send", floor_us, false};
        parts[1] = (struct bar_part){place, "all else", us - floor_us, false};
        return 2;
    }
    for (int i = 0; i < BILL_PARTS; i++) {
        parts[i] = (struct bar_part){place, bill_parts[i], bill.us[i],
                                     i == BILL_REST};
    }
    return BILL_PARTS;
}

static struct sweep
draw_cost(struct document *document, const struct summary *summary)
{
    struct sweep sweep = sweep_of(summary, group_main(summary), 0);
    static char notes[MODELS_MAX][UNITS_TEXT_BYTES];
    struct bar_part parts[MODELS_MAX * BILL_PARTS];
    struct chart_row rows[MODELS_MAX];
    struct chart chart = {
        .title = "CPU of an echo", .below = "us of the server", .rule = NAN};
    struct text label = {0};
    size_t nparts = 0;
    int n = 0;

    cells_label(&label, group_life(sweep.groups[0]));
    chart.above = label.bytes;
    for (size_t i = 0; i < sweep.nmodels; i++) {
        const struct summary_row *row = &sweep.groups[0]->rows[i];
        double us = row_shown(row, LIFE_SERVER_CPU_US_PER_ECHO);

        if (isfinite(us)) {
            units_format_number(notes[n], us);
            rows[n] = (struct chart_row){sweep.models[i],
                                         svg_slot(sweep.models[i]), notes[n]};
            nparts +=
                put_parts(parts + nparts, n++, summary, sweep.groups[0], row);
        }
    }
    document_figure(document,
                    chart_bars(&chart, rows, (size_t)n, parts, nparts));
    chart.title = "Instructions of an echo";
    chart.below = "outside of the kernel";
    chart.x = SCALE_ZERO;
    sweep_dots(document, sweep.groups[0], &chart, LIFE_INSTRUCTIONS_PER_ECHO,
               CELLS + LIFE_INSTRUCTIONS_PER_ECHO);
    return sweep;
}

/* The bill in numbers, and what instructions are of. */
static void
itemise(struct document *document, const struct summary *summary)
{
    bill_build(document, summary, group_main(summary));
    code_build(document, group_main(summary));
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
        sweep_lines(document, &sweep, &chart, shown_there[i], NULL, 0);
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
                row_shown(summary_find(sweep->groups[j], sweep->models[i]),
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
        sweep_lines(document, &sweep, &chart, LIFE_SERVER_CPU_US_PER_ECHO,
                    NULL, 0);
    } else {
        chart.above = label.bytes;
        chart.below = "us of the server";
        chart.x = SCALE_ZERO;
        sweep_dots(document, most, &chart, LIFE_SERVER_CPU_US_PER_ECHO,
                   CELLS_COST);
    }
    chart = (struct chart){.title = "Memory of a client that waits",
                           .above = label.bytes,
                           .below = "KiB, with its thread's kernel stack",
                           .x = SCALE_LOG10,
                           .rule = NAN};
    sweep_dots(document, most, &chart, LIFE_RSS_KIB_PER_CLIENT, CELLS_MEMORY);
    return sweep;
}

static struct sweep
draw_wait(struct document *document, const struct summary *summary)
{
    const struct summary_group *groups[] = {
        group_largest(summary, KIND_WAIT), group_largest(summary, KIND_WORK)};
    struct sweep sweep;

    for (int i = 0; i < 2; i++) {
        struct text label = {0};

        if (groups[i]) {
            cells_label(&label, group_life(groups[i]));
            text_add(&label, ", %d clients", group_life(groups[i])->clients);
            sweep_dots(document, groups[i],
                       &(struct chart){.title = i == 0 ? "An echo waits first"
                                                       : "An echo is work",
                                       .above = label.bytes,
                                       .below = "echoes/s",
                                       .x = SCALE_ZERO,
                                       .rule = NAN},
                       LIFE_ECHOES_PER_S, CELLS_RATE);
        }
    }
    sweep = sweep_of(summary, groups[0] ? groups[0] : groups[1], 0);
    if (groups[0] && groups[1]) {
        sweep.groups[sweep.n++] = groups[1];
    }
    return sweep;
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
    sweep_lines(document, sweep, chart, LIFE_MEAN_US, curves, us > 0 ? 2 : 0);
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
    sweep_lines(document, &sweep, &chart, LIFE_P99_US, NULL, 0);
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
    /* Rates of one scenario are neighbours. */
    scenario_kept(document, sweep->groups[0],
                  sweep->groups[sweep->n - 1] + 1);
    if (sweep->n == 1) {
        document_paragraph(document, "One rate was measured, so there is a "
                                     "mark a model and no line. 'make "
                                     "compare SCENARIOS=rate' has all.");
    }
}

static struct sweep
draw_noise(struct document *document, const struct summary *summary)
{
    const struct summary_group *idle = group_largest(summary, KIND_IDLE);
    struct sweep main = sweep_of(summary, group_main(summary), 0);
    struct sweep second = sweep_of(summary, idle, 0);

    slices_draw(document, summary->results, &main);
    if (second.n > 0 && idle != main.groups[0]) {
        slices_draw(document, summary->results, &second);
    }
    return main;
}

static struct sweep
draw_trace(struct document *document, const struct summary *summary)
{
    document_figure(document, lanes_draw(summary->results));
    return (struct sweep){0};
}

static void
list_calls(struct document *document, const struct summary *summary)
{
    lanes_build(document, summary->results, BLOCK_FOLD, REPORT_WIDTH_MAX);
}

/* ---- the story -----------------------------------------------------------
 */

static const struct scene {
    const char *anchor; /* its name in links */
    const char *title;  /* in a few words */
    struct sweep (*draw)(struct document *, const struct summary *);
    const char *missing; /* if it was not measured */
    const char *read;    /* how to read it */
    const char *untold;  /* what it does not tell */
    /* And what there may be as well: */
    void (*say)(struct document *, const struct sweep *); /* more of these */
    unsigned kinds;       /* of scenarios whose facts are said */
    enum cells_id ids[4]; /* the numbers behind it, up to CELLS_NAME */
    void (*numbers)(struct document *, const struct summary *); /* more */
} story[] = {
    {"trace", "Who waits for whom", draw_trace,
     "There is no trace in this run. 'make trace' runs three clients through "
     "each model, one of them silent, and draws who sleeps, in which call "
     "and for whom.",
     "Time goes to the right, a row for each thread and client. Hatched is "
     "who waits.",
     "How long things take when nobody looks: each call was stopped twice to "
     "be written down.",
     .numbers = list_calls},
    {"cost", "What an echo costs", draw_cost, "Nothing was measured.",
     "A bar is the CPU that the server uses for an echo, in parts at the "
     "price that each had in the same run. The first is the same for all: a "
     "recv and a send that wait for nobody. What is dashed is unexplained.",
     "What clients use, who pay for waking a server. Who serves only some of "
     "its clients has no bar: its echoes are not the same work.",
     .kinds = KIND_MANY,
     .ids = {CELLS_SERVER, CELLS_CLIENT, CELLS_CALLS, CELLS_SWITCHES},
     .numbers = itemise},
    {"clients", "Who keeps up when clients are many", draw_clients,
     "This takes a scenario with different numbers of clients. 'make "
     "compare' has 1, 64 and 512.",
     "Clients send again as soon as they are answered. A line ends with a "
     "cross where its model no longer serves all of them.",
     "How long one waits for a server that has time. Here all others are "
     "served in between, so twice the clients make a turn twice as long, and "
     "no server is slower for it.",
     .kinds = KIND_MANY, .ids = {CELLS_RATE, CELLS_P50, CELLS_P99}},
    {"idle", "What the silent cost", draw_idle,
     "There were no silent clients in this run. 'make compare "
     "SCENARIOS=idle' has a thousand.",
     "Who pays nothing for those who say nothing has a flat line. Who looks "
     "at all of them whenever one speaks has one that rises.",
     "What a connection costs the kernel: its socket is the same for all "
     "models.",
     .say = say_slopes, .kinds = KIND_IDLE,
     .ids = {CELLS_SERVER, CELLS_MEMORY, CELLS_SERVED}},
    {"wait", "Waiting and computing", draw_wait,
     "Neither was measured in this run. 'make compare SCENARIOS=\"wait "
     "work\"' does.",
     "Waiting overlaps in every model that serves several clients at a time. "
     "Computing overlaps only where there are several threads, and CPUs for "
     "them.",
     "What a loop could do with threads for its work: none of these has "
     "them.",
     .kinds = KIND_WAIT | KIND_WORK,
     .ids = {CELLS_RATE, CELLS_P50, CELLS_SERVER}},
    {"rate", "Response time at a rate", draw_rate,
     "No rate was asked for in this run. 'make compare SCENARIOS=rate' does.",
     "Messages come by chance at a rate, answered or not, as from many "
     "users. A line ends with a cross where its model does not keep the "
     "rate: from there on times grow for as long as it lasts.",
     "Where exactly the knee is: it lies between the last rate that is kept "
     "and the first that is not.",
     .say = say_theory,
     .ids = {CELLS_RESPONSE_P50, CELLS_RESPONSE_P99, CELLS_RATE}},
    {"noise", "How sure that is", draw_noise,
     "There are no slices in this run.",
     "A dot is a server driven for some 15 ms, freed from what slowed all "
     "servers of its block. A cross was held up, or lies more than three "
     "deviations away: it stays in, but counts no further than that.",
     "What another machine or kernel would say. Ratios travel better than "
     "times.",
     .say = NULL},
};

static void
say_facts(struct document *document, const struct summary *summary,
          const struct scene *scene)
{
    for (unsigned kind = 1; kind <= scene->kinds; kind *= 2) {
        const struct summary_group *main = group_main(summary);
        const struct summary_group *group = group_largest(summary, kind);
        bool cost = scene->draw == draw_cost;

        /* Of many clients, the main group's facts are told with its costs. */
        if (kind == KIND_MANY && group) {
            group = cost ? main : group == main ? NULL : group;
        }
        if (group && (kind & scene->kinds)) {
            struct text label = {0};
            size_t before;

            cells_label(&label, group_life(group));
            document_paragraph(document, "With %s:", label.bytes);
            before = document->nblocks;
            facts_group(document, group);
            document_paragraph(document, "%s",
                               document->nblocks > before
                                   ? ""
                                   : "Nothing that the numbers hold up.");
        }
    }
}

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
        document_paragraph(document, "%s",
                           sweep.n > 0 ? "It was tried, but nothing could be "
                                         "measured that can be drawn; the "
                                         "tables say why."
                                       : scene->missing);
        return;
    }
    document_paragraph(document, "%s", scene->read);
    if (sweep.n > 0 && sweep.groups[sweep.n - 1]->nrows > sweep.nmodels) {
        document_paragraph(document, "Only %zu of the %zu servers are drawn.",
                           sweep.nmodels, sweep.groups[sweep.n - 1]->nrows);
    }
    if (scene->say && sweep.n > 0) {
        scene->say(document, &sweep);
    }
    say_facts(document, summary, scene);
    document_paragraph(document, "Not told: %s", scene->untold);
    while (n < COUNT(scene->ids) && scene->ids[n] != CELLS_NAME) {
        n++;
    }
    if (n > 0 && sweep.n > 0) {
        sweep_numbers(document, &sweep, scene->ids, n);
    }
    if (scene->numbers) {
        scene->numbers(document, summary);
    }
}

void
story_build(struct document *document, const struct summary *summary)
{
    /* A run may have traced servers and measured none. */
    for (size_t i = 0; i < (summary->ngroups > 0 ? COUNT(story) : 1); i++) {
        tell(document, summary, &story[i]);
    }
}
