/*
 * lives.h: the run: scenario after scenario, its servers driven in turn.
 *
 * A scenario is a few lives. In each, all servers are started in fresh
 * processes, connected to, and warmed up; then block after block each of them
 * is driven for one slice, in random order. What slows the machine for longer
 * than a block slows them all, and what does not is one slice of many.
 * Nothing is run again or thrown away.
 */
#ifndef FIVEWAYS_LIVES_H
#define FIVEWAYS_LIVES_H

#include <signal.h>
#include <stdio.h>

#include "harness/compare/disturbance.h"
#include "harness/compare/driver.h"
#include "harness/compare/judge.h"
#include "harness/compare/measure.h"
#include "harness/compare/options.h"
#include "harness/compare/plan.h"
#include "harness/compare/progress.h"
#include "harness/results/results.h"

/* What is needed for a run. */
struct lives_order {
    const struct options *options;            /* who and what */
    const struct plan *plan;                  /* how long */
    const volatile sig_atomic_t *interrupted; /* set: finish now */
    struct results *results; /* run filled in; gets the rest */
    FILE *file;              /* gets a line for each */
    /* Called when a cell of the plan is measured, or cut off. */
    void (*on_cell)(const struct results *results,
                    const struct plan_cell *cell);
};

/* Run. Returns 0; or -1 with errno when the file could not be written, which
 * has been said then: the results are complete, the file is not. */
int lives_run(const struct lives_order *order);

/* ---- between lives.c and turn.c ------------------------------------------
 */

enum {
    LIVES_BLOCKS_MAX = 2000 /* of one life whose floor is kept */
};

/* How a server takes part. */
enum state {
    STATE_OUT,    /* not started, or over: its record is kept */
    STATE_DRIVEN, /* takes its turns */
    STATE_MUTE,   /* lives, but nobody was answered: has no slices */
};

/* One server in one life. */
struct turn {
    struct measure_order order;       /* what is measured of it */
    struct server server;             /* its process */
    struct driver driver;             /* its clients */
    struct measurement seen;          /* for the judge */
    enum state state;                 /* what it takes part in */
    int64_t slice_ns;                 /* length of its slices */
    int64_t own_cpu_ns;               /* its CPU time in its slices */
    int64_t begin_cpu_ns;             /* its CPU time as the blocks begin */
    int64_t begin_switches;           /* context switches then */
    double begin_faults;              /* page faults then */
    uint64_t begin_echoes;            /* echoes until then */
    int stalls[1 + GRID_POINTS];      /* slices with a stall */
    double stall_ms[1 + GRID_POINTS]; /* the longest */
    double ns_out;                    /* time in the slices of others */
};

/* The state of a run. */
struct lives {
    const struct lives_order *order; /* what was asked for */
    struct progress progress;        /* the line on the terminal */
    int write_errno;                 /* first trouble with the file, or 0 */
    /* By contender: why it is hopeless, "" if it is not. */
    char hopeless[CONTENDERS_MAX][RESULTS_REASON_BYTES];
    /* Of the present scenario: */
    const struct plan_cell *cell;        /* it */
    struct turn turns[CONTENDERS_MAX];   /* by contender */
    bool failed[CONTENDERS_MAX];         /* is not started again */
    bool measured[CONTENDERS_MAX];       /* has a record that is good */
    int life;                            /* from 1 */
    int block;                           /* the last one, from 1 */
    double floor_us[LIVES_BLOCKS_MAX];   /* of this life */
    int nfloors;                         /* how many */
    struct disturbance before;           /* as the blocks began */
    struct grid_point grid[GRID_POINTS]; /* rates of the open loop */
    int npoints;                         /* how many there are */
};

/* True once the run is to end. */
bool lives_interrupted(const struct lives *lives);

/* Keep a record: in memory and in the file. The first trouble with the file
 * is said. */
void lives_keep(struct lives *lives, const struct life *life);
void lives_keep_slice(struct lives *lives, const struct slice *slice);

/* What is to be measured of a contender now. */
struct measure_order lives_order_for(const struct lives *lives,
                                     size_t contender);

/* Keep the record of a life that never was. */
void lives_keep_reason(struct lives *lives, const struct measure_order *order,
                       enum life_status status, const char *reason);

/* Start a server, let its first client speak, take its memory, connect all
 * clients, and take its memory again. What cannot be started is kept as such.
 * Blocks. */
void turn_begin(struct lives *lives, size_t contender);

/* Slices that count for nothing, until they get no cheaper: caches, page
 * tables, and a compiler at run time need their time. */
void turn_warm_up(struct lives *lives, size_t contender);

/* Drive it for one slice in a closed loop (0) or at a point of the grid, and
 * keep that. Who fails has its life ended by it. */
void turn_slice(struct lives *lives, size_t contender, int sum);

/* Hear what its driver saw and the server says, stop both, and keep it. */
void turn_end(struct lives *lives, size_t contender);

#endif
