/*
 * results.h: what was measured, its file, and what it says.
 *
 * A run measures scenarios. In each of them a server lives once or more
 * (struct life: one fresh process under one load) and is driven for many
 * short slices (struct slice); system calls and instructions are counted
 * apart (struct calls). All of them are lines of results.jsonl, the only
 * source of every report, and never change once they are written. The summary
 * draws them together: one row for each server in each scenario, compared by
 * the statistics below.
 *
 * A figure that was not measured is NAN here, null in JSON and empty in CSV.
 * It is never 0, because 0 is a result.
 */
#ifndef FIVEWAYS_RESULTS_H
#define FIVEWAYS_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "harness/base/base.h"
#include "harness/load/engine.h"

enum {
    RESULTS_EDITION = 2,        /* of the file; another one is refused */
    RESULTS_NAME_BYTES = 24,    /* scenario and model, with the final 0 */
    RESULTS_REASON_BYTES = 512, /* a sentence */
    RESULTS_STATS_BYTES = 1024, /* one line of JSON */
    RESULTS_MODELS_MAX = 64,    /* that are compared within one group */
    CALLS_NAMES_MAX = 48,       /* different system calls of one server */
};

#define RESULTS_YARDSTICK "yardstick" /* the barest epoll loop */
#define RESULTS_FLOOR     "floor"     /* a recv and a send, no server */

/* What something else of an echo costs is the slice of a model that has this
 * before its name: "price switch". See harness/compare/prices.c. */
#define RESULTS_PRICE "price "

/* ---- the records of a file --------------------------------------------- */

/* The first line, and at its end the last one. */
struct run {
    char cpu_model[96]; /* as /proc/cpuinfo names it */
    int cores;          /* CPUs that the run was allowed to use */
    char kernel[96];    /* name, release, machine */
    char date[32];      /* start, ISO 8601, UTC */
    char compiler[64];  /* that built compare, and with it the servers */
    char commit[64];    /* of the tree, as git describes it, or "" */
    char mode[12];      /* default, quick, full, c10k or variants */
    char layout[12];    /* of every scenario that does not set its own */
    int lives;          /* planned; once it is over, begun */
    int64_t seed;       /* of the random order of servers */
    char models[512];   /* names in table order, separated by spaces */
    char command[512];  /* the command line */
    char note[512];     /* what the plan had to change, or "" */
    bool partial;       /* cut short: Ctrl-C, or no last line */
    double seconds;     /* that the run took; NAN while it is not over */
};

/* What became of a life; of several, the first of these is what counts. */
enum life_status {
    LIFE_FAILED,  /* the server's fault: it died, or a byte was wrong */
    LIFE_OK,      /* measured; `served` may still be less than `asked` */
    LIFE_INVALID, /* the client's fault: nothing is held against anyone */
    LIFE_SKIPPED, /* not run at all, for a reason known beforehand */
    LIFE_STATUSES,
};

/* LIFE_ASKED and so on, the figures of a life: see figures.h. */
enum life_figure {
#define FIGURE(name, ...) LIFE_##name,
#include "harness/results/figures.h"
    LIFE_FIGURES,
};

/* One fresh process of one server in one scenario. What the scenario is like
 * stands here as properties, so that nobody needs to know it by its name. */
struct life {
    char scenario[RESULTS_NAME_BYTES]; /* "echo" */
    char model[RESULTS_NAME_BYTES];    /* "blocking", or a foreign name */
    char layout[12];                   /* "shared", "split" or "all" */
    char bound_by[12];                 /* server, client, waiting, or "" */
    int clients;                       /* meant to be asked for an echo */
    int silent;                        /* clients that stay silent */
    bool ask_silent;   /* at the end these are asked, too, and are
                        * counted in `clients` */
    bool churn;        /* a connection for each echo */
    bool handshake;    /* with a greeting before it */
    int life;          /* from 1 */
    int cpus;          /* that the server may use */
    int delay_ms;      /* --delay of the server */
    int work_us;       /* --work of the server */
    int rate_per_s;    /* open loop: messages asked for; 0: closed */
    int rate_of_per_s; /* what that is a share of: a capacity, as it
                        * was measured in the same run */
    char rate_of[RESULTS_NAME_BYTES];  /* whose; "" in a closed loop */
    int64_t message_bytes;             /* length of a message */
    enum life_status status;           /* what became of it */
    char reason[RESULTS_REASON_BYTES]; /* why it is not ok, or "" */
    char note[RESULTS_REASON_BYTES];   /* what to know of it, or "" */
    double figure[LIFE_FIGURES];       /* NAN: not measured */
    uint64_t errors[ENGINE_ERRORS];    /* by kind, our own as well */
    char stats[RESULTS_STATS_BYTES];   /* the server's --stats, or "" */
};

