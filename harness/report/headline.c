/*
 * headline.c: the answer on one screen. See internal.h.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/internal.h"

/* ---- which scenarios --------------------------------------------------- */

/* The common load at which most servers keep up, and half of them at least,
 * the lowest of those. */
static const struct summary_group *
common_load(const struct summary *summary)
{
    const struct summary_group *found = NULL;
    int most = 0;

    for (size_t i = 0; i < summary->ngroups; i++) {
        const struct summary_group *group = &summary->groups[i];
        int kept = 0;

        for (size_t j = 0; j < group->nrows; j++) {
            kept +=
                group->life->rate_per_s > 0 && row_keeps_up(&group->rows[j]);
        }
        if (kept > most && 2 * kept >= (int)group->nrows) {
            found = group;
            most = kept;
        }
    }
    return found;
}

/* ---- the first table: each model, in its main figures ------------------ */

/* Append the rate in another scenario, of those who are busy there, with so
 * much of `what`; nothing if there is none. */
static void
add_rate(struct sheet *sheet, int drop, const struct summary_group *main,
         const struct summary_group *group, const char *what)
{
    if (group && group != main) {
        const struct life *life = group->life;
        struct column *column = sheet_column(sheet, CELLS_RATE, drop);

        column->group = group;
        PUT(column->above, "echoes/s of %d",
            life->clients - (life->ask_silent ? life->silent : 0));
        PUT(column->heading, "%d %s",
            cells_kind(life) == KIND_WORK ? life->work_us : life->silent,
            what);
    }
}

static void
build_first(struct document *document, const struct summary *summary,
            const struct summary_group *main)
{
    const struct summary_group *idle = group_largest(summary, KIND_IDLE);
    const struct summary_group *load = common_load(summary);
    struct sheet sheet = {0};

    sheet_column(&sheet, CELLS_MODEL, 0);
    sheet_column(&sheet, CELLS_SERVED, 0);
    sheet_column(&sheet, CELLS_RATE, 0);
    sheet_column(&sheet, CELLS_OVER_MOST, 0);
    sheet_column(&sheet, CELLS_P50, 0);
    sheet_column(&sheet, CELLS_P99, load ? 3 : 2);
    if (load) {
        /* The 99th percentile of a single life would be luck. */
        struct column *column = sheet_column(&sheet, CELLS_RESPONSE_P50, 1);

        column->group = load;
        column->meaning = "at a rate: response, from when a message was due";
        PUT(column->above, "at %.0fk/s", load->life->rate_per_s / 1e3);
    }
    sheet_column(&sheet, CELLS_SERVER, 5);
    sheet_column(&sheet, CELLS_CLIENT, 6);
    sheet_column(&sheet, CELLS_MEMORY, 1)->group = idle;
    add_rate(&sheet, 1, main, idle, "idle");
    add_rate(&sheet, 4, main, group_largest(summary, KIND_SILENT), "silent");
    add_rate(&sheet, 2, main, group_largest(summary, KIND_WORK), "us work");
    sheet_group(&sheet, main, false);
    sheet_build(document, &sheet, true);
}

/* ---- the second one: what an echo costs, by scenario ------------------- */

/* What comes before the rates of an open loop is there to choose them. */
static bool
is_compared(const struct summary *summary, size_t i)
{
    const struct summary_group *group = &summary->groups[i];
    const struct life *life = group->life;
    const struct life *next = i + 1 < summary->ngroups ? group[1].life : life;

    return life->rate_per_s == 0 && group->best[FIT_CPU] &&
           isfinite(group->fit[FIT_CPU].half) &&
           !(next->rate_per_s > 0 &&
             strcmp(next->scenario, life->scenario) == 0);
}

/* A column for each model but the yardstick, as they were measured first. */
static void
add_models(struct sheet *sheet, const struct summary *summary)
{
    for (size_t i = 0; i < summary->nrows; i++) {
        const char *model = summary->rows[i].life->model;
        bool known = summary->rows[i].yardstick;

        for (size_t j = 0; j < sheet->ncolumns && !known; j++) {
            known = strcmp(sheet->columns[j].heading, model) == 0;
        }
        if (!known) {
            struct column *column = sheet_column(sheet, CELLS_COST, 0);

            column->model = model;
            PUT(column->heading, "%s", model);
        }
    }
}

