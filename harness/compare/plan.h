/*
 * plan.h: what will be run: servers, scenarios, CPUs, rates, and how long.
 *
 *   scenarios.c   the table of what is measured, and why
 *   options.c     the command line, and the servers that it asks for
 *   plan.c        scenarios on the CPUs of this machine, their time and rates
 *   machine.c     where and when it takes place
 */
#ifndef FIVEWAYS_COMPARE_PLAN_H
#define FIVEWAYS_COMPARE_PLAN_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include "harness/compare/server.h"
#include "harness/results/results.h"

/* How compare ends, but for 0. */
enum {
    EXIT_FAILED = 1,        /* a server failed */
    EXIT_USAGE = 2,         /* wrong usage */
    EXIT_UNMEASURED = 3,    /* the harness itself could not measure */
    EXIT_INTERRUPTED = 130, /* by Ctrl-C, of which the second ends at once */
};

/* ---- scenarios: a service and a load that together show one thing ---- */

/* What is bare enough to be taken apart: by the price of each part, and by
 * instruction. See scenario_is_bare(). */
enum {
    SCENARIO_BARE_CLIENTS = 64,      /* at most */
    SCENARIO_BARE_BYTES = 16 * 1024, /* of a message, moved at once */
};

/* How much is run; a scenario says in which of them it takes part. */
enum {
    MODE_DEFAULT = 1,   /* `make compare`: 60 s at most */
    MODE_QUICK = 2,     /* `make compare-quick`: about 15 s, to look at */
    MODE_FULL = 4,      /* `make compare-full`: everything */
    MODE_C10K = 8,      /* `make c10k`: idle clients, 0 to 10 000 of them */
    MODE_VARIANTS = 16, /* `make compare-variants`: see report/report.h */
    MODE_TRACE = 32, /* `make trace`: no scenario, but who waits for whom */
    MODE_COUNT = 64, /* `make count`: nothing but instructions */
    MODES = 7
};

/* One of them, and how it spends its time. */
struct mode {
    unsigned bit;     /* MODE_DEFAULT ... */
    const char *name; /* in the results */
    const char *out;  /* the folder of these */
    double scale;     /* of the times in the table of scenarios */
    int lives;        /* fresh processes of each server in a scenario */
};

/* All of them; the first one is the default. */
extern const struct mode modes[MODES];

/* One line of the table, and so one cell of the plan. */
struct scenario {
    const char *name;           /* what SCENARIOS= and the tables call it */
    double seconds;             /* that it takes in the default run */
    struct engine_options load; /* its handshake is also the server's */
    int delay_ms;               /* --delay of the server; 0: none */
    int work_us;                /* --work of the server; 0: none */
    unsigned modes;             /* MODE_DEFAULT ..., added */
    bool all_cpus;  /* the layout is "all", whatever was asked for */
    bool open_loop; /* first in a closed loop, then at the rates of
                     * the grid; as a rule a CPU for each side */
};

/* The table; the last line has no name. */
extern const struct scenario scenarios[];

/* True if nothing but plain echoes to a few clients is asked for. */
bool scenario_is_bare(const struct scenario *scenario);

/* The clients of which an echo is expected. */
int scenario_asked(const struct scenario *scenario);

/* ---- contenders -------------------------------------------------------- */

enum {
    CONTENDER_NAME_MAX = 14, /* bytes that the tables have room for */
    CONTENDERS_MAX = 36,     /* in one run */
    COMPILE_MS = 400,        /* to warm up who may compile as it runs */
};

/* A server that takes part. */
struct contender {
    const char *name; /* in every table */
    bool plain;       /* knows no flag of a scenario; not one of the five */
    const char *path; /* of one of ours; NULL: it is not built */
    const char *flag; /* of a variant, else NULL */
    const char *command; /* of a foreign one, with {port}; else NULL */
};

/* True if this server offers the service of the scenario: any echo server the
 * plain one, else it must understand our flags. */
bool contender_offers(const struct contender *contender,
                      const struct scenario *scenario);

/* ---- options ----------------------------------------------------------- */

/* Which CPUs client and server run on, in the order of the flag's words. */
enum layout_kind {
    LAYOUT_UNSAID = -1, /* what suits the scenario */
    LAYOUT_SHARED,      /* both on one: they take turns, nobody wakes another
                         * CPU, the price of an echo is plain; steadiest */
    LAYOUT_SPLIT,       /* one each */
    LAYOUT_ALL,         /* both on all, as the scheduler likes */
};

