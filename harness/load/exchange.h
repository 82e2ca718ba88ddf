/*
 * exchange.h: the bytes of a connection, there and back.
 *
 * A message is sent, its echo is received and verified byte by byte, and the
 * next one follows. None of these functions blocks. Each may end with the
 * connection failed and closed.
 */
#ifndef FIVEWAYS_EXCHANGE_H
#define FIVEWAYS_EXCHANGE_H

#include <stdbool.h>

#include "harness/load/connection.h"

/* Begin the next message, at run->now_ns: the state, QUIET before, becomes
 * ECHOING, or GREETING if the server must be greeted first. */
void exchange_begin(struct run *run, struct connection *connection);

/* End the greeting and begin the message behind it. */
void exchange_end_greeting(struct run *run, struct connection *connection);

/* Send what may be sent of greeting and message, until all is out or the
 * socket is full. An error is left for recv to find, which first hands over
 * what the server had sent before it went. */
void exchange_send(struct run *run, struct connection *connection);

/* Read and verify until there is no more to read. `gone` says that the
 * server has ended its side: then the end is read as well, before another
 * message is sent into nowhere. */
void exchange_receive(struct run *run, struct connection *connection,
                      bool gone);

#endif
