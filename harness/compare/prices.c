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
#include <unistd.h>

#include "harness/base/base.h"

enum {
    ROUNDS = 4,     /* in which each pair moves a message */
    MESSAGES = 256, /* ... and more rounds where pairs are few */
    REPEATS = 4,    /* of a call, to be longer than the clock's */
    WAIT_MS = 1000, /* for an answer, which is there at once */
    STEPS = 24,     /* of code, each of some instructions; compilers differ */
    STEP_INSTRUCTIONS = 10, /* by one or so */
};

/* One of them for each client. */
static struct pair {
    int ends[2];      /* of the client, of the server */
    pthread_t thread; /* that serves it */
    double us;       /* what that took to serve all rounds; NAN: it did not */
    double switches; /* how often it stopped meanwhile */
} pairs[SCENARIO_BARE_CLIENTS];

/* What all have in common. */
static struct {
    int n;         /* pairs */
    int rounds;    /* of messages */
    size_t bytes;  /* of a message */
    int epolls[2]; /* of either end; a load generator has one, too */
    struct pollfd polled[SCENARIO_BARE_CLIENTS]; /* servers' for poll(2) */
    fd_set selected;                             /* and for select(2) */
} market;

static struct epoll_event events[SCENARIO_BARE_CLIENTS];

/* Make so many pairs. False if they cannot be made. Others each time, for two
 * sockets that are in each other's way in the cache would stay so. */
static bool
open_market(const struct engine_options *load)
{
    market.rounds = ROUNDS + MESSAGES / load->clients;
    market.bytes = (size_t)load->message_bytes;
    market.epolls[0] = epoll_create1(EPOLL_CLOEXEC);
    market.epolls[1] = epoll_create1(EPOLL_CLOEXEC);
    FD_ZERO(&market.selected);
    for (market.n = 0; market.n < load->clients; market.n++) {
        int *ends = pairs[market.n].ends;

        connect_pair(ends);
        if (ends[1] == -1) {
            close(ends[0]);
            return false;
        }
        for (int i = 0; i < 2; i++) {
            struct epoll_event event = {EPOLLIN, {.fd = ends[i]}};

            epoll_ctl(market.epolls[i], EPOLL_CTL_ADD, ends[i], &event);
        }
        market.polled[market.n] = (struct pollfd){ends[1], POLLIN, 0};
        FD_SET(ends[1], &market.selected);
    }
    return true;
}

static void
close_market(void)
{
    for (int i = 0; i < 2; i++) {
        close(market.epolls[i]);
        for (int j = 0; j < market.n; j++) {
            close(pairs[j].ends[i]);
        }
    }
}

static bool
echo(const struct pair *pair)
{
    char message[SCENARIO_BARE_BYTES];

    return recv(pair->ends[1], message, market.bytes, MSG_WAITALL) > 0 &&
           send(pair->ends[1], message, market.bytes, MSG_NOSIGNAL) > 0;
}

/* A message from each client. */
static void
feed(void)
{
    static const char message[SCENARIO_BARE_BYTES];

    for (int i = 0; i < market.n; i++) {
        send(pairs[i].ends[0], message, market.bytes, MSG_NOSIGNAL);
    }
}

/* The answer to each. False if one does not come. */
static bool
collect(void)
{
    static char message[SCENARIO_BARE_BYTES];
    int ready = 1;

    for (int done = 0; done < market.n && ready > 0; done += ready) {
        ready = epoll_wait(market.epolls[0], events, market.n, WAIT_MS);
        for (int i = 0; i < ready; i++) {
            recv(events[i].data.fd, message, market.bytes, MSG_WAITALL);
        }
    }
    return ready > 0;
}

/* ---- calls, and code --------------------------------------------------- */

static void
call_epoll_wait(void)
{
    epoll_wait(market.epolls[1], events, market.n, 0);
}

static void
call_select(void)
{
    const struct timespec none = {0};
    fd_set ready = market.selected;

    pselect(pairs[market.n - 1].ends[1] + 1, &ready, NULL, NULL, &none, NULL);
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

    ioctl(pairs[0].ends[1], FIONREAD, &available);
}