/* The short time in which one server of a scenario was driven. In each block
 * every server has at most one slice, and those are compared. */
struct slice {
    char scenario[RESULTS_NAME_BYTES]; /* as in struct life */
    char model[RESULTS_NAME_BYTES];    /* as in struct life, or "floor" */
    int clients;                       /* as in struct life */
    int rate_per_s;                    /* as in struct life */
    int life;                          /* as in struct life */
    int block;            /* numbered through all lives of a scenario */
    double seconds;       /* from drained to drained */
    double echoes;        /* in that time */
    double server_cpu_us; /* for all of them; NAN: unknown */
    double client_cpu_us; /* the same of our own side */
    double gap_ms;        /* longest time without any event for the client */
    bool stalled;         /* it, or the machine, was held up */
};

#define CALLS_OTHER "other" /* calls that were counted in total only */

/* One system call; or one function. */
struct calls_name {
    char name[40];   /* as the kernel calls it; as its author does */
    double per_echo; /* how often, or how many instructions, for each echo */
};

/* The system calls of one server in one scenario; or, in a record of its own,
 * the instructions that its code takes outside of the kernel, by function. */
struct calls {
    char scenario[RESULTS_NAME_BYTES]; /* as in struct life */
    char model[RESULTS_NAME_BYTES];    /* as in struct life */
    int clients;                       /* as in struct life */
    char reason[RESULTS_REASON_BYTES]; /* why not, or not quite, or "" */
    double echoes;                     /* that were counted over */
    double per_echo;                   /* in total, or NAN */
    struct calls_name names[CALLS_NAMES_MAX]; /* most frequent first */
    int nnames;                               /* how many */
};

/* One system call of a server in the scene that is played with each of them
 * (see compare/scene.c), or what a client did there. */
struct step {
    char model[RESULTS_NAME_BYTES]; /* as in struct life */
    int thread;       /* from 1, as they took part; 0: it is the client's */
    char client[2];   /* whom it is about, "A" to "Z", or "" */
    char call[24];    /* as the kernel calls it; or "connects", "says" until
                       * the "echo" is there, or "never"; "greets" likewise;
                       * "leaves", or its connection "ends" */
    double begin_ms;  /* since the first client began to connect */
    double lasted_ms; /* until it was over, or the scene was */
    double result;    /* that it returned; NAN: it was not over */
};

/* Is a record, of a life, a slice, calls or code, one of that scenario with
 * so many clients, at whatever rate? */
#define RECORD_IS_OF(record, name, number)                                   \
    ((record)->clients == (number) && strcmp((record)->scenario, name) == 0)

/* Are they of the same group: also at the same rate? */
#define RECORDS_GO_TOGETHER(a, b)                                            \
    (RECORD_IS_OF(a, (b)->scenario, (b)->clients) &&                         \
     (a)->rate_per_s == (b)->rate_per_s)

/* ---- the table of figures ---------------------------------------------- */

/* How the lives of a row are drawn together. */
enum figure_how {
    FIGURE_MEDIAN,
    FIGURE_LEAST, /* the worst life counts */
    FIGURE_MOST,
    FIGURE_SUM,
};

