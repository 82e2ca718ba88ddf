/*
 * course.h: what teaching adds to the suite, within its folder.
 *
 * An experiment is a row of a table: what is run, and the one number that is
 * read off it. Predictions, claims and the index of misconceptions name
 * experiments, and are judged by what a run has shown, never by a stored
 * answer. The course may use all of the harness; nobody uses the course.
 *
 *   course.c       the program: a table of commands
 *   tables.c       reads the tables: *.table
 *   run.c          runs experiments, of experiments.sh, too
 *   run_drive.c    ... a server, load at it
 *   run_child.c    where we are; lines for sh, and what they print
 *   lesson.c       asks, runs, shows yours beside what was seen, keeps it
 *   claims.c       recomputes the verdict of each claim, and of an exercise
 *   puzzle.c       a wrong server to be mended, judged by the tests
 *   lie.c          one stall, seen by both loops
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
#include "harness/report/internal.h"

struct server; /* see server.h */

enum {
    NUMBER_BYTES = 64,       /* a number, its unit */
    ROWS_MAX = 250,          /* of a table */
    BOUNDS_MAX = 3,          /* of a claim */
    CHOICES_MAX = 4,         /* of a question */
    CHILD_LINE_BYTES = 1024, /* a line for sh, or one that it prints */

    COURSE_INTERRUPTED = 130,
    COURSE_OTHERWISE = 1, /* it went otherwise than it should */
    COURSE_USAGE = 2,     /* the command line was wrong */
    COURSE_CANNOT = 3,    /* nothing could be run */
};

/* The commands: each reads its own flags and returns the exit status. */
int course_show(int argc, char **argv);
int course_lesson(int argc, char **argv);
int course_exercise(int argc, char **argv);
int course_puzzle(int argc, char **argv);
int course_claims(int argc, char **argv);
int course_lie(int argc, char **argv);
int course_demo(int argc, char **argv);
int course_book(int argc, char **argv);
int course_code(int argc, char **argv);

/* ---- the tables (tables.c) --------------------------------------------- */

enum experiment_kind {
    EXPERIMENT_DRIVE, /* a server, load at it, one look at both */
    EXPERIMENT_LIE,   /* one stall: see lie.c */
    EXPERIMENT_SHELL, /* a line for sh; its last word is the number */
};

struct experiment {
    const char *key;           /* "silent-blocking" */
    const char *shows;         /* what the number is: "of 7 clients behind a
                                * silent one, served" */
    enum experiment_kind kind; /* how it is run */
    /* DRIVE: a program in our folder and its flags, "blocking --backlog=1";
     * with "mine/" before it what a student has made of it, with "mutants/"
     * a wrong one. SHELL: the line. */
    const char *server;
    const char *load;   /* DRIVE: the flags of load; "": nobody asks it */
    const char *figure; /* what is read, see experiments.table */
    const char *unit;   /* behind the number: "of 7", "us", "" */
    bool wanted;        /* it shall be run */
    double number;      /* what came of it; NAN: not known */
    const char *reason; /* why not, a sentence; or NULL */
};

/* From `low` to `high`, both included, of what an experiment shows. */
struct bounds {
    struct experiment *experiment; /* NULL: there is none */
    double low, high;
};

/* A question before a run. Of two choices that meet the first one has it. */
struct prediction {
    const char *lesson;   /* "blocking" ... "measuring" */
    const char *id;       /* "P1" */
    const char *question; /* as the lesson's page has it */
    struct experiment *experiment;
    struct choice {
        const char *text;
        double low, high; /* it is right within these */
    } choices[CHOICES_MAX];
    int nchoices; /* how many */
    int yours;    /* which one was chosen, from 1; 0: none */
};

enum claim_verdict {
    CLAIM_TRUE,        /* all that it hangs on was seen */
    CLAIM_CONDITIONAL, /* not all */
    CLAIM_FALSE,       /* nothing */
    CLAIM_UNKNOWN,     /* could not be run here */
    CLAIM_VERDICTS,
};
extern const char *const claim_words[CLAIM_VERDICTS];

