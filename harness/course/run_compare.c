/*
 * run_compare.c: what compare measures, all rows of it in one run. See
 * course.h.
 */
#include <math.h>
#include <string.h>

#include "harness/compare/plan.h"
#include "harness/course/course.h"

enum {
    COMPARE_MS = 600000, /* for a run, at most */
};

/* What was read last. */
static struct results results;
static struct summary summary;

#define KIB_KEY "kib_per_client" /* no figure of its own, but a sum */

void
compare_figures(FILE *stream)
{
    fprintf(stream, "Of a scenario of compare:\n");
    for (int i = 0; i < LIFE_FIGURES; i++) {
        fprintf(stream, "  %-22s %s\n", figures[i].key, figures[i].meaning);
    }
    fprintf(stream, "  %-22s KiB, resident and of the kernel's stack\n",
            KIB_KEY);
}

/* ---- what is to be measured -------------------------------------------- */

/* Append a name to a list, unless it is there. */
static void
list_add(char list[CHILD_LINE_BYTES], const char *name)
{
    char with_commas[CHILD_LINE_BYTES + 2];
    char wanted[RESULTS_NAME_BYTES + 2];

    snprintf(with_commas, sizeof with_commas, ",%s,", list);
    snprintf(wanted, sizeof wanted, ",%s,", name);
    if (!strstr(with_commas, wanted)) {
        text_append(list, CHILD_LINE_BYTES, ",", "%s", name);
    }
}

/* The modes that have that scenario for so many clients. */
static unsigned
modes_of(const struct experiment *row)
{
    for (const struct scenario *it = scenarios; it->name; it++) {
        if (strcmp(it->name, row->scenario) == 0 &&
            scenario_asked(it) == row->clients) {
            return it->modes;
        }
    }
    return 0;
}

/* The words of compare: what is in no quick run is measured as briefly. */
static void
name_run(struct child *child, const struct finding *findings, size_t n)
{
    char models[CHILD_LINE_BYTES] = "";
    char names[CHILD_LINE_BYTES] = "";
    unsigned common = MODE_QUICK | MODE_DEFAULT | MODE_FULL | MODE_C10K;

    for (size_t i = 0; i < n; i++) {
        const struct experiment *row = findings[i].experiment;

        if (row && row->kind == EXPERIMENT_COMPARE) {
            common &= modes_of(row);
            list_add(models, row->model);
            list_add(models, row->over ? row->over : row->model);
            list_add(names, row->scenario);
        }
    }
    child_word(child, "%s/bin/compare", course_build());
    if (common & MODE_QUICK) {
        child_word(child, "--quick");
    } else {
        child_word(child, common & MODE_DEFAULT ? "--time=2s" : "--full");
        child_word(child, "--lives=1");
    }
    child_word(child, "--models=%s", models);
    child_word(child, "--scenarios=%s", names);
    child_word(child, "--out=%s/course/compare", course_build());
}

/* ---- what came of it --------------------------------------------------- */

/* The group that it asks for, or NULL. */
static const struct summary_group *
find_group(const struct experiment *row)
{
    for (size_t i = 0; i < summary.ngroups; i++) {
        if (RECORD_IS_OF(summary.groups[i].rows[0].life, row->scenario,
                         row->clients)) {
            return &summary.groups[i];
        }
    }
    return NULL;
}

static double
figure_of(const struct summary_row *row, const char *key)
{
    for (int i = 0; i < LIFE_FIGURES; i++) {
        if (strcmp(figures[i].key, key) == 0) {
            return row->figure[i];
        }
    }
    return strcmp(key, KIB_KEY) == 0 ? summary_memory(row) : NAN;
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
    const struct summary_group *group = find_group(row);
    const struct summary_row *of =
        group ? summary_find(group, row->model) : NULL;
    const struct summary_row *base =
        of && row->over ? summary_find(group, row->over) : NULL;

    return !of || (row->over && !base) ? NAN
           : base ? ratio_of(group, of, base, row->figure)
                  : figure_of(of, row->figure);
}

/* ---- the run ----------------------------------------------------------- */

const char *
compare_run(const struct finding *findings, size_t n, const char *from,
            FILE *stream)
{
    static char path[CHILD_LINE_BYTES];
    struct child child = {.stream = stream};
    int status = 0;

    if (!from) {
        name_run(&child, findings, n);
        child_show(stream, &child, "");
        status =
            child_start(&child) == 0 ? child_end(&child, COMPARE_MS) : -1;
        snprintf(path, sizeof path, "%s/course/compare/results.jsonl",
                 course_build());
    }
    if (status != 0 && status != 1) {
        return "compare could not measure that; it says why above";
    }
    summary_free(&summary);
    results_free(&results);
    const char *problem = results_load(from ? from : path, &results);
    return problem ? problem
           : summary_make(&results, &summary) != 0
               ? "does not fit into memory"
               : NULL;
}
