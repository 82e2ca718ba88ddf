/*
 * blocking/server.c: one connection at a time.
 *
 * Idea          Accept a client, serve it until it leaves, accept the next.
 * Waits in      accept(2), then recv(2) and send(2) of that one client.
 * State in      the C call stack.
 * Costs         nothing for those who wait: the kernel queues them.
 * Breaks when   one client is silent or slow; all others wait for it.
 * Survives      reset, half-close, broken pipe; needs two descriptors.
 * Compare with  threaded/server.c: the same conn_serve, a thread for each.
 * Awkward       a limit of time belongs to the socket, not to one call.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "harness/contract/contract.h"

static void server_run(int listen_fd);
static int conn_accept(int listen_fd);
static enum contract_end conn_handshake(int conn_fd, char *buffer,
                                        size_t *nheld);
static enum contract_end conn_echo(int conn_fd, char *buffer, size_t nheld);
static void conn_close(int conn_fd, enum contract_end why);
static void conn_serve(int conn_fd);
static int send_all(int conn_fd, const char *bytes, size_t nbytes);
static void set_timeout(int conn_fd, int timeout_ms);
static void sleep_ms(int time_ms);

/* The flags, set once in main. */
static const struct contract_options *options;

int
main(int argc, char **argv)
{
    options = contract_parse("blocking", NULL, argc, argv);
    server_run(contract_listen());
    return contract_finish();
}

/* Serve until the server is to stop: one client after the other. */
static void
server_run(int listen_fd)
{
    int conn_fd;

    contract_ready();
    while ((conn_fd = conn_accept(listen_fd)) != -1) {
        conn_serve(conn_fd);
    }
}

/* Wait for the next client that may stay. Returns its descriptor, which is
 * the caller's, or -1 when the server is to stop. */
static int
conn_accept(int listen_fd)
{
    for (;;) {
        int conn_fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (conn_fd == -1) {
            int pause_ms = contract_accept_error(errno);
            if (pause_ms == -1) {
                return -1;
            }
            sleep_ms(pause_ms);
        } else if (contract_client_opened(conn_fd)) {
            return conn_fd;
        } else {
            close(conn_fd);
        }
    }
}

/* Receive the first line. Returns CONTRACT_OPEN when it is the right one and
 * answered; then the `*nheld` bytes that came in behind it are at the
 * start of `buffer`. Anything else is the reason to close. */
static enum contract_end
conn_handshake(int conn_fd, char *buffer, size_t *nheld)
{
    int64_t deadline_ms = clock_now_ms() + options->handshake_timeout_ms;
    enum contract_hello hello = CONTRACT_HELLO_PARTIAL;
    size_t line_bytes = 0;

    while (hello == CONTRACT_HELLO_PARTIAL) {
        /* The limit is for the whole line, however slowly it drips; but what
         * has come by then counts, hence 1 and not 0, which is for ever. */
        int64_t left_ms = deadline_ms - clock_now_ms();
        set_timeout(conn_fd, left_ms > 0 ? (int)left_ms : 1);
        ssize_t nread =
            recv(conn_fd, buffer + *nheld, CONTRACT_BUFFER_BYTES - *nheld, 0);
        if (nread == 0 || (nread == -1 && errno != EINTR)) {
            return nread == 0 ? CONTRACT_REJECTED
                              : contract_end_of_recv(errno);
        }
        *nheld += nread > 0 ? (size_t)nread : 0;
        hello = contract_hello(buffer, *nheld, &line_bytes);
    }
    if (hello == CONTRACT_HELLO_BAD) {
        return CONTRACT_REJECTED;
    }
    if (send_all(conn_fd, CONTRACT_HELLO_REPLY, CONTRACT_HELLO_REPLY_BYTES) ==
        -1) {
        return contract_end_of_send(errno);
    }
    *nheld -= line_bytes;
    memmove(buffer, buffer + line_bytes, *nheld);
    return CONTRACT_OPEN;
}

/* Echo, the `nheld` bytes in `buffer` first, until the client ends its
 * side. Returns why it ended. */
static enum contract_end
conn_echo(int conn_fd, char *buffer, size_t nheld)
{
    ssize_t nread = (ssize_t)nheld;

    set_timeout(conn_fd, options->idle_timeout_ms);
    do {
        if (nread > 0) {
            contract_count_in((size_t)nread);
            sleep_ms(options->delay_ms);
            contract_work();
            if (send_all(conn_fd, buffer, (size_t)nread) == -1) {
                return contract_end_of_send(errno);
            }
            contract_count_out((size_t)nread);
        }
        nread = recv(conn_fd, buffer, CONTRACT_BUFFER_BYTES, 0);
    } while (nread > 0 || (nread == -1 && errno == EINTR));
    return nread == 0 ? CONTRACT_EOF : contract_end_of_recv(errno);
}

/* End a connection, whose descriptor is gone afterwards. */
static void
conn_close(int conn_fd, enum contract_end why)
{
    contract_client_closed(conn_fd, why);
    close(conn_fd);
}

/* One client, from its first byte to its last. */
static void
conn_serve(int conn_fd)
{
    char buffer[CONTRACT_BUFFER_BYTES];
    size_t nheld = 0;
    enum contract_end end = CONTRACT_OPEN;

    if (options->handshake) {
        end = conn_handshake(conn_fd, buffer, &nheld);
    }
    if (end == CONTRACT_OPEN) {
        end = conn_echo(conn_fd, buffer, nheld);
    }
    conn_close(conn_fd, end);
}

/* Send all of it. Returns 0, or -1 with errno, and then nobody knows how
 * much of it arrived. */
static int
send_all(int conn_fd, const char *bytes, size_t nbytes)
{
    for (size_t nsent = 0; nsent < nbytes;) {
        ssize_t nwritten = send(conn_fd, bytes + nsent, nbytes - nsent, 0);
        if (nwritten == -1 && errno != EINTR) {
            return -1;
        }
        nsent += nwritten > 0 ? (size_t)nwritten : 0;
    }
    return 0;
}

/* From now on recv and send on this descriptor wait no longer than that, then
 * say EAGAIN; 0: for ever, which may take the handshake's limit back. */
static void
set_timeout(int conn_fd, int timeout_ms)
{
    struct timeval limit = {timeout_ms / 1000, timeout_ms % 1000 * 1000L};

    if (timeout_ms > 0 || options->handshake) {
        setsockopt(conn_fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        setsockopt(conn_fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    }
}

/* Sleep, signals or not; 0 returns at once. */
static void
sleep_ms(int time_ms)
{
    struct timespec left = {time_ms / 1000, time_ms % 1000 * 1000000L};

    while (time_ms > 0 && nanosleep(&left, &left) == -1 && errno == EINTR) {
    }
}
