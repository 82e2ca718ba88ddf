/*
 * options.h: the command line of compare, checked.
 */
#ifndef FIVEWAYS_COMPARE_OPTIONS_H
#define FIVEWAYS_COMPARE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/compare/contender.h"
#include "harness/compare/layout.h"
#include "harness/compare/scenarios.h"
#include "harness/compare/syscalls.h"

enum {
    OPTIONS_LIVES_MAX = 100,
};

/* What was asked for. */
struct options {
    const char *bin;         /* folder of the servers */
    const char *out;         /* folder of the results */
    enum mode mode;          /* how much */
    const char *models;      /* names, or NULL for all */
    const char *scenarios;   /* names, or NULL for those of the mode */
    int64_t time_ns;         /* of each scenario; 0: that of the mode */
    int lives;               /* in each scenario; 0: those of the mode */
    const char *launcher;    /* words that start each server, or NULL */
    const char *host;        /* where servers listen; NULL: 127.0.0.1 */
    enum layout_kind layout; /* for scenarios without one of their own */
    bool layout_given;       /* it was asked for */
    enum syscalls_method syscalls; /* how system calls are counted */
    bool why;                      /* print system calls by name */
    int64_t start_timeout_ns;      /* until a server must be ready */
    struct contender contenders[CONTENDERS_MAX]; /* the yardstick last */
    size_t ncontenders;                          /* how many */
};

/* Parse. Wrong usage: one sentence on standard error, exit(2). */
void options_parse(struct options *options, int argc, char **argv);

/* True if a scenario was asked for. */
bool options_want(const struct options *options,
                  const struct scenario *scenario);

#endif
