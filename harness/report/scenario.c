/*
 * scenario.c: the tables of the scenarios, one by one, what lies behind their
 * figures and what disturbed them. See internal.h.
 */
#include <math.h>
#include <string.h>

#include "harness/report/internal.h"

#define STALLS_MAX 20 /* that are named; the others are counted */

/* A column, and when it goes; tables of them end with CELLS_NAME. */
struct shown {
    enum cells_id id; /* what it shows */
    int drop;         /* see struct column */
};

static const struct shown short_table[] = {
    {CELLS_MODEL, 0},  {CELLS_SERVED, 0}, {CELLS_RATE, 0}, {CELLS_P50, 2},
    {CELLS_P99, 3},    {CELLS_SERVER, 1}, {CELLS_COST, 0}, {CELLS_RANGE, 0},
    {CELLS_MEMORY, 4}, {CELLS_NAME, 0},
};
static const struct shown full_table[] = {
    {CELLS_MODEL, 0},  {CELLS_SERVED, 0},    {CELLS_FAIRNESS, 10},
    {CELLS_RATE, 0},   {CELLS_OVER_MOST, 9}, {CELLS_P50, 3},
    {CELLS_P99, 4},    {CELLS_SERVER, 0},    {CELLS_CLIENT, 5},
    {CELLS_COST, 0},   {CELLS_RANGE, 0},     {CELLS_YARD, 2},
    {CELLS_FLOOR, 7},  {CELLS_CALLS, 1},     {CELLS_SWITCHES, 6},
    {CELLS_MEMORY, 1}, {CELLS_BOUND, 11},    {CELLS_NAME, 0},
};
static const struct shown rate_table[] = {
    {CELLS_RATE_ASKED, 0},   {CELLS_MODEL, 0},        {CELLS_RATE, 0},
    {CELLS_RESPONSE_P50, 0}, {CELLS_RESPONSE_P99, 0}, {CELLS_SERVICE_P50, 1},
    {CELLS_SERVICE_P99, 1},  {CELLS_LAG, 2},          {CELLS_UNFINISHED, 3},
    {CELLS_STATE, 0},        {CELLS_NAME, 0},
};

/* True if a scenario with so many clients is wanted. */
static bool
view_wants(const struct report_views *views, const char *scenario,
           int clients)
{
    char name[RESULTS_NAME_BYTES + 16];

    PUT(name, "%s,%d", scenario, clients);
    return !views->scenario || strcmp(views->scenario, scenario) == 0 ||
           strcmp(views->scenario, name) == 0;
}

/* A column for each figure with that flag. */
static void
add_figures(struct sheet *sheet, unsigned where)
{
    for (int i = 0; i < LIFE_FIGURES; i++) {
        if (figures[i].where & where) {
            /* What comes last goes first where it is too narrow. */
            sheet_column(sheet, CELLS + i, (int)sheet->ncolumns / 6);
        }
    }
}

/* "echo 64: 64 clients, 64 B, one CPU shared, 2 lives, 120 blocks". */
static void
build_title(struct document *document, const struct summary_group *group)
{
    const struct life *life = group->life;
    struct text text = group_label(group);

    if (cells_kind(life) != KIND_BULK) {
        text_add(&text, ", %lld B", (long long)life->message_bytes);
    }
    text_add(&text, "%s",
             strcmp(life->layout, "shared") == 0  ? ", one CPU shared"
             : strcmp(life->layout, "split") == 0 ? ", one CPU each"
             : strcmp(life->layout, "all") == 0   ? ", all CPUs"
             : strcmp(life->layout, "apart") == 0 ? ", servers out of sight"
                                                  : "");
    text_add(&text, group->lives > 0 ? ", %d li%s" : "", group->lives,
             group->lives == 1 ? "fe" : "ves");
    /* An open loop is not compared block by block. */
    text_add(&text, group->blocks > 0 ? ", %d block%s" : "", group->blocks,
             group->blocks == 1 ? "" : "s");
    document_heading(document, "%s %d: %s", life->scenario, life->clients,
                     text.bytes);
}

