/*
 * diff.c: what changed from one run to another, beyond noise. See report.h.
 *
 * Machines drift, so what is time is held against the yardstick of its own
 * run, and news is what became of that ratio. Counts need no yardstick. How
 * much could be told is always said, since "nothing changed" may also mean
 * that nobody could have seen it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/internal.h"

#define DEARER_LINES_MAX 5 /* at the end of a run */

/* How often a loop wakes for an echo hangs on how many clients happen to
 * speak at the same time: of several clients, that much of a count is noise.
 */
#define MANY_THRESHOLD 0.1

/* What is looked at: first what is fitted, then what is counted. */
static const struct {
    enum life_figure figure; /* where it is */
    const char *words;       /* what it is called */
    bool more_is_better;     /* or less is */
    double slack;            /* less is no difference, whatever the ratio */
} looked_at[] = {
    [FIT_CPU] = {LIFE_SERVER_CPU_US_PER_ECHO, "CPU per echo", false, 0},
    [FIT_RATE] = {LIFE_ECHOES_PER_S, "echoes/s", true, 0},
    {LIFE_SYSCALLS_PER_ECHO, "system calls", false, 0.05},
    {LIFE_SWITCHES_PER_ECHO, "switches", false, 0.3},
    {LIFE_INSTRUCTIONS_PER_ECHO, "instructions", false, 0},
    {LIFE_RSS_KIB_PER_CLIENT, "KiB a client", false, 0},
    {LIFE_SERVED, "served", true, 0},
};

/* How often each verdict was given, and in the place behind the last one, how
 * often "different" was for the worse. */
typedef int tally[COUNT(looked_at)][VERDICT_DIFFERENT + 2];

static const char *const verdicts[] = {
    [VERDICT_UNKNOWN] = "unknown",
    [VERDICT_UNCLEAR] = "too close to tell",
    [VERDICT_SAME] = "the same",
    [VERDICT_DIFFERENT] = "better",
    [VERDICT_DIFFERENT + 1] = "worse",
};

/* A model in a scenario, before and after. */
struct pair {
    bool compiler;                        /* is the same */
    const struct summary_group *group[2]; /* the scenario */
    const struct summary_row *row[2];     /* the model there */
};

/* What a figure was, is, and has become. */
static struct comparison
change_of(const struct pair *pair, size_t which, double value[2])
{
    enum life_figure figure = looked_at[which].figure;
    struct comparison over[2];
    double slack = looked_at[which].slack;
    double threshold = figure == LIFE_SERVED ? 0 /* each client counts */
                       : cells_kind(pair->row[0]->life) == KIND_ONE
                           ? VERDICT_THRESHOLD
                           : MANY_THRESHOLD;

    for (int i = 0; i < 2; i++) {
        const struct summary_row *row = pair->row[i];

        value[i] = row->figure[figure];
        if (which < FITS) {
            over[i] = summary_compare(
                pair->group[i], row,
                summary_find(pair->group[i], RESULTS_YARDSTICK), which);
            value[i] = over[i].ratio;
        } else if (figure == LIFE_RSS_KIB_PER_CLIENT) {
            value[i] = summary_memory(row);
            slack += summary_memory_noise(row);
        } else if (figure == LIFE_INSTRUCTIONS_PER_ECHO && !pair->compiler) {
            value[i] = NAN;
        }
    }
    if (which < FITS) {
        return comparison_change(&over[0], &over[1]);
    }
    over[0].ratio = fabs(value[1] - value[0]);
    over[0].verdict = !isfinite(over[0].ratio) ? VERDICT_UNKNOWN
                      : over[0].ratio > fmax(slack, threshold * value[0])
                          ? VERDICT_DIFFERENT
                          : VERDICT_SAME;
    return over[0];
}

/* The same group of the other run; NULL if there is none, or it is not set up
 * in the same way. Each run chooses the rates of an open loop for itself. */
static const struct summary_group *
find_group(const struct summary *summary, const struct life *like)
{
    for (size_t i = 0; i < summary->ngroups && like->rate_per_s == 0; i++) {
        const struct life *life = group_life(&summary->groups[i]);

        if (RECORDS_GO_TOGETHER(life, like) && life->silent == like->silent &&
            life->delay_ms == like->delay_ms &&
            life->work_us == like->work_us && life->cpus == like->cpus &&
            life->message_bytes == like->message_bytes &&
            strcmp(life->layout, like->layout) == 0) {
            return &summary->groups[i];
        }
    }
    return NULL;
}

