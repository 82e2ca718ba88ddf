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
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/contract/contract.h"
#include "selectloop/reactor.h"

struct conn;

static void server_run(int listen_fd);
static void conn_accept_cb(int listen_fd, void *arg);
static void conn_handshake_cb(int conn_fd, void *arg);
static void conn_echo_cb(int conn_fd, void *arg);
static void conn_close(struct conn *conn, enum contract_end why);
static void conn_open(int conn_fd);
static void conn_chunk(struct conn *conn);
static void conn_delay_cb(void *arg);
static void conn_send(struct conn *conn);
static void conn_send_cb(int conn_fd, void *arg);
static void conn_timeout_cb(void *arg);
static void conn_active(struct conn *conn);
static void conn_limit(struct conn *conn);
static enum contract_end conn_look(struct conn *conn);
static char *buffer_take(void);
static void buffer_give_back(char *buffer);
static void accept_resume_cb(void *arg);

/* The flags, set once in main. */
static const struct contract_options *options;

/* Clients accepted in one turn, before the others are served. */
enum {
    ACCEPTS_PER_TURN = 64
};

/*
 * One client. Its bytes are in `buffer`, and only while there are any: a
 * client that is waited for costs this struct and no buffer.
 *
 *     sent | to be sent now | read, but not looked at yet
 *        begin            ready                       end
 */
struct conn {
    int fd;                     /* its socket, non-blocking */
    bool said_hello;            /* past the handshake, or none is asked */
    char *buffer;               /* CONTRACT_BUFFER_BYTES, or NULL */
    size_t begin;               /* first byte not yet sent */
    size_t ready;               /* end of what may be sent */
    size_t end;                 /* end of what was read */
    int64_t active_ns;          /* when a byte last went either way */
    struct reactor_timer timer; /* handshake, idle, or delay: one at a time */
};

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
    if (fcntl(listen_fd, F_SETFL, O_NONBLOCK) == -1) {
        contract_die(errno, "make the listener non-blocking");
    }
    if (!reactor_can_watch(listen_fd)) {
        contract_die(0, "too many descriptors are open already: select(2) "
                        "cannot watch the listener beyond FD_SETSIZE (1024)");
    }
    if (reactor_init() == -1) {
        contract_die(errno, "start the reactor");
    }
    reactor_watch(listen_fd, REACTOR_READ, conn_accept_cb, NULL);
    contract_ready();
    if (reactor_run() == -1) {
        contract_die(errno, "select");
    }
    buffer_give_back(NULL);
    reactor_end();
}

/* The listener is readable: accept whoever waits. */
static void
conn_accept_cb(int listen_fd, void *arg)
{
    static struct reactor_timer pause;

    (void)arg;
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        int conn_fd =
            accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (conn_fd != -1) {
            conn_open(conn_fd);
            continue;
        }
        switch (contract_accept_error(errno)) {
        case CONTRACT_ACCEPT_AGAIN:
            break;
        case CONTRACT_ACCEPT_WAIT:
            return;
        case CONTRACT_ACCEPT_PAUSE:
            reactor_ignore(listen_fd);
            reactor_timer_start(&pause, CONTRACT_ACCEPT_PAUSE_MS,
                                accept_resume_cb,
                                (void *)(intptr_t)listen_fd);
            return;
        case CONTRACT_ACCEPT_STOP:
            reactor_ignore(listen_fd);
            return;
        }
    }
}

