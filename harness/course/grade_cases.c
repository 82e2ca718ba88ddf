/*
 * grade_cases.c: the tests. See grade.h.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/base/base.h"
#include "harness/course/grade.h"

enum {
    FRAGMENTS = 50, /* one behind the other: a slow server is a right one */
    LATE_BYTES = 2 * MIB, /* to who reads late */
    CROSSING = 200,       /* clients at once, each with bytes of its own */
    THOUSAND = 1000,      /* clients at once, or one behind the other */
    AT_ONCE = 5,          /* for whom every server's queue has room */
    IDLE = 50,            /* clients that say nothing */
    WRITERS = 2,          /* clients that never read */
    VANISHING = 20,       /* clients that end with a reset */
    FEW = 8,              /* descriptors that are left */
    GROWTH_MAX_KIB = 32 * KIB,
    THREADS_MANY = 50, /* that are left over: these may spin, and suffice */
    COMING_MS = 12 * 1000, /* for so long they come and go */
    GONE_MS = 2000,        /* a kernel gives a port back a little late */
    LOOK_MS = 10,
};

static const char words[] = "anybody there?\n";

/* Connect as every other client, and be answered. What else is wrong with the
 * server is not looked at: other tests do. `whose` connection, for a message:
 * "after these resets a new client's". */
static struct client
answered(const struct server *server, const char *whose)
{
    struct client client = grade_client(server);

    client.whose = whose;
    client_send_text(&client, words, strlen(words));
    client_expect_text(&client, words);
    return client;
}

static void
expect_served(const struct server *server, const char *whose)
{
    struct client client = answered(server, whose);

    client_close(&client);
}

/* ---- one client -------------------------------------------------------- */

/* It can be connected to: whether it ends is asked by itself. */
static void
test_starts(void)
{
    struct server server = grade_begin();
    struct client client = client_connect_soon(&server);

    poll(NULL, 0, QUIET_MS);
    require(client_probe(&server) == 0 &&
                (server.pid == 0 || kill(getpgid(server.pid), 0) == 0),
            "it goes into the background: the process that was started has "
            "ended");
    client_close(&client);
}

/* The first byte is no line, and what follows has NULs and all other bytes in
 * it; nothing comes behind. */
static void
test_bytes(void)
{
    struct server server = grade_begin();
    struct client client = grade_client(&server);

    client_exchange(&client, 1);
    client_send_text(&client, "a line\n", 7);
    client_expect_text(&client, "a line\n");
    client_exchange(&client, 256);
    client_exchange(&client, 64 * (size_t)KIB);
    grade_expect_open(&client);
    client_close(&client);
}

/* Each byte comes by itself; it is back before the next one is sent. */
static void
test_fragments(void)
{
    struct server server = grade_begin();
    struct client client = grade_client(&server);

    for (int i = 0; i < FRAGMENTS; i++) {
        client_exchange(&client, 1);
    }
    client_close(&client);
}

/* What was sent by three calls arrives as one piece, and one of three lines
 * likewise. */
static void
test_coalesced(void)
{
    static const char lines[] = "one\ntwo\nthree\n";
    struct server server = grade_begin();
    struct client client = grade_client(&server);

    client_send_text(&client, lines, strlen(lines));
    client_expect_text(&client, lines);
    client_cork(&client, true);
    client_send_text(&client, lines, 5);
    client_send_text(&client, lines + 5, 6);
    client_send_text(&client, lines + 11, strlen(lines) - 11);
    client.said = lines; /* in all */
    client.said_bytes = strlen(lines);
    client_cork(&client, false);
    client_expect_text(&client, lines);
    client_close(&client);
}

static void
test_slow_reader(void)
{
    struct server server = grade_begin();
    struct client client = grade_client_with(&server, client_small);

    client_fill(&client, LATE_BYTES);
    client_exchange(&client, LATE_BYTES - client.sent_bytes);
    client_close(&client);
}

/* All is back, and then a FIN. Also of who ends its side while the server
 * waits for it to read: it has not received the last bytes then. */
