/*
 * prices.c: what else there is in an echo than one recv and one send, part by
 * part. See measure.h.
 *
 * The floor moves messages between one pair of sockets, in one thread that
 * never waits. Here are as many pairs as there are clients, because many
 * sockets are dearer than one; calls that wait, which find all of them ready,
 * as in a closed loop they mostly do; and threads that sleep until a message
 * wakes them. Nothing is taken from a server: that these prices add up to
 * what one costs is a result, and what is left over is one, too.
 */
#include "harness/compare/measure.h"

#include <linux/futex.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/base.h"

enum {
    PAIRS_MAX = SCENARIO_BARE_CLIENTS,
    ROUNDS = 4,            /* in which each pair moves a message */
    REPEATS = 4,           /* of a call, to be longer than the clock's */
    WAKES = 384,           /* of all threads together, at least */
    WAIT_MS = 1000,        /* for a thread, which is there at once */
    SPINS = 8192,          /* of the loop by which instructions are timed */
    SPIN_INSTRUCTIONS = 5, /* in each: load, add, store, count, branch */
};

/* The sockets of the present scenario, and what waits for them. */
static struct {
    int n;                           /* pairs; 0: there are none */
    size_t bytes;                    /* of a message */
    int clients[PAIRS_MAX];          /* one end of each */
    int servers[PAIRS_MAX];          /* the other */
    int client_epoll;                /* a load generator has one */
    int server_epoll;                /* for the calls that wait */
    struct pollfd polled[PAIRS_MAX]; /* the same for poll(2) */
    fd_set selected;                 /* and for select(2) */
    int select_end;                  /* one more than the last of it */
    volatile bool over;              /* the threads shall end */
} market;

static struct epoll_event events[PAIRS_MAX];

/* ---- sockets ----------------------------------------------------------- */

void
prices_begin(const struct scenario *scenario)
{
    int pair[2];

    memset(&market, 0, sizeof market);
    market.bytes = (size_t)scenario->load.message_bytes;
    market.client_epoll = epoll_create1(EPOLL_CLOEXEC);
    market.server_epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < scenario->load.clients; i++) {
        struct epoll_event event = {.events = EPOLLIN,
                                    .data.u32 = (uint32_t)i};

        connect_pair(pair);
        if (pair[1] == -1 || pair[1] >= FD_SETSIZE) {
            close(pair[0]);
            close(pair[1]);
            prices_end();
            return;
        }
        market.clients[i] = pair[0];
        market.servers[i] = pair[1];
        market.n++;
        epoll_ctl(market.client_epoll, EPOLL_CTL_ADD, pair[0], &event);
        epoll_ctl(market.server_epoll, EPOLL_CTL_ADD, pair[1], &event);
        market.polled[i] = (struct pollfd){.fd = pair[1], .events = POLLIN};
        FD_SET(pair[1], &market.selected);
        market.select_end =
            pair[1] < market.select_end ? market.select_end : pair[1] + 1;
    }
}

void
prices_end(void)
{
    while (market.n > 0) {
        market.n--;
        close(market.clients[market.n]);
        close(market.servers[market.n]);
    }
    close(market.client_epoll);
    close(market.server_epoll);
}

/* A message from each client. */
static void
feed(void)
{
    static const char message[SCENARIO_BARE_BYTES];

    for (int i = 0; i < market.n; i++) {
        send(market.clients[i], message, market.bytes, MSG_NOSIGNAL);
    }
}

/* The answer to each. False if one does not come. */
static bool
collect(void)
{
    static char message[SCENARIO_BARE_BYTES];
    int ready;

    for (int done = 0; done < market.n; done += ready) {
        ready = epoll_wait(market.client_epoll, events, market.n, WAIT_MS);
        if (ready <= 0) {
            return false;
        }
        for (int i = 0; i < ready; i++) {
            recv(market.clients[events[i].data.u32], message, market.bytes,
                 MSG_WAITALL);
        }
    }
    return true;
}

static void
echo(int fd)
{
    char message[SCENARIO_BARE_BYTES];

    if (recv(fd, message, market.bytes, MSG_WAITALL) > 0 && !market.over) {
        send(fd, message, market.bytes, MSG_NOSIGNAL);
    }
}

/* ---- calls ------------------------------------------------------------- */

static void
call_nothing(void)
{
}

static void
call_epoll_wait(void)
{
    epoll_wait(market.server_epoll, events, market.n, 0);
}

static void
call_select(void)
{
    fd_set ready = market.selected;
    struct timespec none = {0};

    pselect(market.select_end, &ready, NULL, NULL, &none, NULL);
}

static void
call_poll(void)
{
    poll(market.polled, (nfds_t)market.n, 0);
}