void
scenario_notes(struct document *document, const struct summary_group *group)
{
    for (size_t i = 0; i < group->nrows; i++) {
        const char *note = group->rows[i].life->note;
        struct text names = {0};
        bool known = group->rows[i].status != LIFE_OK;

        for (size_t j = 0; j < group->nrows; j++) {
            if (strcmp(group->rows[j].life->note, note) == 0) {
                known |= j < i;
                text_item(&names, ", ", "%s", group->rows[j].life->model);
            }
        }
        if (note[0] != '\0' && !known) {
            document_paragraph(document, "note: %s: %s.", names.bytes, note);
        }
    }
}

/* ---- system calls by name, and what else tells why --------------------- */

static void
build_why(struct document *document, const struct summary_group *group)
{
    struct sheet sheet = {0};

    sheet_column(&sheet, CELLS_MODEL, 0);
    add_figures(&sheet, FIGURE_WHY);
    sheet_group(&sheet, group, true);
    sheet_build(document, &sheet, false);
    for (size_t i = 0; i < group->nrows; i++) {
        const struct summary_row *row = &group->rows[i];
        const struct calls *calls = row->calls;
        struct text text = {0};

        if (row->status != LIFE_OK || !calls) {
            continue;
        }
        for (int j = 0; j < calls->nnames; j++) {
            text_item(&text, ", ", "%s %.2f", calls->names[j].name,
                      calls->names[j].per_echo);
        }
        if (calls->reason[0] != '\0') {
            text_item(&text, "; ", "%s", calls->reason);
        }
        document_item(document, row->life->model, "%s", text.bytes);
    }
    code_build(document, group);
    bill_build(document, group);
}

/* ---- an open loop ------------------------------------------------------ */

void
scenario_kept(struct document *document, const struct summary_group *begin,
              const struct summary_group *end)
{
    int all = 0;
    int invalid = 0;

    for (size_t i = 0; i < begin->nrows; i++) {
        const char *model = begin->rows[i].life->model;
        int kept = 0;

        for (const struct summary_group *group = begin; group < end;
             group++) {
            const struct summary_row *row = summary_find(group, model);

            for (int j = 0; row && j < row->nlives; j++) {
                all++;
                invalid += row->lives[j]->status == LIFE_INVALID;
            }
            if (row && row_keeps_up(row)) {
                kept = group->life->rate_per_s;
            }
        }
        /* Of a single rate the table says it. */
        if (kept > 0 && begin + 1 < end) {
            document_item(document, model, "keeps up to %d messages/s", kept);
        }
    }
    if (4 * invalid > all) {
        document_paragraph(document,
                           "%d of %d lives were invalid: on this machine the "
                           "client is late itself",
                           invalid, all);
    }
}

/* ---- clients that only wait, by how many there are --------------------- */

void
scale_build(struct document *document, const struct summary *summary)
{
    const struct sweep sweep =
        sweep_of(summary, group_largest(summary, KIND_IDLE), KIND_IDLE);
    struct sheet sheet = {0};

    if (sweep.n < 2) {
        return;
    }
    sheet_column(&sheet, CELLS_MODEL, 0);
    for (size_t i = 0; i < sweep.n; i++) {
        struct column *column = sheet_column(&sheet, CELLS_FLOOR, 0);

        column->group = sweep.groups[i];
        PUT(column->above, "CPU over recv + send, by idle");
        PUT(column->heading, "%.0f", sweep_x(column->group));
    }
    sheet_column(&sheet, CELLS_SERVED, 3)->group = sweep.most;
    sheet_column(&sheet, CELLS_RESIDENT, 1)->group = sweep.most;
    sheet_column(&sheet, CELLS_STACK, 2)->group = sweep.most;
    for (size_t i = 0; i < sweep.most->nrows; i++) {
        sheet_row(&sheet, NULL, sweep.most->rows[i].life->model);
    }
    document_heading(document, "What clients that only wait cost");
    sheet_build(document, &sheet, true);
}

/* ---- noise ------------------------------------------------------------- */

static void
build_stalls(struct document *document, const struct results *results,
             const struct report_views *views)
{
    int stalls = 0;

    for (size_t i = 0; i < results->nslices; i++) {
        const struct slice *slice = &results->slices[i];

        if (slice->stalled &&
            view_wants(views, slice->scenario, slice->clients) &&
            stalls++ < STALLS_MAX) {
            struct text text = {0};

            text_add(&text, isfinite(slice->gap_ms) ? " for %.0f ms" : "",
                     slice->gap_ms);
            document_item(document, slice->model,
                          "stalled%s in %s %d, life %d, block %d", text.bytes,
                          slice->scenario, slice->clients, slice->life,
                          slice->block);
        }
    }
    if (stalls > STALLS_MAX) {
        document_paragraph(document, "and %d more", stalls - STALLS_MAX);
    }
    if (stalls > 0) {
        document_paragraph(document,
                           "A stalled slice stays in, but counts no further "
                           "than 1.5 deviations from the others (where "
                           "blocks are fewer than 16, than 3).");
    }
}

