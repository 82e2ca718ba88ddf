/*
 * run_compare.c: what compare measures, all rows of it in one run. See
 * course.h.
 */
#include <math.h>
#include <string.h>

#include "harness/compare/plan.h"
#include "harness/course/course.h"

const char *compare_from;

/* What was read last. */
static struct results results;
static struct summary summary;

/* ---- what is to be measured -------------------------------------------- */

/* Is that scenario or model in an experiment that is wanted? */
static bool
is_named(const char *name)
{
    for (const struct experiment *row = experiments; row->key; row++) {
        if (row->wanted && row->kind == EXPERIMENT_COMPARE &&
            (strcmp(row->scenario, name) == 0 ||
             strcmp(row->model, name) == 0 ||
             (row->over && strcmp(row->over, name) == 0))) {
            return true;
        }
    }
    return false;
}

/* Is all that is wanted in a quick run? */
static bool
is_quick(void)
{
    for (const struct experiment *row = experiments; row->key; row++) {
        for (const struct scenario *it = scenarios; it->name; it++) {
            if (row->wanted && !(it->modes & MODE_QUICK) &&
                RECORD_IS_OF(row, it->name, scenario_asked(it))) {
                return false;
            }
        }
    }
    return true;
}

/* Write the line: what is in no quick run is measured as briefly. */
static void
name_run(char line[CHILD_LINE_BYTES])
{
    const char *comma = " --models=";

    snprintf(line, CHILD_LINE_BYTES, "%s/bin/compare %s", course_build(),
             is_quick() ? "--quick" : "--full --time=2s --lives=1");
    for (int i = 0; i < COURSE_MODELS; i++) {
        if (is_named(course_models[i])) {
            text_append(line, CHILD_LINE_BYTES, comma, "%s",
                        course_models[i]);
            comma = ",";
        }
    }
    comma = " --scenarios=";
    for (const struct scenario *it = scenarios; it->name; it++) {
        bool again = it > scenarios && strcmp(it[-1].name, it->name) == 0;

        if (!again && is_named(it->name)) {
            text_append(line, CHILD_LINE_BYTES, comma, "%s", it->name);
            comma = ",";
        }
    }
    text_append(line, CHILD_LINE_BYTES, " ", "--out=%s/course/compare",
                course_build());
}

/* ---- what came of it --------------------------------------------------- */

static double
figure_of(const struct summary_row *row, const char *key)
{
    for (int i = 0; i < LIFE_FIGURES; i++) {
        if (strcmp(figures[i].key, key) == 0) {
            return row->figure[i];
        }
    }
    /* No figure of its own, but a sum. */
    return strcmp(key, "kib_per_client") == 0 ? summary_memory(row) : NAN;
}

/* One over the other; with what was fitted, by blocks. */
static double
ratio_of(const struct summary_group *group, const struct summary_row *row,
         const struct summary_row *base, const char *key)
{
    double ratio = NAN;

    if (strcmp(key, figures[LIFE_SERVER_CPU_US_PER_ECHO].key) == 0) {
        ratio = summary_compare(group, row, base, FIT_CPU).ratio;
    } else if (strcmp(key, figures[LIFE_ECHOES_PER_S].key) == 0) {
        ratio = summary_compare(group, row, base, FIT_RATE).ratio;
    }
    return isnan(ratio) ? figure_of(row, key) / figure_of(base, key) : ratio;
}

double
compare_read(const struct experiment *row)
{
    for (size_t i = 0; i < summary.ngroups; i++) {
        const struct summary_group *group = &summary.groups[i];
        const struct summary_row *of = summary_find(group, row->model);
        const struct summary_row *base =
            row->over ? summary_find(group, row->over) : NULL;

        if (of && RECORD_IS_OF(of->life, row->scenario, row->clients)) {
            return base        ? ratio_of(group, of, base, row->figure)
                   : row->over ? NAN
                               : figure_of(of, row->figure);
        }
    }
    return NAN;
}

/* ---- the run ----------------------------------------------------------- */

const char *
compare_run(const struct experiment *row)
{
    char line[CHILD_LINE_BYTES];

    (void)row;
    if (!compare_from) {
        name_run(line);
        child_show(line);
        /* Where it has got to is for a terminal alone. */
        text_append(line, sizeof line, " ", "2>&1");
        int status = child_run(line, NULL);
        if (status != 0 && status != EXIT_FAILED) {
            return "compare could not measure that; it says why above";
        }
        snprintf(line, sizeof line, "%s/course/compare/results.jsonl",
                 course_build());
    }
    summary_free(&summary);
    results_free(&results);
    const char *problem =
        results_load(compare_from ? compare_from : line, &results);
    return problem ? problem
           : summary_make(&results, &summary) != 0
               ? "does not fit into memory"
               : NULL;
}
