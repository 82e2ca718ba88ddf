/*
 * connection.c: the life of one connection, from connect to close.
 *
 * Sockets are watched edge-triggered for both directions, registered once.
 * An event says that something has changed, once; so whoever handles it goes
 * on until the kernel has no more.
 */
#include "harness/load/connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/load/errors.h"
#include "harness/load/exchange.h"
#include "harness/load/open_loop.h"
#include "harness/load/run.h"
#include "harness/load/source.h"

enum {
    RETRY_NS = 10 * 1000 * 1000, /* before another try after a failure */
    FAILURES_MAX = 3,            /* in a row; then the slot is given up */
    GONE = EPOLLRDHUP | EPOLLHUP | EPOLLERR, /* no more will come */
};

/* ---- connecting -------------------------------------------------------- */

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
        (source_is_spread(options) &&
         source_bind(connection->fd, connection->number) != 0)) {
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
    connection->number = run->next_number;
    run->next_number += run->number_step;
    connection->nwritten = 0;
    connection->nread = 0;
    connection->message_end = 0;
    connection->send_errno = 0;
    connection->hello_end = 0;
    connection->hello_sent = 0;
    connection->hello_read = 0;
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
    histogram_record(&run->result->connect,
                     run->now_ns - connection->start_ns);
    if (!connection->connected) {
        connection->connected = true;
        run->result->connected++;
    }
    connection->state = CONNECTION_QUIET;
    if (run->options->churn && !connection->silent) {
        exchange_begin(run, connection);
    }
}

/* ---- the end ----------------------------------------------------------- */

/* Close the descriptor and leave every queue and count it was in. */
static void
release(struct run *run, struct connection *connection)
{
    if (connection->state == CONNECTION_CONNECTING) {
        run->connecting--;
    }
    if (connection->state == CONNECTION_GREETING) {
        TAILQ_REMOVE(&run->hellos, connection, queue);
    }
    if (connection->state == CONNECTION_GREETING ||
        connection->state == CONNECTION_ECHOING ||
        connection->state == CONNECTION_PARTING) {
        run->pending--;
        run->strangers -= !connection->served;
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
connection_close(struct run *run, struct connection *connection)
{
    release(run, connection);
}

void
connection_fail(struct run *run, struct connection *connection,
                enum engine_error error, int error_number)
{
    release(run, connection);
    run_count_error(run, error, error_number);
    if ((error == ENGINE_RESET || error == ENGINE_EARLY_EOF) &&
        connection->nread == 0 && connection->hello_read == 0) {
        run->result->turned_away++;
    }
    connection->failures++;
    if (run->options->churn && !connection->silent &&
        connection->failures < FAILURES_MAX) {
        connection->due_ns = run->now_ns + RETRY_NS;
        TAILQ_INSERT_TAIL(&run->retries, connection, queue);
        return;
    }
    connection->state = CONNECTION_DEAD;
    if (!connection->silent) {
        run->alive--;
    }
}

void
connection_lost(struct run *run, struct connection *connection,
                int error_number)
{
    /* Both sides have ended, and not a byte came too many. */
    if (connection->state == CONNECTION_PARTING && error_number == 0) {
        connection_close(run, connection);
        TAILQ_INSERT_TAIL(&run->to_connect, connection, queue);
        return;
    }
    /* A silent client may be sent away by a server that insists on a
     * greeting. Any other has a right to stay. */
    if (connection->silent && run->options->handshake &&
        !run->options->ask_silent) {
        release(run, connection);
        connection->state = CONNECTION_DEAD;
        return;
    }
    /* A reset is reported once, by send if that was first. */
    if (error_number == 0) {
        error_number = connection->send_errno;
    }
    if (error_number == 0) {
        connection_fail(run, connection, ENGINE_EARLY_EOF, 0);
    } else if (error_number == ETIMEDOUT) {
        connection_fail(run, connection, ENGINE_RESET, error_number);
    } else {
        connection_fail(run, connection, error_of_errno(error_number),
                        error_number);
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
        exchange_receive(run, connection, (events & GONE) != 0);
    }
    if ((events & EPOLLOUT) && (connection->state == CONNECTION_ECHOING ||
                                connection->state == CONNECTION_GREETING)) {
        exchange_send(run, connection);
    }
}