enum {
    FIGURE_WHY = 1,   /* is shown by --why */
    FIGURE_NOISE = 2, /* is shown by --noise */
    FIGURE_TIME = 4,  /* a response time: it has none that lasts if the
                       * server does not keep the rate */
    FIGURE_TAIL = 8,  /* a time that is unknown where the client was late */
};

/* One figure; its name in the files and what it means are in figures.h. */
struct figure {
    enum figure_how how; /* lives are drawn together */
    unsigned where;      /* FIGURE_WHY ... */
    const char *heading; /* where it is shown */
    int digits;          /* significant ones, there */
};

extern const struct figure figures[LIFE_FIGURES];

/* "ok", "failed", "invalid", "skipped". */
const char *life_status_name(enum life_status status);

/* ---- records in memory ------------------------------------------------- */

/* Nothing known yet: ok, figures NAN, all else empty. */
void life_clear(struct life *life);

/* Set status and reason, as by printf and cut off where it does not fit. */
#define life_fail(life, what, ...)                                           \
    ((life)->status = (what), (life)->reason[0] = '\0',                      \
     APPEND((life)->reason, "", __VA_ARGS__))

/* Nothing counted yet. */
void calls_clear(struct calls *calls);

/* Add `per_echo` calls of that name; one that is there already grows. What
 * does not fit any more is left to CALLS_OTHER. */
void calls_add(struct calls *calls, const char *name, double per_echo);

/* The order of two names for qsort(3): the most frequent first. */
int calls_order(const void *left, const void *right);

/* Sort the names like that, and let CALLS_OTHER make up the difference to the
 * total, if there is any worth printing. */
void calls_finish(struct calls *calls);

/* ---- the file ---------------------------------------------------------- */

/* A line of it. */
enum record {
    RECORD_RUN,   /* the first one: struct run */
    RECORD_LIFE,  /* struct life */
    RECORD_SLICE, /* struct slice */
    RECORD_CALLS, /* struct calls */
    RECORD_STEP,  /* struct step */
    RECORD_CODE,  /* struct calls, of instructions */
    RECORD_END,   /* the last one: partial, seconds and lives of the run */
    RECORDS,
};

/* A whole results file in memory. All zero is an empty one. */
struct results {
    struct run run;       /* its first line */
    struct life *lives;   /* in the order measured */
    size_t nlives;        /* how many */
    struct slice *slices; /* in the order measured */
    size_t nslices;       /* how many */
    struct calls *calls;  /* in the order counted */
    size_t ncalls;        /* how many */
    struct step *steps;   /* of one server after the other, by their begin */
    size_t nsteps;        /* how many */
    struct calls *code;   /* in the order counted */
    size_t ncode;         /* how many */
};

/* Write the line of a record and flush it, so that it is safe whatever
 * happens to the run. Return 0, or -1 with errno. */
int results_write(FILE *file, enum record what, const void *record);

/* Append a copy of a record; one of a run is not kept twice. */
void results_add(struct results *results, enum record what,
                 const void *record);

/* Read a results file, or one by name, "-" being standard input. Return NULL,
 * and the caller gives `results` back with results_free(); or what is wrong,
 * "line 3 is not JSON", until the next call, and they are empty. A last line
 * that was cut off in the middle is left out: the run was killed. Nothing
 * else is tolerated, least of all two runs in one file, since a table of half
 * of the slices looks like any other. */
const char *results_read(FILE *file, struct results *results);
const char *results_load(const char *path, struct results *results);

/* Free what was read or added. */
void results_free(struct results *results);

/* ---- statistics -------------------------------------------------------- */

/* What is closer to 1 is no difference worth a word. */
#define VERDICT_THRESHOLD 0.03

/* What may be said of a ratio. */
enum verdict {
    VERDICT_UNKNOWN,   /* nothing to compare */
    VERDICT_UNCLEAR,   /* neither of the others */
    VERDICT_SAME,      /* the whole interval is within the threshold of 1 */
    VERDICT_DIFFERENT, /* the whole interval is on one side of 1, and the
                        * ratio is beyond the threshold */
};

/* The ratio of two models with its 95 % interval, all NAN if unknown. The
 * interval holds for all pairs of the group together. */
