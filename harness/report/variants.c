/*
 * variants.c: the same model made in another way. See variants.h.
 */
#include "harness/report/variants.h"

#include <math.h>
#include <stdlib.h>
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

/* The columns behind the names; a pair is compared by the first of them. */
static const struct column {
    const char *heading;
    const char *scenario;
    int clients; /* 0: any number, since idle shrinks with descriptors */
    enum cells_column cell;
    enum window_figure figure;
} columns[] = {
    {"echo 1", "echo", 1, CELLS_YARDSTICK, WINDOW_SERVER_CPU_US_PER_ECHO},
    {"echo 64", "echo", 64, CELLS_YARDSTICK, WINDOW_SERVER_CPU_US_PER_ECHO},
    {"idle", "idle", 0, CELLS_YARDSTICK, WINDOW_SERVER_CPU_US_PER_ECHO},
    {"KiB/cl", "idle", 0, CELLS_MEMORY, WINDOW_RSS_KIB_PER_CLIENT},
    {"calls", "echo", 64, CELLS_SYSCALLS, WINDOW_SYSCALLS_PER_ECHO},
    {"switch", "echo", 64, CELLS_SWITCHES, WINDOW_SWITCHES_PER_ECHO},
};
enum {
    COLUMNS = sizeof columns / sizeof columns[0],
    COMPARED = 4,
};

static void print_row(FILE *file, const struct summary *summary,
                      const struct variant *variant, bool markdown);
static void put(FILE *file, int width, const char *cell, bool markdown);
static const struct summary_row *row_of(const struct summary *summary,
                                        const struct column *column,
                                        const char *model);
static void compare_all(struct comparison pairs[VARIANTS][COMPARED],
                        const struct summary *summary);
static struct comparison compare(const struct summary_row *row,
                                 const struct summary_row *base,
                                 enum window_figure figure);
static void add_outcome(struct text *text, const struct summary *summary,
                        const struct variant *variant,
                        const struct comparison pairs[COMPARED],
                        enum verdict outcome);
static void add_fact(struct text *text, const struct summary_row *row,
                     const struct summary_row *base, double times,
                     enum window_figure figure);

void
variants_legend(struct text *text)
{
    text_add(text,
             "variants, each below what it is held against: server CPU for "
             "each echo over the yardstick's, by scenario; resident KiB for "
             "each client of idle; calls and context switches for each echo "
             "of echo 64");
}

void
variants_print(FILE *file, const struct summary *summary, bool markdown)
{
    print_row(file, summary, NULL, markdown);
    for (int i = 0; i < COLUMNS + 2 && markdown; i++) {
        fputs(i < 2 ? "| --- " : "| ---: ", file);
    }
    fputs(markdown ? "|\n" : "", file);
    for (int i = 0; i < VARIANTS; i++) {
        print_row(file, summary, &variants[i], markdown);
    }
}

bool
variants_sentence(struct text *text, const struct summary *summary, size_t i)
{
    struct comparison pairs[VARIANTS][COMPARED];

    if (i < VARIANTS) {
        compare_all(pairs, summary);
        add_outcome(text, summary, &variants[i], pairs[i], VERDICT_MORE);
        add_outcome(text, summary, &variants[i], pairs[i], VERDICT_SAME);
        add_outcome(text, summary, &variants[i], pairs[i], VERDICT_UNCLEAR);
        add_outcome(text, summary, &variants[i], pairs[i], VERDICT_TOO_FEW);
        text_add(text, "%s", text->length > 0 ? "." : "");
    }
    return i < VARIANTS;
}

/* Without a variant, the headings. */
static void
print_row(FILE *file, const struct summary *summary,
          const struct variant *variant, bool markdown)
{
    const struct cells_style style = {.milliseconds = false};
    char cells[COLUMNS][TEXT_CELL_BYTES];
    int measured = 0;

    for (int i = 0; i < COLUMNS; i++) {
        const struct summary_row *row =
            variant ? row_of(summary, &columns[i], variant->name) : NULL;

        measured += row != NULL;
        snprintf(cells[i], sizeof cells[i], "%s",
                 variant ? "-" : columns[i].heading);
        if (row) {
            cells_write(cells[i], columns[i].cell, row, &style);
        }
    }
    if (variant && measured == 0) {
        return;
    }
    put(file, -22, variant ? variant->name : "variant", markdown);
    put(file, -16, variant ? variant->base : "against", markdown);
    for (int i = 0; i < COLUMNS; i++) {
        put(file, 9, cells[i], markdown);
    }
    fputs(markdown ? "|\n" : "\n", file);
}

