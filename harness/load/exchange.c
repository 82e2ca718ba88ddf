/*
 * exchange.c: the bytes of a connection, there and back.
 *
 * Reading goes on until a recv brings less than was asked for, sending until
 * the socket is full. Neither waits for the other, so a server that stops
 * reading until its output is taken cannot lock us up.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "harness/load/internal.h"

enum {
    HELLO_BYTES = 6,             /* "hello\n" */
    HELLO_FIRST_BYTES = 3,       /* sent first: "hel" */
    HELLO_PAUSE_NS = 200 * 1000, /* before the rest of it */
};

static const char hello[] = "hello\n";

/* ---- sending ------------------------------------------------------------
 */

/* Send once. Returns how many bytes of both went, or -1 with errno. */
static ssize_t
send_pieces(int fd, const void *first, size_t first_bytes, const void *second,
            size_t second_bytes)
{
    if (first_bytes == 0) {
        return send(fd, second, second_bytes, MSG_NOSIGNAL);
    }
    struct iovec pieces[] = {
        {(void *)first, first_bytes},
        {(void *)second, second_bytes},
    };
    struct msghdr both = {.msg_iov = pieces, .msg_iovlen = 2};
    return sendmsg(fd, &both, MSG_NOSIGNAL);
}

void
exchange_send(struct run *run, struct connection *connection)
{
    struct stream *stream = &connection->stream;
    for (;;) {
        int64_t left = stream->message_end - stream->nwritten;
        int hello_left = stream->hello_end - stream->hello_sent;
        if (left > PATTERN_WINDOW_BYTES) {
            left = PATTERN_WINDOW_BYTES;
        }
        if (left == 0 && hello_left == 0) {
            return;
        }
        ssize_t nwritten = send_pieces(
            connection->fd, hello + stream->hello_sent, (size_t)hello_left,
            pattern_window(&run->pattern, stream->number, stream->nwritten),
            (size_t)left);
        if (nwritten == -1) {
            if (errno != EAGAIN) {
                stream->last_errno = errno;
            }
            return;
        }
        if (nwritten < hello_left) {
            hello_left = (int)nwritten;
        }
        stream->hello_sent += hello_left;
        stream->nwritten += nwritten - hello_left;
    }
}

static void
begin_message(struct run *run, struct connection *connection)
{
    connection->stream.message_end += run->options->message_bytes;
    connection->state = CONNECTION_ECHOING;
}

void
exchange_begin(struct run *run, struct connection *connection)
{
    run->pending++;
    run->strangers += !connection->served;
    if (!run->options->churn || connection->silent) {
        connection->start_ns = run->now_ns;
    }
    if (run->options->handshake && connection->stream.hello_end == 0) {
        connection->stream.hello_end = HELLO_FIRST_BYTES;
        connection->state = CONNECTION_GREETING;
        connection->due_ns = run->now_ns + HELLO_PAUSE_NS;
        TAILQ_INSERT_TAIL(&run->hellos, connection, queue);
    } else {
        begin_message(run, connection);
    }
    exchange_send(run, connection);
}

void
exchange_end_greeting(struct run *run, struct connection *connection)
{
    connection->stream.hello_end = HELLO_BYTES;
    begin_message(run, connection);
    exchange_send(run, connection);
}

/* ---- wrong bytes --------------------------------------------------------
 */

static struct origin_stream
origin_of(const struct connection *connection)
{
    return (struct origin_stream){.connection = connection->stream.number,
                                  .received = connection->stream.nread,
                                  .sent = connection->stream.nwritten};
}

/* Find out where wrong bytes come from. Happens once in a run at most, so it
 * may be slow. Without memory for it there is no answer, as when nothing
 * fits. */
