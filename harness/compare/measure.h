/*
 * measure.h: how it is measured.
 *
 *   lives.c         the run: scenarios, lives, blocks
 *   turn.c          one server in one life
 *   kept.c          what a run keeps
 *   measure.c       how a server is started and made ready
 *   driver.c        the clients of one server, in a process of their own
 *   judge.c         from what was seen to what a life says
 *   floor.c         what the kernel alone charges for an echo
 *   disturbance.c   what else went on
 *   syscalls.c      how many system calls an echo takes
 *   progress.c      how far the run is, on a terminal
 */
#ifndef FIVEWAYS_COMPARE_MEASURE_H
#define FIVEWAYS_COMPARE_MEASURE_H

#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "harness/compare/plan.h"
#include "harness/compare/server.h"
#include "harness/load/engine.h"
#include "harness/results/results.h"

/* ---- driver ---------------------------------------------------------
 *
 * The clients of one server, in a process of their own.
 *
 * All servers of a scenario live at the same time and are driven in turn.
 * The limit of descriptors is one for each process, so each server's clients
 * have a process, which sleeps until it is told to do something. It reads the
 * server's CPU time itself, at the very ends of a slice.
 */

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
    bool forks;                 /* the server had children as the first
                                 * clients spoke */
    bool drained;               /* slice: nothing was left under way */
    int64_t server_cpu_ns;      /* slice: of the server; -1: unknown */
    int64_t turn_cpu_ns;        /* slice: the same, with what comes before
                                 * and after it in an open loop */
    int64_t turn_ns;            /* slice: how long all of that took */
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

/* ---- floor ----------------------------------------------------------
 *
 * What the kernel alone charges for an echo.
 *
 * One thread, a pair of sockets over loopback TCP, nobody waiting: the CPU
 * time of one send and one recv of a message. That is the part of an echo
 * that no server can avoid, so a server's CPU per echo is shown as a
 * multiple of it, and a multiple below 1 is a measuring bug.
 */

/*
 * CPU time in us of moving one message of `message_bytes` with send and
 * recv, in pieces of 16 KiB as the servers do it, on the CPU that the
 * calling thread is on. Takes some milliseconds. NAN if it cannot be
 * measured.
 */
double floor_probe_us(int64_t message_bytes);

/* ---- disturbance ----------------------------------------------------
 *
 * What else went on while something was measured: time stolen
 * by the hypervisor, throttling by a control group, and the kernel's counters
 * of TCP trouble, which are those of the whole machine.
 */

/* Counters at one moment; NAN where the system does not tell. */
struct disturbance {
    int64_t at_ns;               /* CLOCK_MONOTONIC */
    double figure[LIFE_FIGURES]; /* from LIFE_STEAL_PERCENT, which is still a
                                  * time in ns, to LIFE_RETRANSMITS */
};

/* Read all of it; takes some tenths of a millisecond. `cpus` are those on
 * which client and server may run. */
void disturbance_read(struct disturbance *disturbance, const cpu_set_t *cpus);

/* Fill in what has happened since. */
void disturbance_fill(struct life *life, const struct disturbance *before,
                      const cpu_set_t *cpus);

/* ---- judge ----------------------------------------------------------
 *
 * From what was seen to what a life says.
 */

