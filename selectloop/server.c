/*
 * selectloop/server.c: callbacks on our own select(2) loop.
 *
 * Idea          One thread asks who is ready and calls a function for each.
 * Waits in      select(2), in reactor.c, once for all clients.
 * State in      struct conn: what a function would keep in its variables.
 * Costs         a look at every descriptor in every turn, ready or not.
 * Breaks when   descriptors reach FD_SETSIZE (1024), or one callback is slow.
 * Survives      reset, half-close, broken pipe, no descriptors, no memory.
 * Compare with  libevent/server.c: the same callbacks on a library's loop.
 * Awkward       all that looks like a loop in blocking/ is a chain of calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/contract/contract.h"
#include "selectloop/reactor.h"

struct conn;
static void server_run(int listen_fd);
static void conn_accept_cb(int listen_fd, short events, void *arg);
static void conn_handshake_cb(int conn_fd, short events, void *arg);
static void conn_echo_cb(int conn_fd, short events, void *arg);
static void conn_close(struct conn *conn, enum contract_end why);
static void conn_chunk(struct conn *conn, const char *bytes, size_t nbytes);
static void conn_delay_cb(int conn_fd, short events, void *arg);
static void conn_send(struct conn *conn, const char *bytes, size_t nbytes,
                      short events);
static void conn_send_cb(int conn_fd, short events, void *arg);
static int conn_hold(struct conn *conn, const char *bytes, size_t nbytes);
static bool conn_waits_on(short events);
static void conn_wait(struct conn *conn, short what, int limit_ms,
                      reactor_callback *callback);

/* One client, which waits for one thing at a time. It holds bytes only while
 * they cannot go on: an idle one costs this struct and no buffer. */
struct conn {
    struct reactor_event event; /* what it waits for, and whom to call then */
    int fd;                     /* its socket, non-blocking */
    int64_t hello_by_ms;        /* when it must have said hello */
    char *held;                 /* bytes that wait with it, or NULL */
    size_t held_bytes;          /* how many */
    size_t reply_bytes;         /* the first of them: our reply to hello */
};

static const struct contract_options *options; /* the flags */
static struct reactor_event listener;          /* waits for clients */

int
main(int argc, char **argv)
{
    options = contract_parse("selectloop", NULL, argc, argv);
    server_run(contract_listen());
    return contract_finish();
}

/* Serve until the server is to stop and the last client has left. */
static void
server_run(int listen_fd)
{
    if (fcntl(listen_fd, F_SETFL, O_NONBLOCK) == -1 || reactor_init() == -1) {
        contract_die(errno, "start the reactor");
    }
    if (!reactor_can_watch(listen_fd)) {
        contract_die(0, "too many descriptors are open already: select(2) "
                        "cannot watch the listener beyond FD_SETSIZE (1024)");
    }
    reactor_wait(&listener, listen_fd, REACTOR_READ, 0, conn_accept_cb, NULL);
    contract_ready();
    if (reactor_run() == -1) {
        contract_die(errno, "select");
    }
    reactor_end();
}

/* The listener is readable: accept some clients, before the others have their
 * turn; or leave accept alone for as long as its error asks for. */
static void
conn_accept_cb(int listen_fd, short events, void *arg)
{
    (void)events, (void)arg;
    for (int i = 0; i < 64; i++) {
        struct conn *conn = NULL;
        int conn_fd =
            accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (conn_fd == -1) {
            reactor_pause(&listener, contract_accept_error(errno));
            return;
        }
        if (!contract_client_opened(conn_fd)) {
            close(conn_fd);
        } else if (!reactor_can_watch(conn_fd) ||
                   (conn = calloc(1, sizeof *conn)) == NULL) {
            contract_client_closed(conn_fd, CONTRACT_REFUSED);
            close(conn_fd);
        } else {
            conn->fd = conn_fd;
            conn->hello_by_ms =
                clock_now_ms() + options->handshake_timeout_ms;
            conn_wait(conn, REACTOR_READ,
                      options->handshake ? options->handshake_timeout_ms
                                         : options->idle_timeout_ms,
                      options->handshake ? conn_handshake_cb : conn_echo_cb);
        }
    }
}

/* Readable, or late, and the first line is not complete: receive more of it.
 * The reply is written over its end, right before what came behind it. */
static void
conn_handshake_cb(int conn_fd, short events, void *arg)
{
    struct conn *conn = arg;
    char line[CONTRACT_BUFFER_BYTES];
    size_t nbytes = conn->held_bytes;
    size_t line_bytes = 0;

    if (nbytes > 0) {
        memcpy(line, conn->held, nbytes);
    }
    ssize_t nread = recv(conn_fd, line + nbytes, sizeof line - nbytes, 0);
    if (nread == 0 || (nread == -1 && !conn_waits_on(events))) {
        conn_close(conn, nread == 0 ? CONTRACT_REJECTED
                                    : contract_end_of_recv(errno));
        return;
    }
    nbytes += nread > 0 ? (size_t)nread : 0;
    switch (contract_hello(line, nbytes, &line_bytes)) {
    case CONTRACT_HELLO_PARTIAL:
        if (conn_hold(conn, line, nbytes) == 0) {
            /* The limit is for the whole line, however slowly it drips. */
            int64_t left_ms = conn->hello_by_ms - clock_now_ms();
            conn_wait(conn, REACTOR_READ, left_ms > 1 ? (int)left_ms : 1,
                      conn_handshake_cb);
        }
        break;
    case CONTRACT_HELLO_BAD:
        conn_close(conn, CONTRACT_REJECTED);
        break;
    case CONTRACT_HELLO_GOOD:
        line_bytes -= CONTRACT_HELLO_REPLY_BYTES;
        memcpy(line + line_bytes, CONTRACT_HELLO_REPLY,
               CONTRACT_HELLO_REPLY_BYTES);
        conn->reply_bytes = CONTRACT_HELLO_REPLY_BYTES;
        conn_send(conn, line + line_bytes, nbytes - line_bytes, 0);
        break;
    }
}

