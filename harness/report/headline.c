/*
 * headline.c: the answer on one screen. See views.h.
 */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/facts.h"
#include "harness/report/variants.h"
#include "harness/report/views.h"

enum {
    MAIN_CLIENTS = 64, /* the headline's load, if it was measured */
    COLUMNS_MAX = 16,  /* of the first table */
    MATRIX_MAX = 24,   /* models of the second one */
};

/* A column of the first table, and the scenario that it is from. */
struct source {
    enum cells_id id;                  /* what it shows */
    int drop;                          /* see struct column */
    const struct summary_group *group; /* or NULL: left out */
    char above[48];   /* words above the heading, "": usual */
    char heading[24]; /* instead of the usual one, or "" */
};

/* ---- which scenarios -----------------------------------------------------
 */

/* The group of that kind which has most clients; NULL if there is none. */
static const struct summary_group *
largest(const struct summary *summary, enum cells_kind kind, int most)
{
    const struct summary_group *found = NULL;

    for (size_t i = 0; i < summary->ngroups; i++) {
        const struct summary_group *group = &summary->groups[i];
        const struct life *life = group->rows[0].life;

        if (cells_kind(life) == kind && life->clients <= most &&
            (!found || life->clients > found->rows[0].life->clients)) {
            found = group;
        }
    }
    return found;
}

/* 64 clients, or what comes closest. */
static const struct summary_group *
main_group(const struct summary *summary)
{
    const struct summary_group *group =
        largest(summary, KIND_MANY, MAIN_CLIENTS);

    group = group ? group : largest(summary, KIND_MANY, INT_MAX);
    group = group ? group : largest(summary, KIND_IDLE, INT_MAX);
    return group ? group : summary->groups;
}

/* The common load at which most servers keep up, the highest of those. */
static const struct summary_group *
common_load(const struct summary *summary)
{
    const struct summary_group *found = NULL;
    int most = 1;

    for (size_t i = 0; i < summary->ngroups; i++) {
        const struct summary_group *group = &summary->groups[i];
        int kept = 0;

        for (size_t j = 0; j < group->nrows; j++) {
            kept += group->rows[j].life->rate_per_s > 0 &&
                    group->rows[j].status == LIFE_OK &&
                    !group->rows[j].saturated && !group->rows[j].starved;
        }
        if (kept > 0 && kept >= most) {
            found = group;
            most = kept;
        }
    }
    return found;
}

/* ---- the first table -----------------------------------------------------
 */

static void
add_source(struct source *sources, size_t *n, enum cells_id id, int drop,
           const struct summary_group *group)
{
    if (group) {
        sources[(*n)++] =
            (struct source){.id = id, .drop = drop, .group = group};
    }
}

/* Echoes per second in another scenario. */
static void
add_other(struct source *sources, size_t *n, const struct summary_group *main,
          const struct summary_group *group, int drop, const char *format,
          int number)
{
    if (group && group != main) {
        struct source *source = &sources[*n];

        add_source(sources, n, CELLS_RATE, drop, group);
        snprintf(source->above, sizeof source->above, "echoes/s with");
        snprintf(source->heading, sizeof source->heading, format, number);
    }
}

