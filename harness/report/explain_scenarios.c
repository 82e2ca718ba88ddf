/*
 * explain_scenarios.c: what each scenario adds to who was served and what it
 * cost. See explain.h.
 */
#include <math.h>
#include <string.h>

#include "harness/report/cells.h"
#include "harness/report/explain.h"
#include "harness/report/ranking.h"

static void explain_churn(struct text *text,
                          const struct explain_group *group);
static void explain_idle_cost(struct text *text,
                              const struct explain_group *group);
static void explain_idle(struct text *text,
                         const struct explain_group *group);
static void explain_wait(struct text *text,
                         const struct explain_group *group);
static void explain_slow(struct text *text, const struct ranking_place *place,
                         double single);
static void explain_work(struct text *text,
                         const struct explain_group *group);
static void explain_bulk(struct text *text,
                         const struct explain_group *group);
static void explain_capacity(struct text *text,
                             const struct explain_group *group);
static const struct summary_row *same_model(const struct explain_group *group,
                                            const char *scenario, int clients,
                                            const char *model);
static double cpus_used(const struct summary_row *row);

/* Scenarios that have something of their own to say. */
static const struct {
    const char *scenario; /* its name */
    void (*explain)(struct text *text, const struct explain_group *group);
} explanations[] = {
    {"churn", explain_churn},   {"handshake", explain_churn},
    {"idle", explain_idle},     {"wait", explain_wait},
    {"work", explain_work},     {"bulk", explain_bulk},
    {"rate", explain_capacity},
};

void
explain_scenario(struct text *text, const struct explain_group *group)
{
    for (size_t i = 0; i < sizeof explanations / sizeof explanations[0];
         i++) {
        if (strcmp(group->rows[0].window.scenario,
                   explanations[i].scenario) == 0) {
            explanations[i].explain(text, group);
        }
    }
}

/* A connection against an echo on a connection that stays: the same model's
 * own price in the scenario echo, the most clients that it served all of. */
static void
explain_churn(struct text *text, const struct explain_group *group)
{
    struct ranking ratios = {.n = 0};
    struct ranking cpu;

    ranking_make(&cpu, group->rows, group->nrows, ranking_cpu);
    for (size_t i = 0; i < cpu.n; i++) {
        const struct summary_row *row =
            same_model(group, "echo", 64, cpu.places[i].row->window.model);
        double echo_us = row ? ranking_cpu(row) : NAN;

        if (isfinite(echo_us)) {
            ratios.places[ratios.n].row = cpu.places[i].row;
            ratios.places[ratios.n].value = cpu.places[i].value / echo_us;
            ratios.n++;
        }
    }
    if (ratios.n > 0) {
        text_add(text, "Making and ending a connection for each echo costs ");
        for (size_t i = 0; i < ratios.n; i++) {
            struct text item = {0};
            char number[TEXT_CELL_BYTES];

            text_add(&item, "%s %s", ratios.places[i].row->window.model,
                     text_number(number, ratios.places[i].value, "-"));
            text_add_item(text, i, ratios.n, text_string(&item));
            text_free(&item);
        }
        text_add(text, " times what an echo costs among 64 clients that "
                       "stay. ");
    }
}

/*
 * What the silent ones add to the price of an echo. The busy ones are fewer
 * here than in the scenario echo, which alone changes the price, so both
 * are taken as multiples of the yardstick.
 */
static void
explain_idle_cost(struct text *text, const struct explain_group *group)
{
    struct ranking over;

    ranking_make(&over, group->rows, group->nrows, ranking_yardstick);
    for (size_t i = 0; i < over.n; i++) {
        const char *model = over.places[i].row->window.model;
        const struct summary_row *echo = same_model(group, "echo", 64, model);
        double before = echo ? ranking_yardstick(echo) : NAN;
        bool clear =
            echo && statistics_differ(&over.places[i].row->over_yardstick,
                                      &echo->over_yardstick);
        char from[TEXT_CELL_BYTES];
        char to[TEXT_CELL_BYTES];

        if (clear && over.places[i].value > 1.5 * before) {
            text_add(text,
                     "The silent ones take an echo of %s from %s to %s "
                     "times the yardstick%s. ",
                     model, text_number(from, before, "-"),
                     text_number(to, over.places[i].value, "-"),
                     strcmp(model, "selectloop") == 0
                         ? ", since each select(2) looks at all of them"
                         : "");
        }
    }
}

