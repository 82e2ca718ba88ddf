/*
 * story.c: what the page tells: who waits, what it costs, who keeps up, what
 * silence, waiting and a rate do, and how sure all that is. See internal.h.
 *
 * Under each picture stands how to read it, what this run shows and what it
 * does not tell, and the table behind it. What was not measured is said, and
 * nothing is drawn of it.
 */
#include <math.h>

#include "harness/report/internal.h"

#define PLOTS_MAX 3 /* of a scene */

/* ---- what is said of it ------------------------------------------------ */

/* What a thousand silent clients add to an echo of each model, from the least
 * to the most of them that it serves. */
static void
say_slopes(struct document *document, const struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->nmodels; i++) {
        const char *model = sweep->most->rows[i].life->model;
        const struct summary_group *ends[2] = {NULL, NULL};
        double us[2], half_us, thousands;

        for (size_t j = 0; j < sweep->n; j++) {
            double here = row_shown(summary_find(sweep->groups[j], model),
                                    LIFE_SERVER_CPU_US_PER_ECHO);

            if (isfinite(here)) {
                us[ends[0] != NULL] = here;
                ends[ends[0] != NULL] = sweep->groups[j];
            }
        }
        if (!ends[1]) {
            continue;
        }
        thousands = (sweep_x(ends[1]) - sweep_x(ends[0])) / 1000;
        half_us = us[1] * (exp(ends[1]->fit[FIT_CPU].half) - 1);
        if (us[1] > us[0] * (1 + VERDICT_THRESHOLD) + half_us) {
            document_item(document, model,
                          "+%.2g us +- %.1g for each 1000 silent clients",
                          (us[1] - us[0]) / thousands, half_us / thousands);
        }
    }
}

static void
say_theory(struct document *document, const struct sweep *sweep)
{
    const struct life *life = sweep->groups[sweep->n - 1]->life;

    if (life->rate_of_per_s > 0) {
        document_paragraph(document,
                           "The curves are a queue that serves %d/s, as %s "
                           "did in a closed loop: service time random "
                           "(M/M/1) or constant (M/D/1). What is above them "
                           "is the way through the kernel and waking up.",
                           life->rate_of_per_s, life->rate_of);
    }
    scenario_kept(document, sweep->groups[0],
                  sweep->groups[sweep->n - 1] + 1);
    document_paragraph(document, "%s",
                       sweep->n > 1 ? ""
                                    : "One rate was measured, so there are "
                                      "marks and no lines. 'make compare "
                                      "SCENARIOS=rate' has all.");
}

/* How far apart two models must be to be told apart. */
static void
say_intervals(struct document *document, const struct sweep *sweep)
{
    struct text text = {0};

    for (size_t i = 0; i < sweep->n; i++) {
        double half = sweep->groups[i]->fit[FIT_CPU].half;

        if (isfinite(half)) {
            text_item(&text, ", ", "+-%.1f %% with %s", 100 * (exp(half) - 1),
                      group_label(sweep->groups[i]).bytes);
        }
    }
    if (text.bytes[0] != '\0') {
        document_paragraph(
            document, "The ratio of two models is known to %s.", text.bytes);
    }
}

/* ---- the story --------------------------------------------------------- */

