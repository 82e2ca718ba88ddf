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

/* What a test has printed, which is the test's to free; and that these words
 * are in it, or are not. */
extern char *made_text;
void assert_has(const char *words);
void assert_has_not(const char *words);

/* A standard normal number, from a generator that random(3) seeds. */
double made_normal(void);

#endif