/* What was asked for. */
struct options {
    const char *bin;           /* folder of the servers */
    const char *out;           /* folder of the results */
    const struct mode *mode;   /* how much */
    const char *models;        /* names, or NULL for all */
    const char *scenarios;     /* names, or NULL for those of the mode */
    const char *baseline;      /* an earlier run, to tell what is dearer */
    int64_t time_ns;           /* of each scenario; 0: that of the mode */
    int lives;                 /* in each scenario; 0: those of the mode */
    struct server_order order; /* launcher, host, time to start of all */
    int layout;                /* LAYOUT_..., where a scenario has none */
    int uncounted;             /* system calls: 0: by strace; 1: not at all */
    bool why;                  /* print system calls by name */
    int clients;               /* of a trace */
    bool handshake;            /* ... and they greet */
    bool untried;              /* measure servers without trying them first */
    struct contender contenders[CONTENDERS_MAX]; /* the yardstick last */
    size_t ncontenders;                          /* how many */
};

/* The command line, checked, and where the programs are. Wrong usage: one
 * sentence, exit(2); a program of ours is not there: the same, exit(3). */
const struct options *options_read(int argc, char **argv);

/* ---- grid: the rates of an open loop ------------------------------------
 *
 * A rate typed in would be idle on one machine and hopeless on another. So
 * each server first shows in a closed loop what it can do; the rates are
 * shares of that, chosen once in a run, the same for all servers.
 */

#define GRID_POINTS 6 /* rates, at most */

/* One rate of the grid; or, without a rate, a capacity alone: what a server
 * does in a closed loop, all of its clients served. */
struct grid_point {
    const char *of;  /* whose capacity it is a share of */
    double of_per_s; /* echoes */
    int rate_per_s;  /* 0: there is no such point */
};

/* Choose. Rates ascend, and have three digits that are not 0: shares of the
 * least capacity, the last one of the greatest, if that makes a difference.
 * Returns how many there are; of no capacity none. */
int grid_choose(struct grid_point grid[GRID_POINTS],
                const struct grid_point *least,
                const struct grid_point *most);

/* How long a slice at this rate is: 250 ms, or longer where that is too few
 * messages for a 99th percentile, but a second at the most. */
int64_t grid_slice_ns(const struct grid_point *point);

/* ---- plan -----------------------------------------------------------
 *
 * Each scenario has its time; how many blocks fit into it is seen when it is
 * measured. Limits of the machine are found here, before anything starts.
 */

#define PLAN_CELLS_MAX 32

/* One layout on this machine. */
struct layout {
    const char *name; /* "shared", "split" or "all" */
    cpu_set_t client; /* CPUs of the load engine */
    cpu_set_t server; /* CPUs of the server */
};

/* One scenario with one load: a table of its own, or a part of one. */
struct plan_cell {
    struct scenario scenario; /* perhaps with fewer silent clients */
    struct layout layout;     /* its CPUs */
    int lanes;                /* servers that are counted side by side */
    int points;               /* rates of an open loop, at most */
    int lives;                /* fresh processes of each server */
    int64_t life_ns;          /* how long a life takes, about */
    bool reads_code;          /* its instructions are counted, too */
    char skipped[256];        /* why it is not run at all, or "" */
};

/* The whole run. */
struct plan {
    cpu_set_t allowed;                      /* CPUs of this process */
    struct plan_cell cells[PLAN_CELLS_MAX]; /* in this order */
    size_t ncells;                          /* how many */
    bool scene;                             /* at its end: see measure.h */
    double seconds;                         /* that it takes, estimated */
    rlim_t descriptors;                     /* the limit of them */
    char note[400];                         /* what that has changed, or "" */
    char foreign[200]; /* who has no part in what, or "" */
};

/* Make the plan, before this process pins itself to any CPU. Raises its soft
 * limit of descriptors to the hard one. */
void plan_make(struct plan *plan, const struct options *options);

/* The last CPU of a set (n = 0), or the n-th before it: the first ones serve
 * most interrupts. 0 if there are fewer. */
int plan_cpu(const cpu_set_t *set, int n);

/* Fill in all of a run but how it ends: where and when it takes place. */
void machine_describe(struct run *run, const struct options *options,
                      const struct plan *plan, int argc, char **argv);

#endif
