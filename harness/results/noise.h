/*
 * noise.h: which windows were disturbed, by what, and which are used.
 *
 * A window is judged by causes that lie outside of it, never by its result:
 * whoever throws away results that look odd finds what was expected. Nothing
 * is deleted. A disturbed window is run again when time allows; of all
 * attempts of a round the first undisturbed one is used, and where there is
 * none, the first one all the same, and reports say so.
 */
#ifndef FIVEWAYS_NOISE_H
#define FIVEWAYS_NOISE_H

#include "harness/results/results.h"

/* Limits, in percent of the time of the CPUs that a window ran on; the last
 * one of the run's median floor. */
#define NOISE_STEAL_PERCENT   2
#define NOISE_FOREIGN_PERCENT 5
#define NOISE_FLOOR_PERCENT   10

/* The causes found in a window, from its figures; `floor_us` is the median
 * floor of the run so far, NAN if there is none yet. Bits of enum
 * window_cause. */
unsigned noise_causes(const struct window *window, double floor_us);

/* Set `used` of each window: one good attempt for each round and row. */
void noise_choose(struct results *results);

#endif
