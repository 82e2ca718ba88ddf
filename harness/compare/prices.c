/*
 * prices.c: what else there is in an echo than one recv and one send, part by
 * part. See measure.h.
 *
 * The floor moves messages between one pair of sockets, in one thread that
 * never waits. Here are as many pairs as there are clients, for many sockets
 * are dearer than one; calls that wait; and threads that sleep until a
 * message wakes them. Nothing is taken from a server: that the prices add up
 * to what one costs is a result, and what is left over is one, too.
 */
#include "harness/compare/measure.h"

#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/base.h"

enum {
    PAIRS_MAX = SCENARIO_BARE_CLIENTS,
    ROUNDS = 4,     /* in which each pair moves a message */
    MESSAGES = 32,  /* ... and more rounds where pairs are few */
    REPEATS = 4,    /* of a call, to be longer than the clock's */
    WAKES = 256,    /* of all threads together, at least */
    WAIT_MS = 1000, /* for a thread, which is there at once */
    STEPS = 24,     /* of code */
    STEP_INSTRUCTIONS =
        10, /* in each; some compilers make one more or less */
};

/* The sockets, and what waits for them. */
static struct {
    int n;                           /* pairs */
    size_t bytes;                    /* of a message */
    int clients[PAIRS_MAX];          /* one end of each */
    int servers[PAIRS_MAX];          /* the other */
    int client_epoll;                /* a load generator has one */
    int server_epoll;                /* for the calls that wait */
    struct pollfd polled[PAIRS_MAX]; /* the same for poll(2) */
    fd_set selected;                 /* and for select(2) */
    _Atomic bool over;               /* the threads shall end */
} market;

static struct epoll_event events[PAIRS_MAX];

/* ---- sockets ----------------------------------------------------------- */

/* Make so many pairs. False if they cannot be made. Others each time, for two
 * sockets that are in each other's way in the cache would stay so. */
static bool
open_market(const struct scenario *scenario)
{
    int pair[2] = {-1, 0};

    market.bytes = (size_t)scenario->load.message_bytes;
    market.client_epoll = epoll_create1(EPOLL_CLOEXEC);
    market.server_epoll = epoll_create1(EPOLL_CLOEXEC);
    FD_ZERO(&market.selected);
    for (int i = 0; i < scenario->load.clients && pair[1] != -1; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = i};

        connect_pair(pair);
        market.clients[i] = pair[0];
        market.servers[i] = pair[1];
        market.n = i + 1;
        epoll_ctl(market.client_epoll, EPOLL_CTL_ADD, pair[0], &event);
        epoll_ctl(market.server_epoll, EPOLL_CTL_ADD, pair[1], &event);
        market.polled[i] = (struct pollfd){.fd = pair[1], .events = POLLIN};
        if (pair[1] >= 0 && pair[1] < FD_SETSIZE) {
            FD_SET(pair[1], &market.selected);
        }
    }
    return pair[1] != -1;
}

