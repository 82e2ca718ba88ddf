/*
 * epoll/server.c: callbacks on epoll(7), with the loop in sight.
 *
 * Idea          One thread asks who is ready and calls a function for each.
 * Waits in      epoll_wait(2), for all clients; the kernel keeps the list.
 * State in      struct conn: what a function would keep in its variables.
 * Costs         a call each time that a client waits for something else.
 * Breaks when   one callback is slow; and it is Linux's own.
 * Survives      reset, half-close, broken pipe, no descriptors, no memory.
 * Compare with  selectloop/server.c: a turn there looks at every descriptor.
 * Awkward       a dead socket wakes even who asks for nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/contract/contract.h"

/* One client, which waits for one thing at a time. It has a buffer only
 * while bytes are on their way: an idle one costs this struct alone. */
struct conn {
    struct deadline deadline; /* when it is late; stays its first field */
    int fd;                   /* its socket, non-blocking */
    uint32_t what;            /* EPOLLIN, EPOLLOUT, or 0: only time */
    bool is_late;             /* the limit of its wait is over */
    char *held;               /* its buffer, NULL while nothing is held */
    size_t held_bytes;        /* so many were received into it */
    size_t sent_bytes;        /* of them are gone */
    void (*callback)(struct conn *conn); /* when it is ready, or late */
};

static void server_run(int listen_fd);
static void conn_accept_cb(struct conn *listener);
static void conn_handshake_cb(struct conn *conn);
static void conn_echo_cb(struct conn *conn);
static void conn_close(struct conn *conn, enum contract_end why);
static void conn_chunk(struct conn *conn);
static void conn_send_cb(struct conn *conn);
static bool conn_receive(struct conn *conn, enum contract_end at_end);
static bool conn_waits_on(const struct conn *conn);
static int conn_watch(struct conn *conn, int fd);
static void conn_wait(struct conn *conn, uint32_t what, int limit_ms,
                      void (*callback)(struct conn *conn));
static int call_late(void);

static const struct contract_options *options; /* the flags */
static int epoll_fd;                           /* the kernel's list */
static size_t nwatched;                 /* on it: clients, the listener */
static struct deadline_queue deadlines; /* with room for one of each */

int
main(int argc, char **argv)
{
    options = contract_parse("epoll", NULL, argc, argv);
    server_run(contract_listen());
    return contract_finish();
}

/* Serve until the server is to stop and the last client has left. */
static void
server_run(int listen_fd)
{
    struct conn listener = {.callback = conn_accept_cb};
    struct epoll_event ready[256];

    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd == -1 || fcntl(listen_fd, F_SETFL, O_NONBLOCK) == -1 ||
        conn_watch(&listener, listen_fd) == -1) {
        contract_die(errno, "start the loop");
    }
    contract_ready();
    for (int limit_ms = -1; nwatched > 0; limit_ms = call_late()) {
        int nready = epoll_wait(epoll_fd, ready, 256, limit_ms);
        if (nready == -1 && errno != EINTR) {
            contract_die(errno, "epoll_wait");
        }
        for (int i = 0; i < nready; i++) {
            struct conn *conn = ready[i].data.ptr;
            conn->callback(conn);
        }
    }
}

/* The listener is readable, or its pause is over: accept some clients, before
 * the others have their turn; or pause for as long as the error asks for. */
static void
conn_accept_cb(struct conn *listener)
{
    int pause_ms = 0;

    for (int i = 0; i < 64; i++) {
        struct conn *conn = NULL;
        int fd =
            accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd == -1) {
            pause_ms = contract_accept_error(errno);
            break;
        }
        if (!contract_client_opened(fd)) {
            close(fd);
        } else if ((conn = calloc(1, sizeof *conn)) == NULL ||
                   conn_watch(conn, fd) == -1) {
            contract_client_closed(fd, CONTRACT_REFUSED);
            close(fd);
            free(conn);
        } else {
            conn_wait(conn, EPOLLIN,
                      options->handshake ? options->handshake_timeout_ms
                                         : options->idle_timeout_ms,
                      options->handshake ? conn_handshake_cb : conn_echo_cb);
        }
    }
    if (pause_ms == -1) {
        epoll_ctl(epoll_fd, EPOLL_CTL_DEL, listener->fd, NULL);
        nwatched--;
    } else {
        conn_wait(listener, pause_ms ? 0 : EPOLLIN, pause_ms, conn_accept_cb);
    }
}

/* Readable, or late, and the first line is not complete: receive more of it.
 * The limit is for all of it. The reply fits: nothing was sent before it. */
static void
conn_handshake_cb(struct conn *conn)
{
    if (!conn_receive(conn, CONTRACT_REJECTED)) {
        return;
    }
    enum contract_hello hello =
        contract_hello(conn->held, conn->held_bytes, &conn->sent_bytes);
    if (hello == CONTRACT_HELLO_PARTIAL && !conn->is_late) {
        return;
    }
    if (hello != CONTRACT_HELLO_GOOD) {
        conn_close(conn, hello == CONTRACT_HELLO_BAD ? CONTRACT_REJECTED
                                                     : CONTRACT_TIMEOUT);
    } else if (send(conn->fd, CONTRACT_HELLO_REPLY,
                    CONTRACT_HELLO_REPLY_BYTES,
                    0) != (ssize_t)CONTRACT_HELLO_REPLY_BYTES) {
        conn_close(conn, CONTRACT_ERROR);
    } else if (conn->sent_bytes < conn->held_bytes) {
        conn_chunk(conn);
    } else {
        conn_send_cb(conn);
    }
}

