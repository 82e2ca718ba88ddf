/*
 * loop.h: what libevent needs once to be the loop that the flags ask for.
 */
#ifndef FIVEWAYS_LOOP_H
#define FIVEWAYS_LOOP_H

#include <stdbool.h>

#include "harness/contract/contract.h"

struct event;
struct event_base;

/* The flags of this model: --backend. */
extern const struct flag loop_flags[];

/* Make the loop with the backend that was asked for, and listen_fd
 * non-blocking. Timers are finer than a millisecond where `options` have a
 * use for them; it costs a system call in each turn. Exits with a sentence if
 * the loop cannot be had or cannot watch listen_fd. */
struct event_base *loop_new(int listen_fd,
                            const struct contract_options *options);

/* True if the loop's backend can handle `fd`. */
bool loop_can_watch(int fd);

/* Do not watch the listener for so long, then go on; 0: no pause; -1: for
 * ever. Where the kernel or libevent has no memory for a pause there is none;
 * where it has none to go on there is one more. */
void loop_pause(struct event *listener, int pause_ms);

/* Give everything back, also what libevent keeps for itself. */
void loop_free(struct event_base *base);

#endif