static void
explain_idle(struct text *text, const struct explain_group *group)
{
    const struct cells_style style = {.milliseconds = false};
    struct ranking memory;

    explain_idle_cost(text, group);
    ranking_make(&memory, group->rows, group->nrows, ranking_memory);
    if (memory.n == 0) {
        return;
    }
    text_add(text, "A client that waits keeps resident ");
    for (size_t i = 0; i < memory.n; i++) {
        struct text item = {0};
        char number[TEXT_CELL_BYTES];

        cells_write(number, CELLS_MEMORY, memory.places[i].row, &style);
        text_add(
            &item, "%s%s KiB in %s", number[0] == '<' ? "less than " : "",
            number + (number[0] == '<'), memory.places[i].row->window.model);
        text_add_item(text, i, memory.n, text_string(&item));
        text_free(&item);
    }
    text_add(text, ". ");
}

/* Against the ideal, where every client does nothing but wait. */
static void
explain_wait(struct text *text, const struct explain_group *group)
{
    const struct window *window = &group->rows[0].window;
    double single = 1000.0 / fmax(window->delay_ms, 1);
    double ideal = single * window->clients;
    struct ranking rate;
    size_t slow;
    size_t half;
    char number[TEXT_CELL_BYTES];

    ranking_make(&rate, group->rows, group->nrows, ranking_rate);
    if (rate.n == 0 || window->delay_ms <= 0) {
        return;
    }
    slow = ranking_above(&rate, 1.05 * single);
    half = ranking_above(&rate, 0.5 * ideal);
    half = half > slow ? half : slow;
    text_add(text,
             "%d client%s waiting %d ms each can have %s echoes/s at most. ",
             window->clients, window->clients == 1 ? "" : "s",
             window->delay_ms, text_count(number, ideal, "-"));
    if (half < rate.n) {
        ranking_names(text, &rate, half, rate.n);
        text_add(text, " reach%s ", rate.n - half == 1 ? "es" : "");
        ranking_values(text, &rate, half, rate.n, 100 / ideal);
        text_add(text, " %% of that: the waiting overlaps. ");
    }
    for (size_t i = 0; i < slow && window->clients > 1; i++) {
        explain_slow(text, &rate.places[i], single);
    }
    if (half > slow) {
        ranking_names(text, &rate, slow, half);
        text_add(text, " reach%s only ", half - slow == 1 ? "es" : "");
        ranking_values(text, &rate, slow, half, 100 / ideal);
        text_add(text, " %% of that. ");
    }
}

/* No faster than one client alone. That it waits for one at a time is known
 * only of a server that answered one at that client's pace. */
static void
explain_slow(struct text *text, const struct ranking_place *place,
             double single)
{
    char number[TEXT_CELL_BYTES];
    bool one = place->row->served_least == 1 && place->row->served_most == 1;

    text_add(text, "%s reaches %s/s, no more than one client can have%s. ",
             place->row->window.model, text_count(number, place->value, "-"),
             one && place->value > 0.5 * single
                 ? ": it waits for one at a time"
                 : "");
}