static const struct scene {
    const char *anchor;  /* its name in links */
    const char *title;   /* in a few words */
    const char *missing; /* if it was not measured */
    const char *read;    /* how to read it */
    const char *untold;  /* what it does not tell */
    /* And what there may be as well: */
    enum cells_kind kind; /* of which the largest group is drawn, not the
                           * main one */
    unsigned with;        /* kinds that go with it */
    struct plot plots[PLOTS_MAX]; /* those that are not there have no draw */
    void (*say)(struct document *, const struct sweep *); /* what they show */
    bool facts;                     /* are said of the groups */
    enum cells_id ids[NUMBERS_MAX]; /* behind it, up to CELLS_NAME */
    bool bill;                      /* ... and of what an echo is made */
    bool lanes; /* it is of the trace, which has no groups */
} story[] = {
    {"trace", "Who waits for whom",
     "Nothing was traced. 'make trace' draws who sleeps, and for whom.",
     "All clients talk but the last, who connects and says nothing; they "
     "leave, and A comes back. Hatched is who sleeps or waits for an echo, a "
     "stroke a call, a letter whom that thread serves.",
     "How long things take when nobody looks: each call was stopped twice.",
     .say = lanes_say, .lanes = true},
    {"cost", "What an echo costs", "",
     "A bar is the server's CPU for an echo, in parts at the price that each "
     "had in the same run. The first is the same for all: a recv and a send "
     "that wait for nobody. Dashed: unexplained; beyond its end: too much.",
     "What clients use, who pay for waking a server. Who serves only some of "
     "its clients has no bar: its echoes are not the same work.",
     .plots = {{sweep_bars, LIFE_SERVER_CPU_US_PER_ECHO, CELLS_SERVER,
                "CPU of an echo", NULL, "us of the server", .x = SCALE_ZERO},
               {sweep_dots, LIFE_INSTRUCTIONS_PER_ECHO,
                CELLS + LIFE_INSTRUCTIONS_PER_ECHO, "Instructions of an echo",
                NULL, "outside of the kernel", .x = SCALE_ZERO}},
     .facts = true,
     .ids = {CELLS_SERVER, CELLS_CLIENT, CELLS_CALLS, CELLS_SWITCHES},
     .bill = true},
    {"clients", "Who keeps up when clients are many",
     "This takes different numbers of clients. 'make compare' has them.",
     "Clients send again as soon as they are answered. A line ends with a "
     "cross where its model no longer serves all of them.",
     "How long one waits for a server that has time: here all others are "
     "served in between, so twice the clients make a turn twice as long.",
     KIND_MANY, KIND_ONE | KIND_MANY,
     .plots = {{sweep_lines, LIFE_ECHOES_PER_S, 0, "Throughput", "echoes/s",
                "clients", SCALE_LOG2, SCALE_ZERO, .beyond = 1},
               {sweep_lines, LIFE_P50_US, 0, "Half of all turns are shorter",
                "p50, us", "clients", SCALE_LOG2, SCALE_LOG10, .beyond = 1},
               {sweep_lines, LIFE_P99_US, 0, "99 of 100 are shorter",
                "p99, us", "clients", SCALE_LOG2, SCALE_LOG10, .beyond = 1}},
     .facts = true, .ids = {CELLS_RATE, CELLS_P50, CELLS_P99}},
    {"idle", "What the silent cost",
     "Nobody was silent. 'make compare SCENARIOS=idle' has a thousand.",
     "Who pays nothing for those who say nothing has a flat line. Who looks "
     "at all of them whenever one speaks has one that rises.",
     "What a connection costs the kernel: its socket is the same for all.",
     KIND_IDLE, KIND_IDLE | KIND_SILENT,
     .plots = {{sweep_lines, LIFE_SERVER_CPU_US_PER_ECHO, 0, "CPU of an echo",
                "us of the server", "silent clients", .y = SCALE_ZERO,
                .beyond = 1},
               {sweep_dots, LIFE_SERVER_CPU_US_PER_ECHO, CELLS_COST,
                "CPU of an echo", NULL, "us of the server", .x = SCALE_ZERO,
                .alone = true},
               {sweep_dots, LIFE_RSS_KIB_PER_CLIENT, CELLS_MEMORY,
                "Memory of a client that waits", NULL,
                "KiB, with kernel stack", .x = SCALE_LOG10}},
     .say = say_slopes, .facts = true,
     .ids = {CELLS_SERVER, CELLS_MEMORY, CELLS_SERVED,
             CELLS + LIFE_KERNEL_PERCENT}},
    {"wait", "Waiting and computing",
     "Neither was measured. 'make compare SCENARIOS=\"wait work\"' does.",
     "Waiting overlaps in every model that serves several clients at a time. "
     "Computing overlaps only in several threads, with CPUs for them.",
     "What a loop could do with threads for its work: none here has them.",
     KIND_WAIT,
     .plots = {{sweep_dots, LIFE_ECHOES_PER_S, CELLS_RATE,
                "An echo waits first", NULL, "echoes/s", .x = SCALE_ZERO},
               {sweep_dots, LIFE_ECHOES_PER_S, CELLS_RATE, "An echo is work",
                NULL, "echoes/s", .x = SCALE_ZERO, .kind = KIND_WORK}},
     .facts = true, .ids = {CELLS_RATE, CELLS_P50, CELLS_SERVER}},
    {"rate", "Response time at a rate",
     "No rate was asked for. 'make compare SCENARIOS=rate' does.",
     "Messages come by chance at a rate, answered or not, as from many "
     "users. A line ends with a cross where its model does not keep the "
     "rate: from there on times grow for as long as it lasts. Where the "
     "client was late itself, nothing is known of the server.",
     "Where exactly the knee is: it lies between the last rate that is kept "
     "and the first that is not.",
     KIND_RATE, KIND_RATE,
     .plots = {{sweep_lines, LIFE_MEAN_US, 0, "Mean response",
                "us from when a message was due", "messages/s", SCALE_ZERO,
                .y = SCALE_LOG10},
               {sweep_lines, LIFE_P99_US, 0, "99 of 100 are faster",
                "us from when a message was due", "messages/s", SCALE_ZERO,
                .y = SCALE_LOG10}},
     .say = say_theory,
     .ids = {CELLS_RESPONSE_P50, CELLS_RESPONSE_P99, CELLS_RATE}},
    {"noise", "How sure that is", "",
     "A dot is a server driven for some 15 ms, freed from what slowed all "
     "servers of its block. A cross was held up, or lies more than three "
     "deviations away: it stays in, but counts no further than 1.5 of them "
     "(where blocks are fewer than 16, than 3). "
     "What stands in [] is an interval: if all of this were repeated, all "
     "intervals of a line would hold in 95 of 100 runs.",
     "What another machine would say. Ratios travel better than times.",
     .plots = {{sweep_slices, LIFE_SERVER_CPU_US_PER_ECHO, CELLS_SERVER, NULL,
                "each slice", .below = "us of CPU an echo"},
               {sweep_slices, LIFE_SERVER_CPU_US_PER_ECHO, CELLS_SERVER, NULL,
                "each slice", "us of CPU an echo", .kind = KIND_IDLE}},
     .say = say_intervals},
};