static void
test_half_close(void)
{
    static const size_t sizes[] = {0, 1, 64 * (size_t)KIB};
    struct server server = grade_begin();
    struct client client;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        client = grade_client(&server);
        client_exchange_and_finish(&client, sizes[i]);
    }
    client = grade_client_with(&server, client_small);
    while (client.sent_bytes < 16 * (size_t)MIB &&
           client.end == CLIENT_OPEN && client_wait_room(&client, QUIET_MS) &&
           client_is_consumed(&client, QUIET_MS)) {
        client_send_some(&client, 64 * (size_t)KIB);
    }
    client.goal_bytes = client.sent_bytes;
    client_finish(&client);
}

/* The server finds bytes and the end behind them at once. One that closes
 * before it has read them all sends a reset, which takes with it what was
 * under way: at a slow moment only, unless it is made to find them so. */
static void
test_unread(void)
{
    struct server server = grade_begin();

    for (int i = 0; i < 5; i++) {
        struct client client = grade_client(&server);

        client_exchange(&client, 1);
        grade_pause(&server, SIGSTOP);
        client_send(&client, 40 * (size_t)KIB);
        client.half_close = true;
        shutdown(client.fd, SHUT_WR);
        grade_pause(&server, SIGCONT);
        client_finish(&client);
    }
}

/* ---- clients that end in a bad way ------------------------------------- */

/* With an echo unread, with a reset behind a FIN, after which sending raises
 * SIGPIPE, with a reset, and with one while recv waits for more. */
static void
vanish(struct client client, int how)
{
    if (how < 3) {
        client_send_some(&client, 64 * (size_t)KIB);
    }
    if (how == 0) {
        client_close(&client);
        return;
    }
    if (how == 1) {
        shutdown(client.fd, SHUT_WR);
    }
    client_reset(&client);
}

static void
test_reset(void)
{
    static const char after_resets[] = "after these resets a new client's";
    struct server server = grade_begin();
    struct client client;

    for (int i = 0; i < VANISHING; i++) {
        client = answered(&server, after_resets);
        grade_pause(&server, SIGSTOP);
        vanish(client, i % 4);
        grade_pause(&server, SIGCONT);
    }
    expect_served(&server, after_resets);
    client = grade_client_with(&server, client_small);
    client_fill(&client, 16 * (size_t)MIB);
    client_reset(&client);
    expect_served(&server, after_resets);
}

/* Of a hundred, or as many as there is time for, a quarter each comes and
 * goes, vanishes, is reset, is served: several at once, so that a server that
 * answers late sees enough of them. Returns how many came. */
static int
come_and_go(const struct server *server, int64_t deadline_ms)
{
    struct client crowd[AT_ONCE];
    int at_once = grade_order.one_at_a_time ? 1 : AT_ONCE;
    int count = 0;

    while (count < THOUSAND / 10 && patience_left_ms(deadline_ms) > 0) {
        for (int i = 0; i < at_once; i++) {
            crowd[i] = client_connect_soon(server);
            client_close(&crowd[i]);
            vanish(grade_client(server), 0);
            vanish(grade_client(server), 2);
            crowd[i] = grade_client(server);
            crowd[i].whose = "when others had left a new client's";
            client_send_text(&crowd[i], words, strlen(words));
        }
        for (int i = 0; i < at_once; i++) {
            client_expect_text(&crowd[i], words);
            client_close(&crowd[i]);
        }
        count += 4 * at_once;
    }
    return count;
}

/* Pools and caches have grown with those before. */
static void
test_leak(void)
{
    struct server server = grade_begin();
    struct usage before = usage_now(&server);
    struct usage after;
    int64_t deadline_ms = patience_deadline_ms(COMING_MS);
    int count = 0;
    int more_descriptors;
    int more_threads = 0;

    come_and_go(&server, deadline_ms);
    before = usage_settle(&server, &before);
    deadline_ms = patience_deadline_ms(COMING_MS);
    while (count < THOUSAND && more_threads < THREADS_MANY &&
           patience_left_ms(deadline_ms) > 0) {
        count += come_and_go(&server, deadline_ms);
        more_threads = usage_now(&server).threads - before.threads;
    }
    after = usage_settle(&server, &before);
    more_descriptors = after.descriptors - before.descriptors;
    more_threads = after.threads - before.threads;
    require(more_descriptors <= USAGE_SPARE && more_threads <= USAGE_SPARE,
            "%s are left over of clients that have left\n"
            "sent: %d connections, a few at once: some closed, some reset\n"
            "expected: no more than before them\n"
            "came: %d descriptors, %d threads or child processes more",
            more_descriptors > USAGE_SPARE ? "open descriptors"
                                           : "threads or child processes",
            count, more_descriptors, more_threads);
}

