/*
 * syscalls.h: how many system calls a server makes for an echo.
 *
 *   syscalls.c   counted once for each scenario and model, not timed
 *   perf.c       by perf under the very load of the scenario, else
 *   strace.c     by strace with one client
 */
#ifndef FIVEWAYS_COMPARE_SYSCALLS_H
#define FIVEWAYS_COMPARE_SYSCALLS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "harness/compare/measure.h"
#include "harness/compare/server.h"
#include "harness/results/results.h"

/* ---- perf -----------------------------------------------------------
 *
 * A server's system calls, counted by the kernel.
 *
 * perf_event_open(2) on the tracepoints of system calls, for all threads of
 * a process that has one, and those that it will start. Counting costs each
 * call a few tens of nanoseconds, so it has no place in what is timed.
 */

enum {
    PERF_EVENTS_MAX = 48,    /* the total, and calls by name */
    PERF_REASON_BYTES = 128, /* a sentence without full stop */
};

/* Counters of one server. */
struct perf {
    int nevents;                        /* counted; the first is the total */
    const char *names[PERF_EVENTS_MAX]; /* of the calls; [0] is NULL */
    int fds[PERF_EVENTS_MAX];           /* open counters */
};

/*
 * Begin to count the system calls of a process that has no other thread yet:
 * in total, and by name if `by_name` is set. Returns 0; or -1 and why not in
 * `reason`, and then nothing is open. The counters belong to `perf` until
 * perf_close().
 */
int perf_open(struct perf *perf, pid_t pid, bool by_name,
              char reason[PERF_REASON_BYTES]);

/* The counts so far, in the order of perf->names. */
void perf_read(const struct perf *perf, uint64_t counts[PERF_EVENTS_MAX]);

/* Stop counting. */
void perf_close(struct perf *perf);

/* ---- strace ---------------------------------------------------------
 *
 * A server's system calls, counted by strace.
 *
 * The way that needs no privilege. It makes a server more than ten times
 * slower, and a slow server finds more clients ready at once, so its counts
 * hold for a single client only.
 */

enum {
    STRACE_NAME_BYTES = 24, /* of a call, with the final 0 */
    STRACE_CALLS_MAX = 96,  /* different calls in one table */
};

/* What one run under strace counted, from exec to end. */
struct strace_table {
    struct {
        char name[STRACE_NAME_BYTES]; /* of the call */
        int64_t calls;                /* how often */
    } rows[STRACE_CALLS_MAX];         /* by name */
    int nrows;                        /* how many */
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

/* ---- syscalls -------------------------------------------------------
 *
 * How many system calls a server makes for an echo.
 *
 * Counted once for each scenario and model, in a run of its own that is not
 * timed: by perf under the very load of the scenario where the kernel lets
 * us, else by strace with one client, else not at all.
 */

/*
 * Count. Starts the server of a turn, once for perf, twice for strace.
 * Fills all of `calls`; where nothing could be counted its method is "" and
 * its reason says why. Blocks, for about a tenth of a second with perf;
 * nothing of the server is left afterwards.
 */
void syscalls_count(struct turn *turn, enum syscalls_method method,
                    struct calls *calls);

#endif
