/*
 * expect.h: promises that many cases end with.
 */
#ifndef FIVEWAYS_EXPECT_H
#define FIVEWAYS_EXPECT_H

#include "tests/conformance/server.h"

/* Require that a new client is served, to its proper end. */
void expect_alive(const struct server *server);

/* Require that the server comes down to `count` descriptors: how many it
 * had before. */
void expect_descriptors(const struct server *server, int count);

/* The same for its threads. */
void expect_threads(const struct server *server, int count);

/*
 * Watch the server for a second, in which it has nothing to do, and require
 * that it uses less than 10 % of a core and waits for something now and then.
 * A server that spins uses 100 %, or all that a busy machine gives it.
 */
void expect_no_spin(const struct server *server);

/*
 * Start a server whose clients need 8 MiB each, as --stack-size has it, in
 * 128 MiB, and require that clients beyond are refused and counted, and that
 * it recovers.
 */
void expect_refusals_without_memory(void);

#endif
