/* actions.c: see actions.h. */
#include "tests/soak/actions.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "tests/conformance/client.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/payload.h"
#include "tests/conformance/process.h"
#include "tests/conformance/verdict.h"

enum {
    KIB = 1024,
    MIB = 1024 * KIB,
    CROWD = 20,      /* clients at once, where the model serves so many */
    PASSING = 100,   /* clients one after the other */
    FREEZES = 10,    /* SIGSTOPs in one transfer */
    SPARE = 6,       /* descriptors left when the limit is low */
    SHORT_WAIT = 50, /* ms to see what happens without descriptors */
};

/* A size from 1 byte on, small ones as likely as large ones. */
static size_t
random_size(size_t most)
{
    size_t bound = (size_t)1 << payload_random(25);

    return 1 + (size_t)payload_random(bound < most ? bound : most);
}

static void
connect_crowd(struct soak *soak, struct client *clients, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        clients[i] = client_connect(&soak->plain);
    }
    soak->connections += (uint64_t)count;
}

/* Count what the clients have got back, before they are forgotten. */
static void
count_bytes(struct soak *soak, const struct client *clients, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        soak->verified_bytes += clients[i].received_bytes;
    }
}

/* End them properly, with all bytes back and a FIN behind. */
static void
finish_crowd(struct soak *soak, struct client *clients, int count,
             size_t nbytes)
{
    clients_exchange_and_finish(clients, count, nbytes);
    count_bytes(soak, clients, count);
}

/* ---- bytes ------------------------------------------------------------- */

/* A1, A7, A15: many bytes on all, half-closed behind the last. */
static void
bulk(struct soak *soak)
{
    struct client clients[CROWD];
    int count = model_crowd(CROWD);

    connect_crowd(soak, clients, count);
    clients_exchange(clients, count, random_size(512 * (size_t)KIB));
    finish_crowd(soak, clients, count, 8 * (size_t)MIB / (size_t)count);
}

/* A7: half-close at a random size. */
static void
half_close(struct soak *soak)
{
    struct client clients[CROWD];
    int count = model_crowd(CROWD);

    connect_crowd(soak, clients, count);
    finish_crowd(soak, clients, count, random_size(256 * (size_t)KIB));
}

/* A8: the same, behind a small window that is read slowly. */
static void
slow_reader(struct soak *soak)
{
    struct client client = client_connect_with(
        &soak->plain, (struct client_setup){.rcvbuf_bytes = 4096});
    size_t nbytes = random_size(256 * (size_t)KIB);

    soak->connections++;
    while (client.sent_bytes < nbytes) {
        if (client_send_some(&client, nbytes - client.sent_bytes) == 0) {
            client_receive_some(&client, 4 * (size_t)KIB);
        }
        require(client.end == CLIENT_OPEN, "seed %ju: ended at offset %ju",
                (uintmax_t)client.seed, (uintmax_t)client.received_bytes);
    }
    client.goal_bytes = nbytes;
    finish_crowd(soak, &client, 1, 0);
}

/* A4, A5: write until nothing more goes in, then read it all. */
static void
write_without_reading(struct soak *soak)
{
    struct client client = client_connect_with(
        &soak->plain, (struct client_setup){.rcvbuf_bytes = 16 * KIB,
                                            .sndbuf_bytes = 16 * KIB});

    soak->connections++;
    clients_fill(&client, 1, 64 * (uint64_t)MIB);
    finish_crowd(soak, &client, 1, 0);
}

/* A2: one byte in each segment. */
static void
single_bytes(struct soak *soak)
{
    struct client client = client_connect(&soak->plain);
    int i;

    soak->connections++;
    for (i = 0; i < 500; i++) {
        client_send(&client, 1);
    }
    finish_crowd(soak, &client, 1, 0);
}

