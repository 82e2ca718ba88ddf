/*
 * scenario.c: the tables of the scenarios, one by one. See views.h.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/facts.h"
#include "harness/report/views.h"

static const struct cells_shown brief[] = {
    {CELLS_MODEL, 0}, {CELLS_SERVED, 0}, {CELLS_RATE, 0},
    {CELLS_P50, 2},   {CELLS_P99, 3},    {CELLS_SERVER, 1},
    {CELLS_COST, 0},  {CELLS_RANGE, 0},  {CELLS_MEMORY, 4},
};
static const struct cells_shown full[] = {
    {CELLS_MODEL, 0},  {CELLS_SERVED, 0},    {CELLS_FAIRNESS, 10},
    {CELLS_RATE, 0},   {CELLS_OVER_MOST, 9}, {CELLS_P50, 3},
    {CELLS_P99, 4},    {CELLS_SERVER, 0},    {CELLS_CLIENT, 5},
    {CELLS_COST, 0},   {CELLS_RANGE, 0},     {CELLS_YARD, 2},
    {CELLS_FLOOR, 7},  {CELLS_CALLS, 1},     {CELLS_SWITCHES, 6},
    {CELLS_MEMORY, 1}, {CELLS_BOUND, 11},
};
static const struct cells_shown rates[] = {
    {CELLS_RATE_ASKED, 0},   {CELLS_MODEL, 0},        {CELLS_RATE, 0},
    {CELLS_RESPONSE_P50, 0}, {CELLS_RESPONSE_P99, 0}, {CELLS_SERVICE_P50, 1},
    {CELLS_SERVICE_P99, 1},  {CELLS_LAG, 2},          {CELLS_UNFINISHED, 3},
    {CELLS_STATE, 0},
};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum {
    SIZES_MAX = 8, /* of idle clients, in one table */
};

/* What the marks in tables mean. */
static const struct {
    const char *mark;    /* a whole cell, or how one begins */
    bool begins;         /* the latter */
    const char *meaning; /* of it */
} marks[] = {
    {"most", false, "most: echoes/s"},
    {"least", false, "least: CPU per echo"},
    {"x", true, "x: times it"},
    {"same", false, "same: within 3 % of it"},
    {"~", false, "~: not told apart"},
    {"never", false, "never: not all are served"},
    {"stuck", false, "stuck: nobody is"},
    {"grows", false, "grows: as long as the rate lasts"},
    {"<", true, "<: too little to tell"},
    {"n/a", false, "n/a: not to be counted here, see --why"},
    {"-", false, "-: not comparable"},
};

static bool
table_has(const struct block *table, size_t mark)
{
    for (size_t i = 0; i < table->ncells; i++) {
        const char *words = text_string(&table->cells[i].text);
        size_t length = strlen(marks[mark].mark);

        if (i % table->ncolumns != 0 && !table->cells[i].rest &&
            (marks[mark].begins
                 ? strncmp(words, marks[mark].mark, length) == 0
                 : strcmp(words, marks[mark].mark) == 0)) {
            return true;
        }
    }
    return false;
}

static bool
table_shows(const struct block *table, const char *heading)
{
    for (size_t i = 0; i < table->ncolumns; i++) {
        if (strcmp(table->columns[i].heading, heading) == 0 ||
            strcmp(table->columns[i].group, heading) == 0) {
            return true;
        }
    }
    return false;
}

void
legend_build(struct document *document)
{
    static const char *const columns[][2] = {
        {"full turn", "full turn: echo to echo of a client"},
        {"KiB/cl", "KiB/cl: with kernel stack"},
        {"fair", "fair: least served client over the median"},
        {"95 %", "95 %: interval, for all pairs together"},
        {"yard", "yard: a bare epoll loop; floor: a recv and a send alone"},
    };
    const struct block *table = &document->blocks[document->nblocks - 1];
    struct text text = {0};

    for (size_t i = 0; i < COUNT(marks); i++) {
        if (table_has(table, i)) {
            text_add(&text, "%s%s", text.length > 0 ? "; " : "",
                     marks[i].meaning);
        }
    }
    for (size_t i = 0; i < COUNT(columns); i++) {
        if (table_shows(table, columns[i][0])) {
            text_add(&text, "%s%s", text.length > 0 ? "; " : "",
                     columns[i][1]);
        }
    }
    document_paragraph(document, "%s%s", text_string(&text),
                       text.length > 0 ? "." : "");
    text_free(&text);
}

