/*
 * window.h: everything that one measured window of one server yields.
 *
 * A window is one server process under one load for a fraction of a second.
 * It is the unit that is measured, written to results.jsonl and never
 * changed afterwards; medians, tables and sentences are made from windows.
 *
 * A figure that was not measured is NAN here, null in JSON and empty in
 * CSV. It is never 0, because 0 is a result.
 */
#ifndef FIVEWAYS_WINDOW_H
#define FIVEWAYS_WINDOW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/load/engine.h"

/* What became of a window. */
enum window_status {
    WINDOW_OK,      /* measured; `served` may still be less than `asked` */
    WINDOW_FAILED,  /* the server's fault: it died, or a byte was wrong */
    WINDOW_INVALID, /* the client's fault: nothing is held against anyone */
    WINDOW_SKIPPED, /* not run at all, for a reason known beforehand */
    WINDOW_STATUSES,
};

/* The numbers of a window. The order is that of the columns in CSV. */
enum window_figure {
    WINDOW_ASKED,                  /* clients of which an echo was expected */
    WINDOW_SERVED,                 /* of them: got one whole echo or more */
    WINDOW_ECHOES,                 /* whole, verified echoes */
    WINDOW_SECONDS,                /* length of the window */
    WINDOW_ECHOES_PER_S,           /* the one divided by the other */
    WINDOW_P50_US,                 /* latency: half of the echoes; in an open
                                    * loop the response time */
    WINDOW_P99_US,                 /* ... 99 of 100 */
    WINDOW_P999_US,                /* ... 999 of 1000 */
    WINDOW_MAX_US,                 /* ... all */
    WINDOW_SERVER_CPU_US_PER_ECHO, /* CPU time of the server's process */
    WINDOW_FLOOR_US,               /* the kernel's price, see floor.h */
    WINDOW_CPU_OVER_FLOOR,         /* the one divided by the other */
    WINDOW_SYSCALLS_PER_ECHO,      /* of the server */
    WINDOW_SWITCHES_PER_ECHO,      /* context switches of the server */
    WINDOW_RSS_KIB_PER_CLIENT,     /* resident memory that a client adds */
    WINDOW_ERRORS,                 /* connections that the server broke */
    WINDOW_CSV_FIGURES,            /* how many have a column in CSV */
    /* Of the rest, csv.c gives a column to those of the open loop. */
    WINDOW_CLIENT_CPU_US_PER_ECHO = WINDOW_CSV_FIGURES, /* our own side */
    WINDOW_CONNECTED,       /* clients that connected, silent ones included */
    WINDOW_UNFINISHED,      /* messages without their echo at the end */
    WINDOW_BASE_RSS_KIB,    /* the server before the clients came */
    WINDOW_START_MS,        /* from exec to ready */
    WINDOW_FAULTS_PER_ECHO, /* minor page faults of the server */
    WINDOW_THREADS,         /* of the server as the window ends */
    WINDOW_STACK_KIB_PER_CLIENT, /* kernel stacks of the threads that a
                                  * client adds; not resident memory */
    WINDOW_MEAN_US,              /* latency, the mean */
    WINDOW_CLIENT_BYTES,      /* that were sent and came back in the server's
                               * whole life; unknown if any was left over */
    WINDOW_STEAL_PERCENT,     /* of its CPUs, taken by the hypervisor */
    WINDOW_FOREIGN_PERCENT,   /* of its CPUs, used by everybody else */
    WINDOW_TICK_PERCENT,      /* how finely the kernel counts these two */
    WINDOW_PREEMPTIONS,       /* of the client, against its will */
    WINDOW_THROTTLED,         /* times our control group was stopped */
    WINDOW_LISTEN_OVERFLOWS,  /* whole machine: full queues of listeners */
    WINDOW_LISTEN_DROPS,      /* whole machine: connects lost that way */
    WINDOW_RETRANSMITS,       /* whole machine: TCP segments sent again */
    WINDOW_OFFERED_PER_S,     /* open loop: messages that were due */
    WINDOW_REACHED_SHARE,     /* open loop: echoes over messages due */
    WINDOW_SERVICE_P50_US,    /* open loop: from when it was sent */
    WINDOW_SERVICE_P99_US,    /* ... 99 of 100 */
    WINDOW_LAG_P99_US,        /* open loop: how late the client was itself */
    WINDOW_FAIRNESS,          /* echoes of the least served client over those
                               * of the median one */
    WINDOW_BUSY_RSS_KIB_PER_CLIENT, /* resident memory as the slices end */
    WINDOW_STALLS,            /* slices in which nothing moved for too long */
    WINDOW_STALL_MS,          /* the longest of these times */
    WINDOW_ELSEWHERE_PERCENT, /* server CPU in the slices of others, of
                               * their time */
    WINDOW_FIGURES,
};

