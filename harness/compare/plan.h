/*
 * plan.h: what will be run: servers, scenarios, CPUs, rates, and how long.
 *
 *   scenarios.c   the table of what is measured, and why
 *   contender.c   a server that takes part
 *   layout.c      the CPUs of client and server
 *   grid.c        the rates of an open loop
 *   options.c     the command line
 *   plan.c        all of it with the time it takes
 *   machine.c     where and when it takes place
 */
#ifndef FIVEWAYS_COMPARE_PLAN_H
#define FIVEWAYS_COMPARE_PLAN_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/results/results.h"

/* ---- scenarios ------------------------------------------------------
 *
 * The table of what is measured, and why.
 *
 * A scenario is a service and a load that together show one thing. The
 * scenario echo stands here three times, with different numbers of clients;
 * each line is one cell of the plan.
 */

/* How much is run; a scenario says in which of them it takes part. */
enum mode {
    MODE_DEFAULT = 1,   /* `make compare`: 90 s at most */
    MODE_QUICK = 2,     /* `make compare-quick`: about 15 s, to look at */
    MODE_FULL = 4,      /* `make compare-full`: everything */
    MODE_C10K = 8,      /* `make c10k`: idle clients, 0 to 10 000 of them */
    MODE_VARIANTS = 16, /* `make compare-variants`: see report/variants.h */
};

/* One line of the table. */
struct scenario {
    const char *name;      /* what SCENARIOS= and the tables call it */
    double seconds;        /* that it takes in the default run */
    int64_t message_bytes; /* length of a message */
    int clients;           /* that speak */
    int silent;            /* that connect first and stay silent */
    int delay_ms;          /* --delay of the server; 0: none */
    int work_us;           /* --work of the server; 0: none */
    unsigned modes;        /* of enum mode, added */
    bool ask_silent;       /* ask the silent ones at the end */
    bool churn;            /* a connection for each echo */
    bool handshake;        /* --handshake of the server */
    bool all_cpus;         /* the layout is "all", whatever was asked for */
    bool open_loop;        /* first in a closed loop, then at the rates of
                            * grid.h; a CPU for each side where there are
                            * two, whatever was asked for */
};

/* The table; *count is how many lines it has. */
const struct scenario *scenarios_all(size_t *count);

/* All names, each once, separated by ", ", for a message. Returns `text`,
 * which holds `text_bytes`. */
char *scenarios_names(char *text, size_t text_bytes);

/* True if the service is the plain one, which any echo server offers; else
 * the server must understand our flags. */
bool scenario_is_plain(const struct scenario *scenario);

/* The clients of which an echo is expected. */
int scenario_asked(const struct scenario *scenario);

/* ---- contender ------------------------------------------------------
 *
 * A server that takes part: one of the five, a foreign one, or
 * the yardstick.
 */

/* The longest name that the table has room for, and the most contenders: some
 * of our own, which are the yardstick and the variants at the most. */
enum {
    CONTENDER_NAME_MAX = 14,
    CONTENDERS_OWN_MAX = 10,
    CONTENDERS_MAX = 36
};

/* Whose server it is, which decides what it understands. */
enum contender_kind {
    CONTENDER_OWN,       /* one of the five: all flags of the contract */
    CONTENDER_FOREIGN,   /* any echo server: the plain service only */
    CONTENDER_YARDSTICK, /* built into the harness: the plain service */
};

/* One server. */
struct contender {
    char name[RESULTS_NAME_BYTES]; /* in every table */
    enum contender_kind kind;      /* whose it is */
    const char *program;           /* of ours; of a foreign one NULL */
    const char *flag;              /* of a variant, else NULL */
    const char *command; /* of a foreign one, with {port}; else NULL */
};

/* The names of the five, in table order, NULL behind the last. */
extern const char *const contender_own_names[];

/* Make one of ours, of which `program` and `flag` are not copied. */
void contender_make(struct contender *contender, enum contender_kind kind,
                    const char *name, const char *program, const char *flag);

/* True if it is made with libevent, which a machine need not have. */
bool contender_needs_libevent(const struct contender *contender);

/* The folder that compare itself is in, where those of ours are, too; "." if
 * that cannot be told. The text is static. */
const char *contender_own_folder(void);

/* Find the program of one of ours in the folder `bin`. In the build it is
 * called "blocking", after `make install` "fiveways-blocking". True, and its
 * path, if there is one that can be run. */
bool contender_find(const struct contender *contender, const char *bin,
                    char *path, size_t path_bytes);

/* True if all programs of ours are there, of those that take part; else one
 * sentence on standard error. libevent may be missing: a machine without the
 * library cannot have it, and its row says so. */
bool contenders_are_there(const struct contender *contenders,
                          size_t ncontenders, const char *bin);

/* True if this server offers the service of the scenario. */
bool contender_offers(const struct contender *contender,
                      const struct scenario *scenario);

/*
 * Make a contender from "name=command". Returns NULL, or a reason why it is
 * none: a phrase without a full stop. The command is not copied.
 */
const char *contender_parse(const char *text, struct contender *contender);

/* ---- layout ---------------------------------------------------------
 *
 * Which CPUs the client and the server run on.
 *
 * shared: both on one CPU. They take turns, nobody wakes another CPU, and
 *         what one echo costs is plain to see; the steadiest.
 * split:  one CPU each.
 * all:    both on all CPUs, as the scheduler likes.
 */

/* The three, in the order of the flag's words. */
enum layout_kind {
    LAYOUT_SHARED,
    LAYOUT_SPLIT,
    LAYOUT_ALL,
};

