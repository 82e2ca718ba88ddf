/*
 * plan.c: what will be run. See plan.h.
 */
#include "harness/compare/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/load/engine.h"

/* How each mode spends its time. */
struct budget {
    enum mode mode; /* of which */
    double scale;   /* of the times in the table of scenarios */
    int lives;      /* fresh processes of each server in a scenario */
};

static const struct budget budgets[] = {
    {MODE_DEFAULT, 1, 3}, {MODE_QUICK, 0.2, 2},    {MODE_FULL, 3, 4},
    {MODE_C10K, 2, 2},    {MODE_VARIANTS, 2.8, 3},
};

enum {
    /* To count the system calls of one row, once in a run; measured. */
    COUNT_MS = 140,
    BRIEF_SECONDS = 4, /* of the one rate in the default run */
    /* To connect a thousand more clients, and to take leave of them, once for
     * each server and life; measured. */
    CONNECT_MS = 150,
    LEAVE_MS = 130,
    SERVER_DESCRIPTORS = 24,  /* that a server needs beside its clients */
    HARNESS_DESCRIPTORS = 16, /* that a driver holds beside the engine's */
};

/*
 * Take silent clients away until the descriptors suffice; without silent
 * ones the cell is skipped, because an echo of 100 clients is another
 * scenario than one of 512.
 */
static void
fit_descriptors(struct plan_cell *cell, rlim_t limit)
{
    struct scenario *scenario = &cell->scenario;
    struct engine_options options = {
        .clients = scenario->clients,
        .silent_clients = scenario->silent,
        .churn = scenario->churn,
    };
    rlim_t client =
        (rlim_t)engine_descriptors_needed(&options) + HARNESS_DESCRIPTORS;
    rlim_t server =
        (rlim_t)(scenario->clients + scenario->silent) + SERVER_DESCRIPTORS;
    rlim_t needed = client > server ? client : server;

    if (needed <= limit) {
        return;
    }
    if (scenario->ask_silent && needed - limit < (rlim_t)scenario->silent) {
        scenario->silent -= (int)(needed - limit);
        return;
    }
    snprintf(cell->skipped, sizeof cell->skipped,
             "%d clients need %llu descriptors, and the limit (ulimit -Hn) "
             "is %llu",
             scenario_asked(scenario), (unsigned long long)needed,
             (unsigned long long)limit);
}

/* Append what the limit changed to the one sentence about it. */
static void
note(struct plan *plan, rlim_t limit, const char *format, ...)
{
    size_t length = strlen(plan->note);
    char before[64] = ", ";
    va_list args;

    if (length == 0) {
        snprintf(before, sizeof before,
                 "only %llu descriptors are allowed (ulimit -Hn): ",
                 (unsigned long long)limit);
    }
    length += (size_t)snprintf(plan->note + length,
                               sizeof plan->note - length, "%s", before);
    if (length >= sizeof plan->note) {
        return;
    }
    va_start(args, format);
    vsnprintf(plan->note + length, sizeof plan->note - length, format, args);
    va_end(args);
}

/* True if the last cell is the same as one before it. */
static bool
is_duplicate(const struct plan *plan)
{
    const struct scenario *last = &plan->cells[plan->ncells - 1].scenario;

    for (size_t i = 0; i + 1 < plan->ncells; i++) {
        const struct scenario *other = &plan->cells[i].scenario;

        if (strcmp(other->name, last->name) == 0 &&
            scenario_asked(other) == scenario_asked(last)) {
            return true;
        }
    }
    return false;
}

/* Say what became of the last cell, which `original` was. One that has shrunk
 * to the size of another is left out, since the results could not be told
 * apart. */
static void
note_change(struct plan *plan, const struct scenario *original, rlim_t limit)
{
    const struct plan_cell *last = &plan->cells[plan->ncells - 1];

    if (last->skipped[0] != '\0') {
        note(plan, limit, "%s %d is skipped", original->name,
             scenario_asked(original));
    } else if (last->scenario.silent != original->silent) {
        if (is_duplicate(plan)) {
            note(plan, limit, "%s with %d silent clients is left out",
                 original->name, original->silent);
            plan->ncells--;
        } else {
            note(plan, limit, "%s has %d silent clients, not %d",
                 original->name, last->scenario.silent, original->silent);
        }
    }
}

static void
add_cell(struct plan *plan, const struct options *options,
         const struct layout_machine *machine,
         const struct scenario *scenario, rlim_t limit)
{
    struct plan_cell *cell = &plan->cells[plan->ncells++];
    enum layout_kind kind = options->layout;

    cell->scenario = *scenario;
    if (scenario->all_cpus) {
        kind = LAYOUT_ALL;
    } else if (scenario->open_loop && !options->layout_given) {
        /* A client that takes turns with the server is late itself. */
        kind = machine->count >= 2 ? LAYOUT_SPLIT : LAYOUT_SHARED;
    }
    layout_make(machine, kind, &cell->layout);
    fit_descriptors(cell, limit);
    note_change(plan, scenario, limit);
}

/* The time of a cell. Beside all others one rate is enough, which gives a
 * latency under the same load for all; who asks for rates gets the grid. */
static void
give_time(struct plan_cell *cell, const struct options *options,
          const struct budget *budget)
{
    const struct scenario *scenario = &cell->scenario;
    bool brief = scenario->open_loop && options->mode == MODE_DEFAULT &&
                 !options->scenarios;
    double seconds =
        brief ? BRIEF_SECONDS : scenario->seconds * budget->scale;
    double connecting = 0;
    double leaving = 0;
    int counted = 0;

    if (options->time_ns > 0) {
        seconds = (double)options->time_ns / 1e9;
    }
    for (size_t i = 0; i < options->ncontenders; i++) {
        if (contender_offers(&options->contenders[i], scenario)) {
            counted +=
                options->syscalls != SYSCALLS_NONE && !scenario->open_loop;
            connecting += scenario->silent / 1e3 * CONNECT_MS / 1e3;
            leaving += scenario->silent / 1e3 * LEAVE_MS / 1e3;
        }
    }
    cell->points = brief ? 1 : GRID_POINTS;
    cell->lives = options->lives > 0 ? options->lives
                  : brief            ? 1
                                     : budget->lives;
    cell->life_ns = (int64_t)(1e9 * (seconds / cell->lives + connecting));
    if (cell->skipped[0] == '\0') {
        cell->seconds = seconds + cell->lives * (connecting + leaving) +
                        counted * COUNT_MS / 1e3;
    }
}

void
plan_make(struct plan *plan, const struct options *options,
          const struct layout_machine *machine)
{
    const struct budget *budget = budgets;
    rlim_t limit = descriptors_raise();
    size_t count;
    const struct scenario *all = scenarios_all(&count);

    while (budget->mode != options->mode) {
        budget++;
    }
    memset(plan, 0, sizeof *plan);
    for (size_t i = 0; i < count && plan->ncells < PLAN_CELLS_MAX; i++) {
        if (options_want(options, &all[i])) {
            add_cell(plan, options, machine, &all[i], limit);
        }
    }
    if (plan->note[0] != '\0') {
        strncat(plan->note, ". ", sizeof plan->note - strlen(plan->note) - 1);
    }
    for (size_t i = 0; i < plan->ncells; i++) {
        give_time(&plan->cells[i], options, budget);
        plan->seconds += plan->cells[i].seconds;
    }
}
