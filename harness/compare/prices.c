/*
 * prices.c: the floor, and what else there is in an echo, part by part. See
 * measure.h.
 *
 * The floor moves messages between one pair of sockets, in one thread that
 * never waits. The others have as many pairs as there are clients, for many
 * sockets are dearer than one; calls that wait; and threads that sleep until
 * a message wakes them. Nothing is taken from a server: that the prices add
 * up to what one costs is a result, and what is left over is one, too.
 */
#include "harness/compare/measure.h"

#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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
    PRICES_EVERY = 4,        /* blocks: they take as long as a slice */
    PIECE_BYTES = 16 * 1024, /* what a server moves at once */
    BATCHES = 5,             /* of the floor: the median is the result */
    BATCH_CALLS = 200,       /* sends in a batch, at least */
    WARMUP_CALLS = 50,       /* the first calls find cold caches */
    MESSAGES = 256,          /* and one of each pair at least */
    REPEATS = 4,             /* of a call, to be longer than the clock's */
    WAIT_MS = 1000,          /* for an answer, which is there at once */
    STEPS = 24, /* of code, each of so many instructions, or one less: */
    STEP_INSTRUCTIONS = 10,
};

/* What has a price. */
enum price {
    IOCTL,
    RECV,        /* in vain */
    INSTRUCTION, /* outside of the kernel */
    EPOLL_WAIT,
    EDGES, /* epoll_wait(2) that tells of what is new: EPOLLET */
    SELECT,
    POLL,
    SOCKETS, /* a recv and a send, many sockets in turn; not of one */
    SWITCH,  /* to fall asleep and be woken */
    PRICES,
    LOOKS = SOCKETS - EPOLL_WAIT, /* that look at all sockets */
};
static const char *const names[PRICES] = {
    "ioctl",  "recv", "instruction", "epoll_wait", "edges",
    "select", "poll", "sockets",     "switch",
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
    int epolls[3]; /* of clients; of servers, by level and by edge */
    struct pollfd polled[SCENARIO_BARE_CLIENTS]; /* servers' for poll(2) */
    fd_set selected;                             /* and for select(2) */
} market;

static struct epoll_event events[SCENARIO_BARE_CLIENTS];
static char message[SCENARIO_BARE_BYTES]; /* of the clients */

/* ---- the floor --------------------------------------------------------- */

