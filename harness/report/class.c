/*
 * class.c: results of many machines on one page. See internal.h.
 *
 * The files are strangers': only regular ones are opened, a bad one is named
 * and the others go on, and of each no more is kept than the page says. A
 * claim hangs on what a scenario is like and on how a model works, as facts
 * do; a machine on which it was not measured does not count.
 */
#include <errno.h>
#include <glob.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/select.h>
#include <unistd.h>

#include "harness/report/internal.h"

enum {
    LIVES_MAX = 4096, /* ten times a run */
    ROWS_MAX = 200,   /* machines in the picture; the list has all */
    FAR = 20,         /* times the yardstick: not in the picture */
};

/* ---- claims ------------------------------------------------------------ */

/* How the figure of a model is, beside those of all others; how many it
 * serves, beside how many asked. */
enum direction {
    LESS = -1,
    CLOSE, /* nobody can tell */
    MORE,
    UNKNOWN,
};

static const struct claim {
    enum cells_kind kind;     /* of the scenario */
    unsigned model;           /* of whom it speaks */
    enum life_figure figure;  /* what of them */
    enum direction direction; /* how that is */
    const char *words;        /* the claim */
} claims[] = {
    {KIND_ONE, MODEL_ONE_AT_A_TIME, LIFE_SERVER_CPU_US_PER_ECHO, LESS,
     "one at a time is cheapest for a single client"},
    {KIND_MANY, MODEL_ONE_AT_A_TIME, LIFE_SERVED, LESS,
     "one at a time leaves many clients unserved"},
    {KIND_SILENT, MODEL_ONE_AT_A_TIME, LIFE_SERVED, LESS,
     "one at a time is stopped by a silent client"},
    {KIND_WAIT, MODEL_ONE_AT_A_TIME, LIFE_SERVED, LESS,
     "one at a time cannot wait for several clients at once"},
    {KIND_MANY, MODEL_THREAD_EACH, LIFE_SERVER_CPU_US_PER_ECHO, MORE,
     "a thread each costs more CPU, with many clients"},
    {KIND_CONNECT, MODEL_THREAD_EACH, LIFE_SERVER_CPU_US_PER_ECHO, MORE,
     "a thread each costs more CPU, with a connection for each echo"},
    {KIND_WORK, MODEL_THREAD_EACH, LIFE_ECHOES_PER_S, MORE,
     "a thread each is fastest where an echo is work, on several CPUs"},
    {KIND_IDLE, MODEL_THREAD_EACH, LIFE_RSS_KIB_PER_CLIENT, MORE,
     "a thread each keeps more memory for an idle client than a bare loop"},
    {KIND_IDLE, MODEL_STACK_EACH, LIFE_RSS_KIB_PER_CLIENT, MORE,
     "a stack each keeps more memory for an idle client than a bare loop"},
    {KIND_IDLE, MODEL_SELECT, LIFE_SERVER_CPU_US_PER_ECHO, MORE,
     "select costs more CPU, beside idle clients"},
};

static enum direction
judge_row(const struct summary_row *row, const struct summary_group *group,
          enum life_figure figure)
{
    enum fitted what = figure == LIFE_ECHOES_PER_S ? FIT_RATE : FIT_CPU;
    enum direction better = what == FIT_RATE ? MORE : LESS;
    enum verdict verdict = row->over_best[what].verdict;
    const struct summary_row *yard = summary_find(group, RESULTS_YARDSTICK);
    double more = summary_memory(row) - (yard ? summary_memory(yard) : 0);

    if (figure == LIFE_SERVED && row->status == LIFE_OK) {
        return row->starved ? LESS : MORE;
    }
    if (!row->comparable || group->nrows < 3 ||
        (row->life->work_us > 0 && row->life->cpus == 1)) {
        return UNKNOWN;
    }
    if (figure == LIFE_RSS_KIB_PER_CLIENT) {
        return more > 2 * summary_memory_noise(row) ? MORE
               : isnan(more)                        ? UNKNOWN
                                                    : CLOSE;
    }
    return row == group->best[what] ? group->clear[what] ? better : CLOSE
           : verdict == VERDICT_DIFFERENT ? -better
           : verdict == VERDICT_UNKNOWN   ? UNKNOWN
                                          : CLOSE;
}

