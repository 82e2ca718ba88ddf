/*
 * stall.c: clients that write and never read, or never write again.
 *
 * Rows A4 and A5, and F2 for each backend of libevent. The only right
 * answer is to stop reading from such a client: a server that goes on must
 * either keep what it cannot send, without bound, or lose it.
 */
#include "tests/conformance/client.h"
#include "tests/conformance/expect.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/plan.h"
#include "tests/conformance/process.h"
#include "tests/conformance/verdict.h"

#include <sys/socket.h>

enum {
    KIB = 1024,
    MIB = 1024 * KIB,
    /* More than the kernel's buffers hold when they are small. */
    FLOOD_BYTES = 64 * MIB,
    STALLED = 100, /* clients of this kind at once */
    /* What a server may hold for one of them: its buffer, its stack or
     * struct, and the rounding of both to pages. */
    CLIENT_KIB = 64,
};

/* Small buffers in the kernel on both sides, so that they are full soon. */
static const struct client_setup small_client = {.sndbuf_bytes = 4096,
                                                 .rcvbuf_bytes = 4096};

static struct server
start_small(const char *flag)
{
    return server_start((struct server_setup){
        .flags = {"--sndbuf=4096", "--rcvbuf=4096", flag}});
}

/* Require that memory grew by no more than `count` stalled clients and
 * `base_kib` explain. */
static void
expect_memory(const struct server *server, int64_t before_kib, int count,
              int base_kib)
{
    int64_t grown_kib = process_resident_kib(server->pid) - before_kib;

    if (patience_sanitized()) {
        return;
    }
    require(grown_kib <= base_kib + (int64_t)count * CLIENT_KIB,
            "memory grew by %jd KiB for %d clients that do not read",
            (intmax_t)grown_kib, count);
}

/* A second client beside one that occupies the server: all models but the
 * serial one serve it. There it waits, and is served afterwards. */
static void
expect_neighbour(const struct server *server, struct client *stalled)
{
    struct client neighbour = client_connect(server);

    client_send(&neighbour, 64);
    if (model_works(MODEL_ONE_AT_A_TIME)) {
        require(client_hears_nothing(&neighbour, 200),
                "a serial server served two clients at once");
        client_close(stalled);
    }
    client_receive(&neighbour);
    client_finish(&neighbour);
}

static void
check_one_writer(const char *flag)
{
    struct server server = start_small(flag);
    struct client client;
    int64_t before_kib;

    expect_alive(&server);
    before_kib = process_resident_kib(server.pid);
    client = client_connect_with(&server, small_client);
    clients_fill(&client, 1, FLOOD_BYTES);
    expect_no_spin(&server);
    expect_memory(&server, before_kib, 1, 256);
    expect_neighbour(&server, &client);
    client_close(&client);
    server_stop(&server);
}

START_TEST(test_A04_writer_never_reads)
{
    check_one_writer(NULL);
}
END_TEST

START_TEST(test_A04_hundred_writers_never_read)
{
    struct server server = start_small(NULL);
    struct client clients[STALLED];
    struct client probe = client_connect(&server);
    int64_t before_kib;
    int i;

    client_exchange(&probe, 64);
    before_kib = process_resident_kib(server.pid);
    for (i = 0; i < STALLED; i++) {
        clients[i] = client_connect_with(&server, small_client);
    }
    clients_fill(clients, STALLED, FLOOD_BYTES);
    expect_memory(&server, before_kib, STALLED, 2 * KIB);
    client_exchange(&probe, 64);
    client_finish(&probe);
    clients_finish(clients, STALLED);
    server_stop(&server);
}
END_TEST

/* Server and client both wait for the other to read: when the client gives
 * in, everything must be there. */
START_TEST(test_A05_both_directions_full)
{
    struct server server = start_small(NULL);
    struct client client = client_connect_with(&server, small_client);

    clients_fill(&client, 1, FLOOD_BYTES);
    client_receive(&client);
    clients_fill(&client, 1, FLOOD_BYTES);
    client_exchange_and_finish(&client, MIB);
    server_stop(&server);
}
END_TEST

/* Zero bytes are the end and no pause: who asks again is answered at once,
 * and for ever. */
START_TEST(test_A07_half_close_does_not_spin)
{
    struct server server = server_start((struct server_setup){0});
    struct client client = client_connect(&server);

    client_exchange(&client, KIB);
    shutdown(client.fd, SHUT_WR);
    expect_no_spin(&server);
    client_finish(&client);
    server_stop(&server);
}
END_TEST

/* The backends besides epoll, which the case above has tested. */
static const char *const backends[] = {"--backend=poll", "--backend=select"};

/* libevent's read high-watermark, the obvious way to do this, spins. */
START_TEST(test_F02_no_watermark_spin)
{
    check_one_writer(backends[_i]);
}
END_TEST

void
add_stall_cases(struct plan *plan)
{
    plan_group(plan, "stall");
    plan_add(plan, test_A05_both_directions_full);
    if (model_current()->data_only && !model_current()->companion) {
        return;
    }
    plan_add(plan, test_A07_half_close_does_not_spin);
    plan_add(plan, test_A04_writer_never_reads);
    if (!model_works(MODEL_ONE_AT_A_TIME)) {
        plan_add(plan, test_A04_hundred_writers_never_read);
    }
    if (model_works(MODEL_LIBEVENT)) {
        plan_add_each(plan, test_F02_no_watermark_spin, 2);
    }
}