static void
close_market(void)
{
    close(market.client_epoll);
    close(market.server_epoll);
    while (market.n > 0) {
        close(market.clients[--market.n]);
        close(market.servers[market.n]);
    }
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
            recv(market.clients[events[i].data.fd], message, market.bytes,
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

static void
echo_all(void)
{
    for (int i = 0; i < market.n; i++) {
        echo(market.servers[i]);
    }
}

/* ---- calls, and code --------------------------------------------------- */

static void
call_epoll_wait(void)
{
    epoll_wait(market.server_epoll, events, market.n, 0);
}

static void
call_select(void)
{
    const struct timespec none = {0};
    fd_set ready = market.selected;

    pselect(market.servers[market.n - 1] + 1, &ready, NULL, NULL, &none,
            NULL);
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

/* From a client, whom nobody has answered yet. */
static void
call_recv(void)
{
    char byte;

    recv(market.clients[0], &byte, 1, MSG_DONTWAIT);
}

/* Code as servers have it: it takes branches, and calls by pointers. */
static unsigned
half(unsigned number)
{
    return number / 2;
}

static unsigned
triple(unsigned number)
{
    return 3 * number + 1;
}

static void
call_code(void)
{
    static unsigned (*const volatile steps[])(unsigned) = {half, triple};
    volatile unsigned number = 27; /* from where it is 111 steps to 1 */

    for (int i = 0; i < STEPS; i++) {
        number = steps[number % 2](number);
    }
}

static const struct {
    const char *name;   /* of the price */
    void (*call)(void); /* so many of what it is for */
    int parts;          /* how many */
    bool waits;         /* to find what is ready it looks twice if it has to
                         * sleep: in vain, and when it has been woken */
} calls[] = {
    {"epoll_wait", call_epoll_wait, 1, true},
    {"select", call_select, 1, true},
    {"poll", call_poll, 1, true},
    {"ioctl", call_ioctl, 1, false},
    {"recv", call_recv, 1, false},
    {"instruction", call_code, STEPS *STEP_INSTRUCTIONS, false},
};

#define CALLS (sizeof calls / sizeof calls[0])

/* What something takes by the thread's clock, in us, the clock included. */
static double
taken_us(void (*call)(void), int times)
{
    int64_t begin_ns = clock_thread_cpu_ns();

    for (int i = 0; i < times; i++) {
        call();
    }
    return (double)(clock_thread_cpu_ns() - begin_ns) / 1e3;
}

/* Add what the calls take that are made while messages are there, or not. */
static void
add_calls(double call_us[CALLS], bool ready)
{
    taken_us(NULL, 0); /* the clock has gone cold */
    for (size_t i = 0; i < CALLS; i++) {
        if (ready || calls[i].waits) {
            call_us[i] +=
                (taken_us(calls[i].call, REPEATS) - taken_us(NULL, 0)) /
                (REPEATS * calls[i].parts);
        }
    }
}

/* What each call takes, and a message where many sockets take turns: in us,
 * the means of some rounds. False if a message does not come. */
static bool
run_rounds(double call_us[CALLS], double *message_us)
{
    int rounds = ROUNDS + MESSAGES / market.n;

    feed();
    echo_all(); /* sockets have to warm up */
    if (!collect()) {
        return false;
    }
    for (int round = 0; round < rounds; round++) {
        add_calls(call_us, false);
        feed();
        add_calls(call_us, true);
        *message_us += taken_us(echo_all, 1);
        if (!collect()) {
            return false;
        }
    }
    for (size_t i = 0; i < CALLS; i++) {
        call_us[i] /= rounds;
    }
    *message_us /= rounds * market.n;
    return true;
}

/* ---- switches ---------------------------------------------------------- */

static void *
serve(void *arg)
{
    while (!market.over) {
        echo(*(const int *)arg);
    }
    return NULL;
}

/* The CPU time and the context switches of all threads but this one. */
struct others {
    double us;       /* so far */
    double switches; /* so far, voluntary or not */
};

static struct others
look_at_others(void)
{
    struct rusage all, own;
    struct timespec all_cpu;

    getrusage(RUSAGE_SELF, &all);
    getrusage(RUSAGE_THREAD, &own);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &all_cpu);
    return (struct others){
        .us = (double)all_cpu.tv_sec * 1e6 + (double)all_cpu.tv_nsec / 1e3 -
              (double)clock_thread_cpu_ns() / 1e3,
        .switches = (double)(all.ru_nvcsw + all.ru_nivcsw - own.ru_nvcsw -
                             own.ru_nivcsw),
    };
}

/* What it costs, in us, to fall asleep and be woken by a message: what
 * threads take beyond so much for each. What it takes to wake them is for the
 * client to pay, as everywhere. NAN if it cannot be measured. */
static double
run_threads(double message_us)
{
    pthread_t threads[PAIRS_MAX];
    int rounds = WAKES / market.n;
    struct others begin = {0}, end;
    bool good = true;
    int n = 0;

    while (n < market.n && pthread_create(&threads[n], NULL, serve,
                                          &market.servers[n]) == 0) {
        n++;
    }
    /* The first round finds threads that do not sleep yet. */
    for (int i = 0; i <= rounds && good && n == market.n; i++) {
        begin = i == 1 ? look_at_others() : begin;
        feed();
        good = collect();
    }
    end = look_at_others();
    market.over = true;
    feed();
    for (int i = 0; i < n; i++) {
        pthread_join(threads[i], NULL);
    }
    market.over = false;
    return good && n == market.n
               ? (end.us - begin.us - rounds * n * message_us) /
                     (end.switches - begin.switches)
               : NAN;
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
    double call_us[CALLS] = {0};
    double message_us = 0;
    bool good = open_market(&lives->cell->scenario) &&
                run_rounds(call_us, &message_us);

    for (size_t i = 0; i < CALLS && good; i++) {
        keep(lives, calls[i].name, call_us[i]);
    }
    if (market.n > 1) {
        keep(lives, "sockets", good ? message_us : NAN);
    }
    keep(lives, "switch",
         good ? run_threads(market.n > 1 ? message_us : floor_us) : NAN);
    close_market();
}
