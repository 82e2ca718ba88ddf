/*
 * diff.c: what changed from one run to another, beyond noise. See internal.h.
 *
 * Machines drift, so what is time is held against the yardstick of its own
 * run, and news is what became of that ratio. Counts need no yardstick. How
 * much could be told is always said, since "nothing changed" may also mean
 * that nobody could have seen it.
 */
#include <math.h>
#include <string.h>

#include "harness/report/internal.h"

enum {
    DEARER_MAX = 3, /* are named at the end of a run */
    WORSE = VERDICT_DIFFERENT + 1,
};

/* What is looked at: first what is fitted, then what is counted. Where so
 * many pairs are looked at, the whole interval must be beyond the threshold:
 * else one of them would always be news. A count is another if it differs by
 * more than both `share` and `slack`: what is done for an echo hangs on how
 * many clients happen to speak at the same time. */
static const struct looked_at {
    enum life_figure figure; /* where it is */
    const char *words;       /* what it is called */
    bool more_is_better;     /* or less is */
    double share;            /* of it; a third of that for a single client */
    double slack;            /* whatever it is a share of */
} looked_at[] = {
    [FIT_CPU] = {LIFE_SERVER_CPU_US_PER_ECHO, "CPU per echo", false, 0, 0},
    [FIT_RATE] = {LIFE_ECHOES_PER_S, "echoes/s", true, 0, 0},
    {LIFE_SYSCALLS_PER_ECHO, "system calls", false, 0.1, 0.05},
    {LIFE_SWITCHES_PER_ECHO, "switches", false, 0.1, 0.3},
    {LIFE_INSTRUCTIONS_PER_ECHO, "instructions", false, 0.1, 0},
    {LIFE_RSS_KIB_PER_CLIENT, "KiB a client", false, 0.1, 0},
    {LIFE_SERVED, "served", true, 0, 0},
};

/* What there is to say. */
struct diff {
    struct document news[2]; /* items: for the better, for the worse */
    int seen[WORSE + 1];     /* how often each verdict was given */
    size_t both;             /* scenarios that are in both runs */
    size_t alone;            /* or not, or not set up alike */
};

/* Switches where echoes work or wait hang on how long a slice was; times
 * where both sides have a CPU of their own, on how deeply they sleep;
 * instructions on the compiler, whatever the source. */
static bool
is_comparable(const struct summary_row *const rows[2], size_t which)
{
    const char *compiler = rows[0]->group->results->run.compiler;
    enum cells_kind kind = cells_kind(rows[0]->life);
    enum life_figure figure = looked_at[which].figure;

    return which < FITS ? strcmp(rows[0]->life->layout, "split") != 0
           : figure == LIFE_INSTRUCTIONS_PER_ECHO
               ? strcmp(rows[1]->group->results->run.compiler, compiler) == 0
           : figure == LIFE_SWITCHES_PER_ECHO
               ? (kind & (KIND_WORK | KIND_WAIT)) == 0
               : true;
}

/* Take in what became of a figure. */
static void
take_figure(struct diff *diff, struct text news[2],
            const struct summary_row *const rows[2], size_t which)
{
    const struct looked_at *look = &looked_at[which];
    bool one = cells_kind(rows[0]->life) == KIND_ONE;
    double slack = look->slack;
    struct comparison over[2] = {{0}};
    double value[2];

    for (int i = 0; i < 2; i++) {
        const struct summary_row *row = rows[i];

        value[i] = row->figure[look->figure];
        if (which < FITS) {
            over[i] = summary_compare(
                row, summary_find(row->group, RESULTS_YARDSTICK), which);
            value[i] = over[i].ratio;
        } else if (look->figure == LIFE_RSS_KIB_PER_CLIENT) {
            value[i] = summary_memory(row);
            slack += summary_memory_noise(row);
        }
    }
    slack = fmax(slack, look->share * value[0] * (one ? 0.3 : 1));
    if (which < FITS) {
        over[0] = comparison_change(&over[0], &over[1]);
        if (over[0].verdict == VERDICT_DIFFERENT &&
            over[0].low < 1 + VERDICT_THRESHOLD &&
            over[0].high > 1 / (1 + VERDICT_THRESHOLD)) {
            over[0].verdict = VERDICT_UNCLEAR;
        }
    } else if (isfinite(value[1] - value[0])) {
        over[0].verdict = fabs(value[1] - value[0]) > slack
                              ? VERDICT_DIFFERENT
                              : VERDICT_SAME;
    }
    bool different = over[0].verdict == VERDICT_DIFFERENT;
    bool worse = different && (value[1] < value[0]) == look->more_is_better;
    diff->seen[over[0].verdict + worse]++;
    if (different) {
        text_item(&news[worse], "; ",
                  which < FITS ? "%s %s, was %s (x%.2f [%.2f, %.2f])"
                               : "%s %s, was %s",
                  look->words, units_format_number(UNITS_TEXT, value[1]),
                  units_format_number(UNITS_TEXT, value[0]), over[0].ratio,
                  over[0].low, over[0].high);
    }
}