/* "echo 64: 64 clients, 64 B, one CPU shared, 2 lives, 120 blocks". */
static void
build_title(struct document *document, const struct summary_group *group)
{
    static const char *const layouts[][2] = {
        {"shared", "one CPU shared"},
        {"split", "one CPU each"},
        {"all", "all CPUs"},
        {"apart", "servers out of sight"},
    };
    const struct life *life = group->rows[0].life;
    struct text text = {0};
    int lives = 0;

    cells_label(&text, life);
    text_add(&text, ", %lld B", (long long)life->message_bytes);
    for (size_t i = 0; i < COUNT(layouts); i++) {
        if (strcmp(life->layout, layouts[i][0]) == 0) {
            text_add(&text, ", %s", layouts[i][1]);
        }
    }
    for (size_t i = 0; i < group->nrows; i++) {
        lives = group->rows[i].ok > lives ? group->rows[i].ok : lives;
    }
    text_add(&text, ", %d li%s", lives, lives == 1 ? "fe" : "ves");
    /* An open loop is not compared block by block. */
    if (group->blocks > 0) {
        text_add(&text, ", %d blocks", group->blocks);
    }
    document_heading(document, "%s %d: %s", life->scenario, life->clients,
                     text_string(&text));
    text_free(&text);
}

void
scenario_notes(struct document *document, const struct summary_group *group)
{
    for (size_t i = 0; i < group->nrows; i++) {
        const char *note = group->rows[i].life->note;
        bool known = note[0] == '\0' || group->rows[i].status != LIFE_OK;
        struct text names = {0};

        for (size_t j = 0; j < group->nrows && !known; j++) {
            bool same = strcmp(group->rows[j].life->note, note) == 0;

            known = same && j < i;
            if (same) {
                text_add(&names, "%s%s", names.length > 0 ? ", " : "",
                         group->rows[j].life->model);
            }
        }
        if (!known) {
            document_paragraph(document, "note: %s: %s.", text_string(&names),
                               note);
        }
        text_free(&names);
    }
}

static void
build_rows(struct document *document, const struct cells_shown *shown,
           size_t n, const struct summary_group *group)
{
    bool milliseconds = cells_in_milliseconds(group);
    struct block *table;

    cells_table(document, shown, n, milliseconds);
    table = &document->blocks[document->nblocks - 1];
    for (size_t i = 0; i < n; i++) {
        /* Without others there is no turn to wait for. */
        if (cells_kind(group->rows[0].life) == KIND_ONE &&
            (shown[i].id == CELLS_P50 || shown[i].id == CELLS_P99)) {
            table->columns[i].group = "latency";
        }
    }
    for (size_t i = 0; i < group->nrows; i++) {
        cells_row(document, shown, n, group, &group->rows[i], milliseconds);
    }
}

/* ---- an open loop: one table for all rates ------------------------------
 */

static bool
same_rates(const struct summary_group *a, const struct summary_group *b)
{
    return a->rows[0].life->rate_per_s > 0 &&
           b->rows[0].life->rate_per_s > 0 &&
           a->rows[0].life->clients == b->rows[0].life->clients &&
           strcmp(a->rows[0].life->scenario, b->rows[0].life->scenario) == 0;
}

