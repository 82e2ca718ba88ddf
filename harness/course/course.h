/*
 * course.h: what teaching adds to the suite, within its folder.
 *
 * An experiment is a row of a table: what is run, and the one number that is
 * read off it. Predictions, claims and the index of misconceptions name
 * experiments, and are judged by what a run has shown, never by a stored
 * answer. The course may use all of the harness; nobody uses the course.
 *
 *   course.c       the program: a table of commands
 *   tables.c       reads the tables: *.table, and experiments.sh
 *   run.c          runs them
 *   run_drive.c    ... a server, load at it
 *   run_compare.c  ... what compare measures
 *   run_child.c    programs that are run: where, how long, what they print
 *   lesson.c       asks, runs, shows yours beside what was seen, keeps it
 *   claims.c       recomputes the verdict of each claim
 *   lie.c          one stall, seen by both loops
 *   herd.c         who wakes up when one client connects
 *   demo*.c        who waits and who is served, live in the terminal
 *   book*.c        the five sources side by side
 */
#ifndef FIVEWAYS_COURSE_H
#define FIVEWAYS_COURSE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "harness/base/base.h"
#include "harness/results/results.h"

struct saved_run; /* see load.h */
struct server;    /* see server.h */

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum {
    EXPERIMENTS_MAX = 200,                           /* that run at a time */
    FINDING_TEXT_BYTES = 64,                         /* a number, its unit */
    BOUNDS_TEXT_BYTES = 16 + 2 * FINDING_TEXT_BYTES, /* two of them */

    COURSE_INTERRUPTED = 130,
    COURSE_OTHERWISE = 1, /* it went otherwise than it should */
    COURSE_USAGE = 2,     /* the command line was wrong */
    COURSE_CANNOT = 3,    /* nothing could be run */
};

#define COURSE_MODELS 5
extern const char *const course_models[COURSE_MODELS]; /* in their order */

/* Which model is that? -1: none of the five. */
int course_model(const char *name);

/* The commands: each reads its own flags and returns the exit status. */
int course_show(int argc, char **argv);
int course_lesson(int argc, char **argv);
int course_exercise(int argc, char **argv);
int course_claims(int argc, char **argv);
int course_lie(int argc, char **argv);
int course_herd(int argc, char **argv);
int course_demo(int argc, char **argv);
int course_book(int argc, char **argv);
int course_code(int argc, char **argv);

/* Read the tables. What is wrong in one is told, and ends the program. */
void tables_load(void);

enum {
    ROWS_MAX = 250, /* of a table */
};

/* Read a table of that name likewise: `read` takes each row, counted from 0,
 * in so many columns at least, which stay for good, and then NULL. */
void table_read(const char *name, int columns,
                void (*read)(char **columns, size_t n));

/* Where our programs are: the folder of this one. */
const char *course_bin(void);

/* ---- experiments (tables.c; run.c) ---------------------------------
 */

enum experiment_kind {
    EXPERIMENT_DRIVE,   /* a server, load at it, one look at both */
    EXPERIMENT_COMPARE, /* a scenario of compare, models beside each other */
    EXPERIMENT_MUTANT,  /* a wrong program, and the test that finds it */
    EXPERIMENT_LIE,     /* one stall: see lie.c */
    EXPERIMENT_SHELL,   /* a line for sh; its last word is the number */
};

/* One of them. */
struct experiment {
    const char *key;           /* "silent-blocking" */
    const char *shows;         /* what the number is: "of 7 clients behind a
                                * silent one, served" */
    enum experiment_kind kind; /* how it is run */
    /* DRIVE: a program in our folder and its flags, "blocking --backlog=1";
     * with "mine/" before it what a student has made of it, with "mutants/"
     * a wrong one. MUTANT: the name of the wrong program. SHELL: the line. */
    const char *server;
    const char *load; /* DRIVE: the flags of load; MUTANT: the case, or NULL
                       * for the first one that kills it */
    /* COMPARE: the scenario, "idle", how many clients are asked, whose row
     * ("selectloop"), and the figure over that of `over`, or as it is. */
    const char *scenario, *model, *over;
    int clients;
    const char *figure; /* what is read: `course show --figures` lists all */
    const char *unit;   /* behind the number: "of 7", "us", "" */
};
extern const struct experiment *const experiments; /* ends with {0} */

/* The one of that name, or NULL. */
const struct experiment *experiment_find(const char *key);

/* What came of one. */
struct finding {
    const struct experiment *experiment; /* of which; NULL: not run */
    double number;                       /* NAN: could not be had */
    char reason[RESULTS_REASON_BYTES];   /* why not, a sentence, or "" */
};

/* Run these, those of compare together in one run, and say to `stream` what
 * is run, as one would type it, and what came. With `from`, a results file,
 * those of compare are read there and nothing is measured for them. Blocks
 * for seconds; what is started has ended when it returns. Returns 0, or -1 if
 * it was interrupted. */
int experiments_run(struct finding *findings, size_t n, const char *from,
                    FILE *stream);

/* Words that somebody has typed in place of one of `names`: the sentence for
 * it names those that are most alike. Ends with a new line. */
void names_unknown(FILE *stream, const char *what, const char *typed,
                   const char *const *names, size_t n);

/* How kinds are run, and their numbers read off the last run: see run.c. */
const char *drive_run(const struct finding *findings, size_t n,
                      const char *from, FILE *stream);
const char *compare_run(const struct finding *findings, size_t n,
                        const char *from, FILE *stream);
const char *lie_run(const struct finding *findings, size_t n,
                    const char *from, FILE *stream);