/* Readable, or late, and nothing is held: receive a chunk and echo it. */
static void
conn_echo_cb(int conn_fd, short events, void *arg)
{
    struct conn *conn = arg;
    char chunk[CONTRACT_BUFFER_BYTES];
    ssize_t nread = recv(conn_fd, chunk, sizeof chunk, 0);

    if (nread > 0) {
        conn_chunk(conn, chunk, (size_t)nread);
    } else if (nread == 0) {
        conn_close(conn, CONTRACT_EOF);
    } else if (!conn_waits_on(events)) {
        conn_close(conn, contract_end_of_recv(errno));
    }
}

/* End a connection; it and its descriptor are gone afterwards. */
static void
conn_close(struct conn *conn, enum contract_end why)
{
    reactor_del(&conn->event);
    contract_client_closed(conn->fd, why);
    close(conn->fd);
    free(conn->held);
    free(conn);
}

/* A chunk was received: do with it what a handler does, then echo it. */
static void
conn_chunk(struct conn *conn, const char *bytes, size_t nbytes)
{
    contract_count_in(nbytes);
    if (options->delay_ms == 0) {
        contract_work();
        conn_send(conn, bytes, nbytes, 0);
    } else if (conn_hold(conn, bytes, nbytes) == 0) {
        conn_wait(conn, 0, options->delay_ms, conn_delay_cb);
    }
}

/* The delay of a chunk is over. */
static void
conn_delay_cb(int conn_fd, short events, void *arg)
{
    (void)events;
    contract_work();
    conn_send_cb(conn_fd, 0, arg);
}

/* Send these bytes, which may be conn->held; while a reply to hello is among
 * them, only that. What the socket does not take is held, and nothing is
 * received until it is gone. */
static void
conn_send(struct conn *conn, const char *bytes, size_t nbytes, short events)
{
    size_t wanted = conn->reply_bytes > 0 ? conn->reply_bytes : nbytes;
    ssize_t nwritten = send(conn->fd, bytes, wanted, 0);

    if (nwritten == -1 && !conn_waits_on(events)) {
        conn_close(conn, contract_end_of_send(errno));
        return;
    }
    size_t nsent = nwritten > 0 ? (size_t)nwritten : 0;
    contract_count_out(conn->reply_bytes > 0 ? 0 : nsent);
    conn->reply_bytes -= conn->reply_bytes > 0 ? nsent : 0;
    if (nsent == nbytes) {
        conn_hold(conn, NULL, 0);
        conn_wait(conn, REACTOR_READ, options->idle_timeout_ms, conn_echo_cb);
    } else if (nsent == wanted) {
        conn_chunk(conn, bytes + nsent, nbytes - nsent);
    } else if ((nsent > 0 || events == 0) &&
               conn_hold(conn, bytes + nsent, nbytes - nsent) == 0) {
        conn_wait(conn, REACTOR_WRITE, options->idle_timeout_ms,
                  conn_send_cb);
    }
}

/* Writable, or late: send what is held. */
static void
conn_send_cb(int conn_fd, short events, void *arg)
{
    struct conn *conn = arg;

    (void)conn_fd;
    conn_send(conn, conn->held, conn->held_bytes, events);
}

/* Keep these bytes, or none, until they can go on. Returns 0; or -1 when
 * there is no memory, and the connection is gone. */
static int
conn_hold(struct conn *conn, const char *bytes, size_t nbytes)
{
    char *held = nbytes > 0 ? malloc(nbytes) : NULL;

    if (held != NULL) {
        memcpy(held, bytes, nbytes);
    } else if (nbytes > 0) {
        conn_close(conn, CONTRACT_ERROR);
        return -1;
    }
    free(conn->held);
    conn->held = held;
    conn->held_bytes = nbytes;
    return 0;
}

/* recv or send has failed with errno: was there only nothing to do, and it is
 * not too late? A late one has just tried once more, in vain. */
static bool
conn_waits_on(short events)
{
    return errno == EINTR ||
           (errno == EAGAIN && (events & REACTOR_TIMEOUT) == 0);
}

/* From now on wait for `what` (0: only for time), for `limit_ms` at a time
 * (0: without a limit). The connection may be gone afterwards. */
static void
conn_wait(struct conn *conn, short what, int limit_ms,
          reactor_callback *callback)
{
    reactor_wait(&conn->event, conn->fd, what, limit_ms, callback, conn);
}
