/*
 * strace.h: a server's system calls, counted by strace.
 *
 * The way that needs no privilege. It makes a server more than ten times
 * slower, and a slow server finds more clients ready at once, so its counts
 * hold for a single client only.
 */
#ifndef FIVEWAYS_STRACE_H
#define FIVEWAYS_STRACE_H

#include <stdint.h>

#include "harness/compare/server.h"
#include "harness/results/results.h"

enum {
    STRACE_NAME_BYTES = 24, /* of a call, with the final 0 */
    STRACE_CALLS_MAX = 96, /* different calls in one table */
};

/* What one run under strace counted, from exec to end. */
struct strace_table {
    struct {
        char name[STRACE_NAME_BYTES]; /* of the call */
        int64_t calls;               /* how often */
    } rows[STRACE_CALLS_MAX];        /* by name */
    int nrows;                       /* how many */
};

/* Put strace before what `order` starts. `command` is room for a foreign
 * command. Returns NULL, or why it cannot be done: a phrase. */
const char *strace_wrap(struct server_order *order,
                        char command[SERVER_COMMAND_BYTES]);

/* Read the table of `strace -c` at the end of `text`. Returns 0, or -1 if
 * there is none. */
int strace_parse(const char *text, struct strace_table *table);

/* How often a call is in the table; 0 if it is not. */
int64_t strace_calls(const struct strace_table *table, const char *name);

#endif
