/*
 * measure.h: one window: start a server, load it, look at it, stop it.
 */
#ifndef FIVEWAYS_MEASURE_H
#define FIVEWAYS_MEASURE_H

#include <signal.h>

#include "harness/compare/contender.h"
#include "harness/compare/layout.h"
#include "harness/compare/scenarios.h"
#include "harness/results/window.h"

/* What to measure. */
struct measure_order {
    const struct contender *contender; /* the server */
    const struct scenario *scenario;   /* the load; its silent clients may
                                        * be fewer than in the table */
    const struct layout *layout;       /* already entered by the caller */
    const char *bin;                   /* folder of our own servers */
    int64_t warmup_ns;                 /* before the window */
    int64_t window_ns;                 /* of measuring */
    int64_t start_timeout_ns;          /* until the server must be ready */
    int round;                         /* from 1 */
    const volatile sig_atomic_t *interrupted; /* drop a server that starts */
};

/* What became of a measurement. */
enum measure_outcome {
    MEASURE_DONE,     /* the window is there, good or bad */
    MEASURE_HOPELESS, /* the server did not start or never got ready: there
                       * is no use in trying it again; the window says why */
    MEASURE_DROPPED,  /* interrupted before it was ready: no window */
};

/* Fill in what is known of a window before it is measured. */
void measure_identify(const struct measure_order *order,
                      struct window *window);

/*
 * Measure. Fills all of `window` but what comes from the floor. Whatever
 * goes wrong becomes its status and reason. Blocks; nothing of the server is
 * left afterwards.
 */
enum measure_outcome measure_window(const struct measure_order *order,
                                    struct window *window);

/* Add the floor, and the ratio to it. */
void measure_add_floor(struct window *window, double floor_us);

#endif