static void
describe_origin(struct run *run, const struct connection *connection,
                const unsigned char *got, size_t count)
{
    struct origin_stream own = origin_of(connection);
    size_t other_count = 0;
    struct origin_stream *others = calloc((size_t)run->count, sizeof *others);
    if (others == NULL) {
        return;
    }
    for (int i = 0; i < run->count; i++) {
        const struct connection *other = &run->connections[i];
        if (other != connection && other->fd != -1) {
            others[other_count++] = origin_of(other);
        }
    }
    origin_describe(&run->pattern, &own, others, other_count,
                    run->options->message_bytes, got, count,
                    run->result->mismatch.origin);
    free(others);
}

/* Keep where the first wrong bytes of the run were, and what was expected
 * there. Returns true if these are the first. */
static bool
record_mismatch(struct run *run, const struct connection *connection,
                unsigned char expected, unsigned char got)
{
    struct engine_result *result = run->result;
    if (result->errors[ENGINE_MISMATCH] != 0 ||
        result->errors[ENGINE_EXTRA_BYTES] != 0) {
        return false;
    }
    result->mismatch = (struct engine_mismatch){
        .connection = connection->stream.number,
        .offset = connection->stream.nread,
        .expected = expected,
        .got = got,
    };
    return true;
}

/* ---- receiving ----------------------------------------------------------
 */

void
exchange_moved(struct run *run)
{
    if (run->now_ns - run->moved_ns > run->gap_ns) {
        run->gap_ns = run->now_ns - run->moved_ns;
    }
    run->moved_ns = run->now_ns;
}

/* Compare the answer to the greeting. Returns how many of the bytes belong
 * to it, or -1 if one is wrong. */
static ssize_t
verify_hello(struct run *run, struct connection *connection,
             const unsigned char *bytes, size_t count)
{
    struct stream *stream = &connection->stream;
    const char *expected = hello + stream->hello_read;
    size_t i = 0;
    for (; i < count && expected[i] != '\0'; i++) {
        if (bytes[i] != (unsigned char)expected[i]) {
            if (record_mismatch(run, connection, (unsigned char)expected[i],
                                bytes[i])) {
                strcpy(run->result->mismatch.origin, "in the greeting");
            }
            return -1;
        }
    }
    stream->hello_read += (int)i;
    return (ssize_t)i;
}

/* Compare what came with what was sent. */
static enum received
verify(struct run *run, struct connection *connection,
       const unsigned char *bytes, size_t count)
{
    struct stream *stream = &connection->stream;
    if (stream->hello_end == HELLO_BYTES) {
        ssize_t used = verify_hello(run, connection, bytes, count);
        if (used == -1) {
            return RECEIVED_CHANGED;
        }
        bytes += used;
        count -= (size_t)used;
    }
    int64_t due = stream->message_end - stream->nread;
    size_t compared = (int64_t)count < due ? count : (size_t)due;
    size_t right = pattern_compare(&run->pattern, stream->number,
                                   stream->nread, bytes, compared);
    stream->nread += (int64_t)right;
    run->bytes += right;
    if (right < count) {
        unsigned char expected =
            *pattern_window(&run->pattern, stream->number, stream->nread);
        if (record_mismatch(run, connection, expected, bytes[right])) {
            describe_origin(run, connection, bytes + right, count - right);
        }
        return right < compared ? RECEIVED_CHANGED : RECEIVED_EXTRA;
    }
    return connection->state == CONNECTION_ECHOING &&
                   stream->nread == stream->message_end
               ? RECEIVED_ECHO
               : RECEIVED_ALL;
}

enum received
exchange_receive(struct run *run, struct connection *connection, bool gone)
{
    for (;;) {
        ssize_t nread =
            recv(connection->fd, run->buffer, sizeof run->buffer, 0);
        if (nread == -1 && errno == EAGAIN) {
            return RECEIVED_ALL;
        }
        if (nread <= 0) {
            if (nread == -1) {
                connection->stream.last_errno = errno;
            }
            return RECEIVED_END;
        }
        exchange_moved(run);
        enum received received =
            verify(run, connection, run->buffer, (size_t)nread);
        bool drained = !gone && nread < (ssize_t)sizeof run->buffer;
        if (received != RECEIVED_ALL || drained) {
            return received;
        }
    }
}
