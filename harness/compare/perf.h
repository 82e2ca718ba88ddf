/*
 * perf.h: a server's system calls, counted by the kernel.
 *
 * perf_event_open(2) on the tracepoints of system calls, for all threads of
 * a process that has one, and those that it will start. Counting costs each
 * call a few tens of nanoseconds, so it has no place in a timed life.
 */
#ifndef FIVEWAYS_PERF_H
#define FIVEWAYS_PERF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

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
 * Begin to count the system calls of a process that has no other thread
 * yet: in total, and by name if
 * `by_name` is set. Returns 0; or -1 and why not in `reason`, and then
 * nothing is open. The counters belong to `perf` until perf_close().
 */
int perf_open(struct perf *perf, pid_t pid, bool by_name,
              char reason[PERF_REASON_BYTES]);

/* The counts so far, in the order of perf->names. */
void perf_read(const struct perf *perf, uint64_t counts[PERF_EVENTS_MAX]);

/* Stop counting. */
void perf_close(struct perf *perf);

#endif
