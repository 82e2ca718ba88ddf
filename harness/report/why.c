/*
 * why.c: what lies behind the figures: system calls, noise. See views.h.
 */
#include <math.h>
#include <string.h>

#include "harness/report/views.h"

enum {
    STALLS_MAX = 20, /* that are named; the others are counted */
};

bool
view_wants(const struct report_views *views, const char *scenario,
           int clients)
{
    char name[RESULTS_NAME_BYTES + 16];

    snprintf(name, sizeof name, "%s,%d", scenario, clients);
    return !views->scenario || strcmp(views->scenario, scenario) == 0 ||
           strcmp(views->scenario, name) == 0;
}

/* The figures that belong to a view, by table. Returns how many. */
static size_t
choose_figures(unsigned where, enum life_figure *chosen)
{
    size_t n = 0;

    for (int i = 0; i < LIFE_FIGURES; i++) {
        if (figures[i].where & where) {
            chosen[n++] = i;
        }
    }
    return n;
}

static void
put_figures(struct document *document, const enum life_figure *chosen,
            size_t n, const struct summary_row *row)
{
    for (size_t i = 0; i < n; i++) {
        double value = row->figure[chosen[i]];
        char number[TEXT_CELL_BYTES];

        if (fabs(value) < 1000) {
            document_cell(document, MARK_NONE, "%.*g",
                          figures[chosen[i]].digits, value);
        } else {
            document_cell(document, MARK_NONE, "%s",
                          text_number(number, value, "-"));
        }
    }
}

static void
add_calls(struct text *text, const struct calls *calls)
{
    for (int i = 0; i < calls->nnames; i++) {
        text_add(text, "%s%s %.2f", i > 0 ? ", " : "", calls->names[i].name,
                 calls->names[i].per_echo);
    }
    if (calls->method[0] != '\0') {
        text_add(text, " (%s, %d client%s)", calls->method,
                 calls->counted_clients,
                 calls->counted_clients == 1 ? "" : "s");
    }
    if (calls->reason[0] != '\0') {
        text_add(text, "%s%s", text->length > 0 ? "; " : "", calls->reason);
    }
}

void
why_build(struct document *document, const struct summary_group *group)
{
    enum life_figure chosen[LIFE_FIGURES];
    size_t n = choose_figures(FIGURE_WHY, chosen);
    struct column columns[LIFE_FIGURES + 1] = {{"", "", 0, true}};

    for (size_t i = 0; i < n; i++) {
        columns[i + 1] =
            (struct column){"", figures[chosen[i]].heading, 0, false};
    }
    document_table(document, columns, n + 1);
    for (size_t i = 0; i < group->nrows; i++) {
        if (group->rows[i].status == LIFE_OK) {
            cells_put(document, CELLS_MODEL, group, &group->rows[i], false);
            put_figures(document, chosen, n, &group->rows[i]);
        }
    }
    for (size_t i = 0; i < group->nrows; i++) {
        const struct summary_row *row = &group->rows[i];
        struct text text = {0};

        if (row->status == LIFE_OK && row->calls && row->life->work_us == 0) {
            add_calls(&text, row->calls);
            document_item(document, row->life->model, "%s",
                          text_string(&text));
        }
        text_free(&text);
    }
}

/* ---- noise ---------------------------------------------------------------
 */

static void
put_precision(struct document *document, const struct fit *fit)
{
    if (isfinite(fit->half)) {
        document_cell(document, MARK_NONE, "%.1f", 100 * fit->noise);
        document_cell(document, MARK_NONE, "%.1f",
                      100 * (exp(fit->half) - 1));
    } else {
        document_cell(document, MARK_NONE, "-");
        document_cell(document, MARK_NONE, "-");
    }
}

