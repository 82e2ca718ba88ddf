/*
 * made.h: results that were made up, for tests of what is made of them, and
 * what is printed of that.
 */
#ifndef FIVEWAYS_TESTS_MADE_H
#define FIVEWAYS_TESTS_MADE_H

#include "harness/results/results.h"

/* A life of a model that served all of 64 clients in "echo". */
struct life made_life(const char *model);

/* Add a model that takes `us` for an echo: two lives like `like`, and 30
 * slices with noise of 2 % in each. The blocks of a scenario are as noisy for
 * all of its models. */
void made_add(struct results *results, const struct life *like, double us);

/* How slow the machine is meanwhile, in the mean as fast as 1. */
double made_machine(int block);

/* What a test has made up, and what came of it: all zero, and so again behind
 * made_end(), with which its CASE ends. By made_begin() noise is the same in
 * each test, whichever ran before it. */
struct made {
    struct results results;
    struct summary summary; /* of them, by made_summary() */
    char *text;             /* printed or drawn of it */
};
extern struct made made;
void made_begin(void);
void made_end(void);

/* Add a life like made_life() and its slices, as made_add() does. */
void made_model(const char *model, double us);

/* Draw the results together, as they are now. */
void made_summary(void);

/* Write to made.text, in the place of what is there, until this is closed. */
FILE *made_print(void);

/* These words are in made.text, are not, or are there so often. */
void assert_has(const char *words);
void assert_has_not(const char *words);
void assert_has_times(const char *words, int times);

/* A standard normal number, from a generator that random(3) seeds. */
double made_normal(void);

#endif
