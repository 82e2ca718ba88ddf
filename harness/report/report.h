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

#include "harness/base/base.h"
#include "harness/results/results.h"

enum {
    REPORT_WIDTH_MAX = 100, /* columns that no line exceeds */
    REPORT_LINES_MAX = 40,  /* of a headline */
};

/* Where a report is read. */
struct report_paper {
    int width;          /* columns, 60 or more */
    bool colour;        /* escape sequences are welcome */
    const char *bin;    /* folder of `report`, to be named; or NULL */
    const char *folder; /* of the results, likewise */
    bool partial;       /* they are beside others there, without a page */
};

/* What is wanted beside the tables of the scenarios. */
struct report_views {
    const char *scenario; /* "echo" or "echo,512"; NULL: all of them */
    bool why;             /* system calls by name, page faults, threads */
    bool noise;           /* what disturbed, and how precise it is */
    bool all;             /* both of these, behind the headline */
    bool brief;           /* short tables, without a word */
};

/* The paper that a stream is: as wide as COLUMNS or the terminal says, 60 to
 * REPORT_WIDTH_MAX columns; in colour if it is a terminal, without NO_COLOR
 * and TERM=dumb. */
struct report_paper report_paper_of(FILE *file);

/* Print the answer: at most REPORT_LINES_MAX lines. */
void report_headline(FILE *file, const struct summary *summary,
                     const struct report_paper *paper);

/* Print the last scenario as soon as it is measured: a line for each server
 * and at most three more. Nothing if it is not in the results. */
void report_scenario_lines(FILE *file, const struct results *results,
                           const char *scenario, int clients,
                           const struct report_paper *paper);

/* Print the table of each scenario that is wanted; without a paper as
 * Markdown. Returns 0, or -1 if there is no such scenario. */
int report_scenarios(FILE *file, const struct summary *summary,
                     const struct report_views *views,
                     const struct report_paper *paper);

/* Print who waits for whom, a line for each time that somebody wakes up. */
void report_trace(FILE *file, const struct results *results,
                  const struct report_paper *paper);

/* Write a picture of that, SVG. Returns 0, or -1 with errno. */
int report_trace_svg(FILE *file, const struct results *results);

/* Print everything as Markdown. Returns 0, or -1 with errno. */
int report_markdown(FILE *file, const struct summary *summary);

/* Print what is dearer or worse than in an earlier run, which is called
 * `baseline`, in a few lines. */
void report_dearer(FILE *file, const struct summary *before,
                   const struct summary *after, const char *baseline,
                   const struct report_paper *paper);

/* Print the page: one HTML file, alone. Returns 0, or -1 with errno. */
int report_page(FILE *file, const struct summary *summary);

#define COUNT_MODE "count" /* the run->mode of a run that only counts */

/* The lines of models.h; and which has that name, or -1. */
extern const struct known_model {
    const char *name; /* also of its folder and program */
    unsigned ways;    /* how it works: MODEL_..., added */
    const char *idea; /* in a few words */
} known_models[];
int model_index(const char *name);

/* ---- variants ------------------------------------------------------------
 *
 * libevent on poll and select, its buffers, swapcontext, large stacks: each
 * answers one question about its model. compare runs by this table what
 * report speaks of by it.
 */

#define VARIANTS_MODE "variants" /* the run->mode of a run of them */

#define VARIANTS 9

/* One of them, or the model that others are held against. */
struct variant {
    const char *name;      /* in every table */
    const char *program;   /* that is started */
    const char *flag;      /* with this beside the usual ones, or NULL */
    const char *base;      /* the variant it is held against, or "" */
    const char *what;      /* then, in a sentence: what differs */
    const char *base_what; /* ... and from what */
    unsigned ways;         /* how it works; 0: a model, or in no such way */
};

extern const struct variant variants[VARIANTS];

#endif