/* By a client, whom nobody has answered yet. */
static void
call_recv(void)
{
    char byte;

    recv(pairs[0].ends[0], &byte, 1, MSG_DONTWAIT);
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

static void
echo_all(void)
{
    for (int i = 0; i < market.n; i++) {
        echo(&pairs[i]);
    }
}

/* What has a price. In each round it is called before messages come, and
 * again when they are there. */
static const struct {
    const char *name;   /* in results */
    void (*call)(void); /* what it is for */
    int parts;          /* so many are in both together: who waits looks
                         * twice, in vain, and when it has been woken */
} goods[] = {
    {"epoll_wait", call_epoll_wait, 1},
    {"select", call_select, 1},
    {"poll", call_poll, 1},
    {"ioctl", call_ioctl, 2},
    {"recv", call_recv, 2},
    {"instruction", call_code, 2 * STEPS *STEP_INSTRUCTIONS},
    {"sockets", NULL, 0}, /* measured by themselves */
    {"switch", NULL, 0},
};
enum {
    PRICES = sizeof goods / sizeof goods[0],
    SWITCH = PRICES - 1,
    SOCKETS = SWITCH - 1, /* and before it the calls */
};

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

/* Fill in all prices but of a switch, the means of the rounds. False if a
 * message does not come. */
static bool
run_rounds(double us[PRICES])
{
    bool good = true;

    for (int i = 0; i < 2 * (1 + market.rounds) && good; i++) {
        bool fed = i % 2 == 1;

        if (i == 2) {
            memset(us, 0, PRICES * sizeof *us); /* now sockets are warm */
        }
        if (fed) {
            feed();
        }
        taken_us(NULL, 0); /* the clock has gone cold */
        for (int j = 0; j < SOCKETS; j++) {
            us[j] += (taken_us(goods[j].call, REPEATS) - taken_us(NULL, 0)) /
                     (REPEATS * goods[j].parts * market.rounds);
        }
        if (fed) {
            us[SOCKETS] += taken_us(echo_all, 1) / (market.n * market.rounds);
            good = collect();
        }
    }
    return good;
}

/* ---- switches ---------------------------------------------------------- */

/* The first message finds a thread that does not sleep yet. */
static void *
serve(void *arg)
{
    struct pair *pair = arg;
    struct rusage begin, end;
    bool good = echo(pair);
    int64_t begin_ns;

    getrusage(RUSAGE_THREAD, &begin);
    begin_ns = clock_thread_cpu_ns();
    for (int i = 0; i < market.rounds && good; i++) {
        good = echo(pair);
    }
    pair->us = good ? (double)(clock_thread_cpu_ns() - begin_ns) / 1e3 : NAN;
    getrusage(RUSAGE_THREAD, &end);
    pair->switches = (double)(end.ru_nvcsw + end.ru_nivcsw - begin.ru_nvcsw -
                              begin.ru_nivcsw);
    echo(pair); /* which never comes: ends would disturb the others */
    return NULL;
}

/* What it costs, in us, to fall asleep and be woken by a message: what
 * threads take beyond so much for each. What it takes to wake them is for the
 * client to pay, as everywhere. NAN if it cannot be measured. */
static double
switch_us(double message_us)
{
    double us = 0, switches = 0;
    bool good = true;
    int n = 0;

    while (n < market.n &&
           pthread_create(&pairs[n].thread, NULL, serve, &pairs[n]) == 0) {
        n++;
    }
    for (int i = 0; i <= market.rounds && good; i++) {
        feed();
        good = n == market.n && collect();
    }
    for (int i = 0; i < n; i++) {
        shutdown(pairs[i].ends[0], SHUT_WR); /* that is the end */
        pthread_join(pairs[i].thread, NULL);
        us += pairs[i].us - market.rounds * message_us;
        switches += pairs[i].switches;
    }
    return us / switches;
}

void
prices_measure(struct lives *lives, double floor_us)
{
    double us[PRICES] = {0};
    bool good = open_market(&lives->cell->scenario.load) && run_rounds(us);

    if (market.n == 1) {
        us[SOCKETS] = floor_us;
    }
    us[SWITCH] = switch_us(us[SOCKETS]);
    for (int i = 0; i < PRICES && good; i++) {
        struct slice slice = {.echoes = 1, .server_cpu_us = us[i]};
        char model[RESULTS_NAME_BYTES];

        snprintf(model, sizeof model, RESULTS_PRICE "%s", goods[i].name);
        if (isfinite(us[i]) && (i != SOCKETS || market.n > 1)) {
            lives_keep_slice(lives, model, &slice);
        }
    }
    close_market();
}