/* What disturbed the run, how precise comparisons are, what was held up. */
static void
build_noise(struct document *document, const struct summary *summary,
            const struct report_views *views)
{
    struct sheet precision = {0};
    struct sheet disturbed = {0};

    sheet_column(&precision, CELLS_NAME, 0);
    for (int id = CELLS_BLOCKS; id <= CELLS_LIVES; id++) {
        sheet_column(&precision, id, 0);
    }
    sheet_column(&disturbed, CELLS_MODEL, 0);
    sheet_column(&disturbed, CELLS_NAME, 0);
    add_figures(&disturbed, FIGURE_NOISE);
    for (size_t i = 0; i < summary->ngroups; i++) {
        const struct summary_group *group = &summary->groups[i];
        const struct life *life = group->life;

        if (view_wants(views, life->scenario, life->clients)) {
            sheet_row(&precision, group, NULL);
            sheet_group(&disturbed, group, true);
        }
    }
    document_heading(document, "How precise each scenario is");
    sheet_build(document, &precision, true);
    document_heading(document, "What disturbed, in the worst life");
    sheet_build(document, &disturbed, false);
    build_stalls(document, summary->results, views);
}

/* ---- all that is wanted ------------------------------------------------ */

/* One scenario: a group, or those of all rates before `end`. */
static void
build_scenario(struct document *document, const struct summary_group *begin,
               const struct summary_group *end,
               const struct report_views *views)
{
    const struct life *life = begin->life;
    const struct shown *shown = life->rate_per_s > 0 ? rate_table
                                : views->brief       ? short_table
                                                     : full_table;
    struct sheet sheet = {0};

    build_title(document, begin);
    for (; shown->id != CELLS_NAME; shown++) {
        struct column *column = sheet_column(&sheet, shown->id, shown->drop);
        bool time = shown->id == CELLS_P50 || shown->id == CELLS_P99;

        /* Without others there is no turn to wait for; and one who connects
         * anew begins where connecting begins. */
        if (time && cells_kind(life) == KIND_ONE) {
            PUT(column->above, "latency");
        } else if (time && life->churn) {
            PUT(column->above, "connect to echo");
        }
    }
    for (const struct summary_group *group = begin; group < end; group++) {
        sheet_group(&sheet, group, false);
    }
    sheet_build(document, &sheet, life->rate_per_s > 0 || !views->brief);
    if (life->rate_per_s > 0) {
        document_paragraph(document,
                           life->rate_of[0] != '\0'
                               ? "The rates are shares of what %s does, %d/s "
                                 "in this run."
                               : "",
                           life->rate_of, life->rate_of_per_s);
        scenario_kept(document, begin, end);
        return;
    }
    if (!views->brief) {
        scenario_notes(document, begin);
        facts_group(document, begin);
    }
    if (views->why || views->all) {
        build_why(document, begin);
    }
}

size_t
scenario_build(struct document *document, const struct summary *summary,
               const struct report_views *views)
{
    const struct summary_group *last = summary->groups + summary->ngroups;
    const struct summary_group *end;
    size_t shown = 0;

    for (const struct summary_group *group = summary->groups; group < last;
         group = end) {
        const struct life *life = group->life;

        end = group + 1;
        while (end < last && life->rate_per_s > 0 &&
               end->life->rate_per_s > 0 &&
               RECORD_IS_OF(end->life, life->scenario, life->clients)) {
            end++;
        }
        if (view_wants(views, life->scenario, life->clients)) {
            build_scenario(document, group, end, views);
            shown++;
        }
    }
    /* With all views there is a headline, which has it. */
    if (!views->brief && !views->all) {
        scale_build(document, summary);
    }
    if (views->noise || views->all) {
        build_noise(document, summary, views);
    }
    if (views->all) {
        variants_say(document, summary);
    }
    return shown;
}
