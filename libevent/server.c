/*
 * libevent/server.c: callbacks on a library's loop.
 *
 * Idea          Hand sockets to libevent: it receives and calls back.
 * Waits in      event_base_dispatch(3), by epoll, or poll or select.
 * State in      struct conn, and the bufferevent's two evbuffers.
 * Costs         more memory and calls for each client than a loop by hand.
 * Breaks when   one callback is slow; and it receives 4 KiB at a time only.
 * Survives      reset, half-close, broken pipe, no descriptors, no memory.
 * Compare with  selectloop/server.c: the same callbacks on our own loop.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/contract/contract.h"

struct conn;

static void server_run(int listen_fd);
static void conn_accept_cb(struct evconnlistener *listener, int conn_fd,
                           struct sockaddr *peer, int peer_bytes, void *arg);
static void conn_handshake_cb(struct bufferevent *bev, void *arg);
static void conn_echo_cb(struct bufferevent *bev, void *arg);
static void conn_close(struct conn *conn, enum contract_end why);
static void conn_open(int conn_fd);
static struct conn *conn_new(int conn_fd);
static int conn_answer(struct conn *conn);
static void conn_chunk(struct conn *conn);
static void conn_delay_cb(evutil_socket_t fd, short events, void *arg);
static void conn_send(struct conn *conn);
static void conn_send_cb(struct bufferevent *bev, void *arg);
static void conn_event_cb(struct bufferevent *bev, short events, void *arg);
static void conn_active(struct conn *conn);
static int conn_limit(struct conn *conn);
static int conn_timer_start(struct conn *conn, int time_ms,
                            event_callback_fn callback);
static void conn_timeout_cb(evutil_socket_t fd, short events, void *arg);
static enum contract_end conn_look(struct conn *conn);
static void conn_output_cb(struct evbuffer *output,
                           const struct evbuffer_cb_info *info, void *arg);
static void accept_error_cb(struct evconnlistener *listener, void *arg);
static void accept_pause(struct evconnlistener *listener);
static void accept_resume_cb(evutil_socket_t fd, short events, void *arg);
static error_t parse_own_flag(int key, char *text, struct argp_state *state);
static bool timers_are_used(void);
static void base_create(void);
static void base_free(struct evconnlistener *listener);

/* The flags, set once in main. */
static const struct contract_options *options;

/* One client. Its bytes are in the bufferevent's evbuffers: what was read
 * and not yet echoed in the input, what the socket did not take in the
 * output, and nothing is read while there is any of that. */
struct conn {
    struct bufferevent *bev; /* owns the socket */
    struct event *timer;     /* handshake, idle, or delay; NULL: not needed */
    size_t queued_bytes;     /* of echo, in the output */
    int64_t active_ns;       /* when a byte last went either way */
    bool said_hello;         /* past the handshake, or none is asked */
    bool delayed;            /* its input waits for the delay to end */
};

/* What there is once for all clients. */
static struct {
    struct event_base *base; /* the loop */
    struct event *pause;     /* ends a pause of the listener */
    int fds_end;             /* descriptors from here on cannot be watched */
    const char *backend;     /* asked for with --backend, or NULL */
} server;

static const struct argp own_flags = {
    .options =
        (const struct argp_option[]){
            {"backend", 'B', "epoll|poll|select", 0,
             "How libevent waits (default epoll, or what EVENT_NOEPOLL and "
             "the like leave)",
             0},
            {0},
        },
    .parser = parse_own_flag,
};

int
main(int argc, char **argv)
{
    options = contract_parse("libevent", &own_flags, argc, argv);
    server_run(contract_listen());
    return contract_finish();
}

/* Serve until the server is to stop and the last client has left. */
static void
server_run(int listen_fd)
{
    base_create();
    if (evutil_make_socket_nonblocking(listen_fd) == -1) {
        contract_die(errno, "make the listener non-blocking");
    }
    if (listen_fd >= server.fds_end) {
        contract_die(0, "too many descriptors are open already: select(2) "
                        "cannot watch the listener beyond FD_SETSIZE (1024)");
    }
    /* A backlog of 0: the contract has called listen. */
    struct evconnlistener *listener =
        evconnlistener_new(server.base, conn_accept_cb, NULL,
                           LEV_OPT_CLOSE_ON_EXEC, 0, listen_fd);
    /* libevent says nothing when it could not watch the listener, and would
     * then leave its loop at once for want of events; so ask again. */
    if (listener == NULL || evconnlistener_enable(listener) == -1) {
        contract_die(errno, "start the listener");
    }
    evconnlistener_set_error_cb(listener, accept_error_cb);
    server.pause = evtimer_new(server.base, accept_resume_cb, listener);
    if (server.pause == NULL) {
        contract_die(errno, "make a timer");
    }
    contract_ready();
    if (event_base_dispatch(server.base) == -1) {
        contract_die(errno, "event_base_dispatch");
    }
    base_free(listener);
}

