/*
 * test_co_generated.c: the scheduler under traffic that nobody thought of.
 *
 * Pairs of sockets, of TCP and of AF_UNIX. On one end of each a coroutine
 * sends and another receives what a third, on the other end, echoes; all by
 * chance: how much at a time, when others get a turn, when patience ends,
 * when an urgent byte comes between. Every byte is compared at both ends. An
 * edge of epoll that is lost makes somebody wait for ever: when nothing at
 * all has moved for a while, that is a failure. A failure names the seed.
 */
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/co_body.h"
#include "tests/unit/run_suite.h"

enum {
    LOTS = 4,   /* each in a process of its own, ... */
    SEEDS = 15, /* ... which takes so many seeds, one after the other */
    PAIRS_MAX = 300,
    BUFFER_BYTES = 5000,
    SMALL_SOCKET_BYTES = 16384, /* so that to send has to wait, too */
    SILENCE_MS = 5000,          /* so long nothing moves only if it hangs */
    LOOK_EACH_MS = 20,
};

/* One connection. */
static struct pair {
    int near_fd;          /* sends, and receives the echo */
    int far_fd;           /* echoes */
    size_t total_bytes;   /* to be sent */
    size_t nechoed;       /* of these have passed the far end */
    size_t nreceived;     /* of these are back */
    bool is_urgent_to_be; /* one urgent byte is still to be sent. A second
                           * would put the first back into the stream. */
} pairs[PAIRS_MAX];

static int seed;
static size_t npairs;    /* of pairs[] in use */
static size_t nfinished; /* of these have all their bytes back */
static size_t nmoved;    /* bytes received in all */

static size_t
below(size_t bound)
{
    return (size_t)random() % bound;
}

/* Most are small. */
static size_t
some_bytes(void)
{
    return 1 + below(below(3) > 0 ? 100 : BUFFER_BYTES);
}

static unsigned char
pattern(const struct pair *pair, size_t offset)
{
    return (unsigned char)(31 * offset + offset / 251 +
                           7 * (size_t)(pair - pairs));
}

/* An assertion of Check's writes to a file each time: not for every byte. */
static void
compare(const struct pair *pair, const unsigned char *bytes, size_t offset,
        size_t nbytes)
{
    for (size_t i = 0; i < nbytes; i++) {
        if (bytes[i] != pattern(pair, offset + i)) {
            ck_abort_msg("seed %d, pair %td, offset %zu: a wrong byte", seed,
                         pair - pairs, offset + i);
        }
    }
}

/* Send all of it, however often patience ends. */
static void
send_all(int fd, const unsigned char *bytes, size_t nbytes)
{
    while (nbytes > 0) {
        ssize_t nwritten = co_send(fd, bytes, nbytes, MSG_NOSIGNAL);
        if (nwritten == -1 && errno != EAGAIN) {
            ck_abort_msg("seed %d: send: %s", seed, strerror(errno));
        }
        bytes += nwritten > 0 ? nwritten : 0;
        nbytes -= nwritten > 0 ? (size_t)nwritten : 0;
    }
}

/* Receive something, however often patience ends; 0 at the end. */
static size_t
receive_some(int fd, unsigned char *buffer, size_t nbytes)
{
    for (;;) {
        ssize_t nread = co_recv(fd, buffer, nbytes, 0);
        if (nread != -1) {
            nmoved += (size_t)nread;
            return (size_t)nread;
        }
        if (errno != EAGAIN) {
            ck_abort_msg("seed %d: recv: %s", seed, strerror(errno));
        }
    }
}

static void
pass_the_time(void)
{
    switch (below(6)) {
    case 0:
        co_give_way();
        break;
    case 1:
        co_sleep_ms((int)below(3));
        break;
    default:
        break;
    }
}

static void *
send_everything(void *arg)
{
    struct pair *pair = arg;
    unsigned char bytes[BUFFER_BYTES];
    size_t sent = 0;

    while (sent < pair->total_bytes) {
        size_t nbytes = some_bytes();
        if (nbytes > pair->total_bytes - sent) {
            nbytes = pair->total_bytes - sent;
        }
        for (size_t i = 0; i < nbytes; i++) {
            bytes[i] = pattern(pair, sent + i);
        }
        send_all(pair->near_fd, bytes, nbytes);
        sent += nbytes;
        if (below(5) == 0) { /* faster than it is read */
            pass_the_time();
        }
        if (pair->is_urgent_to_be && below(6) == 0) {
            pair->is_urgent_to_be = false;
            send(pair->near_fd, "!", 1, MSG_OOB | MSG_DONTWAIT);
        }
    }
    shutdown(pair->near_fd, SHUT_WR);
    return NULL;
}