/* Against one CPU that does nothing but the work. */
static void
explain_work(struct text *text, const struct explain_group *group)
{
    const struct window *window = &group->rows[0].window;
    const char *plural = window->cpus == 1 ? "" : "s";
    double single = 1e6 / fmax(window->work_us, 1);
    struct ranking cpus;
    size_t many;
    char number[TEXT_CELL_BYTES];

    ranking_make(&cpus, group->rows, group->nrows, cpus_used);
    if (cpus.n == 0 || window->work_us <= 0) {
        return;
    }
    many = ranking_above(&cpus, 1.2);
    text_add(text, "One CPU can do %s echoes/s of %d us each. ",
             text_count(number, single, "-"), window->work_us);
    if (many == cpus.n && many > 1) {
        text_add(text, "Nobody kept more than ");
        ranking_values(text, &cpus, cpus.n - 1, cpus.n, 1);
        text_add(text, " of the %d CPU%s busy. ", window->cpus, plural);
        return;
    }
    for (size_t i = cpus.n; i-- > many;) {
        text_add(text, "%s does %s/s on ", cpus.places[i].row->window.model,
                 text_count(number, ranking_rate(cpus.places[i].row), "-"));
        ranking_values(text, &cpus, i, i + 1, 1);
        text_add(text, " CPUs. ");
    }
    if (many > 0) {
        ranking_names(text, &cpus, 0, many);
        text_add(text, " use%s ", many == 1 ? "s" : "");
        ranking_values(text, &cpus, 0, many, 1);
        text_add(text, " of the %d CPU%s. ", window->cpus, plural);
    }
}

static void
explain_bulk(struct text *text, const struct explain_group *group)
{
    double mb = (double)group->rows[0].window.message_bytes / 1e6;
    enum ranking_claim claim;
    struct ranking rate;
    char number[TEXT_CELL_BYTES];

    ranking_make(&rate, group->rows, group->nrows, ranking_rate);
    if (rate.n == 0) {
        return;
    }
    claim = ranking_ends(&rate, WINDOW_ECHOES_PER_S);
    text_add(text, "Each way, ");
    if (claim == RANKING_DIFFERENT) {
        const struct ranking_place *best = &rate.places[rate.n - 1];

        text_add(text, "%s moves the most, %s MB/s", best->row->window.model,
                 text_number(number, best->value * mb, "-"));
        text_add(text, ", and %s the least, %s MB/s. ",
                 rate.places[0].row->window.model,
                 text_number(number, rate.places[0].value * mb, "-"));
        return;
    }
    ranking_names(text, &rate, 0, rate.n);
    text_add(text, " move%s ", rate.n == 1 ? "s" : "");
    ranking_values(text, &rate, 0, rate.n, mb);
    text_add(text, " MB/s");
    if (rate.n > 1) {
        text_add(text, claim == RANKING_SAME ? "; no clear difference (~)"
                                             : "; too few rounds to rank");
    }
    text_add(text, ". ");
}

/* Who could do more than the client can ask for; and that there are no rates
 * without a server, the yardstick included, that serves everybody. */
static void
explain_capacity(struct text *text, const struct explain_group *group)
{
    struct ranking bound = {.n = 0};
    bool measured = false;
    bool any = false;

    for (size_t i = 0; i < group->nrows && bound.n < RANKING_ROWS; i++) {
        const struct summary_row *row = &group->rows[i];

        measured |= cells_measured(row);
        any |= cells_measured(row) && !cells_starved(row);
        if (cells_measured(row) &&
            strcmp(row->window.bound_by, "client") == 0) {
            bound.places[bound.n++].row = row;
        }
    }
    if (bound.n > 0) {
        ranking_names(text, &bound, 0, bound.n);
        text_add(text,
                 " could do more: the client's CPU was used up first. ");
    }
    if (measured && !any) {
        text_add(text, "No server serves everybody, so there is nothing that "
                       "rates could be a share of: none was tried. ");
    }
}

/* The row of a model in another group, or NULL. */
static const struct summary_row *
same_model(const struct explain_group *group, const char *scenario,
           int clients, const char *model)
{
    for (size_t i = 0; i < group->summary->nrows; i++) {
        const struct window *window = &group->summary->rows[i].window;

        if (window->clients == clients &&
            strcmp(window->scenario, scenario) == 0 &&
            strcmp(window->model, model) == 0) {
            return &group->summary->rows[i];
        }
    }
    return NULL;
}

/* How many CPUs the server kept busy, on average. */
static double
cpus_used(const struct summary_row *row)
{
    return row->figure[WINDOW_SERVER_CPU_US_PER_ECHO].median *
           row->figure[WINDOW_ECHOES_PER_S].median / 1e6;
}