/* The CPUs this process was given, before it pinned itself. */
struct layout_machine {
    cpu_set_t allowed; /* them */
    int count;         /* how many */
};

/* One layout on this machine. */
struct layout {
    const char *name; /* "shared", "split" or "all" */
    cpu_set_t client; /* CPUs of the load engine */
    cpu_set_t server; /* CPUs of the server */
    int server_cpus;  /* how many those are */
};

/* What this process may use. Call it before layout_enter(). */
void layout_look(struct layout_machine *machine);

/* The layout of that kind here. Returns 0, or -1 if there are too few
 * CPUs for it. */
int layout_make(const struct layout_machine *machine, enum layout_kind kind,
                struct layout *layout);

/* Pin the calling thread to the client's CPUs. Returns 0, or -1 with
 * errno. */
int layout_enter(const struct layout *layout);

/* Pin it to the server's CPUs, to measure what they charge. The same. */
int layout_enter_server(const struct layout *layout);

/* ---- grid -----------------------------------------------------------
 *
 * The rates of an open loop, chosen from what this machine can do.
 *
 * A rate typed in would be idle on one machine and hopeless on another. So
 * each server first shows in a closed loop, with the same clients and CPUs,
 * how much it can do; the rates are shares of that. They are chosen once in a
 * run and are the same for all servers, or these could not be compared.
 */

enum {
    GRID_POINTS = 6 /* rates, at most */
};

/* One rate of the grid. */
struct grid_point {
    int rate_per_s;              /* 0: there is no such point */
    int of_per_s;                /* the capacity that it is a share of */
    char of[RESULTS_NAME_BYTES]; /* whose */
};

/* What a server does in a closed loop, all of its clients served. */
struct grid_capacity {
    const char *of; /* its name */
    double per_s;   /* echoes */
    bool yardstick; /* it takes no part unless there is no other */
};

/*
 * Choose. Rates ascend, and have three digits that are not 0: most of them
 * are shares of the least capacity, the last one of the greatest, if that
 * makes a difference. Without any capacity there is no point at all. Returns
 * how many there are.
 */
int grid_choose(struct grid_point grid[GRID_POINTS],
                const struct grid_capacity *capacities, size_t ncapacities);

/*
 * How long a slice at this rate is: `least_ns`, or longer where that is too
 * few messages to tell their 99th percentile, but a second at the most.
 */
int64_t grid_slice_ns(const struct grid_point *point, int64_t least_ns);

/* ---- options --------------------------------------------------------
 *
 * The command line of compare, checked.
 */

enum {
    OPTIONS_LIVES_MAX = 100,
};

/* Which way to count. */
enum syscalls_method {
    SYSCALLS_AUTO,   /* perf, or else strace */
    SYSCALLS_PERF,   /* perf or nothing */
    SYSCALLS_STRACE, /* strace or nothing */
    SYSCALLS_NONE,   /* do not count */
};

/* What was asked for. */
struct options {
    const char *bin;         /* folder of the servers */
    const char *out;         /* folder of the results */
    enum mode mode;          /* how much */
    const char *models;      /* names, or NULL for all */
    const char *scenarios;   /* names, or NULL for those of the mode */
    int64_t time_ns;         /* of each scenario; 0: that of the mode */
    int lives;               /* in each scenario; 0: those of the mode */
    const char *launcher;    /* words that start each server, or NULL */
    const char *host;        /* where servers listen; NULL: 127.0.0.1 */
    enum layout_kind layout; /* for scenarios without one of their own */
    bool layout_given;       /* it was asked for */
    enum syscalls_method syscalls; /* how system calls are counted */
    bool why;                      /* print system calls by name */
    int64_t start_timeout_ns;      /* until a server must be ready */
    struct contender contenders[CONTENDERS_MAX]; /* the yardstick last */
    size_t ncontenders;                          /* how many */
};

/* Parse. Wrong usage: one sentence on standard error, exit(2). */
void options_parse(struct options *options, int argc, char **argv);

/* True if a scenario was asked for. */
bool options_want(const struct options *options,
                  const struct scenario *scenario);

/* ---- plan -----------------------------------------------------------
 *
 * What will be run, and how long for.
 *
 * Each scenario has its time, so the whole is known beforehand; how many
 * blocks fit into it is seen when it is measured. Limits of the machine are
 * found here, before anything is started.
 */

enum {
    PLAN_CELLS_MAX = 32
};

/* One scenario with one load: a table of its own, or a part of one. */
struct plan_cell {
    struct scenario scenario; /* perhaps with fewer silent clients */
    struct layout layout;     /* its CPUs */
    int points;               /* rates of an open loop, at most */
    int lives;                /* fresh processes of each server */
    int64_t life_ns;          /* how long a life takes, about */
    double seconds;           /* all of them, and counting system calls */
    char skipped[256];        /* why it is not run at all, or "" */
};

/* The whole run. */
struct plan {
    struct plan_cell cells[PLAN_CELLS_MAX]; /* in this order */
    size_t ncells;                          /* how many */
    double seconds;                         /* that it takes, estimated */
    char note[512]; /* what the limit of descriptors changed, or "" */
};

/* Make the plan. Raises this process's soft limit of descriptors to the hard
 * one. */
void plan_make(struct plan *plan, const struct options *options,
               const struct layout_machine *machine);

/* ---- machine --------------------------------------------------------
 *
 * Where and when a run takes place, for its first line.
 */

/* Fill in all of a run but how it ends. */
void machine_describe(struct run *run, const struct options *options,
                      const struct plan *plan,
                      const struct layout_machine *cpus, int argc,
                      char **argv);

#endif