static size_t
choose_sources(struct source *sources, const struct summary *summary,
               const struct summary_group *main)
{
    const struct summary_group *idle = largest(summary, KIND_IDLE, INT_MAX);
    const struct summary_group *silent =
        largest(summary, KIND_SILENT, INT_MAX);
    const struct summary_group *work = largest(summary, KIND_WORK, INT_MAX);
    const struct summary_group *load = common_load(summary);
    size_t n = 0;

    add_source(sources, &n, CELLS_MODEL, 0, main);
    add_source(sources, &n, CELLS_SERVED, 0, main);
    add_source(sources, &n, CELLS_RATE, 0, main);
    add_source(sources, &n, CELLS_OVER_MOST, 0, main);
    add_source(sources, &n, CELLS_P50, 0, main);
    add_source(sources, &n, CELLS_P99, 2, main);
    if (load) {
        add_source(sources, &n, CELLS_RESPONSE_P50, 1, load);
        snprintf(sources[n - 1].above, sizeof sources[0].above,
                 "response, %.0fk/s",
                 load->rows[0].life->rate_per_s / 1000.0);
        add_source(sources, &n, CELLS_RESPONSE_P99, 1, load);
        memcpy(sources[n - 1].above, sources[n - 2].above,
               sizeof sources[0].above);
    }
    add_source(sources, &n, CELLS_SERVER, 4, main);
    add_source(sources, &n, CELLS_CLIENT, 5, main);
    add_source(sources, &n, CELLS_MEMORY, 0, idle ? idle : main);
    add_other(sources, &n, main, idle, 0, "%d idle",
              idle ? idle->rows[0].life->silent : 0);
    add_other(sources, &n, main, silent, 3, "%d silent",
              silent ? silent->rows[0].life->silent : 0);
    add_other(sources, &n, main, work, 1, "%d us work",
              work ? work->rows[0].life->work_us : 0);
    return n;
}

/* The cell of a model, or what stands for it where it was not measured. */
static void
put_source(struct document *document, const struct source *source,
           const char *model, bool milliseconds)
{
    const struct summary_row *row = summary_find(source->group, model);

    if (!row || row->status == LIFE_SKIPPED) {
        document_cell(document, MARK_NONE, "-");
    } else if (row->status != LIFE_OK) {
        document_cell(document, MARK_BAD, "%s",
                      life_status_name(row->status));
    } else if (source->id == CELLS_RATE && row->starved &&
               !(row->figure[LIFE_SERVED] > 0)) {
        document_cell(document, MARK_BAD, "stuck");
    } else {
        cells_put(document, source->id, source->group, row, milliseconds);
    }
}

static void
build_first(struct document *document, struct source *sources, size_t n,
            const struct summary_group *main)
{
    struct cells_shown shown[COLUMNS_MAX];
    struct column *columns;
    bool milliseconds = cells_in_milliseconds(main);

    for (size_t i = 0; i < n; i++) {
        shown[i] = (struct cells_shown){sources[i].id, sources[i].drop};
    }
    cells_table(document, shown, n, milliseconds);
    columns = document->blocks[document->nblocks - 1].columns;
    for (size_t i = 0; i < n; i++) {
        if (sources[i].above[0] != '\0') {
            columns[i].group = sources[i].above;
        }
        if (sources[i].heading[0] != '\0') {
            columns[i].heading = sources[i].heading;
        }
    }
    for (size_t i = 0; i < main->nrows; i++) {
        const struct summary_row *row = &main->rows[i];

        cells_put(document, CELLS_MODEL, main, row, false);
        if (row->status != LIFE_OK) {
            document_rest(document, "%s: %s", life_status_name(row->status),
                          row->life->reason);
            continue;
        }
        for (size_t j = 1; j < n; j++) {
            put_source(document, &sources[j], row->life->model, milliseconds);
        }
    }
}

/* ---- who costs what, by scenario ----------------------------------------
 */

/* What comes before the rates of an open loop is there to choose them. */
static bool
is_compared(const struct summary *summary, size_t i)
{
    const struct summary_group *group = &summary->groups[i];
    const struct life *life = group->rows[0].life;
    const struct life *next =
        i + 1 < summary->ngroups ? group[1].rows[0].life : life;

    return life->rate_per_s == 0 && group->best[FIT_CPU] &&
           isfinite(group->fit[FIT_CPU].half) &&
           !(next->rate_per_s > 0 &&
             strcmp(next->scenario, life->scenario) == 0);
}

/* The models of all groups, the yardstick left out, in the order of the first
 * group that has each. Returns how many. */
static size_t
list_models(const struct summary *summary, const char **models)
{
    size_t n = 0;

    for (size_t i = 0; i < summary->nrows && n < MATRIX_MAX; i++) {
        const char *model = summary->rows[i].life->model;
        bool known = summary->rows[i].yardstick;

        for (size_t j = 0; j < n && !known; j++) {
            known = strcmp(models[j], model) == 0;
        }
        if (!known) {
            models[n++] = model;
        }
    }
    return n;
}

