/*
 * made.h: results that were made up, for tests of what is made of them.
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

/* A standard normal number, from a generator that random(3) seeds. */
double made_normal(void);

#endif
