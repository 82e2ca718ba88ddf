/*
 * diff.c: what changed from one run to another, beyond noise. See report.h.
 *
 * Machines drift, so what is time is held against the yardstick of its own
 * run, and news is what became of that ratio. Counts need no yardstick. How
 * much was looked at is always said, since "nothing changed" may also mean
 * that nobody could have told.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/internal.h"

#define DEARER_LINES_MAX 5 /* at the end of a run */

/* What a loop does for an echo hangs on how many clients happen to speak at
 * the same time: of counts of several clients, that much is no difference. */
#define MANY_THRESHOLD 0.1

/* A model in a scenario, before and after. */
struct pair {
    const struct summary_group *group[2]; /* the scenario */
    const struct summary_row *row[2];     /* the model there */
};

/* What is looked at: first what is fitted, then what is counted. */
static const struct {
    enum life_figure figure; /* where it is */
    const char *words;       /* what it is called */
    bool more_is_better;     /* or less is */
    double slack;            /* of a count: less is no difference */
} looked_at[] = {
    [FIT_CPU] = {LIFE_SERVER_CPU_US_PER_ECHO, "CPU per echo", false, 0},
    [FIT_RATE] = {LIFE_ECHOES_PER_S, "echoes/s", true, 0},
    {LIFE_SYSCALLS_PER_ECHO, "system calls an echo", false, 0.05},
    {LIFE_SWITCHES_PER_ECHO, "switches an echo", false, 0.1},
    {LIFE_RSS_KIB_PER_CLIENT, "KiB a client", false, 0},
    {LIFE_SERVED, "served", true, 0},
};

/* What became of a figure. */
struct change {
    double value[2]; /* before and after; of time: over the yardstick */
    struct comparison over; /* of time: the one over the other */
    enum verdict verdict;   /* what may be said */
    bool worse;             /* ... if it is different */
};

/* ---- one figure -------------------------------------------------------- */

static struct change
time_change(const struct pair *pair, enum fitted what)
{
    struct comparison over[2];
    struct change change;

    for (int i = 0; i < 2; i++) {
        const struct summary_group *group = pair->group[i];

        over[i] =
            summary_compare(group, pair->row[i],
                            summary_find(group, RESULTS_YARDSTICK), what);
        change.value[i] = over[i].ratio;
    }
    change.over = comparison_change(&over[0], &over[1]);
    change.verdict = change.over.verdict;
    return change;
}

/* How far the lives of a row are apart in it: so much is noise. */
static double
scatter(const struct summary_row *row, enum life_figure figure)
{
    double least = NAN;
    double most = NAN;

    for (int i = 0; i < row->nlives; i++) {
        least = fmin(least, row->lives[i]->figure[figure]);
        most = fmax(most, row->lives[i]->figure[figure]);
    }
    return isnan(most) ? 0 : most - least;
}

static struct change
count_change(const struct pair *pair, enum life_figure figure, double slack)
{
    struct change change = {.verdict = VERDICT_UNKNOWN};
    double difference;

    for (int i = 0; i < 2; i++) {
        const struct summary_row *row = pair->row[i];
        bool memory = figure == LIFE_RSS_KIB_PER_CLIENT;

        change.value[i] = memory ? summary_memory(row) : row->figure[figure];
        slack +=
            scatter(row, figure) + (memory ? summary_memory_noise(row) : 0);
    }
    difference = fabs(change.value[1] - change.value[0]);
    slack = fmax(slack, change.value[0] *
                            (figure == LIFE_SERVED ? 0 /* each one counts */
                             : cells_kind(pair->row[0]->life) == KIND_ONE
                                 ? VERDICT_THRESHOLD
                                 : MANY_THRESHOLD));
    if (isfinite(difference)) {
        change.verdict =
            difference > slack ? VERDICT_DIFFERENT : VERDICT_SAME;
    }
    return change;
}

static struct change
change_of(const struct pair *pair, size_t which)
{
    struct change change = which < FITS
                               ? time_change(pair, which)
                               : count_change(pair, looked_at[which].figure,
                                              looked_at[which].slack);

    change.worse = (change.value[1] < change.value[0]) ==
                   looked_at[which].more_is_better;
    return change;
}