/* A14: a byte of urgent data leaves the stream, the others stay. */
static void
urgent_data(struct soak *soak)
{
    struct client client = client_connect(&soak->plain);

    soak->connections++;
    client_send_text(&client, "ab", 2);
    require(send(client.fd, "!", 1, MSG_OOB) == 1, "send: %s",
            strerror(errno));
    client_send_text(&client, "cd", 2);
    client_expect_text(&client, "abcd");
    finish_crowd(soak, &client, 1, 1000);
}

/* ---- clients that come and go ------------------------------------------ */

static void
passing(struct soak *soak)
{
    int i;

    for (i = 0; i < PASSING; i++) {
        struct client client;

        connect_crowd(soak, &client, 1);
        finish_crowd(soak, &client, 1, random_size(KIB));
    }
}

/* A17: come, perhaps say something, and go, with a FIN or a reset. */
static void
port_scan(struct soak *soak)
{
    int i;

    for (i = 0; i < PASSING; i++) {
        struct client client;

        connect_crowd(soak, &client, 1);
        if (payload_random(2) == 0) {
            client_reset(&client);
        } else {
            client_close(&client);
        }
    }
}

/* A10: reset in the middle of it. A9: leave with the echo on the way. */
static void
vanish(struct soak *soak)
{
    int i;

    for (i = 0; i < PASSING; i++) {
        struct client client;

        connect_crowd(soak, &client, 1);
        client_send_some(&client, random_size(64 * (size_t)KIB));
        client_receive_some(&client, random_size(16 * (size_t)KIB));
        count_bytes(soak, &client, 1);
        if (payload_random(2) == 0) {
            client_reset(&client);
        } else {
            client_close(&client);
        }
    }
}

/* A11: all of that while the server stands still, so that it finds the lot
 * in one batch; those who stayed lose nothing. */
static void
frozen_batch(struct soak *soak)
{
    struct client stay[CROWD];
    int count = model_crowd(CROWD);
    int i;

    connect_crowd(soak, stay, count);
    clients_exchange(stay, count, random_size(KIB));
    server_freeze(&soak->plain);
    for (i = 0; i < count; i++) {
        client_send(&stay[i], random_size(4 * (size_t)KIB));
    }
    for (i = 0; i < PASSING / 2; i++) {
        struct client client;

        connect_crowd(soak, &client, 1);
        client_send_some(&client, random_size(KIB));
        if (payload_random(2) == 0) {
            client_reset(&client);
        } else {
            client_close(&client);
        }
    }
    server_thaw(&soak->plain);
    finish_crowd(soak, stay, count, random_size(KIB));
}

/* ---- signals and limits ------------------------------------------------ */

/* B10: stopped and let go, again and again, in the middle of a transfer. */
static void
stop_and_go(struct soak *soak)
{
    struct client clients[CROWD];
    int count = model_crowd(CROWD);
    int i;

    connect_crowd(soak, clients, count);
    for (i = 0; i < FREEZES; i++) {
        server_freeze(&soak->plain);
        server_thaw(&soak->plain);
        clients_exchange(clients, count, random_size(64 * (size_t)KIB));
    }
    finish_crowd(soak, clients, count, random_size(KIB));
}

/* Set the server's soft limit of descriptors. Returns the one before. */
static rlim_t
limit_descriptors(const struct server *server, rlim_t most)
{
    struct rlimit before;
    struct rlimit limit;

    require(prlimit(server->pid, RLIMIT_NOFILE, NULL, &before) == 0,
            "prlimit: %s", strerror(errno));
    limit = before;
    limit.rlim_cur = most;
    require(prlimit(server->pid, RLIMIT_NOFILE, &limit, NULL) == 0,
            "prlimit: %s", strerror(errno));
    return before.rlim_cur;
}

/* B11: the limit falls below what the clients need and rises again: who was
 * in is served all along, who was not is served in the end. */