/* Readable, and the first line is not complete: receive more of it. */
static void
conn_handshake_cb(int conn_fd, void *arg)
{
    struct conn *conn = arg;
    size_t line_bytes = 0;

    if (conn->buffer == NULL && (conn->buffer = buffer_take()) == NULL) {
        conn_close(conn, CONTRACT_ERROR);
        return;
    }
    ssize_t nread = recv(conn_fd, conn->buffer + conn->end,
                         CONTRACT_BUFFER_BYTES - conn->end, 0);
    if (nread <= 0) {
        if (nread == 0) {
            conn_close(conn, CONTRACT_REJECTED);
        } else if (errno != EAGAIN && errno != EINTR) {
            conn_close(conn, CONTRACT_ERROR);
        }
        return;
    }
    conn->end += (size_t)nread;
    switch (contract_hello(conn->buffer, conn->end, &line_bytes)) {
    case CONTRACT_HELLO_PARTIAL:
        return;
    case CONTRACT_HELLO_BAD:
        conn_close(conn, CONTRACT_REJECTED);
        return;
    case CONTRACT_HELLO_GOOD:
        /* The answer is no longer than the line was and takes its place. */
        conn->begin = line_bytes - CONTRACT_HELLO_REPLY_BYTES;
        conn->ready = line_bytes;
        memcpy(conn->buffer + conn->begin, CONTRACT_HELLO_REPLY,
               CONTRACT_HELLO_REPLY_BYTES);
        conn_send(conn);
        return;
    }
}

/* Readable, and nothing is held: receive a chunk and echo it. */
static void
conn_echo_cb(int conn_fd, void *arg)
{
    struct conn *conn = arg;

    if (conn->buffer == NULL && (conn->buffer = buffer_take()) == NULL) {
        conn_close(conn, CONTRACT_ERROR);
        return;
    }
    ssize_t nread = recv(conn_fd, conn->buffer, CONTRACT_BUFFER_BYTES, 0);
    if (nread > 0) {
        conn->begin = 0;
        conn->ready = 0;
        conn->end = (size_t)nread;
        conn_chunk(conn);
    } else if (nread == 0) {
        conn_close(conn, CONTRACT_EOF);
    } else if (errno != EAGAIN && errno != EINTR) {
        conn_close(conn, CONTRACT_ERROR);
    }
}

/* End a connection; it and its descriptor are gone afterwards. */
static void
conn_close(struct conn *conn, enum contract_end why)
{
    reactor_timer_stop(&conn->timer);
    reactor_ignore(conn->fd);
    contract_client_closed(conn->fd, why);
    close(conn->fd);
    if (conn->buffer != NULL) {
        buffer_give_back(conn->buffer);
    }
    free(conn);
}

/* A client was accepted: give it its state and wait for its first byte. */
static void
conn_open(int conn_fd)
{
    struct conn *conn = NULL;

    if (!contract_client_opened(conn_fd)) {
        close(conn_fd);
        return;
    }
    if (reactor_can_watch(conn_fd)) {
        conn = calloc(1, sizeof *conn);
    }
    if (conn == NULL) {
        contract_client_closed(conn_fd, CONTRACT_REFUSED);
        close(conn_fd);
        return;
    }
    conn->fd = conn_fd;
    conn->said_hello = !options->handshake;
    conn_active(conn);
    reactor_watch(conn_fd, REACTOR_READ,
                  options->handshake ? conn_handshake_cb : conn_echo_cb,
                  conn);
    conn_limit(conn);
}

/* What lies between `ready` and `end` is a chunk that was read: do with it
 * what a handler does, then echo it. */
static void
conn_chunk(struct conn *conn)
{
    contract_count_in(conn->end - conn->ready);
    conn_active(conn);
    if (options->delay_ms > 0) {
        reactor_ignore(conn->fd);
        reactor_timer_start(&conn->timer, options->delay_ms, conn_delay_cb,
                            conn);
        return;
    }
    contract_work();
    conn->ready = conn->end;
    conn_send(conn);
}

/* The delay of a chunk is over. */
static void
conn_delay_cb(void *arg)
{
    struct conn *conn = arg;

    contract_work();
    conn->ready = conn->end;
    conn_active(conn);
    conn_limit(conn);
    conn_send(conn);
}

/* Send what is ready. When all is sent, go on with what lies behind it, or
 * give the buffer back and wait for more. What the socket does not take
 * stays, and nothing is received until it is gone. */
