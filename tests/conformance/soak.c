/*
 * soak.c: many clients one after the other, and many at once.
 *
 * Rows I1, I3 and I4: nothing is left behind, nobody is forgotten, and the
 * counters agree with what the clients saw.
 */
#include "tests/conformance/client.h"
#include "tests/conformance/expect.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/payload.h"
#include "tests/conformance/plan.h"
#include "tests/conformance/process.h"
#include "tests/conformance/verdict.h"

enum {
    PASSING = 2000, /* clients through a server with 32 descriptors */
    HELD = 1000,    /* clients at once */
    QUEUED = 100,   /* clients that wait for a serial server */
};

START_TEST(test_I01_nothing_left_behind)
{
    struct server server =
        server_start((struct server_setup){.descriptors_max = 32});
    int descriptors = process_descriptors(server.pid);
    int threads;
    struct server_stats stats;
    int i;

    /* With its first thread a process under ThreadSanitizer gets another
     * one, which stays. */
    expect_alive(&server);
    threads = process_threads(server.pid);
    for (i = 0; i < PASSING; i++) {
        struct client client = client_connect(&server);

        client_exchange_and_finish(&client, 10);
    }
    expect_descriptors(&server, descriptors);
    expect_threads(&server, threads);
    stats = server_stop(&server);
    require(stats.accepted == PASSING + 1 &&
                stats.closed_eof == PASSING + 1 &&
                stats.bytes_in == 10 * (int64_t)PASSING + 64 &&
                stats.bytes_out == 10 * (int64_t)PASSING + 64,
            "accepted %jd, ended %jd, in %jd, out %jd are counted for a "
            "client with 64 bytes and %d with 10",
            (intmax_t)stats.accepted, (intmax_t)stats.closed_eof,
            (intmax_t)stats.bytes_in, (intmax_t)stats.bytes_out, PASSING);
}
END_TEST

START_TEST(test_I03_clients_are_held)
{
    static struct client clients[HELD];
    struct server server = server_start((struct server_setup){0});
    int count = patience_sanitized() ? 200 : HELD;
    struct server_stats stats;
    int i;

    for (i = 0; i < count; i++) {
        clients[i] = client_connect(&server);
        client_exchange(&clients[i], 10);
    }
    clients_exchange(clients, count, 100);
    clients_finish(clients, count);
    stats = server_stop(&server);
    require(stats.peak_open == count, "the peak is counted as %jd, not %d",
            (intmax_t)stats.peak_open, count);
}
END_TEST

/* They wait in the backlog, with what they sent, and are served in the
 * order in which they came. */
START_TEST(test_I03_clients_wait_their_turn)
{
    struct client clients[QUEUED];
    struct server server = server_start((struct server_setup){0});
    int i;

    for (i = 0; i < QUEUED; i++) {
        clients[i] = client_connect(&server);
        client_send(&clients[i], 10);
    }
    for (i = 0; i < QUEUED; i++) {
        client_receive(&clients[i]);
        require(i == QUEUED - 1 || client_hears_nothing(&clients[i + 1], 0),
                "client %d is served before its turn", i + 1);
        client_exchange_and_finish(&clients[i], 100);
    }
    server_stop(&server);
}
END_TEST

/* One client of each kind of end, several times over: each is counted, and
 * once. */
START_TEST(test_I04_every_end_is_counted)
{
    struct server server = server_start((struct server_setup){
        .flags = {"--handshake", "--handshake-timeout=100"}});
    struct server_stats stats;
    int i;

    for (i = 0; i < 5; i++) {
        struct client client = client_connect(&server);

        client_send_text(&client, "hello\n", 6);
        client_expect_text(&client, "hello\n");
        client_exchange_and_finish(&client, 100);
        client = client_connect(&server);
        client_send_text(&client, "hello\n", 6);
        client_expect_text(&client, "hello\n");
        client_exchange(&client, 100);
        client_reset(&client);
        client = client_connect(&server);
        client_send_text(&client, "goodbye\n", 8);
        client_wait_end(&client, PATIENCE_MS);
        client_close(&client);
        client = client_connect(&server);
        client_wait_end(&client, PATIENCE_MS);
        client_close(&client);
    }
    stats = server_stop(&server);
    require(stats.accepted == 20 && stats.closed_eof == 5 &&
                stats.closed_error == 5 && stats.closed_rejected == 5 &&
                stats.closed_timeout == 5 && stats.bytes_in == 1000 &&
                stats.bytes_out == 1000,
            "of 5 each: end of file %jd, error %jd, rejected %jd, timeout "
            "%jd; 1000 bytes: in %jd, out %jd",
            (intmax_t)stats.closed_eof, (intmax_t)stats.closed_error,
            (intmax_t)stats.closed_rejected, (intmax_t)stats.closed_timeout,
            (intmax_t)stats.bytes_in, (intmax_t)stats.bytes_out);
}
END_TEST

void
add_soak_cases(struct plan *plan)
{
    plan_group(plan, "soak");
    plan_add(plan, test_I01_nothing_left_behind);
    if (model_works(MODEL_ONE_AT_A_TIME)) {
        plan_add(plan, test_I03_clients_wait_their_turn);
    } else {
        plan_add(plan, test_I03_clients_are_held);
    }
    if (!model_current()->companion) { /* no --handshake */
        plan_add(plan, test_I04_every_end_is_counted);
    }
}