/* The listener has accepted a client. */
static void
conn_accept_cb(struct evconnlistener *listener, int conn_fd,
               struct sockaddr *peer, int peer_bytes, void *arg)
{
    (void)listener;
    (void)peer;
    (void)peer_bytes;
    (void)arg;
    conn_open(conn_fd);
}

/* Bytes came in, and the first line is not complete: look at it again. */
static void
conn_handshake_cb(struct bufferevent *bev, void *arg)
{
    struct conn *conn = arg;
    struct evbuffer *input = bufferevent_get_input(bev);
    char line[CONTRACT_LINE_BYTES + 1];
    ssize_t nbytes = evbuffer_copyout(input, line, sizeof line);
    size_t line_bytes = 0;

    switch (contract_hello(line, (size_t)nbytes, &line_bytes)) {
    case CONTRACT_HELLO_PARTIAL:
        return;
    case CONTRACT_HELLO_BAD:
        conn_close(conn, CONTRACT_REJECTED);
        return;
    case CONTRACT_HELLO_GOOD:
        break;
    }
    conn->said_hello = true;
    evbuffer_drain(input, line_bytes);
    bufferevent_setcb(bev, conn_echo_cb, conn_send_cb, conn_event_cb, conn);
    if (conn_answer(conn) == -1 || conn_limit(conn) == -1) {
        conn_close(conn, CONTRACT_ERROR);
    } else if (evbuffer_get_length(input) > 0) {
        conn_chunk(conn);
    }
}

/* Bytes came in, and nothing is queued: that is a chunk, echo it. */
static void
conn_echo_cb(struct bufferevent *bev, void *arg)
{
    (void)bev;
    conn_chunk(arg);
}

/* End a connection, which is gone afterwards; its descriptor is closed when
 * libevent comes round to it, at the end of this turn. */
