/*
 * programs.h: where the programs of our own servers are.
 *
 * In the build they are called "blocking", after `make install`
 * "fiveways-blocking"; both stand beside compare itself.
 */
#ifndef FIVEWAYS_PROGRAMS_H
#define FIVEWAYS_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/compare/options.h"

/* The folder that compare itself is in, "." if that cannot be told. The text
 * is static. */
const char *programs_folder(void);

/* Find the program of one of our own servers in the folder `bin`. True, and
 * its path, if there is one that can be run. */
bool programs_find(const char *bin, const char *name, char *path,
                   size_t path_bytes);

/*
 * True if all are there that must be, of those that take part; else one
 * sentence on standard error. libevent may be missing: a machine without the
 * library cannot have it, and its row says so. Sets options->leash if there
 * is a launcher.
 */
bool programs_check(struct options *options);

#endif
