/*
 * judge.h: from what was seen to what a window says.
 */
#ifndef FIVEWAYS_JUDGE_H
#define FIVEWAYS_JUDGE_H

#include <stdbool.h>

#include "harness/compare/server_process.h"
#include "harness/load/engine.h"
#include "harness/results/window.h"

/* What was seen of one server under one load. */
struct measurement {
    struct engine_result result; /* of the measured run */
    int engine_errno;            /* why the engine did not run, or 0 */
    uint64_t echoes_before;      /* of the first run */
    bool left_before;            /* it left a message without its echo */
    int held_before;             /* clients as the baseline was read */
    double base_rss_kib;         /* memory then */
    double rss_kib;              /* memory as the window ended */
    int64_t server_cpu_ns;       /* in the window; -1: unknown */
    double faults;               /* minor page faults in the window */
    double threads;              /* as the window ended */
    bool forks;                  /* the work was done by child processes */
};

/* Fill in the figures, the errors, the server's counters and what bounded
 * the window. The server has been stopped. */
void judge_fill(struct window *window, const struct measurement *measurement,
                const struct server_process *server);

/*
 * Set status and reason: failed when the server died, broke connections
 * that it did not refuse, sent a wrong byte or (if it is one of ours) did
 * not end well; invalid when the client had trouble. That fewer clients
 * were served than asked is no failure.
 */
void judge_status(struct window *window,
                  const struct measurement *measurement,
                  const struct server_process *server, bool ours);

#endif
