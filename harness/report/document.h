/*
 * document.h: what a report says, before it is known where it is read.
 *
 * A document is a list of headings, paragraphs, facts and tables. It is built
 * once and printed by one emitter for each kind of reader: a terminal,
 * Markdown. Without memory parts are left out; nothing fails.
 */
#ifndef FIVEWAYS_REPORT_DOCUMENT_H
#define FIVEWAYS_REPORT_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "harness/report/text.h"

/* What a cell means, apart from its words. */
enum mark {
    MARK_NONE,
    MARK_BAD,  /* the news of its row */
    MARK_BEST, /* better than all others */
};

/* A column of a table. */
struct column {
    const char *group;   /* above the heading; the same words in neighbours
                          * stand once. Or "" */
    const char *heading; /* with its unit */
    int drop;  /* where it is too narrow, the highest goes first; 0: never */
    bool left; /* words, not numbers */
};

/* A cell. */
struct cell {
    struct text text; /* what it says */
    enum mark mark;   /* what it means */
    bool rest;        /* a sentence that fills the rest of the row */
};

/* What a block is. */
enum block_kind {
    BLOCK_HEADING,
    BLOCK_PARAGRAPH,
    BLOCK_ITEM, /* a label and what there is to say of it */
    BLOCK_TABLE,
};

/* One part of a document. */
struct block {
    enum block_kind kind;   /* what it is */
    struct text label;      /* of an item */
    struct text text;       /* of all but a table */
    struct column *columns; /* of a table; the words are the builder's */
    size_t ncolumns;        /* how many */
    struct cell *cells;     /* row by row */
    size_t ncells;          /* how many */
};

/* All zero is an empty document. */
struct document {
    struct block *blocks; /* from first to last */
    size_t nblocks;       /* how many */
};

/* Append a heading, a paragraph or an item with its label; nothing if the
 * words are empty. */
void document_say(struct document *document, enum block_kind kind,
                  const char *label, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
#define document_heading(document, ...)                                      \
    document_say(document, BLOCK_HEADING, "", __VA_ARGS__)
#define document_paragraph(document, ...)                                    \
    document_say(document, BLOCK_PARAGRAPH, "", __VA_ARGS__)
#define document_item(document, label, ...)                                  \
    document_say(document, BLOCK_ITEM, label, __VA_ARGS__)

/* Append an empty table. The headings must live as long as the document. */
void document_table(struct document *document, const struct column *columns,
                    size_t ncolumns);

/* Append a cell to the last block, a table. */
void document_cell(struct document *document, enum mark mark,
                   const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Append a sentence that fills what is left of the row. */
void document_rest(struct document *document, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Print for a terminal: no line is longer than `width` columns, 60 or more.
 * Columns that do not fit go, then a table is continued below itself. */
void document_print_text(FILE *file, const struct document *document,
                         int width, bool colour);

/* Print as Markdown. */
void document_print_markdown(FILE *file, const struct document *document);

/* Free it; it is empty then. */
void document_free(struct document *document);

#endif
