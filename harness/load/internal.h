/*
 * internal.h: the inside of the engine.
 *
 * Each part calls only those before it:
 *
 *     pattern     the bytes that are sent, and where wrong ones come from
 *     result      kinds of error, and whose fault each is
 *     open_loop   when messages are due, and who may take them
 *     connection  its life, from connect to close, and its bytes
 *     run         the loop: wait, hand out events, do what is due
 *     engine      the phases of a run
 */
#ifndef FIVEWAYS_LOAD_INTERNAL_H
#define FIVEWAYS_LOAD_INTERNAL_H

#include <sys/epoll.h>
#include <sys/queue.h>

#include "harness/base/base.h"
#include "harness/load/engine.h"

/* ---- one client ---------------------------------------------------------
 *
 *     CLOSED -> CONNECTING -> QUIET -> ECHOING -> QUIET ...
 *     with churn                       ECHOING -> PARTING
 *
 * A slot stands for a client. Without churn it has one connection; with
 * churn one after the other, each with a number and so a phase of its own.
 */

enum connection_state {
    CONNECTION_CLOSED,     /* no descriptor; may be opened (again) */
    CONNECTION_CONNECTING, /* connect(2) is under way */
    CONNECTION_QUIET,      /* connected; no byte may come */
    CONNECTION_ECHOING,    /* a message, or the greeting before the first, is
                            * on its way there or back */
    CONNECTION_PARTING,    /* churn: the echo is whole, our side has ended,
                            * the server's has not; no byte may come */
    CONNECTION_DEAD,       /* given up */
};

/* What belongs to a connection, and is new with each. A greeting lies before
 * its first message, at offsets below 0. */
struct stream {
    int64_t number;      /* of this connection in the run */
    int64_t begin;       /* where it begins: 0, or a greeting does */
    int64_t nwritten;    /* up to where its stream was sent */
    int64_t nread;       /* up to where it came back, all right */
    int64_t message_end; /* where the last message that was begun ends */
    int last_errno;      /* why the last send or recv failed; 0: none has */
};

struct connection {
    struct deadline wake; /* of the end of a pause in sending, or of another
                           * try to connect; first, to be found by it */
    TAILQ_ENTRY(connection) queue; /* in to_connect or free */
    int fd;                        /* the socket, -1 if there is none */
    enum connection_state state;   /* where it is in its life */
    struct stream stream;          /* what has gone over it */
    int64_t start_ns;    /* when message, churn's connect or parting began */
    int64_t intended_ns; /* open loop: when the message was due */
    int64_t free_ns;     /* open loop: free since then; 0: it is not */
    int failures;        /* connections of this slot lost in a row */
    bool silent;         /* connects and waits */
    bool connected;      /* the slot has been connected at least once */
    bool served;         /* the slot has got a whole echo at least once */
    int64_t echoes;      /* whole echoes of the slot in windows */
};

TAILQ_HEAD(connection_queue, connection);

/* ---- one run ----------------------------------------------------------- */

/* When messages of an open loop are due. Begun alike, the same instants. */
struct schedule {
    int kind;         /* how the gaps are chosen, SCHEDULE_FIXED ... */
    double gap_ns;    /* the mean gap between two instants */
    int64_t begin_ns; /* what the instants are counted from */
    uint64_t random;  /* state of the generator of random numbers */
    double gaps;      /* up to the next instant; of poisson's the mean is 1 */
    int64_t next_ns;  /* the next instant: begin_ns and the gaps */
};

enum {
    RUN_CONNECTING_MAX = 64,   /* connects under way at the same time */
    RUN_EVENTS_MAX = 256,      /* events taken from the kernel at once */
    RUN_RECEIVE_BYTES = 65536, /* asked for by one recv */
};

/* All there is to a run; `run` wherever it is handed on. */
struct engine {
    struct engine_options options; /* what is to be done: a copy, with the
                                    * defaults; a slice sets its own parts */
    struct engine_result *result;  /* what was seen so far */

    /* The slots: the silent, those that speak, and behind the last. */
    struct connection *connections, *speaking, *end;
    int alive;      /* speaking slots not given up */
    int connecting; /* connects under way */
    int pending;    /* messages without their whole echo, or churn's end */
    int strangers;  /* of them: of clients never served */
    int64_t next_number; /* of the next connection */

    struct connection_queue to_connect; /* wait for their turn to connect */
    struct deadline_queue wakes;        /* of connections: their `wake` */

    struct schedule schedule;     /* open loop: of what is not sent yet */
    struct connection_queue free; /* open loop: longest without one first */
    int64_t measured_from_ns;     /* open loop: what is due from here on is
                                   * measured; INT64_MAX before the window */
    int64_t due_until_ns;         /* open loop: and what is due before this is
                                   * sent; INT64_MAX until the window is over */
    int64_t spun_ns; /* open loop: time spent awake, not working */

    bool measuring;   /* inside the window */
    bool has_drained; /* a slice has come to its end before */
    bool stopping;    /* no new message, no new connection */
    bool window_full; /* echoes_max was reached */

    int64_t now_ns;           /* the time, as of the last look at the clock */
    int64_t next_tick_ns;     /* when to look for what is overdue */
    int64_t next_progress_ns; /* when to call on_progress */
    int64_t moved_ns;         /* when a byte last came back, or a connect */
    int64_t gap_ns;           /* longest time without since it was reset */
    int64_t lost_ns;          /* while we could not run, in long pieces */
    int64_t paused_from_ns;   /* when the server was first seen stopped; 0:
                               * it was running at the last look */
    int64_t patient_from_ns;  /* before, we or the server were stopped */
    int64_t begun_ns;         /* when warm-up began; 0 before */

