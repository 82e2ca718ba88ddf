/*
 * internal.h: what the contract's own files share. No server includes it.
 */
#ifndef FIVEWAYS_CONTRACT_INTERNAL_H
#define FIVEWAYS_CONTRACT_INTERNAL_H

#include "harness/contract/contract.h"

/* The checked flags, written by options_parse() only. */
extern struct contract_options contract_options;

/* Fill contract_options from the command line. Exits with 2 on bad usage. */
void options_parse(const char *model, const struct argp *own_flags, int argc,
                   char **argv);

/* Make room for `descriptors` clients, install the signal handlers and the
 * timer of the grace time. Exits with 1 if that cannot be done. */
void stop_prepare(int descriptors);

/* From now on a stop shuts `listen_fd` down; at once if one came already. */
void stop_watch_listener(int listen_fd);

/* The stop is done: no handler runs any more, and the room is given back. */
void stop_end(void);

/* Write the counters as one line of JSON to standard output. Safe in a
 * signal handler. Returns 0, or -1 with errno. */
int counters_print(void);

#endif
