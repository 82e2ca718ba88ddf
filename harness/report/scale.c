/*
 * scale.c: what clients that only wait cost. See scale.h.
 */
#include "harness/report/scale.h"

#include <math.h>
#include <string.h>

#include "harness/report/cells.h"
#include "harness/report/explain.h"
#include "harness/report/ranking.h"

enum {
    SIZES_MAX = 4, /* that fit into TEXT_WIDTH columns */
};

/* The groups of the scenario, the one with the fewest idle clients first. */
struct sizes {
    size_t begin[SIZES_MAX]; /* first row of each */
    size_t end[SIZES_MAX];   /* the row behind its last */
    size_t n;                /* how many */
};

/* How a table is drawn. */
struct frame {
    const char *begin;  /* before the first cell */
    const char *behind; /* each cell */
    int model_width;    /* columns of a model's name */
    int cost_width;     /* ... of a price */
    int wide_width;     /* ... of what stands right of the prices */
};

static const struct frame terminal = {"", "", 14, 11, 13};
static const struct frame markdown = {"| ", " | ", 0, 0, 0};

static void find_sizes(struct sizes *sizes, const struct summary *summary);
static void print(FILE *file, const struct summary *summary,
                  const struct frame *frame);
static void print_headings(FILE *file, const struct sizes *sizes,
                           const struct summary *summary,
                           const struct frame *frame);
static void print_model(FILE *file, const struct sizes *sizes,
                        const struct summary *summary,
                        const struct summary_row *most,
                        const struct frame *frame);
static char *write_cost(char *cell, const struct summary_row *row);
static char *write_held(char *cell, const struct summary_row *row);
static char *write_stacks(char *cell, const struct summary_row *row);
static void put(FILE *file, const struct frame *frame, int width,
                const char *cell);
static void add_holders(struct text *text, const struct summary_row *rows,
                        size_t nrows);
static double kept_kib(const struct summary_row *row);
static double stacks_kib(const struct summary_row *row);

bool
scale_known(const struct summary *summary)
{
    struct sizes sizes;

    find_sizes(&sizes, summary);
    return sizes.n > 1;
}

void
scale_legend(struct text *text)
{
    text_add(
        text,
        "idle clients: server CPU for each echo of the busy ones as "
        "times the floor, by how many are idle beside them; of the most, "
        "how many clients are held; KiB that each idle one keeps: "
        "resident, and beside it the kernel's stack of its thread");
}

void
scale_print(FILE *file, const struct summary *summary)
{
    print(file, summary, &terminal);
}

void
scale_print_markdown(FILE *file, const struct summary *summary)
{
    print(file, summary, &markdown);
}

void
scale_sentence(struct text *text, const struct summary *summary)
{
    struct sizes sizes;
    const struct summary_row *rows;
    size_t nrows;

    find_sizes(&sizes, summary);
    if (sizes.n == 0) {
        return;
    }
    rows = &summary->rows[sizes.begin[sizes.n - 1]];
    nrows = sizes.end[sizes.n - 1] - sizes.begin[sizes.n - 1];
    add_holders(text, rows, nrows);
    for (size_t i = 0; i < nrows; i++) {
        if (cells_measured(&rows[i]) && cells_starved(&rows[i])) {
            text_add(text, "; %s stops at %.0f: ", rows[i].window.model,
                     rows[i].served_least);
            explain_starved(text, &rows[i]);
        }
    }
    text_add(text, ". ");
}

/* Rows are grouped in the order of the run, which need not be that of the
 * sizes. */
static void
find_sizes(struct sizes *sizes, const struct summary *summary)
{
    sizes->n = 0;
    for (size_t i = 0; i < summary->nrows && sizes->n < SIZES_MAX;) {
        const struct window *window = &summary->rows[i].window;
        size_t end = summary_group_end(summary, i);
        size_t place = sizes->n;

        if (strcmp(window->scenario, "idle") == 0 &&
            !cells_all_skipped(&summary->rows[i], end - i)) {
            while (place > 0 &&
                   summary->rows[sizes->begin[place - 1]].window.silent >
                       window->silent) {
                sizes->begin[place] = sizes->begin[place - 1];
                sizes->end[place] = sizes->end[place - 1];
                place--;
            }
            sizes->begin[place] = i;
            sizes->end[place] = end;
            sizes->n++;
        }
        i = end;
    }
}

static void
print(FILE *file, const struct summary *summary, const struct frame *frame)
{
    struct sizes sizes;

    find_sizes(&sizes, summary);
    if (sizes.n == 0) {
        return;
    }
    print_headings(file, &sizes, summary, frame);
    for (size_t i = sizes.begin[sizes.n - 1]; i < sizes.end[sizes.n - 1];
         i++) {
        print_model(file, &sizes, summary, &summary->rows[i], frame);
    }
}

