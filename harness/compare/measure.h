/*
 * measure.h: how it is measured.
 *
 *   trial.c         whether servers of the user's can be measured at all
 *   lives.c         a scenario: lives, blocks
 *   turn.c          one server in one life, and what is kept of it
 *   driver.c        the clients of one server, in a process of their own
 *   judge.c         from what was seen to what a life says
 *   machine.c       what else went on
 *   count.c         how many system calls an echo takes, and how many
 *                   instructions outside of the kernel
 *   scene.c         who waits for whom, when a few clients come and go
 *   prices.c        what the kernel charges for an echo and its parts
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

/* ---- driver: the clients of one server ----------------------------------
 *
 * All servers of a scenario live at the same time and are driven in turn. The
 * limit of descriptors is one for each process, so each server's clients have
 * one, which sleeps until it is told to do something. It reads the server's
 * CPU time itself, at the very ends of a slice.
 */

struct turn; /* see below */

/* What the slices of a closed loop, or those at one rate, add up to. */
struct driver_sum {
    struct engine_result result; /* its window is as long as all of theirs */
    double server_cpu_ns;        /* of the server in them; NAN: unknown */
    int slices;      /* how many; once the client was not late, only such */
    int stalls;      /* of them, with a stall */
    double stall_ms; /* the longest of these */
};

/* What the slices are added up in, by the rate that they were driven at. */
enum {
    SUM_CLOSED, /* a closed loop, then the points of the grid */
    SUM_WARMUP = GRID_POINTS + 1, /* counts for nothing */
    SUMS,
};

/* One driver, and all that it saw in one life of its server. */
struct driver {
    pid_t pid; /* its process; -1: there is none */
    int fd;    /* a byte goes there and back: do, done */
    void (*what)(struct turn *turn); /* to do: driver_alone ... */
    struct engine_options options;   /* the load */
    struct engine *engine; /* of its process; NULL: none connected */
    /* What a slice is to be: */
    int64_t slice_ns; /* so long */
    int sum;          /* SUM_CLOSED ...: its rate, and where it goes */
    /* What came of it: */
    int engine_errno;          /* why it is not there, or 0 */
    struct engine_result last; /* slice: what was seen; see engine_slice() */
    bool drained;              /* slice: nothing was left under way */
    double server_cpu_ns;      /* slice: of the server in it; NAN: unknown */
    /* What came of all of it: */
    bool forks;                   /* the server has or had children */
    struct engine_result alone;   /* what the first clients saw */
    struct engine_result rest;    /* connecting and ending, and what was wrong
                                   * in slices that are in no sum */
    struct driver_sum sums[SUMS]; /* by `sum` */
    uint64_t echoes;      /* in all, those of the first clients included */
    double slices_echoes; /* in slices, but for warming up */
    double slices_cpu_ns; /* of the server in and around these */
    double others_ns;     /* how long others were driven meanwhile */
};

/* What it can be told to do in its own process: the first clients speak for
 * 4 ms and leave, one, or beside clients that are asked at the end all who
 * speak; all connect; all are asked who must be, and leave. */
void driver_alone(struct turn *turn);
void driver_connect(struct turn *turn);
void driver_close(struct turn *turn);

/* Start the driver of a turn whose server runs, on the caller's CPUs; make it
 * do one of these things, or one slice, for which see struct driver. They
 * block until that is done; false: it is not, see driver->engine_errno. */
bool driver_start(struct turn *turn);
bool driver_tell(struct driver *driver, void (*what)(struct turn *turn));
bool driver_slice(struct driver *driver, int64_t slice_ns, int sum);

/* End the process, if there is one; once for each start. */
void driver_stop(const struct driver *driver);

/* ---- turn: one server in a scenario, and in one life of it ------------- */

#define TURN_RATES       5    /* slices that tell what a server can do */
#define LIVES_BLOCKS_MAX 2000 /* of one life whose floor is kept */

/* How a server takes part. */
enum state {
    STATE_OUT,    /* not started, or over: its record is kept */
    STATE_DRIVEN, /* takes its turns */
    STATE_MUTE,   /* lives, but nobody was answered: has no slices */
};