/* What the largest scenario of its kind says that all models can hold. */
static enum direction
judge(const struct summary *summary, const struct claim *claim)
{
    const struct summary_group *group =
        group_up_to(summary, claim->kind, FD_SETSIZE);
    enum direction found = UNKNOWN;

    for (size_t i = 0; group && i < group->nrows && found == UNKNOWN; i++) {
        if (facts_model(group->rows[i].life->model) & claim->model) {
            found = judge_row(&group->rows[i], group, claim->figure);
        }
    }
    return found;
}

/* ---- machines ---------------------------------------------------------- */

/* All that is kept of them. All zero is an empty class. */
struct class
{
    struct document machines; /* an item each, by name */
    struct document left_out; /* an item for each bad file */
    struct tally {
        size_t measured, held;                      /* on how many machines */
        struct text others;                         /* on which not */
    } tallies[COUNT(claims)];                       /* of each claim */
    char models[SVG_YARDSTICK][RESULTS_NAME_BYTES]; /* that have a mark */
    struct dot dots[ROWS_MAX * RESULTS_MODELS_MAX]; /* of the picture */
    size_t ndots;                                   /* how many */
};

/* Append what each model costs on the next machine, and mark it in the
 * picture, where who is very far away would hide the others. */
static void
take_models(struct class *class, struct text *text,
            const struct summary_group *group)
{
    size_t machine = class->machines.nblocks;

    for (size_t i = 0; group && i < group->nrows; i++) {
        const struct comparison *over = &group->rows[i].over_yardstick;
        const char *model = group->rows[i].life->model;
        int slot = svg_slot(model);

        if (slot == SVG_YARDSTICK || !isfinite(over->ratio)) {
            continue;
        }
        text_add(text, "; %s %.2f +-%.2f", model, over->ratio,
                 (over->high - over->low) / 2);
        if (machine < ROWS_MAX && fabs(log(over->ratio)) < log(FAR)) {
            struct dot dot = {(int)machine,       slot,       over->ratio,
                              over->low,          over->high, DOT_MARK,
                              class->models[slot]};

            class->dots[class->ndots++] = dot;
            PUT(class->models[slot], "%s",
                slot == SVG_OTHER ? "another" : model);
        }
    }
}

/* Take a machine in. Returns NULL; or why not. */
static const char *
take_machine(struct class *class, const char *name,
             const struct summary *summary)
{
    const struct run *run = &summary->results->run;
    struct text text = {0};

    text_add(&text, "%s, %d CPU%s, %s, %s, seed %lld, %s", run->cpu_model,
             run->cores, run->cores == 1 ? "" : "s", run->kernel,
             run->compiler, (long long)run->seed, run->date);
    text_clean(text.bytes);
    for (size_t i = 0; i < class->machines.nblocks; i++) {
        if (strstr(class->machines.blocks[i].words, text.bytes)) {
            return "is the same run once more";
        }
    }
    for (size_t i = 0; i < COUNT(claims); i++) {
        enum direction found = judge(summary, &claims[i]);
        struct tally *tally = &class->tallies[i];

        tally->measured += found != UNKNOWN;
        tally->held += found == claims[i].direction;
        if (found != UNKNOWN && found != claims[i].direction) {
            text_item(&tally->others, ", ", "%s%s", name,
                      found == CLOSE ? "?" : "");
        }
    }
    text_add(&text, "%s", run->partial ? ", cut short" : "");
    take_models(class, &text, group_up_to(summary, KIND_MANY, MAIN_CLIENTS));
    document_item(&class->machines, name, "%s", text.bytes);
    return NULL;
}

