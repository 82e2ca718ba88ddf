/*
 * connection.c: the life of one connection, from connect to close.
 *
 * Sockets are watched edge-triggered for both directions, registered once.
 * An event says that something has changed, once; so whoever handles it goes
 * on until the kernel has no more.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/load/internal.h"

enum {
    RETRY_NS = 10 * 1000 * 1000, /* before another try after a failure */
    FAILURES_MAX = 3,            /* in a row; then the slot is given up */
    GONE = EPOLLRDHUP | EPOLLHUP | EPOLLERR, /* no more will come */
};

/* Does it come back for another connection after this one? */
static bool
is_churned(const struct run *run, const struct connection *connection)
{
    return run->options->churn && !connection->silent;
}

/* ---- the end ------------------------------------------------------------
 */

void
connection_close(struct run *run, struct connection *connection)
{
    switch (connection->state) {
    case CONNECTION_CONNECTING:
        run->connecting--;
        break;
    case CONNECTION_GREETING:
        TAILQ_REMOVE(&run->hellos, connection, queue);
        /* fall through */
    case CONNECTION_ECHOING:
    case CONNECTION_PARTING:
        run->pending--;
        run->strangers -= !connection->served;
        break;
    default:
        break;
    }
    open_loop_forget(run, connection);
    if (connection->fd != -1) {
        /* Closing takes it out of the epoll set as well. */
        close(connection->fd);
        connection->fd = -1;
    }
    connection->state = CONNECTION_CLOSED;
}

void
connection_fail(struct run *run, struct connection *connection,
                enum engine_error error, int error_number)
{
    connection_close(run, connection);
    error_count(run->result, error, error_number);
    if ((error == ENGINE_RESET || error == ENGINE_EARLY_EOF) &&
        connection->stream.nread == 0 && connection->stream.hello_read == 0) {
        run->result->turned_away++;
    }
    connection->failures++;
    if (is_churned(run, connection) && connection->failures < FAILURES_MAX) {
        connection->due_ns = run->now_ns + RETRY_NS;
        TAILQ_INSERT_TAIL(&run->retries, connection, queue);
        return;
    }
    connection->state = CONNECTION_DEAD;
    run->alive -= !connection->silent;
}

/* recv has found the end of the connection. */
static void
lose(struct run *run, struct connection *connection)
{
    int error_number = connection->stream.last_errno;
    if (connection->state == CONNECTION_PARTING && error_number == 0) {
        /* Both sides have ended, and not a byte came too many. */
        connection_close(run, connection);
        TAILQ_INSERT_TAIL(&run->to_connect, connection, queue);
    } else if (connection->silent && run->options->handshake &&
               !run->options->ask_silent) {
        /* A silent client may be sent away by a server that insists on a
         * greeting. Any other has a right to stay. */
        connection_close(run, connection);
        connection->state = CONNECTION_DEAD;
    } else if (error_number == 0) {
        connection_fail(run, connection, ENGINE_EARLY_EOF, 0);
    } else {
        connection_fail(run, connection,
                        error_number == ETIMEDOUT
                            ? ENGINE_RESET
                            : error_of_errno(error_number),
                        error_number);
    }
}

/* ---- echoes -------------------------------------------------------------
 */

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

void
connection_send_due(struct run *run)
{
    struct connection *connection;
    while ((connection = open_loop_take(run)) != NULL) {
        exchange_begin(run, connection);
    }
}

/* What follows an echo: the next message, or in an open loop the message that
 * has been waiting for a connection, if there is one. There is also to be
 * sent what came due while events were handled. */
static void
go_on(struct run *run, struct connection *connection)
{
    if (open_loop_is_on(run) && !connection->silent) {
        open_loop_free(run, connection);
        connection_send_due(run);
    } else if (!run->stopping && !run->window_full) {
        exchange_begin(run, connection);
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

void
connection_receive(struct run *run, struct connection *connection, bool gone)
{
    for (;;) {
        switch (exchange_receive(run, connection, gone)) {
        case RECEIVED_ALL:
            return;
        case RECEIVED_END:
            lose(run, connection);
            return;
        case RECEIVED_CHANGED:
            connection_fail(run, connection, ENGINE_MISMATCH, 0);
            return;
        case RECEIVED_EXTRA:
            connection_fail(run, connection, ENGINE_EXTRA_BYTES, 0);
            return;
        case RECEIVED_ECHO:
            count_echo(run, connection);
            if (is_churned(run, connection)) {
                part(run, connection);
                break;
            }
            run->pending--;
            connection->state = CONNECTION_QUIET;
            if (!gone) {
                go_on(run, connection);
                return;
            }
        }
    }
}

/* ---- connecting ---------------------------------------------------------
 */

/* Make the socket and start to connect it. Returns 0, also when the
 * connection is there at once; -1 with errno. */
static int
start_connect(struct run *run, struct connection *connection)
{
    const struct engine_options *options = run->options;
    int one = 1;
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
        .data.ptr = connection,
    };
    connection->fd = socket(options->address.ss_family,
                            SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->fd == -1 ||
        setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one,
                   sizeof one) != 0 ||
        source_bind(options, connection->fd, connection->stream.number) !=
            0) {
        return -1;
    }
    if (connect(connection->fd, (const struct sockaddr *)&options->address,
                options->address_bytes) != 0 &&
        errno != EINPROGRESS) {
        return -1;
    }
    return epoll_ctl(run->epoll_fd, EPOLL_CTL_ADD, connection->fd, &event);
}

void
connection_open(struct run *run, struct connection *connection)
{
    int step = run->options->number_step;
    connection->stream = (struct stream){.number = run->next_number};
    run->next_number += step > 0 ? step : 1;
    run->now_ns = clock_now_ns();
    connection->start_ns = run->now_ns;
    connection->state = CONNECTION_CONNECTING;
    run->connecting++;
    if (start_connect(run, connection) != 0) {
        connection_fail(run, connection, error_of_errno(errno), errno);
    }
}

/* The connect is over, one way or the other. */
static void
finish_connect(struct run *run, struct connection *connection,
               uint32_t events)
{
    if (events & (EPOLLERR | EPOLLHUP)) {
        int error = 0;
        socklen_t error_bytes = sizeof error;
        getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error,
                   &error_bytes);
        connection_fail(run, connection,
                        error != 0 ? error_of_errno(error) : ENGINE_RESET,
                        error);
        return;
    }
    run->connecting--;
    run->now_ns = clock_now_ns();
    exchange_moved(run);
    histogram_record(&run->result->connect,
                     run->now_ns - connection->start_ns);
    if (!connection->connected) {
        connection->connected = true;
        run->result->connected++;
    }
    connection->state = CONNECTION_QUIET;
    if (is_churned(run, connection)) {
        exchange_begin(run, connection);
    }
}

void
connection_ready(struct run *run, struct connection *connection,
                 uint32_t events)
{
    /* Closed for being overdue, between two halves of a batch of events. */
    if (connection->fd == -1) {
        return;
    }
    if (connection->state == CONNECTION_CONNECTING) {
        finish_connect(run, connection, events);
        if (connection->fd == -1) {
            return;
        }
    }
    /* A connect and what the server did at once afterwards may come as one
     * event; there would not be another. */
    if (events & (EPOLLIN | GONE)) {
        connection_receive(run, connection, (events & GONE) != 0);
    }
    if ((events & EPOLLOUT) && (connection->state == CONNECTION_ECHOING ||
                                connection->state == CONNECTION_GREETING)) {
        exchange_send(run, connection);
    }
}