struct comparison {
    double ratio;         /* of the one over the other */
    double low;           /* end of the interval */
    double high;          /* the other end */
    enum verdict verdict; /* what may be said */
};

/* What may be said of a ratio: "x1.52", which is written into UNITS_TEXT,
 * "same", "~", "-". */
const char *comparison_word(const struct comparison *comparison, char *text);

/* Several models measured block by block. */
struct fit {
    int models;                       /* that take part */
    int blocks;                       /* that all of them have */
    double level[RESULTS_MODELS_MAX]; /* of each, on the scale given; NAN: it
                                       * takes no part */
    double noise; /* what a slice differs by from the level of its model
                   * and of its block (natural logarithm) */
    double half;  /* half the width of a difference's interval, on the
                   * logarithmic scale; NAN if unknown */
    /* The same of a pair with this model, if that is wider; else 0. */
    double wide[RESULTS_MODELS_MAX];
    bool lives_differ; /* more than the slices explain; the interval is
                        * widened, of one model if that alone is to blame */
};

/* The median of `n` values without NANs; sorts them. NAN: there is none. */
double statistics_median(double *values, size_t n);

/* Fit value[block * models + model] (logarithms; NAN: not measured) as the
 * sum of a model and a block, life[block] being the life that a block belongs
 * to. Both are scratch afterwards. At most RESULTS_MODELS_MAX models, of
 * which take part who has half as many values as the one with most, with the
 * blocks that they all have. See statistics.c for the method. */
void statistics_fit(struct fit *fit, double *value, int *life, int blocks,
                    int models);

/* Model `a` over model `b` of a fit; all NAN if one is not in it, or -1. */
struct comparison statistics_compare(const struct fit *fit, int a, int b);

/* What a ratio has become from one run to the next, runs that know nothing of
 * each other: the widths of both intervals add up as the sides of a right
 * angle do. All NAN if one is unknown. */
struct comparison comparison_change(const struct comparison *before,
                                    const struct comparison *after);

/* The value that the studentised range of `models` means with `freedom`
 * degrees of freedom exceeds in 5 of 100 cases; right to 0.5 %, with a
 * single degree of freedom 3 % too small. */
double statistics_range(int models, double freedom);

/* ---- the summary ------------------------------------------------------- */

/* A server that answers a smaller share of the messages due is saturated. The
 * rest of the way to 1 is for what is under way at the end. */
#define SUMMARY_KEPT_SHARE 0.97

/* What is fitted, by blocks. */
enum fitted {
    FIT_CPU,  /* server CPU per echo: less is better */
    FIT_RATE, /* echoes per second: more is better */
    FITS,
};

/* What the best of them is called: "least", "most". */
extern const char *const fitted_best[FITS];

/* One server in one scenario. */
struct summary_row {
    const struct summary_group *group; /* that it is in */
    const struct life *life;     /* what it is, and why it is not ok; one that
                                  * has the row's status */
    const struct life **lives;   /* all of them */
    int nlives;                  /* how many */
    int ok;                      /* of them were measured */
    enum life_status status;     /* failed if any of them failed */
    double figure[LIFE_FIGURES]; /* of the good ones, see figure_how; what is
                                  * fitted by the fit, so that order and ratio
                                  * agree */
    double served_most;          /* in the best of the good lives */
    uint64_t errors[ENGINE_ERRORS]; /* by kind, in the worst of them */
    const struct calls *calls;      /* by name, or NULL */
    const struct calls *code;       /* the same of instructions */
    bool yardstick;                 /* shown, but not ranked */
    bool starved;    /* fewer were served than asked: what an echo costs or
                      * takes is not comparable */
    bool saturated;  /* open loop: it did not keep the rate, so that its
                      * response time grows as long as the rate lasts */
    bool comparable; /* may be ranked */
    struct comparison over_best[FITS]; /* over the best of the ranked ones */
    struct comparison over_yardstick;  /* CPU per echo */
};