/* Readable, or late, and nothing is held: receive a chunk and echo it. */
static void
conn_echo_cb(struct conn *conn)
{
    if (conn_receive(conn, CONTRACT_EOF)) {
        conn_chunk(conn);
    }
}

/* End a connection; it and its descriptor are gone afterwards. */
static void
conn_close(struct conn *conn, enum contract_end why)
{
    deadline_remove(&deadlines, &conn->deadline);
    contract_client_closed(conn->fd, why);
    close(conn->fd); /* which takes it off the kernel's list */
    nwatched--;
    free(conn->held);
    free(conn);
}

/* A chunk was received: do with it what a handler does, then echo it. */
static void
conn_chunk(struct conn *conn)
{
    contract_count_in(conn->held_bytes - conn->sent_bytes);
    contract_work();
    if (options->delay_ms > 0) {
        conn_wait(conn, 0, options->delay_ms, conn_send_cb);
    } else {
        conn_send_cb(conn);
    }
}

/* Send what is held. Until all of it is gone nothing is received. */
static void
conn_send_cb(struct conn *conn)
{
    ssize_t nsent = send(conn->fd, conn->held + conn->sent_bytes,
                         conn->held_bytes - conn->sent_bytes, 0);

    if (nsent == -1 && !conn_waits_on(conn)) {
        conn_close(conn, contract_end_of_send(errno));
        return;
    }
    contract_count_out(nsent > 0 ? (size_t)nsent : 0);
    conn->sent_bytes += nsent > 0 ? (size_t)nsent : 0;
    if (conn->sent_bytes == conn->held_bytes) {
        free(conn->held);
        conn->held = NULL;
        conn->held_bytes = conn->sent_bytes = 0;
        conn_wait(conn, EPOLLIN, options->idle_timeout_ms, conn_echo_cb);
    } else if (nsent > 0 || conn->what != EPOLLOUT) {
        conn_wait(conn, EPOLLOUT, options->idle_timeout_ms, conn_send_cb);
    }
}

/* Receive behind what is held. Returns false when nothing has come yet, or
 * the connection is gone: it has reached its end, or failed. */
static bool
conn_receive(struct conn *conn, enum contract_end at_end)
{
    if (conn->held == NULL &&
        (conn->held = malloc(CONTRACT_BUFFER_BYTES)) == NULL) {
        conn_close(conn, CONTRACT_ERROR);
        return false;
    }
    ssize_t nread = recv(conn->fd, conn->held + conn->held_bytes,
                         CONTRACT_BUFFER_BYTES - conn->held_bytes, 0);
    conn->held_bytes += nread > 0 ? (size_t)nread : 0;
    if (nread == 0) {
        conn_close(conn, at_end);
    } else if (nread == -1 && !conn_waits_on(conn)) {
        conn_close(conn, contract_end_of_recv(errno));
    }
    return nread > 0;
}

/* errno of recv or send: was there only nothing to do, and not too late? */
static bool
conn_waits_on(const struct conn *conn)
{
    return errno == EINTR || (errno == EAGAIN && !conn->is_late);
}

/* Put a socket on the kernel's list, for reading, and make room for its
 * deadline: no wait of it can fail then. Returns 0, or -1 with errno. */
static int
conn_watch(struct conn *conn, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = conn};

    conn->fd = fd;
    conn->what = EPOLLIN;
    if (deadline_reserve(&deadlines, nwatched + 1) == -1 ||
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == -1) {
        return -1;
    }
    nwatched++;
    return 0;
}

/* From now on wait for `what` (0: only time), for `limit_ms` (0: for ever).
 */
static void
conn_wait(struct conn *conn, uint32_t what, int limit_ms,
          void (*callback)(struct conn *conn))
{
    struct epoll_event event = {.events = what, .data.ptr = conn};

    if (conn->what != what) {
        epoll_ctl(epoll_fd, EPOLL_CTL_MOD, conn->fd, &event);
    }
    conn->what = what;
    conn->callback = callback;
    conn->is_late = false;
    deadline_remove(&deadlines, &conn->deadline);
    if (limit_ms > 0) {
        deadline_set(&deadlines, &conn->deadline,
                     clock_now_ns() + limit_ms * NS_PER_MS);
    }
}

/* Call back who is late. Returns the milliseconds to the next; -1: none. */
static int
call_late(void)
{
    int64_t now_ns = clock_now_ns();
    struct deadline *next = NULL;

    while ((next = deadline_first(&deadlines)) != NULL &&
           next->at_ns <= now_ns) {
        struct conn *conn = (struct conn *)next;
        deadline_remove(&deadlines, next);
        conn->is_late = true;
        conn->callback(conn);
    }
    return next == NULL ? -1 : (int)((next->at_ns - now_ns) / NS_PER_MS) + 1;
}
