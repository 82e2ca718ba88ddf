/*
 * libevent/bufferevent.c: the same echo as libevent's book teaches it.
 *
 * No sixth model, but a companion of server.c that answers one question: what
 * do the library's buffers cost? libevent receives, keeps and sends; we move
 * what came in from one buffer to the other. Two things are not left to it:
 * its output has no bound, so while there is much in it we receive no more;
 * and without descriptors its listener would call accept again and again.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <unistd.h>

#include "harness/contract/contract.h"
#include "libevent/loop.h"

static struct event *resume; /* ends the listener's pause */
static const struct timeval accept_pause = {0,
                                            CONTRACT_ACCEPT_PAUSE_MS * 1000L};

/* End a connection; libevent closes its descriptor. */
static void
conn_close(struct bufferevent *bev, enum contract_end why)
{
    contract_client_closed(bufferevent_getfd(bev), why);
    bufferevent_free(bev);
}

/* Bytes came in: they shall go out. */
static void
conn_echo_cb(struct bufferevent *bev, void *arg)
{
    struct evbuffer *output = bufferevent_get_output(bev);

    (void)arg;
    contract_count_in(evbuffer_get_length(bufferevent_get_input(bev)));
    /* That it cannot watch for room the library says only to who asks. */
    if (bufferevent_read_buffer(bev, output) == -1 ||
        bufferevent_enable(bev, EV_WRITE) == -1) {
        conn_close(bev, CONTRACT_ERROR);
    } else if (evbuffer_get_length(output) > CONTRACT_BUFFER_BYTES / 2) {
        bufferevent_disable(bev, EV_READ);
    }
}

/* The output is empty. `ended` is set when nothing more will come in. */
static void
conn_sent_cb(struct bufferevent *bev, void *ended)
{
    if (ended != NULL) {
        conn_close(bev, CONTRACT_EOF);
    } else if (bufferevent_enable(bev, EV_READ) == -1) {
        conn_close(bev, CONTRACT_ERROR);
    }
}

/* The client has ended its side, or the connection has failed. */
static void
conn_event_cb(struct bufferevent *bev, short events, void *arg)
{
    (void)arg;
    if ((events & BEV_EVENT_EOF) == 0) {
        conn_close(bev, CONTRACT_ERROR);
    } else if (evbuffer_get_length(bufferevent_get_output(bev)) == 0) {
        conn_close(bev, CONTRACT_EOF);
    } else {
        bufferevent_setcb(bev, NULL, conn_sent_cb, conn_event_cb, bev);
    }
}

static void
conn_count_cb(struct evbuffer *output, const struct evbuffer_cb_info *info,
              void *arg)
{
    (void)output, (void)arg;
    contract_count_out(info->n_deleted);
}

static void
conn_accept_cb(struct evconnlistener *listener, int conn_fd,
               struct sockaddr *peer, int peer_bytes, void *arg)
{
    struct event_base *base = evconnlistener_get_base(listener);
    struct bufferevent *bev = NULL;

    (void)peer, (void)peer_bytes, (void)arg;
    if (!contract_client_opened(conn_fd)) {
        close(conn_fd);
    } else if (!loop_can_watch(conn_fd) ||
               (bev = bufferevent_socket_new(
                    base, conn_fd, BEV_OPT_CLOSE_ON_FREE)) == NULL) {
        contract_client_closed(conn_fd, CONTRACT_REFUSED);
        close(conn_fd);
    } else {
        evbuffer_add_cb(bufferevent_get_output(bev), conn_count_cb, NULL);
        bufferevent_setcb(bev, conn_echo_cb, conn_sent_cb, conn_event_cb,
                          NULL);
        conn_sent_cb(bev, NULL); /* begins to receive */
    }
}

static void
accept_error_cb(struct evconnlistener *listener, void *arg)
{
    int pause_ms = contract_accept_error(EVUTIL_SOCKET_ERROR());

    (void)arg;
    if (pause_ms == -1 ||
        (pause_ms > 0 && event_add(resume, &accept_pause) == 0)) {
        evconnlistener_disable(listener);
    }
}

static void
resume_cb(evutil_socket_t fd, short events, void *listener)
{
    (void)fd, (void)events;
    if (evconnlistener_enable(listener) == 0) {
        event_del(resume);
    }
}

int
main(int argc, char **argv)
{
    const struct contract_options *options =
        contract_parse("bufferevent", loop_flags, argc, argv);
    contract_offer_echo_only();
    int listen_fd = contract_listen();
    struct event_base *base = loop_new(listen_fd, options);
    /* A backlog of 0: the contract has called listen. */
    struct evconnlistener *listener = evconnlistener_new(
        base, conn_accept_cb, NULL, LEV_OPT_CLOSE_ON_EXEC, 0, listen_fd);
    resume = event_new(base, -1, EV_PERSIST, resume_cb, listener);
    if (listener == NULL || resume == NULL ||
        evconnlistener_enable(listener) == -1) {
        contract_die(errno, "start the listener");
    }
    evconnlistener_set_error_cb(listener, accept_error_cb);
    contract_ready();
    event_base_dispatch(base);
    event_free(resume);
    evconnlistener_free(listener);
    loop_free(base);
    return contract_finish();
}
