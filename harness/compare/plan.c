/*
 * plan.c: what will be run. See plan.h.
 */
#include "harness/compare/plan.h"

#include <math.h>
#include <string.h>
#include <sys/param.h>

#include "harness/base/base.h"

enum {
    /* To count the system calls of one row, once in a run; measured. */
    COUNT_MS = 140,
    SCENE_MS = 550,    /* a trace of one server; measured */
    CODE_MS = 900,     /* to count its instructions; measured */
    BRIEF_SECONDS = 3, /* of the one rate in the default run */
    /* To connect a thousand more clients, and to take leave of them, once for
     * each server and life; measured. */
    CONNECT_MS = 150,
    LEAVE_MS = 40,
    HARNESS_DESCRIPTORS = 16, /* that a driver holds beside the engine's; a
                               * server needs fewer beside its clients */
    GRID_MESSAGES = 1200,     /* in a slice: of a thousand there is a 99th
                               * percentile; Poisson's may be some fewer */
    GRID_SLICE_MS = 250,      /* ... and so long at least */
};

/* Was a scenario asked for? Of one that is in no size part of the mode, all
 * sizes are. */
static bool
is_wanted(const struct scenario *scenario, const struct options *options)
{
    unsigned any = 0;

    for (const struct scenario *next = scenarios; next->name; next++) {
        any |= strcmp(next->name, scenario->name) == 0 ? next->modes : 0;
    }
    return names_have(options->scenarios, scenario->name) &&
           ((scenario->modes & options->mode->bit) != 0 ||
            (options->scenarios && (any & options->mode->bit) == 0));
}

int
plan_cpu(const cpu_set_t *set, int n)
{
    int cpu = CPU_SETSIZE - 1;

    while (cpu > 0 && !(CPU_ISSET(cpu, set) && n-- == 0)) {
        cpu--;
    }
    return cpu;
}

/* Take silent clients away until the descriptors suffice; one that has shrunk
 * to the size of another is left out. Without silent ones it is skipped: an
 * echo of 100 clients is another scenario than one of 512. */
static void
fit_cell(struct plan *plan, const struct scenario *original)
{
    struct plan_cell *cell = &plan->cells[plan->ncells++];
    struct scenario *scenario = &cell->scenario;
    rlim_t needed = HARNESS_DESCRIPTORS +
                    (rlim_t)engine_descriptors_needed(&original->load);
    rlim_t limit = plan->descriptors;

    *scenario = *original;
    if (needed <= limit) {
        return;
    }
    if (!original->load.ask_silent ||
        needed - limit >= (rlim_t)original->load.silent_clients) {
        PUT(cell->skipped,
            "%d clients need %lu descriptors, and the limit (ulimit -Hn) "
            "is %lu",
            scenario_asked(scenario), (unsigned long)needed,
            (unsigned long)limit);
        APPEND(plan->note, ", ", "%s %d is skipped", original->name,
               scenario_asked(original));
        return;
    }
    scenario->load.silent_clients -= (int)(needed - limit);
    /* Sizes of one scenario stand one after the other in the table. */
    if (plan->ncells > 1 &&
        strcmp(cell[-1].scenario.name, scenario->name) == 0 &&
        scenario_asked(&cell[-1].scenario) == scenario_asked(scenario)) {
        plan->ncells--;
        APPEND(plan->note, ", ", "%s with %d silent clients is left out",
               original->name, original->load.silent_clients);
    } else {
        APPEND(plan->note, ", ", "%s has %d silent clients, not %d",
               original->name, scenario->load.silent_clients,
               original->load.silent_clients);
    }
}

/* In an open loop a client that takes turns with the server is late itself.
 */
static void
give_layout(struct plan_cell *cell, const struct options *options,
            const cpu_set_t *allowed)
{
    struct layout *layout = &cell->layout;
    int kind = options->layout;
    bool split = kind == LAYOUT_SPLIT ||
                 (kind == LAYOUT_UNSAID && cell->scenario.open_loop &&
                  CPU_COUNT(allowed) >= 2);

    cell->lanes = 1;
    if (cell->scenario.all_cpus || kind == LAYOUT_ALL) {
        *layout = (struct layout){"all", *allowed, *allowed};
        return;
    }
    layout->name = split ? "split" : "shared";
    CPU_SET(plan_cpu(allowed, 0), &layout->server);
    CPU_SET(plan_cpu(allowed, split), &layout->client);
    if (!split) {
        cell->lanes = MIN(CPU_COUNT(allowed), (int)options->ncontenders);
    }
}

/* What a server takes in each life at the least, in milliseconds, to start,
 * to warm up, for a few slices, and to end. Measured. */
static double
least_ms(const struct scenario *scenario, int points)
{
    return 80 + 85.0 * scenario->delay_ms +
           (0.75 + 0.02 * scenario->work_us) * scenario->load.clients +
           (scenario->open_loop ? 300.0 * points : 0);
}

/* The time of a cell. Beside all others one rate is enough, which gives a
 * latency under the same load for all; who asks for rates gets the grid. Who
 * knows no flags of ours has no part in what needs them. */