/* Up to which rate each model keeps up, and how many lives were invalid. */
static void
build_rate_facts(struct document *document, const struct summary_group *begin,
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
            if (row && row->status == LIFE_OK && !row->saturated &&
                !row->starved) {
                kept = group->rows[0].life->rate_per_s;
            }
        }
        if (kept > 0) {
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

static size_t
build_rates(struct document *document, const struct summary_group *begin,
            const struct summary_group *last)
{
    const struct summary_group *end = begin;
    const struct life *life = begin->rows[0].life;
    bool milliseconds = cells_in_milliseconds(begin);

    build_title(document, begin);
    cells_table(document, rates, COUNT(rates), milliseconds);
    for (; end < last && same_rates(begin, end); end++) {
        for (size_t i = 0; i < end->nrows; i++) {
            cells_row(document, rates, COUNT(rates), end, &end->rows[i],
                      milliseconds);
        }
    }
    legend_build(document);
    document_paragraph(document,
                       "response: from when a message was due; service: from "
                       "when it was sent; lag: how late the client was.");
    if (life->rate_of[0] != '\0') {
        document_paragraph(document,
                           "The rates are shares of what %s does, %d/s in "
                           "this run.",
                           life->rate_of, life->rate_of_per_s);
    }
    build_rate_facts(document, begin, end);
    return (size_t)(end - begin);
}

/* ---- clients that only wait, by how many there are ----------------------
 */

/* The groups with idle clients, the fewest first. Returns how many. */
static size_t
find_sizes(const struct summary *summary,
           const struct summary_group *sizes[SIZES_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < summary->ngroups && n < SIZES_MAX; i++) {
        const struct summary_group *group = &summary->groups[i];
        size_t place = n;

        if (cells_kind(group->rows[0].life) != KIND_IDLE) {
            continue;
        }
        while (place > 0 && sizes[place - 1]->rows[0].life->silent >
                                group->rows[0].life->silent) {
            sizes[place] = sizes[place - 1];
            place--;
        }
        sizes[place] = group;
        n++;
    }
    return n;
}

/* A server that did not serve them all had it easier, so it has no price. */
static void
put_price(struct document *document, const struct summary_row *row)
{
    bool fair = row && row->status == LIFE_OK && !row->starved;
    char number[TEXT_CELL_BYTES];

    document_cell(document, MARK_NONE, "%s",
                  text_number(number,
                              fair ? row->figure[LIFE_CPU_OVER_FLOOR] : NAN,
                              "-"));
}

void
scale_build(struct document *document, const struct summary *summary)
{
    static char headings[SIZES_MAX][24];
    const struct summary_group *sizes[SIZES_MAX];
    struct column columns[SIZES_MAX + 4] = {{"", "", 0, true}};
    size_t n = find_sizes(summary, sizes);
    const struct summary_group *most = n > 1 ? sizes[n - 1] : NULL;

    if (!most) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        snprintf(headings[i], sizeof headings[i], "%d",
                 sizes[i]->rows[0].life->silent);
        columns[i + 1] =
            (struct column){"CPU over floor, by idle", headings[i], 0, false};
    }
    columns[n + 1] = (struct column){"", "held", 0, false};
    columns[n + 2] = (struct column){"KiB a client", "resident", 0, false};
    columns[n + 3] = (struct column){"KiB a client", "kernel", 0, false};
    document_heading(document, "What clients that only wait cost");
    document_table(document, columns, n + 4);
    for (size_t i = 0; i < most->nrows; i++) {
        const struct summary_row *row = &most->rows[i];

        cells_put(document, CELLS_MODEL, most, row, false);
        for (size_t j = 0; j < n; j++) {
            put_price(document, summary_find(sizes[j], row->life->model));
        }
        if (row->status != LIFE_OK) {
            document_rest(document, "%s", life_status_name(row->status));
            continue;
        }
        cells_put(document, CELLS_SERVED, most, row, false);
        cells_put(document, CELLS_RESIDENT, most, row, false);
        cells_put(document, CELLS_STACK, most, row, false);
    }
    document_paragraph(document,
                       "kernel: the stack that the kernel keeps for "
                       "the client's thread.");
}

/* ---- all that is wanted --------------------------------------------------
 */

void
scenario_lines(struct document *document, const struct summary *summary)
{
    const struct summary_group *last = summary->groups + summary->ngroups;
    size_t step;

    for (const struct summary_group *group = summary->groups; group < last;
         group += step) {
        step = 1;
        if (group->rows[0].life->rate_per_s > 0) {
            step = build_rates(document, group, last);
            continue;
        }
        build_title(document, group);
        build_rows(document, brief, COUNT(brief), group);
    }
}

size_t
scenario_build(struct document *document, const struct summary *summary,
               const struct report_views *views)
{
    const struct summary_group *last = summary->groups + summary->ngroups;
    size_t shown = 0;
    size_t step;

    for (const struct summary_group *group = summary->groups; group < last;
         group += step) {
        step = 1;
        if (!view_wants(views, group->rows[0].life->scenario,
                        group->rows[0].life->clients)) {
            continue;
        }
        shown++;
        if (group->rows[0].life->rate_per_s > 0) {
            step = build_rates(document, group, last);
            continue;
        }
        build_title(document, group);
        build_rows(document, full, COUNT(full), group);
        legend_build(document);
        scenario_notes(document, group);
        facts_group(document, group);
        if (views->why) {
            why_build(document, group);
        }
    }
    scale_build(document, summary);
    if (views->noise) {
        noise_build(document, summary, views);
    }
    return shown;
}
