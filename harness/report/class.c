/*
 * class.c: results of many machines on one page. See report.h.
 *
 * The files are strangers': only regular ones are opened, a bad one is named
 * and the others go on, and of each no more is kept than the page says. A
 * claim hangs on what a scenario is like and on how a model works, as facts
 * do; a machine on which it was not measured does not count.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/report/internal.h"

enum {
    FILE_BYTES_MAX = 8 << 20, /* ten times a run */
    LIVES_MAX = 4096,         /* the same */
    MAIN_CLIENTS = 64,        /* whose ratios are shown */
    KEPT_MAX = 16,            /* models of a machine; the first ones */
    ROWS_MAX = 200,           /* of the picture; the list has all */
    NAMES_MAX = 3,            /* of those that do not agree */
};

#define AGREE 0.01 /* numbers of instructions do */
#define FAR   20   /* times the yardstick */

/* ---- claims ------------------------------------------------------------ */

/* What a machine says to a claim. */
enum outcome {
    OUTCOME_NONE, /* nothing: it was not measured */
    OUTCOME_HELD,
    OUTCOME_CLOSE, /* too close to tell */
    OUTCOME_OTHER, /* the other way round */
};

static const struct claim {
    enum cells_kind kind;   /* of the scenario */
    enum facts_model model; /* of whom it speaks */
    enum {
        WAY_CHEAP,     /* costs less CPU than all others */
        WAY_DEAR,      /* costs more than the cheapest */
        WAY_FAST,      /* does more than all others */
        WAY_LARGE,     /* keeps more memory than another */
        WAY_UNSERVED,  /* leaves clients out */
    } way;             /* what it says */
    const char *words; /* the claim */
} claims[] = {
    {KIND_ONE, MODEL_ONE_AT_A_TIME, WAY_CHEAP,
     "one at a time is cheapest for a single client"},
    {KIND_MANY, MODEL_ONE_AT_A_TIME, WAY_UNSERVED,
     "one at a time leaves many clients unserved"},
    {KIND_SILENT, MODEL_ONE_AT_A_TIME, WAY_UNSERVED,
     "one at a time is stopped by a silent client"},
    {KIND_WAIT, MODEL_ONE_AT_A_TIME, WAY_UNSERVED,
     "one at a time cannot wait for several clients at once"},
    {KIND_MANY, MODEL_THREAD_EACH, WAY_DEAR,
     "a thread each costs more CPU than the cheapest, with many clients"},
    {KIND_CONNECT, MODEL_THREAD_EACH, WAY_DEAR,
     "a thread each costs more CPU, with a connection for each echo"},
    {KIND_WORK, MODEL_THREAD_EACH, WAY_FAST,
     "a thread each is fastest where an echo is work, on several CPUs"},
    {KIND_IDLE, MODEL_THREAD_EACH, WAY_LARGE,
     "a thread each keeps more memory for an idle client"},
    {KIND_IDLE, MODEL_STACK_EACH, WAY_LARGE,
     "a stack each keeps more memory for an idle client"},
    {KIND_IDLE, MODEL_SELECT, WAY_DEAR,
     "select costs more CPU than the cheapest, beside idle clients"},
};

/* What a row says that the claim is about. */
static enum outcome
judge_row(const struct summary_row *row, const struct summary_group *group,
          const struct claim *claim)
{
    enum fitted what = claim->way == WAY_FAST ? FIT_RATE : FIT_CPU;
    enum verdict over_best = row->over_best[what].verdict;
    bool best = row == group->best[what];
    const struct summary_row *yard = summary_find(group, RESULTS_YARDSTICK);
    double more = yard ? summary_memory(row) - summary_memory(yard) : NAN;

    if (claim->way == WAY_UNSERVED) {
        return row->starved ? OUTCOME_HELD : OUTCOME_OTHER;
    }
    if (claim->way == WAY_LARGE) {
        return isnan(more)                            ? OUTCOME_NONE
               : more > 2 * summary_memory_noise(row) ? OUTCOME_HELD
                                                      : OUTCOME_CLOSE;
    }
    if (best ? group->clear[what] : over_best == VERDICT_DIFFERENT) {
        return best == (claim->way != WAY_DEAR) ? OUTCOME_HELD
                                                : OUTCOME_OTHER;
    }
    return best || over_best != VERDICT_UNKNOWN ? OUTCOME_CLOSE
                                                : OUTCOME_NONE;
}

