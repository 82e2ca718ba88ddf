/*
 * measure.h: what is measured of one server in one life, and how it starts.
 */
#ifndef FIVEWAYS_MEASURE_H
#define FIVEWAYS_MEASURE_H

#include <signal.h>

#include "harness/compare/contender.h"
#include "harness/compare/grid.h"
#include "harness/compare/layout.h"
#include "harness/compare/scenarios.h"
#include "harness/compare/server.h"
#include "harness/load/engine.h"
#include "harness/results/results.h"

/* What to measure. */
struct measure_order {
    const struct contender *contender; /* the server */
    const struct scenario *scenario;   /* the load; its silent clients may
                                        * be fewer than in the table */
    const struct grid_point *rate;     /* of an open loop; NULL: closed */
    const struct layout *layout;       /* already entered by the caller */
    const char *bin;                   /* folder of our own servers */
    const char *launcher;              /* starts the server, or NULL */
    const char *host;                  /* where it listens, or NULL */
    int64_t start_timeout_ns;          /* until the server must be ready */
    int life;                          /* from 1 */
    const volatile sig_atomic_t *interrupted; /* drop a server that starts */
};

/* Fill in what is known of a window before it is measured. */
void measure_identify(const struct measure_order *order, struct life *life);

/* The same of a slice, at a rate (NULL: closed loop). */
void measure_identify_slice(const struct measure_order *order,
                            const struct grid_point *rate, int block,
                            struct slice *slice);

/* A launcher such as taskset, or the server itself, may have chosen other
 * CPUs than those that the layout says. True if so. */
bool measure_has_moved(const struct measure_order *order,
                       const struct server *server);

/* What may change an order before a server is started from it, with room for
 * a command of SERVER_COMMAND_BYTES. Returns NULL, or why it cannot: a
 * phrase. */
typedef const char *measure_wrap(struct server_order *order,
                                 char command[SERVER_COMMAND_BYTES]);

/*
 * Start the server of an order; `wrap` may be NULL. Returns 0, or -1 and a
 * sentence in `reason`. Blocks until it is ready; the caller stops it.
 */
int measure_start_server(const struct measure_order *order,
                         struct server *server, measure_wrap *wrap,
                         char reason[SERVER_REASON_BYTES]);

/* The load of an order's scenario against a server that runs. */
void measure_set_load(const struct measure_order *order,
                      const struct server *server,
                      struct engine_options *options);

/*
 * Wait until the server has accepted everybody and made what it makes for
 * each of them. A connect succeeds as soon as the kernel has it, which can be
 * long before; a thousand threads still to be started would be charged to
 * the echoes of the life. Nothing has been sent yet, so a server that is
 * done sleeps and uses no CPU; one that merely waits for its turn on a busy
 * machine does not sleep. Blocks, for a second at most.
 */
void measure_settle(const struct measure_order *order,
                    const struct server *server);

/* Add the floor, and the ratio to it. */
void measure_add_floor(struct life *life, double floor_us);

#endif
