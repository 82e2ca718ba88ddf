/*
 * print.c: documents put together and printed. See report.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/param.h>

#include "harness/report/internal.h"

#define WIDTH_LEAST 60 /* below that no table is worth its lines */

struct report_paper
report_paper_of(FILE *file)
{
    const char *columns = getenv("COLUMNS");
    struct report_paper paper = {
        .width = columns ? atoi(columns) : 0,
        .colour = wants_colour(file),
    };
    struct winsize size;

    if (paper.width <= 0 && ioctl(fileno(file), TIOCGWINSZ, &size) == 0) {
        paper.width = size.ws_col;
    }
    paper.width = paper.width <= 0
                      ? REPORT_WIDTH_MAX
                      : MAX(WIDTH_LEAST, MIN(paper.width, REPORT_WIDTH_MAX));
    return paper;
}

/* A path as a shell reads it. */
static struct text
shell_path(const char *path)
{
    struct text text = {0};

    for (; *path != '\0'; path++) {
        text_add(&text, "%s%c",
                 strchr(" '\"\\$`*?[]{},()<>|&;#~!", *path) ? "\\" : "",
                 *path);
    }
    return text;
}

/* A line to be typed to see more. Installed programs have a longer name. */
static void
add_more(struct document *document, const struct report_paper *paper)
{
    const char *own = program_invocation_short_name;
    const char *dash = strrchr(own, '-');
    struct text text = {0};

    if (paper->bin && paper->folder) {
        text_add(&text, "more: %s/%.*sreport %s/%s.jsonl --all",
                 shell_path(paper->bin).bytes,
                 dash ? (int)(dash - own) + 1 : 0, own,
                 shell_path(paper->folder).bytes,
                 paper->partial ? "partial" : "results");
        if (!paper->partial) {
            text_add(&text, "; in pictures: %s/report.html",
                     shell_path(paper->folder).bytes);
        }
    } else if (!paper->bin) {
        text_add(&text, "more: the same with --all");
    }
    document_paragraph(document, "%s", text.bytes);
}

void
report_headline(FILE *file, const struct summary *summary,
                const struct report_paper *paper)
{
    size_t lines = summary->ngroups + 1;
    int printed = REPORT_LINES_MAX + 1;
    char *text = NULL;

    /* The fewer scenarios are compared, the shorter it gets. */
    while (printed > REPORT_LINES_MAX && lines-- > 0) {
        struct document document = {0};
        size_t bytes;
        FILE *memory;

        free(text);
        memory = open_memstream(&text, &bytes);
        headline_build(&document, summary, lines);
        if (strcmp(summary->results->run.mode, COUNT_MODE) != 0) {
            add_more(&document, paper);
        }
        document_print_text(memory, &document, paper);
        fclose(memory);
        printed = 0;
        for (const char *c = text; *c != '\0'; c++) {
            printed += *c == '\n';
        }
    }
    fputs(text, file);
    free(text);
}

void
report_scenario_lines(FILE *file, const struct results *results,
                      const char *scenario, int clients,
                      const struct report_paper *paper)
{
    struct results last = *results;
    struct summary summary;

    /* Of the lives only these: this is done while the run waits. */
    while (last.nlives > 0 && !RECORD_IS_OF(last.lives, scenario, clients)) {
        last.nlives--;
        last.lives++;
    }
    if (last.nlives > 0) {
        summary_make(&last, &summary);
        report_scenarios(file, &summary,
                         &(struct report_views){.brief = true}, paper);
        summary_free(&summary);
    }
}

int
report_scenarios(FILE *file, const struct summary *summary,
                 const struct report_views *views,
                 const struct report_paper *paper)
{
    struct document document = {0};
    size_t shown;

    if (views->all) {
        headline_build(&document, summary, summary->ngroups);
    }
    shown = scenario_build(&document, summary, views);
    if (shown == 0 && (views->scenario || !views->all)) {
        document_free(&document);
        return -1;
    }
    if (paper) {
        document_print_text(file, &document, paper);
    } else {
        document_print_markdown(file, &document);
    }
    return 0;
}

int
report_markdown(FILE *file, const struct summary *summary)
{
    report_scenarios(file, summary, &(struct report_views){.all = true},
                     NULL);
    return fflush(file) == 0 && !ferror(file) ? 0 : -1;
}