double drive_read(const struct experiment *row);
double compare_read(const struct experiment *row);
double lie_read(const struct experiment *row);

/* List the figures that they have. */
void drive_figures(FILE *stream);
void compare_figures(FILE *stream);
void lie_figures(FILE *stream);

/* ---- programs that are run (run_child.c) --------------------------------
 */

/* Set by Ctrl-C: all that runs is to be ended. */
extern volatile sig_atomic_t course_interrupted;

/* Before anything is run: catch Ctrl-C, and go to the folder of the Makefile,
 * from where commands are typed. Returns what `path` is called from there; it
 * may be NULL. */
const char *course_begin(const char *path);

/* What was built, from there: "build", "build/asan". */
const char *course_build(void);

enum {
    CHILD_WORDS_MAX = 40,   /* of its command line */
    CHILD_LINE_BYTES = 512, /* of a line that it prints, or of its own */
};

/* Open a file of build/course, which is made, by its name, and write its
 * path. Where that cannot be the program ends. */
FILE *course_file(const char *name, const char *mode,
                  char path[CHILD_LINE_BYTES]);

/* A program that runs, in a process group of its own, with our standard
 * error, and BIN in its environment, the folder of ours. It must
 * stay where it is. */
struct child {
    const char *words[CHILD_WORDS_MAX]; /* the path first, NULL last */
    int nwords;                         /* how many */
    char room[2048];                    /* for their text */
    size_t used;                        /* of it */
    pid_t pid;                          /* its process */
    int output_fd;                      /* what it prints; -1: it is over */
    FILE *stream; /* where that goes, behind an indent; NULL: nowhere */
    bool inside;  /* of a line, so that its indent is written */
    char last[CHILD_LINE_BYTES]; /* the last line that is not empty */
    char line[CHILD_LINE_BYTES]; /* what there is of the next one */
};

/* Add a word, as by printf, or all that stand in a text between blanks. */
void child_word(struct child *child, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void child_words(struct child *child, const char *text);

/* Write them as one would type them, behind a $, with `end` behind them. */
void child_show(FILE *stream, const struct child *child, const char *end);

/* Start it. Returns 0, or -1 with errno. */
int child_start(struct child *child);

/* Hand on what it prints, for so long at most. True once it is over. */
bool child_wait(struct child *child, int most_ms);

/* Wait until it is over, for so long at most, then or with Ctrl-C it and all
 * of its group are killed. Returns its exit status; -1: none. */
int child_end(struct child *child, int most_ms);

/* All that for a line for sh. Returns its exit status, as above; `last`, or
 * NULL, takes the last line that it has printed. */
int child_line(const char *line, int most_ms, FILE *stream,
               char last[CHILD_LINE_BYTES]);

/* ---- a server and load at it (run_drive.c) ------------------------------
 */

/* Start a server by a line as in struct experiment, with --stats, and say
 * how. Returns NULL, or why not; it is ended by server_stop(). */
const char *drive_server(struct server *server, const char *line,
                         FILE *stream);

/* Load that runs. */
struct loading {
    struct child child; /* its process */
    FILE *file;         /* where it saves what it has seen */
};

/* Start it with these flags. Returns 0, or -1. */
int loading_start(struct loading *loading, const struct server *server,
                  const char *flags, FILE *stream);

/* Wait for its end, and read what it has saved. Returns NULL, or a reason; if
 * it was late itself, in an open loop, that is an error in the run. */
const char *loading_end(struct loading *loading, struct saved_run *run);

/* ---- what is predicted, claimed and to be done (tables.c) ----------------
 */

/* From `low` to `high`, both included, of what an experiment shows. */
struct bounds {
    const char *experiment; /* its key; NULL: there is none */
    double low, high;
};

enum {
    CHOICES_MAX = 4
};

/* Is what was found within them? */
bool finding_within(const struct finding *finding,
                    const struct bounds *bounds);

/* Write a number of that finding with its unit, or the bounds that it was to
 * be in: "7 of 7", "at most 5 ms". Return it. */
char *finding_text(const struct finding *finding, double number,
                   char text[FINDING_TEXT_BYTES]);
char *bounds_text(const struct finding *finding, const struct bounds *bounds,
                  char text[BOUNDS_TEXT_BYTES]);

/* A question before a run. The choices' bounds do not overlap. */
struct prediction {
    const char *lesson;   /* "blocking" ... "measuring" */
    const char *id;       /* "P1" */
    const char *question; /* as the lesson's page has it */
    const char *experiment;
    struct choice {
        const char *text; /* NULL: there are no more */
        double low, high; /* it is right within these */
    } choices[CHOICES_MAX];
};
extern const struct prediction *const predictions; /* ends with {0} */

enum claim_verdict {
    CLAIM_TRUE,        /* all that it hangs on was seen */
    CLAIM_CONDITIONAL, /* one of the two things */
    CLAIM_FALSE,       /* none */
    CLAIM_UNKNOWN,     /* could not be run here */
    CLAIM_VERDICTS,
};

/* A sentence that can be wrong. */
struct claim {
    const char *id;          /* "silent-blocks" */
    const char *page;        /* that makes or answers it */
    const char *text;        /* words of it, as they stand there */
    enum claim_verdict says; /* what the page says of it */
    struct bounds holds;     /* true if so */
    struct bounds too;       /* ... and so; conditional if but one */
};
extern const struct claim *const claims; /* ends with {0} */

/* A task and when it is done: all of these hold for mine/MODEL. */
struct exercise {
    const char *model;
    const char *task;       /* one sentence */
    struct bounds tests[3]; /* those with an experiment */
};
extern const struct exercise *const exercises; /* ends with {0} */

#endif
