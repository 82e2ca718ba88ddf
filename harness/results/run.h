/*
 * run.h: where, when and how the windows of one results file were measured.
 *
 * The first line of results.jsonl is the run, the last one says how it
 * ended. A file without that last line comes from a run that was killed and
 * counts as partial.
 */
#ifndef FIVEWAYS_RESULTS_RUN_H
#define FIVEWAYS_RESULTS_RUN_H

#include <jansson.h>
#include <stdbool.h>

/* One run of compare. */
struct run {
    char cpu_model[96]; /* as /proc/cpuinfo names it */
    int cores;          /* CPUs that the run was allowed to use */
    char kernel[96];    /* name, release, machine */
    char date[32];      /* start, ISO 8601, UTC */
    char compiler[64];  /* that built compare, and with it the servers */
    char mode[12];      /* "default", "quick", "full", "c10k" or
                         * "variants" */
    char layout[12];    /* of every scenario that does not set its own */
    int rounds;         /* planned; once it is over, begun */
    long seed;          /* of the random order of servers */
    char models[512];   /* names in table order, separated by spaces */
    char command[512];  /* the command line */
    char note[512];     /* what the plan had to change, or "" */
    bool partial;       /* cut short: Ctrl-C, or no last line */
    double seconds;     /* that the run took, NAN while it is not over */
};

/* The run as a JSON object, which the caller owns; NULL without memory. */
json_t *run_to_json(const struct run *run);

enum {
    RUN_ROUNDS_MAX = 1000000, /* more than anybody can wait for */
    RUN_CORES_MAX = 1000000,
};

/* Read what run_to_json() made; what is missing becomes "" or 0. Returns 0,
 * or -1 if a number is out of range. */
int run_from_json(const json_t *object, struct run *run);

#endif
