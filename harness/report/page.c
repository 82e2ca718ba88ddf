/*
 * page.c: the report as one HTML page: the headline, the story, and every
 * table. See report.h.
 */
#include <string.h>

#include "harness/report/internal.h"

/* How all but the pictures looks. */
static const char style[] =
    "*{box-sizing:border-box}body{margin:0 auto;max-width:70rem;"
    "padding:1.5rem 1rem 4rem;background:var(--back);color:var(--text);"
    "font:1rem/1.55 system-ui,sans-serif;overflow-wrap:break-word}\n"
    "h1{font-size:1.6rem;line-height:1.25;margin:.5rem 0}"
    "h2{font-size:1.35rem;margin:3.5rem 0 .75rem;padding-top:1.25rem;"
    "border-top:1px solid var(--rule)}"
    "h3{font-size:1rem;margin:1.75rem 0 .4rem}"
    "a{color:inherit;text-decoration:none}a:hover{text-decoration:underline}"
    "nav{margin:1rem 0;color:var(--soft)}"
    "nav a{margin-right:1.1rem;white-space:nowrap}"
    "p,dl{max-width:46rem;margin:.6rem 0}"
    "dl{display:grid;grid-template-columns:minmax(6rem,max-content) 1fr;"
    "gap:.25rem 1rem}dt{font-weight:600}dd{margin:0}"
    "details{margin:.5rem 0}summary{cursor:pointer;color:var(--soft)}"
    "summary:hover{color:var(--text)}"
    "h1,dd,dt,th,td,summary{unicode-bidi:isolate}\n"
    ".charts{display:grid;gap:1.5rem 2.5rem;margin:1.25rem 0;"
    "overflow-x:auto;"
    "grid-template-columns:repeat(auto-fill,minmax(min(100%,22rem),1fr))}"
    ".charts svg{width:100%;max-width:34rem;height:auto;display:block}"
    ".charts .wide{grid-column:1/-1;max-width:none;min-width:46rem}\n"
    ".scroll{overflow-x:auto;margin:.75rem 0}"
    "table{border-collapse:collapse;font-size:.875rem;line-height:1.35;"
    "font-variant-numeric:tabular-nums}"
    "th,td{padding:.22rem .55rem;text-align:right;white-space:nowrap;"
    "font-weight:400}"
    "thead th{color:var(--soft);padding-bottom:.1rem}"
    "thead tr:first-child th{text-align:center}"
    "thead tr:last-child th{border-bottom:1px solid var(--soft)}"
    "tbody tr+tr>*{border-top:1px solid var(--rule)}"
    "tbody th{font-weight:600}th:first-child{padding-left:0}"
    "th:first-child,.left,.rest{text-align:left}"
    ".rest{white-space:normal;min-width:16rem}"
    ".bad,.rest{color:var(--bad)}.best{font-weight:700}"
    ".legend{color:var(--soft);font-size:.8125rem}\n"
    "@media(max-width:40rem){dl{display:block}dd{margin-bottom:.5rem}}\n"
    "@media print{body{max-width:none;padding:0;font-size:10pt}"
    "nav{display:none}svg,tr{break-inside:avoid}"
    "h2,h3{break-after:avoid}.scroll{overflow:visible}"
    "table{font-size:7.5pt}th,td{padding:.15rem .3rem}"
    ".charts{grid-template-columns:1fr 1fr}.charts .wide{min-width:0}}\n";

static void
build_page(struct document *document, const struct summary *summary)
{
    const struct run *run = &summary->results->run;

    headline_build(document, summary, summary->ngroups);
    story_build(document, summary);
    document_section(document, "tables", "All that was measured");
    document_fold(document, "The run");
    document_paragraph(document, "%s", run->command);
    scenario_build(
        document, summary,
        &(struct report_views){.all = true, .why = true, .noise = true},
        false);
    if (strcmp(run->mode, VARIANTS_MODE) == 0) {
        variants_build(document, summary, true);
    }
}

int
document_print_page(FILE *file, struct document *document)
{
    fprintf(file,
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta "
            "charset=\"utf-8\"/>\n<meta "
            "http-equiv=\"Content-Security-Policy\" content=\"default-src "
            "'none'; style-src 'unsafe-inline'\"/>\n<meta name=\"viewport\" "
            "content=\"width=device-width\"/>\n<title>Fiveways</title>\n"
            "<style>\n%s%s</style></head>\n<body>\n<nav>",
            svg_style, style);
    for (size_t i = 0; i < document->nblocks; i++) {
        const struct block *block = &document->blocks[i];

        if (block->kind == BLOCK_HEADING && block->label[0] != '\0') {
            fprintf(file, "<a href=\"#%s\">", block->label);
            xml_put(file, "", block->words, "</a>\n");
        }
    }
    fputs("</nav>\n<main>\n", file);
    document_print_html(file, document);
    fputs("</main></body></html>\n", file);
    return fflush(file) == 0 && !ferror(file) ? 0 : -1;
}

int
report_page(FILE *file, const struct summary *summary)
{
    struct document document = {0};

    build_page(&document, summary);
    return document_print_page(file, &document);
}
