/*
 * html.c: a document as HTML that is well-formed XML, too. See internal.h.
 *
 * All words go through xml_put(); what else there is are our own tags. No
 * element refers to anything but a place in the page.
 */
#include <string.h>

#include "harness/report/internal.h"

/* What is open, to be closed in this order. */
struct open {
    FILE *file;  /* to which is printed */
    bool charts; /* a row of pictures */
    bool items;  /* a list */
    bool fold;   /* what can be unfolded */
};

static void
put(FILE *file, const char *before, const char *words, const char *after)
{
    fputs(before, file);
    xml_put(file, words);
    fputs(after, file);
}

/* What may be a model's name begins with its mark. */
static void
put_name(FILE *file, const char *tag, const char *words)
{
    int slot = svg_slot(words);

    fprintf(file, slot == SVG_OTHER ? "<%s>" : "<%s class=\"m%d name\">", tag,
            slot);
    put(file, "", words, "</");
    fprintf(file, "%s>", tag);
}

static void
close_all(struct open *open, const struct block *next)
{
    enum block_kind kind = next ? next->kind : BLOCK_FOLD;
    bool section = kind == BLOCK_HEADING && next->label[0] != '\0';

    if (open->charts && kind != BLOCK_FIGURE) {
        fputs("</div>\n", open->file);
        open->charts = false;
    }
    if (open->items && kind != BLOCK_ITEM) {
        fputs("</dl>\n", open->file);
        open->items = false;
    }
    if (open->fold && (kind == BLOCK_HEADING || kind == BLOCK_FOLD)) {
        fputs("</details>\n", open->file);
        /* A plain heading goes on with a fold of its own. */
        open->fold = kind == BLOCK_HEADING && !section;
    }
}

/* The headings, with those that neighbours share above them. */
static void
put_headings(FILE *file, const struct block *table)
{
    size_t end;

    fputs("<thead><tr>", file);
    for (size_t i = 0; i < table->ncolumns; i = end) {
        const char *above = table->columns[i].above;

        for (end = i + 1; end < table->ncolumns &&
                          strcmp(above, table->columns[end].above) == 0;) {
            end++;
        }
        fprintf(file, "<th colspan=\"%zu\">", end - i);
        put(file, "", above, "</th>");
    }
    fputs("</tr>\n<tr>", file);
    for (size_t i = 0; i < table->ncolumns; i++) {
        put(file,
            table->columns[i].left && i > 0 ? "<th class=\"left\">" : "<th>",
            table->columns[i].heading, "</th>");
    }
    fputs("</tr></thead>\n<tbody>\n", file);
}

static void
put_table(FILE *file, const struct block *table)
{
    struct text legend = {0};
    size_t n = table->ncolumns;

    fputs("<div class=\"scroll\"><table>\n", file);
    put_headings(file, table);
    for (size_t i = 0; i < table->ncells; i++) {
        const struct cell *cell = &table->cells[i];
        size_t column = i % n;

        if (column == 0) {
            fputs("<tr>", file);
            put_name(file, "th", cell->words);
        } else if (cell->rest) {
            fprintf(file, "<td class=\"rest\" colspan=\"%zu\">", n - column);
            put(file, "", cell->words, "</td>");
            i += n - column - 1;
        } else {
            put(file,
                cell->mark == MARK_BAD && table->columns[column].left
                    ? "<td class=\"bad left\">"
                : cell->mark == MARK_BAD      ? "<td class=\"bad\">"
                : cell->mark == MARK_BEST     ? "<td class=\"best\">"
                : table->columns[column].left ? "<td class=\"left\">"
                                              : "<td>",
                cell->words, "</td>");
        }
        fputs(i % n == n - 1 ? "</tr>\n" : "", file);
    }
    fputs("</tbody></table></div>\n", file);
    if (table->legend) {
        table_legend(&legend, table);
    }
    if (legend.bytes[0] != '\0') {
        put(file, "<p class=\"legend\">", legend.bytes, "</p>\n");
    }
}

/* The first heading of all is the title; one with an anchor begins a section
 * and one without a part of it. */
static void
put_heading(struct open *open, const struct block *block, bool first)
{
    if (block->label[0] != '\0') {
        put(open->file, "<h2 id=\"", block->label, "\"><a href=\"#");
        put(open->file, "", block->label, "\">");
        put(open->file, "", block->words, "</a></h2>\n");
    } else if (open->fold) {
        put(open->file, "<details><summary>", block->words, "</summary>\n");
    } else {
        put(open->file, first ? "<h1>" : "<h3>", block->words,
            first ? "</h1>\n" : "</h3>\n");
    }
}

void
document_print_html(FILE *file, struct document *document)
{
    struct open open = {.file = file};

    for (size_t i = 0; i < document->nblocks; i++) {
        const struct block *block = &document->blocks[i];

        close_all(&open, block);
        switch (block->kind) {
        case BLOCK_HEADING:
            put_heading(&open, block, i == 0);
            break;
        case BLOCK_PARAGRAPH:
            put(file, "<p>", block->words, "</p>\n");
            break;
        case BLOCK_ITEM:
            fputs(open.items ? "" : "<dl>\n", file);
            open.items = true;
            put_name(file, "dt", block->label);
            put(file, "<dd>", block->words, "</dd>\n");
            break;
        case BLOCK_TABLE:
            put_table(file, block);
            break;
        case BLOCK_FIGURE:
            fputs(open.charts ? "" : "<div class=\"charts\">\n", file);
            open.charts = true;
            fputs(block->words, file);
            break;
        case BLOCK_FOLD:
            put(file, "<details><summary>", block->words, "</summary>\n");
            open.fold = true;
            break;
        }
    }
    close_all(&open, NULL);
    document_free(document);
}
