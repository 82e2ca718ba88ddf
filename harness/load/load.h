/*
 * load.h: the program `load`, around the engine: several threads, several
 * hosts, the search for a rate, what is printed, and what is saved; also what
 * `report` needs to add up what was saved, and to print it as load would.
 */
#ifndef FIVEWAYS_LOAD_H
#define FIVEWAYS_LOAD_H

#include <stdbool.h>
#include <stdio.h>

#include "harness/base/base.h"
#include "harness/load/engine.h"

enum {
    EXIT_USAGE = 2,      /* the command line was wrong; nothing was done */
    EXIT_NO_MEASURE = 3, /* the harness itself could not measure */
};

/* ---- several threads --------------------------------------------------- */

#define CREW_MAX 64 /* threads */

/* As engine_run(), but options->threads is how many share the load: no
 * more than CREW_MAX, than there are clients or echoes to deal out, or than
 * can be had. Each has an engine of its own and an even share; they meet when
 * all have connected and when the window begins; what they saw is added up
 * exactly. on_progress is called by one of them, on_phase is not called.
 *
 * What differs from one engine: each thread connects its silent clients
 * before its own speaking ones, not before all. Bytes of a client of another
 * thread are found to be wrong as well, but not whose they are. */
void crew_run(const struct engine_options *options,
              struct engine_result *result);

/* How many threads suit on so many CPUs: one for each 64 clients, or 40 000
 * messages a second, which it drives without holding the server up, and four
 * at most. A server on this machine is left a CPU: on two CPUs a second
 * thread has cost it a quarter of its echoes. */
int crew_suitable_threads(const struct engine_options *options, int cpus);

/* ---- the search for a rate: --slo ---------------------------------------
 *
 * The promise is a service level objective: 99 of 100 response times within
 * a limit. Each time the rate in the middle is tried, by its ratios, between
 * the highest that was kept and the lowest that was not, until these two are
 * as near to each other as is asked for.
 */

/* What came of a rate. */
enum slo_outcome {
    SLO_KEPT,        /* the promise was kept */
    SLO_BROKEN,      /* it was not */
    SLO_UNKNOWN,     /* the client could not do it: nothing is known */
    SLO_INTERRUPTED, /* the search is to end */
};

/* What one try has shown. */
struct slo_try {
    double rate_per_s;        /* messages due */
    int64_t p99_ns;           /* of the response time */
    enum engine_error error;  /* the first one; ENGINE_ERRORS: none */
    enum slo_outcome outcome; /* what that means */
};

struct slo_answer {
    double kept_per_s;     /* the highest rate that was kept; 0 if none was */
    struct slo_try failed; /* the try that decided that it is no more, at a
                            * rate as near as is asked for; SLO_KEPT: the
                            * highest was kept; SLO_INTERRUPTED: it may be
                            * more */
};

#define SLO_RATIO 1.05 /* between the two, at the end; or less */

/* Search between two rates, both included and above 0. One that is not kept
 * is tried again, because one stall of the machine is enough for that. Tries
 * 18 times at most where the one rate is 1000 times the other. */
struct slo_answer slo_search(double min_per_s, double max_per_s,
                             struct slo_try (*try_rate)(double rate_per_s,
                                                        void *arg),
                             void *arg);

/* Search with crew_run(), up to the rate of the options; a window of 0 is as
 * long as it takes. Prints the answer for `target`, and each try to standard
 * error if that is a terminal. Takes 16 tries of about two seconds, twice
 * that at the worst. Returns the exit status of the program. */
int search_run(const char *target, const struct engine_options *options);

/* ---- what is saved ------------------------------------------------------
 *
 * Several hosts drive one server, each saves what it saw, and the sum is what
 * one client in all those places would have seen: bucket by bucket. One JSON
 * object: what was asked for, so that only runs are added up that fit
 * together, and what came of it. Of a wrong byte the place is not kept.
 */

enum {
    SAVED_TARGET_BYTES = 600, /* HOST:PORT, even two, with the final 0 */
    SAVED_REASON_BYTES = 200, /* a phrase */
};

