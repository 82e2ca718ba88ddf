/*
 * chaos.c: a lot, and everything at once.
 *
 * Rows A15, I2 and I5 in their short form: enough for every change. All
 * chance follows from --seed.
 */
#include "tests/conformance/client.h"
#include "tests/conformance/expect.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/payload.h"
#include "tests/conformance/process.h"
#include "tests/conformance/verdict.h"
#include "tests/faults/faults.h"

#include <limits.h>
#include <signal.h>

enum {
    KIB = 1024,
    MIB = 1024 * KIB,
};

/* Every byte of 128 MiB, of each model, at its place. */
START_TEST(test_A15_128_mebibytes)
{
    struct server server = server_start((struct server_setup){0});
    struct client clients[4];
    int count = model_crowd(4);
    size_t each_bytes = 128 * (size_t)MIB / (size_t)count;
    struct server_stats stats;
    int i;

    for (i = 0; i < count; i++) {
        clients[i] = client_connect(&server);
    }
    clients_exchange_and_finish(clients, count, each_bytes);
    stats = server_stop(&server);
    require(stats.bytes_out == 128 * (int64_t)MIB,
            "%jd bytes are counted as echoed", (intmax_t)stats.bytes_out);
}
END_TEST

/* ---- I2 ---------------------------------------------------------------- */

enum {
    TOGETHER = 32,
    GROWTHS_MAX = 6, /* looks at whether memory grows again */
};

static void
visit(const struct server *server, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        struct client client = client_connect(server);

        client_exchange_and_finish(&client, 10);
    }
}

/* More clients at once than there will be again, if all goes well. On a busy
 * machine threads that are done take their time to end, so that there may be
 * some at once even if the clients come one by one; what is kept for them is
 * there before anybody looks. */
static void
visit_together(const struct server *server)
{
    struct client clients[TOGETHER];
    int count = model_crowd(TOGETHER);
    int i;

    for (i = 0; i < count; i++) {
        clients[i] = client_connect(server);
    }
    clients_exchange_and_finish(clients, count, 10);
}

/* Memory may grow once, by a larger crowd than before; what is never given
 * back grows each time. */
START_TEST(test_I02_memory_stays)
{
    struct server server = server_start((struct server_setup){0});
    int64_t grown_kib = INT64_MAX;
    int mappings;
    int new_mappings = INT_MAX;
    int threads;
    int i;

    visit_together(&server);
    visit(&server, 500);
    threads = process_threads(server.pid);
    for (i = 0; i < GROWTHS_MAX && (grown_kib > 64 || new_mappings > 4);
         i++) {
        grown_kib = -process_resident_kib(server.pid);
        mappings = process_mappings(server.pid);
        visit(&server, 1500);
        expect_threads(&server, threads);
        grown_kib += process_resident_kib(server.pid);
        new_mappings = process_mappings(server.pid) - mappings;
    }
    require(grown_kib <= 64, "memory grows by %jd KiB in 1500 connections",
            (intmax_t)grown_kib);
    require(new_mappings <= 4,
            "there are %d more mappings in 1500 connections", new_mappings);
    server_stop(&server);
}
END_TEST

/* ---- I5 ---------------------------------------------------------------- */

enum {
    HONEST = 10, /* clients that must lose nothing */
    ROUNDS = 120,
};

/* One of the things that clients do to a server, by chance. */
static void
misbehave(const struct server *server)
{
    struct client client = client_connect(server);
    uint64_t what = payload_random(6);

    client_send_some(&client, payload_random(64 * (uint64_t)KIB));
    switch (what) {
    case 0:
        client_reset(&client);
        break;
    case 1:
        client_close(&client);
        break;
    case 2:
        client_receive_some(&client, payload_random(16 * (uint64_t)KIB));
        client_reset(&client);
        break;
    case 3:
        client.goal_bytes = client.sent_bytes;
        client_finish(&client);
        break;
    case 4:
        /* A connection that is established and dead, in the queue. */
        server_signal(server, SIGSTOP);
        client_reset(&client);
        server_signal(server, SIGCONT);
        break;
    default:
        client.goal_bytes = client.sent_bytes;
        client_exchange(&client, payload_random(200 * (uint64_t)KIB));
        client_close(&client);
        break;
    }
}

START_TEST(test_I05_mixed_chaos)
{
    struct server server = server_start((struct server_setup){
        .flags = {"--idle-timeout=600000"}, .descriptors_max = 40});
    int before = process_descriptors(server.pid);
    struct client honest[HONEST];
    int count = model_works(MODEL_ONE_AT_A_TIME) ? 0 : HONEST;
    struct server_stats stats;
    int round;
    int i;

    for (i = 0; i < count; i++) {
        honest[i] = client_connect(&server);
    }
    for (round = 0; round < ROUNDS; round++) {
        misbehave(&server);
        if (count > 0) {
            clients_exchange(honest, count,
                             1 + payload_random(20 * (uint64_t)KIB));
        }
    }
    clients_finish(honest, count);
    expect_alive(&server);
    expect_descriptors(&server, before);
    stats = server_stop(&server);
    require(stats.closed_eof + stats.closed_error == stats.accepted,
            "of %jd clients %jd ended well and %jd failed",
            (intmax_t)stats.accepted, (intmax_t)stats.closed_eof,
            (intmax_t)stats.closed_error);
}
END_TEST

void
add_chaos_cases(struct plan *plan)
{
    plan_group(plan, "chaos");
    plan_add(plan, test_A15_128_mebibytes);
    plan_add_unless(plan,
                    patience_sanitized()
                        ? "a sanitizer keeps memory that was freed"
                        : NULL,
                    test_I02_memory_stays);
    plan_add(plan, test_I05_mixed_chaos);
}