static void
conn_send(struct conn *conn)
{
    while (conn->begin < conn->ready) {
        ssize_t nwritten = send(conn->fd, conn->buffer + conn->begin,
                                conn->ready - conn->begin, 0);
        if (nwritten == -1 && errno == EAGAIN) {
            reactor_watch(conn->fd, REACTOR_WRITE, conn_send_cb, conn);
            return;
        }
        if (nwritten == -1 && errno != EINTR) {
            conn_close(conn, CONTRACT_ERROR);
            return;
        }
        if (nwritten > 0) {
            conn->begin += (size_t)nwritten;
            conn_active(conn);
            if (conn->said_hello) {
                contract_count_out((size_t)nwritten);
            }
        }
    }
    if (!conn->said_hello) {
        conn->said_hello = true;
        conn_limit(conn);
    }
    if (conn->ready < conn->end) {
        conn_chunk(conn);
        return;
    }
    buffer_give_back(conn->buffer);
    conn->buffer = NULL;
    reactor_watch(conn->fd, REACTOR_READ, conn_echo_cb, conn);
}

/* Writable again: send on. */
static void
conn_send_cb(int conn_fd, void *arg)
{
    (void)conn_fd;
    conn_send(arg);
}

/* A byte went either way, or may from now on. The clock is only read where
 * somebody will ask. */
static void
conn_active(struct conn *conn)
{
    if (options->idle_timeout_ms > 0) {
        conn->active_ns = contract_now_ns();
    }
}

/* Start the timer that this client's state asks for, or none. The handshake
 * has one deadline. The idle timer is not moved with each byte: it looks,
 * when it fires, how long ago the last one was. */
static void
conn_limit(struct conn *conn)
{
    int limit_ms = conn->said_hello ? options->idle_timeout_ms
                                    : options->handshake_timeout_ms;

    reactor_timer_stop(&conn->timer);
    if (limit_ms > 0) {
        reactor_timer_start(&conn->timer, limit_ms, conn_timeout_cb, conn);
    }
}

static void
conn_timeout_cb(void *arg)
{
    struct conn *conn = arg;
    int64_t idle_ms = (contract_now_ns() - conn->active_ns) / 1000000;
    int left_ms =
        conn->said_hello ? options->idle_timeout_ms - (int)idle_ms : 0;
    enum contract_end end = CONTRACT_OPEN;

    if (left_ms <= 0) {
        end = conn_look(conn);
        left_ms = 1;
    }
    if (end == CONTRACT_OPEN) {
        reactor_timer_start(&conn->timer, left_ms, conn_timeout_cb, conn);
    } else {
        conn_close(conn, end);
    }
}

/* The time of a client is up. Returns CONTRACT_OPEN when something has come
 * that select has not reported yet, for the process may have stood still
 * since it last looked; else why it is to end. */
static enum contract_end
conn_look(struct conn *conn)
{
    char byte;

    if (conn->begin < conn->ready) {
        return CONTRACT_TIMEOUT;
    }
    ssize_t nread = recv(conn->fd, &byte, 1, MSG_PEEK);
    return nread != -1 ? CONTRACT_OPEN : contract_end_of(errno);
}

/* Buffers. One is kept: between two turns of the loop nobody holds any
 * unless the client is slow, so it is the only one that most need. */
static char *spare_buffer;

static char *
buffer_take(void)
{
    char *buffer = spare_buffer;

    spare_buffer = NULL;
    return buffer != NULL ? buffer : malloc(CONTRACT_BUFFER_BYTES);
}

static void
buffer_give_back(char *buffer)
{
    free(spare_buffer);
    spare_buffer = buffer;
}

/* The pause after running out of descriptors is over. */
static void
accept_resume_cb(void *arg)
{
    reactor_watch((int)(intptr_t)arg, REACTOR_READ, conn_accept_cb, NULL);
}
