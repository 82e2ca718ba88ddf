/*
 * yardstick.c: the least that an echo server on epoll can be.
 *
 * Not a sixth model but a measure for the five: one level-triggered epoll,
 * one recv and one send for each event, nothing prepared for anything else.
 * It is driven in every block like one more server, so that a model's cost
 * can be told as a multiple of it. It offers the plain service only; what it
 * does share with the five, flags, listener, stop and counters, is the
 * contract's.
 *
 * Like them it holds no output without bound: while bytes that the kernel
 * would not take are left over, it does not read from that client.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/contract/contract.h"

enum {
    EVENTS = 256
};

/* One client. */
struct conn {
    int fd;         /* its socket */
    char *unsent;   /* what the kernel would not take yet, or NULL */
    size_t nunsent; /* how many bytes */
    size_t sent;    /* how many of them have gone since */
};

/* The server. */
static struct {
    int epoll_fd;            /* all descriptors are in it */
    int listen_fd;           /* the contract's */
    bool accepting;          /* listen_fd is in epoll_fd */
    bool stopped;            /* accept said that it was shut down */
    int64_t accept_again_ms; /* end of the pause, 0: none */
    int open;                /* clients */
} server;

/* The listener is the one whose pointer is NULL. */
static void
watch_listener(bool wanted)
{
    struct epoll_event event = {.events = EPOLLIN};

    if (wanted != server.accepting) {
        epoll_ctl(server.epoll_fd, wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL,
                  server.listen_fd, &event);
        server.accepting = wanted;
    }
}

/* How long epoll_wait may sleep: for ever, or to the end of a pause. */
static int
pause_ms(void)
{
    int64_t left_ms;

    if (server.accept_again_ms == 0) {
        return -1;
    }
    left_ms = server.accept_again_ms - clock_now_ms();
    if (left_ms > 0) {
        return (int)left_ms;
    }
    server.accept_again_ms = 0;
    watch_listener(true);
    return -1;
}

/* Accept all that wait. */
static void
conn_accept(void)
{
    for (;;) {
        int fd = accept4(server.listen_fd, NULL, NULL,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        struct epoll_event event = {.events = EPOLLIN};
        struct conn *conn;

        if (fd == -1) {
            int pause_ms = contract_accept_error(errno);

            if (pause_ms != 0) {
                watch_listener(false);
                server.accept_again_ms =
                    pause_ms == -1 ? 0 : clock_now_ms() + pause_ms;
                server.stopped = pause_ms == -1;
            }
            return;
        }
        if (!contract_client_opened(fd)) {
            close(fd);
            continue;
        }
        server.open++;
        conn = calloc(1, sizeof *conn);
        event.data.ptr = conn;
        if (conn) {
            conn->fd = fd;
        }
        if (!conn ||
            epoll_ctl(server.epoll_fd, EPOLL_CTL_ADD, fd, &event) == -1) {
            free(conn);
            server.open--;
            contract_client_closed(fd, CONTRACT_ERROR);
            close(fd);
        }
    }
}

static void
conn_close(struct conn *conn, enum contract_end why)
{
    contract_client_closed(conn->fd, why);
    close(conn->fd);
    free(conn->unsent);
    free(conn);
    server.open--;
}

static void
watch(struct conn *conn, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = conn};

    if (epoll_ctl(server.epoll_fd, EPOLL_CTL_MOD, conn->fd, &event) == -1) {
        conn_close(conn, CONTRACT_ERROR);
    }
}

static void
conn_flush(struct conn *conn)
{
    ssize_t nsent = send(conn->fd, conn->unsent + conn->sent,
                         conn->nunsent - conn->sent, MSG_NOSIGNAL);

    if (nsent == -1) {
        if (errno != EAGAIN && errno != EINTR) {
            conn_close(conn, contract_end_of_send(errno));
        }
        return;
    }
    contract_count_out((size_t)nsent);
    conn->sent += (size_t)nsent;
    if (conn->sent == conn->nunsent) {
        free(conn->unsent);
        conn->unsent = NULL;
        conn->nunsent = 0;
        watch(conn, EPOLLIN);
    }
}

/* Keep what the kernel would not take, and wait until it will. */
static void
conn_keep(struct conn *conn, const char *bytes, size_t nbytes)
{
    conn->unsent = malloc(nbytes);
    if (!conn->unsent) {
        conn_close(conn, CONTRACT_ERROR);
        return;
    }
    memcpy(conn->unsent, bytes, nbytes);
    conn->nunsent = nbytes;
    conn->sent = 0;
    watch(conn, EPOLLOUT);
}

/* One event, one recv, one send. */
static void
conn_echo(struct conn *conn)
{
    static char bytes[CONTRACT_BUFFER_BYTES];
    ssize_t nread = recv(conn->fd, bytes, sizeof bytes, 0);
    ssize_t nsent;

    if (nread == 0) {
        conn_close(conn, CONTRACT_EOF);
        return;
    }
    if (nread == -1) {
        if (errno != EAGAIN && errno != EINTR) {
            conn_close(conn, contract_end_of_recv(errno));
        }
        return;
    }
    contract_count_in((size_t)nread);
    nsent = send(conn->fd, bytes, (size_t)nread, MSG_NOSIGNAL);
    if (nsent == -1 && errno != EAGAIN && errno != EINTR) {
        conn_close(conn, contract_end_of_send(errno));
        return;
    }
    nsent = nsent > 0 ? nsent : 0;
    contract_count_out((size_t)nsent);
    if (nsent < nread) {
        conn_keep(conn, bytes + nsent, (size_t)(nread - nsent));
    }
}

static void
server_run(void)
{
    struct epoll_event events[EVENTS];

    while (!server.stopped || server.open > 0) {
        int ready = epoll_wait(server.epoll_fd, events, EVENTS, pause_ms());

        for (int i = 0; i < ready; i++) {
            struct conn *conn = events[i].data.ptr;

            if (!conn) {
                conn_accept();
            } else if (conn->nunsent > 0) {
                conn_flush(conn);
            } else {
                conn_echo(conn);
            }
        }
    }
}

int
main(int argc, char **argv)
{
    contract_parse("yardstick", NULL, argc, argv);
    contract_offer_echo_only();
    server.listen_fd = contract_listen();
    server.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (server.epoll_fd == -1 ||
        fcntl(server.listen_fd, F_SETFL, O_NONBLOCK) == -1) {
        contract_die(errno, "epoll_create1");
    }
    watch_listener(true);
    contract_ready();
    server_run();
    close(server.epoll_fd);
    return contract_finish();
}
