/*
 * order.h: the windows of a results file in the order of its tables.
 *
 * Scenarios come in the order in which they were first run, models in the
 * run's own order, the yardstick last, and the windows of one model by their
 * round. So the windows of a row stand side by side.
 */
#ifndef FIVEWAYS_RESULTS_ORDER_H
#define FIVEWAYS_RESULTS_ORDER_H

#include <stdbool.h>

#include "harness/results/results.h"

/* The name under which the yardstick appears. */
#define ORDER_YARDSTICK "yardstick"

/* The windows in order: as many pointers as there are windows, into
 * `results`, in an array to be freed; NULL without memory. */
const struct window **order_windows(const struct results *results);

/* True for two windows of the same scenario, number of clients and rate. */
bool order_same_group(const struct window *a, const struct window *b);

/* True for two windows of the same group and model. */
bool order_same_row(const struct window *a, const struct window *b);

#endif
