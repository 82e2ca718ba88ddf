/*
 * coroutine/server.c: code that looks blocking, on a scheduler of our own.
 *
 * Idea          A coroutine for each client; what would wait switches away.
 * Waits in      epoll_pwait2(2), in co_io.c, once for all of them.
 * State in      each coroutine's own stack; we switch between them.
 * Costs         a stack for each client, but no thread and no kernel switch.
 * Breaks when   one coroutine computes for long: nobody takes its turn away.
 * Survives      reset, half-close, broken pipe, no stack, no descriptors.
 * Compare with  threaded/server.c: the same server_run, but for the co_.
 * Awkward       EINTR never comes from a co_ call: it is here to line up.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "coroutine/co.h"
#include "harness/contract/contract.h"

static void server_run(int listen_fd);
static int conn_accept(int listen_fd);
static enum contract_end conn_handshake(int conn_fd, char *buffer,
                                        size_t *nheld);
static enum contract_end conn_echo(int conn_fd, char *buffer, size_t nheld);
static void conn_close(int conn_fd, enum contract_end why);
static void conn_serve(int conn_fd);
static int send_all(int conn_fd, const char *bytes, size_t nbytes);
static int spawn(int conn_fd);

/* The flags, set once in main. */
static const struct contract_options *options;

static struct co_options co_options = {
    .stack_kib = 64, /* what it touches costs memory */
    .switch_by = CO_SWITCH_JUMP,
};

static const struct flag own_flags[] = {
    FLAG_NUMBER("stack-size", 's', "KiB", &co_options.stack_kib, 32,
                64 * 1024, "Stack of each coroutine (default 64, from 32)"),
    FLAG_WORD("switch", 'S', "jump|swapcontext", &co_options.switch_by,
              "How to switch: by longjmp (default), or by swapcontext, which "
              "makes a system call each time"),
    {0},
};

int
main(int argc, char **argv)
{
    options = contract_parse("coroutine", own_flags, argc, argv);
    if (co_run(&co_options, server_run, contract_listen()) == -1) {
        contract_die(errno, "run the coroutines");
    }
    return contract_finish();
}

/* Serve until the server is to stop: a coroutine for each client. */
static void
server_run(int listen_fd)
{
    int conn_fd;

    contract_ready();
    while ((conn_fd = conn_accept(listen_fd)) != -1) {
        if (spawn(conn_fd) == -1) {
            conn_close(conn_fd, CONTRACT_REFUSED);
            co_sleep_ms(CONTRACT_ACCEPT_PAUSE_MS);
        }
    }
}

/* Wait for the next client that may stay. Returns its descriptor, which is
 * the caller's, or -1 when the server is to stop. */
static int
conn_accept(int listen_fd)
{
    for (;;) {
        int conn_fd = co_accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (conn_fd == -1) {
            int pause_ms = contract_accept_error(errno);
            if (pause_ms == -1) {
                return -1;
            }
            co_sleep_ms(pause_ms);
        } else if (contract_client_opened(conn_fd)) {
            return conn_fd;
        } else {
            co_close(conn_fd);
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
        co_set_timeout(conn_fd, left_ms > 0 ? (int)left_ms : 1);
        ssize_t nread = co_recv(conn_fd, buffer + *nheld,
                                CONTRACT_BUFFER_BYTES - *nheld, 0);
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

    co_set_timeout(conn_fd, options->idle_timeout_ms);
    do {
        if (nread > 0) {
            contract_count_in((size_t)nread);
            co_sleep_ms(options->delay_ms);
            contract_work();
            if (send_all(conn_fd, buffer, (size_t)nread) == -1) {
                return contract_end_of_send(errno);
            }
            contract_count_out((size_t)nread);
        }
        nread = co_recv(conn_fd, buffer, CONTRACT_BUFFER_BYTES, 0);
    } while (nread > 0 || (nread == -1 && errno == EINTR));
    return nread == 0 ? CONTRACT_EOF : contract_end_of_recv(errno);
}

/* End a connection, whose descriptor is gone afterwards. */
static void
conn_close(int conn_fd, enum contract_end why)
{
    contract_client_closed(conn_fd, why);
    co_close(conn_fd);
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
        ssize_t nwritten = co_send(conn_fd, bytes + nsent, nbytes - nsent, 0);
        if (nwritten == -1 && errno != EINTR) {
            return -1;
        }
        nsent += nwritten > 0 ? (size_t)nwritten : 0;
    }
    return 0;
}

/* Serve conn_fd in a coroutine of its own, which closes it in the end.
 * Returns 0, or -1 when there is none to be had: then conn_fd is the
 * caller's. */
static int
spawn(int conn_fd)
{
    return co_spawn(conn_serve, conn_fd);
}
