/*
 * connection.h: the life of one connection.
 *
 *     CLOSED -> CONNECTING -> QUIET -> [GREETING ->] ECHOING -> QUIET ...
 *     with churn                                     ECHOING -> PARTING
 *
 * A slot stands for a client. Without churn it has one connection; with
 * churn one after the other, each with a number and so a phase of its own.
 */
#ifndef FIVEWAYS_CONNECTION_H
#define FIVEWAYS_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "harness/load/engine.h"

struct run;

enum connection_state {
    CONNECTION_CLOSED,     /* no descriptor; may be opened (again) */
    CONNECTION_CONNECTING, /* connect(2) is under way */
    CONNECTION_QUIET,      /* connected; no byte may come */
    CONNECTION_GREETING,   /* "hel" is sent, "lo\n" not yet */
    CONNECTION_ECHOING,    /* a message is on its way there or back */
    CONNECTION_PARTING,    /* churn: the echo is whole, our side has ended,
                            * the server's has not; no byte may come */
    CONNECTION_DEAD,       /* given up */
};

struct connection {
    int fd;                      /* the socket, -1 if there is none */
    enum connection_state state; /* where it is in its life */
    int64_t number;              /* of this connection in the run */
    int64_t nwritten;            /* bytes of its stream that were sent */
    int64_t nread;               /* bytes of it that came back, all right */
    int64_t message_end;         /* offset where the message ends */
    int64_t start_ns;    /* when the message, or with churn connect, or
                          * parting began */
    int64_t due_ns;      /* when its turn in a queue comes */
    int64_t intended_ns; /* open loop: when the message was due */
    int64_t free_ns;     /* open loop: since when it is, or was, free */
    bool free;           /* open loop: in the queue of the free ones */
    int send_errno;      /* why the last send failed, 0 if it did not */
    int hello_end;       /* how much of "hello\n" may be sent by now */
    int hello_sent;      /* how much of it was sent */
    int hello_read;      /* how much of the answer came back */
    int failures;        /* connections of this slot lost in a row */
    bool silent;         /* connects and waits */
    bool connected;      /* the slot has been connected at least once */
    bool served;         /* the slot has got a whole echo at least once */
    int64_t echoes;      /* whole echoes in slices */
    TAILQ_ENTRY(connection) queue; /* in one of the run's queues */
};

TAILQ_HEAD(connection_queue, connection);

/* Start to connect a CLOSED slot. Does not block. The descriptor belongs to
 * the slot, which closes it at the end of the connection's life. */
void connection_open(struct run *run, struct connection *connection);

/* React to what epoll says about its socket. */
void connection_ready(struct run *run, struct connection *connection,
                      uint32_t events);

/* Close it and count the error, errno 0 if there is none. With churn the
 * slot gets another try a little later, a few times in a row. */
void connection_fail(struct run *run, struct connection *connection,
                     enum engine_error error, int error_number);

/* React to the end of the connection that recv has found: error_number is 0
 * for an orderly end, else the errno. */
void connection_lost(struct run *run, struct connection *connection,
                     int error_number);

/* Close it as its own client: nothing is wrong. */
void connection_close(struct run *run, struct connection *connection);

#endif