static void
few_descriptors(struct soak *soak)
{
    struct client in[CROWD];
    struct client waiting[CROWD];
    int count = model_crowd(CROWD);
    int highest = process_descriptors(soak->plain.pid) + count;
    rlim_t before;
    int i;

    connect_crowd(soak, in, count);
    clients_exchange(in, count, 100);
    before = limit_descriptors(&soak->plain, (rlim_t)highest + SPARE);
    connect_crowd(soak, waiting, count);
    for (i = 0; i < count; i++) {
        client_send(&waiting[i], 100);
    }
    poll(NULL, 0, SHORT_WAIT);
    clients_exchange(in, count, random_size(16 * (size_t)KIB));
    limit_descriptors(&soak->plain, before);
    finish_crowd(soak, in, count, 100);
    finish_crowd(soak, waiting, count, 100);
}

/* ---- handshakes -------------------------------------------------------- */

/* H1, H2: right and wrong ones, cut anywhere, with bytes behind them. */
static void
handshakes(struct soak *soak)
{
    static const char *const wrong[] = {
        "\n",         "hell\n",    "helloo\n",           "HELLO\n",
        "he llo\n",   "hello\b\n", "GET / HTTP/1.1\r\n", "\xff\xfe\n",
        "x\nhello\n",
    };
    int i;

    for (i = 0; i < PASSING / 2; i++) {
        struct client client = client_connect(&soak->handshake);
        bool right = payload_random(2) == 0;
        const char *line =
            right ? " hello\r\n"
                  : wrong[payload_random(sizeof wrong / sizeof wrong[0])];
        size_t cut = (size_t)payload_random(strlen(line));

        soak->connections++;
        client_send_text(&client, line, cut);
        client_send_text(&client, line + cut, strlen(line) - cut);
        if (right) {
            client_send(&client, random_size(KIB));
            client_expect_text(&client, "hello\n");
            finish_crowd(soak, &client, 1, random_size(KIB));
            continue;
        }
        require(client_wait_end(&client, PATIENCE_MS) != CLIENT_OPEN &&
                    client.received_bytes == 0,
                "a wrong handshake is answered or not closed");
        client_close(&client);
    }
}

/* H3, H4: a line without an end, and one that never gets to it. */
static void
endless_handshakes(struct soak *soak)
{
    static char endless[4096];
    struct client clients[CROWD];
    int count = model_crowd(CROWD);
    int i;

    memset(endless, 'h', sizeof endless);
    for (i = 0; i < count; i++) {
        clients[i] = client_connect(&soak->handshake);
        if (payload_random(2) == 0) {
            client_send_text(&clients[i], endless, sizeof endless);
        } else {
            client_send_text(&clients[i], "hel", payload_random(4));
        }
    }
    soak->connections += (uint64_t)count;
    for (i = 0; i < count; i++) {
        require(client_wait_end(&clients[i], PATIENCE_MS) != CLIENT_OPEN &&
                    clients[i].received_bytes == 0,
                "a handshake without an end is answered or not closed");
    }
    clients_close(clients, count);
}

const struct action actions[] = {
    {"A1 A7 A15", "many bytes on all", 40, bulk},
    {"A7", "half-close", 10, half_close},
    {"A8", "half-close behind a slow reader", 4, slow_reader},
    {"A4 A5", "write without reading", 1, write_without_reading},
    {"A2", "single bytes", 4, single_bytes},
    {"A14", "urgent data", 4, urgent_data},
    {"I1", "clients one by one", 10, passing},
    {"A17", "come and go", 5, port_scan},
    {"A9 A10", "vanish in the middle", 10, vanish},
    {"A11", "one large batch of events", 4, frozen_batch},
    {"B10", "stop and go", 4, stop_and_go},
    {"B11", "few descriptors", 2, few_descriptors},
    {"H1 H2", "handshakes", 6, handshakes},
    {"H3 H4", "endless handshakes", 1, endless_handshakes},
    {NULL, NULL, 0, NULL},
};

const struct action *
action_pick(void)
{
    const struct action *action = actions;
    uint64_t total = 0;
    uint64_t ticket;

    for (; action->name != NULL; action++) {
        total += (uint64_t)action->weight;
    }
    ticket = payload_random(total);
    for (action = actions; ticket >= (uint64_t)action->weight; action++) {
        ticket -= (uint64_t)action->weight;
    }
    return action;
}
