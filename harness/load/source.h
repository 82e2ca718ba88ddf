/*
 * source.h: which address a connection comes from.
 *
 * One client address has about 28 000 ports towards one server, and each
 * stays taken for a minute after its connection was closed. A server on
 * 127.0.0.0/8 can be reached from all of 127.0.0.0/8, so runs that may need
 * more ports than that spread over many of its addresses.
 */
#ifndef FIVEWAYS_SOURCE_H
#define FIVEWAYS_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/load/engine.h"

/* True if the server is on this machine for certain: at 127.0.0.0/8 or ::1.
 */
bool source_is_loopback(const struct engine_options *options);

/* True if a run with these options needs more than one source address, and
 * can have it. */
bool source_is_spread(const struct engine_options *options);

/* Bind the socket `fd` to the address for the connection of that number; the
 * port is chosen by connect. Returns 0, or -1 with errno. */
int source_bind(int fd, int64_t number);

#endif
