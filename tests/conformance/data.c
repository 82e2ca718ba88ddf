/*
 * data.c: every byte comes back, once, in order, to whom it belongs.
 *
 * Rows A1, A2, A7, A9, A10, A15 and A16 of the fault matrix. Most of these
 * cases ask nothing of a server but to echo, so they run against any.
 */
#include "tests/conformance/client.h"
#include "tests/conformance/expect.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/payload.h"
#include "tests/conformance/plan.h"
#include "tests/conformance/process.h"
#include "tests/conformance/tally.h"
#include "tests/conformance/verdict.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

enum {
    KIB = 1024,
    MIB = 1024 * KIB,
    CROWD = 50, /* clients at once, where a model serves many */
};

/* The smallest buffers that the kernel allows cut sends short, but only if
 * the client's are small too: else its kernel takes all there is, and at
 * once. */
START_TEST(test_A01_short_writes)
{
    const struct client_setup small = {.rcvbuf_bytes = 4096};
    struct server server =
        server_start((struct server_setup){.flags = {"--sndbuf=1"}});
    struct client client = client_connect_with(&server, small);
    struct server_stats stats;

    client_exchange_and_finish(&client, MIB);
    stats = server_stop(&server);
    require(stats.bytes_in == MIB && stats.bytes_out == MIB,
            "%jd bytes in and %jd out are counted, not %d",
            (intmax_t)stats.bytes_in, (intmax_t)stats.bytes_out, MIB);
}
END_TEST

/* TCP keeps no message together: one byte in each segment. */
START_TEST(test_A02_one_byte_at_a_time)
{
    struct server server = server_start((struct server_setup){0});
    struct client client = client_connect(&server);
    int i;

    for (i = 0; i < 10000; i++) {
        client_send(&client, 1);
        if (i % 100 == 0) {
            client_receive(&client);
        }
    }
    client_finish(&client);
    server_stop(&server);
}
END_TEST

/* The small ones fit into the kernel's buffers, the large ones do not. */
static const size_t half_close_sizes[] = {
    0, 1, 4095, 4096, 4097, 65536, MIB, 16 * (size_t)MIB};
enum {
    HALF_CLOSE_SIZES = sizeof half_close_sizes / sizeof half_close_sizes[0],
    HALF_CLOSE_SMALL = HALF_CLOSE_SIZES - 2,
};

/* The client ends its side as early as it can, with all that fits still
 * under way; whoever closes too soon loses the tail. */
static void
check_half_close(size_t nbytes)
{
    struct server server = server_start((struct server_setup){0});
    struct client client = client_connect(&server);

    client_exchange_and_finish(&client, nbytes);
    server_stop(&server);
    tally_add(TALLY_HALF_CLOSE, 1);
}

START_TEST(test_A07_half_close_small)
{
    check_half_close(half_close_sizes[_i]);
}
END_TEST

START_TEST(test_A07_half_close_large)
{
    check_half_close(half_close_sizes[HALF_CLOSE_SMALL + _i]);
}
END_TEST

/* The same with a client that reads little at a time through a small
 * window, so that the server ends up with bytes it cannot get rid of. */
START_TEST(test_A07_half_close_slow_reader)
{
    size_t nbytes = half_close_sizes[_i];
    /* The largest would take seconds 1 KiB at a time. */
    int scale = nbytes > MIB ? 32 : 1;
    const struct client_setup small = {.rcvbuf_bytes = 4096 * scale};
    struct server server = server_start((struct server_setup){
        .flags = {scale > 1 ? "--sndbuf=131072" : "--sndbuf=4096",
                  scale > 1 ? "--rcvbuf=131072" : "--rcvbuf=4096"}});
    struct client client = client_connect_with(&server, small);

    while (client.sent_bytes < nbytes) {
        if (client_send_some(&client, nbytes - client.sent_bytes) == 0) {
            client_receive_some(&client, KIB * (size_t)scale);
        }
    }
    client.goal_bytes = nbytes;
    client_finish(&client);
    server_stop(&server);
    tally_add(TALLY_HALF_CLOSE, 1);
}
END_TEST

