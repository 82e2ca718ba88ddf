/*
 * report.h: results for people.
 *
 * A report is built as a document from a summary and printed for a terminal
 * or as Markdown. What is printed depends on the arguments alone.
 */
#ifndef FIVEWAYS_REPORT_H
#define FIVEWAYS_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "harness/results/results.h"

enum {
    REPORT_WIDTH_MAX = 100, /* columns that no line exceeds */
    REPORT_LINES_MAX = 40,  /* of a headline */
};

/* Where a report is read. */
struct report_paper {
    int width;          /* columns, 60 or more */
    bool colour;        /* escape sequences are welcome */
    const char *folder; /* of the other files, to be named; or NULL */
};

/* What is wanted beside the tables of the scenarios. */
struct report_views {
    const char *scenario; /* "echo" or "echo,512"; NULL: all of them */
    bool why;             /* system calls by name, page faults, threads */
    bool noise;           /* what disturbed, and how precise it is */
};

/* True if colour belongs on this stream: a terminal, no NO_COLOR, not
 * TERM=dumb. */
bool report_wants_colour(FILE *file);

/* The columns to be used on this stream: COLUMNS, else the terminal's, 60 to
 * REPORT_WIDTH_MAX. */
int report_width(FILE *file);

/* Print the answer: at most REPORT_LINES_MAX lines. */
void report_headline(FILE *file, const struct summary *summary,
                     const struct report_paper *paper);

/* Print one scenario as soon as it is measured: a line for each server and at
 * most three more. Nothing if it is not in the results. */
void report_scenario_lines(FILE *file, const struct results *results,
                           const char *scenario, int clients,
                           const struct report_paper *paper);

/* Print the table of each scenario that is wanted. Returns 0, or -1 if there
 * is no such scenario. */
int report_scenarios(FILE *file, const struct summary *summary,
                     const struct report_views *views,
                     const struct report_paper *paper);

/* Print everything. */
void report_all(FILE *file, const struct summary *summary,
                const struct report_paper *paper);

/* Print everything as Markdown. Returns 0, or -1 with errno. */
int report_markdown(FILE *file, const struct summary *summary);

#endif
