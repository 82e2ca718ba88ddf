/*
 * document.c: building a document, and printing it as Markdown. See
 * internal.h; text for a terminal is in terminal.c.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/internal.h"

/* From here on a time reads better in milliseconds. */
#define MILLISECONDS_FROM_US 20000

static struct block *
add_block(struct document *document, enum block_kind kind)
{
    document->blocks = given(reallocarray(
        document->blocks, document->nblocks + 1, sizeof *document->blocks));
    document->blocks[document->nblocks] = (struct block){.kind = kind};
    return &document->blocks[document->nblocks++];
}

void
document_say(struct document *document, enum block_kind kind,
             const char *label, const char *format, ...)
{
    char *words = NULL;
    va_list args;

    va_start(args, format);
    given(vasprintf(&words, format, args) >= 0 ? words : NULL);
    va_end(args);
    if (words[0] == '\0') {
        free(words);
        return;
    }
    struct block *block = add_block(document, kind);
    block->words = text_clean(words);
    block->label = text_clean(given(strdup(label)));
}

void
document_append(struct document *document, const char *heading,
                struct document *other)
{
    document_heading(document, "%s", other->nblocks > 0 ? heading : "");
    for (size_t i = 0; i < other->nblocks; i++) {
        *add_block(document, 0) = other->blocks[i];
    }
    free(other->blocks);
    *other = (struct document){0};
}

void
document_figure(struct document *document, char *svg)
{
    if (svg) {
        add_block(document, BLOCK_FIGURE)->words = svg;
    }
}

void
document_free(struct document *document)
{
    for (size_t i = 0; i < document->nblocks; i++) {
        struct block *block = &document->blocks[i];

        for (size_t j = 0; j < block->ncells; j++) {
            free(block->cells[j].words);
        }
        free(block->words);
        free(block->label);
        free(block->columns);
        free(block->cells);
    }
    free(document->blocks);
    *document = (struct document){0};
}

/* ---- tables ------------------------------------------------------------ */

struct block *
document_table(struct document *document, size_t ncolumns)
{
    struct block *table = add_block(document, BLOCK_TABLE);

    table->ncolumns = ncolumns;
    table->columns = given(calloc(ncolumns, sizeof *table->columns));
    return table;
}

struct cell *
table_add(struct block *table, enum mark mark, const char *format, ...)
{
    struct cell cell = {.mark = mark};
    va_list args;

    va_start(args, format);
    given(vasprintf(&cell.words, format, args) >= 0 ? cell.words : NULL);
    va_end(args);
    text_clean(cell.words);
    table->columns[table->ncells % table->ncolumns].speaks |=
        cell.words[0] != '\0' && strcmp(cell.words, "-") != 0;
    table->cells = given(
        reallocarray(table->cells, table->ncells + 1, sizeof *table->cells));
    table->cells[table->ncells] = cell;
    return &table->cells[table->ncells++];
}

/* ---- tables from what rows and columns bring --------------------------- */

struct column *
sheet_column(struct sheet *sheet, enum cells_id id, int drop)
{
    struct column *column = &sheet->columns[sheet->ncolumns];

    *column = (struct column){.id = id, .drop = drop};
    sheet->ncolumns += sheet->ncolumns + 1 < COLUMNS_MAX;
    return column;
}

struct at *
sheet_row(struct sheet *sheet, const struct summary_group *group,
          const char *model)
{
    double p50_us = row_shown(summary_find(group, model), LIFE_P50_US);

    sheet->milliseconds |= p50_us >= MILLISECONDS_FROM_US;
    sheet->rows = given(
        reallocarray(sheet->rows, sheet->nrows + 1, sizeof *sheet->rows));
    sheet->rows[sheet->nrows] = (struct at){group, model, NULL};
    return &sheet->rows[sheet->nrows++];
}

void
sheet_group(struct sheet *sheet, const struct summary_group *group,
            bool measured)
{
    for (size_t i = 0; i < group->nrows; i++) {
        if (!measured || group->rows[i].status == LIFE_OK) {
            sheet_row(sheet, group, group->rows[i].life->model);
        }
    }
}

/* The cells of a row, which ends in a sentence if it was not measured. */
static void
put_cells(struct block *table, const struct at *row, bool milliseconds)
{
    const struct summary_row *of = summary_find(row->group, row->model);

    for (size_t i = 0; i < table->ncolumns; i++) {
        struct column *column = &table->columns[i];
        const struct at at = {column->group ? column->group : row->group,
                              column->model ? column->model : row->model,
                              row->base};
        struct text text = {0};
        enum mark mark;

        if (of && of->status != LIFE_OK && column->id > CELLS_BASE) {
            table_add(table, MARK_NONE, "%s: %s",
                      life_status_name(of->status), of->life->reason)
                ->rest = true;
            while (++i < table->ncolumns) {
                table_add(table, MARK_NONE, "%s", "");
            }
            return;
        }
        mark = cells_put(&text, column->id, &at, milliseconds);
        table_add(table, mark, "%s", text.bytes);
    }
}

size_t
table_neighbours(const struct block *table, size_t from, size_t to)
{
    const struct column *columns = table->columns;
    size_t end = from + 1;

    while (end < to && strcmp(columns[from].above, columns[end].above) == 0) {
        end++;
    }
    return end;
}