/* The server, and what was seen of it. */
struct turn {
    struct lives *lives;               /* the run that it is part of */
    const struct contender *contender; /* whose server it is */
    const struct scenario *scenario;   /* the load, as the plan has it */
    bool over;      /* in this scenario: is not started, or not again */
    bool measured;  /* in this scenario: has a record that is good */
    cpu_set_t cpus; /* where its server runs */
    struct calls calls, code; /* what an echo of it takes; no scenario: it was
                               * not counted */
    /* In this life: */
    enum state state;             /* what it takes part in */
    struct server server;         /* its process */
    struct driver driver;         /* its clients */
    struct server_look base;      /* after the first clients have left */
    struct server_look connected; /* as all had connected */
    struct server_look begin;     /* before the slices */
    struct server_look end;       /* after them */
    int64_t slice_ns;             /* length of its slices */
    double rates[TURN_RATES];     /* echoes per second in its first slices */
};

/* The state of a run, in memory that the drivers share. */
struct lives {
    volatile sig_atomic_t interrupted; /* set: finish now */
    const struct options *options;     /* who and what */
    const struct plan *plan;           /* how long */
    struct results results;            /* run filled in; gets the rest */
    FILE *file;                        /* gets a line for each */
    int write_errno;  /* first trouble with it, after which it ends; or 0 */
    bool terminal;    /* standard error is one and shows how far it is */
    int64_t begin_ns; /* of the run */
    /* Of the present scenario: */
    const struct plan_cell *cell;      /* it */
    struct turn turns[CONTENDERS_MAX]; /* by contender */
    struct turn *turns_end;            /* behind the last of them */
    int life;                          /* from 1 */
    int block;                         /* the last one, from 1 */
    double floor_us[LIVES_BLOCKS_MAX]; /* of this life */
    int nfloors;                       /* how many */
    double before[LIFE_FIGURES];       /* see disturbance_read() */
    struct grid_point grid[SUMS];      /* the rates of the sums */
    int npoints;                       /* of the grid: how many there are */
};

/* Keep a record, in memory and in the file; of a slice, fill in which it is.
 * That it cannot be written is said once and at once: whoever watches may
 * want to end the run. */
void lives_keep(struct lives *lives, enum record what, const void *record);
void lives_keep_slice(struct lives *lives, const char *model,
                      struct slice *slice);

/* What else goes on: time stolen by the hypervisor, throttling by a control
 * group, the whole machine's counters of TCP trouble, NAN where the system
 * does not tell. Read the figures from LIFE_STEAL_PERCENT to LIFE_RETRANSMITS
 * as they are now, the first and LIFE_SECONDS in ns, which takes some tenths
 * of a millisecond; fill in what has happened since `before`. */
void disturbance_read(const struct lives *lives, double figure[LIFE_FIGURES]);
void disturbance_fill(const struct lives *lives, struct life *life);

/* Start a server, let its first client speak, take its memory, connect all
 * clients, and take its memory again. What cannot be started is kept as such.
 * Blocks. */
void turn_begin(struct turn *turn);

/* Slices that count for nothing, until they get no cheaper: caches, page
 * tables, and a compiler at run time need their time. */
void turn_warm_up(struct turn *turn);

/* Drive it for one slice at the rate of a sum, and keep that. Who fails has
 * its life ended by it. */
void turn_slice(struct turn *turn, int sum);

/* Hear what its driver saw and the server says, stop both, and keep it. */
void turn_end(struct turn *turn);

/* Keep the record of a life that never was measured, nor will another be. */
void turn_keep_reason(struct turn *turn, enum life_status status,
                      const char *reason);

/* Start the server, behind the words of a tool, `prefix`, which ends in NULL,
 * or may be it. Returns 0, or -1 with the server's reason, which begins with
 * the tool's name if that is not there. Blocks until it is ready; the caller
 * stops it. */
int turn_start_server(struct turn *turn, const char *const *prefix);

