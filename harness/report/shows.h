/*
 * shows.h: what each scenario is meant to show, in one sentence.
 *
 * A results file holds what was measured, not why; so the reasons are kept
 * here once more, for whoever reads a table without the source of compare.
 */
#ifndef FIVEWAYS_SHOWS_H
#define FIVEWAYS_SHOWS_H

#include "harness/results/window.h"

/* The sentence for the scenario, clients and rate of a window; "" for one
 * that is not known here. */
const char *shows_sentence(const struct window *window);

#endif