/* Clients that leave with their echo on the way: with a FIN, behind which
 * the kernel answers every byte with a reset, and thus EPIPE. */
START_TEST(test_A09_close_with_echo_in_flight)
{
    struct server server = server_start((struct server_setup){0});
    int before = process_descriptors(server.pid);
    int i;

    for (i = 0; i < 300; i++) {
        struct client client = client_connect(&server);
        int chunks;

        for (chunks = 0; chunks < 16; chunks++) {
            client_send_some(&client, 64 * (size_t)KIB);
        }
        client_close(&client);
    }
    expect_alive(&server);
    expect_descriptors(&server, before);
    server_stop(&server);
}
END_TEST

/* Resets at random offsets hurt nobody but those who send them. */
START_TEST(test_A10_reset_in_the_middle)
{
    struct server server = server_start((struct server_setup){0});
    int before = process_descriptors(server.pid);
    struct client others[20];
    int count = model_works(MODEL_ONE_AT_A_TIME) ? 0 : 20;
    int i;

    for (i = 0; i < count; i++) {
        others[i] = client_connect(&server);
    }
    for (i = 0; i < 200; i++) {
        struct client victim = client_connect(&server);

        client_send_some(&victim, 1 + payload_random(64 * (uint64_t)KIB));
        client_receive_some(&victim, payload_random(16 * (uint64_t)KIB));
        client_reset(&victim);
        if (count > 0) {
            clients_exchange(others, count, 1 + payload_random(KIB));
        }
    }
    clients_finish(others, count);
    expect_alive(&server);
    expect_descriptors(&server, before);
    server_stop(&server);
}
END_TEST

/* All clients at once, each with its own sequence, all byte values. */
START_TEST(test_A15_no_cross_talk)
{
    struct server server = server_start((struct server_setup){0});
    struct client clients[CROWD];
    int round;
    int i;

    for (round = 0; round < CROWD / model_crowd(CROWD); round++) {
        for (i = 0; i < model_crowd(CROWD); i++) {
            clients[i] = client_connect(&server);
        }
        clients_exchange(clients, model_crowd(CROWD),
                         1 + payload_random(64 * (uint64_t)KIB));
        clients_exchange(clients, model_crowd(CROWD), 100 * (size_t)KIB);
        clients_finish(clients, model_crowd(CROWD));
    }
    server_stop(&server);
}
END_TEST

/* ---- A16: fairness -------------------------------------------------- */

/* What 50 clients got done beside a firehose. */
struct fairness {
    double jain;        /* Jain's index of their echoes: 1 is equal */
    int64_t slowest_ms; /* the longest echo */
};

/* Each of `count` clients sends, waits for its echo and sends again, for a
 * second. */
static struct fairness
measure_fairness(struct client *clients, int count)
{
    struct fairness fairness = {0};
    int64_t started_ms[CROWD];
    double sum = 0;
    double squares = 0;
    int64_t end_ms = patience_deadline_ms(1000);
    int64_t now_ms;
    int i;

    for (i = 0; i < count; i++) {
        started_ms[i] = patience_now_ms();
        client_send(&clients[i], 64);
    }
    while ((now_ms = patience_now_ms()) < end_ms) {
        for (i = 0; i < count; i++) {
            client_receive_some(&clients[i], 64);
            if (now_ms - started_ms[i] > fairness.slowest_ms) {
                fairness.slowest_ms = now_ms - started_ms[i];
            }
            if (clients[i].received_bytes == clients[i].sent_bytes) {
                started_ms[i] = now_ms;
                client_send(&clients[i], 64);
            }
        }
    }
    clients_receive(clients, count);
    for (i = 0; i < count; i++) {
        double echoes = (double)clients[i].received_bytes / 64;

        sum += echoes;
        squares += echoes * echoes;
    }
    fairness.jain = sum * sum / (count * squares);
    return fairness;
}

