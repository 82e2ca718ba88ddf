/*
 * blocking/server.c: one connection at a time.
 *
 * Idea          Accept a client, serve it until it leaves, accept the next.
 * Waits in      accept(2), then recv(2) and send(2) of that one client.
 * State in      the C call stack.
 * Costs         nothing for those who wait: the kernel queues them.
 * Breaks when   one client is silent or slow; all others wait for it.
 * Survives      reset, half-close, broken pipe; needs two descriptors.
 * Compare with  threaded/server.c: the same conn_echo, a thread for each.
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
                                        size_t *nbuffered);
static enum contract_end conn_echo(int conn_fd, char *buffer,
                                   size_t nbuffered);
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
 * the caller's, or -1 when the server is to stop. Blocks. */
static int
conn_accept(int listen_fd)
{
    for (;;) {
        int conn_fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (conn_fd == -1) {
            enum contract_accept next = contract_accept_error(errno);
            if (next == CONTRACT_ACCEPT_STOP) {
                return -1;
            }
            if (next == CONTRACT_ACCEPT_PAUSE) {
                sleep_ms(CONTRACT_ACCEPT_PAUSE_MS);
            }
        } else if (contract_client_opened(conn_fd)) {
            return conn_fd;
        } else {
            close(conn_fd);
        }
    }
}

/* Receive the first line. Returns CONTRACT_OPEN when it is the right one and
 * answered; then the `*nbuffered` bytes that came in behind it are at the
 * start of `buffer`. Anything else is the reason to close. Blocks. */
static enum contract_end
conn_handshake(int conn_fd, char *buffer, size_t *nbuffered)
{
    int64_t deadline_ms = contract_now_ms() + options->handshake_timeout_ms;
    enum contract_hello hello = CONTRACT_HELLO_PARTIAL;
    size_t line_bytes = 0;

    while (hello == CONTRACT_HELLO_PARTIAL) {
        /* The limit is for the whole line, however slowly it drips; but what
         * has come by then counts, hence 1 and not 0, which is for ever. */
        int64_t left_ms = deadline_ms - contract_now_ms();
        set_timeout(conn_fd, left_ms > 0 ? (int)left_ms : 1);
        ssize_t nread = recv(conn_fd, buffer + *nbuffered,
                             CONTRACT_BUFFER_BYTES - *nbuffered, 0);
        if (nread == 0) {
            return CONTRACT_REJECTED;
        }
        if (nread == -1 && errno != EINTR) {
            return contract_end_of(errno);
        }
        *nbuffered += nread > 0 ? (size_t)nread : 0;
        hello = contract_hello(buffer, *nbuffered, &line_bytes);
    }
    if (hello == CONTRACT_HELLO_BAD) {
        return CONTRACT_REJECTED;
    }
    if (send_all(conn_fd, CONTRACT_HELLO_REPLY, CONTRACT_HELLO_REPLY_BYTES) ==
        -1) {
        return contract_end_of(errno);
    }
    *nbuffered -= line_bytes;
    memmove(buffer, buffer + line_bytes, *nbuffered);
    return CONTRACT_OPEN;
}

/* Echo, the `nbuffered` bytes in `buffer` first, until the client ends its
 * side. Returns why it ended. Blocks. */
static enum contract_end
conn_echo(int conn_fd, char *buffer, size_t nbuffered)
{
    ssize_t nread = (ssize_t)nbuffered;

    set_timeout(conn_fd, options->idle_timeout_ms);
    for (;;) {
        if (nread > 0) {
            contract_count_in((size_t)nread);
            sleep_ms(options->delay_ms);
            contract_work();
            if (send_all(conn_fd, buffer, (size_t)nread) == -1) {
                return contract_end_of(errno);
            }
            contract_count_out((size_t)nread);
        }
        nread = recv(conn_fd, buffer, CONTRACT_BUFFER_BYTES, 0);
        if (nread == 0) {
            return CONTRACT_EOF;
        }
        if (nread == -1 && errno != EINTR) {
            return contract_end_of(errno);
        }
    }
}

/* End a connection, whose descriptor is gone afterwards. */
static void
conn_close(int conn_fd, enum contract_end why)
{
    contract_client_closed(conn_fd, why);
    close(conn_fd);
}

/* One client, from its first byte to its last. Blocks until it has left. */
static void
conn_serve(int conn_fd)
{
    char buffer[CONTRACT_BUFFER_BYTES];
    size_t nbuffered = 0;
    enum contract_end end = CONTRACT_OPEN;

    if (options->handshake) {
        end = conn_handshake(conn_fd, buffer, &nbuffered);
    }
    if (end == CONTRACT_OPEN) {
        end = conn_echo(conn_fd, buffer, nbuffered);
    }
    conn_close(conn_fd, end);
}

/* Send all of it. Returns 0, or -1 with errno, and then nobody knows how
 * much of it arrived. Blocks. */
static int
send_all(int conn_fd, const char *bytes, size_t nbytes)
{
    while (nbytes > 0) {
        ssize_t nwritten = send(conn_fd, bytes, nbytes, 0);
        if (nwritten == -1 && errno != EINTR) {
            return -1;
        }
        bytes += nwritten > 0 ? nwritten : 0;
        nbytes -= nwritten > 0 ? (size_t)nwritten : 0;
    }
    return 0;
}

/* From now on recv and send on this descriptor fail with EAGAIN when they
 * had to wait for so long; 0: they wait for ever. The kernel is only asked
 * where a limit is in force or was. */
static void
set_timeout(int conn_fd, int timeout_ms)
{
    struct timeval limit = {
        .tv_sec = timeout_ms / 1000,
        .tv_usec = timeout_ms % 1000 * 1000L,
    };

    if (timeout_ms > 0 || options->handshake) {
        setsockopt(conn_fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        setsockopt(conn_fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    }
}

/* Sleep, signals or not; 0 returns at once. Blocks. */
static void
sleep_ms(int time_ms)
{
    struct timespec left = {
        .tv_sec = time_ms / 1000,
        .tv_nsec = time_ms % 1000 * 1000000L,
    };

    while (time_ms > 0 && nanosleep(&left, &left) == -1 && errno == EINTR) {
    }
}