/* A run in a file. */
struct saved_run {
    char target[SAVED_TARGET_BYTES]; /* the server, as it was named; of a sum
                                      * by all the names that hosts have */
    int64_t begun_ms;              /* by the host's clock, since 1970, UTC */
    struct engine_options options; /* what was measured; the others are 0 */
    struct engine_result result;   /* what came of it */
};

/* Write a run. Errors are left for ferror(); no memory is one too. */
void saved_write(FILE *stream, const struct saved_run *run);

/* Read one. Returns 0; or -1 and in `reason` why not: a phrase to stand
 * behind its name, such as "is cut off". */
int saved_read(FILE *stream, struct saved_run *run,
               char reason[SAVED_REASON_BYTES]);

/* ---- several runs, added up -------------------------------------------- */

/* Runs added up. All zero: none so far. */
struct merge {
    struct saved_run sum; /* what one client would have seen */
    int runs;             /* how many they are */
    double last_begin_ns; /* when the last of them began, since 1970, */
    double first_end_ns;  /* and when the first had ended */
};

/* Add one. What each host may choose for itself is added: clients and rate.
 * All else must be the same, or the sum would be of nothing. Returns 0; or
 * -1, the sum unchanged, and in `reason` why they do not fit together: a
 * phrase to stand behind the name of the file. */
int merge_add(struct merge *merge, const struct saved_run *run,
              char reason[SAVED_REASON_BYTES]);

/* True if both are the same run, in one file or two. */
bool merge_same(const struct saved_run *a, const struct saved_run *b);

/* Say to `stream` if the runs were not at one time for most of theirs. */
void merge_note_times(FILE *stream, const struct merge *merge);

/* Read the files, add them up and print the sum as load prints a run; or a
 * sentence to standard error. Returns the program's exit status. */
int merge_print(const char *const *paths, int n);

/* ---- what is printed --------------------------------------------------- */

/* Is it a terminal that knows escape sequences, so not TERM=dumb? And does
 * colour belong there, without NO_COLOR? */
bool is_terminal(FILE *file);
bool wants_colour(FILE *file);

/* Print the result for people to standard output. `target` says against what;
 * where colour belongs, what went wrong is red. */
void summary_print(const char *target, const struct saved_run *run);

/* The exit status: 0 good, 1 a byte was wrong, a connection failed or nobody
 * was served, 3 the client itself could not measure. */
int summary_exit_status(const struct engine_result *result);

/* ---- several hosts: --hosts ----------------------------------------------
 *
 * The first load listens, and starts the others by a launcher that people
 * have, such as mpirun or srun, or tells how to start them. It gives each its
 * own command line, holds the clocks against each other, lets all begin at
 * one instant, and adds up what they send.
 */

/* What the first one is to do. */
struct hosts_order {
    int hosts;            /* how many others there are */
    const char *launcher; /* a command that starts them, or NULL */
    int argc;             /* what each shall do: our own command line, */
    char **argv;          /* of which they ignore what is for the first */
};

/* Lead them: `options` say where the server is, and how long it takes. Blocks
 * until all have ended, or are late, and prints their sum and a line for each
 * of them. Returns the exit status that the trouble of it deserves, and says
 * it on standard error: 0 if all were there. `sum` has no clients if nothing
 * was seen. The launcher is waited for when the program exits. */
int hosts_lead(const struct hosts_order *order,
               const struct engine_options *options, struct saved_run *sum);

/* One of the others: join the first at the address in `meeting`. Returns a
 * socket, which hosts_wait() takes next, and sets the command line that it
 * sends, which is ours for good. Ends the program if nobody is there. */
int hosts_join(const struct engine_options *meeting, int *argc, char ***argv);

/* Wait until all shall begin; what sets this one apart from the others goes
 * into `options`. When the first one ends, or says so, SIGIO calls `on_end`,
 * perhaps often. The socket then takes what saved_write() writes. */
void hosts_wait(int fd, struct engine_options *options,
                void (*on_end)(int number));

#endif
