/*
 * variants.c: the same model made in another way, beside the model. See
 * report.h and internal.h.
 */

#include "harness/report/internal.h"

const struct variant variants[VARIANTS] = {
    {"libevent", "libevent", NULL, "", NULL, NULL, 0},
    {"libevent-poll", "libevent", "--backend=poll", "libevent", "poll(2)",
     "libevent's epoll", 0},
    {"libevent-select", "libevent", "--backend=select", "libevent",
     "select(2)", "libevent's epoll", MODEL_SELECT},
    {"selectloop", "selectloop", NULL, "libevent-select", "our own",
     "the library's loop on the same select(2)", 0},
    {"bufferevent", "bufferevent", NULL, "libevent", "the library's buffers",
     "libevent's plain events", 0},
    {"coroutine", "coroutine", NULL, "", NULL, NULL, 0},
    {"coroutine-swapcontext", "coroutine", "--switch=swapcontext",
     "coroutine", "swapcontext(3)", "coroutine's own jump",
     MODEL_STACK_EACH | MODEL_EDGES},
    {"threaded", "threaded", NULL, "", NULL, NULL, 0},
    {"threaded-8192", "threaded", "--stack-size=8192", "threaded",
     "stacks of 8192 KiB", "threaded's default stacks", MODEL_THREAD_EACH},
};

/* The scenarios that they are compared in. */
static const struct {
    enum cells_kind kind; /* of the scenario */
    const char *heading;  /* of a column */
    const char *where;    /* in a sentence */
} places[] = {
    {KIND_ONE, "1 client", "with one client"},
    {KIND_MANY, "many", "with many clients"},
    {KIND_IDLE, "idle", "beside idle clients"},
};

/* A variant over what it is held against; unknown if one is missing. */
static struct comparison
compare(const struct summary *summary, enum cells_kind kind,
        const struct variant *variant)
{
    const struct summary_group *group = group_largest(summary, kind);

    return summary_compare(summary_find(group, variant->name),
                           summary_find(group, variant->base), FIT_CPU);
}

void
variants_build(struct document *document, const struct summary *summary)
{
    const struct summary_group *many = group_largest(summary, KIND_MANY);
    struct sheet sheet = {0};

    sheet_column(&sheet, CELLS_MODEL, 0);
    sheet_column(&sheet, CELLS_BASE, 0);
    for (size_t i = 0; i < COUNT(places); i++) {
        struct column *column = sheet_column(&sheet, CELLS_OVER_BASE, 0);

        column->group = group_largest(summary, places[i].kind);
        PUT(column->above, "CPU over that");
        PUT(column->heading, "%s", places[i].heading);
    }
    sheet_column(&sheet, CELLS_MEMORY, 1)->group =
        group_largest(summary, KIND_IDLE);
    sheet_column(&sheet, CELLS_CALLS, 2)->group = many;
    sheet_column(&sheet, CELLS_SWITCHES, 3)->group = many;
    for (size_t i = 0; i < VARIANTS; i++) {
        for (size_t j = 0; j < COUNT(places); j++) {
            if (compare(summary, places[j].kind, &variants[i]).verdict !=
                VERDICT_UNKNOWN) {
                sheet_row(&sheet, NULL, variants[i].name)->base =
                    variants[i].base;
                break;
            }
        }
    }
    if (sheet.nrows == 0) {
        return;
    }
    document_heading(document, "Variants, each over what it is held against");
    sheet_build(document, &sheet, true);
}

void
variants_say(struct document *document, const struct summary *summary)
{
    struct document items = {0};

    for (const struct variant *variant = variants;
         variant < variants + VARIANTS; variant++) {
        struct text text = {0};

        for (size_t i = 0; i < COUNT(places); i++) {
            struct comparison over =
                compare(summary, places[i].kind, variant);

            if (over.verdict == VERDICT_DIFFERENT) {
                text_item(&text, ", ", "x%.2f [%.2f, %.2f] the CPU %s",
                          over.ratio, over.low, over.high, places[i].where);
            }
        }
        document_item(&items, variant->name,
                      text.bytes[0] != '\0' ? "%s instead of %s: %s" : "",
                      variant->what, variant->base_what, text.bytes);
    }
    document_append(document, "What each variant shows", &items);
}
