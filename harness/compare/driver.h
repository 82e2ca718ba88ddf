/*
 * driver.h: the clients of one server, in a process of their own.
 *
 * All servers of a scenario live at the same time and are driven in turn.
 * The limit of descriptors is one for each process, so each server's clients
 * have a process, which sleeps until it is told to do something. It reads the
 * server's CPU time itself, at the very ends of a slice.
 */
#ifndef FIVEWAYS_DRIVER_H
#define FIVEWAYS_DRIVER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/compare/grid.h"
#include "harness/compare/server.h"
#include "harness/load/engine.h"

/* What the driver has in common with the process it serves. */
struct driver_shared {
    /* What to do, and how: */
    int command;       /* of driver.c */
    int64_t slice_ns;  /* of a slice */
    double rate_per_s; /* of a slice; 0: a closed loop */
    uint64_t seed;     /* of an open loop */
    int sum;           /* which of `sums` a slice goes to; -1: none, it is a
                        * warm-up */
    /* What came of it: */
    int engine_errno;           /* why the engine could not do it, or 0 */
    uint64_t slice_echoes;      /* slice: whole echoes */
    int served;                 /* slice: speaking clients served so far */
    bool drained;               /* slice: nothing was left under way */
    int64_t server_cpu_ns;      /* slice: of the server; -1: unknown */
    struct engine_result last;  /* what the last command saw */
    struct engine_result alone; /* what the first clients saw */
    struct engine_result all;   /* connecting and ending, without slices */
    /* All slices that were not warm-up: in a closed loop, and at each point
     * of the grid. An open loop's that was invalid is not in it, unless all
     * have been. */
    struct engine_result sums[1 + GRID_POINTS];
    int64_t sum_cpu_ns[1 + GRID_POINTS]; /* of the server, meanwhile */
    int64_t sum_ns[1 + GRID_POINTS];     /* how long they took */
    int slices[1 + GRID_POINTS];         /* how many are in it */
    int invalid[1 + GRID_POINTS];        /* how many are not */
    uint64_t echoes; /* in all, since the clients connected */
};

/* One driver. */
struct driver {
    pid_t pid;                    /* its process; 0: there is none */
    int fd;                       /* a byte goes there and one comes back */
    struct driver_shared *shared; /* see there */
};

/*
 * Start a driver for a server that runs. The options tell the load; they and
 * the server are copied. The driver inherits the CPUs of the caller. Returns
 * 0, or -1 with errno. Ended by driver_stop().
 */
int driver_start(struct driver *driver, const struct engine_options *options,
                 const struct server *server);

/* Each of these makes it do one thing and blocks until that is done. They
 * return 0; or -1 if the driver could not: shared->engine_errno says why.
 *
 * The first clients, so many, speak for `ns` and leave. */
int driver_run_alone(struct driver *driver, int clients, int64_t ns);
/* All connect. */
int driver_connect(struct driver *driver);
/* One slice; `sum` is which of shared->sums it belongs to, or -1. */
int driver_slice(struct driver *driver, int64_t slice_ns, double rate_per_s,
                 uint64_t seed, int sum);
/* All are asked who must be, and leave. */
int driver_close(struct driver *driver);

/* End the process and give back what it took. Does nothing without one. */
void driver_stop(struct driver *driver);

/* Have all drivers finish what they are at: what takes its time, connecting
 * and waiting, ends at once. For a signal handler. */
void driver_interrupt(void);

#endif
