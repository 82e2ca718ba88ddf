/*
 * yardstick.c: the least that an echo server on epoll can be, by which the
 * cost of the five models is measured.
 *
 * One level-triggered epoll, one recv and one send for each event, nothing
 * prepared for anything but the plain echo; what it shares with the five is
 * the contract's. Like them it holds no output without bound: while bytes
 * that the kernel would not take are left, it does not read from that client.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/contract/contract.h"

#define EVENTS 256

/* One client. The listener has one, too. */
struct conn {
    int fd;         /* its socket */
    char *unsent;   /* what the kernel would not take yet */
    size_t nunsent; /* how many bytes */
};

/* The server. */
static struct {
    int epoll_fd;         /* all descriptors are in it */
    struct conn listener; /* its socket is the contract's */
    int open;             /* clients */
} server;

static int
watch(struct conn *conn, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events};

    event.data.ptr = conn; /* set below, or clang-tidy reports a leak */
    return epoll_ctl(server.epoll_fd, operation, conn->fd, &event);
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

/* Accept all that wait. Where that has to pause, everybody does: a yardstick
 * without descriptors measures nothing anyway. */
static void
conn_accept(void)
{
    int fd;
    int wait_ms;

    while ((fd = accept4(server.listener.fd, NULL, NULL,
                         SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1) {
        struct conn *conn = calloc(1, sizeof *conn);

        if (!conn || !contract_client_opened(fd)) {
            free(conn);
            close(fd);
            continue;
        }
        conn->fd = fd;
        server.open++;
        if (watch(conn, EPOLL_CTL_ADD, EPOLLIN) == -1) {
            conn_close(conn, CONTRACT_ERROR);
        }
    }
    wait_ms = contract_accept_error(errno);
    if (wait_ms == -1) {
        watch(&server.listener, EPOLL_CTL_DEL, 0);
    } else if (wait_ms > 0) {
        poll(NULL, 0, wait_ms);
    }
}

/* Send, and keep what the kernel would not take until it will. */
static void
conn_send(struct conn *conn, const char *bytes, size_t nbytes)
{
    ssize_t nsent = send(conn->fd, bytes, nbytes, MSG_NOSIGNAL);
    char *unsent;

    if (nsent > 0) {
        bytes += nsent;
        nbytes -= (size_t)nsent;
        contract_count_out((size_t)nsent);
    } else if (errno != EAGAIN && errno != EINTR) {
        conn_close(conn, contract_end_of_send(errno));
        return;
    }
    if (nbytes == conn->nunsent) {
        return; /* as before: as a rule nothing is left */
    }
    unsent = malloc(nbytes); /* malloc(0) is not NULL in glibc */
    if (!unsent) {
        conn_close(conn, CONTRACT_ERROR);
        return;
    }
    memcpy(unsent, bytes, nbytes);
    free(conn->unsent);
    conn->unsent = unsent;
    conn->nunsent = nbytes;
    watch(conn, EPOLL_CTL_MOD, nbytes > 0 ? EPOLLOUT : EPOLLIN);
}

static void
conn_echo(struct conn *conn)
{
    static char bytes[CONTRACT_BUFFER_BYTES];
    ssize_t nread = recv(conn->fd, bytes, sizeof bytes, 0);

    if (nread > 0) {
        contract_count_in((size_t)nread);
        conn_send(conn, bytes, (size_t)nread);
    } else if (nread == 0) {
        conn_close(conn, CONTRACT_EOF);
    } else if (errno != EAGAIN && errno != EINTR) {
        conn_close(conn, contract_end_of_recv(errno));
    }
}

static void
server_run(void)
{
    struct epoll_event events[EVENTS];

    while (!contract_stopping() || server.open > 0) {
        int ready = epoll_wait(server.epoll_fd, events, EVENTS, -1);

        for (int i = 0; i < ready; i++) {
            struct conn *conn = events[i].data.ptr;

            if (conn == &server.listener) {
                conn_accept();
            } else if (conn->nunsent > 0) {
                conn_send(conn, conn->unsent, conn->nunsent);
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
    server.listener.fd = contract_listen();
    server.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (server.epoll_fd == -1 ||
        fcntl(server.listener.fd, F_SETFL, O_NONBLOCK) == -1) {
        contract_die(errno, "epoll_create1");
    }
    watch(&server.listener, EPOLL_CTL_ADD, EPOLLIN);
    contract_ready();
    server_run();
    close(server.epoll_fd);
    return contract_finish();
}