static void
conn_close(struct conn *conn, enum contract_end why)
{
    contract_client_closed(bufferevent_getfd(conn->bev), why);
    bufferevent_free(conn->bev);
    if (conn->timer != NULL) {
        event_free(conn->timer);
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
    if (conn_fd < server.fds_end) {
        conn = conn_new(conn_fd);
    }
    if (conn == NULL) {
        contract_client_closed(conn_fd, CONTRACT_REFUSED);
        close(conn_fd);
        return;
    }
    bufferevent_setcb(conn->bev,
                      options->handshake ? conn_handshake_cb : conn_echo_cb,
                      conn_send_cb, conn_event_cb, conn);
    if (conn_limit(conn) == -1 ||
        bufferevent_enable(conn->bev, EV_READ) == -1) {
        conn_close(conn, CONTRACT_REFUSED);
    }
}

/* Returns the state of a client, which owns conn_fd from now on; or NULL
 * when there is no memory, and then conn_fd is the caller's. */
static struct conn *
conn_new(int conn_fd)
{
    struct conn *conn = calloc(1, sizeof *conn);

    if (conn == NULL) {
        return NULL;
    }
    conn->said_hello = !options->handshake;
    conn_active(conn);
    if (timers_are_used()) {
        conn->timer = evtimer_new(server.base, conn_timeout_cb, conn);
        if (conn->timer == NULL) {
            free(conn);
            return NULL;
        }
    }
    conn->bev =
        bufferevent_socket_new(server.base, conn_fd, BEV_OPT_CLOSE_ON_FREE);
    if (conn->bev == NULL) {
        if (conn->timer != NULL) {
            event_free(conn->timer);
        }
        free(conn);
        return NULL;
    }
    if (options->idle_timeout_ms > 0) {
        evbuffer_add_cb(bufferevent_get_output(conn->bev), conn_output_cb,
                        conn);
    }
    return conn;
}

/* Answer the handshake: straight away, so that nothing is queued when the
 * client ends its side at once. Returns 0, or -1 when there is no memory. */
static int
conn_answer(struct conn *conn)
{
    ssize_t nwritten =
        send(bufferevent_getfd(conn->bev), CONTRACT_HELLO_REPLY,
             CONTRACT_HELLO_REPLY_BYTES, 0);
    size_t nsent = nwritten > 0 ? (size_t)nwritten : 0;

    if (nsent == CONTRACT_HELLO_REPLY_BYTES) {
        return 0;
    }
    bufferevent_disable(conn->bev, EV_READ);
    return bufferevent_write(conn->bev, &CONTRACT_HELLO_REPLY[nsent],
                             CONTRACT_HELLO_REPLY_BYTES - nsent);
}

/* The input is a chunk that was read: do with it what a handler does, then
 * echo it. */
static void
conn_chunk(struct conn *conn)
{
    contract_count_in(evbuffer_get_length(bufferevent_get_input(conn->bev)));
    conn_active(conn);
    if (options->delay_ms > 0) {
        conn->delayed = true;
        bufferevent_disable(conn->bev, EV_READ);
        if (conn_timer_start(conn, options->delay_ms, conn_delay_cb) == -1) {
            conn_close(conn, CONTRACT_ERROR);
        }
        return;
    }
    contract_work();
    conn_send(conn);
}

/* The delay of a chunk is over. */
static void
conn_delay_cb(evutil_socket_t fd, short events, void *arg)
{
    struct conn *conn = arg;

    (void)fd;
    (void)events;
    contract_work();
    conn->delayed = false;
    conn_active(conn);
    if (conn_limit(conn) == -1) {
        conn_close(conn, CONTRACT_ERROR);
        return;
    }
    conn_send(conn);
}

/* Send the input, straight from where it lies: going through the output
 * would cost two calls of epoll_ctl, and evbuffer_write calls writev, which
 * is slower than send for one piece. Only what the socket does not take is
 * queued in the output, and nothing is received until it is gone. */
static void
conn_send(struct conn *conn)
{
    struct evbuffer *input = bufferevent_get_input(conn->bev);
    struct evbuffer *output = bufferevent_get_output(conn->bev);
    struct evbuffer_iovec piece;

    while (evbuffer_get_length(output) == 0 &&
           evbuffer_peek(input, -1, NULL, &piece, 1) > 0) {
        ssize_t nwritten = send(bufferevent_getfd(conn->bev), piece.iov_base,
                                piece.iov_len, 0);
        if (nwritten == -1 && errno == EAGAIN) {
            break;
        }
        if (nwritten == -1 && errno != EINTR) {
            conn_close(conn, CONTRACT_ERROR);
            return;
        }
        if (nwritten > 0) {
            evbuffer_drain(input, (size_t)nwritten);
            contract_count_out((size_t)nwritten);
            conn_active(conn);
        }
    }
    size_t left_bytes = evbuffer_get_length(input);
    int error = 0;
    if (left_bytes > 0) {
        conn->queued_bytes += left_bytes;
        bufferevent_disable(conn->bev, EV_READ);
        error = bufferevent_write_buffer(conn->bev, input);
    } else if ((bufferevent_get_enabled(conn->bev) & EV_READ) == 0) {
        error = bufferevent_enable(conn->bev, EV_READ);
    }
    if (error == -1) {
        conn_close(conn, CONTRACT_ERROR);
    }
}

/* The output is empty: what was queued is sent, receive again. */
static void
conn_send_cb(struct bufferevent *bev, void *arg)
{
    struct conn *conn = arg;

    contract_count_out(conn->queued_bytes);
    conn->queued_bytes = 0;
    if (!conn->delayed && bufferevent_enable(bev, EV_READ) == -1) {
        conn_close(conn, CONTRACT_ERROR);
    }
}

/* The client has ended its side, or the connection has failed. Nothing is
 * queued when the end of the stream is seen, for nothing is read before. */
static void
conn_event_cb(struct bufferevent *bev, short events, void *arg)
{
    struct conn *conn = arg;

    (void)bev;
    if ((events & BEV_EVENT_EOF) == 0) {
        conn_close(conn, CONTRACT_ERROR);
    } else {
        conn_close(conn, conn->said_hello ? CONTRACT_EOF : CONTRACT_REJECTED);
    }
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
 * when it fires, how long ago the last one was. Returns 0, or -1. */
static int
conn_limit(struct conn *conn)
{
    int limit_ms = conn->said_hello ? options->idle_timeout_ms
                                    : options->handshake_timeout_ms;

    if (limit_ms > 0) {
        return conn_timer_start(conn, limit_ms, conn_timeout_cb);
    }
    if (conn->timer != NULL) {
        event_del(conn->timer);
    }
    return 0;
}

/* Call back once, in `time_ms`, instead of whatever the timer was set to. By
 * default libevent would count from when this turn began, however long other
 * clients have computed since. Returns 0, or -1 when there is no memory. */
static int
conn_timer_start(struct conn *conn, int time_ms, event_callback_fn callback)
{
    struct timeval time = {
        .tv_sec = time_ms / 1000,
        .tv_usec = time_ms % 1000 * 1000L,
    };

    event_base_update_cache_time(server.base);
    event_del(conn->timer);
    evtimer_assign(conn->timer, server.base, callback, conn);
    return evtimer_add(conn->timer, &time);
}

static void
conn_timeout_cb(evutil_socket_t fd, short events, void *arg)
{
    struct conn *conn = arg;
    int64_t idle_ms = (contract_now_ns() - conn->active_ns) / 1000000;

    (void)fd;
    (void)events;
    int left_ms =
        conn->said_hello ? options->idle_timeout_ms - (int)idle_ms : 0;
    enum contract_end end = CONTRACT_OPEN;
    if (left_ms <= 0) {
        end = conn_look(conn);
        left_ms = 1;
    }
    if (end == CONTRACT_OPEN &&
        conn_timer_start(conn, left_ms, conn_timeout_cb) == -1) {
        end = CONTRACT_ERROR;
    }
    if (end != CONTRACT_OPEN) {
        conn_close(conn, end);
    }
}

/* The time of a client is up. Returns CONTRACT_OPEN when something has come
 * that libevent has not handed over yet, for timers run even when one look
 * at epoll could not report all who are ready; else why it is to end. */
static enum contract_end
conn_look(struct conn *conn)
{
    char byte;

    if ((bufferevent_get_enabled(conn->bev) & EV_READ) == 0) {
        return CONTRACT_TIMEOUT;
    }
    ssize_t nread =
        recv(bufferevent_getfd(conn->bev), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return nread != -1 ? CONTRACT_OPEN : contract_end_of(errno);
}

/* Bytes left the output: this client reads, if slowly. */
static void
conn_output_cb(struct evbuffer *output, const struct evbuffer_cb_info *info,
               void *arg)
{
    struct conn *conn = arg;

    (void)output;
    if (info->n_deleted > 0) {
        conn_active(conn);
    }
}

/* accept has failed. By default libevent would call it again and again, for
 * as long as there are no descriptors. */
static void
accept_error_cb(struct evconnlistener *listener, void *arg)
{
    (void)arg;
    switch (contract_accept_error(EVUTIL_SOCKET_ERROR())) {
    case CONTRACT_ACCEPT_AGAIN:
    case CONTRACT_ACCEPT_WAIT:
        break;
    case CONTRACT_ACCEPT_PAUSE:
        accept_pause(listener);
        break;
    case CONTRACT_ACCEPT_STOP:
        evconnlistener_disable(listener);
        break;
    }
}

/* Leave accept alone for a while. Without a timer nobody would ever end the
 * pause: then better none. */
static void
accept_pause(struct evconnlistener *listener)
{
    const struct timeval pause = {
        .tv_usec = CONTRACT_ACCEPT_PAUSE_MS * 1000L,
    };

    if (evtimer_add(server.pause, &pause) == 0) {
        evconnlistener_disable(listener);
    }
}

/* The pause after running out of descriptors is over, unless the kernel has
 * no memory yet to watch the listener with. */
static void
accept_resume_cb(evutil_socket_t fd, short events, void *arg)
{
    (void)fd;
    (void)events;
    if (evconnlistener_enable(arg) == -1) {
        accept_pause(arg);
    }
}

static error_t
parse_own_flag(int key, char *text, struct argp_state *state)
{
    (void)state;
    if (key != 'B') {
        return ARGP_ERR_UNKNOWN;
    }
    if (strcmp(text, "epoll") != 0 && strcmp(text, "poll") != 0 &&
        strcmp(text, "select") != 0) {
        contract_usage("--backend", text, "epoll, poll or select");
    }
    server.backend = text;
    return 0;
}

/* Whether any client will ever wait for a point in time. */
static bool
timers_are_used(void)
{
    return options->handshake || options->idle_timeout_ms > 0 ||
           options->delay_ms > 0;
}

/* Make the loop, with timers finer than a millisecond and the backend that
 * was asked for. Exits if that cannot be had. */
static void
base_create(void)
{
    static const char *const backends[] = {"epoll", "poll", "select"};
    struct event_config *config = event_config_new();

    if (config == NULL) {
        contract_die(errno, "set libevent up");
    }
    if (timers_are_used()) {
        /* Costs a call of timerfd_settime in each turn. */
        event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    }
    for (size_t i = 0; i < sizeof backends / sizeof backends[0]; i++) {
        if (server.backend != NULL &&
            strcmp(backends[i], server.backend) != 0) {
            event_config_avoid_method(config, backends[i]);
        }
    }
    server.base = event_base_new_with_config(config);
    event_config_free(config);
    if (server.base == NULL) {
        contract_die(0, "libevent offers none of the backends allowed: see "
                        "--backend and EVENT_NOEPOLL, EVENT_NOPOLL, "
                        "EVENT_NOSELECT");
    }
    server.fds_end = INT_MAX;
    if (strcmp(event_base_get_method(server.base), "select") == 0) {
        /* Debian's build of it aborts beyond. */
        server.fds_end = FD_SETSIZE;
    }
}

/* Give everything back. A bufferevent that was freed in a callback is really
 * freed by the loop, so the loop runs once more. */
static void
base_free(struct evconnlistener *listener)
{
    event_free(server.pause);
    evconnlistener_free(listener);
    event_base_loop(server.base, EVLOOP_NONBLOCK);
    event_base_free(server.base);
    libevent_global_shutdown();
}