/* What the largest scenario of a claim's kind says in which such a model can
 * be looked at beside others; of "many" up to the usual one. */
static enum outcome
judge(const struct summary *summary, const struct claim *claim)
{
    enum outcome outcome = OUTCOME_NONE;
    int most = 0;

    for (size_t i = 0; i < summary->ngroups; i++) {
        const struct summary_group *group = &summary->groups[i];

        for (size_t j = 0; j < group->nrows && group->nrows > 2; j++) {
            const struct summary_row *row = &group->rows[j];
            const struct life *life = row->life;

            if (cells_kind(life) == claim->kind && row->status == LIFE_OK &&
                (facts_model(life->model) & claim->model) &&
                (row->comparable || claim->way == WAY_UNSERVED) &&
                (life->cpus > 1 || claim->way != WAY_FAST) &&
                (life->clients <= MAIN_CLIENTS || claim->kind != KIND_MANY) &&
                life->clients > most) {
                most = life->clients;
                outcome = judge_row(row, group, claim);
            }
        }
    }
    return outcome;
}

/* ---- machines ---------------------------------------------------------- */

/* What is kept of a machine. */
struct machine {
    char name[RESULTS_NAME_BYTES];    /* of its file or folder */
    struct run run;                   /* what it is */
    enum outcome said[COUNT(claims)]; /* to each claim */
};

/* What is kept of a model on a machine. */
struct kept {
    size_t machine;                 /* which one */
    char model[RESULTS_NAME_BYTES]; /* its name */
    struct comparison over; /* CPU over the yardstick, of many clients */
    double instructions;    /* of an echo of a single client */
};

/* All of them. All zero is an empty class. */
struct class
{
    struct machine *machines; /* by name */
    size_t nmachines;         /* how many */
    struct kept *kept;        /* of the first machine first */
    size_t nkept;             /* how many */
    struct document left_out; /* an item for each bad one */
};

/* One more, which is all zero, at the end of a list. */
#define MORE(list, n)                                                        \
    ((list) = given(reallocarray(list, (n) + 1, sizeof *(list))),            \
     memset(&(list)[n], 0, sizeof *(list)), &(list)[(n)++])

static void
keep(struct class *class, const char *name, const struct summary *summary)
{
    const struct summary_group *many =
        group_up_to(summary, KIND_MANY, MAIN_CLIENTS);
    const struct summary_group *one = group_largest(summary, KIND_ONE);
    const struct summary_group *group = many ? many : one;
    struct machine *machine = MORE(class->machines, class->nmachines);

    machine->run = summary->results->run;
    PUT(machine->name, "%.*s", RESULTS_NAME_BYTES - 1, name);
    for (size_t i = 0; i < COUNT(claims); i++) {
        machine->said[i] = judge(summary, &claims[i]);
    }
    for (size_t i = 0; group && i < MIN(group->nrows, KEPT_MAX); i++) {
        const struct summary_row *row = &group->rows[i];
        const struct summary_row *alone =
            one ? summary_find(one, row->life->model) : NULL;
        struct kept kept = {class->nmachines - 1, "", row->over_yardstick,
                            alone ? alone->figure[LIFE_INSTRUCTIONS_PER_ECHO]
                                  : NAN};

        PUT(kept.model, "%s", row->life->model);
        /* Who is very far from the others would hide them in the picture. */
        if (row->life->clients != MAIN_CLIENTS ||
            strcmp(row->life->layout, "shared") != 0 ||
            fabs(log(kept.over.ratio)) > log(FAR)) {
            kept.over.ratio = NAN;
        }
        if (!row->yardstick) {
            *MORE(class->kept, class->nkept) = kept;
        }
    }
}

/* Read a machine's file, keep what it says, and close it. Returns NULL; or
 * why not. */
static const char *
read_machine(struct class *class, const char *name, FILE *file)
{
    struct results results;
    struct summary summary;
    const char *problem = report_read(file, &results);

    if (file) {
        fclose(file);
    }
    if (problem) {
        return problem;
    }
    problem = results.nlives == 0          ? "has nothing that was measured"
              : results.nlives > LIVES_MAX ? "is larger than any run"
                                           : NULL;
    for (size_t i = 0; i < class->nmachines; i++) {
        const struct run *run = &class->machines[i].run;

        if (run->seed == results.run.seed &&
            strcmp(run->date, results.run.date) == 0 &&
            strcmp(run->cpu_model, results.run.cpu_model) == 0) {
            problem = "is the same run once more";
        }
    }
    if (!problem && summary_make(&results, &summary) != 0) {
        problem = "does not fit into memory";
    } else if (!problem) {
        keep(class, name, &summary);
        summary_free(&summary);
    }
    results_free(&results);
    return problem;
}