/* Make two connected sockets over TCP; what cannot be made is -1. */
static void
connect_pair(int pair[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t bytes = sizeof address;
    int listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1;

    pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pair[1] = -1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listen_fd, (struct sockaddr *)&address, bytes) == 0 &&
        listen(listen_fd, 1) == 0 &&
        getsockname(listen_fd, (struct sockaddr *)&address, &bytes) == 0 &&
        connect(pair[0], (struct sockaddr *)&address, bytes) == 0) {
        pair[1] = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
    }
    close(listen_fd);
    setsockopt(pair[0], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(pair[1], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

/* The CPU time of `count` messages, this way and that in turn; NAN on an
 * error. A piece always fits into the socket's buffers, so nothing here
 * waits. */
static double
move_messages_ns(const int pair[2], int64_t message_bytes, int count)
{
    static char bytes[PIECE_BYTES];
    int64_t begin_ns = clock_thread_cpu_ns();

    for (int i = 0; i < count; i++) {
        for (int64_t left = message_bytes; left > 0; left -= PIECE_BYTES) {
            size_t piece = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;

            if (send(pair[i % 2], bytes, piece, MSG_NOSIGNAL) !=
                    (ssize_t)piece ||
                recv(pair[1 - i % 2], bytes, piece, MSG_WAITALL) !=
                    (ssize_t)piece) {
                return NAN;
            }
        }
    }
    return (double)(clock_thread_cpu_ns() - begin_ns);
}

/* In us; NAN if it cannot be measured. */
static double
floor_us(int64_t message_bytes)
{
    int64_t calls = (message_bytes + PIECE_BYTES - 1) / PIECE_BYTES;
    int count = (int)((BATCH_CALLS + calls - 1) / calls);
    double us[BATCHES];
    int pair[2];

    connect_pair(pair);
    move_messages_ns(pair, message_bytes, 1 + WARMUP_CALLS / (int)calls);
    for (int i = 0; i < BATCHES; i++) {
        us[i] = move_messages_ns(pair, message_bytes, count) / 1000 / count;
    }
    close(pair[0]);
    close(pair[1]);
    return statistics_median(us, BATCHES);
}

/* ---- the market ------------------------------------------------------- */

/* Make so many pairs. False if they cannot be made, or select(2) cannot have
 * them. Others each time, for two sockets that are in each other's way in the
 * cache would stay so. */
static bool
open_market(const struct engine_options *load)
{
    market.rounds = LOOKS * (1 + MESSAGES / LOOKS / load->clients);
    market.bytes = (size_t)load->message_bytes;
    for (int i = 0; i < 3; i++) {
        market.epolls[i] = epoll_create1(EPOLL_CLOEXEC);
    }
    FD_ZERO(&market.selected);
    for (int n = 0; n < load->clients; n++) {
        int *ends = pairs[n].ends;

        connect_pair(ends);
        market.n = n + 1;
        if (ends[1] == -1 || ends[1] >= FD_SETSIZE) {
            return false;
        }
        for (int i = 0; i < 3; i++) {
            struct epoll_event event = {i < 2 ? EPOLLIN : EPOLLIN | EPOLLET,
                                        {.fd = ends[i > 0]}};

            epoll_ctl(market.epolls[i], EPOLL_CTL_ADD, event.data.fd, &event);
        }
        market.polled[n] = (struct pollfd){ends[1], POLLIN, 0};
        FD_SET(ends[1], &market.selected);
    }
    return true;
}

static void
close_market(void)
{
    for (int i = 0; i < 3; i++) {
        close(market.epolls[i]);
        for (int j = 0; j < market.n && i < 2; j++) {
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
    case EDGES:
        epoll_wait(market.epolls[what == EDGES ? 2 : 1], events, market.n, 0);
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
 * before messages are there, but for the last. Calls that look at all sockets
 * take turns, for the first of them would find those cold and leave them warm
 * to the others; by edge there is nothing to look at before. False if a
 * message never comes. */
static bool
run_rounds(double us[PRICES])
{
    const int last = market.n - 1;
    const int feeds[][2] = {{0, 0}, {last, market.n}, {0, last}};
    bool good = true;

    for (int round = 0; round <= market.rounds && good; round++) {
        enum price look = EPOLL_WAIT + round % LOOKS;

        for (int fed = 0; fed < 3; fed++) {
            feed(feeds[fed][0], feeds[fed][1]);
            clock_thread_cpu_ns(); /* it has gone cold */
            if (fed == 2 || (fed == (look >= SELECT) && look != EDGES)) {
                us[look] += LOOKS * price_us(look, 1) / (2 * market.rounds);
            }
            for (enum price i = 0; i < EPOLL_WAIT && fed != 1; i++) {
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

/* Beside the floor, what else an echo of the scenario is made of. */
static void
keep_prices(struct lives *lives, double floor)
{
    double us[PRICES] = {0};

    if (open_market(&lives->cell->scenario.load) && run_rounds(us)) {
        us[SWITCH] = switch_us(market.n == 1 ? floor : us[SOCKETS]);
        for (int i = 0; i < PRICES; i++) {
            struct slice slice = {.echoes = 1, .server_cpu_us = us[i]};
            char model[RESULTS_NAME_BYTES];

            PUT(model, RESULTS_PRICE "%s", names[i]);
            if (isfinite(us[i]) && (i != SOCKETS || market.n > 1)) {
                lives_keep_slice(lives, model, &slice);
            }
        }
    }
    close_market();
}

void
prices_measure(struct lives *lives)
{
    const struct layout *layout = &lives->cell->layout;
    const struct scenario *scenario = &lives->cell->scenario;
    double us;

    sched_setaffinity(0, sizeof layout->server, &layout->server);
    us = floor_us(scenario->load.message_bytes);
    /* With CPUs of their own, one side makes the other's calls dearer. */
    if (scenario_is_bare(scenario) && strcmp(layout->name, "shared") == 0 &&
        lives->block % PRICES_EVERY == 1) {
        keep_prices(lives, us);
    }
    sched_setaffinity(0, sizeof layout->client, &layout->client);
    if (lives->nfloors < LIVES_BLOCKS_MAX && !isnan(us)) {
        lives->floor_us[lives->nfloors++] = us;
    }
    lives_keep_slice(lives, RESULTS_FLOOR,
                     &(struct slice){.echoes = 1, .server_cpu_us = us});
}