void
table_drop(struct block *table, size_t column)
{
    size_t kept = 0;

    for (size_t i = 0; i < table->ncells; i++) {
        if (i % table->ncolumns == column) {
            free(table->cells[i].words);
        } else {
            table->cells[kept++] = table->cells[i];
        }
    }
    table->ncells = kept;
    table->ncolumns--;
    memmove(&table->columns[column], &table->columns[column + 1],
            (table->ncolumns - column) * sizeof *table->columns);
}

void
sheet_build(struct document *document, struct sheet *sheet, bool legend)
{
    struct block *table = document_table(document, sheet->ncolumns);

    table->legend = legend;
    for (size_t i = 0; i < table->ncolumns; i++) {
        table->columns[i] = sheet->columns[i];
        cells_heading(&table->columns[i], sheet->milliseconds);
        text_clean(table->columns[i].heading); /* which may be a model */
    }
    for (size_t i = 0; i < sheet->nrows; i++) {
        put_cells(table, &sheet->rows[i], sheet->milliseconds);
    }
    for (size_t i = table->ncolumns; i-- > 1;) {
        if (!table->columns[i].speaks) {
            table_drop(table, i);
        }
    }
    free(sheet->rows);
    *sheet = (struct sheet){0};
}

/* ---- what a table means ------------------------------------------------ */

/* True if a cell is this mark, or begins with it where that is not a whole
 * word. */
static bool
table_has(const struct block *table, const char *mark)
{
    bool begins = strchr("x<", mark[0]) != NULL;

    for (size_t i = 0; i < table->ncells; i += table->ncolumns) {
        const struct cell *row = &table->cells[i];

        for (size_t j = 1; j < table->ncolumns && !row[j].rest; j++) {
            if (begins ? row[j].words[0] == mark[0]
                       : strcmp(row[j].words, mark) == 0) {
                return true;
            }
        }
    }
    return false;
}

struct text
table_legend(const struct block *table)
{
    static const char *const marks[][2] = {
        {"most", "most: echoes/s"},
        {"least", "least: CPU per echo"},
        {"x", "x: times it"},
        {"same", "same: within 3 % of it"},
        {"~", "~: too close"},
        {"never", "never: not all are served"},
        {"stuck", "stuck: no busy one is"},
        {"grows", "grows: as long as the rate lasts"},
        {"late", "late: the client was, itself"},
        {"<", "<: too little to tell"},
        {"-", "-: not comparable"},
    };
    struct text text = {0};

    for (size_t i = 0; table->legend && i < COUNT(marks); i++) {
        if (table_has(table, marks[i][0])) {
            text_item(&text, "; ", "%s", marks[i][1]);
        }
    }
    for (size_t i = 0; table->legend && i < table->ncolumns; i++) {
        if (table->columns[i].meaning) {
            text_item(&text, "; ", "%s", table->columns[i].meaning);
        }
    }
    text_item(&text, ".", "%s", "");
    return text;
}

/* ---- Markdown ---------------------------------------------------------- */

/* Nothing in a name or a reason may end a cell, begin a list or be HTML. */
static void
put_escaped(FILE *file, const char *before, const char *words,
            const char *after)
{
    fputs(before, file);
    for (; *words != '\0'; words++) {
        fprintf(file, "%s%c", strchr("\\`*_[]#~|<>&", *words) ? "\\" : "",
                *words);
    }
    fputs(after, file);
}

static void
put_table(FILE *file, const struct block *table)
{
    struct text rule = {0};
    struct text legend = table_legend(table);

    assert(table->ncolumns > 0);
    for (size_t i = 0; i < table->ncolumns; i++) {
        const struct column *column = &table->columns[i];

        put_escaped(file, "| ", column->above,
                    column->above[0] != '\0' ? " " : "");
        put_escaped(file, "", column->heading, " ");
        text_add(&rule, column->left ? "| --- " : "| ---: ");
    }
    fprintf(file, "|\n%s|\n", rule.bytes);
    for (size_t i = 0; i < table->ncells; i++) {
        const struct cell *cell = &table->cells[i];
        bool best = cell->mark == MARK_BEST;

        put_escaped(file, best ? "| **" : "| ", cell->words,
                    best ? "** " : " ");
        fputs((i + 1) % table->ncolumns == 0 ? "|\n" : "", file);
    }
    if (legend.bytes[0] != '\0') {
        put_escaped(file, "\n", legend.bytes, "\n");
    }
}

void
document_print_markdown(FILE *file, struct document *document)
{
    for (size_t i = 0; i < document->nblocks; i++) {
        const struct block *block = &document->blocks[i];
        bool goes_on = i + 1 < document->nblocks &&
                       block->kind == BLOCK_ITEM &&
                       block[1].kind == BLOCK_ITEM;

        if (block->kind == BLOCK_FIGURE || block->kind == BLOCK_FOLD) {
            continue;
        }
        if (block->kind == BLOCK_TABLE) {
            put_table(file, block);
        } else if (block->kind == BLOCK_ITEM) {
            put_escaped(file, "- ", block->label, ": ");
            put_escaped(file, "", block->words, "\n");
        } else {
            put_escaped(file, block->kind == BLOCK_HEADING ? "### " : "",
                        block->words, "\n");
        }
        fputs(goes_on ? "" : "\n", file);
    }
    document_free(document);
}
