/*
 * connection.c: the life of one connection, from connect to close, and the
 * bytes that go over it.
 *
 * Sockets are watched edge-triggered for both directions, registered once.
 * An event says that something has changed, once; so whoever handles it goes
 * on until the kernel has no more: reading until a recv brings less than was
 * asked for, sending until the socket is full. Neither waits for the other,
 * so a server that stops reading until its output is taken cannot lock us up.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/load/internal.h"

enum {
    HELLO_PAUSE = -3,            /* sent first: "hel" */
    HELLO_PAUSE_NS = 200 * 1000, /* before the rest of it */
    DRIP_NS = 20 * 1000,         /* from one byte to the next */
    RETRY_NS = 10 * 1000 * 1000, /* before another try after a failure */
    FAILURES_MAX = 3,            /* in a row; then the slot is given up */
    ONE_ADDRESS_MAX = 20000, /* connections that one address is good for */
    ADDRESSES = 253,         /* 127.0.0.2 to 127.0.0.254 */
    GONE = EPOLLRDHUP | EPOLLHUP | EPOLLERR, /* no more will come */
};

/* Does it come back for another connection after this one? */
static bool
is_churned(const struct engine *run, const struct connection *connection)
{
    return run->options.churn && !connection->silent;
}

/* ---- the end ----------------------------------------------------------- */

void
connection_close(struct engine *run, struct connection *connection)
{
    enum connection_state state = connection->state;
    if (state == CONNECTION_CONNECTING) {
        run->connecting--;
    } else if (state == CONNECTION_ECHOING || state == CONNECTION_PARTING) {
        run->pending--;
        run->strangers -= !connection->served;
    }
    deadline_remove(&run->wakes, &connection->wake);
    open_loop_forget(run, connection);
    if (connection->fd != -1) {
        /* Closing takes it out of the epoll set as well. */
        close(connection->fd);
        connection->fd = -1;
    }
    connection->state = CONNECTION_CLOSED;
}

void
connection_fail(struct engine *run, struct connection *connection,
                enum engine_error error, int error_number)
{
    connection_close(run, connection);
    if (run->result->errors[error]++ == 0) {
        run->result->error_errno[error] = error_number;
    }
    if ((error == ENGINE_RESET || error == ENGINE_EARLY_EOF) &&
        connection->stream.nread == connection->stream.begin) {
        run->result->turned_away++;
    }
    connection->failures++;
    if (is_churned(run, connection) && connection->failures < FAILURES_MAX) {
        deadline_set(&run->wakes, &connection->wake, run->now_ns + RETRY_NS);
        return;
    }
    connection->state = CONNECTION_DEAD;
    run->alive -= !connection->silent;
}

/* The kind of error that an errno of socket, bind, connect, send or recv
 * stands for; of 0 it is the end of a connection. What is not known to be the
 * server's doing is our own. */
static enum engine_error
error_of_errno(int error_number)
{
    static const struct {
        int number;
        enum engine_error error;
    } known[] = {
        {ECONNREFUSED, ENGINE_REFUSED},  {ETIMEDOUT, ENGINE_CONNECT_TIMEOUT},
        {ECONNRESET, ENGINE_RESET},      {ECONNABORTED, ENGINE_RESET},
        {EPIPE, ENGINE_RESET},           {EMFILE, ENGINE_NO_DESCRIPTORS},
        {ENFILE, ENGINE_NO_DESCRIPTORS}, {EADDRNOTAVAIL, ENGINE_NO_PORTS},
        {EADDRINUSE, ENGINE_NO_PORTS},   {0, ENGINE_EARLY_EOF},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].number == error_number) {
            return known[i].error;
        }
    }
    return ENGINE_CLIENT_TROUBLE;
}

/* recv has found the end of the connection, or that there never was one. */
static void
lose(struct engine *run, struct connection *connection)
{
    bool connected = connection->state != CONNECTION_CONNECTING;
    int error_number = connection->stream.last_errno;
    if (connection->state == CONNECTION_PARTING && error_number == 0) {
        /* Both sides have ended, and not a byte came too many. */
        connection_close(run, connection);
        TAILQ_INSERT_TAIL(&run->to_connect, connection, queue);
    } else if (connected && connection->silent && run->options.handshake &&
               !run->options.ask_silent) {
        /* A silent client may be sent away by a server that insists on a
         * greeting. Any other has a right to stay. */
        connection_close(run, connection);
        connection->state = CONNECTION_DEAD;
    } else {
        enum engine_error error = error_of_errno(error_number);
        if (connected && error == ENGINE_CONNECT_TIMEOUT) {
            error = ENGINE_RESET;
        }
        connection_fail(run, connection, error, error_number);
    }
}

/* ---- sending ----------------------------------------------------------- */

/* Send what is left of greeting and message, until all is out or the socket
 * is full; or until the next pause, after which we are called again. An error
 * is left for recv to find, which first hands over what the server had sent
 * before it went. */
