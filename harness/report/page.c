/*
 * page.c: a document as an HTML page that is well-formed XML, too; and the
 * report as one: the headline, the story, and every table. See report.h.
 *
 * All words go through xml_put(); what else there is are our own tags. No
 * element refers to anything but a place in the page.
 */

#include "harness/report/internal.h"

/* What stands around neighbours of a kind. */
static const char *const around[BLOCK_FOLD + 1][2] = {
    [BLOCK_ITEM] = {"<dl>\n", "</dl>\n"},
    [BLOCK_FIGURE] = {"<div class=\"charts\">\n", "</div>\n"},
};

/* What may be a model's name begins with its mark. */
static void
put_name(FILE *file, const char *tag, const char *words)
{
    int slot = svg_slot(words);

    fprintf(file, slot == SVG_OTHER ? "<%s>" : "<%s class=\"m%d name\">", tag,
            slot);
    xml_put(file, "", words, "</");
    fprintf(file, "%s>", tag);
}

/* The headings, with those that neighbours share above them. */
static void
put_headings(FILE *file, const struct block *table)
{
    size_t end;

    fputs("<thead><tr>", file);
    for (size_t i = 0; i < table->ncolumns; i = end) {
        end = table_neighbours(table, i, table->ncolumns);
        fprintf(file, "<th colspan=\"%zu\">", end - i);
        xml_put(file, "", table->columns[i].above, "</th>");
    }
    fputs("</tr>\n<tr>", file);
    for (size_t i = 0; i < table->ncolumns; i++) {
        xml_put(file,
                table->columns[i].left && i > 0 ? "<th class=\"left\">"
                                                : "<th>",
                table->columns[i].heading, "</th>");
    }
    fputs("</tr></thead>\n<tbody>\n", file);
}

static void
put_table(FILE *file, const struct block *table)
{
    /* Of numbers, and of words. */
    static const char *const tags[][2] = {
        [MARK_NONE] = {"<td>", "<td class=\"left\">"},
        [MARK_BAD] = {"<td class=\"bad\">", "<td class=\"bad left\">"},
        [MARK_BEST] = {"<td class=\"best\">", "<td class=\"best\">"},
    };
    struct text legend = table_legend(table);
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
            xml_put(file, "", cell->words, "</td>");
            i += n - column - 1;
        } else {
            xml_put(file, tags[cell->mark][table->columns[column].left],
                    cell->words, "</td>");
        }
        fputs(i % n == n - 1 ? "</tr>\n" : "", file);
    }
    fputs("</tbody></table></div>\n", file);
    if (legend.bytes[0] != '\0') {
        xml_put(file, "<p class=\"legend\">", legend.bytes, "</p>\n");
    }
}

/* The first heading of all is the title; one with an anchor begins a section
 * and one without a part of it, folded behind a fold. Returns if all is
 * folded from here. */
static bool
put_heading(FILE *file, const struct block *block, bool folded, bool first)
{
    fputs(folded ? "</details>\n" : "", file);
    if (block->label[0] != '\0') {
        xml_put(file, "<h2 id=\"", block->label, "\"><a href=\"#");
        xml_put(file, "", block->label, "\">");
        xml_put(file, "", block->words, "</a></h2>\n");
        return false;
    }
    if (folded || block->kind == BLOCK_FOLD) {
        xml_put(file, "<details><summary>", block->words, "</summary>\n");
        return true;
    }
    xml_put(file, first ? "<h1>" : "<h3>", block->words,
            first ? "</h1>\n" : "</h3>\n");
    return false;
}

/* Print a document as a part of a page. */
static void
put_document(FILE *file, const struct document *document)
{
    const struct block *block = document->blocks;
    bool folded = false;

    for (size_t i = 0; i < document->nblocks; i++, block++) {
        const char *const *tags = around[block->kind];

        if (tags[0] && (i == 0 || block[-1].kind != block->kind)) {
            fputs(tags[0], file);
        }
        if (block->kind == BLOCK_PARAGRAPH) {
            xml_put(file, "<p>", block->words, "</p>\n");
        } else if (block->kind == BLOCK_ITEM) {
            put_name(file, "dt", block->label);
            xml_put(file, "<dd>", block->words, "</dd>\n");
        } else if (block->kind == BLOCK_TABLE) {
            put_table(file, block);
        } else if (block->kind == BLOCK_FIGURE) {
            fputs(block->words, file);
        } else {
            folded = put_heading(file, block, folded, i == 0);
        }
        if (tags[1] &&
            (i + 1 == document->nblocks || block[1].kind != block->kind)) {
            fputs(tags[1], file);
        }
    }
    fputs(folded ? "</details>\n" : "", file);
}

int
document_print_page(FILE *file, struct document *document, const char *title)
{
    xml_put(file,
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta "
            "charset=\"utf-8\"/>\n<meta "
            "http-equiv=\"Content-Security-Policy\" content=\"default-src "
            "'none'; style-src 'unsafe-inline'\"/>\n<meta name=\"viewport\" "
            "content=\"width=device-width\"/>\n<title>",
            title, "</title>\n<style>\n");
    fprintf(file, "%s%s</style></head>\n<body>\n<nav>", svg_style,
            page_style);
    for (size_t i = 0; i < document->nblocks; i++) {
        const struct block *block = &document->blocks[i];

        if (block->kind == BLOCK_HEADING && block->label[0] != '\0') {
            fprintf(file, "<a href=\"#%s\">", block->label);
            xml_put(file, "", block->words, "</a>\n");
        }
    }
    fputs("</nav>\n<main>\n", file);
    put_document(file, document);
    fputs("</main></body></html>\n", file);
    document_free(document);
    return fflush(file) == 0 && !ferror(file) ? 0 : -1;
}

int
report_page(FILE *file, const struct summary *summary)
{
    const struct summary_group *main = group_main(summary);
    struct document document = {0};
    size_t title;

    document_heading(&document, "Five ways to serve an echo");
    for (size_t i = 0; summary->ngroups > 0 && i < main->nrows; i++) {
        const char *name = main->rows[i].life->model;
        int model = model_index(name);

        document_item(&document, name, "%s",
                      model >= 0 ? known_models[model].idea
                      : main->rows[i].yardstick
                          ? "a bare epoll loop without a feature"
                          : "");
    }
    title = document.nblocks;
    headline_build(&document, summary, summary->ngroups);
    story_build(&document, summary);
    document_section(&document, "tables", "All that was measured");
    document_say(&document, BLOCK_FOLD, "", "The run");
    document_paragraph(&document, "%s", summary->results->run.command);
    scenario_build(&document, summary, &(struct report_views){.all = true});
    return document_print_page(file, &document, document.blocks[title].words);
}
