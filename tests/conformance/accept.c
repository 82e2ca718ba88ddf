/*
 * accept.c: the way in, when there are more clients than room.
 *
 * Rows B2, B5 and B6, and F1, which is B2 on each backend of libevent.
 */
#include "tests/conformance/client.h"
#include "tests/conformance/expect.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/plan.h"
#include "tests/conformance/process.h"
#include "tests/conformance/verdict.h"

#include <signal.h>

enum {
    MESSAGE_BYTES = 16,
    /* B2: the server may have so many descriptors, and so many come. */
    FEW_DESCRIPTORS = 32,
    MANY_CLIENTS = 100,
    SERVED_AT_LEAST = 20, /* of those few, the rest are the server's own */
    LEAVING = 10,
    /* B5 */
    SLOTS = 10,
    TOO_MANY = 20,
};

/* ---- B2: no descriptors left ----------------------------------------- */

/* A crowd of which only a part can be served. */
struct crowd {
    struct client clients[MANY_CLIENTS]; /* the served ones come first */
    int served;                          /* how many have their echo */
    int wanted;                          /* how many should have it */
};

/* Receive what is there, and move those who have their echo to the front.
 * True when as many as wanted have it. */
static bool
are_served(void *subject)
{
    struct crowd *crowd = (struct crowd *)subject;
    int i;

    for (i = crowd->served; i < MANY_CLIENTS; i++) {
        struct client client = crowd->clients[i];

        client_receive_some(&client, MESSAGE_BYTES);
        require(client.end == CLIENT_OPEN,
                "a client was cut off while descriptors were short");
        crowd->clients[i] = client;
        if (client.received_bytes == MESSAGE_BYTES) {
            crowd->clients[i] = crowd->clients[crowd->served];
            crowd->clients[crowd->served] = client;
            crowd->served++;
        }
    }
    return crowd->served >= crowd->wanted;
}

static void
wait_for_served(struct crowd *crowd, int wanted)
{
    crowd->wanted = wanted;
    require(patience_until(are_served, crowd, PATIENCE_MS),
            "%d of %d clients are served, not %d", crowd->served,
            MANY_CLIENTS, wanted);
}

/* Descriptors run out: nobody is harmed, nothing spins, and whoever waits
 * comes in when others leave. */
static void
check_descriptors_run_out(const char *flag)
{
    struct server server = server_start((struct server_setup){
        .flags = {flag}, .descriptors_max = FEW_DESCRIPTORS});
    struct crowd crowd = {.served = 0};
    struct server_stats stats;
    char text[16];
    size_t stderr_bytes;
    int i;

    for (i = 0; i < MANY_CLIENTS; i++) {
        crowd.clients[i] = client_connect(&server);
        client_send(&crowd.clients[i], MESSAGE_BYTES);
    }
    wait_for_served(&crowd, SERVED_AT_LEAST);
    expect_no_spin(&server);
    wait_for_served(&crowd, crowd.served);
    clients_exchange(crowd.clients, crowd.served, MESSAGE_BYTES);
    clients_finish(crowd.clients + crowd.served - LEAVING, LEAVING);
    for (i = 0; i < LEAVING; i++) {
        crowd.clients[crowd.served - LEAVING + i] = client_connect(&server);
        client_send(&crowd.clients[crowd.served - LEAVING + i],
                    MESSAGE_BYTES);
    }
    crowd.served -= LEAVING;
    wait_for_served(&crowd, crowd.served + LEAVING);
    clients_finish(crowd.clients, MANY_CLIENTS);
    stderr_bytes = server_stderr(&server, text, sizeof text);
    stats = server_stop(&server);
    require(stats.accepted == MANY_CLIENTS + LEAVING && stats.refused == 0,
            "%jd clients were accepted and %jd refused, not %d and 0",
            (intmax_t)stats.accepted, (intmax_t)stats.refused,
            MANY_CLIENTS + LEAVING);
    require(stats.accept_pauses >= 1 &&
                stats.accept_errors >= stats.accept_pauses,
            "%jd pauses and %jd errors of accept were counted",
            (intmax_t)stats.accept_pauses, (intmax_t)stats.accept_errors);
    require(stderr_bytes <= 4096, "it complains at length: %zu bytes",
            stderr_bytes);
}

START_TEST(test_B02_descriptors_run_out)
{
    check_descriptors_run_out(NULL);
}
END_TEST

/* The backends besides epoll, which the case above has tested. */
static const char *const backends[] = {"--backend=poll", "--backend=select"};

/* libevent's listener, left to itself, spins here. */
START_TEST(test_F01_no_listener_spin)
{
    check_descriptors_run_out(backends[_i]);
}
END_TEST

/* ---- B5: --max-clients ----------------------------------------------- */