static void
give_time(struct plan *plan, struct plan_cell *cell,
          const struct options *options)
{
    const struct scenario *scenario = &cell->scenario;
    bool brief = scenario->open_loop && options->mode->bit == MODE_DEFAULT &&
                 !options->scenarios;
    double seconds = options->time_ns > 0 ? (double)options->time_ns / 1e9
                     : brief              ? BRIEF_SECONDS
                             : scenario->seconds * options->mode->scale;
    bool counts =
        !options->uncounted && !scenario->open_loop && scenario->work_us == 0;
    int n = 0, foreign = 0; /* servers; of them not ours */

    for (size_t i = 0; i < options->ncontenders; i++) {
        const struct contender *contender = &options->contenders[i];

        if (contender_offers(contender, scenario)) {
            n++;
            foreign += contender->command != NULL;
        } else if (contender->command &&
                   !names_have(plan->foreign, scenario->name)) {
            APPEND(plan->foreign, ", ", "%s", scenario->name);
        }
    }
    /* Servers that are counted one after the other. */
    double in_lane = ceil((double)n / cell->lanes);
    cell->reads_code = !options->uncounted && scenario_is_bare(scenario) &&
                       options->mode->bit != MODE_QUICK;
    plan->seconds += cell->reads_code ? in_lane * CODE_MS / 1e3 : 0;
    if (options->mode->bit == MODE_COUNT) {
        return;
    }
    cell->points = brief ? 1 : GRID_POINTS;
    double thousands = n * scenario->load.silent_clients / 1e3;
    /* What a life has besides; and all that it has at the least. */
    double begin_s = (thousands * CONNECT_MS + foreign * COMPILE_MS) / 1e3;
    double end_s = thousands * LEAVE_MS / 1e3;
    double least_s =
        n * least_ms(scenario, cell->points) / 1e3 + begin_s + end_s;
    cell->lives = options->lives > 0 ? options->lives
                  : brief            ? 1
                                     : options->mode->lives;
    /* Rather two that are measured than three that are started. */
    while (options->lives == 0 && cell->lives > 2 &&
           cell->lives * least_s > seconds) {
        cell->lives--;
    }
    cell->life_ns = (int64_t)(1e9 * (seconds / cell->lives + begin_s));
    if (cell->skipped[0] == '\0') {
        plan->seconds +=
            cell->lives *
                fmax(seconds / cell->lives + begin_s + end_s, least_s) +
            (counts ? in_lane * COUNT_MS / 1e3 : 0);
    }
}

void
plan_make(struct plan *plan, const struct options *options)
{
    memset(plan, 0, sizeof *plan);
    plan->descriptors = descriptors_raise();
    if (sched_getaffinity(0, sizeof plan->allowed, &plan->allowed) == -1) {
        CPU_SET(0, &plan->allowed);
    }
    for (const struct scenario *next = scenarios; next->name; next++) {
        if (is_wanted(next, options)) {
            fit_cell(plan, next);
        }
    }
    for (size_t i = 0; i < plan->ncells; i++) {
        give_layout(&plan->cells[i], options, &plan->allowed);
        give_time(plan, &plan->cells[i], options);
    }
    plan->scene = options->mode->bit == MODE_DEFAULT && !options->uncounted &&
                  !options->order.launcher;
    plan->seconds +=
        plan->scene ? SCENE_MS / 1e3 * (double)(options->ncontenders - 1) : 0;
}

/* ---- grid -------------------------------------------------------------- */

/* A point that is closer to the last one shows nothing new. */
#define GRID_STEP_LEAST 1.05

/* In percent: of the least capacity, the last one of the greatest. Closer
 * together where the queue begins to grow, and one where it has to. */
static const int percents[GRID_POINTS] = {25, 50, 75, 90, 110, 110};

/* So that a table can show exactly what was asked. */
static double
three_digits(double value)
{
    double step = fmax(pow(10, floor(log10(value)) - 2), 1);

    return round(value / step) * step;
}

int
grid_choose(struct grid_point grid[GRID_POINTS],
            const struct grid_point *least, const struct grid_point *most)
{
    int n = 0;

    memset(grid, 0, GRID_POINTS * sizeof *grid);
    for (int i = 0; least->of_per_s > 0 && i < GRID_POINTS; i++) {
        const struct grid_point *of = i == GRID_POINTS - 1 ? most : least;
        double rate = three_digits(of->of_per_s * percents[i] / 100);

        if (rate >= 1 &&
            (n == 0 || rate > GRID_STEP_LEAST * grid[n - 1].rate_per_s)) {
            grid[n++] = (struct grid_point){of->of, of->of_per_s, (int)rate};
        }
    }
    return n;
}

int64_t
grid_slice_ns(const struct grid_point *point)
{
    int64_t enough_ns = GRID_MESSAGES * NS_PER_S / point->rate_per_s;

    return MAX(MIN(enough_ns, NS_PER_S), GRID_SLICE_MS * NS_PER_MS);
}