static void
put(FILE *file, int width, const char *cell, bool markdown)
{
    fprintf(file, "%s%*s%s", markdown ? "| " : "", markdown ? 0 : width, cell,
            markdown ? " " : "");
}

/* The row that a column is about, or NULL if it cannot be held against
 * others. */
static const struct summary_row *
row_of(const struct summary *summary, const struct column *column,
       const char *model)
{
    for (size_t i = 0; i < summary->nrows; i++) {
        const struct summary_row *row = &summary->rows[i];

        if (row->comparable && strcmp(row->window.model, model) == 0 &&
            strcmp(row->window.scenario, column->scenario) == 0 &&
            (column->clients == 0 ||
             column->clients == row->window.clients)) {
            return row;
        }
    }
    return NULL;
}

/* All pairs are shown together, so they are decided together. */
static void
compare_all(struct comparison pairs[VARIANTS][COMPARED],
            const struct summary *summary)
{
    struct comparison *known[VARIANTS * COMPARED];
    size_t n = 0;

    for (int i = 0; i < VARIANTS; i++) {
        for (int j = 0; j < COMPARED; j++) {
            pairs[i][j] =
                compare(row_of(summary, &columns[j], variants[i].name),
                        row_of(summary, &columns[j], variants[i].base),
                        columns[j].figure);
            if (pairs[i][j].ratio.values > 0) {
                known[n++] = &pairs[i][j];
            }
        }
    }
    verdict_decide(known, n);
}

static struct comparison
compare(const struct summary_row *row, const struct summary_row *base,
        enum window_figure figure)
{
    double *ratios =
        row && base ? calloc(row->nwindows + 1, sizeof *ratios) : NULL;
    size_t n = ratios ? summary_ratios(row, base, figure, ratios) : 0;
    struct comparison comparison = verdict_compare(ratios, n);

    free(ratios);
    return comparison;
}

/* All that came out one way; VERDICT_MORE stands for what is clear. */
static void
add_outcome(struct text *text, const struct summary *summary,
            const struct variant *variant,
            const struct comparison pairs[COMPARED], enum verdict outcome)
{
    static const char *const words[] = {
        [VERDICT_MORE] = "cost",
        [VERDICT_SAME] = "cost the same",
        [VERDICT_UNCLEAR] = "made no clear difference in",
        [VERDICT_TOO_FEW] = "had too few rounds to be told apart in",
    };
    size_t which[COMPARED];
    size_t n = 0;

    for (size_t i = 0; i < COMPARED; i++) {
        bool less = pairs[i].verdict == VERDICT_LESS;

        if (pairs[i].ratio.values > 0 &&
            (less ? VERDICT_MORE : pairs[i].verdict) == outcome) {
            which[n++] = i;
        }
    }
    if (n > 0 && text->length > 0) {
        text_add(text, "; %s ", words[outcome]);
    } else if (n > 0) {
        text_add(text, "%s: compared with %s, %s %s ", variant->name,
                 variant->base_what, variant->what, words[outcome]);
    }
    for (size_t i = 0; i < n; i++) {
        const struct column *column = &columns[which[i]];

        text_add_item(text, i, n, "");
        add_fact(text, row_of(summary, column, variant->name),
                 row_of(summary, column, variant->base),
                 outcome == VERDICT_MORE ? pairs[which[i]].ratio.median : NAN,
                 column->figure);
    }
}

/* "1.18 times the CPU with 64 clients" or, where no figure may be given and
 * `times` is NAN, "CPU with 64 clients". */
static void
add_fact(struct text *text, const struct summary_row *row,
         const struct summary_row *base, double times,
         enum window_figure figure)
{
    double more = row->figure[figure].median - base->figure[figure].median;
    char number[TEXT_CELL_BYTES];

    if (isfinite(times) && figure == WINDOW_RSS_KIB_PER_CLIENT) {
        text_add(text, "%s KiB %s ", text_number(number, fabs(more), "-"),
                 more < 0 ? "less" : "more");
    } else if (isfinite(times)) {
        text_add(text, "%s times the ", text_number(number, times, "-"));
    }
    if (figure == WINDOW_RSS_KIB_PER_CLIENT) {
        text_add(text, "memory for each client");
    } else if (row->window.silent > 0) {
        text_add(text, "CPU beside %d silent clients", row->window.silent);
    } else {
        text_add(text, "CPU with %d client%s", row->window.clients,
                 row->window.clients == 1 ? "" : "s");
    }
}
