/*
 * arguments.h: the command line of `load`.
 */
#ifndef FIVEWAYS_ARGUMENTS_H
#define FIVEWAYS_ARGUMENTS_H

#include "harness/load/engine.h"

enum {
    EXIT_USAGE = 2,      /* the command line was wrong; nothing was done */
    EXIT_NO_MEASURE = 3, /* the harness itself could not measure */
};

struct arguments {
    const char *target;            /* as written: HOST:PORT */
    struct engine_options options; /* what the flags ask for */
    int threads;                   /* that are to do it */
    int64_t slo_ns;    /* search for the highest rate with p99 of the response
                        * time within this; 0: do not */
    bool has_duration; /* the length of the window was given */
    const char *histogram_file; /* write the percentiles there; or NULL */
    const char *save_file;      /* save the result there; or NULL */
    const char *needs_rate;     /* a flag given that means something only with
                                 * --rate; NULL if there was none */
};

/* Read the command line. Does not return if it is wrong (exit status 2, one
 * sentence on standard error), if help is asked for (0), or if the host has
 * no address (3). */
void arguments_read(int argc, char **argv, struct arguments *arguments);

#endif
