/*
 * run.h: one run of the engine, from the inside.
 *
 * What all connections of a run share, and the small loop that drives them.
 * engine.c decides what happens when; connection.c knows what one connection
 * does; run.c waits for events and hands them out.
 */
#ifndef FIVEWAYS_RUN_H
#define FIVEWAYS_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/queue.h>

#include "harness/base/base.h"
#include "harness/load/connection.h"
#include "harness/load/engine.h"
#include "harness/load/pattern.h"
#include "harness/load/schedule.h"

enum {
    RUN_CONNECTING_MAX = 64,   /* connects under way at the same time */
    RUN_EVENTS_MAX = 256,      /* events taken from the kernel at once */
    RUN_RECEIVE_BYTES = 65536, /* asked for by one recv */
};

struct run {
    const struct engine_options *options; /* what is to be done */
    struct engine_result *result;         /* what was seen so far */

    struct connection *connections; /* the silent ones, then those that
                                     * speak; one slot for each client */
    int count;                      /* how many slots there are */
    int alive;                      /* speaking slots not given up */
    int connecting;                 /* connects under way */
    int pending;                    /* messages without their whole echo, and
                                     * with churn without their end */
    int strangers;                  /* of them: of clients never served */
    int64_t next_number;            /* of the next connection */
    int number_step;                /* from one number to the next */

    struct connection_queue to_connect; /* wait for their turn to connect */
    struct connection_queue hellos;     /* wait to end their greeting, the
                                         * first due first */
    struct connection_queue retries;    /* wait for another try */

    struct schedule schedule;     /* open loop: of what is not sent yet */
    struct connection_queue free; /* open loop: wait for a message, the one
                                   * that has waited longest first */
    int64_t measured_from_ns;     /* open loop: what is due from here on is
                                   * measured; INT64_MAX before the window */
    int64_t due_until_ns; /* open loop: and what is due before this is sent;
                           * INT64_MAX until the window is over */

    int64_t spun_ns; /* open loop: time given to looking for events again and
                      * again instead of sleeping */

    bool measuring;   /* inside the window */
    bool has_drained; /* a slice has come to its end before */
    bool stopping;    /* no new message, no new connection */
    bool window_full; /* echoes_max was reached */
    uint64_t bytes;   /* verified so far */

    int64_t now_ns;           /* the time, as of the last look at the clock */
    int64_t next_tick_ns;     /* when to look for what is overdue */
    int64_t next_progress_ns; /* when to call on_progress */
    int64_t moved_ns;         /* when a byte last came back */
    int64_t gap_ns;          /* longest time without one since it was reset */
    int64_t waited_from_ns;  /* when the present turn began */
    int64_t wait_ns;         /* how long it asked to sleep at most */
    int64_t lost_ns;         /* time that passed while we could not run, in
                              * pieces of LOST_NS_MIN and more */
    int64_t patient_from_ns; /* before this nobody is late: until then we, or
                              * the server, were stopped */
    int64_t begun_ns;        /* when warm-up began; 0 before */

    int epoll_fd;                              /* all sockets are in it */
    struct epoll_event events[RUN_EVENTS_MAX]; /* taken from the kernel */
    int event_count;                           /* how many of them */
    int event_next;                            /* the first not handled */

    struct pattern pattern;                  /* what is sent */
    unsigned char buffer[RUN_RECEIVE_BYTES]; /* what came back */
};

/*
 * Wait for events until `until_ns` at the latest and handle one batch of
 * them, then everything that is due: second halves of greetings, retries,
 * connects, timeouts, progress. Returns early when there is less to wait
 * for. run->now_ns is fresh afterwards. Blocks.
 */
void run_turn(struct run *run, int64_t until_ns);

/* A byte has come back. */
void run_note_movement(struct run *run);

/* True if the server's process is stopped by somebody, which is not its
 * fault: whoever is late may be so from now on. */
bool run_is_paused(struct run *run);

/* True when the caller wants the run to end. */
bool run_is_interrupted(const struct run *run);

/* How long connecting may take. */
int64_t run_connect_timeout_ns(const struct engine_options *options);

/* Count an error and its errno (0 if there is none). */
void run_count_error(struct run *run, enum engine_error error,
                     int error_number);

#endif
