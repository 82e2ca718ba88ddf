/*
 * page.c: a document as an HTML page that is well-formed XML, too; and the
 * report as one: the headline, the story, and every table. See report.h.
 *
 * All words go through xml_put(); what else there is are our own tags. No
 * element refers to anything but a place in the page.
 */

#include "harness/report/internal.h"

/* How all but the pictures looks. */
static const char style[] =
    "*{box-sizing:border-box}body{margin:0 auto;max-width:70rem;"
    "padding:1.5rem 1rem 4rem;background:var(--back);color:var(--text);"
    "font:1rem/1.55 system-ui,sans-serif;overflow-wrap:break-word}\nh1{"
    "font-size:1.6rem;line-height:1.25;margin:.5rem 0}h2{font-size:1.35rem;"
    "margin:3.5rem 0 .75rem;padding-top:1.25rem;"
    "border-top:1px solid var(--rule)}h3{font-size:1rem;"
    "margin:1.75rem 0 .4rem}a{color:inherit;text-decoration:none}a:hover{"
    "text-decoration:underline}nav{margin:1rem 0;color:var(--soft)}nav a{"
    "margin-right:1.1rem;white-space:nowrap}p,dl{max-width:46rem;"
    "margin:.6rem 0}dl{display:grid;grid-template-columns:minmax(6rem,"
    "max-content) 1fr;gap:.25rem 1rem}dt{font-weight:600}dd{margin:0}details{"
    "margin:.5rem 0}summary{cursor:pointer;color:var(--soft)}summary:hover{"
    "color:var(--text)}h1,dd,dt,th,td,summary{unicode-bidi:isolate}\n.charts{"
    "display:grid;gap:1.5rem 2.5rem;margin:1.25rem 0;overflow-x:auto;"
    "grid-template-columns:repeat(auto-fill,minmax(min(100%,22rem),1fr))}"
    ".charts svg{width:100%;max-width:34rem;height:auto;display:block}"
    ".charts .wide{grid-column:1/-1;max-width:none;min-width:46rem;"
    "background:none}\n.scroll{overflow-x:auto;margin:.75rem 0}"
    /* A shadow at the right, while there is more to scroll to. */
    ".charts,.scroll{background:linear-gradient(to left,var(--back) 1.5rem,"
    "transparent) right/3rem 100% no-repeat local,linear-gradient(to left,"
    "var(--soft),transparent) right/.6rem 99% no-repeat}table{"
    "border-collapse:collapse;font-size:.875rem;line-height:1.35;"
    "font-variant-numeric:tabular-nums}th,td{padding:.22rem .55rem;"
    "text-align:right;white-space:nowrap;font-weight:400}thead th{"
    "color:var(--soft);padding-bottom:.1rem}thead tr:first-child th{"
    "text-align:center}thead tr:last-child th{"
    "border-bottom:1px solid var(--soft)}tbody tr+tr>*{"
    "border-top:1px solid var(--rule)}tbody th{font-weight:600}"
    "th:first-child{padding-left:0}th:first-child,.left,.rest{"
    "text-align:left}.rest{white-space:normal;min-width:16rem}.bad,.rest{"
    "color:var(--bad)}.best{font-weight:700}.legend{color:var(--soft);"
    "font-size:.8125rem}\n@media(max-width:40rem){dl{display:block}dd{"
    "margin-bottom:.5rem}}\n@media print{body{max-width:none;padding:0;"
    "font-size:10pt}nav{display:none}svg,tr{break-inside:avoid}h2,h3{"
    "break-after:avoid}.scroll{overflow:visible}table{font-size:7.5pt}th,td{"
    "padding:.15rem .3rem}.charts{grid-template-columns:1fr 1fr}"
    ".charts .wide{min-width:0}}\n";

/* What stands around neighbours of a kind. */
static const char *const around[][2] = {
    [BLOCK_ITEM] = {"<dl>\n", "</dl>\n"},
    [BLOCK_FIGURE] = {"<div class=\"charts\">\n", "</div>\n"},
    [BLOCK_FOLD] = {NULL, NULL},
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
            xml_put(file, "", cell->words, "</td>");
            i += n - column - 1;
        } else {
            xml_put(file,
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
    table_legend(&legend, table);
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
        switch (block->kind) {
        case BLOCK_HEADING:
        case BLOCK_FOLD:
            folded = put_heading(file, block, folded, i == 0);
            break;
        case BLOCK_PARAGRAPH:
            xml_put(file, "<p>", block->words, "</p>\n");
            break;
        case BLOCK_ITEM:
            put_name(file, "dt", block->label);
            xml_put(file, "<dd>", block->words, "</dd>\n");
            break;
        case BLOCK_TABLE:
            put_table(file, block);
            break;
        case BLOCK_FIGURE:
            fputs(block->words, file);
            break;
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
    fprintf(file, "%s%s</style></head>\n<body>\n<nav>", svg_style, style);
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
    const struct run *run = &summary->results->run;
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
    document_fold(&document, "The run");
    document_paragraph(&document, "%s", run->command);
    scenario_build(
        &document, summary,
        &(struct report_views){.all = true, .why = true, .noise = true},
        false);
    variants_build(&document, summary, true);
    return document_print_page(file, &document, document.blocks[title].words);
}