/* A client that never pauses must not take the server for itself. This row
 * is about time, so four attempts are allowed: a machine that was busy
 * for a moment is no defect. The work makes the server slower than the
 * firehose, or now and then it would have nothing left to read from it. */
START_TEST(test_A16_firehose_starves_nobody)
{
    struct server server =
        server_start((struct server_setup){.flags = {"--work=100"}});
    struct client clients[CROWD];
    struct fairness fairness = {0};
    pid_t firehose = client_firehose(&server, 1);
    int attempt;

    for (attempt = 0; attempt < 4 && fairness.jain < 0.9; attempt++) {
        int i;

        for (i = 0; i < CROWD; i++) {
            clients[i] = client_connect(&server);
        }
        fairness = measure_fairness(clients, CROWD);
        clients_finish(clients, CROWD);
        if (fairness.slowest_ms > patience_scaled_ms(250)) {
            fairness.jain = 0;
        }
    }
    require(fairness.jain >= 0.9,
            "beside a firehose an echo took %jd ms, or the echoes are "
            "shared out unequally",
            (intmax_t)fairness.slowest_ms);
    kill(firehose, SIGKILL);
    waitpid(firehose, NULL, 0);
    server_stop(&server);
}
END_TEST

/* A byte of urgent data leaves the stream; recv stops short of where it was,
 * though there is more behind it, and all of that arrives in one batch. */
START_TEST(test_A14_urgent_data)
{
    struct server server = server_start((struct server_setup){0});
    struct client client = client_connect(&server);

    client_exchange(&client, 100);
    server_freeze(&server);
    client_send_text(&client, "ab", 2);
    require(send(client.fd, "!", 1, MSG_OOB) == 1, "send: %s",
            strerror(errno));
    client_send_text(&client, "cd", 2);
    server_thaw(&server);
    client_expect_text(&client, "abcd");
    client_exchange_and_finish(&client, 1000);
    server_stop(&server);
}
END_TEST

/* The client ends its side while the server still holds a little of its echo,
 * less than would make it stop receiving: the end comes, and is not yet it.
 */
START_TEST(test_A08_half_close_with_little_left)
{
    const struct client_setup tiny = {.rcvbuf_bytes = 2048};
    struct server server = server_start(
        (struct server_setup){.flags = {"--sndbuf=4608", "--rcvbuf=65536"}});
    struct client client = client_connect_with(&server, tiny);

    server_freeze(&server);
    client_send(&client, 12 * (size_t)1024);
    shutdown(client.fd, SHUT_WR);
    server_thaw(&server);
    require(!client_hears_nothing(&client, patience_scaled_ms(PATIENCE_MS)),
            "no byte of the echo comes");
    poll(NULL, 0, 100); /* a wrong server may need it, a right one does not */
    client_finish(&client);
    server_stop(&server);
}
END_TEST

void
add_data_cases(struct plan *plan)
{
    plan_group(plan, "data");
    plan_add(plan, test_A01_short_writes);
    plan_add_universal(plan, test_A02_one_byte_at_a_time);
    plan_add_universal_each(plan, test_A07_half_close_small,
                            HALF_CLOSE_SMALL);
    plan_add_universal_each(plan, test_A07_half_close_large,
                            HALF_CLOSE_SIZES - HALF_CLOSE_SMALL);
    plan_add_each(plan, test_A07_half_close_slow_reader, HALF_CLOSE_SIZES);
    plan_add(plan, test_A08_half_close_with_little_left);
    plan_add(plan, test_A09_close_with_echo_in_flight);
    plan_add(plan, test_A10_reset_in_the_middle);
    plan_add(plan, test_A14_urgent_data);
    plan_add_universal(plan, test_A15_no_cross_talk);
    if (!model_works(MODEL_ONE_AT_A_TIME) &&
        !model_current()->companion) { /* has no --work */
        plan_add(plan, test_A16_firehose_starves_nobody);
    }
}