/* ---- clients at once --------------------------------------------------- */

static void
test_silent_client(void)
{
    struct server server = grade_begin();
    struct client silent = client_connect_soon(&server);
    struct client crowd[CROWD];

    grade_crowd(&server, crowd, CROWD);
    clients_exchange(crowd, CROWD, 1000);
    grade_greet(&silent);
    clients_exchange(crowd, CROWD, 1000);
    client_exchange(&silent, 10);
}

/* In the middle every second one leaves, and others get its descriptor. */
static void
test_cross_talk(void)
{
    struct server server = grade_begin();
    struct client clients[CROSSING];

    grade_crowd(&server, clients, CROSSING);
    clients_exchange(clients, CROSSING, 40 * (size_t)KIB);
    for (int i = 0; i < CROSSING; i += 2) {
        client_close(&clients[i]);
        clients[i] = grade_client(&server);
    }
    for (int i = 0; i < 3; i++) {
        clients_exchange(clients, CROSSING, 500 + (size_t)i);
    }
    clients_close(clients, CROSSING);
}

/* They send for as long as it is taken: more than the kernel keeps. Others
 * are served, and memory does not grow. */
static void
test_non_reader(void)
{
    struct server server = grade_begin();
    struct client writers[WRITERS];
    struct client crowd[CROWD];
    struct usage before;
    long grown_kib;

    for (int i = 0; i < WRITERS; i++) {
        writers[i] = grade_client_with(&server, client_small);
    }
    clients_exchange(writers, WRITERS, 1000);
    before = usage_now(&server);
    for (int i = 0; i < WRITERS; i++) {
        client_fill(&writers[i], 64 * (size_t)MIB);
    }
    grown_kib = (usage_now(&server).pages - before.pages) *
                (sysconf(_SC_PAGESIZE) / KIB);
    require(grown_kib < GROWTH_MAX_KIB,
            "its memory has no bound: it grew by %ld KiB\n"
            "sent: %ju and %ju bytes, by clients that never read\n"
            "expected: that the server stops reading from them\n"
            "came: %ld KiB more of resident memory",
            grown_kib, (uintmax_t)writers[0].sent_bytes,
            (uintmax_t)writers[1].sent_bytes, grown_kib);
    grade_crowd(&server, crowd, CROWD);
    clients_exchange(crowd, CROWD, 1000);
    usage_expect_no_spin(&server, "with clients that do not read", writers,
                         WRITERS);
    clients_close(writers, WRITERS);
}

/* Clients that come, whether or not there is room for all in its queue. */
static void
begin(const struct server *server, struct client *clients, int count)
{
    for (int i = 0; i < count; i++) {
        clients[i] = client_begin(server, (struct client_setup){0});
        client_wait_room(&clients[i], LOOK_MS);
    }
}

static void
test_idle(void)
{
    struct server server = grade_begin();
    struct client clients[IDLE];

    begin(&server, clients, IDLE);
    grade_greet(&clients[0]);
    usage_expect_no_spin(&server, "with idle clients", NULL, 0);
    clients_close(clients, IDLE);
    usage_expect_no_spin(&server, "when its clients had left", NULL, 0);
}

/* More come than it has descriptors for. They may be let go; but when they
 * have left, and it has noticed, whoever comes is served. */
static void
test_descriptors(void)
{
    struct server server = grade_begin();
    struct client clients[2 * FEW];
    struct usage before = usage_now(&server);

    grade_server_limit(FEW);
    begin(&server, clients, 2 * FEW);
    usage_expect_no_spin(&server, "without a free descriptor", NULL, 0);
    clients_close(clients, 2 * FEW);
    usage_settle(&server, &before);
    expect_served(&server, "when the others had left a new client's");
}