static void
send_more(struct engine *run, struct connection *connection)
{
    struct stream *stream = &connection->stream;
    if (connection->wake.position != 0) {
        return; /* in a pause */
    }
    while (stream->nwritten < stream->message_end) {
        int64_t at = stream->nwritten;
        int64_t most = MIN(stream->message_end - at, PATTERN_WINDOW_BYTES);
        int64_t pause_ns = 0;
        int flags = MSG_NOSIGNAL;
        if (run->options.drip) {
            most = 1;
            pause_ns = DRIP_NS;
        } else if (at < HELLO_PAUSE) {
            most = HELLO_PAUSE - at;
            pause_ns = HELLO_PAUSE_NS;
        } else if (at < 0) {
            /* The message goes in one segment with it. */
            most = -at;
            flags |= MSG_MORE;
        }
        ssize_t nwritten =
            send(connection->fd, pattern_window(stream->number, at),
                 (size_t)most, flags);
        if (nwritten == -1) {
            stream->last_errno = errno != EAGAIN ? errno : stream->last_errno;
            return;
        }
        stream->nwritten += nwritten;
        if (pause_ns > 0 && stream->nwritten < stream->message_end) {
            deadline_set(&run->wakes, &connection->wake,
                         run->now_ns + pause_ns);
            return;
        }
    }
}

void
connection_send(struct engine *run, struct connection *connection)
{
    struct stream *stream = &connection->stream;
    run->pending++;
    run->strangers += !connection->served;
    if (!is_churned(run, connection)) {
        connection->start_ns = run->now_ns;
    }
    stream->message_end =
        MAX(stream->message_end, 0) + run->options.message_bytes;
    connection->state = CONNECTION_ECHOING;
    send_more(run, connection);
}

void
connection_send_due(struct engine *run)
{
    struct connection *connection;
    while ((connection = open_loop_take(run)) != NULL) {
        connection_send(run, connection);
    }
}

void
connection_wake(struct engine *run, struct connection *connection)
{
    deadline_remove(&run->wakes, &connection->wake);
    if (connection->state == CONNECTION_ECHOING) {
        send_more(run, connection);
    } else {
        TAILQ_INSERT_TAIL(&run->to_connect, connection, queue);
    }
}

/* ---- receiving --------------------------------------------------------- */

void
connection_moved(struct engine *run)
{
    run->gap_ns = MAX(run->gap_ns, run->now_ns - run->moved_ns);
    run->moved_ns = run->now_ns;
}

/* Keep where the first wrong byte of the run was, what was expected there,
 * and where those from there on seem to come from. */
static void
keep_mismatch(struct engine *run, const struct connection *connection,
              const unsigned char *got, size_t count)
{
    struct engine_mismatch *mismatch = &run->result->mismatch;
    const struct stream *stream = &connection->stream;
    if (engine_has_wrong_byte(run->result)) {
        return;
    }
    unsigned char expected = *pattern_window(stream->number, stream->nread);
    *mismatch = (struct engine_mismatch){
        stream->number, MAX(stream->nread, 0), expected, *got, ""};
    if (stream->nread < 0) {
        PUT(mismatch->origin, "%s",
            stream->nwritten < 0 ? "it came before the greeting was whole"
                                 : "in the greeting");
    } else {
        pattern_explain(run, connection, got, count);
    }
}

/* Compare what came with what was sent; before a greeting is whole nothing
 * may come. Returns what is wrong with it; ENGINE_ERRORS if nothing is. */
static enum engine_error
verify(struct engine *run, struct connection *connection, size_t count)
{
    struct stream *stream = &connection->stream;
    int64_t before = MAX(stream->nread, 0);
    int64_t sent = stream->nwritten < 0 ? stream->begin : stream->nwritten;
    size_t due = MIN(count, (size_t)(sent - stream->nread));
    size_t right =
        pattern_compare(stream->number, stream->nread, run->buffer, due);
    stream->nread += (int64_t)right;
    if (run->measuring) {
        run->result->bytes += (uint64_t)(MAX(stream->nread, 0) - before);
    }
    if (right == count) {
        return ENGINE_ERRORS;
    }
    keep_mismatch(run, connection, run->buffer + right, count - right);
    return right < due ? ENGINE_MISMATCH : ENGINE_EXTRA_BYTES;
}

static void
count_echo(struct engine *run, struct connection *connection)
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
        run->window_full =
            result->echoes == (uint64_t)run->options.echoes_max;
    }
    if (open_loop_is_on(run) && !connection->silent) {
        open_loop_record(run, connection);
    } else if (run->measuring) {
        histogram_record(&result->latency,
                         run->now_ns - connection->start_ns);
    }
}

/* What follows an echo: the next message; in an open loop that which waits
 * for a connection, and what came due while events were handled. */
static void
go_on(struct engine *run, struct connection *connection)
{
    if (open_loop_is_on(run) && !connection->silent) {
        open_loop_free(run, connection);
        connection_send_due(run);
    } else if (!run->stopping && !run->window_full) {
        connection_send(run, connection);
    }
}