/* ---- all of them ------------------------------------------------------- */

/* How often each verdict was given, and in the place behind the last one, how
 * often "different" was for the worse. */
typedef int tally[COUNT(looked_at)][VERDICT_DIFFERENT + 2];

/* The same group of the other run; NULL if there is none, or it is not set up
 * in the same way. Each run chooses the rates of an open loop for itself. */
static const struct summary_group *
find_group(const struct summary *summary, const struct summary_group *like)
{
    const struct life *a = group_life(like);

    for (size_t i = 0; i < summary->ngroups && a->rate_per_s == 0; i++) {
        const struct life *b = group_life(&summary->groups[i]);

        if (RECORDS_GO_TOGETHER(a, b) && a->silent == b->silent &&
            a->delay_ms == b->delay_ms && a->work_us == b->work_us &&
            a->message_bytes == b->message_bytes && a->cpus == b->cpus &&
            strcmp(a->layout, b->layout) == 0) {
            return &summary->groups[i];
        }
    }
    return NULL;
}

/* Append what changed in one pair, for the worse or for the better. */
static void
tell_pair(struct text *text, const struct pair *pair, bool worse, tally seen)
{
    enum life_status before = pair->row[0]->status;
    enum life_status after = pair->row[1]->status;

    if (before != after && (after != LIFE_OK) == worse) {
        text_item(text, "; ", "%s, was %s: %s", life_status_name(after),
                  life_status_name(before),
                  pair->row[after == LIFE_OK ? 0 : 1]->life->reason);
    }
    for (size_t i = 0; i < COUNT(looked_at); i++) {
        struct change change = change_of(pair, i);
        bool different = change.verdict == VERDICT_DIFFERENT;
        char was[UNITS_TEXT_BYTES];
        char is[UNITS_TEXT_BYTES];

        units_format_number(was, change.value[0]);
        units_format_number(is, change.value[1]);
        seen[i][change.verdict + (different && change.worse)]++;
        if (different && change.worse == worse) {
            text_item(text, "; ", "%s ", looked_at[i].words);
            if (i < FITS) {
                text_add(text, "x%.2f [%.2f, %.2f]: ", change.over.ratio,
                         change.over.low, change.over.high);
            }
            text_add(text, "%s%s, was %s", is,
                     i < FITS ? " of the yardstick" : "", was);
        }
    }
}

/* Append a heading, and an item for each pair that changed for the worse or
 * for the better than `than`. Returns how many. */
static int
tell(struct document *document, const struct summary *before,
     const struct summary *after, const char *than, bool worse, tally seen)
{
    int told = 0;

    memset(seen, 0, sizeof(tally));
    for (size_t i = 0; i < after->ngroups; i++) {
        struct pair pair = {.group[1] = &after->groups[i]};

        pair.group[0] = find_group(before, pair.group[1]);
        for (size_t j = 0; pair.group[0] && j < pair.group[1]->nrows; j++) {
            const struct life *life = pair.group[1]->rows[j].life;
            struct text text = {0};

            pair.row[1] = &pair.group[1]->rows[j];
            pair.row[0] = summary_find(pair.group[0], life->model);
            if (pair.row[0] && !pair.row[1]->yardstick) {
                tell_pair(&text, &pair, worse, seen);
            }
            if (text.bytes[0] != '\0') {
                if (told++ == 0) {
                    document_heading(document, "%s than %s",
                                     worse ? "Dearer or worse"
                                           : "Cheaper or better",
                                     than);
                }
                document_item(document, life->model, "%s %d: %s",
                              life->scenario, life->clients, text.bytes);
            }
        }
    }
    return told;
}

/* Append what is in one of the runs only, `here` and not `there`. */
static void
tell_alone(struct document *document, const struct summary *here,
           const struct summary *there, const char *where)
{
    struct text text = {0};

    for (size_t i = 0; i < here->ngroups; i++) {
        const struct summary_group *group = &here->groups[i];
        const struct summary_group *other = find_group(there, group);
        const struct life *life = group_life(group);

        for (size_t j = 0; j < group->nrows && other; j++) {
            const char *model = group->rows[j].life->model;

            if (!summary_find(other, model)) {
                text_item(&text, ", ", "%s in %s %d", model, life->scenario,
                          life->clients);
            }
        }
        if (!other && life->rate_per_s == 0) {
            text_item(&text, ", ", "%s %d", life->scenario, life->clients);
        }
    }
    document_item(document, where, "%s", text.bytes);
}