/* Append what changed in one pair, for the worse or for the better. */
static void
tell_pair(struct text *text, const struct pair *pair, bool worse, tally seen)
{
    enum life_status was = pair->row[0]->status;
    enum life_status is = pair->row[1]->status;

    if (was != is && (is != LIFE_OK) == worse) {
        text_item(text, "; ", "%s, was %s", life_status_name(is),
                  life_status_name(was));
    }
    for (size_t i = 0; i < COUNT(looked_at); i++) {
        double value[2];
        struct comparison over = change_of(pair, i, value);
        bool different = over.verdict == VERDICT_DIFFERENT;
        bool for_worse =
            different && (value[1] < value[0]) == looked_at[i].more_is_better;
        char number[2][UNITS_TEXT_BYTES];

        seen[i][over.verdict + for_worse]++;
        if (different && for_worse == worse) {
            text_item(text, "; ", "%s ", looked_at[i].words);
            if (i < FITS) {
                text_add(text, "x%.2f [%.2f, %.2f]; over the yardstick ",
                         over.ratio, over.low, over.high);
            }
            text_add(text, "%s, was %s",
                     units_format_number(number[1], value[1]),
                     units_format_number(number[0], value[0]));
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
    for (size_t i = 0; i < after->nrows; i++) {
        const struct summary_row *row = &after->rows[i];
        struct pair pair = {
            .group = {find_group(before, row->life),
                      find_group(after, row->life)},
            .row[1] = row,
            .compiler = strcmp(before->results->run.compiler,
                               after->results->run.compiler) == 0,
        };
        struct text text = {0};

        if (pair.group[0] && !row->yardstick) {
            pair.row[0] = summary_find(pair.group[0], row->life->model);
        }
        if (pair.row[0]) {
            tell_pair(&text, &pair, worse, seen);
        }
        if (text.bytes[0] != '\0' && told++ == 0) {
            document_heading(document, "%s than %s",
                             worse ? "Dearer or worse" : "Cheaper or better",
                             than);
        }
        document_item(document, row->life->model,
                      text.bytes[0] != '\0' ? "%s %d: %s" : "",
                      row->life->scenario, row->life->clients, text.bytes);
    }
    return told;
}

/* Append the scenarios that are `here` and not `there`. */
static void
tell_alone(struct document *document, const struct summary *here,
           const struct summary *there, const char *where)
{
    struct text text = {0};

    for (size_t i = 0; i < here->ngroups; i++) {
        const struct life *life = group_life(&here->groups[i]);

        if (life->rate_per_s == 0 && !find_group(there, life)) {
            text_item(&text, ", ", "%s %d", life->scenario, life->clients);
        }
    }
    document_item(document, where, "%s", text.bytes);
}

/* Append in what the runs differ, and what that means. */
static void
tell_runs(struct document *document, const struct run *a, const struct run *b)
{
    const char *const facts[][3] = {
        {"CPU", a->cpu_model, b->cpu_model},
        {"kernel", a->kernel, b->kernel},
        {"compiler", a->compiler, b->compiler},
        {"commit", a->commit, b->commit},
        {"mode", a->mode, b->mode},
        {"layout", a->layout, b->layout},
        {"models", a->models, b->models},
    };
    struct text text = {0};

    document_heading(document, "What changed from %.16s to %.16s UTC",
                     a->date, b->date);
    if (a->cores != b->cores) {
        text_add(&text, "CPUs %d, was %d", b->cores, a->cores);
    }
    for (size_t i = 0; i < COUNT(facts); i++) {
        if (strcmp(facts[i][1], facts[i][2]) != 0) {
            text_item(&text, "; ", "%s %s, was %s", facts[i][0], facts[i][2],
                      facts[i][1][0] != '\0' ? facts[i][1] : "unknown");
        }
    }
    document_paragraph(document,
                       "%s%s. CPU and echoes/s are held against the "
                       "yardstick of the same run%s.",
                       text.bytes[0] != '\0' ? "Different: "
                                             : "Nothing else is different",
                       text.bytes,
                       strcmp(a->compiler, b->compiler) != 0
                           ? "; instructions hang on the compiler and are "
                             "not compared"
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
        struct text text = {0};

        for (size_t j = COUNT(verdicts); j-- > 0;) {
            if (seen[i][j] > 0) {
                text_item(&text, ", ", "%d %s", seen[i][j], verdicts[j]);
            }
        }
        document_item(&document, looked_at[i].words, "%s", text.bytes);
    }
    tell_alone(&document, before, after, "only before");
    tell_alone(&document, after, before, "only now");
    if (paper) {
        document_print_text(file, &document, paper);
    } else {
        document_print_page(file, &document);
    }
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
    tally seen;

    text_add(&than, "in %s", baseline);
    if (tell(&document, before, after, than.bytes, true, seen) == 0) {
        int known = 0;
        int close = 0;

        for (size_t i = 0; i < COUNT(looked_at); i++) {
            close += seen[i][VERDICT_UNCLEAR];
            known += seen[i][VERDICT_SAME] + seen[i][VERDICT_DIFFERENT];
        }
        document_paragraph(&document,
                           "Nothing of %d figures is dearer or worse than "
                           "%s; %d more are too close to tell.",
                           known, than.bytes, close);
    }
    document_print_text(memory, &document, paper);
    fclose(memory);
    const char *end = text;
    for (int i = 1; i < DEARER_LINES_MAX; i++) {
        end += strcspn(end, "\n") + (*end != '\0');
    }
    fprintf(file, "%.*s%s", (int)(end - text), text,
            *end != '\0' ? "... and more: report --diff\n" : "");
    free(text);
}