/* Read what has come, and act on it; with `gone` the end as well. */
static void
receive(struct engine *run, struct connection *connection, bool gone)
{
    struct stream *stream = &connection->stream;
    for (;;) {
        ssize_t nread =
            recv(connection->fd, run->buffer, sizeof run->buffer, 0);
        if (nread == -1 && errno == EAGAIN) {
            return;
        }
        if (nread <= 0) {
            stream->last_errno = nread == -1 ? errno : stream->last_errno;
            lose(run, connection);
            return;
        }
        connection_moved(run);
        enum engine_error error = verify(run, connection, (size_t)nread);
        if (error != ENGINE_ERRORS) {
            connection_fail(run, connection, error, 0);
            return;
        }
        if (connection->state != CONNECTION_ECHOING ||
            stream->nread < stream->message_end) {
            if (!gone && nread < (ssize_t)sizeof run->buffer) {
                return;
            }
            continue;
        }
        count_echo(run, connection);
        if (is_churned(run, connection)) {
            /* End our side, as a client does that wants no more. Only the
             * server's end tells that no further byte comes; the time until
             * then is in no latency. */
            shutdown(connection->fd, SHUT_WR);
            connection->state = CONNECTION_PARTING;
            connection->start_ns = run->now_ns;
            continue;
        }
        run->pending--;
        connection->state = CONNECTION_QUIET;
        if (!gone) {
            go_on(run, connection);
            return;
        }
    }
}

/* ---- where it comes from ------------------------------------------------
 *
 * A client address has about 28 000 ports towards a server, and each stays
 * taken for a minute after its connection was closed. A server on 127.0.0.0/8
 * can be reached from all of it, so runs that may need more ports spread over
 * many of its addresses.
 */

bool
source_is_loopback(const struct engine_options *options)
{
    const void *address = &options->address;
    const struct sockaddr_in *in = address;
    const struct sockaddr_in6 *in6 = address;
    return options->address.ss_family == AF_INET6
               ? IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr)
               : ntohl(in->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

/* The port is chosen by connect. Returns 0, or -1 with errno. */
static int
source_bind(const struct engine_options *options, int fd, int64_t number)
{
    int64_t connections =
        ((int64_t)options->clients + options->silent_clients) * options->runs;
    bool many = options->churn || connections > ONE_ADDRESS_MAX;
    if (!many || options->address.ss_family != AF_INET ||
        !source_is_loopback(options)) {
        return 0;
    }
    /* Without this bind(2) would take a port that no other socket of this
     * address has, whoever it talks to, and run short just as quickly. */
    int one = 1;
    if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
                   sizeof one) != 0) {
        return -1;
    }
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr =
        htonl(INADDR_LOOPBACK + 1 + (uint32_t)(number % ADDRESSES));
    return bind(fd, (struct sockaddr *)&address, sizeof address);
}

/* ---- connecting -------------------------------------------------------- */

void
connection_open(struct engine *run, struct connection *connection)
{
    const struct engine_options *options = &run->options;
    int one = 1;
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
        .data.ptr = connection,
    };
    int64_t begin = options->handshake ? PATTERN_HELLO : 0;
    connection->stream =
        (struct stream){run->next_number, begin, begin, begin, begin, 0};
    run->next_number += options->runs;
    run->now_ns = clock_now_ns();
    connection->start_ns = run->now_ns;
    connection->state = CONNECTION_CONNECTING;
    run->connecting++;
    int fd = socket(options->address.ss_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    connection->fd = fd;
    if (fd == -1 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0 ||
        source_bind(options, fd, connection->stream.number) != 0 ||
        (connect(fd, (const struct sockaddr *)&options->address,
                 sizeof options->address) != 0 &&
         errno != EINPROGRESS) ||
        epoll_ctl(run->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        connection_fail(run, connection, error_of_errno(errno), errno);
    }
}

/* The connect has come to its good end. */
static void
finish_connect(struct engine *run, struct connection *connection)
{
    /* Not asked after an echo: two system calls for each connection of churn
     * would be part of its price. */
    if ((!connection->connected || connection->failures > 0) &&
        socket_is_own_peer(connection->fd)) {
        connection_fail(run, connection, ENGINE_REFUSED, ECONNREFUSED);
        return;
    }
    run->connecting--;
    run->now_ns = clock_now_ns();
    connection_moved(run);
    histogram_record(&run->result->connect,
                     run->now_ns - connection->start_ns);
    if (!connection->connected) {
        connection->connected = true;
        run->result->connected++;
    }
    connection->state = CONNECTION_QUIET;
    if (is_churned(run, connection)) {
        connection_send(run, connection);
    }
}

void
connection_ready(struct engine *run, struct connection *connection,
                 uint32_t events)
{
    /* Of one that failed recv says why. */
    if (connection->state == CONNECTION_CONNECTING &&
        !(events & (EPOLLERR | EPOLLHUP))) {
        finish_connect(run, connection);
    }
    /* Closed just now, or overdue between two halves of a batch. */
    if (connection->fd == -1) {
        return;
    }
    /* A connect and what the server did at once afterwards may come as one
     * event; there would not be another. */
    if (events & (EPOLLIN | GONE)) {
        receive(run, connection, (events & GONE) != 0);
    }
    if ((events & EPOLLOUT) && connection->fd != -1) {
        send_more(run, connection);
    }
}