static void
put_matrix_line(struct document *document, const struct summary_group *group,
                const char *const *models, size_t n)
{
    struct text text = {0};

    document_cell(document, MARK_NONE, "%s %d", group->rows[0].life->scenario,
                  group->rows[0].life->clients);
    cells_label(&text, group->rows[0].life);
    document_cell(document, MARK_NONE, "%s", text_string(&text));
    text_free(&text);
    for (size_t i = 0; i < n; i++) {
        const struct summary_row *row = summary_find(group, models[i]);

        if (row) {
            cells_put(document, CELLS_COST, group, row, false);
        } else {
            document_cell(document, MARK_NONE, "-");
        }
    }
    document_cell(document, MARK_NONE, "%.1f %%",
                  100 * (exp(group->fit[FIT_CPU].half) - 1));
}

static void
build_matrix(struct document *document, const struct summary *summary,
             size_t lines)
{
    const char *models[MATRIX_MAX];
    struct column columns[MATRIX_MAX + 3] = {{"", "", 0, true},
                                             {"", "", 1, true}};
    size_t n = list_models(summary, models);
    size_t left = 0;

    for (size_t i = 0; i < n; i++) {
        columns[i + 2] = (struct column){"", models[i], 0, false};
    }
    columns[n + 2] = (struct column){"", "+-", 0, false};
    for (size_t i = 0; i < summary->ngroups; i++) {
        left += is_compared(summary, i);
    }
    if (left == 0 && n > 1) {
        document_paragraph(document, "Nothing is ranked: it takes three "
                                     "blocks of slices of two servers that "
                                     "serve all.");
    }
    if (left == 0 || lines == 0) {
        return;
    }
    document_heading(document, "Server CPU per echo, times the least of the "
                               "line; +-: half its 95 %% interval");
    document_table(document, columns, n + 3);
    for (size_t i = 0; i < summary->ngroups && lines > 0; i++) {
        if (is_compared(summary, i)) {
            put_matrix_line(document, &summary->groups[i], models, n);
            lines--;
            left--;
        }
    }
    legend_build(document);
    if (left > 0) {
        document_paragraph(document, "%zu more scenario%s: report --all",
                           left, left == 1 ? "" : "s");
    }
}

/* ---- around them ---------------------------------------------------------
 */

static void
add_noise(struct text *text, const struct summary *summary)
{
    double *noise = calloc(summary->ngroups + 1, sizeof *noise);
    double steal = NAN;
    double stall_ms = NAN;
    int slices = 0;
    int stalled = 0;
    double median;

    for (size_t i = 0; noise && i < summary->ngroups; i++) {
        noise[i] = summary->groups[i].fit[FIT_CPU].noise;
        slices += summary->groups[i].slices;
        stalled += summary->groups[i].stalled;
    }
    for (size_t i = 0; i < summary->nrows; i++) {
        steal = fmax(steal, summary->rows[i].figure[LIFE_STEAL_PERCENT]);
    }
    for (size_t i = 0; i < summary->results->nslices; i++) {
        const struct slice *slice = &summary->results->slices[i];

        stall_ms = slice->stalled ? fmax(stall_ms, slice->gap_ms) : stall_ms;
    }
    median = noise ? statistics_median(noise, summary->ngroups) : NAN;
    free(noise);
    if (slices == 0) {
        return;
    }
    text_add(text, "Noise: %d of %d slices stalled", stalled, slices);
    if (stalled > 0 && isfinite(stall_ms)) {
        text_add(text, " (%.0f ms at most)", stall_ms);
    }
    if (isfinite(median)) {
        text_add(text, "; a slice varies by %.1f %%", 100 * median);
    }
    if (isfinite(steal)) {
        text_add(text, "; the hypervisor took %.1f %% at most", steal);
    }
    text_add(text, ".");
}

