/*
 * patience.h: how long the tests wait, and for whom.
 *
 * A test waits for an event with a deadline, never for a while. Deadlines
 * are generous, because a slow machine is no defect of a server, and all of
 * them are multiplied for the builds that are slow by nature (sanitizers,
 * valgrind). A deadline that passes therefore means "never".
 */
#ifndef FIVEWAYS_PATIENCE_H
#define FIVEWAYS_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    /* What a healthy server needs milliseconds for. Once this has passed
     * without any progress, it will not happen. */
    PATIENCE_MS = 10 * 1000,
    /* The last resort, Check's own limit for a test: far above the sum of
     * the deadlines inside, whose messages say what hung. */
    PATIENCE_TEST_S = 90,
};

/* The factor for this build: TEST_SLOW from the environment if it is set,
 * else 20 for valgrind, 5 for asan and tsan, 2 for coverage, else 1. */
int patience_factor(void);

/* `ms` multiplied by the factor of this build. */
int patience_scaled_ms(int ms);

/* How long a client waits for progress, scaled: PATIENCE_MS, or what was set
 * in its place, for someone who waits before a screen. */
int patience_ms(void);
void patience_set_ms(int ms);

/* True when the servers are built with a sanitizer or run under valgrind: its
 * shadow memory makes RLIMIT_AS and resident memory meaningless. */
bool patience_sanitized(void);

/* True when thread sanitizer is in the servers: it keeps a signal back until
 * the next call that it knows, and one that comes right before a wait, until
 * the wait is over. */
bool patience_delays_signals(void);

/* True when the servers count which of their lines are executed. */
bool patience_counts_coverage(void);

/* CLOCK_MONOTONIC in milliseconds. */
int64_t patience_now_ms(void);

/* The point in time `ms`, scaled, from now. */
int64_t patience_deadline_ms(int ms);

/* Milliseconds until `deadline_ms`, never below 0: a timeout for poll(2). */
int patience_left_ms(int64_t deadline_ms);

/*
 * Look at `holds(subject)` every millisecond until it is true. Returns true
 * then, false when `ms`, scaled, are over. For what has no descriptor to
 * wait on, such as /proc.
 */
bool patience_until(bool (*holds)(void *subject), void *subject, int ms);

#endif
