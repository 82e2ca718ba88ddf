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
#include <sys/stat.h>
#include <unistd.h>

#include "harness/report/internal.h"

enum {
    FILE_BYTES_MAX = 8 << 20, /* ten times a run */
    LIVES_MAX = 4096,         /* the same */
    MAIN_CLIENTS = 64,        /* of "many": whose ratios are shown */
    MODELS_MAX = 8,           /* columns of them */
    PICTURE_ROWS = 200,       /* machines; the table has all */
};

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

/* Is it the best of its group? */
static enum outcome
is_best(const struct summary_row *row, const struct summary_group *group,
        enum fitted what)
{
    enum verdict verdict = row->over_best[what].verdict;

    if (row == group->best[what]) {
        return group->clear[what] ? OUTCOME_HELD : OUTCOME_CLOSE;
    }
    return verdict == VERDICT_UNKNOWN     ? OUTCOME_NONE
           : verdict == VERDICT_DIFFERENT ? OUTCOME_OTHER
                                          : OUTCOME_CLOSE;
}

/* What such a row says, in a group with others. */
static enum outcome
judge_row(const struct summary_row *row, const struct summary_group *group,
          const struct claim *claim)
{
    enum outcome best =
        is_best(row, group, claim->way == WAY_FAST ? FIT_RATE : FIT_CPU);
    double noise = 2 * summary_memory_noise(row);
    double more = NAN; /* memory than another */

    for (size_t i = 0; i < group->nrows; i++) {
        more =
            fmax(more, summary_memory(row) - summary_memory(&group->rows[i]));
    }
    switch (claim->way) {
    case WAY_UNSERVED:
        return row->starved ? OUTCOME_HELD : OUTCOME_OTHER;
    case WAY_LARGE:
        return isnan(more)    ? OUTCOME_NONE
               : more > noise ? OUTCOME_HELD
                              : OUTCOME_CLOSE;
    case WAY_DEAR:
        return best == OUTCOME_HELD    ? OUTCOME_OTHER
               : best == OUTCOME_OTHER ? OUTCOME_HELD
                                       : best;
    case WAY_FAST:
        return row->life->cpus > 1 ? best : OUTCOME_NONE;
    default:
        return best;
    }
}

/* What the largest scenario of a claim's kind says in which such a model can
 * be looked at; of "many", up to the usual one. */
static enum outcome
judge(const struct summary *summary, const struct claim *claim)
{
    enum outcome outcome = OUTCOME_NONE;
    int most = claim->kind == KIND_MANY ? MAIN_CLIENTS : INT_MAX;
    int clients = 0;

    for (size_t i = 0; i < summary->ngroups; i++) {
        const struct summary_group *group = &summary->groups[i];
        const struct life *life = group_life(group);

        for (size_t j = 0; j < group->nrows && group->nrows > 2; j++) {
            const struct summary_row *row = &group->rows[j];

            if (cells_kind(life) == claim->kind && row->status == LIFE_OK &&
                (facts_model(row->life->model) & claim->model) &&
                (row->comparable || claim->way == WAY_UNSERVED) &&
                life->clients > clients && life->clients <= most) {
                clients = life->clients;
                outcome = judge_row(row, group, claim);
            }
        }
    }
    return outcome;
}

/* ---- machines ---------------------------------------------------------- */

/* What is kept of one machine. */
struct machine {
    char name[48];                    /* of its file or folder */
    struct run run;                   /* what it is */
    enum outcome said[COUNT(claims)]; /* to each claim */
    struct kept {
        char model[RESULTS_NAME_BYTES]; /* its name */
        struct comparison over;         /* CPU per echo over the yardstick */
    } models[MODELS_MAX];               /* among many clients */
    size_t nmodels;                     /* how many */
};

/* All of them. All zero is an empty class. */
struct class
{
    struct machine *machines; /* by name */
    size_t nmachines;         /* how many */
    struct document left_out; /* an item for each bad one */
};

