/*
 * machine.h: where and when a run takes place, for its first line.
 */
#ifndef FIVEWAYS_MACHINE_H
#define FIVEWAYS_MACHINE_H

#include "harness/compare/layout.h"
#include "harness/compare/options.h"
#include "harness/compare/plan.h"
#include "harness/results/results.h"

/* Fill in all of a run but how it ends. */
void machine_describe(struct run *run, const struct options *options,
                      const struct plan *plan,
                      const struct layout_machine *cpus, int argc,
                      char **argv);

#endif
