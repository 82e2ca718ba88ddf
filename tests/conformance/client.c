/* client.c: see client.h. */
#include "tests/conformance/client.h"

#include "tests/conformance/patience.h"
#include "tests/conformance/payload.h"
#include "tests/conformance/tally.h"
#include "tests/conformance/verdict.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    /* Bytes moved by one system call of a client. */
    CHUNK_BYTES = 64 * 1024,
    /* A server that takes nothing for so long will not: longer than every
     * timer of TCP that could move a full window on the loopback. */
    QUIET_MS = 300,
    FIREHOSE_MAX = 64, /* connections of one firehose */
};

/* ---- connecting ----------------------------------------------------- */

static int asked_again; /* connections */

static void
set_option(int fd, int level, int option, int value)
{
    require_able(setsockopt(fd, level, option, &value, sizeof value) == 0,
                 "setsockopt: %s", strerror(errno));
}

struct client
client_begin(const struct server *server, struct client_setup setup)
{
    struct client client = {.seed = payload_next_seed()};
    int result;

    client.fd =
        socket(server->address.ss_family,
               SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    require_able(client.fd >= 0, "socket: %s", strerror(errno));
    set_option(client.fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (setup.sndbuf_bytes != 0) {
        set_option(client.fd, SOL_SOCKET, SO_SNDBUF, setup.sndbuf_bytes);
    }
    if (setup.rcvbuf_bytes != 0) {
        set_option(client.fd, SOL_SOCKET, SO_RCVBUF, setup.rcvbuf_bytes);
    }
    if (setup.mss_bytes != 0) {
        set_option(client.fd, IPPROTO_TCP, TCP_MAXSEG, setup.mss_bytes);
    }
    result = connect(client.fd, (const struct sockaddr *)&server->address,
                     server->address_bytes);
    require(result == 0 || errno == EINPROGRESS, "connect to %s: %s",
            server->where, strerror(errno));
    return client;
}

bool
client_connected(const struct client *client)
{
    struct pollfd wait = {.fd = client->fd, .events = POLLOUT};

    return poll(&wait, 1, 0) == 1 && (wait.revents & POLLOUT) != 0 &&
           (wait.revents & POLLERR) == 0;
}

struct client
client_connect_with(const struct server *server, struct client_setup setup)
{
    struct client client = client_begin(server, setup);
    struct pollfd wait = {.fd = client.fd, .events = POLLOUT};
    int error = 0;
    socklen_t error_bytes = sizeof error;
    struct tcp_info info = {0};
    socklen_t info_bytes = sizeof info;

    require(poll(&wait, 1, patience_ms()) == 1,
            "connect to %s: nothing happens", server->where);
    getsockopt(client.fd, SOL_SOCKET, SO_ERROR, &error, &error_bytes);
    if (error == ECONNRESET && setup.may_be_cut) {
        client.end = CLIENT_RESET;
        return client;
    }
    require(error == 0, "connect to %s: %s", server->where, strerror(error));
    getsockopt(client.fd, IPPROTO_TCP, TCP_INFO, &info, &info_bytes);
    asked_again += info.tcpi_total_retrans > 0;
    return client;
}

int
client_asked_again(void)
{
    return asked_again;
}

struct client
client_connect(const struct server *server)
{
    return client_connect_with(server, (struct client_setup){0});
}

struct client
client_connect_soon_with(const struct server *server,
                         struct client_setup setup)
{
    for (int ms = 10; ms < 1000; ms *= 2) {
        struct client client = client_begin(server, setup);

        client_wait_room(&client, ms);
        if (client_connected(&client)) {
            return client;
        }
        client_close(&client);
    }
    return client_connect_with(server, setup); /* which says what it is */
}

struct client
client_connect_soon(const struct server *server)
{
    return client_connect_soon_with(server, (struct client_setup){0});
}

int
client_probe(const struct server *server)
{
    int fd = socket(server->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int error = 0;

    require_able(fd >= 0, "socket: %s", strerror(errno));
    if (connect(fd, (const struct sockaddr *)&server->address,
                server->address_bytes) != 0) {
        error = errno;
    }
    close(fd);
    return error;
}

/* ---- what went wrong ------------------------------------------------ */

void
client_show(const unsigned char *bytes, size_t nbytes,
            char text[CLIENT_SHOWN])
{
    char *at = text;
    size_t i;

    for (i = 0; i < nbytes && i < CLIENT_SHOWN_BYTES; i++) {
        at += sprintf(at, "%02x ", bytes[i]);
    }
    at += sprintf(at, "%s\"", i < nbytes ? "... " : "");
    for (i = 0; i < nbytes && i < CLIENT_SHOWN_BYTES; i++) {
        *at++ = (char)(bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '.');
    }
    memcpy(at, "\"", sizeof "\"");
}

/* Where do bytes belong that came instead of others? Seeds before and behind
 * the client's are those of others. Returns a phrase, or "". */
static const char *
origin_of(const struct client *client, const unsigned char *bytes,
          size_t nbytes)
{
    static char text[80];
    size_t some = nbytes < 8 ? nbytes : 8;
    uint64_t at;

    for (at = 0; some >= 4 && at + some <= client->sent_bytes; at++) {
        if (payload_matching(client->seed, at, bytes, some) == some) {
            snprintf(text, sizeof text, ", of offset %ju", (uintmax_t)at);
            return text;
        }
    }
    for (at = client->seed - 999; some >= 4 && at < client->seed + 999;
         at++) {
        if (payload_matching(at, client->received_bytes, bytes, some) ==
            some) {
            return ", of another client";
        }
    }
    return "";
}

/* Fail because of `what`, and say what was sent, expected and came: `nbytes`
 * that are wrong from the first one on; 0: what the connection's end says. */
static void
fail_client(const struct client *client, const char *what,
            const unsigned char *bytes, size_t nbytes)
{
    uint64_t at = client->received_bytes;
    uint64_t left_bytes = client->sent_bytes - at;
    unsigned char right[CLIENT_SHOWN_BYTES + 1];
    char expected[CLIENT_SHOWN] = "an open connection";
    char came[CLIENT_SHOWN] = "a reset";

    payload_fill(client->seed, at, right, sizeof right);
    if (left_bytes > 0) {
        client_show(right, left_bytes, expected);
    } else if (client->half_close) {
        strcpy(expected, "the end of the connection");
    }
    if (nbytes > 0) {
        client_show(bytes, nbytes, came);
    } else if (client->end == CLIENT_EOF) {
        strcpy(came, "the end of the connection");
    } else if (client->end == CLIENT_OPEN) {
        snprintf(came, sizeof came, "nothing for %d ms", patience_ms());
    }
    require(false,
            "%s: %ju of %ju bytes were back\n"
            "sent: %ju bytes of sequence %ju%s\n"
            "expected: at offset %ju: %s\ncame: at offset %ju: %s%s",
            what, (uintmax_t)at, (uintmax_t)client->goal_bytes,
            (uintmax_t)client->sent_bytes, (uintmax_t)client->seed,
            client->half_close && client->sent_bytes == client->goal_bytes
                ? ", and our side ended"
                : "",
            (uintmax_t)at, expected, (uintmax_t)at, came,
            origin_of(client, bytes, nbytes));
}

/* ---- moving bytes --------------------------------------------------- */

size_t
client_send_some(struct client *client, size_t most_bytes)
{
    unsigned char bytes[CHUNK_BYTES];
    size_t nbytes = most_bytes < sizeof bytes ? most_bytes : sizeof bytes;
    ssize_t nsent;

    payload_fill(client->seed, client->sent_bytes, bytes, nbytes);
    nsent = send(client->fd, bytes, nbytes, MSG_NOSIGNAL);
    if (nsent < 0) {
        require(errno == EAGAIN || errno == EPIPE || errno == ECONNRESET,
                "seed %ju: send at offset %ju: %s", (uintmax_t)client->seed,
                (uintmax_t)client->sent_bytes, strerror(errno));
        if (errno != EAGAIN) {
            client->end = CLIENT_RESET;
        }
        return 0;
    }
    client->sent_bytes += (uint64_t)nsent;
    return (size_t)nsent;
}

/* Verify `nbytes` that came next. */
static void
verify(struct client *client, const unsigned char *bytes, size_t nbytes)
{
    size_t right =
        payload_matching(client->seed, client->received_bytes, bytes, nbytes);

    client->received_bytes += right;
    if (right < nbytes) {
        fail_client(client,
                    client->received_bytes < client->sent_bytes
                        ? "a byte is wrong"
                        : "more came back than was sent",
                    bytes + right, nbytes - right);
    }
    require(client->received_bytes <= client->sent_bytes,
            "bytes came back before they were sent");
    tally_add(TALLY_BYTES, nbytes);
}

size_t
client_receive_some(struct client *client, size_t most_bytes)
{
    unsigned char bytes[CHUNK_BYTES];
    size_t nbytes = most_bytes < sizeof bytes ? most_bytes : sizeof bytes;
    ssize_t nreceived = recv(client->fd, bytes, nbytes, 0);

    if (nreceived == 0) {
        client->end = CLIENT_EOF;
        return 0;
    }
    if (nreceived < 0) {
        require(errno == EAGAIN || errno == ECONNRESET || errno == EPIPE,
                "seed %ju: recv at offset %ju: %s", (uintmax_t)client->seed,
                (uintmax_t)client->received_bytes, strerror(errno));
        if (errno != EAGAIN) {
            client->end = CLIENT_RESET;
        }
        return 0;
    }
    verify(client, bytes, (size_t)nreceived);
    return (size_t)nreceived;
}

/* ---- keeping many going --------------------------------------------- */

/* What poll(2) is to wait for on behalf of `client`; 0: it is done. It is
 * done when all is back, and behind a half-close when the FIN is here. */
static short
wanted_events(const struct client *client)
{
    short events = 0;

    if (client->end != CLIENT_OPEN) {
        return 0;
    }
    if (client->sent_bytes < client->goal_bytes) {
        events |= POLLOUT;
    }
    if (client->received_bytes < client->goal_bytes || client->half_close) {
        events |= POLLIN;
    }
    return events;
}

/* Send first, as long as there is anything to send, so that as much as can
 * be is under way when our side ends: what a careless server then loses. */
static size_t
step(struct client *client)
{
    uint64_t left_bytes = client->goal_bytes - client->sent_bytes;
    size_t moved = 0;

    if (left_bytes > 0) {
        moved = client_send_some(
            client, left_bytes > CHUNK_BYTES ? CHUNK_BYTES : left_bytes);
        if (client->half_close && moved == left_bytes) {
            shutdown(client->fd, SHUT_WR);
        }
    }
    if (moved == 0 && client->end == CLIENT_OPEN) {
        moved = client_receive_some(client, CHUNK_BYTES);
    }
    return moved;
}

/* Fail, because `client` is what everybody waits for. */
static void
fail_stuck(const struct client *client)
{
    unsigned char last = 0;

    if (client->received_bytes > 0 &&
        client->received_bytes < client->sent_bytes) {
        payload_fill(client->seed, client->received_bytes - 1, &last, 1);
    }
    fail_client(client,
                client->half_close &&
                        client->received_bytes == client->goal_bytes
                    ? "the connection was not ended"
                : last == '\n' ? "stuck behind a newline"
                               : "stuck",
                NULL, 0);
}

/* Require that `client` has what it should have when it is done. */
static void
require_done(const struct client *client)
{
    enum client_end right = client->half_close ? CLIENT_EOF : CLIENT_OPEN;

    if (client->received_bytes == client->goal_bytes &&
        client->end == right) {
        return;
    }
    fail_client(client,
                client->end == CLIENT_EOF ? "the connection was ended"
                                          : "the connection was reset",
                NULL, 0);
}

/*
 * Wait until one of the clients can go on. Returns one of those that are
 * not done, NULL when all are; `waits` has room for all.
 */
static const struct client *
wait_for_any(const struct client *clients, int count, struct pollfd *waits)
{
    const struct client *waiting = NULL;
    int i;

    for (i = 0; i < count; i++) {
        short events = wanted_events(&clients[i]);

        waits[i] = (struct pollfd){.fd = events == 0 ? -1 : clients[i].fd,
                                   .events = events};
        if (events != 0) {
            waiting = &clients[i];
        }
    }
    if (waiting != NULL && poll(waits, (nfds_t)count, patience_ms()) == 0) {
        fail_stuck(waiting);
    }
    return waiting;
}

/* Go on until every client has reached its goal. */
static void
run_clients(struct client *clients, int count)
{
    struct pollfd *waits = calloc((size_t)count, sizeof *waits);
    int i;

    require_able(waits != NULL, "calloc: %s", strerror(errno));
    while (wait_for_any(clients, count, waits) != NULL) {
        for (i = 0; i < count; i++) {
            if (waits[i].fd >= 0 && waits[i].revents != 0) {
                step(&clients[i]);
                if (clients[i].end != CLIENT_OPEN) {
                    require_done(&clients[i]);
                }
            }
        }
    }
    free(waits);
    for (i = 0; i < count; i++) {
        require_done(&clients[i]);
    }
}

void
client_send(struct client *client, size_t nbytes)
{
    client->goal_bytes += nbytes;
    while (client->sent_bytes < client->goal_bytes) {
        struct pollfd wait = {.fd = client->fd, .events = POLLOUT};

        if (poll(&wait, 1, patience_ms()) == 0) {
            fail_stuck(client);
        }
        client_send_some(client, client->goal_bytes - client->sent_bytes);
        if (client->end != CLIENT_OPEN) {
            fail_client(client, "the connection was reset while we sent",
                        NULL, 0);
        }
    }
}

void
clients_receive(struct client *clients, int count)
{
    run_clients(clients, count);
}

void
client_receive(struct client *client)
{
    run_clients(client, 1);
}

void
clients_exchange(struct client *clients, int count, size_t nbytes)
{
    int i;

    for (i = 0; i < count; i++) {
        clients[i].goal_bytes += nbytes;
    }
    run_clients(clients, count);
}

void
client_exchange(struct client *client, size_t nbytes)
{
    clients_exchange(client, 1, nbytes);
}

void
clients_exchange_and_finish(struct client *clients, int count, size_t nbytes)
{
    int i;

    for (i = 0; i < count; i++) {
        clients[i].goal_bytes += nbytes;
        clients[i].half_close = true;
        if (clients[i].sent_bytes == clients[i].goal_bytes) {
            shutdown(clients[i].fd, SHUT_WR);
        }
    }
    run_clients(clients, count);
    clients_close(clients, count);
}

void
client_exchange_and_finish(struct client *client, size_t nbytes)
{
    clients_exchange_and_finish(client, 1, nbytes);
}

void
clients_finish(struct client *clients, int count)
{
    clients_exchange_and_finish(clients, count, 0);
}

void
client_finish(struct client *client)
{
    clients_finish(client, 1);
}

/* ---- waiting for one ------------------------------------------------ */

enum client_end
client_wait_end(struct client *client, int ms)
{
    int64_t deadline_ms = patience_deadline_ms(ms);

    while (client->end == CLIENT_OPEN) {
        struct pollfd wait = {.fd = client->fd, .events = POLLIN};

        if (poll(&wait, 1, patience_left_ms(deadline_ms)) == 0) {
            break;
        }
        client_receive_some(client, CHUNK_BYTES);
    }
    return client->end;
}

bool
client_hears_nothing(struct client *client, int ms)
{
    struct pollfd wait = {.fd = client->fd, .events = POLLIN};

    return poll(&wait, 1, ms) == 0;
}

bool
client_wait_room(struct client *client, int ms)
{
    struct pollfd wait = {.fd = client->fd, .events = POLLOUT};

    return poll(&wait, 1, patience_scaled_ms(ms)) == 1;
}

void
client_cork(struct client *client, bool hold)
{
    set_option(client->fd, IPPROTO_TCP, TCP_CORK, hold);
}

void
client_send_text(struct client *client, const char *text, size_t nbytes)
{
    size_t done = 0;

    client->said = text;
    client->said_bytes = nbytes;
    while (done < nbytes && client->end == CLIENT_OPEN) {
        struct pollfd wait = {.fd = client->fd, .events = POLLOUT};
        ssize_t nsent;

        require(poll(&wait, 1, patience_ms()) == 1,
                "stuck: %zu of %zu bytes of text sent", done, nbytes);
        nsent = send(client->fd, text + done, nbytes - done, MSG_NOSIGNAL);
        if (nsent < 0 && errno != EAGAIN) {
            client->end = CLIENT_RESET;
        }
        done += nsent > 0 ? (size_t)nsent : 0;
    }
}

void
client_expect_text(struct client *client, const char *text)
{
    char answer[256];
    char sent[CLIENT_SHOWN];
    char expected[CLIENT_SHOWN];
    char came[CLIENT_SHOWN];
    size_t want = strlen(text);
    size_t done = 0;

    client_show((const unsigned char *)text, want, expected);
    client_show((const unsigned char *)client->said, client->said_bytes,
                sent);
    while (done < want) {
        struct pollfd wait = {.fd = client->fd, .events = POLLIN};
        ssize_t nreceived;

        require(poll(&wait, 1, patience_ms()) == 1,
                "stuck: %zu of the %zu expected bytes came\n"
                "sent: %zu bytes: %s\nexpected: %s\ncame: nothing for %d ms",
                done, want, client->said_bytes, sent, expected,
                patience_ms());
        nreceived = recv(client->fd, answer, want - done, 0);
        require(nreceived > 0,
                "%s connection was %s: %zu of the %zu expected bytes came\n"
                "sent: %zu bytes: %s\nexpected: %s\ncame: %s",
                client->whose ? client->whose : "the",
                nreceived == 0 ? "ended" : "reset", done, want,
                client->said_bytes, sent, expected,
                nreceived == 0 ? "the end of the connection"
                               : strerror(errno));
        client_show((unsigned char *)answer, (size_t)nreceived, came);
        require(memcmp(answer, text + done, (size_t)nreceived) == 0,
                "other than the expected bytes came\n"
                "sent: %zu bytes: %s\nexpected: %s\n"
                "came: behind %zu of them: %s",
                client->said_bytes, sent, expected, done, came);
        done += (size_t)nreceived;
    }
}

size_t
client_unread_bytes(const struct client *client)
{
    struct sockaddr_in us = {0};
    struct sockaddr_in peer = {0};
    socklen_t us_bytes = sizeof us;
    socklen_t peer_bytes = sizeof peer;
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 request;
    } question = {
        .header = {.nlmsg_len = sizeof question,
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST},
        .request = {.sdiag_family = AF_INET,
                    .sdiag_protocol = IPPROTO_TCP,
                    .idiag_states = ~0U},
    };
    struct inet_diag_sockid *socket_id = &question.request.id;
    struct {
        struct nlmsghdr header;
        struct inet_diag_msg socket;
        char more[4096];
    } answer = {0};
    int unsent_bytes = 0;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

    getsockname(client->fd, (struct sockaddr *)&us, &us_bytes);
    getpeername(client->fd, (struct sockaddr *)&peer, &peer_bytes);
    socket_id->idiag_sport = peer.sin_port;
    socket_id->idiag_dport = us.sin_port;
    socket_id->idiag_src[0] = peer.sin_addr.s_addr;
    socket_id->idiag_dst[0] = us.sin_addr.s_addr;
    socket_id->idiag_cookie[0] = INET_DIAG_NOCOOKIE;
    socket_id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    require_able(fd >= 0 &&
                     send(fd, &question, sizeof question, 0) ==
                         (ssize_t)sizeof question &&
                     recv(fd, &answer, sizeof answer, 0) > 0,
                 "sock_diag: %s", strerror(errno));
    close(fd);
    if (answer.header.nlmsg_type == NLMSG_ERROR) {
        return 0; /* the server has closed it */
    }
    ioctl(client->fd, SIOCOUTQNSD, &unsent_bytes);
    return (size_t)unsent_bytes + answer.socket.idiag_rqueue;
}

static bool
all_is_read(void *subject)
{
    return client_unread_bytes(*(const struct client **)subject) == 0;
}

bool
client_is_consumed(const struct client *client, int ms)
{
    return patience_until(all_is_read, &client, ms);
}

void
client_wait_consumed(const struct client *client)
{
    require(client_is_consumed(client, PATIENCE_MS),
            "seed %ju: the server does not receive what was sent",
            (uintmax_t)client->seed);
}

/* ---- clients that never read ---------------------------------------- */

uint64_t
clients_fill(struct client *clients, int count, uint64_t limit_bytes)
{
    struct pollfd *waits = calloc((size_t)count, sizeof *waits);
    uint64_t total_bytes = 0;
    int i;

    require_able(waits != NULL, "calloc: %s", strerror(errno));
    for (i = 0; i < count; i++) {
        waits[i] = (struct pollfd){.fd = clients[i].fd, .events = POLLOUT};
    }
    while (poll(waits, (nfds_t)count, patience_scaled_ms(QUIET_MS)) > 0) {
        for (i = 0; i < count; i++) {
            if (waits[i].revents != 0) {
                client_send_some(&clients[i], CHUNK_BYTES);
                require(clients[i].end == CLIENT_OPEN,
                        "seed %ju: reset at offset %ju of a client that "
                        "does not read",
                        (uintmax_t)clients[i].seed,
                        (uintmax_t)clients[i].sent_bytes);
                require(clients[i].sent_bytes < limit_bytes,
                        "the server took %ju bytes from a client that never "
                        "reads",
                        (uintmax_t)clients[i].sent_bytes);
            }
        }
    }
    free(waits);
    for (i = 0; i < count; i++) {
        clients[i].goal_bytes = clients[i].sent_bytes;
        total_bytes += clients[i].sent_bytes;
    }
    return total_bytes;
}

const struct client_setup client_small = {.rcvbuf_bytes = 16 * 1024,
                                          .mss_bytes = 1448};

void
client_fill(struct client *client, size_t most_bytes)
{
    int64_t deadline_ms = patience_deadline_ms(QUIET_MS);
    size_t unread_bytes = 0;

    while (client->sent_bytes < most_bytes && client->end == CLIENT_OPEN &&
           patience_left_ms(deadline_ms) > 0) {
        bool room = client_wait_room(client, 20);
        size_t before_bytes = unread_bytes;

        unread_bytes = client_unread_bytes(client);
        if (room || unread_bytes < before_bytes) {
            client_send_some(client, most_bytes - client->sent_bytes);
            deadline_ms = patience_deadline_ms(QUIET_MS);
        }
    }
    client->goal_bytes = client->sent_bytes;
}

/* ---- ending --------------------------------------------------------- */

void
client_close(struct client *client)
{
    if (client->fd >= 0) {
        close(client->fd);
    }
    client->fd = -1;
}

void
clients_close(struct client *clients, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        client_close(&clients[i]);
    }
}

void
client_reset(struct client *client)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0};

    setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    client_close(client);
}