/* ---- the two runs ------------------------------------------------------ */

/* Append in what the runs differ, and what that means. */
static void
tell_runs(struct document *document, const struct run *a, const struct run *b)
{
    const struct {
        const char *words;  /* what it is */
        const char *before; /* in the one run */
        const char *after;  /* in the other */
    } facts[] = {
        {"CPU", a->cpu_model, b->cpu_model},
        {"kernel", a->kernel, b->kernel},
        {"compiler", a->compiler, b->compiler},
        {"commit", a->commit, b->commit},
        {"mode", a->mode, b->mode},
        {"layout", a->layout, b->layout},
    };
    bool machine = a->cores != b->cores;
    struct text text = {0};

    document_heading(document, "What changed from %.10s %.5s to %.10s %.5s",
                     a->date, strlen(a->date) > 11 ? a->date + 11 : "",
                     b->date, strlen(b->date) > 11 ? b->date + 11 : "");
    for (size_t i = 0; i < COUNT(facts); i++) {
        if (strcmp(facts[i].before, facts[i].after) != 0) {
            text_item(&text, "; ", "%s %s, was %s", facts[i].words,
                      facts[i].after, facts[i].before);
            machine |= i < 2;
        }
    }
    if (a->cores != b->cores) {
        text_item(&text, "; ", "%d CPUs, was %d", b->cores, a->cores);
    }
    document_paragraph(
        document,
        "%s%s. What is time is held against the yardstick of its "
        "own run.%s",
        text.bytes[0] != '\0' ? "Another run: "
                              : "The same machine, compiler and "
                                "commit",
        text.bytes,
        machine ? " Of another machine ratios may differ all the same; "
                  "counts less so."
                : "");
}

void
report_diff(FILE *file, const struct summary *before,
            const struct summary *after, const struct report_paper *paper)
{
    struct document document = {0};
    tally seen;

    tell_runs(&document, &before->results->run, &after->results->run);
    if (tell(&document, before, after, "before", true, seen) +
            tell(&document, before, after, "before", false, seen) ==
        0) {
        document_paragraph(&document, "Nothing changed beyond noise.");
    }
    document_heading(&document, "What was looked at");
    for (size_t i = 0; i < COUNT(looked_at); i++) {
        const int *n = seen[i];

        document_item(&document, looked_at[i].words,
                      "%d worse, %d better, %d the same, %d too noisy to "
                      "tell, %d unknown",
                      n[VERDICT_DIFFERENT + 1], n[VERDICT_DIFFERENT],
                      n[VERDICT_SAME], n[VERDICT_UNCLEAR],
                      n[VERDICT_UNKNOWN]);
    }
    tell_alone(&document, before, after, "only before");
    tell_alone(&document, after, before, "only now");
    document_print_text(file, &document, paper);
}

void
report_dearer(FILE *file, const struct summary *before,
              const struct summary *after, const char *baseline,
              const struct report_paper *paper)
{
    struct document document = {0};
    struct text than = {0};
    char *text = NULL;
    size_t bytes;
    FILE *memory = open_memstream(&text, &bytes);
    char *line = text;
    tally seen;

    text_add(&than, "in %s", baseline);
    if (tell(&document, before, after, than.bytes, true, seen) == 0) {
        document_paragraph(&document, "Nothing is dearer or worse than %s.",
                           than.bytes);
    }
    document_print_text(memory, &document, paper);
    fclose(memory);
    line = text;
    for (int i = 0; i < DEARER_LINES_MAX - 1; i++) {
        line += strcspn(line, "\n") + (*line != '\0');
    }
    fprintf(file, "%.*s%s", (int)(line - text), text,
            *line != '\0' ? "... and more: report --diff\n" : "");
    free(text);
}
