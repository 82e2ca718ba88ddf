/*
 * course.h: what teaching adds to the suite, within its folder.
 *
 * An experiment is a row of a table: what is run, and the one number that is
 * read off it. Predictions, claims and the index of misconceptions name
 * experiments, and are judged by what a run has shown, never by a stored
 * answer. The course may use all of the harness; nobody uses the course.
 *
 *   course.c       the program: a table of commands
 *   experiments.c  the table of experiments
 *   run.c          runs them
 *   lesson.c       asks, runs, shows yours beside what was seen, keeps it
 *   ledger.c       what is predicted, claimed and to be done: tables
 *   claims.c       recomputes the verdict of each claim
 *   lie.c          one stall, seen by both loops
 *   demo*.c        who waits and who is served, live in the terminal
 *   book*.c        the five sources side by side
 */
#ifndef FIVEWAYS_COURSE_H
#define FIVEWAYS_COURSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "harness/base/base.h"
#include "harness/results/results.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum {
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
int course_demo(int argc, char **argv);
int course_book(int argc, char **argv);
int course_code(int argc, char **argv);

/* Where our programs are: the folder of this one. */
const char *course_bin(void);

/* ---- experiments (experiments.c; run.c) ---------------------------------
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
    const char *figure; /* what is read: see run.c, figures_*; */
    const char *unit;   /* behind the number: "of 7", "us", "" */
};
extern const struct experiment experiments[]; /* ends with {0} */

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

/* ---- what is predicted, claimed and to be done (ledger.c) ----------------
 */

/* From `low` to `high`, both included, of what an experiment shows. */
struct bounds {
    const char *experiment; /* its key; NULL: there is none */
    double low, high;
};

enum {
    CHOICES_MAX = 4
};

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
extern const struct prediction predictions[]; /* ends with {0} */

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
extern const struct claim claims[]; /* ends with {0} */

/* A task and when it is done: all of these hold for mine/MODEL. */
struct exercise {
    const char *model;
    const char *task;       /* one sentence */
    struct bounds tests[3]; /* those with an experiment */
};
extern const struct exercise exercises[]; /* ends with {0} */

#endif