/* A sentence that can be wrong. An exercise is one, too: it is done when its
 * sentence is true of mine/MODEL. */
struct claim {
    const char *id;          /* "silent-blocks"; of an exercise the model */
    const char *page;        /* that makes or answers it */
    const char *text;        /* words of it; the task */
    enum claim_verdict says; /* what the page says of it */
    struct bounds bounds[BOUNDS_MAX + 1]; /* that it hangs on, and {0} */
};

/* Each ends with {0}. */
extern struct experiment experiments[];
extern struct prediction predictions[];
extern struct claim claims[], exercises[];

/* Read the tables. What is wrong in one is told, and ends the program. */
void tables_load(void);

/* Read a table of that name likewise: `take` gets each row, counted from 0,
 * in so many columns at least, which stay for good, and then NULL. */
void table_read(const char *name, int least,
                void (*take)(char **columns, size_t n));

/* The experiment of that name, or NULL. */
struct experiment *experiment_find(const char *key);

/* ---- experiments (run.c) ----------------------------------------------- */

/* Run those that are wanted, those of compare together in one run, and print
 * what is run, as one would type it, and what came. Blocks for seconds, up to
 * Ctrl-C, which ends the program, too; what was started has ended then. */
void experiments_run(void);

/* Write a number of that experiment with its unit, "7 of 7". Return it. */
char *experiment_text(const struct experiment *row, double number,
                      char text[NUMBER_BYTES]);

/* What came of it, so written, or why nothing did. */
const char *experiment_seen(const struct experiment *row,
                            char text[NUMBER_BYTES]);

/* A results file that is read in place of a run of compare; or NULL. */
extern const char *compare_from;
#define FLAG_FROM                                                            \
    FLAG_TEXT("from", 0, "FILE", &compare_from,                              \
              "Read what compare measures from its results there")

/* How kinds are run, NULL or why not, and numbers read off the last run, NAN:
 * there is none of that name. */
const char *drive_run(const struct experiment *row);
const char *lie_run(const struct experiment *row);
double drive_read(const struct experiment *row);
double lie_read(const struct experiment *row);

/* ---- where we are; lines for sh (run_child.c) -------------------------- */

/* Where our programs are: the folder of this one. What was built, from the
 * folder of the Makefile, in which we are: "build", "build/asan". */
const char *course_bin(void);
const char *course_build(void);

/* Open a file of build/course, which is made, by its name, and write its
 * path. Where that cannot be the program ends. */
FILE *course_file(const char *name, const char *mode,
                  char path[CHILD_LINE_BYTES]);

/* Set by Ctrl-C: all that runs is to be ended. */
extern volatile sig_atomic_t course_interrupted;

/* Before anything is run: catch Ctrl-C. */
void course_begin(void);

/* Print a line as one would type it, behind a $. */
void child_show(const char *line);

/* Run a line for sh, with BIN in its environment, the folder of our programs,
 * and print what it prints, behind an indent; `turn`, or NULL, is called all
 * 50 ms. Blocks until it is over; after ten minutes or with Ctrl-C it and all
 * that it has started are killed. Returns its exit status; -1: none. */
int child_run(const char *line, void (*turn)(void));

/* The last line that was printed by one, but for empty ones. */
extern char child_last[CHILD_LINE_BYTES];

/* ---- a server and load at it (run_drive.c) ----------------------------- */

/* Start a server by a line as in struct experiment, and say how. Returns
 * NULL, or why not; it is ended by server_stop(). */
const char *drive_server(struct server *server, const char *line);

/* Say how load is run with these flags, and append it to a line for sh.
 * Returns the file in which it then saves what it has seen. */
FILE *drive_load(char line[CHILD_LINE_BYTES], const struct server *server,
                 const char *flags);

#endif
