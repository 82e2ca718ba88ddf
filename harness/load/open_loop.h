/*
 * open_loop.h: messages that are sent when they are due.
 *
 * A message of the schedule that is due goes to the connection that has been
 * free the longest. When none is free it waits, and its time goes on from
 * the instant it was due: nothing is dropped and nothing is put off. What
 * waits needs no memory, because it is a stretch of the schedule: from the
 * first instant that was not sent until now.
 *
 * The time of one message is cut in three:
 *
 *     due ---- waits for a connection ---- lag ---- sent ---- whole echo
 *     |<----------------------- response --------------------------->|
 *                                                  |<--- service --->|
 *
 * Lag is this client's own lateness: a connection was free and the message
 * was due, yet it was not sent. It is the error bar of the other two.
 */
#ifndef FIVEWAYS_OPEN_LOOP_H
#define FIVEWAYS_OPEN_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/load/connection.h"

/* Does the run send by a schedule? */
bool open_loop_is_on(const struct run *run);

/* Begin the schedule at run->now_ns. */
void open_loop_begin(struct run *run);

/* Measure the messages that are due from `begin_ns` on. */
void open_loop_measure(struct run *run, int64_t begin_ns);

/* No message that would be due at `end_ns` or later is sent. Those before it
 * are, and measured. */
void open_loop_end(struct run *run, int64_t end_ns);

/* A connection is QUIET and may have a message. */
void open_loop_free(struct run *run, struct connection *connection);

/* A connection that may be among the free ones is closed. */
void open_loop_forget(struct run *run, struct connection *connection);

/* Send what is due, as long as a connection is free. */
void open_loop_send(struct run *run);

/* We woke up, having been awake last at run->now_ns and having asked for no
 * more than `sleep`: was that in time? */
void open_loop_woke(struct run *run, const struct timespec *sleep);

/* A speaking connection has its whole echo at run->now_ns. */
void open_loop_record(struct run *run, const struct connection *connection);

/* When the next message is to be sent, if a connection is free for it;
 * INT64_MAX if nothing is to be sent until one is. */
int64_t open_loop_next_ns(const struct run *run);

/* True while a message that is due waits for a connection. */
bool open_loop_waits(const struct run *run);

/*
 * Close the books at run->now_ns: count what is unfinished, on its way or
 * still waiting, and let it into the response times with its age; then judge
 * whether this client was on time, which is an error of its own if it was
 * not. Nothing is sent or measured afterwards.
 */
void open_loop_close(struct run *run);

#endif
