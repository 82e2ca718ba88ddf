/*
 * terminal.c: a document as text for a terminal. See document.h.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/report/document.h"

enum {
    COLUMNS_MAX = 80, /* of one table; the rest is not shown */
    GAP = 2,          /* between columns, or 1 where that is too wide */
    LABEL_WIDTH = 12, /* of an item's label, at least */
};

static const char bold[] = "\33[1m";
static const char red[] = "\33[31m";
static const char green[] = "\33[32m";
static const char plain[] = "\33[0m";

/* How a table is laid out. */
struct layout {
    const struct block *table;  /* the table */
    int gap;                    /* between two columns */
    int width;                  /* of the paper */
    size_t n;                   /* columns that are shown */
    size_t column[COLUMNS_MAX]; /* which */
    int wide[COLUMNS_MAX];      /* how wide each is, by its place above */
    bool colour;                /* escape sequences are welcome */
};

static int
longer(int width, const char *words)
{
    return (int)strlen(words) > width ? (int)strlen(words) : width;
}

static bool
says_nothing(const struct block *table, size_t column)
{
    bool any = false;

    for (size_t i = column; i < table->ncells; i += table->ncolumns) {
        const struct cell *cell = &table->cells[i];
        const char *words = text_string(&cell->text);

        any |= words[0] != '\0' && strcmp(words, "-") != 0;
    }
    return !any;
}

static bool
same_group(const struct layout *layout, size_t a, size_t b)
{
    const struct column *columns = layout->table->columns;

    return strcmp(columns[layout->column[a]].group,
                  columns[layout->column[b]].group) == 0;
}

/* The last of the columns beside `i` that share its group. */
static size_t
group_end(const struct layout *layout, size_t i)
{
    while (i + 1 < layout->n && same_group(layout, i, i + 1)) {
        i++;
    }
    return i;
}

static int
span(const struct layout *layout, size_t from, size_t to)
{
    int width = layout->wide[from];

    for (size_t i = from + 1; i <= to; i++) {
        width += layout->gap + layout->wide[i];
    }
    return width;
}

/* Make the columns as wide as their cells and headings. */
static void
measure(struct layout *layout)
{
    const struct block *table = layout->table;

    for (size_t i = 0; i < layout->n; i++) {
        size_t column = layout->column[i];

        layout->wide[i] = longer(0, table->columns[column].heading);
        for (size_t j = column; j < table->ncells; j += table->ncolumns) {
            if (!table->cells[j].rest) {
                layout->wide[i] = longer(layout->wide[i],
                                         text_string(&table->cells[j].text));
            }
        }
    }
    for (size_t i = 0; i < layout->n; i++) {
        size_t end = group_end(layout, i);
        const char *group = table->columns[layout->column[i]].group;
        int missing = (int)strlen(group) - span(layout, i, end);

        layout->wide[end] += missing > 0 ? missing : 0;
        i = end;
    }
}

/* Take the column out that may go first. False if none may. */
static bool
drop_one(struct layout *layout)
{
    const struct column *columns = layout->table->columns;
    size_t first = 0;

    for (size_t i = 1; i < layout->n; i++) {
        if (columns[layout->column[i]].drop >=
            columns[layout->column[first]].drop) {
            first = i;
        }
    }
    if (columns[layout->column[first]].drop == 0) {
        return false;
    }
    layout->n--;
    memmove(&layout->column[first], &layout->column[first + 1],
            (layout->n - first) * sizeof layout->column[0]);
    return true;
}

static void
choose_columns(struct layout *layout)
{
    for (size_t i = 0; i < layout->table->ncolumns && layout->n < COLUMNS_MAX;
         i++) {
        if (i == 0 || !says_nothing(layout->table, i)) {
            layout->column[layout->n++] = i;
        }
    }
    layout->gap = GAP;
    measure(layout);
    while (span(layout, 0, layout->n - 1) > layout->width) {
        if (layout->gap > 1) {
            layout->gap = 1;
        } else if (!drop_one(layout)) {
            return;
        }
        measure(layout);
    }
}