static void
build_precision(struct document *document, const struct summary *summary,
                const struct report_views *views)
{
    static const struct column columns[] = {
        {"", "", 0, true},
        {"", "blocks", 0, false},
        {"", "slices", 0, false},
        {"", "stalled", 0, false},
        {"CPU per echo, %", "slice", 0, false},
        {"CPU per echo, %", "+-", 0, false},
        {"echoes/s, %", "slice", 0, false},
        {"echoes/s, %", "+-", 0, false},
        {"", "lives", 0, true},
    };

    document_heading(document, "How precise each scenario is");
    document_table(document, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < summary->ngroups; i++) {
        const struct summary_group *group = &summary->groups[i];
        const struct life *life = group->rows[0].life;

        if (!view_wants(views, life->scenario, life->clients)) {
            continue;
        }
        if (life->rate_per_s > 0) {
            document_cell(document, MARK_NONE, "%s %d at %d/s",
                          life->scenario, life->clients, life->rate_per_s);
        } else {
            document_cell(document, MARK_NONE, "%s %d", life->scenario,
                          life->clients);
        }
        document_cell(document, MARK_NONE, "%d", group->blocks);
        document_cell(document, MARK_NONE, "%d", group->slices);
        document_cell(document, MARK_NONE, "%d", group->stalled);
        put_precision(document, &group->fit[FIT_CPU]);
        put_precision(document, &group->fit[FIT_RATE]);
        document_cell(document, MARK_NONE, "%s",
                      group->fit[FIT_CPU].lives_differ ||
                              group->fit[FIT_RATE].lives_differ
                          ? "differ"
                          : "agree");
    }
    document_paragraph(document,
                       "slice: what one differs by from its model and block; "
                       "+-: half the 95 %% interval, for all pairs together; "
                       "differ: fresh processes differ by more than the "
                       "slices explain, so the interval is widened.");
}

static void
build_disturbances(struct document *document, const struct summary *summary,
                   const struct report_views *views)
{
    enum life_figure chosen[LIFE_FIGURES];
    size_t n = choose_figures(FIGURE_NOISE, chosen);
    struct column columns[LIFE_FIGURES + 2] = {{"", "", 0, true},
                                               {"", "", 0, true}};

    for (size_t i = 0; i < n; i++) {
        columns[i + 2] = (struct column){"", figures[chosen[i]].heading,
                                         i < 4 ? 0 : 1, false};
    }
    document_heading(document, "What disturbed, in the worst life");
    document_table(document, columns, n + 2);
    for (size_t i = 0; i < summary->ngroups; i++) {
        const struct summary_group *group = &summary->groups[i];

        for (size_t j = 0; j < group->nrows; j++) {
            const struct summary_row *row = &group->rows[j];

            if (row->status == LIFE_OK &&
                view_wants(views, row->life->scenario, row->life->clients)) {
                cells_put(document, CELLS_MODEL, group, row, false);
                document_cell(document, MARK_NONE, "%s %d",
                              row->life->scenario, row->life->clients);
                put_figures(document, chosen, n, row);
            }
        }
    }
}

void
noise_build(struct document *document, const struct summary *summary,
            const struct report_views *views)
{
    const struct results *results = summary->results;
    int stalls = 0;

    build_precision(document, summary, views);
    build_disturbances(document, summary, views);
    for (size_t i = 0; i < results->nslices; i++) {
        const struct slice *slice = &results->slices[i];

        if (slice->stalled &&
            view_wants(views, slice->scenario, slice->clients) &&
            stalls++ < STALLS_MAX) {
            document_item(document, slice->model,
                          "stalled for %.0f ms in %s %d, life %d, block %d",
                          slice->gap_ms, slice->scenario, slice->clients,
                          slice->life, slice->block);
        }
    }
    if (stalls > STALLS_MAX) {
        document_paragraph(document, "and %d more", stalls - STALLS_MAX);
    }
    if (stalls > 0) {
        document_paragraph(document,
                           "A stalled slice stays in, but counts no further "
                           "than three deviations from the others.");
    }
}