static void
print_headings(FILE *file, const struct sizes *sizes,
               const struct summary *summary, const struct frame *frame)
{
    char cell[TEXT_CELL_BYTES];

    fprintf(file, "%s%-*s%s", frame->begin, frame->model_width, "model",
            frame->behind);
    for (size_t i = 0; i < sizes->n; i++) {
        snprintf(cell, sizeof cell, "%d idle",
                 summary->rows[sizes->begin[i]].window.silent);
        put(file, frame, frame->cost_width, cell);
    }
    put(file, frame, frame->wide_width, "held");
    put(file, frame, frame->wide_width, "resident");
    put(file, frame, frame->wide_width, "thread stack");
    fputc('\n', file);
    if (frame == &markdown) {
        fputs("| --- | ", file);
        for (size_t i = 0; i < sizes->n + 3; i++) {
            put(file, frame, 0, "---:");
        }
        fputc('\n', file);
    }
}

/* `most` is the model's row in the largest size. */
static void
print_model(FILE *file, const struct sizes *sizes,
            const struct summary *summary, const struct summary_row *most,
            const struct frame *frame)
{
    const struct cells_style style = {.milliseconds = false};
    char cell[TEXT_CELL_BYTES];

    fprintf(file, "%s%-*s%s", frame->begin, frame->model_width,
            text_clip(cell, most->window.model, cells_width(CELLS_MODEL)),
            frame->behind);
    for (size_t i = 0; i < sizes->n; i++) {
        const struct summary_row *row =
            summary_find(&summary->rows[sizes->begin[i]],
                         sizes->end[i] - sizes->begin[i], most->window.model);

        put(file, frame, frame->cost_width, write_cost(cell, row));
    }
    put(file, frame, frame->wide_width, write_held(cell, most));
    put(file, frame, frame->wide_width,
        cells_measured(most) ? cells_write(cell, CELLS_MEMORY, most, &style)
                             : "-");
    put(file, frame, frame->wide_width, write_stacks(cell, most));
    fputc('\n', file);
}

/* A server that did not serve them all had it easier, so it has no price. */
static char *
write_cost(char *cell, const struct summary_row *row)
{
    bool fair = row && cells_measured(row) && !cells_starved(row);

    return text_number(
        cell, fair ? row->figure[WINDOW_CPU_OVER_FLOOR].median : NAN, "-");
}

static char *
write_held(char *cell, const struct summary_row *row)
{
    if (!cells_measured(row)) {
        snprintf(cell, TEXT_CELL_BYTES, "%s",
                 window_status_name(row->status));
    } else {
        snprintf(cell, TEXT_CELL_BYTES, "%.0f/%d", row->served_least,
                 row->window.clients);
    }
    return cell;
}

/* No thread for a client is none, which is a result. */
static char *
write_stacks(char *cell, const struct summary_row *row)
{
    if (stacks_kib(row) == 0) {
        snprintf(cell, TEXT_CELL_BYTES, "none");
        return cell;
    }
    return text_number(cell, stacks_kib(row), "-");
}

static void
put(FILE *file, const struct frame *frame, int width, const char *cell)
{
    fprintf(file, "%*s%s", frame == &terminal ? width : 0, cell,
            frame->behind);
}

/* "threaded, coroutine and libevent hold all 10016 clients; each idle one
 * keeps 1.05 KiB in libevent, ...". */
static void
add_holders(struct text *text, const struct summary_row *rows, size_t nrows)
{
    struct ranking missed;
    struct ranking kept;
    struct ranking holders = {.n = 0};

    ranking_make(&missed, rows, nrows, ranking_missed);
    ranking_make(&kept, rows, nrows, kept_kib);
    if (ranking_above(&missed, 0) > 0) {
        size_t n = ranking_above(&missed, 0);

        ranking_names(text, &missed, 0, n);
        text_add(text, " hold%s all %d clients", n == 1 ? "s" : "",
                 rows[0].window.clients);
    } else {
        text_add(text, "nobody holds all %d clients", rows[0].window.clients);
    }
    for (size_t i = 0; i < kept.n; i++) {
        if (!cells_starved(kept.places[i].row)) {
            holders.places[holders.n++] = kept.places[i];
        }
    }
    text_add(text, "%s",
             holders.n > 0 ? ", of which each idle one keeps " : "");
    for (size_t i = 0; i < holders.n; i++) {
        struct text item = {0};
        char number[TEXT_CELL_BYTES];

        text_add(&item, "%s KiB in %s",
                 text_number(number, holders.places[i].value, "-"),
                 holders.places[i].row->window.model);
        text_add_item(text, i, holders.n, text_string(&item));
        text_free(&item);
    }
}

/* Resident, and in the kernel for its thread. */
static double
kept_kib(const struct summary_row *row)
{
    double stacks = stacks_kib(row);

    return ranking_memory(row) + (isnan(stacks) ? 0 : stacks);
}

static double
stacks_kib(const struct summary_row *row)
{
    return cells_measured(row)
               ? row->figure[WINDOW_STACK_KIB_PER_CLIENT].median
               : NAN;
}