/* The rows of one scenario, number of clients and rate. */
struct summary_group {
    const struct results *results; /* that it is of */
    struct summary_row *rows;      /* in the order of run.models */
    size_t nrows;                  /* how many */
    const struct life *life;       /* one that says what it is like */
    int lives;            /* that were measured, of the model that has most */
    struct fit fit[FITS]; /* of what was measured in slices */
    const struct summary_row *best[FITS]; /* of the ranked ones, or NULL */
    bool clear[FITS];                     /* ... and better than all others */
    int blocks;                           /* of slices */
    int slices;                           /* the floor's included */
    int stalled;                          /* of them */
};

/* What is checked. */
enum check {
    CHECK_BYTES,  /* bytes sent = bytes that came back = those that the
                   * server says it read and wrote */
    CHECK_LIMIT,  /* nobody is cheaper than the kernel alone, where both sides
                   * share a CPU */
    CHECK_CLIENT, /* the load generator had CPU to spare where it does not
                   * share the server's */
    CHECK_KERNEL, /* no full listener queue, no lost connect, no segment
                   * sent again; the kernel counts for the whole machine. Not
                   * beside who leaves clients in its queue */
    CHECK_CALLS,  /* calls by name add up to the total, at least 2 an echo */
    CHECKS,
};

/* What came of a check. */
struct check_result {
    int checked;     /* rows, or lives, looked at */
    int failed;      /* of them */
    char first[160]; /* where and how the first one failed: a phrase */
};

/* Everything drawn together. */
struct summary {
    const struct results *results; /* that it is of */
    struct summary_group *groups;  /* in the order they were measured, rates
                                    * of one scenario together, ascending */
    size_t ngroups;                /* how many */
    struct summary_row *rows;      /* of all groups, one after the other */
    size_t nrows;                  /* how many */
    const struct life **lives;     /* what the rows share */
    struct check_result checks[CHECKS]; /* what came of each */
};

/* Make it. It points into `results` and is freed before it. */
void summary_make(const struct results *results, struct summary *summary);

void summary_free(struct summary *summary);

/* The part of summary_make() that checks a group. */
void checks_run(struct check_result *checks,
                const struct summary_group *group);

/* The row that a slice tells of, or NULL: those of a life that was the
 * client's own trouble tell nothing, nor does the CPU time of one whose work
 * was done where nobody sees it. */
const struct summary_row *summary_row_of(const struct slice *slice,
                                         const struct summary_group *group,
                                         enum fitted what);

/* What the floor or a price costs beside a group, in us; NAN: unknown. The
 * machine is faster in some blocks than in others, so it is held against what
 * the models' slices took there: the median of that, beside their levels. */
double summary_price_us(const struct summary_group *group, const char *model);

/* The row of a model in a group; NULL: it has none, or one of both is. */
const struct summary_row *summary_find(const struct summary_group *group,
                                       const char *model);

/* One row over another of the same group. All NAN if one of the two is NULL
 * or takes no part in the fit. */
struct comparison summary_compare(const struct summary_row *row,
                                  const struct summary_row *base,
                                  enum fitted what);

/* KiB that a client keeps: resident, and the kernel's stack of its thread.
 * Less than that noise is no result. */
double summary_memory(const struct summary_row *row);
double summary_memory_noise(const struct summary_row *row);

/* The phrase for a check: "bytes on both sides". */
extern const char *const checks_names[CHECKS];

/* ---- CSV (RFC 4180, lines end in "\n") --------------------------------- */

/* A column, and which of the two files has it. */
struct csv_column {
    const char *key;     /* its name */
    unsigned files;      /* CSV_...; 0 behind the last one */
    const char *meaning; /* in a few words */
};
enum {
    CSV_LIVES = 1,
    CSV_SUMMARY = 2,
    CSV_BOTH = 3,
};
extern const struct csv_column csv_columns[];

/* A header and a line for each life. Returns 0, or -1 with errno. */
int csv_write_lives(FILE *file, const struct results *results);

/* A header and a line for each row. Returns 0, or -1 with errno. */
int csv_write_summary(FILE *file, const struct summary *summary);

#endif