/* A folder with a results.jsonl, or a file *.jsonl; what else lies there, or
 * is hidden, is none of ours. Nothing is opened that may wait for somebody.
 */
static void
read_entry(struct class *class, int folder_fd, const char *name)
{
    const char *end = strrchr(name, '.');
    int own_fd = openat(folder_fd, name,
                        O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    const char *problem;
    char label[NAME_MAX + 1];
    struct stat status;
    int fd;

    PUT(label, "%s", name);
    if (own_fd != -1) {
        name = "results.jsonl";
    } else if (end && strcmp(end, ".jsonl") == 0) {
        own_fd = fcntl(folder_fd, F_DUPFD_CLOEXEC, 0);
        label[end - name] = '\0';
    }
    if (own_fd == -1 || label[0] == '.') {
        return;
    }
    problem = fstatat(own_fd, name, &status, AT_SYMLINK_NOFOLLOW) == -1
                  ? "has no results.jsonl"
              : !S_ISREG(status.st_mode)        ? "is no regular file"
              : status.st_size > FILE_BYTES_MAX ? "is larger than any run"
              : (fd = openat(own_fd, name, O_RDONLY | O_CLOEXEC)) == -1
                  ? strerror(errno)
                  : read_machine(class, label, fdopen(fd, "r"));
    close(own_fd);
    document_item(&class->left_out, label, "%s", problem ? problem : "");
}

/* ---- the page ---------------------------------------------------------- */

static void
say_claim(struct document *document, const struct class *class, size_t claim)
{
    size_t n[OUTCOME_OTHER + 1] = {0};
    struct text names = {0};
    struct text text = {0};
    char label[48];

    for (size_t i = 0; i < class->nmachines; i++) {
        enum outcome said = class->machines[i].said[claim];

        if (n[said]++ < NAMES_MAX && said == OUTCOME_OTHER) {
            text_item(&names, ", ", "%s", class->machines[i].name);
        }
    }
    if (n[OUTCOME_NONE] == class->nmachines) {
        return;
    }
    if (n[OUTCOME_CLOSE] > 0) {
        text_add(&text, "; too close on %zu", n[OUTCOME_CLOSE]);
    }
    if (n[OUTCOME_OTHER] > 0) {
        text_add(&text, "; not so on %zu: %s", n[OUTCOME_OTHER], names.bytes);
    }
    PUT(label, "%zu of %zu", n[OUTCOME_HELD],
        class->nmachines - n[OUTCOME_NONE]);
    document_item(document, label, "%s%s", claims[claim].words, text.bytes);
}

/* A machine is a row, a model a mark; the first rows say which. */
static char *
draw_ratios(const struct class *class)
{
    static const struct chart chart = {
        .title = "Who costs what, on which machine",
        .description = "A row for each machine, a mark for each model.",
        .above = "model, machine",
        .below = "CPU per echo, times the yardstick's",
        .rule = 1,
    };
    struct dot *dots = given(calloc(class->nkept + 1, sizeof *dots));
    struct chart_row rows[ROWS_MAX];
    const char *names[SVG_YARDSTICK] = {NULL};
    const char *last = NULL;
    size_t ndots = 0;
    size_t n = 0;
    char *svg;

    for (size_t i = 0; i < class->nkept; i++) {
        int slot = svg_slot(class->kept[i].model);

        if (isfinite(class->kept[i].over.ratio)) {
            names[slot] =
                slot == SVG_OTHER ? "another" : class->kept[i].model;
        }
    }
    for (int slot = 0; slot < SVG_YARDSTICK; slot++) {
        if (names[slot]) {
            rows[n++] = (struct chart_row){names[slot], slot, NULL};
        }
    }
    for (size_t i = 0; i < class->nkept && n < ROWS_MAX; i++) {
        const struct kept *kept = &class->kept[i];
        const struct comparison *over = &kept->over;
        const char *name = class->machines[kept->machine].name;

        if (isfinite(over->ratio)) {
            if (name != last) {
                rows[n++] = (struct chart_row){name, -1, NULL};
            }
            last = name;
            dots[ndots++] = (struct dot){(int)n - 1,  svg_slot(kept->model),
                                         over->ratio, over->low,
                                         over->high,  DOT_MARK,
                                         kept->model};
        }
    }
    svg = ndots > 0 ? chart_dots(&chart, rows, n, dots, ndots) : NULL;
    free(dots);
    return svg;
}

/* What a machine is, and the same in words. */
static void
say_machine(struct document *document, const struct class *class,
            size_t machine)
{
    const struct run *run = &class->machines[machine].run;
    struct text text = {0};

    text_add(&text, "%s, %d CPU%s, %s, %s%s", run->cpu_model, run->cores,
             run->cores == 1 ? "" : "s", run->kernel, run->compiler,
             run->partial ? ", cut short" : "");
    for (size_t i = 0; i < class->nkept; i++) {
        const struct comparison *over = &class->kept[i].over;

        if (class->kept[i].machine == machine && isfinite(over->ratio)) {
            text_add(&text, "; %s %.2f +-%.2f", class->kept[i].model,
                     over->ratio, (over->high - over->low) / 2);
        }
    }
    document_item(document, class->machines[machine].name, "%s", text.bytes);
}

/* Who agrees on a number that hangs on nothing but the compiler. It is said
 * where it comes first. */
static void
say_instructions(struct document *document, const struct class *class,
                 const struct kept *first)
{
    const char *compiler = class->machines[first->machine].run.compiler;
    size_t n = 0;
    size_t agree = 0;
    char label[48];

    for (size_t i = 0; i < class->nkept; i++) {
        const struct kept *kept = &class->kept[i];

        if (isfinite(kept->instructions) &&
            strcmp(kept->model, first->model) == 0 &&
            strcmp(class->machines[kept->machine].run.compiler, compiler) ==
                0) {
            if (n++ == 0 && kept != first) {
                return;
            }
            agree += fabs(kept->instructions - first->instructions) <=
                     AGREE * first->instructions;
        }
    }
    PUT(label, "%zu of %zu", agree, n);
    document_item(document, label,
                  n > 0 ? "%s takes %.0f instructions for an echo (%s)" : "",
                  first->model, first->instructions, compiler);
}

static void
build(struct document *document, const struct class *class)
{
    document_heading(document, "Fiveways on %zu machine%s", class->nmachines,
                     class->nmachines == 1 ? "" : "s");
    document_section(document, "claims", "On how many of them it holds");
    for (size_t i = 0; i < COUNT(claims); i++) {
        say_claim(document, class, i);
    }
    for (size_t i = 0; i < class->nkept; i++) {
        say_instructions(document, class, &class->kept[i]);
    }
    document_section(document, "machines", "The machines");
    document_paragraph(document,
                       "With each model its CPU per echo with %d clients, "
                       "times the yardstick's; +-: half the 95 %% interval.",
                       MAIN_CLIENTS);
    document_figure(document, draw_ratios(class));
    for (size_t i = 0; i < class->nmachines; i++) {
        say_machine(document, class, i);
    }
}

int
report_class(FILE *file, const char *path, const struct report_paper *paper)
{
    struct class class = {0};
    struct document document = {0};
    struct dirent **entries = NULL;
    int folder_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int n = folder_fd == -1
                ? -1
                : scandirat(folder_fd, ".", &entries, NULL, alphasort);

    for (int i = 0; i < n; i++) {
        read_entry(&class, folder_fd, entries[i]->d_name);
        free(entries[i]);
    }
    if (class.nmachines > 0) {
        build(&document, &class);
    }
    if (class.left_out.nblocks > 0) {
        document_section(&document, "left-out", "Left out");
    }
    for (size_t i = 0; i < class.left_out.nblocks; i++) {
        document_item(&document, class.left_out.blocks[i].label, "%s",
                      class.left_out.blocks[i].words);
    }
    n = class.nmachines > 0 ? 0 : -1;
    if (n == -1) {
        fprintf(stderr, "report: %s: %s\n", path,
                entries ? "has no good results" : strerror(errno));
    }
    if (paper) {
        document_print_text(file, &document, paper);
    } else {
        document_print_page(file, &document);
    }
    document_free(&class.left_out);
    free(class.machines);
    free(class.kept);
    free(entries);
    if (folder_fd != -1) {
        close(folder_fd);
    }
    return n;
}