/* The same of a file. Returns "", or why it is left out. */
static const char *
take_file(struct class *class, const char *name, const char *at)
{
    struct results results;
    struct summary summary;
    const char *problem;
    FILE *file = class_open(at, "results.jsonl", &problem);

    if (!file) {
        return problem ? problem : "has no results.jsonl";
    }
    problem = results_read(file, &results);
    fclose(file);
    if (problem) {
        return problem;
    }
    problem = results.nlives == 0          ? "has nothing that was measured"
              : results.nlives > LIVES_MAX ? "is larger than any run"
                                           : NULL;
    if (!problem) {
        summary_make(&results, &summary);
        problem = take_machine(class, name, &summary);
        summary_free(&summary);
    }
    results_free(&results);
    return problem ? problem : "";
}

/* ---- the page ---------------------------------------------------------- */

/* A machine is a row, a model a mark; the first rows say which. */
static char *
draw_ratios(struct class *class)
{
    static const struct chart chart = {
        .title = "Who costs what, on which machine",
        .above = "a row for each machine, a mark for each model",
        .below = "CPU per echo, times the yardstick's",
        .rule = 1,
    };
    struct chart_row rows[SVG_YARDSTICK + ROWS_MAX];
    size_t n = 0;

    for (int slot = 0; slot < SVG_YARDSTICK; slot++) {
        if (class->models[slot][0] != '\0') {
            rows[n++] = (struct chart_row){class->models[slot], slot, ""};
        }
    }
    for (size_t i = 0; i < class->ndots; i++) {
        class->dots[i].row += (int)n;
    }
    for (size_t i = 0; i < MIN(class->machines.nblocks, ROWS_MAX); i++) {
        rows[n++] =
            (struct chart_row){class->machines.blocks[i].label, -1, ""};
    }
    return class->ndots > 0
               ? chart_dots(&chart, rows, n, class->dots, class->ndots)
               : NULL;
}

static void
build(struct document *document, struct class *class)
{
    size_t n = class->machines.nblocks;

    document_heading(document, "Fiveways on %zu machine%s", n,
                     n == 1 ? "" : "s");
    document_section(document, "claims",
                     "On how many each claim holds (?: too close to tell)");
    for (size_t i = 0; i < COUNT(claims); i++) {
        const struct tally *tally = &class->tallies[i];
        char label[48];

        PUT(label, "%zu of %zu", tally->held, tally->measured);
        document_item(document, label,
                      tally->measured == 0             ? ""
                      : tally->held == tally->measured ? "%s"
                                                       : "%s; not on %s",
                      claims[i].words, tally->others.bytes);
    }
    document_section(document, "machines", "The machines");
    document_paragraph(document,
                       "Behind each model its CPU per echo with %d clients "
                       "at most, times the yardstick's, +- half of the 95 %% "
                       "interval.",
                       MAIN_CLIENTS);
    document_figure(document, draw_ratios(class));
    document_append(document, "", &class->machines);
}

const char *
class_build(struct document *document, const char *path)
{
    static struct class class;
    glob_t found = {0};
    bool good;

    if (chdir(path) != 0) {
        return strerror(errno);
    }
    glob("{*.jsonl,*/,*.tar.gz}", GLOB_BRACE, NULL, &found);
    for (char **at = found.gl_pathv; at && *at; at++) {
        const char *end = strrchr(*at, strchr(*at, '/') ? '/' : '.');
        char name[RESULTS_NAME_BYTES];

        PUT(name, "%.*s", (int)(end - *at - (end[1] == 'g' ? 4 : 0)), *at);
        document_item(&class.left_out, name, "%s",
                      take_file(&class, name, *at));
    }
    if (class.machines.nblocks > 0) {
        build(document, &class);
    }
    predictions_build(document, &class.left_out, found.gl_pathv);
    globfree(&found);
    good = document->nblocks > 0;
    document_section(document, "left-out", "%s",
                     class.left_out.nblocks > 0 ? "Left out" : "");
    document_append(document, "", &class.left_out);
    return good ? NULL : "has no good results";
}