/* What was seen of one server under one load. */
struct measurement {
    struct engine_result first;  /* of the run that warms up */
    struct engine_result result; /* of the measured run */
    int engine_errno;            /* why the engine did not run, or 0 */
    int held_before;             /* clients as the baseline was read */
    double base_rss_kib;         /* memory then */
    double rss_kib;              /* memory as all were connected */
    double busy_rss_kib;         /* memory as the slices ended */
    int64_t server_cpu_ns;       /* in the slices; -1: unknown */
    double faults;               /* minor page faults in the slices */
    double base_threads;         /* threads as the baseline was read */
    double threads;              /* as all were connected */
    double stack_kib;            /* kernel's stack of a thread then */
    int64_t switches;            /* context switches since nothing was sent,
                                  * until the end of the slices; -1: unknown */
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

/* ---- measure --------------------------------------------------------
 *
 * What is measured of one server in one life, and how it starts.
 */

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

/* Fill in what is known of a life before it is measured. */
void measure_identify(const struct measure_order *order, struct life *life);

/* The same of a slice, at a rate (NULL: closed loop). */
void measure_identify_slice(const struct measure_order *order,
                            const struct grid_point *rate, int block,
                            struct slice *slice);

/* A launcher such as taskset, or the server itself, may have chosen other
 * CPUs than those that the layout says. True if so. */
bool measure_has_moved(const struct measure_order *order,
                       const struct server *server);

/*
 * Start the server of an order, behind the words of `prefix`, which ends in
 * NULL, or may be it. Returns 0, or -1 and a sentence in `reason`. Blocks
 * until it is ready; the caller stops it.
 */
int measure_start_server(const struct measure_order *order,
                         struct server *server, const char *const *prefix,
                         char reason[SERVER_REASON_BYTES]);

/* The load of an order's scenario against a server that runs. */
void measure_set_load(const struct measure_order *order,
                      const struct server *server,
                      struct engine_options *options);

/*
 * Wait until the server has accepted everybody and made what it makes for
 * each of them. A connect succeeds as soon as the kernel has it, which can be
 * long before; a thousand threads still to be started would be charged to
 * the echoes of the slices. Nothing has been sent yet, so a server that is
 * done sleeps and uses no CPU; one that merely waits for its turn on a busy
 * machine does not sleep. Blocks, for a second at most.
 */
void measure_settle(const struct measure_order *order,
                    const struct server *server);

/* Add the floor, and the ratio to it. */
void measure_add_floor(struct life *life, double floor_us);

/* ---- syscalls -------------------------------------------------------
 *
 * How many system calls a server makes for an echo, counted once for each
 * scenario and model in a run of its own that is not timed: by perf under the
 * very load of the scenario where the kernel lets us, else by strace with one
 * client, else not at all.
 */

/*
 * Count. Starts the server of `order`, once for perf, twice for strace.
 * Fills all of `calls`; where nothing could be counted its method is "" and
 * its reason says why. Blocks, for about a tenth of a second with perf;
 * nothing of the server is left afterwards.
 */
void syscalls_count(const struct measure_order *order,
                    enum syscalls_method method, struct calls *calls);

/* ---- progress -------------------------------------------------------
 *
 * How far the run is, on a terminal.
 */

/* The line at the bottom. */
struct progress {
    const struct plan *plan; /* what is to be done */
    bool shown;              /* standard error is a terminal */
    int64_t begin_ns;        /* of the present scenario */
    int64_t shown_ns;        /* when the line was last written */
};

/* Say on standard error how long it will take, and what the plan had to
 * change. */
void progress_begin(struct progress *progress, const struct plan *plan,
                    const char *note);

/* A scenario begins. */
void progress_cell(struct progress *progress);

/* Show where the run is, a few times a second at most. */
void progress_show(struct progress *progress, const struct plan_cell *cell,
                   int life);

/* Take the line away. */
void progress_end(struct progress *progress);

/* ---- lives ----------------------------------------------------------
 *
 * The run: scenario after scenario, its servers driven in turn.
 *
 * A scenario is a few lives. In each, all servers are started in fresh
 * processes, connected to, and warmed up; then block after block each of them
 * is driven for one slice, in random order. What slows the machine for longer
 * than a block slows them all, and what does not is one slice of many.
 * Nothing is run again or thrown away.
 */

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

/* ---- between lives.c, turn.c and kept.c
 * ------------------------------------------
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
    struct disturbance before;           /* as the life began */
    struct grid_point grid[GRID_POINTS]; /* rates of the open loop */
    int npoints;                         /* how many there are */
};

/* True once the run is to end. */
bool lives_interrupted(const struct lives *lives);

/* The file could not be written: say so the first time, and at once, since
 * whoever watches may want to end the run. */
void lives_say_unwritten(struct lives *lives, int error);

/* Keep a record: in memory and in the file. */
void lives_keep(struct lives *lives, const struct life *life);
void lives_keep_slice(struct lives *lives, const struct slice *slice);
void lives_keep_calls(struct lives *lives, const struct calls *calls);

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