static void *
echo_everything(void *arg)
{
    struct pair *pair = arg;
    unsigned char buffer[BUFFER_BYTES];
    size_t nread;

    do {
        if (below(4) == 0) {
            co_set_timeout(pair->far_fd, (int)below(3));
        }
        nread = receive_some(pair->far_fd, buffer, some_bytes());
        compare(pair, buffer, pair->nechoed, nread);
        pair->nechoed += nread;
        send_all(pair->far_fd, buffer, nread);
    } while (nread > 0);
    shutdown(pair->far_fd, SHUT_WR);
    return NULL;
}

static void *
receive_everything(void *arg)
{
    struct pair *pair = arg;
    unsigned char buffer[BUFFER_BYTES];
    size_t nread;

    do {
        pass_the_time();
        nread = receive_some(pair->near_fd, buffer, some_bytes());
        compare(pair, buffer, pair->nreceived, nread);
        pair->nreceived += nread;
    } while (nread > 0);
    return NULL;
}

static void *
use_pair(void *arg)
{
    struct pair *pair = arg;
    struct co *parts[] = {
        co_create(send_everything, arg),
        co_create(echo_everything, arg),
        co_create(receive_everything, arg),
    };

    for (int i = 0; i < 3; i++) {
        ck_assert_ptr_nonnull(parts[i]);
        co_join(parts[i]);
    }
    ck_assert_msg(pair->nechoed == pair->total_bytes &&
                      pair->nreceived == pair->total_bytes,
                  "seed %d, pair %td: of %zu bytes %zu were echoed and %zu "
                  "came back",
                  seed, pair - pairs, pair->total_bytes, pair->nechoed,
                  pair->nreceived);
    co_close(pair->near_fd);
    co_close(pair->far_fd);
    nfinished++;
    return NULL;
}

static void *
watch_for_silence(void *arg)
{
    size_t seen = 0;
    int silent_ms = 0;

    (void)arg;
    while (nfinished < npairs) {
        co_sleep_ms(LOOK_EACH_MS);
        silent_ms = nmoved + nfinished == seen ? silent_ms + LOOK_EACH_MS : 0;
        seen = nmoved + nfinished;
        if (silent_ms >= SILENCE_MS) {
            ck_abort_msg("seed %d: after %zu bytes %zu of %zu pairs wait for "
                         "ever",
                         seed, nmoved, npairs - nfinished, npairs);
        }
    }
    return NULL;
}

static void
connect_pair(struct pair *pair)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t address_bytes = sizeof address;
    struct sockaddr *any = (struct sockaddr *)&address;
    const int nbytes = SMALL_SOCKET_BYTES;
    int listen_fd = socket(AF_INET, SOCK_STREAM, 0);

    if (below(2) == 0) {
        setsockopt(listen_fd, SOL_SOCKET, SO_RCVBUF, &nbytes, sizeof nbytes);
    }
    ck_assert_int_eq(bind(listen_fd, any, address_bytes), 0);
    ck_assert_int_eq(listen(listen_fd, 1), 0);
    ck_assert_int_eq(getsockname(listen_fd, any, &address_bytes), 0);
    pair->near_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (below(2) == 0) {
        setsockopt(pair->near_fd, SOL_SOCKET, SO_SNDBUF, &nbytes,
                   sizeof nbytes);
    }
    ck_assert_int_eq(connect(pair->near_fd, any, address_bytes), 0);
    pair->far_fd = accept(listen_fd, NULL, NULL);
    ck_assert_int_ne(pair->far_fd, -1);
    close(listen_fd);
}

static void
connect_and_use(struct pair *pair, size_t bytes_max)
{
    bool is_tcp = below(3) > 0;
    int ends[2];

    *pair = (struct pair){.total_bytes = below(bytes_max),
                          .is_urgent_to_be = is_tcp && below(2) == 0};
    if (is_tcp) {
        connect_pair(pair);
    } else {
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        pair->near_fd = ends[0];
        pair->far_fd = ends[1];
    }
    spawn_body(use_pair, pair);
}

static void
run_seed(void)
{
    const struct co_options options = {
        .stack_kib = 128,
        .switch_by = seed % 4 == 3 ? CO_SWITCH_SWAPCONTEXT : CO_SWITCH_JUMP,
    };
    bool is_crowd = seed % 10 == 9;

    srandom((unsigned)seed);
    npairs = is_crowd ? PAIRS_MAX : 1 + below(30);
    nfinished = 0;
    nmoved = 0;
    ck_assert_int_eq(scheduler_begin(&options), 0);
    for (size_t i = 0; i < npairs; i++) {
        connect_and_use(&pairs[i], is_crowd ? 10000 : 100000);
    }
    spawn_body(watch_for_silence, NULL);
    ck_assert_int_eq(scheduler_run(), 0);
    scheduler_end();
}

TEST_TIMES(test_every_byte_arrives_whatever_happens_when, LOTS)
{
    for (seed = _i * SEEDS; seed < (_i + 1) * SEEDS; seed++) {
        run_seed();
    }
}