static void
test_thousand(void)
{
    static struct client clients[THOUSAND];
    struct server server = grade_begin();

    require_able(descriptors_raise() >= THOUSAND + 50,
                 "a process may open too few descriptors here for a "
                 "thousand clients ('ulimit -Hn')");
    grade_crowd(&server, clients, THOUSAND);
    clients_exchange(clients, THOUSAND, 100);
    clients_close(clients, THOUSAND);
}

static bool
nobody_listens(void *server)
{
    return client_probe(server) == ECONNREFUSED;
}

static void
test_stops(void)
{
    struct server server = grade_begin();
    struct client idle = answered(&server, NULL);
    struct client other;

    client_connect_soon(&server); /* and says nothing */
    other = client_connect_soon_with(&server, client_small);
    if (!grade_order.one_at_a_time) {
        grade_greet(&other);
    }
    client_fill(&other, 16 * (size_t)MIB);
    grade_server_stop();
    require(patience_until(nobody_listens, &server, GONE_MS),
            "it has ended, but something goes on listening\n"
            "sent: SIGTERM, with two clients connected\n"
            "expected: a port that nobody listens on\n"
            "came: a connection to %s",
            server.where);
    client_close(&idle);
    client_close(&other);
}

/* ---- the table --------------------------------------------------------- */

#define BOTH (GRADE_ECHO | GRADE_HELLO)
#define ALL  (BOTH | GRADE_RFC862)

const struct grade_test grade_tests[] = {
    {"starts", "listens, and can be connected to", 5, ALL, false,
     test_starts},
    {"hello-line", "answers hello, blanks around it allowed", 10, GRADE_HELLO,
     false, test_hello_line},
    {"hello-pieces", "puts a first line together from its pieces", 15,
     GRADE_HELLO, false, test_hello_pieces},
    {"hello-and-more", "sends back what comes right behind the line", 15,
     GRADE_HELLO, false, test_hello_and_more},
    {"hello-wrong", "closes on a wrong line, without a word", 5, GRADE_HELLO,
     false, test_hello_wrong},
    {"hello-half", "says nothing before the line has ended", 5, GRADE_HELLO,
     false, test_hello_half},
    {"bytes", "sends back any byte, and nothing else", 5, BOTH, false,
     test_bytes},
    {"fragments", "sends back each of 50 bytes as it comes", 5, BOTH, false,
     test_fragments},
    {"coalesced", "takes what arrives in one piece for bytes", 5, BOTH, false,
     test_coalesced},
    {"slow-reader", "sends all of 2 MiB to a client that reads late", 10,
     BOTH, false, test_slow_reader},
    {"half-close", "sends back the rest, and then ends its side", 5, BOTH,
     false, test_half_close},
    {"unread", "reads all there is before it closes", 5, BOTH, false,
     test_unread},
    {"silent-client", "serves 8 clients behind a silent one", 20, BOTH, true,
     test_silent_client},
    {"cross-talk", "keeps 200 clients apart", 5, BOTH, true, test_cross_talk},
    {"non-reader", "stops reading from clients that never read", 5, BOTH,
     true, test_non_reader},
    {"reset", "survives clients that reset their connection", 5, BOTH, false,
     test_reset},
    {"leak", "keeps nothing of 1000 clients that have left", 5, BOTH, false,
     test_leak},
    {"idle", "uses no CPU time when there is nothing to do", 5, BOTH, false,
     test_idle},
    {"descriptors", "gets over having no descriptors left", 5, BOTH, false,
     test_descriptors},
    {"thousand", "answers a thousand clients at once", 5, BOTH, true,
     test_thousand},
    {"sent-back", "\"any data received is sent back\"", 30, GRADE_RFC862,
     false, test_bytes},
    {"continues", "\"until the calling user terminates\" it", 30,
     GRADE_RFC862, false, test_continues},
    {"five-clients", "five at once, binary data, half-close", 30,
     GRADE_RFC862, true, test_five_clients},
    {"stops", "ends within 2 s of SIGTERM, clients or not", 5, ALL, false,
     test_stops},
    {0},
};
