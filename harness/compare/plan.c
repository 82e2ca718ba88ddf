/*
 * plan.c: what will be run. See plan.h.
 */
#include "harness/compare/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/load/descriptors.h"
#include "harness/load/engine.h"

#define MS INT64_C(1000000)

/* How each mode spends its time. */
struct budget {
    enum mode mode;     /* of which */
    int64_t warmup_ns;  /* before each window */
    int64_t window_ns;  /* of each window */
    double seconds;     /* that the rounds may take by plan; 0: any */
    double seconds_max; /* that they may take in truth; 0: any */
    int rounds_max;     /* more are not planned */
};

static const struct budget budgets[] = {
    {MODE_DEFAULT, 30 * MS, 80 * MS, 84, 87, 12},
    {MODE_QUICK, 20 * MS, 90 * MS, 16, 17, 6},
    {MODE_FULL, 100 * MS, 500 * MS, 0, 0, 8},
    {MODE_C10K, 50 * MS, 200 * MS, 150, 160, 6},
    {MODE_VARIANTS, 30 * MS, 80 * MS, 84, 87, 12},
};

enum {
    /* What a window takes beside itself: start, first run, connecting,
     * stop, floor. Measured; an estimate. */
    EXTRA_MS = 40,
    /* The same for each 1000 clients, and for models that let some wait
     * until the engine gives them up. */
    EXTRA_MS_PER_1000 = 70,
    EXTRA_MS_BLOCKING = 110,
    /* A queue takes its time to grow. */
    OPEN_LOOP_MS_MIN = 250,
    /* Where a server waits, its clients may go in step, all at once after
     * each delay, and a window has room for one such turn more or less. */
    DELAYS_MIN = 40,
    /* To count the system calls of one row, once in a run. */
    COUNT_MS = 150,
    SERVER_DESCRIPTORS = 24,  /* that a server needs beside its clients */
    HARNESS_DESCRIPTORS = 16, /* that compare holds beside the engine's */
};

static void add_cell(struct plan *plan, const struct options *options,
                     const struct layout_machine *machine,
                     const struct scenario *scenario, rlim_t limit);
static void add_points(struct plan *plan);
static void fit_descriptors(struct plan_cell *cell, rlim_t limit);
static void note(struct plan *plan, rlim_t limit, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void note_change(struct plan *plan, const struct scenario *original,
                        rlim_t limit);
static bool is_duplicate(const struct plan *plan);
static double round_seconds(const struct plan *plan,
                            const struct options *options);
static double count_seconds(const struct plan *plan,
                            const struct options *options);

void
plan_make(struct plan *plan, const struct options *options,
          const struct layout_machine *machine)
{
    const struct budget *budget = budgets;
    rlim_t limit = descriptors_raise();
    size_t count;
    const struct scenario *all = scenarios_all(&count);
    double seconds;
    double once;

    while (budget->mode != options->mode) {
        budget++;
    }
    memset(plan, 0, sizeof *plan);
    plan->warmup_ns = budget->warmup_ns;
    plan->window_ns = budget->window_ns;
    plan->seconds_max = options->rounds > 0 ? 0 : budget->seconds_max;
    for (size_t i = 0; i < count && plan->ncells < PLAN_CELLS_MAX; i++) {
        if (options_want(options, &all[i])) {
            add_cell(plan, options, machine, &all[i], limit);
        }
    }
    if (plan->note[0] != '\0') {
        strncat(plan->note, ". ", sizeof plan->note - strlen(plan->note) - 1);
    }
    seconds = round_seconds(plan, options);
    once = count_seconds(plan, options);
    plan->rounds = budget->rounds_max;
    if (options->rounds > 0) {
        plan->rounds = options->rounds;
    } else if (budget->seconds > 0 &&
               plan->rounds * seconds > budget->seconds - once) {
        plan->rounds = (int)((budget->seconds - once) / seconds);
        plan->rounds = plan->rounds > 0 ? plan->rounds : 1;
    }
    plan->seconds = plan->rounds * seconds + once;
}

static void
add_cell(struct plan *plan, const struct options *options,
         const struct layout_machine *machine,
         const struct scenario *scenario, rlim_t limit)
{
    struct plan_cell *cell = &plan->cells[plan->ncells++];
    enum layout_kind kind = options->layout;

    cell->scenario = *scenario;
    cell->window_ns = plan->window_ns;
    if (cell->window_ns < DELAYS_MIN * MS * scenario->delay_ms) {
        cell->window_ns = DELAYS_MIN * MS * scenario->delay_ms;
    }
    if (scenario->all_cpus) {
        kind = LAYOUT_ALL;
    } else if (scenario->open_loop && kind == LAYOUT_SUITABLE) {
        /* A client that takes turns with the server is late itself. */
        kind = machine->count >= 2 ? LAYOUT_SPLIT : LAYOUT_SHARED;
    }
    layout_make(machine, kind, &cell->layout);
    fit_descriptors(cell, limit);
    note_change(plan, scenario, limit);
    if (scenario->open_loop && cell->skipped[0] == '\0') {
        add_points(plan);
    }
}

/* Behind the last cell, which is a closed loop, the same at each rate. */
static void
add_points(struct plan *plan)
{
    const struct plan_cell *closed = &plan->cells[plan->ncells - 1];

    for (int point = 1; point <= GRID_POINTS && plan->ncells < PLAN_CELLS_MAX;
         point++) {
        struct plan_cell *cell = &plan->cells[plan->ncells++];

        *cell = *closed;
        cell->point = point;
        if (cell->window_ns < OPEN_LOOP_MS_MIN * MS) {
            cell->window_ns = OPEN_LOOP_MS_MIN * MS;
        }
    }
}

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

/* Counting system calls, an estimate. */
static double
count_seconds(const struct plan *plan, const struct options *options)
{
    double ms = 0;

    for (size_t i = 0; i < plan->ncells; i++) {
        for (size_t j = 0;
             j < options->ncontenders && options->syscalls != SYSCALLS_NONE;
             j++) {
            ms += plan->cells[i].point == 0 &&
                          contender_offers(&options->contenders[j],
                                           &plan->cells[i].scenario)
                      ? COUNT_MS
                      : 0;
        }
    }
    return ms / 1000;
}

static double
round_seconds(const struct plan *plan, const struct options *options)
{
    double ms = 0;

    for (size_t i = 0; i < plan->ncells; i++) {
        const struct scenario *scenario = &plan->cells[i].scenario;
        int clients = scenario->clients + scenario->silent;

        for (size_t j = 0;
             j < options->ncontenders && plan->cells[i].skipped[0] == '\0';
             j++) {
            const struct contender *contender = &options->contenders[j];

            if (!contender_offers(contender, scenario)) {
                continue;
            }
            ms += (double)(plan->warmup_ns + plan->cells[i].window_ns) / 1e6 +
                  EXTRA_MS + EXTRA_MS_PER_1000 * clients / 1000.0;
            if (strcmp(contender->name, "blocking") == 0 && clients > 1) {
                ms += EXTRA_MS_BLOCKING;
            }
        }
    }
    return ms / 1000;
}