/* Take in what became of a model in a scenario: before and after. */
static void
take_model(struct diff *diff, const struct summary_row *const rows[2])
{
    const struct life *life = rows[1]->life;
    enum life_status was = rows[0]->status;
    enum life_status is = rows[1]->status;
    struct text news[2] = {0};

    if (was != is) {
        text_add(&news[is != LIFE_OK], "%s, was %s", life_status_name(is),
                 life_status_name(was));
    }
    for (size_t i = 0; i < COUNT(looked_at); i++) {
        if (is_comparable(rows, i)) {
            take_figure(diff, news, rows, i);
        }
    }
    for (int i = 0; i < 2; i++) {
        document_item(&diff->news[i], life->model,
                      news[i].bytes[0] != '\0' ? "%s %d: %s" : "",
                      life->scenario, life->clients, news[i].bytes);
    }
}

/* The same group, set up in the same way, of another run; or NULL. */
static const struct summary_group *
find_group(const struct summary *summary, const struct life *like)
{
    for (size_t i = 0; i < summary->ngroups; i++) {
        const struct life *life = summary->groups[i].life;

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

static struct diff
compare_runs(const struct summary *before, const struct summary *after)
{
    struct diff diff = {0};

    for (size_t i = 0; i < after->ngroups; i++) {
        const struct summary_group *group = &after->groups[i];
        const struct summary_group *was = find_group(before, group->life);

        diff.both += was != NULL;
        for (size_t j = 0; j < group->nrows; j++) {
            const struct summary_row *is = &group->rows[j];
            const struct summary_row *rows[] = {
                summary_find(was, is->life->model), is};

            if (rows[0] && !is->yardstick) {
                take_model(&diff, rows);
            }
        }
    }
    diff.alone = before->ngroups + after->ngroups - 2 * diff.both;
    return diff;
}

/* Append how much could be told. */
static void
say_seen(struct document *document, const struct diff *diff)
{
    static const char *const verdicts[] = {
        [VERDICT_UNKNOWN] = "unknown",
        [VERDICT_UNCLEAR] = "too close to tell",
        [VERDICT_SAME] = "the same",
        [VERDICT_DIFFERENT] = "better",
        [WORSE] = "worse",
    };
    struct text text = {0};

    for (size_t i = COUNT(verdicts); i-- > 0;) {
        if (diff->seen[i] > 0) {
            text_item(&text, ", ", "%d %s", diff->seen[i], verdicts[i]);
        }
    }
    document_paragraph(document,
                       "Scenarios: %zu in both runs, %zu in one alone or set "
                       "up in another way. Figures: %s. CPU and echoes/s are "
                       "held against the yardstick of the same run.",
                       diff->both, diff->alone,
                       text.bytes[0] != '\0' ? text.bytes : "none");
}

void
diff_build(struct document *document, const struct summary *before,
           const struct summary *after)
{
    const struct run *a = &before->results->run;
    const struct run *b = &after->results->run;
    const char *const facts[][3] = {
        {"CPU", a->cpu_model, b->cpu_model},
        {"CPUs", COUNT_TEXT(a->cores), COUNT_TEXT(b->cores)},
        {"kernel", a->kernel, b->kernel},
        {"compiler", a->compiler, b->compiler},
        {"commit", a->commit, b->commit},
        {"mode", a->mode, b->mode},
        {"models", a->models, b->models},
    };
    struct diff diff = compare_runs(before, after);

    document_heading(document, "What changed from %.16s to %.16s UTC",
                     a->date, b->date);
    for (size_t i = 0; i < COUNT(facts); i++) {
        bool same = strcmp(facts[i][1], facts[i][2]) == 0;

        document_item(document, facts[i][0], same ? "" : "%s, was %s",
                      facts[i][2], facts[i][1]);
    }
    say_seen(document, &diff);
    if (diff.both > 0 && diff.news[0].nblocks + diff.news[1].nblocks == 0) {
        document_paragraph(document, "Nothing changed beyond noise.");
    }
    document_append(document, "Dearer or worse than before", &diff.news[1]);
    document_append(document, "Cheaper or better than before", &diff.news[0]);
}

void
report_dearer(FILE *file, const struct summary *before,
              const struct summary *after, const char *baseline,
              const struct report_paper *paper)
{
    struct document document = {0};
    struct diff diff = compare_runs(before, after);
    const struct document *worse = &diff.news[1];

    document_heading(&document, "%s %s",
                     diff.both == 0 ? "Nothing can be compared with"
                     : worse->nblocks > 0
                         ? "Dearer or worse than in"
                         : "Nothing is dearer or worse than in",
                     baseline);
    for (size_t i = 0; i < worse->nblocks && i < DEARER_MAX; i++) {
        document_item(&document, worse->blocks[i].label, "%s",
                      worse->blocks[i].words);
    }
    say_seen(&document, &diff);
    document_print_text(file, &document, paper);
    document_free(&diff.news[0]);
    document_free(&diff.news[1]);
}
