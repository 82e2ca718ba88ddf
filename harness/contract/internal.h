/*
 * internal.h: what the contract's own files share. No server includes it.
 */
#ifndef FIVEWAYS_CONTRACT_INTERNAL_H
#define FIVEWAYS_CONTRACT_INTERNAL_H

#include <stdatomic.h>

#include "harness/contract/contract.h"

/* The checked flags, written by options_parse() only. */
extern struct contract_options contract_options;

/* Fill contract_options from the command line. Exits with 2 on bad usage. */
void options_parse(const char *model, const struct flag *own_flags, int argc,
                   char **argv);

/* Make room for `descriptors` clients, install the signal handlers and the
 * timer of the grace time. Exits with 1 if that cannot be done. */
void stop_prepare(int descriptors);

/* From now on a stop shuts `listen_fd` down; at once if one came already. */
void stop_watch_listener(int listen_fd);

/* A stop shall reach the open client `conn_fd`; at once if it came already.
 * Returns false when the number is too high for the registry. */
bool stop_register(int conn_fd);

/* A stop shall not touch `conn_fd` any more: it is about to be closed. */
void stop_unregister(int conn_fd);

/* Reset the connection of a client, who must not take what it got for all of
 * it. The descriptor stays open. Safe in a signal handler. */
void stop_cut(int conn_fd);

/* The stop is done: no handler runs any more, and the room is given back. */
void stop_end(void);

/* Everything that --stats prints; contract_finish() says what each means.
 * Nobody takes one for a sign that something else has happened. */
struct counters {
    atomic_uint_fast64_t accepted, refused, open, peak_open;
    atomic_uint_fast64_t bytes_in, bytes_out; /* of echo */
    atomic_uint_fast64_t accept_errors, accept_pauses;
    atomic_uint_fast64_t ends[CONTRACT_ENDS]; /* closed, by reason */
};

extern struct counters counters;

/* Write the counters as one line of JSON to standard output. Safe in a
 * signal handler. Returns 0, or -1 with errno. */
int counters_print(void);

#endif