/* Draw what was measured. Returns the groups that should be told of, even if
 * there is nothing to be seen of them. */
static struct sweep
draw_plots(struct document *document, const struct summary *summary,
           const struct scene *scene)
{
    struct sweep all = {.summary = summary};

    for (int i = 0; i < PLOTS_MAX && scene->plots[i].draw; i++) {
        struct plot plot = scene->plots[i];
        enum cells_kind kind = plot.kind ? plot.kind : scene->kind;
        struct sweep sweep = sweep_of(summary,
                                      kind ? group_largest(summary, kind)
                                           : group_main(summary),
                                      scene->with);
        struct text label;

        if (sweep.n <= plot.beyond || (plot.alone && sweep.n > 1) ||
            (plot.kind && sweep.most == all.most)) {
            continue;
        }
        label = group_label(sweep.most);
        if (scene->kind == KIND_WAIT) {
            text_add(&label, ", %d clients", sweep.most->life->clients);
        }
        plot.title = plot.title ? plot.title : label.bytes;
        plot.above = plot.above ? plot.above : label.bytes;
        document_figure(document, plot.draw(&plot, &sweep));
        if (all.n == 0) {
            all = sweep;
        } else if (plot.kind) {
            all.groups[all.n++] = sweep.most;
        }
    }
    return all;
}

/* What the numbers show of the largest group, and of a last one of another
 * kind. Of many clients the main group's facts are told with its costs. */
static void
say_facts(struct document *document, const struct sweep *sweep, bool costs)
{
    for (int i = 0; i < 2; i++) {
        const struct summary_group *group =
            i == 0 ? sweep->most : sweep->groups[sweep->n - 1];
        bool many = cells_kind(group->life) == KIND_MANY;

        if ((i > 0 && group == sweep->most) || (costs && !many) ||
            (!costs && many && group == group_main(sweep->summary))) {
            continue;
        }
        document_paragraph(document, "With %s:", group_label(group).bytes);
        facts_group(document, group);
        if (document->blocks[document->nblocks - 1].kind != BLOCK_ITEM) {
            document_paragraph(document, "Nothing that the numbers hold up.");
        }
    }
}

static void
tell(struct document *document, const struct summary *summary,
     const struct scene *scene)
{
    struct sweep sweep;

    document_section(document, scene->anchor, "%s", scene->title);
    document_figure(
        document, scene->lanes ? lanes_draw(summary->results, false) : NULL);
    sweep = draw_plots(document, summary, scene);
    if (document->blocks[document->nblocks - 1].kind != BLOCK_FIGURE) {
        document_paragraph(document, "%s",
                           sweep.n > 0 ? "It was tried, but nothing could be "
                                         "measured that can be drawn; the "
                                         "tables say why."
                                       : scene->missing);
        return;
    }
    document_paragraph(document, "%s", scene->read);
    if (sweep.n > 0 && sweep.most->nrows > sweep.nmodels) {
        document_paragraph(document, "Only %zu of the %zu servers are drawn.",
                           sweep.nmodels, sweep.most->nrows);
    }
    if (scene->say) {
        scene->say(document, &sweep);
    }
    if (scene->facts && sweep.n > 0) {
        say_facts(document, &sweep, !scene->kind);
    }
    document_paragraph(document, "Not told: %s", scene->untold);
    if (scene->ids[0] != CELLS_NAME) {
        sweep_numbers(document, &sweep, scene->ids);
    }
    if (scene->lanes) {
        lanes_columns(document, summary->results, BLOCK_FOLD,
                      REPORT_WIDTH_MAX);
    }
    if (scene->bill) {
        bill_build(document, sweep.most);
        code_build(document, sweep.most);
    }
}

void
story_build(struct document *document, const struct summary *summary)
{
    /* A run may have traced servers and measured none. */
    for (size_t i = 0; i < COUNT(story); i++) {
        if (summary->ngroups > 0 || story[i].lanes) {
            tell(document, summary, &story[i]);
        }
    }
}
