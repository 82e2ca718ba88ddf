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
static const char red[] = "\33[31m";
static const char green[] = "\33[32m";
static const char plain[] = "\33[0m";

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

/* Make the columns as wide as their cells and headings. */
static void
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
    measure(layout);
    while (span(layout, 0, layout->table->ncolumns) > layout->paper->width) {
        if (layout->gap == 2) {
            layout->gap = 1;
        } else if (!drop_one(layout->table)) {
            return;
        }
        measure(layout);
    }
}

/* Words in a width, in colour or not; no blanks behind the last ones. */
static void
put(FILE *file, const struct layout *layout, const char *words, int width,
    bool left, bool last, enum mark mark)
{
    const char *begin = !layout->paper->colour || mark == MARK_NONE ? ""
                        : mark == MARK_BAD                          ? red
                                                                    : green;

    fprintf(file, "%s%*s%s", begin,
            !left  ? width
            : last ? 0
                   : -width,
            words, begin[0] != '\0' ? plain : "");
}

/* A line of the first cell and those of these places, if these are not all
 * empty; the headings without `cells`. */
static void
put_line(FILE *file, const struct layout *layout, const struct cell *cells,
         size_t from, size_t to)
{
    int column = 0;

    while (cells && to > from && cells[to - 1].words[0] == '\0') {
        to--;
    }
    for (size_t i = 0; i < to && to > from; i = i == 0 ? from : i + 1) {
        const struct column *above = &layout->table->columns[i];
        const struct cell *cell = cells ? &cells[i] : NULL;
        int gap = i > 0 ? layout->gap : 0;

        fprintf(file, "%*s", gap, "");
        column += gap;
        if (cell && cell->rest) {
            wrap(file, cell->words, column, layout->paper->width,
                 REST_INDENT);
            return;
        }
        put(file, layout, cell ? cell->words : above->heading,
            layout->wide[i], above->left, i + 1 == to,
            cell ? cell->mark : MARK_NONE);
        column += layout->wide[i];
    }
    fputs(to > from ? "\n" : "", file);
}

/* What stands above the headings, if there is anything. */
static void
put_above(FILE *file, const struct layout *layout, size_t from, size_t to)
{
    size_t end;

    while (to > from && layout->table->columns[to - 1].above[0] == '\0') {
        to--;
    }
    if (to == from) {
        return;
    }
    fprintf(file, "%*s", layout->wide[0], "");
    for (size_t i = from; i < to; i = end) {
        end = table_neighbours(layout->table, i, to);
        fprintf(file, "%*s", layout->gap, "");
        put(file, layout, layout->table->columns[i].above,
            span(layout, i, end), layout->table->columns[i].left, end == to,
            MARK_NONE);
    }
    fputc('\n', file);
}

/* In pieces, where even the columns that must be there are too many. Nothing
 * of a table in which nothing was measured but names. */
static void
put_table(FILE *file, struct block *table, const struct report_paper *paper)
{
    struct layout layout = {.table = table, .paper = paper};
    struct text legend = {0};
    size_t to = 1;

    fit(&layout);
    while (to < table->ncolumns) {
        size_t from = to++;

        while (to < table->ncolumns &&
               layout.wide[0] + layout.gap + span(&layout, from, to + 1) <=
                   paper->width) {
            to++;
        }
        put_above(file, &layout, from, to);
        put_line(file, &layout, NULL, from, to);
        for (size_t i = 0; i < table->ncells; i += table->ncolumns) {
            put_line(file, &layout, &table->cells[i], from, to);
        }
    }
    table_legend(&legend, table);
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