static void
build_matrix(struct document *document, const struct summary *summary,
             size_t lines)
{
    struct sheet sheet = {0};
    size_t left = 0;
    bool any = false; /* is ranked, if only to choose rates by it */

    sheet_column(&sheet, CELLS_NAME, 0);
    sheet_column(&sheet, CELLS_LABEL, 1);
    add_models(&sheet, summary);
    PUT(sheet_column(&sheet, CELLS_CPU_HALF, 0)->heading, "+- %%");
    for (size_t i = 0; i < summary->ngroups; i++) {
        bool compared = is_compared(summary, i);

        any |= isfinite(summary->groups[i].fit[FIT_CPU].half);
        if (compared && sheet.nrows < lines) {
            sheet_row(&sheet, &summary->groups[i], NULL);
        } else {
            left += compared;
        }
    }
    if (sheet.nrows > 0) {
        document_heading(document, "Server CPU per echo, times the least of "
                                   "the line; +-: half its 95 %% interval");
        sheet_build(document, &sheet, true);
    } else if (sheet.ncolumns > 4 && !any) {
        document_paragraph(document, "Nothing is ranked: it takes three "
                                     "blocks of slices of two servers that "
                                     "serve all.");
    }
    if (left > 0) {
        document_paragraph(document, "%zu %sscenario%s: see the last line",
                           left, lines > 0 ? "more " : "",
                           left == 1 ? "" : "s");
    }
}

/* ---- around them ------------------------------------------------------- */

static void
add_noise(struct text *text, const struct summary *summary)
{
    double *noise = given(calloc(summary->ngroups + 1, sizeof *noise));
    double steal = NAN;
    double stall_ms = NAN;
    int slices = 0;
    int stalled = 0;

    for (size_t i = 0; i < summary->ngroups; i++) {
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
    if (slices > 0) {
        double median = statistics_median(noise, summary->ngroups);

        text_add(text, "Noise: %d of %d slices stalled", stalled, slices);
        if (isfinite(stall_ms)) {
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
    free(noise);
}

static void
build_head(struct document *document, const struct summary *summary)
{
    const struct run *run = &summary->results->run;
    struct text text = {0};

    document_heading(document, "Fiveways, %.10s %.5s UTC%s%s", run->date,
                     strlen(run->date) > 11 ? run->date + 11 : "",
                     run->commit[0] != '\0' ? ", commit " : "", run->commit);
    text_add(&text, "%s, %d CPU%s, %s, %s. ", run->cpu_model, run->cores,
             run->cores == 1 ? "" : "s", run->kernel, run->compiler);
    if (run->lives > 0) {
        text_add(&text, "%d li%s", run->lives,
                 run->lives == 1 ? "fe" : "ves");
        text_add(&text, isfinite(run->seconds) ? " in %.0f s" : "",
                 run->seconds);
        text_add(&text, ", seed %lld. ", (long long)run->seed);
    }
    add_noise(&text, summary);
    text_add(&text, run->partial ? " PARTIAL: the run was cut short." : "");
    if (strcmp(run->mode, "quick") == 0) {
        text_add(&text, " QUICK: do not quote these numbers.");
    }
    if (run->note[0] != '\0') {
        text_add(&text, " %s", run->note);
    }
    document_paragraph(document, "%s", text.bytes);
}

static void
build_checks(struct document *document, const struct summary *summary)
{
    struct text failed = {0};
    struct text held = {0};

    for (int i = 0; i < CHECKS; i++) {
        const struct check_result *check = &summary->checks[i];

        if (check->failed > 0) {
            /* What the kernel counts may be anybody's. */
            text_add(&failed, "%s, %s: %s",
                     i == CHECK_KERNEL ? "Seen" : "CHECK FAILED",
                     checks_names[i], check->first);
            text_add(&failed, check->failed > 1 ? " (and %d more). " : ". ",
                     check->failed - 1);
        } else if (check->checked > 0) {
            text_item(&held, ", ", "%s", checks_names[i]);
        }
    }
    document_paragraph(document,
                       held.bytes[0] != '\0' ? "%sChecked: %s." : "%s%s",
                       failed.bytes, held.bytes);
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
            others > 0 ? " (and others)" : "");
    }
}

void
headline_build(struct document *document, const struct summary *summary,
               size_t lines)
{
    const struct summary_group *main = group_main(summary);

    build_head(document, summary);
    if (summary->ngroups == 0) {
        document_paragraph(document, "Nothing was measured.");
        return;
    }
    if (strcmp(summary->results->run.mode, COUNT_MODE) == 0) {
        code_build(document, main);
        return;
    }
    document_heading(document, "%s, %lld B messages, as fast as they go",
                     group_label(main).bytes,
                     (long long)main->life->message_bytes);
    build_first(document, summary, main);
    scenario_notes(document, main);
    if (strcmp(summary->results->run.mode, VARIANTS_MODE) == 0) {
        variants_build(document, summary);
    } else {
        facts_headline(document, summary);
        scale_build(document, summary);
        build_matrix(document, summary, lines);
    }
    build_failures(document, summary, main);
    build_checks(document, summary);
}