/* The firehose's own loop: never idle as long as a connection lives. */
static _Noreturn void
pump(struct client *clients, int count)
{
    struct pollfd waits[FIREHOSE_MAX];
    int living = count;
    int i;

    while (living > 0) {
        for (i = 0; i < count; i++) {
            bool open = clients[i].end == CLIENT_OPEN;

            waits[i] = (struct pollfd){.fd = open ? clients[i].fd : -1,
                                       .events = POLLIN | POLLOUT};
        }
        poll(waits, (nfds_t)count, -1);
        living = 0;
        for (i = 0; i < count; i++) {
            if (waits[i].fd >= 0 && waits[i].revents != 0) {
                client_send_some(&clients[i], CHUNK_BYTES);
                client_receive_some(&clients[i], CHUNK_BYTES);
            }
            living += clients[i].end == CLIENT_OPEN;
        }
    }
    _exit(0);
}

pid_t
client_firehose(const struct server *server, int count)
{
    struct client clients[FIREHOSE_MAX];
    pid_t parent = getpid();
    pid_t child;
    int i;

    require(count <= FIREHOSE_MAX, "a firehose has %d connections at most",
            FIREHOSE_MAX);
    for (i = 0; i < count; i++) {
        clients[i] = client_connect(server);
        client_send_some(&clients[i], CHUNK_BYTES);
    }
    child = fork();
    require_able(child >= 0, "fork: %s", strerror(errno));
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) {
            _exit(1);
        }
        pump(clients, count);
    }
    clients_close(clients, count);
    return child;
}
