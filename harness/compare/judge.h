/*
 * judge.h: from what was seen to what a window says.
 */
#ifndef FIVEWAYS_JUDGE_H
#define FIVEWAYS_JUDGE_H

#include <stdbool.h>

#include "harness/compare/server.h"
#include "harness/load/engine.h"
#include "harness/results/results.h"

/* What was seen of one server under one load. */
struct measurement {
    struct engine_result first;  /* of the run that warms up */
    struct engine_result result; /* of the measured run */
    int engine_errno;            /* why the engine did not run, or 0 */
    int held_before;             /* clients as the baseline was read */
    double base_rss_kib;         /* memory then */
    double rss_kib;              /* memory as all were connected */
    double busy_rss_kib;         /* memory as the slices ended */
    int64_t server_cpu_ns;       /* in the life; -1: unknown */
    double faults;               /* minor page faults in the window */
    double base_threads;         /* threads as the baseline was read */
    double threads;              /* as the window ended */
    double stack_kib;            /* kernel's stack of a thread then */
    int64_t switches;            /* context switches since nothing was sent,
                                  * until the window's end; -1: unknown */
    uint64_t switches_echoes;    /* echoes in that time */
    uint64_t life_echoes;        /* of the measured run in all, if these
                                  * are all the bytes there were; else 0 */
    double elsewhere_percent;    /* its CPU time in the slices of others */
    bool ask_silent;             /* those who were silent are served, too */
    bool unseen;                 /* a launcher put it out of our sight */
    bool moved;                  /* it runs on CPUs that are not its own */
    bool forks;                  /* the work was done by child processes */
};

/* Fill in the figures, the errors, the server's counters and what bounded
 * the life. The server has been stopped. */
void judge_fill(struct life *life, const struct measurement *measurement,
                const struct server *server);

/* Add to the measured run's errors those of the first run, whose bytes are
 * verified like all others. Call it before the two below. */
void judge_merge(struct measurement *measurement);

/*
 * Set status and reason: failed when the server died, sent a wrong byte,
 * broke connections, left a client in the middle whom it had begun to serve,
 * answered nobody at all, or (if it is one of ours) did not end well; invalid
 * when the client had trouble. That fewer clients were served than asked is
 * no failure: a server that serves one after the other does that. Nor are
 * connections that one of ours says it turned away because its model cannot
 * hold them, so far as no byte had come back on them.
 */
void judge_status(struct life *life, const struct measurement *measurement,
                  const struct server *server, bool ours);

#endif
