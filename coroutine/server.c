/*
 * coroutine/server.c: code that looks blocking, on a scheduler of our own.
 *
 * Idea          A coroutine for each client; what would wait switches away.
 * Waits in      epoll_pwait2(2), in co.c, once for all of them.
 * State in      each coroutine's own stack; we switch between them.
 * Costs         a stack for each client, but no thread and no kernel switch.
 * Breaks when   one coroutine computes for long: nobody takes its turn away.
 * Survives      reset, half-close, broken pipe, no stack, no descriptors.
 * Compare with  blocking/server.c: the same conn_echo, but for the co_.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "coroutine/co.h"
#include "harness/contract/contract.h"

static void server_run(int listen_fd);
static int conn_accept(int listen_fd);
static enum contract_end conn_handshake(int conn_fd, char *buffer,
                                        size_t *nbuffered);
static enum contract_end conn_echo(int conn_fd, char *buffer,
                                   size_t nbuffered);
static void conn_close(int conn_fd, enum contract_end why);
static void *conn_coroutine(void *arg);
static int co_send_all(int conn_fd, const char *bytes, size_t nbytes);
static error_t parse_own_flag(int key, char *text, struct argp_state *state);
static void *accept_coroutine(void *arg);

/* The flags, set once in main. */
static const struct contract_options *options;

enum {
    /* The buffer below and room for the calls; only the pages that are
     * touched cost memory. */
    STACK_DEFAULT_KIB = 64,
    STACK_MIN_KIB = 32,
    STACK_MAX_KIB = 64 * 1024,
};

static struct co_options co_options = {
    .stack_bytes = STACK_DEFAULT_KIB * 1024UL,
    .switch_by = CO_SWITCH_JUMP,
};

static const struct argp own_flags = {
    .options =
        (const struct argp_option[]){
            {"stack-size", 's', "KIB", 0,
             "Stack of each coroutine (default 64, from 32)", 0},
            {"switch", 'S', "jump|swapcontext", 0,
             "How to switch: by longjmp (default), or by swapcontext, which "
             "makes a system call each time",
             0},
            {0},
        },
    .parser = parse_own_flag,
};

int
main(int argc, char **argv)
{
    options = contract_parse("coroutine", &own_flags, argc, argv);
    server_run(contract_listen());
    return contract_finish();
}

/* Serve until the server is to stop and the last coroutine has returned. */
static void
server_run(int listen_fd)
{
    if (fcntl(listen_fd, F_SETFL, O_NONBLOCK) == -1) {
        contract_die(errno, "make the listener non-blocking");
    }
    if (co_init(&co_options) == -1 ||
        co_spawn_detached(accept_coroutine, (void *)(intptr_t)listen_fd) ==
            -1) {
        contract_die(errno, "start the scheduler");
    }
    contract_ready();
    if (co_run() == -1) {
        contract_die(errno, "wait with epoll");
    }
    co_end();
}

/* Wait for the next client that may stay. Returns its descriptor, which is
 * the caller's, or -1 when the server is to stop. Blocks. */
static int
conn_accept(int listen_fd)
{
    for (;;) {
        int conn_fd = co_accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (conn_fd == -1) {
            enum contract_accept next = contract_accept_error(errno);
            if (next == CONTRACT_ACCEPT_STOP) {
                return -1;
            }
            if (next == CONTRACT_ACCEPT_PAUSE) {
                co_sleep_ms(CONTRACT_ACCEPT_PAUSE_MS);
            }
        } else if (contract_client_opened(conn_fd)) {
            return conn_fd;
        } else {
            co_close(conn_fd);
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
        co_set_timeout(conn_fd, left_ms > 0 ? (int)left_ms : 1);
        ssize_t nread = co_recv(conn_fd, buffer + *nbuffered,
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
    if (co_send_all(conn_fd, CONTRACT_HELLO_REPLY,
                    CONTRACT_HELLO_REPLY_BYTES) == -1) {
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

    co_set_timeout(conn_fd, options->idle_timeout_ms);
    for (;;) {
        if (nread > 0) {
            contract_count_in((size_t)nread);
            co_sleep_ms(options->delay_ms);
            contract_work();
            if (co_send_all(conn_fd, buffer, (size_t)nread) == -1) {
                return contract_end_of(errno);
            }
            contract_count_out((size_t)nread);
        }
        nread = co_recv(conn_fd, buffer, CONTRACT_BUFFER_BYTES, 0);
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
    co_close(conn_fd);
}

/* One client, from its first byte to its last: the body of a coroutine. */
static void *
conn_coroutine(void *arg)
{
    int conn_fd = (int)(intptr_t)arg;
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
    return NULL;
}

/* Send all of it. Returns 0, or -1 with errno, and then nobody knows how
 * much of it arrived. Blocks. */
static int
co_send_all(int conn_fd, const char *bytes, size_t nbytes)
{
    while (nbytes > 0) {
        ssize_t nwritten = co_send(conn_fd, bytes, nbytes, 0);
        if (nwritten == -1 && errno != EINTR) {
            return -1;
        }
        bytes += nwritten > 0 ? nwritten : 0;
        nbytes -= nwritten > 0 ? (size_t)nwritten : 0;
    }
    return 0;
}

static error_t
parse_own_flag(int key, char *text, struct argp_state *state)
{
    (void)state;
    switch (key) {
    case 's':
        co_options.stack_bytes =
            (size_t)contract_parse_number("--stack-size", text, STACK_MIN_KIB,
                                          STACK_MAX_KIB, "KiB") *
            1024;
        return 0;
    case 'S':
        if (strcmp(text, "jump") == 0) {
            co_options.switch_by = CO_SWITCH_JUMP;
        } else if (strcmp(text, "swapcontext") == 0) {
            co_options.switch_by = CO_SWITCH_SWAPCONTEXT;
        } else {
            contract_usage("--switch", text, "jump or swapcontext");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The body of the one coroutine that accepts the others' clients. */
static void *
accept_coroutine(void *arg)
{
    int listen_fd = (int)(intptr_t)arg;
    int conn_fd;

    while ((conn_fd = conn_accept(listen_fd)) != -1) {
        if (co_spawn_detached(conn_coroutine, (void *)(intptr_t)conn_fd) ==
            -1) {
            conn_close(conn_fd, CONTRACT_REFUSED);
            co_sleep_ms(CONTRACT_ACCEPT_PAUSE_MS);
        }
    }
    co_forget(listen_fd);
    return NULL;
}
