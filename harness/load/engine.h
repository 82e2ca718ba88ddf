/*
 * engine.h: the load generator, as a function.
 *
 * engine_run() connects clients to a server that echoes, sends messages, at
 * most one in flight for each client, compares every byte that comes back,
 * and says what it saw. One thread, one epoll, CLOCK_MONOTONIC. `compare`
 * calls it in slices, `load` in several threads (load.h).
 *
 * In a closed loop the next message of a client follows the echo of the last
 * one: what so many users at a time can do. In an open loop (rate_per_s)
 * messages are due by a schedule fixed in advance, however long the server
 * takes: what happens at so many messages a second. internal.h says how.
 *
 *     silent clients connect     (they never speak; may be none)
 *     speaking clients connect   at most 64 connects under way at a time
 *     warm-up                    echoes are verified but not measured
 *     ENGINE_WINDOW_BEGIN, the measured window, ENGINE_WINDOW_END
 *     messages under way return  half a second at most, less when nothing has
 *                                come for 100 ms; but 5 s and 1 s while one
 *                                waits who has been served before. In an open
 *                                loop what was due is still sent, at first
 *     silent clients are asked   one echo each, with `ask_silent`, as long as
 *                                answers come
 *     everything is closed
 *
 * A connection that is lost is an error, of a silent client too: a server
 * that sends it away does not hold the load that was asked for. (Only one
 * that must be greeted may, if it is not asked at the end.) It is not
 * replaced. With churn the client tries again after 10 ms and gives up after
 * three failures in a row; after its echo it ends its side and reads until
 * the server has ended its own, so that a byte too many is found however late
 * it comes. That is part of no latency, but the next connection waits for it.
 * When no speaking client is left the run ends early. A message without an
 * echo at the end is unfinished, not an error; that a server stopped in the
 * middle can be read from `stalled`.
 */
#ifndef FIVEWAYS_ENGINE_H
#define FIVEWAYS_ENGINE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

/* ---- latencies -----------------------------------------------------------
 *
 * In log-linear buckets, counts exact: every power of two is cut into 128
 * equal ones, so a value is known to 1/128 = 0.8 % or better from 1 ns to
 * 2^36 ns (68 s), in one fixed array: recording is a shift and an increment,
 * and two histograms merge by adding.
 */

enum {
    HISTOGRAM_SUB_BITS = 7,  /* 128 buckets for each power of two */
    HISTOGRAM_MAX_BITS = 36, /* values up to 2^36 - 1 ns have a bucket */
    HISTOGRAM_BUCKETS = (HISTOGRAM_MAX_BITS - HISTOGRAM_SUB_BITS + 1)
                        << HISTOGRAM_SUB_BITS,
};

/* All zero is an empty histogram. */
struct histogram {
    uint64_t buckets[HISTOGRAM_BUCKETS]; /* values in each bucket */
    uint64_t count;                      /* values recorded, exact */
    int64_t max_ns;                      /* largest value, exact */
    double sum_ns;                       /* for the mean */
};

/* Add one value. Below 0 is 0; above the range it is in the last bucket, and
 * max_ns says how large it was. */
void histogram_record(struct histogram *histogram, int64_t value_ns);

/* Add all of `from` to `into`. Exact. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/* The value at or below which a share `quantile` (0 to 1) of all values lies:
 * the highest of the bucket of rank ceil(quantile * count), never above
 * max_ns. 0 when it is empty. */
int64_t histogram_quantile_ns(const struct histogram *histogram,
                              double quantile);

/* The same; NAN where fewer than ten values lie beyond it: that is luck. */
double histogram_known_ns(const struct histogram *histogram, double quantile);

/* The mean of all values, 0 when it is empty. */
double histogram_mean_ns(const struct histogram *histogram);

/* Write it as a curve that other programs draw, in the format of HdrHistogram
 * (a .hgrm file), in microseconds: percentiles, closer and closer together
 * towards 100 %. Errors are left for ferror(). */
void percentiles_write(FILE *stream, const struct histogram *histogram);

/* ---- a run ------------------------------------------------------------- */

/* What can go wrong with a connection: first what is the server's fault, then
 * the client's own, which makes a window invalid and charges no server. */