static void
keep(struct class *class, const char *name, const struct summary *summary)
{
    struct machine *machine;

    class->machines = given(reallocarray(
        class->machines, class->nmachines + 1, sizeof *class->machines));
    machine = &class->machines[class->nmachines++];
    *machine = (struct machine){.run = summary->results->run};
    PUT(machine->name, "%s", name);
    for (size_t i = 0; i < COUNT(claims); i++) {
        machine->said[i] = judge(summary, &claims[i]);
    }
    for (size_t i = 0; i < summary->nrows; i++) {
        const struct summary_row *row = &summary->rows[i];

        if (cells_kind(row->life) == KIND_MANY && !row->yardstick &&
            row->life->clients == MAIN_CLIENTS &&
            row->over_yardstick.verdict != VERDICT_UNKNOWN &&
            machine->nmodels < MODELS_MAX) {
            struct kept *kept = &machine->models[machine->nmodels++];

            PUT(kept->model, "%s", row->life->model);
            kept->over = row->over_yardstick;
        }
    }
}

/* Read a machine's file and keep what it says. Returns NULL; or why not. */
static const char *
read_machine(struct class *class, const char *name, FILE *file)
{
    struct results results;
    struct summary summary;
    const char *problem = report_read(file, &results);

    if (problem) {
        return problem;
    }
    problem = results.nlives == 0          ? "has nothing that was measured"
              : results.nlives > LIVES_MAX ? "is larger than any run"
                                           : NULL;
    for (size_t i = 0; i < class->nmachines && !problem; i++) {
        if (memcmp(&class->machines[i].run, &results.run,
                   sizeof results.run) == 0) {
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

/* Open what is a regular file and not too large. Returns NULL, or why not. */
static const char *
open_regular(int folder_fd, const char *name, FILE **file)
{
    struct stat status;
    int fd;

    if (fstatat(folder_fd, name, &status, AT_SYMLINK_NOFOLLOW) == -1) {
        return errno == ENOENT ? "has no results.jsonl" : strerror(errno);
    }
    if (!S_ISREG(status.st_mode) || status.st_size > FILE_BYTES_MAX) {
        return S_ISREG(status.st_mode) ? "is larger than any run"
                                       : "is no regular file";
    }
    fd = openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    *file = fd == -1 ? NULL : fdopen(fd, "r");
    return *file ? NULL : strerror(errno);
}

/* A folder with a results.jsonl, or a file *.jsonl; what else lies there is
 * none of ours. */
static void
read_entry(struct class *class, int folder_fd, const char *entry)
{
    size_t length = strlen(entry);
    int fd = openat(folder_fd, entry,
                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    char name[NAME_MAX + 1];
    const char *problem;
    FILE *file = NULL;

    PUT(name, "%s", entry);
    if (fd != -1) {
        problem = open_regular(fd, "results.jsonl", &file);
        close(fd);
    } else if (length > 6 && strcmp(entry + length - 6, ".jsonl") == 0) {
        problem = open_regular(folder_fd, entry, &file);
        name[length - 6] = '\0';
    } else {
        return;
    }
    text_clean(name);
    if (!problem) {
        problem = read_machine(class, name, file);
        fclose(file);
    }
    if (problem) {
        document_item(&class->left_out, name, "%s", problem);
    }
}

static int
is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* ---- the page ---------------------------------------------------------- */

static void
say_claims(struct document *document, const struct class *class)
{
    document_section(document, "claims", "On how many machines it held");
    for (size_t i = 0; i < COUNT(claims); i++) {
        size_t n[OUTCOME_OTHER + 1] = {0};
        struct text text = {0};
        struct text names = {0};
        char label[40];

        for (size_t j = 0; j < class->nmachines; j++) {
            const struct machine *machine = &class->machines[j];

            n[machine->said[i]]++;
            if (machine->said[i] == OUTCOME_OTHER &&
                strlen(names.bytes) < sizeof label) {
                text_item(&names, ", ", "%s", machine->name);
            }
        }
        text_add(&text, "%s", claims[i].words);
        if (n[OUTCOME_CLOSE] > 0) {
            text_add(&text, "; too close on %zu", n[OUTCOME_CLOSE]);
        }
        if (n[OUTCOME_OTHER] > 0) {
            text_add(&text, "; not so on %zu: %s", n[OUTCOME_OTHER],
                     names.bytes);
        }
        PUT(label, "%zu of %zu", n[OUTCOME_HELD],
            class->nmachines - n[OUTCOME_NONE]);
        document_item(document, label, "%s",
                      n[OUTCOME_NONE] < class->nmachines ? text.bytes : "");
    }
}

/* A machine is a row, a model a column or a mark. */
static void
say_ratios(struct document *document, const struct class *class)
{
    const struct chart chart = {
        .title = "Who costs what, on which machine",
        .description = "A row for each machine, a mark with its interval for "
                       "each model.",
        .below = "CPU per echo, times the yardstick's",
        .x = SCALE_LOG2,
        .rule = 1,
    };
    size_t n = class->nmachines;
    struct chart_row *rows = given(calloc(n, sizeof *rows));
    struct dot *dots = given(calloc(n * MODELS_MAX, sizeof *dots));
    size_t ndots = 0;

    for (size_t i = 0; i < n && i < PICTURE_ROWS; i++) {
        const struct machine *machine = &class->machines[i];

        rows[i] = (struct chart_row){.name = machine->name, .slot = -1};
        for (size_t j = 0; j < machine->nmodels; j++) {
            const struct kept *kept = &machine->models[j];

            dots[ndots++] = (struct dot){.row = (int)i,
                                         .slot = svg_slot(kept->model),
                                         .value = kept->over.ratio,
                                         .low = kept->over.low,
                                         .high = kept->over.high,
                                         .tip = kept->model};
        }
    }
    document_section(document, "ratios",
                     "Server CPU per echo with %d clients, times the "
                     "yardstick's; [95 %% interval]",
                     MAIN_CLIENTS);
    document_figure(document, chart_dots(&chart, rows,
                                         n < PICTURE_ROWS ? n : PICTURE_ROWS,
                                         dots, ndots));
    for (size_t i = 0; i < n; i++) {
        const struct machine *machine = &class->machines[i];
        struct text text = {0};

        for (size_t j = 0; j < machine->nmodels; j++) {
            const struct kept *kept = &machine->models[j];

            text_item(&text, ", ", "%s %.2f [%.2f, %.2f]", kept->model,
                      kept->over.ratio, kept->over.low, kept->over.high);
        }
        document_item(document, machine->name, "%s", text.bytes);
    }
    free(rows);
    free(dots);
}

static struct document
build(struct class *class)
{
    struct document document = {0};

    document_heading(&document, "Fiveways on %zu machine%s", class->nmachines,
                     class->nmachines == 1 ? "" : "s");
    if (class->nmachines > 0) {
        say_claims(&document, class);
        say_ratios(&document, class);
        document_section(&document, "machines", "The machines");
    }
    for (size_t i = 0; i < class->nmachines; i++) {
        const struct run *run = &class->machines[i].run;

        document_item(&document, class->machines[i].name,
                      "%s, %d CPU%s, %s, %s%s", run->cpu_model, run->cores,
                      run->cores == 1 ? "" : "s", run->kernel, run->compiler,
                      run->partial ? "; the run was cut short" : "");
    }
    if (class->left_out.nblocks > 0) {
        document_section(&document, "left-out", "Left out");
    }
    for (size_t i = 0; i < class->left_out.nblocks; i++) {
        document_item(&document, class->left_out.blocks[i].label, "%s",
                      class->left_out.blocks[i].words);
    }
    return document;
}

int
report_class(FILE *file, const char *path, const struct report_paper *paper)
{
    struct class class = {0};
    struct dirent **entries = NULL;
    int folder_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int n = folder_fd == -1
                ? -1
                : scandirat(folder_fd, ".", &entries, is_visible, by_name);
    struct document document;
    int good;

    if (n == -1) {
        fprintf(stderr, "report: %s: %s\n", path, strerror(errno));
        return -1;
    }
    for (int i = 0; i < n; i++) {
        read_entry(&class, folder_fd, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    close(folder_fd);
    document = build(&class);
    good = class.nmachines > 0;
    if (!good) {
        fprintf(stderr, "report: %s: has no results of any machine\n", path);
    }
    document_print_text(file, &document, paper);
    document_free(&class.left_out);
    free(class.machines);
    return good ? 0 : -1;
}
