/*
 * results.h: the results file, the only source of every report.
 *
 * results.jsonl holds one JSON object on each line: first the run, then one
 * line for each window, written and flushed the moment that it was
 * measured, one for each counting of system calls among them, and at last a
 * line that says how the run ended. So whatever happens to the run, what was
 * measured before is safe.
 */
#ifndef FIVEWAYS_RESULTS_H
#define FIVEWAYS_RESULTS_H

#include <stddef.h>
#include <stdio.h>

#include "harness/results/calls.h"
#include "harness/results/run.h"
#include "harness/results/window.h"

/* One server driven once, from nothing under way to nothing under way. */
struct slice {
    char scenario[WINDOW_NAME_BYTES]; /* as in struct window */
    char model[WINDOW_NAME_BYTES];    /* as there, or "floor" */
    int clients;                      /* as there */
    int rate_per_s;                   /* open loop: the rate, else 0 */
    int life;                         /* from 1 */
    int block;                        /* from 1, through all lives */
    double seconds;                   /* how long it took */
    double echoes;                    /* whole ones */
    double server_cpu_us;             /* in all; NAN: unknown */
    double client_cpu_us;             /* in all */
    double gap_ms;                    /* longest time without a byte */
    bool stalled;                     /* that was no gap of the load's own */
};

/* A whole results file in memory. All zero is an empty one. */
struct results {
    struct run run;         /* its first line */
    struct window *windows; /* its windows, in the order measured */
    size_t nwindows;        /* how many */
    struct slice *slices;   /* in the order measured */
    size_t nslices;         /* how many */
    struct calls *calls;    /* system calls counted, in the order counted */
    size_t ncalls;          /* how many of those */
    const char *problem;    /* why reading ended early: "is no ...", NULL */
};

/* Write one line and flush it. Return 0, or -1 with errno. */
int results_write_run(FILE *file, const struct run *run);
int results_write_window(FILE *file, const struct window *window);
int results_write_slice(FILE *file, const struct slice *slice);
int results_write_calls(FILE *file, const struct calls *calls);

/* Write the last line, from run->partial, run->seconds and run->rounds. */
int results_write_end(FILE *file, const struct run *run);

/* Append a copy of a window. Returns 0, or -1 without memory. */
int results_add(struct results *results, const struct window *window);

/* The same for a slice, and for a counting of system calls. */
int results_add_slice(struct results *results, const struct slice *slice);
int results_add_calls(struct results *results, const struct calls *calls);

/* What was counted for a window's scenario, clients and model, or NULL; in an
 * open loop it depends on the rate, and nothing is counted. */
const struct calls *results_find_calls(const struct results *results,
                                       const struct window *window);

/* A figure of a good window: its own, or for system calls, which are not
 * counted in windows, what was counted for its row. May be NAN. */
double results_figure(const struct results *results,
                      const struct window *window, enum window_figure figure);

/*
 * Read a results file. Returns 0 and fills `results`, which the caller gives
 * back with results_free(); or the number of the first line that is refused,
 * with the reason in results->problem; or -1 without memory or on a read
 * error. A last line that was cut off in the middle is left out: the run was
 * killed. Nothing else is tolerated, least of all two runs in one file, since
 * a table of half of the windows looks like any other.
 */
long results_read(FILE *file, struct results *results);

/* Free windows and calls. */
void results_free(struct results *results);

#endif
