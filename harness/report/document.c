/*
 * document.c: building a document, and printing it as Markdown. See
 * internal.h; text for a terminal is in terminal.c.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/internal.h"

char *
words_clean(char *words)
{
    for (char *c = words; c && *c != '\0'; c++) {
        if (*c == '\n' || *c == '\r' || *c == '\t') {
            *c = ' ';
        } else if (*c < ' ' || *c > '~') {
            *c = '?';
        }
    }
    return words;
}

/* Formatted and clean words; NULL without memory. */
static char *
print_words(const char *format, va_list args)
{
    char *words;

    return vasprintf(&words, format, args) == -1 ? NULL : words_clean(words);
}

const char *
words_or_none(const char *words)
{
    return words ? words : "";
}

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
    va_list args;

    va_start(args, format);
    char *words = print_words(format, args);
    va_end(args);
    struct block *block =
        words && words[0] != '\0' ? add_block(document, kind) : NULL;
    if (!block) {
        free(words);
        return;
    }
    block->words = words;
    block->label = words_clean(strdup(label));
}

struct block *
document_table(struct document *document, size_t ncolumns, size_t nrows)
{
    struct block *block = add_block(document, BLOCK_TABLE);

    if (!block) {
        return NULL;
    }
    block->columns = calloc(ncolumns, sizeof *block->columns);
    block->cells = calloc(ncolumns * nrows + 1, sizeof *block->cells);
    if (!block->columns || !block->cells) {
        return NULL;
    }
    block->ncolumns = ncolumns;
    block->ncells = ncolumns * nrows;
    return block;
}

void
cell_say(struct cell *cell, enum mark mark, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    cell->words = print_words(format, args);
    va_end(args);
    cell->mark = mark;
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

size_t
table_columns(const struct block *table, size_t shown[COLUMNS_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < table->ncolumns; i++) {
        bool any = i == 0;

        for (size_t j = i; j < table->ncells; j += table->ncolumns) {
            const char *words = words_or_none(table->cells[j].words);

            any |= words[0] != '\0' && strcmp(words, "-") != 0;
        }
        if (any) {
            shown[n++] = i;
        }
    }
    return n;
}

/* True if a cell is this mark, or begins with it where that is not a whole
 * word. */
static bool
table_has(const struct block *table, const size_t *shown, size_t nshown,
          const char *mark)
{
    bool begins = strchr("x<", mark[0]) != NULL;

    for (size_t i = 0; i < table->ncells; i += table->ncolumns) {
        for (size_t j = 1; j < nshown; j++) {
            const struct cell *cell = &table->cells[i + shown[j]];
            const char *words = words_or_none(cell->words);

            if (cell->rest) {
                break;
            }
            if (begins ? words[0] == mark[0] : strcmp(words, mark) == 0) {
                return true;
            }
        }
    }
    return false;
}

void
table_legend(struct text *text, const struct block *table,
             const size_t *shown, size_t nshown)
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
        {"<", "<: too little to tell"},
        {"-", "-: not comparable"},
    };
    const char *said = NULL;

    for (size_t i = 0; i < COUNT(marks); i++) {
        if (table_has(table, shown, nshown, marks[i][0])) {
            text_item(text, "; ", "%s", marks[i][1]);
        }
    }
    for (size_t i = 0; i < nshown; i++) {
        const char *meaning = table->columns[shown[i]].meaning;

        /* Neighbours under one heading have one meaning. */
        if (meaning && (!said || strcmp(said, meaning) != 0)) {
            text_item(text, "; ", "%s", meaning);
            said = meaning;
        }
    }
    text_item(text, ".", "%s", "");
}

/* ---- Markdown ---------------------------------------------------------- */

/* Nothing in a name or a reason may end a cell, begin a list or be taken for
 * HTML. */
static void
put_escaped(FILE *file, const char *words)
{
    for (; *words != '\0'; words++) {
        fprintf(file, "%s%c", strchr("\\`*_[]#~|<>&", *words) ? "\\" : "",
                *words);
    }
}

static void
put_table(FILE *file, const struct block *table)
{
    size_t shown[COLUMNS_MAX];
    size_t n = table_columns(table, shown);
    struct text legend = {0};

    for (size_t i = 0; i < n; i++) {
        const struct column *column = &table->columns[shown[i]];

        fputs("| ", file);
        put_escaped(file, column->above);
        fputs(column->above[0] != '\0' ? " " : "", file);
        put_escaped(file, column->heading);
        fputc(' ', file);
    }
    fputs("|\n", file);
    for (size_t i = 0; i < n; i++) {
        fputs(table->columns[shown[i]].left ? "| --- " : "| ---: ", file);
    }
    fputs("|\n", file);
    for (size_t i = 0; i < table->ncells; i += table->ncolumns) {
        for (size_t j = 0; j < n; j++) {
            const struct cell *cell = &table->cells[i + shown[j]];
            const char *bold = cell->mark == MARK_BEST ? "**" : "";

            fprintf(file, "| %s", bold);
            put_escaped(file, words_or_none(cell->words));
            fprintf(file, "%s ", bold);
        }
        fputs("|\n", file);
    }
    if (table->legend) {
        table_legend(&legend, table, shown, n);
    }
    if (legend.bytes[0] != '\0') {
        fputs("\n", file);
        put_escaped(file, legend.bytes);
        fputs("\n", file);
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

        if (block->kind == BLOCK_TABLE) {
            put_table(file, block);
        } else {
            fputs(block->kind == BLOCK_HEADING ? "### "
                  : block->kind == BLOCK_ITEM  ? "- "
                                               : "",
                  file);
            if (block->kind == BLOCK_ITEM) {
                put_escaped(file, words_or_none(block->label));
                fputs(": ", file);
            }
            put_escaped(file, block->words);
            fputc('\n', file);
        }
        fputs(goes_on ? "" : "\n", file);
    }
}