    int epoll_fd;                              /* all sockets are in it */
    struct epoll_event events[RUN_EVENTS_MAX]; /* taken from the kernel */
    int event_count;                           /* how many of them */
    int event_next;                            /* the first not handled */

    unsigned char buffer[RUN_RECEIVE_BYTES]; /* what came back */
};

/* ---- the bytes ----------------------------------------------------------
 *
 * A table of pseudo-random bytes whose length is a prime is repeated without
 * end. Connection c starts at its own place in it: the byte at offset p of
 * its stream is table[(p + c * STEP) mod PRIME]. A greeting, "hello\n", lies
 * before that, at offsets below 0. A byte that is wrong, lost,
 * doubled or of another connection does not fit, and none is remembered for
 * it. What it costs: numbers that differ by a multiple of PRIME are alike,
 * and a single wrong byte is right by chance one time in 256.
 */

enum {
    PATTERN_HELLO = -6,           /* offset of a greeting */
    PATTERN_PRIME = 65537,        /* length of the table */
    PATTERN_STEP = 40503,         /* between two phases: PRIME / 1.618 */
    PATTERN_WINDOW_BYTES = 65536, /* longest piece that is contiguous */
};

/* The bytes of connection `number` from `offset` on. PATTERN_WINDOW_BYTES of
 * them can be read there; of a greeting its rest. They are the same on every
 * machine and in every run. */
const unsigned char *pattern_window(int64_t number, int64_t offset);

/* Compare `count` bytes, PATTERN_WINDOW_BYTES at most, that came back.
 * Returns the index of the first that is wrong, `count` if none is. */
size_t pattern_compare(int64_t number, int64_t offset, const void *bytes,
                       size_t count);

/* Say into result->mismatch.origin where the `count` bytes at `got` come
 * from, of which the first was to be the next of `own`; "": nothing fits. */
void pattern_explain(struct engine *run, const struct connection *own,
                     const unsigned char *got, size_t count);

/* ---- the open loop ------------------------------------------------------
 *
 * A message that is due goes to the connection that has been free the
 * longest. When none is free it waits, and its time goes on from the instant
 * it was due: nothing is dropped or put off. What waits needs no memory: it
 * is the schedule from the first instant that was not sent until now.
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

/* Begin a schedule at the options' rate. The first instant is one gap later;
 * with fixed gaps a part of one, so that several runs' are interleaved. */
void schedule_begin(struct schedule *schedule,
                    const struct engine_options *options, int64_t begin_ns);

/* Pass the next instant, schedule->next_ns, and work out the one after it.
 * Rounding does not add up: it is right to a nanosecond after a day. */
void schedule_pass(struct schedule *schedule);

/* Does the run send by a schedule? */
bool open_loop_is_on(const struct engine *run);

/* A connection is QUIET and may have a message. */
void open_loop_free(struct engine *run, struct connection *connection);

/* A connection that may be among the free ones is closed. */
void open_loop_forget(struct engine *run, struct connection *connection);

/* If a message is due and a connection free, returns the one to send it. */
struct connection *open_loop_take(struct engine *run);

/* A speaking connection has its whole echo at run->now_ns. */
void open_loop_record(struct engine *run,
                      const struct connection *connection);

/* True while a message that is due waits for a connection. */
bool open_loop_waits(const struct engine *run);

/* Close the books at run->now_ns: what is unfinished, on its way or waiting,
 * goes into the response times with its age; that this client was not on time
 * is an error of its own. Nothing is sent or measured afterwards. */
void open_loop_close(struct engine *run);

/* ---- the life of a connection -------------------------------------------
 *
 * None of these functions blocks.
 */

/* Is the server on this machine for certain: at 127.0.0.0/8 or ::1? */
bool source_is_loopback(const struct engine_options *options);

/* Start to connect a CLOSED slot. */
void connection_open(struct engine *run, struct connection *connection);

/* React to what epoll says about its socket. */
void connection_ready(struct engine *run, struct connection *connection,
                      uint32_t events);

/* Begin the next message of a QUIET one, at run->now_ns. */
void connection_send(struct engine *run, struct connection *connection);

/* Send what is due in an open loop, as long as connections are free. */
void connection_send_due(struct engine *run);

/* Its deadline has come: go on sending, or try again to connect. */
void connection_wake(struct engine *run, struct connection *connection);

/* Something has come back from the server, at run->now_ns. */
void connection_moved(struct engine *run);

/* Close it and count the error, errno 0 if there is none. With churn the
 * slot gets another try a little later, a few times in a row. */
void connection_fail(struct engine *run, struct connection *connection,
                     enum engine_error error, int error_number);

/* Close it as its own client: nothing is wrong. */
void connection_close(struct engine *run, struct connection *connection);

/* ---- the loop ---------------------------------------------------------- */

/* Wait for events until `until_ns` at the latest and handle one batch of
 * them, then all that is due: ends of pauses, retries, connects, timeouts,
 * progress. run->now_ns is fresh afterwards. */
void run_turn(struct engine *run, int64_t until_ns);

/* Go on for as long as that is so, for `max_ns` at most, and until nothing
 * has come back for `still_ns`; time when we or the server stood is none. */
void run_while(struct engine *run, bool (*is_so)(const struct engine *run),
               int64_t max_ns, int64_t still_ns);

/* Go on until then, the window is full, nobody is left, or it is to end. */
void run_until(struct engine *run, int64_t end_ns);

/* True when the caller wants the run to end. */
bool run_is_interrupted(const struct engine *run);

#endif