static void
fill_slots(const struct server *server, struct client *clients)
{
    int i;

    for (i = 0; i < SLOTS; i++) {
        clients[i] = client_connect(server);
    }
    clients_exchange(clients, SLOTS, MESSAGE_BYTES);
}

START_TEST(test_B05_max_clients)
{
    struct server server =
        server_start((struct server_setup){.flags = {"--max-clients=10"}});
    struct server_stats stats;
    struct client clients[SLOTS];
    int round;
    int i;

    for (round = 0; round < 3; round++) {
        fill_slots(&server, clients);
        for (i = 0; i < TOO_MANY; i++) {
            struct client refused = client_connect(&server);

            require(client_wait_end(&refused, PATIENCE_MS) != CLIENT_OPEN,
                    "client %d of %d is not refused", SLOTS + 1 + i, SLOTS);
            client_close(&refused);
        }
        clients_exchange(clients, SLOTS, MESSAGE_BYTES);
        clients_finish(clients, SLOTS);
    }
    stats = server_stop(&server);
    require(stats.accepted == 3 * (int64_t)SLOTS &&
                stats.refused == 3 * (int64_t)TOO_MANY &&
                stats.peak_open == SLOTS,
            "accepted %jd, refused %jd, peak %jd instead of %d, %d, %d",
            (intmax_t)stats.accepted, (intmax_t)stats.refused,
            (intmax_t)stats.peak_open, 3 * SLOTS, 3 * TOO_MANY, SLOTS);
}
END_TEST

/* A serial server has one client at a time by nature: the limit refuses
 * nobody, the others wait in the backlog for their turn. */
START_TEST(test_B05_max_clients_serial)
{
    struct server server =
        server_start((struct server_setup){.flags = {"--max-clients=1"}});
    struct server_stats stats;
    struct client clients[SLOTS];
    int i;

    for (i = 0; i < SLOTS; i++) {
        clients[i] = client_connect(&server);
        client_send(&clients[i], MESSAGE_BYTES);
    }
    for (i = 0; i < SLOTS; i++) {
        client_receive(&clients[i]);
        require(i == SLOTS - 1 || client_hears_nothing(&clients[i + 1], 10),
                "a serial server served two clients at once");
        client_finish(&clients[i]);
    }
    stats = server_stop(&server);
    require(stats.accepted == SLOTS && stats.refused == 0 &&
                stats.peak_open == 1,
            "accepted %jd, refused %jd, peak %jd instead of %d, 0, 1",
            (intmax_t)stats.accepted, (intmax_t)stats.refused,
            (intmax_t)stats.peak_open, SLOTS);
}
END_TEST

/* ---- B6: the backlog ------------------------------------------------- */

/* Clients that connect to a stopped server. */
struct queue {
    struct client clients[6]; /* more than the backlog takes */
    int begun;                /* how many of them have begun to connect */
    int connected;            /* how many are, so far */
    int wanted;               /* how many should be */
};

static bool
are_connected(void *subject)
{
    struct queue *queue = (struct queue *)subject;
    int i;

    queue->connected = 0;
    for (i = 0; i < queue->begun; i++) {
        queue->connected += client_connected(&queue->clients[i]);
    }
    return queue->connected >= queue->wanted;
}

/* The kernel queues one more than the backlog says and lets the others
 * knock again; what they all sent before they were accepted must echo. */
START_TEST(test_B06_backlog_overflows)
{
    struct server server =
        server_start((struct server_setup){.flags = {"--backlog=2"}});
    struct queue queue = {.begun = 0};
    int i;

    server_freeze(&server);
    for (i = 0; i < 6; i++) {
        queue.clients[i] = client_begin(&server, (struct client_setup){0});
        queue.begun++;
        /* Of many at once the kernel may answer more than there is room
         * for. */
        queue.wanted = queue.begun < 3 ? queue.begun : 3;
        require(patience_until(are_connected, &queue, PATIENCE_MS),
                "%d clients are connected, not %d of backlog + 1",
                queue.connected, queue.wanted);
    }
    require(queue.connected == 3, "%d clients are connected with --backlog=2",
            queue.connected);
    for (i = 0; i < 6; i++) {
        if (client_connected(&queue.clients[i])) {
            client_send(&queue.clients[i], 1000);
        }
    }
    server_thaw(&server);
    clients_exchange_and_finish(queue.clients, 6, 1000);
    server_stop(&server);
}
END_TEST

void
add_accept_cases(struct plan *plan)
{
    plan_group(plan, "accept");
    if (model_works(MODEL_ONE_AT_A_TIME)) {
        plan_add(plan, test_B05_max_clients_serial);
    } else {
        plan_add(plan, test_B02_descriptors_run_out);
        plan_add(plan, test_B05_max_clients);
    }
    plan_add(plan, test_B06_backlog_overflows);
    if (model_works(MODEL_LIBEVENT)) {
        plan_add_each(plan, test_F01_no_listener_spin, 2);
    }
}