/* What disturbed a window; bits. */
enum window_cause {
    WINDOW_STOLEN = 1,        /* the hypervisor took the CPU away */
    WINDOW_FOREIGN = 2,       /* others used our CPUs */
    WINDOW_DRIFTED = 4,       /* the floor was not that of the run */
    WINDOW_WAS_THROTTLED = 8, /* a control group stopped us */
};

enum {
    WINDOW_CAUSES = 4,         /* bits of enum window_cause */
    WINDOW_NAME_BYTES = 24,    /* scenario and model, with the final 0 */
    WINDOW_REASON_BYTES = 256, /* a sentence */
    WINDOW_STATS_BYTES = 1024, /* one line of JSON */
    /* The floor sends a longer message in pieces of this and takes each away
     * before the next. Those of a stream may travel together, which the
     * kernel does for less: then the floor is a measure, and no limit. */
    WINDOW_FLOOR_PIECE_BYTES = 16 * 1024,
};

/* One window. */
struct window {
    char scenario[WINDOW_NAME_BYTES]; /* "echo" */
    char model[WINDOW_NAME_BYTES];    /* "blocking", or a foreign name */
    char layout[12];                  /* "shared", "split" or "all" */
    char bound_by[12]; /* "server", "client", "waiting", or "" if unknown */
    int clients;       /* clients that were meant to be asked */
    int silent;        /* clients that stay silent in the window */
    int round;         /* from 1 */
    int attempt;       /* at this round, from 0; more if disturbed */
    unsigned causes;   /* bits of enum window_cause that disturbed it */
    int cpus;          /* that the server may use */
    int delay_ms;      /* --delay of the server */
    int work_us;       /* --work of the server */
    int rate_per_s;    /* open loop: the rate asked for; 0: closed loop */
    int rate_of_per_s; /* what that is a share of: a server's capacity, as
                        * measured in the same run */
    char rate_of[WINDOW_NAME_BYTES]; /* whose capacity; "" in a closed loop */
    int64_t message_bytes;           /* length of a message */
    enum window_status status;       /* what became of it */
    bool used; /* not in the file: set by noise_choose() */
    char reason[WINDOW_REASON_BYTES]; /* why it is not ok, or "" */
    char note[WINDOW_REASON_BYTES];   /* what to know of its figures, or "" */
    double figure[WINDOW_FIGURES];    /* NAN: not measured */
    uint64_t errors[ENGINE_ERRORS];   /* by kind, the client's own as well */
    char stats[WINDOW_STATS_BYTES];   /* the server's --stats, or "" */
};

/* A window of which nothing is known yet: figures NAN, strings empty. */
void window_clear(struct window *window);

/* The name of a figure, which is its column and its key: "p50_us". */
const char *window_figure_name(enum window_figure figure);

/* The name of a status: "ok", "failed", "invalid", "skipped". */
const char *window_status_name(enum window_status status);

/* The name of a cause by the number of its bit: "steal", "foreign", "floor",
 * "throttled". */
const char *window_cause_name(int bit);

/* Set status and reason; the reason is formatted as by printf and cut off
 * where it does not fit. */
void window_fail(struct window *window, enum window_status status,
                 const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The window as a JSON object, which the caller owns; NULL without memory. */
json_t *window_to_json(const struct window *window);

/* Read what window_to_json() made. Keys that are missing stay as
 * window_clear() leaves them. Returns 0, or -1 if it is no window at all: no
 * scenario, no model, a status that is not known, or a number out of range.
 */
int window_from_json(const json_t *object, struct window *window);

#endif
