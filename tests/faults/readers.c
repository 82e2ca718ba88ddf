/*
 * readers.c: clients that read slowly, or late.
 *
 * Rows A6 and A8. A slow reader gets every byte, and costs its neighbours
 * nothing; but a server that serves one at a time makes them wait, which is
 * what it is there to show.
 */
#include "tests/conformance/client.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/verdict.h"
#include "tests/faults/faults.h"
#include "tests/faults/injection.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    KIB = 1024,
    MIB = 1024 * KIB,
    NEIGHBOURS = 20,
    ROUNDS = 50, /* a thousand echoes in all */
    ATTEMPTS = 4,
};

static const struct client_setup small_client = {.sndbuf_bytes = 4096,
                                                 .rcvbuf_bytes = 4096};

static struct server
start_small(void)
{
    return server_start(
        (struct server_setup){.flags = {"--sndbuf=4096", "--rcvbuf=4096"}});
}

/* ---- A6 ---------------------------------------------------------------- */

static int
compare_times(const void *one, const void *other)
{
    const int64_t *a = (const int64_t *)one;
    const int64_t *b = (const int64_t *)other;

    return (*a > *b) - (*a < *b);
}

static int64_t
now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The median time of a round of echoes of all neighbours, beside `slow`,
 * which reads a little in each; NULL: beside nobody. */
static int64_t
median_round_us(struct client *neighbours, struct client *slow)
{
    int64_t times_us[ROUNDS];
    int i;

    for (i = 0; i < ROUNDS; i++) {
        int64_t start_us = now_us();

        clients_exchange(neighbours, NEIGHBOURS, 64);
        times_us[i] = now_us() - start_us;
        if (slow != NULL) {
            client_receive_some(slow, KIB);
        }
    }
    qsort(times_us, ROUNDS, sizeof times_us[0], compare_times);
    return times_us[ROUNDS / 2];
}

/* A thousand echoes pass while the slow one has hardly begun. About time,
 * so a busy machine gets another try; a server that waits for the slow one
 * fails at the first echo, and for ever. */
START_TEST(test_A06_slow_reader_beside_others)
{
    struct server server = start_small();
    struct client slow = client_connect_with(&server, small_client);
    struct client neighbours[NEIGHBOURS];
    int64_t alone_us = 0;
    int64_t beside_us = 1;
    int attempt;
    int i;

    for (i = 0; i < NEIGHBOURS; i++) {
        neighbours[i] = client_connect(&server);
    }
    clients_exchange(neighbours, NEIGHBOURS, 64);
    for (attempt = 0; attempt < ATTEMPTS && beside_us > 2 * alone_us;
         attempt++) {
        alone_us = median_round_us(neighbours, NULL);
        clients_fill(&slow, 1, 64 * (uint64_t)MIB);
        beside_us = median_round_us(neighbours, &slow);
    }
    require(beside_us <= 2 * alone_us,
            "beside a slow reader a round of echoes takes %jd us, alone "
            "%jd",
            (intmax_t)beside_us, (intmax_t)alone_us);
    clients_finish(neighbours, NEIGHBOURS);
    client_finish(&slow);
    server_stop(&server);
}
END_TEST

START_TEST(test_A06_slow_reader_before_others)
{
    struct server server = start_small();
    struct client slow = client_connect_with(&server, small_client);
    struct client neighbour;
    int i;

    clients_fill(&slow, 1, 64 * (uint64_t)MIB);
    neighbour = client_connect(&server);
    client_send(&neighbour, 64);
    for (i = 0; i < 10; i++) {
        client_receive_some(&slow, KIB);
        require(client_hears_nothing(&neighbour, 10),
                "a serial server served two clients at once");
    }
    client_finish(&slow);
    client_receive(&neighbour);
    client_finish(&neighbour);
    server_stop(&server);
}
END_TEST

/* ---- A8 ---------------------------------------------------------------- */

/* The client sends until nothing moves any more, ends its side, and only
 * then begins to read: the server holds bytes that it could not send, knows
 * that no more will come, and must not let go. */
START_TEST(test_A08_half_close_then_read)
{
    bool large = _i == 1;
    struct server server =
        large
            ? server_start((struct server_setup){.flags = {"--sndbuf=4096"}})
            : start_small();
    struct client client = large ? client_connect(&server)
                                 : client_connect_with(&server, small_client);
    struct server_stats stats;
    uint64_t filled_bytes = clients_fill(&client, 1, 64 * (uint64_t)MIB);

    shutdown(client.fd, SHUT_WR);
    client_finish(&client);
    stats = server_stop(&server);
    require(stats.bytes_out == (int64_t)filled_bytes && stats.closed_eof == 1,
            "%ju bytes were sent, %jd are counted as echoed",
            (uintmax_t)filled_bytes, (intmax_t)stats.bytes_out);
}
END_TEST

/* ---- H6 ---------------------------------------------------------------- */

/* The client's time is up while a part of its echo is stuck in the server,
 * and before that gets round to closing the client reads all that there is.
 * Then the kernel's queue is empty, and only the server knows of the rest. */
START_TEST(test_H06_only_the_server_knows_of_the_rest)
{
    const struct client_setup small = {.rcvbuf_bytes = 4096};
    const char *const wishes[] = {"SHIM_IOCTL_MS=1000", NULL};
    struct injection injection = injection_by_shim(
        (struct server_setup){
            .flags = {"--idle-timeout=300", "--sndbuf=4096"}},
        wishes);
    struct client client = client_connect_with(&injection.server, small);

    client_send(&client, 16 * (size_t)KIB);
    shutdown(client.fd, SHUT_WR);
    client_wait_consumed(&client);
    /* Where the socket takes a part, the time begins anew: 300 or 600 ms. */
    usleep(1000 * 1000);
    require(client_wait_end(&client, PATIENCE_MS) == CLIENT_RESET ||
                client.received_bytes == client.sent_bytes,
            "after %ju of %ju bytes of its echo there is no reset",
            (uintmax_t)client.received_bytes, (uintmax_t)client.sent_bytes);
    client_close(&client);
    server_stop(&injection.server);
}
END_TEST

/* The socket is said to have room, and takes nothing, as when the kernel has
 * no memory for it: the client's time passes all the same. Not for libevent,
 * which starts a limit anew with each event. */
START_TEST(test_H06_room_that_is_none_is_no_sign_of_life)
{
    struct injection injection = injection_by_strace(
        (struct server_setup){.flags = {"--idle-timeout=300"}},
        "sendto,?send", "EAGAIN", "1+");
    struct client client = client_connect(&injection.server);

    client_send(&client, 100);
    require(client_wait_end(&client, PATIENCE_MS) == CLIENT_RESET,
            "it is not reset");
    client_close(&client);
    require(server_stop(&injection.server).closed_timeout == 1,
            "it is not counted as closed for time");
}
END_TEST

void
add_reader_cases(struct plan *plan)
{
    plan_group(plan, "readers");
    if (model_works(MODEL_ONE_AT_A_TIME)) {
        plan_add(plan, test_A06_slow_reader_before_others);
    } else {
        plan_add(plan, test_A06_slow_reader_beside_others);
    }
    plan_add_each(plan, test_A08_half_close_then_read, 2);
    plan_add_unless(plan, injection_no_shim(),
                    test_H06_only_the_server_knows_of_the_rest);
    if (model_works(MODEL_SELECT | MODEL_STACK_EACH)) {
        plan_add_unless(plan, injection_no_strace(),
                        test_H06_room_that_is_none_is_no_sign_of_life);
    }
}