/* Wait until the server has accepted everybody and made what it makes for
 * each of them: a connect succeeds long before, and a thousand threads still
 * to be started would be charged to the echoes. Nothing has been sent yet, so
 * a server that is done sleeps and uses no CPU; one that waits for its turn
 * on a busy machine does not sleep. Blocks, for a second at most. */
void turn_settle(const struct turn *turn);

/* Start the server behind the words of a strace, as turn_start_server() does;
 * its pid is then not strace's. Returns NULL; or why not, which begins with
 * "strace " if that would be so for any server. */
const char *strace_start(struct turn *turn, const char *const *words);

/* Count the system calls that each server makes for an echo, and where its
 * code is to be read the instructions that it takes, under the load of the
 * scenario, in runs of their own that are not timed and so may go on beside
 * each other, a lane for each CPU; and keep that, or the reason why not.
 * Blocks, for some tenths of a second for each. */
void counts_take(struct lives *lives);

/* ---- scene: who waits for whom ----------------------------------------- */

enum {
    SCENE_CLIENTS_MAX = 8, /* of whom the last one is silent */
    SCENE_STEPS_MAX = 600, /* calls of a server that are kept */
};

/* Play the scene with each server but the yardstick, under strace, and keep
 * the steps. Returns how many failed, -1: strace cannot be used here; where a
 * trace is all that is wanted after a sentence for each, and their logs are
 * left beside the results. Blocks, for half a second each, and for some
 * seconds with who does not start or end. */
int scene_run(struct lives *lives);

/* Read what strace -f -ttt -T -y has logged: calls that were under way in the
 * `end_ms` from `begin_s`, seconds of CLOCK_REALTIME, on, by their begin.
 * `connected` are the letters of those who connected then. Returns how many
 * there are. */
size_t scene_read(FILE *file, double begin_s, double end_ms,
                  const char *connected, struct step steps[SCENE_STEPS_MAX]);

/* ---- what an echo is made of ------------------------------------------- */

/* The floor, as the slice of a model of its own, in us, and in `floor_us`:
 * what the kernel alone charges for an echo, the CPU time of one send and one
 * recv of a message over loopback TCP. A server below it is a measuring bug.
 * And now and then, in a scenario that is bare and where client and server
 * take turns, what else there is in an echo, likewise, of the model "price
 * NAME"; which there are stands in prices.c. All that on the server's CPU.
 * Blocks, for some ms. */
void prices_measure(struct lives *lives);

/* The parts of counting instructions that are tested alone: add what a file
 * of callgrind's says that each function took, times a number, and return
 * false if it says nothing; and bring what was added up over so many echoes
 * into a record. */
bool instructions_read(FILE *file, double times);
void instructions_sum(double echoes, struct calls *code);

/* Fill in the figures, the errors, the server's counters, what bounded the
 * life, and its status, of the slices that are in one of the driver's sums.
 * The server has been stopped. A life failed when the server died, sent a
 * wrong byte, broke connections, left a client in the middle whom it had
 * begun to serve, answered nobody at all, or (if it is one of ours) did not
 * end well; it is invalid when the client had trouble. That fewer clients
 * were served than asked is no failure: a server that serves one after the
 * other does that. Nor are connections that one of ours says it turned away
 * because its model cannot hold them, so far as no byte had come back on
 * them. */
void judge(struct life *life, const struct turn *turn, int sum);

/* Try each server of the user's, and first the yardstick if there is a
 * launcher or a host: start it, two clients one after the other, stop. False
 * after a sentence for each that cannot be measured. Blocks. */
bool trial_run(struct lives *lives);

/* Make a cell the present one: nobody has had a turn in it. */
void lives_enter_cell(struct lives *lives, const struct plan_cell *cell);

/* Measure one cell of the plan and keep all of it. It has a few lives: in
 * each, all servers are started in fresh processes, connected to, warmed up;
 * then block after block each is driven for one slice, in random order. What
 * slows the machine for longer than a block slows them all, what does not is
 * one slice of many. Nothing is run again or thrown away. */
void lives_run_cell(struct lives *lives, const struct plan_cell *cell);

#endif
