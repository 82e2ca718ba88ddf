/*
 * print.c: documents put together and printed. See report.h.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness/report/variants.h"
#include "harness/report/views.h"

enum {
    WIDTH_LEAST = 60,   /* below that no table is worth its lines */
    MATRIX_LINES = 100, /* of the headline, at first */
};

bool
report_wants_colour(FILE *file)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    return isatty(fileno(file)) && !(no_color && no_color[0] != '\0') &&
           !(term && strcmp(term, "dumb") == 0);
}

int
report_width(FILE *file)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    int width = columns ? atoi(columns) : 0;

    if (width <= 0 && ioctl(fileno(file), TIOCGWINSZ, &size) == 0) {
        width = size.ws_col;
    }
    if (width <= 0 || width > REPORT_WIDTH_MAX) {
        return REPORT_WIDTH_MAX;
    }
    return width < WIDTH_LEAST ? WIDTH_LEAST : width;
}

/* A document as text; the caller frees it. NULL without memory. */
static char *
render(const struct document *document, const struct report_paper *paper)
{
    char *text = NULL;
    size_t bytes;
    FILE *file = open_memstream(&text, &bytes);

    if (!file) {
        return NULL;
    }
    document_print_text(file, document, paper->width, paper->colour);
    fclose(file);
    return text;
}

static int
count_lines(const char *text)
{
    int lines = 0;

    for (; text && *text != '\0'; text++) {
        lines += *text == '\n';
    }
    return lines;
}

/* The fewer scenarios are compared, the shorter it gets. */
void
report_headline(FILE *file, const struct summary *summary,
                const struct report_paper *paper)
{
    char *text = NULL;
    size_t lines =
        summary->ngroups < MATRIX_LINES ? summary->ngroups : MATRIX_LINES;

    do {
        struct document document = {0};

        free(text);
        headline_build(&document, summary, lines);
        document_paragraph(&document,
                           "more: report --scenario=NAME | --why | --noise | "
                           "--all%s%s%s",
                           paper->folder ? "   data: " : "",
                           paper->folder ? paper->folder : "",
                           paper->folder ? "/results.csv" : "");
        text = render(&document, paper);
        document_free(&document);
    } while (count_lines(text) > REPORT_LINES_MAX && lines-- > 0);
    fputs(text ? text : "", file);
    free(text);
}

void
report_scenario_lines(FILE *file, const struct results *results,
                      const char *scenario, int clients,
                      const struct report_paper *paper)
{
    struct results some = {.run = results->run};
    struct summary summary;
    struct document document = {0};

    /* Only what is needed: this is done while the run waits. */
    for (size_t i = 0; i < results->nlives; i++) {
        if (results->lives[i].clients == clients &&
            strcmp(results->lives[i].scenario, scenario) == 0) {
            results_add(&some, RECORD_LIFE, &results->lives[i]);
        }
    }
    for (size_t i = 0; i < results->nslices; i++) {
        if (results->slices[i].clients == clients &&
            strcmp(results->slices[i].scenario, scenario) == 0) {
            results_add(&some, RECORD_SLICE, &results->slices[i]);
        }
    }
    if (some.nlives > 0 && summary_make(&some, &summary) == 0) {
        scenario_lines(&document, &summary);
        document_print_text(file, &document, paper->width, paper->colour);
        document_free(&document);
        summary_free(&summary);
    }
    results_free(&some);
}

int
report_scenarios(FILE *file, const struct summary *summary,
                 const struct report_views *views,
                 const struct report_paper *paper)
{
    struct document document = {0};
    size_t shown = scenario_build(&document, summary, views);

    document_print_text(file, &document, paper->width, paper->colour);
    document_free(&document);
    return shown > 0 ? 0 : -1;
}

static void
build_all(struct document *document, const struct summary *summary)
{
    static const struct report_views everything = {.why = true,
                                                   .noise = true};

    headline_build(document, summary, MATRIX_LINES);
    scenario_build(document, summary, &everything);
    if (strcmp(summary->results->run.mode, VARIANTS_MODE) == 0) {
        variants_build(document, summary, true);
    }
}

void
report_all(FILE *file, const struct summary *summary,
           const struct report_paper *paper)
{
    struct document document = {0};

    build_all(&document, summary);
    document_print_text(file, &document, paper->width, paper->colour);
    document_free(&document);
}

int
report_markdown(FILE *file, const struct summary *summary)
{
    struct document document = {0};

    build_all(&document, summary);
    document_print_markdown(file, &document);
    document_free(&document);
    return fflush(file) == 0 && !ferror(file) ? 0 : -1;
}
