/*
 * exchange.c: the bytes of a connection, there and back.
 *
 * Reading goes on until a recv brings less than was asked for, sending until
 * the socket is full. Neither waits for the other, so a server that stops
 * reading until its output is taken cannot lock us up.
 */
#include "harness/load/exchange.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "harness/load/open_loop.h"
#include "harness/load/origin.h"
#include "harness/load/run.h"

enum {
    HELLO_BYTES = 6,             /* "hello\n" */
    HELLO_FIRST_BYTES = 3,       /* sent first: "hel" */
    HELLO_PAUSE_NS = 200 * 1000, /* before the rest of it */
};

static const char hello[] = "hello\n";

/* ---- sending ----------------------------------------------------------- */

void
exchange_send(struct run *run, struct connection *connection)
{
    for (;;) {
        int64_t left = connection->message_end - connection->nwritten;
        size_t hello_left =
            (size_t)(connection->hello_end - connection->hello_sent);
        if (left > PATTERN_WINDOW_BYTES) {
            left = PATTERN_WINDOW_BYTES;
        }
        if (left == 0 && hello_left == 0) {
            return;
        }
        const void *window = pattern_window(&run->pattern, connection->number,
                                            connection->nwritten);
        ssize_t nwritten;
        if (hello_left == 0) {
            nwritten =
                send(connection->fd, window, (size_t)left, MSG_NOSIGNAL);
        } else {
            struct iovec pieces[] = {
                {(void *)(hello + connection->hello_sent), hello_left},
                {(void *)window, (size_t)left},
            };
            struct msghdr both = {.msg_iov = pieces, .msg_iovlen = 2};
            nwritten = sendmsg(connection->fd, &both, MSG_NOSIGNAL);
        }
        if (nwritten == -1) {
            if (errno != EAGAIN) {
                connection->send_errno = errno;
            }
            return;
        }
        if ((size_t)nwritten < hello_left) {
            hello_left = (size_t)nwritten;
        }
        connection->hello_sent += (int)hello_left;
        connection->nwritten += nwritten - (ssize_t)hello_left;
    }
}

void
exchange_begin(struct run *run, struct connection *connection)
{
    run->pending++;
    run->strangers += !connection->served;
    if (!run->options->churn || connection->silent) {
        connection->start_ns = run->now_ns;
    }
    if (run->options->handshake && connection->hello_end == 0) {
        connection->hello_end = HELLO_FIRST_BYTES;
        connection->state = CONNECTION_GREETING;
        connection->due_ns = run->now_ns + HELLO_PAUSE_NS;
        TAILQ_INSERT_TAIL(&run->hellos, connection, queue);
    } else {
        connection->message_end += run->options->message_bytes;
        connection->state = CONNECTION_ECHOING;
    }
    exchange_send(run, connection);
}

void
exchange_end_greeting(struct run *run, struct connection *connection)
{
    connection->hello_end = HELLO_BYTES;
    connection->message_end += run->options->message_bytes;
    connection->state = CONNECTION_ECHOING;
    exchange_send(run, connection);
}

/* ---- receiving --------------------------------------------------------- */

static struct origin_stream
stream_of(const struct connection *connection)
{
    return (struct origin_stream){.connection = connection->number,
                                  .received = connection->nread,
                                  .sent = connection->nwritten};
}

/* Find out where wrong bytes come from. Happens once in a run at most, so it
 * may be slow. Without memory for it there is no answer, as when nothing
 * fits. */
static void
describe_origin(struct run *run, const struct connection *connection,
                const unsigned char *got, size_t count)
{
    struct origin_stream own = stream_of(connection);
    size_t other_count = 0;
    struct origin_stream *others = calloc((size_t)run->count, sizeof *others);
    if (others == NULL) {
        return;
    }
    for (int i = 0; i < run->count; i++) {
        const struct connection *other = &run->connections[i];
        if (other != connection && other->fd != -1) {
            others[other_count++] = stream_of(other);
        }
    }
    origin_describe(&run->pattern, &own, others, other_count,
                    run->options->message_bytes, got, count,
                    run->result->mismatch.origin);
    free(others);
}

/* Keep where the first wrong bytes of the run were. */
static void
record_mismatch(struct run *run, const struct connection *connection,
                const unsigned char *got, size_t count)
{
    struct engine_mismatch *mismatch = &run->result->mismatch;
    if (run->result->errors[ENGINE_MISMATCH] != 0 ||
        run->result->errors[ENGINE_EXTRA_BYTES] != 0) {
        return;
    }
    mismatch->connection = connection->number;
    mismatch->offset = connection->nread;
    mismatch->expected =
        *pattern_window(&run->pattern, connection->number, connection->nread);
    mismatch->got = got[0];
    describe_origin(run, connection, got, count);
}