enum engine_error {
    ENGINE_REFUSED,         /* connect: ECONNREFUSED */
    ENGINE_CONNECT_TIMEOUT, /* not connected within connect_timeout_ns */
    ENGINE_RESET,           /* ECONNRESET, EPIPE or the like in mid-echo */
    ENGINE_EARLY_EOF,       /* the server ended a connection we still use */
    ENGINE_TIMEOUT,         /* no echo within timeout_ns, or with churn no
                             * end within connect_timeout_ns */
    ENGINE_MISMATCH,        /* a byte differs from the one that was sent */
    ENGINE_EXTRA_BYTES,     /* more came back than was sent */
    ENGINE_SERVER_ERRORS,   /* how many of the kinds are the server's */
    ENGINE_NO_DESCRIPTORS = ENGINE_SERVER_ERRORS, /* EMFILE, ENFILE */
    ENGINE_NO_PORTS,                              /* EADDRNOTAVAIL */
    ENGINE_CLIENT_LATE,    /* open loop: we did not send in time */
    ENGINE_CLIENT_TROUBLE, /* any other errno of our own side */
    ENGINE_ERRORS,         /* how many kinds there are */
};

/* A short name for tables and files: "reset", "early_eof", ... */
const char *engine_error_name(enum engine_error error);

/* What a client in an open loop may not exceed: its p99 lag, unless a fifth
 * of the median service time is more, and its share of a CPU. Nor may its
 * window be a tenth too long. */
#define ENGINE_LAG_MAX_NS    INT64_C(100000)
#define ENGINE_CPU_SHARE_MAX 0.95

/* How long before a message a client with a CPU to itself stays awake. */
#define ENGINE_SPIN_NS INT64_C(100000)

/* How the gaps between the messages of an open loop are chosen. */
enum schedule_kind {
    SCHEDULE_POISSON, /* independent of each other: exponential gaps */
    SCHEDULE_FIXED,   /* one like the other: equal gaps */
};

/* The moments at which the caller may look at the server. */
enum engine_phase {
    ENGINE_CONNECTED,    /* all have connected that can; nothing sent yet */
    ENGINE_WINDOW_BEGIN, /* warm-up is over, clients are in full swing */
    ENGINE_WINDOW_END,   /* the same clients, still in full swing */
};

/* What a run is to do. Zero in a field means what the comment says. */
struct engine_options {
    struct sockaddr_storage address; /* of the server */
    int clients;                     /* that speak; at least 1 */
    int silent_clients;              /* that connect first and stay silent */
    bool ask_silent;       /* one echo from each of them at the end */
    int64_t message_bytes; /* length of a message; at least 1 */
    bool churn;            /* each client: connect, one echo, close, again */
    bool handshake;     /* open with "hel", 200 us later "lo\n" + message */
    bool drip;          /* send each byte in a segment of its own */
    int64_t warmup_ns;  /* 0: none */
    int64_t window_ns;  /* length of the measured window */
    int64_t echoes_max; /* end the window after so many; 0: by time */
    int64_t timeout_ns; /* for one echo; 0: no limit of its own */
    double rate_per_s;  /* messages due in a second, of all clients together;
                         * 0: a closed loop. Not together with churn */
    int arrivals; /* open loop: how the gaps are chosen, SCHEDULE_FIXED ... */
    uint64_t seed;   /* open loop: what decides the gaps */
    int64_t spin_ns; /* open loop: stay awake so long before a message is due,
                      * for waking up takes time; wants a CPU of our own */
    int runs;        /* at the same time at one server, so that numbers of
                      * connections and fixed gaps lie between each other; 0: 1 */
    int index;       /* of this one among them, from 0 */
    int threads;     /* for crew_run(): how many are to share this one */
    int64_t slo_ns;  /* for search_run(): what is promised of the response */
    int64_t connect_timeout_ns; /* without a client getting through, and four
                                 * times as long in all; 0: 3 s */
    const volatile sig_atomic_t *interrupted; /* non-zero: finish now */
    /* Asked before a server is called stalled or late: has somebody stopped
     * its process, so that time goes on? This and the next may be NULL. */
    bool (*is_paused)(void *arg);
    /* Called at each phase, in this order, once, however the run goes. */
    void (*on_phase)(enum engine_phase phase, void *arg);
    /* Called about twice a second with the verified echoes so far and how
     * much of warm-up and window is over (0 to 1). */
    void (*on_progress)(uint64_t echoes, double done, void *arg);
    void *arg; /* handed to all of them */
};

#define ENGINE_ORIGIN_BYTES 80 /* a phrase */

/* Where the first wrong byte was. */
struct engine_mismatch {
    int64_t connection;     /* number of the connection, from 0 */
    int64_t offset;         /* of the byte in that connection's stream */
    unsigned char expected; /* the byte that belongs there */
    unsigned char got;      /* the byte that came back */
    /* What seems to have happened, "64 bytes were lost", or "". */
    char origin[ENGINE_ORIGIN_BYTES];
};