static void
put(FILE *file, const struct layout *layout, size_t i, int width,
    const char *words, enum mark mark)
{
    bool left = layout->table->columns[layout->column[i]].left;
    const char *begin = "";

    if (layout->colour && mark != MARK_NONE) {
        begin = mark == MARK_BAD ? red : green;
    }
    fprintf(file, "%s%*s%s", begin, left ? -width : width, words,
            begin[0] != '\0' ? plain : "");
}

/* A line of cells: a heading without `cells`. */
static void
put_line(FILE *file, const struct layout *layout, const struct cell *cells,
         size_t from, size_t to)
{
    int column = 0;

    for (size_t i = 0; i < to; i = i == 0 ? from : i + 1) {
        size_t place = layout->column[i];
        const struct cell *cell = cells ? &cells[place] : NULL;
        const char *words = cell ? text_string(&cell->text)
                                 : layout->table->columns[place].heading;

        fprintf(file, "%*s", i > 0 ? layout->gap : 0, "");
        if (cell && cell->rest) {
            text_wrap(file, words, column + layout->gap, layout->width, 4);
            return;
        }
        column += layout->wide[i] + (i > 0 ? layout->gap : 0);
        /* No blanks behind the last words. */
        put(file, layout, i,
            i + 1 == to && layout->table->columns[place].left
                ? 0
                : layout->wide[i],
            words, cell ? cell->mark : MARK_NONE);
    }
    fputc('\n', file);
}

/* The words above the headings, if there are any. */
static void
put_groups(FILE *file, const struct layout *layout, size_t from, size_t to)
{
    /* No blanks behind the last words. */
    while (to > from &&
           layout->table->columns[layout->column[to - 1]].group[0] == '\0') {
        to--;
    }
    if (to <= from) {
        return;
    }
    fprintf(file, "%*s", layout->wide[0], "");
    for (size_t i = from; i < to; i++) {
        size_t end = group_end(layout, i);

        end = end < to ? end : to - 1;
        fprintf(file, "%*s", layout->gap, "");
        put(file, layout, i, span(layout, i, end),
            layout->table->columns[layout->column[i]].group, MARK_NONE);
        i = end;
    }
    fputc('\n', file);
}

/* Without any nothing was measured but names. */
static bool
has_headings(const struct layout *layout)
{
    for (size_t i = 0; i < layout->n; i++) {
        if (layout->table->columns[layout->column[i]].heading[0] != '\0') {
            return true;
        }
    }
    return false;
}

/* In pieces, where even the columns that must be there are too many. */
static void
put_table(FILE *file, const struct block *table, int width, bool colour)
{
    struct layout layout = {.table = table, .width = width, .colour = colour};
    size_t from;
    size_t to = 1;

    choose_columns(&layout);
    if (!has_headings(&layout)) {
        return;
    }
    do {
        int used = layout.wide[0];

        for (from = to; to < layout.n; to++) {
            used += layout.gap + layout.wide[to];
            if (used > width && to > from) {
                break;
            }
        }
        put_groups(file, &layout, from, to);
        put_line(file, &layout, NULL, from, to);
        for (size_t i = 0; i + table->ncolumns <= table->ncells;
             i += table->ncolumns) {
            put_line(file, &layout, &table->cells[i], from, to);
        }
    } while (to < layout.n);
}

static int
label_width(const struct document *document)
{
    int width = LABEL_WIDTH;

    for (size_t i = 0; i < document->nblocks; i++) {
        width =
            longer(width - 2, text_string(&document->blocks[i].label)) + 2;
    }
    return width;
}

void
document_print_text(FILE *file, const struct document *document, int width,
                    bool colour)
{
    int label = label_width(document);

    for (size_t i = 0; i < document->nblocks; i++) {
        const struct block *block = &document->blocks[i];
        const char *words = text_string(&block->text);

        if (block->kind == BLOCK_HEADING) {
            fputs(i > 0 ? "\n" : "", file);
            fputs(colour ? bold : "", file);
            text_wrap(file, words, 0, width, 0);
            fputs(colour ? plain : "", file);
        } else if (block->kind == BLOCK_PARAGRAPH) {
            text_wrap(file, words, 0, width, 0);
        } else if (block->kind == BLOCK_ITEM) {
            fprintf(file, "  %-*s", label, text_string(&block->label));
            text_wrap(file, words, label + 2, width, label + 2);
        } else {
            put_table(file, block, width, colour);
        }
    }
}