static void
call_ioctl(void)
{
    int available;

    ioctl(market.servers[0], FIONREAD, &available);
}

static void
call_futex(void)
{
    static int nobody;

    syscall(SYS_futex, &nobody, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* From a client, whom nobody answers just then. */
static void
call_recv(void)
{
    char byte;

    recv(market.clients[0], &byte, 1, MSG_DONTWAIT);
}

/* As strace calls them, or the others of their kind. The first is what it
 * takes to look at the clock. */
static const struct {
    const char *name;
    void (*call)(void);
} calls[] = {
    {"", call_nothing},      {"epoll_wait", call_epoll_wait},
    {"select", call_select}, {"poll", call_poll},
    {"ioctl", call_ioctl},   {"futex", call_futex},
    {"recv", call_recv},
};

enum {
    CALLS = sizeof calls / sizeof calls[0]
};

/* Some rounds; what each call takes, in us, and a message among many. */
static double
run_rounds(double call_us[CALLS])
{
    double message_us = 0;

    memset(call_us, 0, CALLS * sizeof *call_us);
    for (int round = 0; round < ROUNDS; round++) {
        int64_t begin_ns;

        feed();
        for (int i = 0; i < CALLS; i++) {
            begin_ns = clock_thread_cpu_ns();
            for (int j = 0; j < REPEATS; j++) {
                calls[i].call();
            }
            call_us[i] += (double)(clock_thread_cpu_ns() - begin_ns) / 1e3 /
                          (REPEATS * ROUNDS);
        }
        begin_ns = clock_thread_cpu_ns();
        for (int i = 0; i < market.n; i++) {
            echo(market.servers[i]);
        }
        message_us += (double)(clock_thread_cpu_ns() - begin_ns) / 1e3 /
                      (ROUNDS * market.n);
        if (!collect()) {
            return NAN;
        }
    }
    return message_us;
}

/* ---- switches, instructions -------------------------------------------- */

static void *
serve(void *arg)
{
    int fd = *(const int *)arg;

    while (!market.over) {
        echo(fd);
    }
    return NULL;
}

/* The CPU time of all threads but this one. */
static double
others_us(void)
{
    struct timespec all;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &all);
    return (double)all.tv_sec * 1e6 + (double)all.tv_nsec / 1e3 -
           (double)clock_thread_cpu_ns() / 1e3;
}

/* What a message costs, in us, where each finds a thread asleep. What it
 * takes to wake that is for the client to pay, as everywhere. */
static double
run_threads(void)
{
    pthread_t threads[PAIRS_MAX];
    int rounds = WAKES / market.n;
    bool good = true;
    double begin_us = 0;
    double us;
    int n = 0;

    while (n < market.n && pthread_create(&threads[n], NULL, serve,
                                          &market.servers[n]) == 0) {
        n++;
    }
    /* The first round finds threads that do not sleep yet. */
    for (int i = 0; i <= rounds && good && n == market.n; i++) {
        if (i == 1) {
            begin_us = others_us();
        }
        feed();
        good = collect();
    }
    us = (others_us() - begin_us) / (rounds * market.n);
    market.over = true;
    feed();
    for (int i = 0; i < n; i++) {
        pthread_join(threads[i], NULL);
    }
    return good && n == market.n ? us : NAN;
}

/* A thousandth of a share of an echo: an exact price of instructions would
 * need a CPU that counts them. */
static double
spin(void)
{
    volatile unsigned sum = 0;
    int64_t begin_ns = clock_thread_cpu_ns();

    for (unsigned i = 0; i < SPINS; i++) {
        sum += i;
    }
    return (double)(clock_thread_cpu_ns() - begin_ns) / 1e3 /
           (SPINS * SPIN_INSTRUCTIONS);
}

/* ---- all of them ------------------------------------------------------- */

static void
keep(struct lives *lives, const char *name, double us)
{
    struct slice slice = {.echoes = 1, .server_cpu_us = us};
    char model[RESULTS_NAME_BYTES];

    snprintf(model, sizeof model, RESULTS_PRICE "%s", name);
    if (isfinite(us)) {
        lives_keep_slice(lives, model, &slice);
    }
}

void
prices_measure(struct lives *lives, double floor_us)
{
    double call_us[CALLS];
    double message_us;

    if (market.n == 0) {
        return;
    }
    market.over = false;
    message_us = run_rounds(call_us);
    for (int i = 1; i < CALLS; i++) {
        keep(lives, calls[i].name, call_us[i] - call_us[0]);
    }
    if (market.n > 1) {
        keep(lives, "sockets", message_us);
    } else {
        message_us = floor_us;
    }
    keep(lives, "switch", run_threads() - message_us);
    keep(lives, "instruction", spin());
}
