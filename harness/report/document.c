/*
 * document.c: building a document, and printing it as Markdown. See
 * document.h; text for a terminal is in terminal.c.
 */
#include "harness/report/document.h"

#include <stdlib.h>
#include <string.h>

/* A new block, or NULL without memory. */
static struct block *
add_block(struct document *document, enum block_kind kind)
{
    struct block *blocks =
        reallocarray(document->blocks, document->nblocks + 1, sizeof *blocks);

    if (!blocks) {
        return NULL;
    }
    document->blocks = blocks;
    blocks += document->nblocks++;
    *blocks = (struct block){.kind = kind};
    return blocks;
}

void
document_say(struct document *document, enum block_kind kind,
             const char *label, const char *format, ...)
{
    struct text text = {0};
    struct block *block;
    va_list args;

    va_start(args, format);
    text_add_args(&text, format, args);
    va_end(args);
    block = text.length > 0 ? add_block(document, kind) : NULL;
    if (block) {
        block->text = text;
        text_add(&block->label, "%s", label);
    } else {
        text_free(&text);
    }
}

void
document_table(struct document *document, const struct column *columns,
               size_t ncolumns)
{
    struct column *copy = calloc(ncolumns, sizeof *copy);
    struct block *block = copy ? add_block(document, BLOCK_TABLE) : NULL;

    if (!block) {
        free(copy);
        return;
    }
    memcpy(copy, columns, ncolumns * sizeof *copy);
    block->columns = copy;
    block->ncolumns = ncolumns;
}

/* One more cell of the last table, or NULL without memory. */
static struct cell *
add_cell(struct document *document)
{
    struct block *block = document->nblocks > 0
                              ? &document->blocks[document->nblocks - 1]
                              : NULL;
    struct cell *cells =
        block && block->kind == BLOCK_TABLE
            ? reallocarray(block->cells, block->ncells + 1, sizeof *cells)
            : NULL;

    if (!cells) {
        return NULL;
    }
    block->cells = cells;
    cells += block->ncells++;
    *cells = (struct cell){.mark = MARK_NONE};
    return cells;
}

void
document_cell(struct document *document, enum mark mark, const char *format,
              ...)
{
    struct cell *cell = add_cell(document);
    va_list args;

    if (cell) {
        va_start(args, format);
        text_add_args(&cell->text, format, args);
        va_end(args);
        cell->mark = mark;
    }
}

void
document_rest(struct document *document, const char *format, ...)
{
    struct cell *cell = add_cell(document);
    const struct block *block;
    va_list args;

    if (!cell) {
        return;
    }
    va_start(args, format);
    text_add_args(&cell->text, format, args);
    va_end(args);
    cell->rest = true;
    block = &document->blocks[document->nblocks - 1];
    while (block->ncells % block->ncolumns != 0 && add_cell(document)) {
    }
}

void
document_free(struct document *document)
{
    for (size_t i = 0; i < document->nblocks; i++) {
        struct block *block = &document->blocks[i];

        for (size_t j = 0; j < block->ncells; j++) {
            text_free(&block->cells[j].text);
        }
        text_free(&block->text);
        text_free(&block->label);
        free(block->columns);
        free(block->cells);
    }
    free(document->blocks);
    *document = (struct document){0};
}

/* ---- Markdown ------------------------------------------------------------
 */

/* Nothing in a name or a reason may end a cell, begin a list or be taken for
 * HTML. */
static void
put_escaped(FILE *file, const char *words)
{
    for (; *words != '\0'; words++) {
        switch (*words) {
        case '|':
            fputs("&#124;", file);
            break;
        case '<':
            fputs("&lt;", file);
            break;
        case '>':
            fputs("&gt;", file);
            break;
        case '&':
            fputs("&amp;", file);
            break;
        default:
            fprintf(file, "%s%c", strchr("\\`*_[]#~", *words) ? "\\" : "",
                    *words);
        }
    }
}

static void
put_row(FILE *file, const struct block *table, size_t begin)
{
    fputc('|', file);
    for (size_t i = 0; i < table->ncolumns && begin + i < table->ncells;
         i++) {
        const struct cell *cell = &table->cells[begin + i];
        const char *bold = cell->mark == MARK_BEST ? "**" : "";

        fprintf(file, " %s", bold);
        put_escaped(file, text_string(&cell->text));
        fprintf(file, "%s |", bold);
    }
    fputc('\n', file);
}

static void
put_table(FILE *file, const struct block *table)
{
    fputc('|', file);
    for (size_t i = 0; i < table->ncolumns; i++) {
        const struct column *column = &table->columns[i];

        fputc(' ', file);
        put_escaped(file, column->group);
        fputs(column->group[0] != '\0' ? " " : "", file);
        put_escaped(file, column->heading);
        fputs(" |", file);
    }
    fputs("\n|", file);
    for (size_t i = 0; i < table->ncolumns; i++) {
        fputs(table->columns[i].left ? " --- |" : " ---: |", file);
    }
    fputc('\n', file);
    for (size_t i = 0; i < table->ncells; i += table->ncolumns) {
        put_row(file, table, i);
    }
}

void
document_print_markdown(FILE *file, const struct document *document)
{
    for (size_t i = 0; i < document->nblocks; i++) {
        const struct block *block = &document->blocks[i];
        bool goes_on = i + 1 < document->nblocks &&
                       block->kind == BLOCK_ITEM &&
                       block[1].kind == BLOCK_ITEM;

        switch (block->kind) {
        case BLOCK_HEADING:
            fputs("### ", file);
            break;
        case BLOCK_ITEM:
            fputs("- ", file);
            put_escaped(file, text_string(&block->label));
            fputs(": ", file);
            break;
        case BLOCK_TABLE:
            put_table(file, block);
            break;
        default:
            break;
        }
        if (block->kind != BLOCK_TABLE) {
            put_escaped(file, text_string(&block->text));
            fputc('\n', file);
        }
        fputs(goes_on ? "" : "\n", file);
    }
}