/* What a run saw. */
struct engine_result {
    int asked;             /* clients of which an echo was expected */
    int connected;         /* clients that connected, silent ones included */
    int served;            /* of `asked`: got at least one whole echo back */
    int served_speaking;   /* of them: speak, and had it before the silent
                            * were asked */
    uint64_t echoes;       /* whole, verified echoes in the window */
    uint64_t echoes_total; /* the same, warm-up and end included */
    uint64_t bytes;        /* verified bytes in the window */
    uint64_t unfinished;   /* messages without their echo at the end, and in
                            * an open loop those not even sent */
    int64_t overslept_ns;  /* open loop: slept in it longer than was asked */
    int64_t oldest_ns;    /* open loop: age of the oldest unfinished one, from
                           * when it was due; 0: there is none */
    uint64_t arrivals;    /* open loop: messages due in the window */
    int stalled;          /* clients that had an echo before, or part of one,
                           * and wait in vain at the end; who is served one
                           * after the other leaves none like that */
    int stalled_inside;   /* of them: have part of the echo */
    int stalled_behind;   /* of them: churn, wait for the server's end */
    uint64_t turned_away; /* connections that the server ended, or reset,
                           * before it had sent a byte on them */
    int64_t window_ns;    /* how long the window really was */
    int64_t client_cpu_ns; /* ours in the window, without staying awake */
    /* From first byte sent to last byte back, in churn from connect(2) on; of
     * the window, in an open loop of what was due in it: service time. */
    struct histogram latency;
    /* Open loop: from when it was due to last byte back, of all due in the
     * window: what is unfinished with its age, what an error ended not. */
    struct histogram response;
    struct histogram lag; /* open loop: from when it was due and a connection
                           * free to first byte sent: our own lateness */
    struct histogram connect;        /* connect(2) to connected, whole run */
    uint64_t errors[ENGINE_ERRORS];  /* by kind, whole run */
    int error_errno[ENGINE_ERRORS];  /* the first errno of each kind */
    struct engine_mismatch mismatch; /* if errors[ENGINE_MISMATCH] or
                                      * errors[ENGINE_EXTRA_BYTES] */
    int64_t gap_ns;   /* the longest in the window without a byte back */
    double fairness;  /* after engine_close(): echoes of the least served of
                       * the served clients over the median; NAN: of none */
    bool interrupted; /* before the window's end, on request */
};

/* Run it, to its end. A client that cannot even start (no epoll, no memory)
 * ends the program, with the status of those that could not measure, 3. */
void engine_run(const struct engine_options *options,
                struct engine_result *result);

/* The same in slices, for servers that are driven in turn: open, slice ...
 * slice, close. A slice begins with nothing under way and ends when all has
 * come back. Clients that were never served are not waited for: their message
 * stays with the server, and they count as soon as it is answered. */
struct engine;

/* Connect all clients of the options, which are copied. `result` is cleared
 * and takes what is seen. */
struct engine *engine_open(const struct engine_options *options,
                           struct engine_result *result);

/* One slice: the clients speak for `slice_ns`, and what is under way comes
 * back: in a closed loop what would take longer than a second is given up.
 * A rate above 0 makes it an open loop, seeded by `seed`. on_phase is called
 * at both ends, outside of which nothing is counted. `result` is
 * cleared; `served` is how many of the speaking clients have been so far.
 * Returns true if nothing was left under way. */
bool engine_slice(struct engine *run, int64_t slice_ns, double rate_per_s,
                  uint64_t seed, struct engine_result *result);

/* Ask the silent, look for bytes too many, close all, free the engine.
 * `result` is cleared; it says who was served in the slices, who was left in
 * the middle. crew_add_result() adds all results of a run up. */
void engine_close(struct engine *run, struct engine_result *result);

/* Add the errors of `from`, its first wrong byte, and who was turned away. */
void engine_add_errors(struct engine_result *into,
                       const struct engine_result *from);

/* Add what one run, or slice, saw to what others have seen. */
void crew_add_result(struct engine_result *into,
                     const struct engine_result *from);

/* The first kind of error seen, from `first` on; ENGINE_ERRORS: none was. */
enum engine_error engine_first_error(const struct engine_result *result,
                                     enum engine_error first);

/* True if a byte came back wrong, or one too many. */
bool engine_has_wrong_byte(const struct engine_result *result);

/* True if no error of the server's kinds was seen. */
bool engine_result_good(const struct engine_result *result);

/* True if the client side had trouble of its own: the window is invalid. */
bool engine_result_invalid(const struct engine_result *result);

/* How many descriptors a run with these options needs at the same time. */
int engine_descriptors_needed(const struct engine_options *options);

#endif
