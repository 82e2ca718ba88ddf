/*
 * ahead.c: who is ahead. See ahead.h.
 */
#include "harness/report/ahead.h"

#include <math.h>
#include <string.h>

enum {
    MODELS_MAX = 32,     /* that are in the matrix: the first ones */
    MODELS_BESIDE = 5,   /* that fit beside each other in 100 columns */
    SCENARIO_WIDTH = 14, /* "idle 10016" */
    MODEL_WIDTH = 14,    /* the longest name of a model */
};

/* The frame of a matrix. */
struct frame {
    const char *begin;  /* of a line */
    const char *behind; /* each cell */
    const char *before; /* each cell but the first */
    int first_width;    /* of the names of scenarios; below 0: to the left */
    int width;          /* of the other cells */
};

static const struct frame terminal = {"", "", " ", -SCENARIO_WIDTH,
                                      MODEL_WIDTH};
static const struct frame markdown = {"| ", " |", " ", 0, 0};

static size_t models_of(const struct summary *summary,
                        const char *models[MODELS_MAX]);
static bool too_few(const struct summary_row *row,
                    const struct summary_row *rows, size_t nrows);
static bool group_known(const struct summary_row *rows, size_t nrows);
static void print_matrix(FILE *file, const struct summary *summary,
                         const char *const models[], size_t nmodels,
                         const struct frame *frame);
static void print_line(FILE *file, const struct summary_row *rows,
                       size_t nrows, const char *const models[],
                       size_t nmodels, const struct frame *frame);
static void put_first(FILE *file, const struct frame *frame,
                      const char *cell);
static void put(FILE *file, const struct frame *frame, const char *cell);

bool
ahead_known(const struct summary *summary)
{
    for (size_t i = 0; i < summary->nrows;) {
        size_t end = summary_group_end(summary, i);

        if (group_known(&summary->rows[i], end - i)) {
            return true;
        }
        i = end;
    }
    return false;
}

void
ahead_legend(struct text *text)
{
    text_add(
        text,
        "who is ahead, by server CPU per echo: ahead = clearly below all "
        "others, x = times the one with the lowest median, ~ = no clear "
        "difference to it, ? = too few rounds to tell so many apart, same = "
        "within %.0f %% of it, - = not "
        "comparable",
        100 * VERDICT_THRESHOLD);
}

char *
ahead_cell(char cell[TEXT_CELL_BYTES], const struct summary_row *row,
           const struct summary_row *rows, size_t nrows)
{
    const char *word = "~";

    if (!row || !row->comparable || !group_known(rows, nrows)) {
        word = "-";
    } else if (row->least && summary_clearly_least(rows, nrows)) {
        word = "ahead";
    } else if (!row->least && row->over_least.verdict == VERDICT_SAME) {
        word = "same";
    } else if (too_few(row, rows, nrows)) {
        word = "?";
    } else if (!row->least && row->over_least.verdict == VERDICT_MORE) {
        snprintf(cell, TEXT_CELL_BYTES, "x%.2f",
                 row->over_least.ratio.median);
        return cell;
    }
    snprintf(cell, TEXT_CELL_BYTES, "%s", word);
    return cell;
}

void
ahead_print(FILE *file, const struct summary *summary)
{
    const char *models[MODELS_MAX];
    size_t nmodels = models_of(summary, models);

    for (size_t i = 0; i < nmodels; i += MODELS_BESIDE) {
        size_t left = nmodels - i;

        print_matrix(file, summary, &models[i],
                     left < MODELS_BESIDE ? left : MODELS_BESIDE, &terminal);
    }
}

void
ahead_print_markdown(FILE *file, const struct summary *summary)
{
    const char *models[MODELS_MAX];
    size_t nmodels = models_of(summary, models);

    print_matrix(file, summary, models, nmodels, &markdown);
}

/* True if the rounds do not suffice for a row, or for the least one, which
 * is held against all others, for any of them. */
static bool
too_few(const struct summary_row *row, const struct summary_row *rows,
        size_t nrows)
{
    for (size_t i = 0; row->least && i < nrows; i++) {
        if (rows[i].comparable && !rows[i].least &&
            rows[i].over_least.verdict == VERDICT_TOO_FEW) {
            return true;
        }
    }
    return !row->least && row->over_least.verdict == VERDICT_TOO_FEW;
}

/* Two models or more whose comparison has an interval. */
static bool
group_known(const struct summary_row *rows, size_t nrows)
{
    for (size_t i = 0; i < nrows; i++) {
        if (rows[i].comparable && isfinite(rows[i].over_least.ratio.low)) {
            return true;
        }
    }
    return false;
}

static void
print_matrix(FILE *file, const struct summary *summary,
             const char *const models[], size_t nmodels,
             const struct frame *frame)
{
    put_first(file, frame, "");
    for (size_t i = 0; i < nmodels; i++) {
        put(file, frame, models[i]);
    }
    fputc('\n', file);
    if (frame == &markdown) {
        put_first(file, frame, "---");
        for (size_t i = 0; i < nmodels; i++) {
            put(file, frame, "---:");
        }
        fputc('\n', file);
    }
    for (size_t i = 0; i < summary->nrows;) {
        size_t end = summary_group_end(summary, i);

        if (summary->rows[i].window.rate_per_s == 0) {
            print_line(file, &summary->rows[i], end - i, models, nmodels,
                       frame);
        }
        i = end;
    }
}

/* The models in the order of the tables, each once. */
static size_t
models_of(const struct summary *summary, const char *models[MODELS_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < summary->nrows && n < MODELS_MAX; i++) {
        const char *model = summary->rows[i].window.model;
        size_t known = 0;

        while (known < n && strcmp(models[known], model) != 0) {
            known++;
        }
        if (known == n && !summary_is_yardstick(&summary->rows[i])) {
            models[n++] = model;
        }
    }
    return n;
}

static void
print_line(FILE *file, const struct summary_row *rows, size_t nrows,
           const char *const models[], size_t nmodels,
           const struct frame *frame)
{
    char name[TEXT_CELL_BYTES];

    snprintf(name, sizeof name, "%s %d", rows[0].window.scenario,
             rows[0].window.clients);
    put_first(file, frame, name);
    for (size_t i = 0; i < nmodels; i++) {
        const struct summary_row *row = summary_find(rows, nrows, models[i]);
        char cell[TEXT_CELL_BYTES];

        put(file, frame, ahead_cell(cell, row, rows, nrows));
    }
    fputc('\n', file);
}

static void
put_first(FILE *file, const struct frame *frame, const char *cell)
{
    fprintf(file, "%s%*s%s", frame->begin, frame->first_width, cell,
            frame->behind);
}

static void
put(FILE *file, const struct frame *frame, const char *cell)
{
    fprintf(file, "%s%*s%s", frame->before, frame->width, cell,
            frame->behind);
}