/* Compare the answer to the greeting. Returns how many of the bytes belong
 * to it, or -1 after the connection has failed. */
static ssize_t
verify_hello(struct run *run, struct connection *connection,
             const unsigned char *bytes, size_t count)
{
    size_t left = (size_t)(HELLO_BYTES - connection->hello_read);
    if (count > left) {
        count = left;
    }
    for (size_t i = 0; i < count; i++) {
        unsigned char expected =
            (unsigned char)hello[(size_t)connection->hello_read + i];
        if (bytes[i] == expected) {
            continue;
        }
        record_mismatch(run, connection, bytes + i, 1);
        if (run->result->errors[ENGINE_MISMATCH] == 0) {
            run->result->mismatch.expected = expected;
            snprintf(run->result->mismatch.origin,
                     sizeof run->result->mismatch.origin, "in the greeting");
        }
        connection_fail(run, connection, ENGINE_MISMATCH, 0);
        return -1;
    }
    connection->hello_read += (int)count;
    return (ssize_t)count;
}

/* Compare what came with what was sent. Returns false after the connection
 * has failed. */
static bool
verify(struct run *run, struct connection *connection,
       const unsigned char *bytes, size_t count)
{
    if (connection->hello_end == HELLO_BYTES &&
        connection->hello_read < HELLO_BYTES) {
        ssize_t used = verify_hello(run, connection, bytes, count);
        if (used == -1) {
            return false;
        }
        bytes += used;
        count -= (size_t)used;
    }
    int64_t due = connection->message_end - connection->nread;
    size_t compared = (int64_t)count < due ? count : (size_t)due;
    size_t right = pattern_compare(&run->pattern, connection->number,
                                   connection->nread, bytes, compared);
    connection->nread += (int64_t)right;
    run->bytes += right;
    if (right == count) {
        return true;
    }
    record_mismatch(run, connection, bytes + right, count - right);
    connection_fail(run, connection,
                    right < compared ? ENGINE_MISMATCH : ENGINE_EXTRA_BYTES,
                    0);
    return false;
}

/* A whole echo is back: count it. */
static void
count_echo(struct run *run, struct connection *connection)
{
    struct engine_result *result = run->result;
    run->now_ns = clock_now_ns();
    connection->failures = 0;
    result->echoes_total++;
    if (!connection->served) {
        connection->served = true;
        result->served++;
        run->strangers--;
    }
    if (run->measuring) {
        result->echoes++;
        connection->echoes++;
        run->window_full = result->echoes == run->options->echoes_max;
    }
    if (open_loop_is_on(run) && !connection->silent) {
        open_loop_record(run, connection);
    } else if (run->measuring) {
        histogram_record(&result->latency,
                         run->now_ns - connection->start_ns);
    }
}

/* End our side of a connection that had its echo, as a client does that wants
 * no more. Only the server's end tells that no further byte comes; the time
 * until then is in no latency. */
static void
part(struct run *run, struct connection *connection)
{
    shutdown(connection->fd, SHUT_WR);
    connection->state = CONNECTION_PARTING;
    connection->start_ns = run->now_ns;
}

/* What follows an echo: the next message, or in an open loop the message that
 * has been waiting for a connection, if there is one. There is also to be
 * sent what came due while events were handled. */
static void
go_on(struct run *run, struct connection *connection)
{
    if (open_loop_is_on(run) && !connection->silent) {
        open_loop_free(run, connection);
        open_loop_send(run);
    } else if (!run->stopping && !run->window_full) {
        exchange_begin(run, connection);
    }
}

void
exchange_receive(struct run *run, struct connection *connection, bool gone)
{
    for (;;) {
        ssize_t nread =
            recv(connection->fd, run->buffer, sizeof run->buffer, 0);
        if (nread == -1 && errno == EAGAIN) {
            return;
        }
        if (nread <= 0) {
            connection_lost(run, connection, nread == 0 ? 0 : errno);
            return;
        }
        run_note_movement(run);
        if (!verify(run, connection, run->buffer, (size_t)nread)) {
            return;
        }
        bool whole = connection->state == CONNECTION_ECHOING &&
                     connection->nread == connection->message_end;
        if (whole) {
            count_echo(run, connection);
        }
        if (whole && run->options->churn && !connection->silent) {
            part(run, connection);
        } else if (whole) {
            run->pending--;
            connection->state = CONNECTION_QUIET;
            if (!gone) {
                go_on(run, connection);
                return;
            }
        }
        if (!gone && nread < (ssize_t)sizeof run->buffer) {
            return;
        }
    }
}
