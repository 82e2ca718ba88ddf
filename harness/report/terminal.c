/*
 * terminal.c: a document as text for a terminal. See internal.h.
 */
#include <string.h>
#include <sys/param.h>

#include "harness/report/internal.h"

enum {
    LABEL_WIDTH = 12, /* of an item's label, at least */
    REST_INDENT = 4,  /* of further lines of a sentence in a row */
};

static const char bold[] = "\33[1m";
static const char plain[] = "\33[0m";
static const char *const colours[] = {
    [MARK_NONE] = "",
    [MARK_BAD] = "\33[31m",  /* red */
    [MARK_BEST] = "\33[32m", /* green */
};

/* Print words in lines of at most `width` columns, broken at blanks, and
 * within a word that is longer. The first line is there up to `column`; the
 * others begin with `indent` blanks. Ends the last line. */
static void
wrap(FILE *file, const char *words, int column, int width, int indent)
{
    int begin = column; /* of the line */

    while (words[strspn(words, " ")] != '\0') {
        int blanks = (int)strspn(words, " ");
        int length = (int)strcspn(words + blanks, " ");

        words += blanks;
        if (column > begin && column + blanks + length > width) {
            fprintf(file, "\n%*s", indent, "");
            column = begin = indent;
            blanks = 0;
        }
        length = MIN(length, MAX(width - column - blanks, 1));
        fprintf(file, "%*s%.*s", blanks, "", length, words);
        column += blanks + length;
        words += length;
    }
    fputc('\n', file);
}

/* ---- tables ------------------------------------------------------------ */

/* How a table is laid out. */
struct layout {
    struct block *table;              /* the table, as far as it fits */
    const struct report_paper *paper; /* where it stands */
    int gap;                          /* between two columns */
    int wide[COLUMNS_MAX];            /* how wide each column is */
};

static int
longer(int width, const char *words)
{
    return MAX(width, (int)strlen(words));
}

static int
span(const struct layout *layout, size_t from, size_t to)
{
    int width = -layout->gap;

    for (size_t i = from; i < to; i++) {
        width += layout->gap + layout->wide[i];
    }
    return width;
}

/* Make the columns as wide as their cells and headings. Returns how wide the
 * table is then. */
static int
measure(struct layout *layout)
{
    const struct block *table = layout->table;
    size_t end;

    for (size_t i = 0; i < table->ncolumns; i++) {
        layout->wide[i] = longer(0, table->columns[i].heading);
        for (size_t j = i; j < table->ncells; j += table->ncolumns) {
            if (!table->cells[j].rest) {
                layout->wide[i] =
                    longer(layout->wide[i], table->cells[j].words);
            }
        }
    }
    for (size_t i = 0; i < table->ncolumns; i = end) {
        end = table_neighbours(layout->table, i, table->ncolumns);
        int wide = span(layout, i, end);

        layout->wide[end - 1] += longer(wide, table->columns[i].above) - wide;
    }
    return span(layout, 0, table->ncolumns);
}

/* Take the column out that may go first. False if none may. */
static bool
drop_one(struct block *table)
{
    size_t first = 0;

    for (size_t i = 1; i < table->ncolumns; i++) {
        if (table->columns[i].drop >= table->columns[first].drop) {
            first = i;
        }
    }
    if (table->columns[first].drop == 0) {
        return false;
    }
    table_drop(table, first);
    return true;
}

/* Make it fit: a smaller gap, then fewer columns. */
static void
fit(struct layout *layout)
{
    layout->gap = 2;
    while (measure(layout) > layout->paper->width &&
           (layout->gap == 2 || drop_one(layout->table))) {
        layout->gap = 1;
    }
}

/* A line of the first cell and those of these places, if these are not all
 * empty, with no blanks behind the last one. What stands `above` the headings
 * is one for all neighbours. */
static void
put_line(FILE *file, const struct layout *layout, const struct cell *cells,
         size_t from, size_t to, bool above)
{
    const struct block *table = layout->table;
    int column = 0;
    size_t end;

    while (to > from && cells[to - 1].words[0] == '\0') {
        to--;
    }
    for (size_t i = 0; i < to && to > from; i = i == 0 ? from : end) {
        const struct cell *cell = &cells[i];
        const char *colour = layout->paper->colour ? colours[cell->mark] : "";
        int gap = i > 0 ? layout->gap : 0;
        int width;

        fprintf(file, "%*s", gap, "");
        column += gap;
        if (cell->rest) {
            wrap(file, cell->words, column, layout->paper->width,
                 REST_INDENT);
            return;
        }
        end = above && i > 0 ? table_neighbours(table, i, to) : i + 1;
        width = span(layout, i, end);
        column += width;
        if (table->columns[i].left) {
            width = end == to ? 0 : -width;
        }
        fprintf(file, "%s%*s%s", colour, width, cell->words,
                colour[0] != '\0' ? plain : "");
    }
    fputs(to > from ? "\n" : "", file);
}

/* In pieces, where even the columns that must be there are too many. Nothing
 * of a table in which nothing was measured but names. */
static void
put_table(FILE *file, struct block *table, const struct report_paper *paper)
{
    struct layout layout = {.table = table, .paper = paper};
    struct cell above[COLUMNS_MAX] = {{0}};
    struct cell headings[COLUMNS_MAX] = {{0}};
    struct text legend;
    size_t to = 1;

    fit(&layout);
    for (size_t i = 0; i < table->ncolumns; i++) {
        above[i].words = table->columns[i].above;
        headings[i].words = table->columns[i].heading;
    }
    while (to < table->ncolumns) {
        size_t from = to++;

        while (to < table->ncolumns &&
               layout.wide[0] + layout.gap + span(&layout, from, to + 1) <=
                   paper->width) {
            to++;
        }
        put_line(file, &layout, above, from, to, true);
        put_line(file, &layout, headings, from, to, false);
        for (size_t i = 0; i < table->ncells; i += table->ncolumns) {
            put_line(file, &layout, &table->cells[i], from, to, false);
        }
    }
    legend = table_legend(table);
    if (legend.bytes[0] != '\0') {
        wrap(file, legend.bytes, 0, paper->width, 0);
    }
}

void
document_print_text(FILE *file, struct document *document,
                    const struct report_paper *paper)
{
    int width = paper->width;
    int label = LABEL_WIDTH;

    for (size_t i = 0; i < document->nblocks; i++) {
        if (document->blocks[i].kind == BLOCK_ITEM) {
            label = longer(label - 2, document->blocks[i].label) + 2;
        }
    }
    for (size_t i = 0; i < document->nblocks; i++) {
        struct block *block = &document->blocks[i];

        if (block->kind == BLOCK_HEADING) {
            fprintf(file, "%s%s", i > 0 ? "\n" : "",
                    paper->colour ? bold : "");
            wrap(file, block->words, 0, width, 0);
            fputs(paper->colour ? plain : "", file);
        } else if (block->kind == BLOCK_PARAGRAPH) {
            wrap(file, block->words, 0, width, 0);
        } else if (block->kind == BLOCK_ITEM) {
            fprintf(file, "  %-*s", label, block->label);
            wrap(file, block->words, label + 2, width, label + 2);
        } else if (block->kind == BLOCK_TABLE) {
            put_table(file, block, paper);
        }
    }
    document_free(document);
}