static void
build_head(struct document *document, const struct summary *summary)
{
    const struct run *run = &summary->results->run;
    struct text text = {0};

    document_heading(document, "Fiveways, %.10s %.5s UTC%s%s", run->date,
                     strlen(run->date) > 11 ? run->date + 11 : "",
                     run->commit[0] != '\0' ? ", commit " : "", run->commit);
    text_add(&text, "%s, %d CPU%s, %s, %s. %d li%s", run->cpu_model,
             run->cores, run->cores == 1 ? "" : "s", run->kernel,
             run->compiler, run->lives, run->lives == 1 ? "fe" : "ves");
    if (isfinite(run->seconds)) {
        text_add(&text, " in %.0f s", run->seconds);
    }
    text_add(&text, ", seed %lld. ", (long long)run->seed);
    add_noise(&text, summary);
    if (run->partial) {
        text_add(&text, " PARTIAL: the run was cut short; what was measured "
                        "until then follows.");
    }
    if (strcmp(run->mode, "quick") == 0) {
        text_add(&text, " QUICK: do not quote these numbers.");
    }
    if (run->note[0] != '\0') {
        text_add(&text, " %s", run->note);
    }
    document_paragraph(document, "%s", text_string(&text));
    text_free(&text);
}

static void
build_checks(struct document *document, const struct summary *summary)
{
    struct text held = {0};
    struct text failed = {0};

    for (int i = 0; i < CHECKS; i++) {
        const struct check_result *check = &summary->checks[i];

        if (check->failed > 0) {
            text_add(&failed, "CHECK FAILED, %s: %s", checks_name(i),
                     check->first);
            text_add(&failed, check->failed > 1 ? " (and %d more). " : ". ",
                     check->failed - 1);
        } else if (check->checked > 0) {
            text_add(&held, "%s%s", held.length > 0 ? ", " : "",
                     checks_name(i));
        }
    }
    document_paragraph(document, "%s%s%s%s", text_string(&failed),
                       held.length > 0 ? "Checked: " : "", text_string(&held),
                       held.length > 0 ? "." : "");
    text_free(&held);
    text_free(&failed);
}

/* What was not measured, unless the first table says so of the same model. */
static void
build_failures(struct document *document, const struct summary *summary,
               const struct summary_group *main)
{
    const struct summary_row *worst = NULL;
    int others = -1;

    for (size_t i = 0; i < summary->nrows; i++) {
        const struct summary_row *row = &summary->rows[i];
        const struct summary_row *shown =
            summary_find(main, row->life->model);
        bool said = shown && shown->status == row->status;

        if (!said && row->status != LIFE_OK) {
            /* The statuses stand in the order of their weight. */
            worst = !worst || row->status < worst->status ? row : worst;
            others++;
        }
    }
    if (worst) {
        document_paragraph(
            document, "%s %s in %s %d: %s%s", worst->life->model,
            life_status_name(worst->status), worst->life->scenario,
            worst->life->clients, worst->life->reason,
            others > 0 ? " (and others; report --all)" : "");
    }
}

void
headline_build(struct document *document, const struct summary *summary,
               size_t lines)
{
    /* The words of headings must outlive the document. */
    static struct source sources[COLUMNS_MAX];
    const struct summary_group *main;
    struct text label = {0};
    size_t n;

    build_head(document, summary);
    if (summary->ngroups == 0) {
        document_paragraph(document, "Nothing was measured.");
        return;
    }
    main = main_group(summary);
    n = choose_sources(sources, summary, main);
    cells_label(&label, main->rows[0].life);
    document_heading(document, "%s, %lld B messages, as fast as they go",
                     text_string(&label),
                     (long long)main->rows[0].life->message_bytes);
    text_free(&label);
    build_first(document, sources, n, main);
    legend_build(document);
    scenario_notes(document, main);
    if (strcmp(summary->results->run.mode, VARIANTS_MODE) == 0) {
        variants_build(document, summary, false);
    } else {
        facts_headline(document, summary, main);
        scale_build(document, summary);
        build_matrix(document, summary, lines);
    }
    build_failures(document, summary, main);
    build_checks(document, summary);
}
