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
    STEPS = 24,     /* of code, each of so many instructions, or one less: */
    STEP_INSTRUCTIONS = 10,
};

/* What has a price. */
enum price {
    EPOLL_WAIT,
    IOCTL,
    RECV,        /* in vain */
    INSTRUCTION, /* outside of the kernel */
    SELECT,
    POLL,
    SOCKETS, /* a recv and a send, where many sockets take turns */
    SWITCH,  /* to fall asleep and be woken */
    PRICES,
};
static const char *const names[PRICES] = {
    "epoll_wait", "ioctl", "recv",    "instruction",
    "select",     "poll",  "sockets", "switch",
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
static char message[SCENARIO_BARE_BYTES]; /* of the clients */

/* Make so many pairs. False if they cannot be made, or select(2) cannot have
 * them. Others each time, for two sockets that are in each other's way in the
 * cache would stay so. */
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
        if (ends[1] == -1 || ends[1] >= FD_SETSIZE) {
            close(ends[0]);
            close(ends[1]);
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
    char bytes[SCENARIO_BARE_BYTES];

    return recv(pair->ends[1], bytes, market.bytes, MSG_WAITALL) > 0 &&
           send(pair->ends[1], bytes, market.bytes, MSG_NOSIGNAL) > 0;
}

/* A message from each of these clients. */
static void
feed(int begin, int end)
{
    for (int i = begin; i < end; i++) {
        send(pairs[i].ends[0], message, market.bytes, MSG_NOSIGNAL);
    }
}

/* The answer to each. False if one does not come. */
static bool
collect(void)
{
    int ready = 1;

    for (int done = 0; done < market.n && ready > 0; done += ready) {
        ready = epoll_wait(market.epolls[0], events, market.n, WAIT_MS);
        for (int i = 0; i < ready; i++) {
            recv(events[i].data.fd, message, market.bytes, MSG_WAITALL);
        }
    }
    return ready > 0;
}

/* ---- without sleep ----------------------------------------------------- */

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

/* Returns of how many this is the price. Who waits looks twice: in vain, when
 * select and poll enter the queue of each socket, and as it has been woken.
 */
static double
buy(enum price what)
{
    static unsigned (*const volatile steps[])(unsigned) = {half, triple};
    const int *ends = pairs[market.n - 1].ends;
    volatile unsigned number = 27; /* from where it is 111 steps to 1 */
    fd_set ready;
    int answer;

    switch (what) {
    case EPOLL_WAIT:
        epoll_wait(market.epolls[1], events, market.n, 0);
        return 0.5;
    case SELECT:
        ready = market.selected;
        pselect(ends[1] + 1, &ready, NULL, NULL, NULL, NULL);
        return 0.5;
    case POLL:
        poll(market.polled, (nfds_t)market.n, -1);
        return 0.5;
    case IOCTL:
        ioctl(ends[1], FIONREAD, &answer);
        return 1;
    case RECV: /* by a client, whom nobody has answered yet */
        recv(ends[0], &answer, 1, MSG_DONTWAIT);
        return 1;
    case INSTRUCTION:
        for (int i = 0; i < STEPS; i++) {
            number = steps[number % 2](number);
        }
        return STEPS * STEP_INSTRUCTIONS;
    default: /* of a message, SOCKETS */
        for (int i = 0; i < market.n; i++) {
            echo(&pairs[i]);
        }
        return market.n;
    }
}

/* What one takes by the thread's clock, in us, which takes time itself. */
static double
price_us(enum price what, int times)
{
    int64_t clock_ns = clock_thread_cpu_ns();
    int64_t begin_ns = clock_thread_cpu_ns();
    double parts = 0;

    for (int i = 0; i < times; i++) {
        parts += buy(what);
    }
    clock_ns = begin_ns - clock_ns;
    return (double)(clock_thread_cpu_ns() - begin_ns - clock_ns) / 1e3 /
           parts;
}

/* Fill in all prices but of a switch, the means of the rounds: half of each
 * before messages are there, but for the last. False if one never comes. */
static bool
run_rounds(double us[PRICES])
{
    const int last = market.n - 1;
    const int feeds[][2] = {{0, 0}, {last, market.n}, {0, last}};
    bool good = true;

    for (int round = 0; round <= market.rounds && good; round++) {
        for (int fed = 0; fed < 3; fed++) {
            feed(feeds[fed][0], feeds[fed][1]);
            clock_thread_cpu_ns(); /* it has gone cold */
            for (enum price i = fed == 1 ? SELECT : 0;
                 i < (fed == 0 ? SELECT : SOCKETS); i++) {
                us[i] += price_us(i, REPEATS) / (2 * market.rounds);
            }
        }
        us[SOCKETS] += price_us(SOCKETS, 1) / market.rounds;
        good = collect();
        if (round == 0) {
            memset(us, 0, PRICES * sizeof *us); /* now sockets are warm */
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
        feed(0, market.n);
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

        snprintf(model, sizeof model, RESULTS_PRICE "%s", names[i]);
        if (isfinite(us[i]) && (i != SOCKETS || market.n > 1)) {
            lives_keep_slice(lives, model, &slice);
        }
    }
    close_market();
}
