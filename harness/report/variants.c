/*
 * variants.c: the same model made in another way. See variants.h.
 */
#include "harness/report/variants.h"

#include <math.h>
#include <string.h>

#include "harness/report/cells.h"

const struct variant variants[VARIANTS] = {
    {"libevent", "libevent", NULL, "", NULL, NULL},
    {"libevent-poll", "libevent", "--backend=poll", "libevent", "poll(2)",
     "libevent's epoll"},
    {"libevent-select", "libevent", "--backend=select", "libevent",
     "select(2)", "libevent's epoll"},
    {"selectloop", "selectloop", NULL, "libevent-select", "our own",
     "the library's loop on the same select(2)"},
    {"bufferevent", "bufferevent", NULL, "libevent", "the library's buffers",
     "libevent's plain events"},
    {"coroutine", "coroutine", NULL, "", NULL, NULL},
    {"coroutine-swapcontext", "coroutine", "--switch=swapcontext",
     "coroutine", "swapcontext(3)", "coroutine's own jump"},
    {"threaded", "threaded", NULL, "", NULL, NULL},
    {"threaded-8192", "threaded", "--stack-size=8192", "threaded",
     "stacks of 8192 KiB", "threaded's default stacks"},
};

/* The scenarios that they are compared in. */
static const struct {
    enum cells_kind kind; /* of the scenario */
    const char *where;    /* in a sentence */
} places[] = {
    {KIND_ONE, "with one client"},
    {KIND_MANY, "with many clients"},
    {KIND_IDLE, "beside idle clients"},
};
enum {
    PLACES = sizeof places / sizeof places[0],
};

/* The group of a kind that has both, or NULL. */
static const struct summary_group *
find_group(const struct summary *summary, enum cells_kind kind,
           const struct variant *variant)
{
    for (size_t i = 0; i < summary->ngroups; i++) {
        const struct summary_group *group = &summary->groups[i];

        const struct summary_row *row = summary_find(group, variant->name);
        const struct summary_row *base = summary_find(group, variant->base);

        if (cells_kind(group->rows[0].life) == kind && row && base &&
            row->status == LIFE_OK && base->status == LIFE_OK) {
            return group;
        }
    }
    return NULL;
}

static struct comparison
compare(const struct summary_group *group, const struct variant *variant)
{
    if (!group) {
        return (struct comparison){NAN, NAN, NAN, VERDICT_UNKNOWN};
    }
    return summary_compare(group, summary_find(group, variant->name),
                           summary_find(group, variant->base), FIT_CPU);
}

static void
put_ratio(struct document *document, const struct comparison *over)
{
    static const char *const words[] = {
        [VERDICT_UNKNOWN] = "-",
        [VERDICT_UNCLEAR] = "~",
        [VERDICT_SAME] = "same",
    };

    if (over->verdict == VERDICT_DIFFERENT) {
        document_cell(document, MARK_NONE, "x%.2f", over->ratio);
    } else {
        document_cell(document, MARK_NONE, "%s", words[over->verdict]);
    }
}

/* Memory among idle clients, calls and switches among many. */
static void
put_figures(struct document *document, const struct summary *summary,
            const struct variant *variant)
{
    static const struct {
        enum cells_kind kind;
        enum cells_id id;
    } figures_shown[] = {
        {KIND_IDLE, CELLS_MEMORY},
        {KIND_MANY, CELLS_CALLS},
        {KIND_MANY, CELLS_SWITCHES},
    };

    for (size_t i = 0; i < 3; i++) {
        const struct summary_group *group =
            find_group(summary, figures_shown[i].kind, variant);

        if (group) {
            cells_put(document, figures_shown[i].id, group,
                      summary_find(group, variant->name), false);
        } else {
            document_cell(document, MARK_NONE, "-");
        }
    }
}

static void
say_variant(struct document *document, const struct summary *summary,
            const struct variant *variant)
{
    struct text text = {0};

    for (size_t i = 0; i < PLACES; i++) {
        struct comparison over =
            compare(find_group(summary, places[i].kind, variant), variant);

        if (over.verdict == VERDICT_DIFFERENT) {
            text_add(&text, "%sx%.2f [%.2f, %.2f] the CPU %s",
                     text.length > 0 ? ", " : "", over.ratio, over.low,
                     over.high, places[i].where);
        }
    }
    if (text.length > 0) {
        document_item(document, variant->name, "%s instead of %s: %s",
                      variant->what, variant->base_what, text_string(&text));
    }
    text_free(&text);
}

void
variants_build(struct document *document, const struct summary *summary,
               bool sentences)
{
    static const struct column columns[] = {
        {"", "", 0, true},
        {"", "over", 0, true},
        {"CPU over that", "1 client", 0, false},
        {"CPU over that", "many", 0, false},
        {"CPU over that", "idle", 0, false},
        {"its own", "KiB/cl", 0, false},
        {"its own", "calls", 0, false},
        {"its own", "switch", 0, false},
    };

    document_heading(document, "Variants, each over what it is held against");
    document_table(document, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < VARIANTS; i++) {
        const struct variant *variant = &variants[i];

        if (!find_group(summary, KIND_ONE, variant) &&
            !find_group(summary, KIND_MANY, variant)) {
            continue;
        }
        document_cell(document, MARK_NONE, "%s", variant->name);
        document_cell(document, MARK_NONE, "%s", variant->base);
        for (size_t j = 0; j < PLACES; j++) {
            struct comparison over = compare(
                find_group(summary, places[j].kind, variant), variant);

            put_ratio(document, &over);
        }
        put_figures(document, summary, variant);
    }
    document_paragraph(
        document,
        "x: times it; same: within 3 %% of it; ~: not told apart; -: not "
        "measured; calls and switch: for each echo among many.");
    for (size_t i = 0; sentences && i < VARIANTS; i++) {
        say_variant(document, summary, &variants[i]);
    }
}
