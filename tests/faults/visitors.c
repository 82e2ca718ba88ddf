/*
 * visitors.c: clients that come to go again, and many at a time.
 *
 * Rows A11, A17, D7 and E7. A server that stands still for a moment finds
 * everything at once when it goes on: who came, who left, who did both. A
 * step behind in its books, and it serves the wrong one.
 */
#include "tests/conformance/client.h"
#include "tests/conformance/expect.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/payload.h"
#include "tests/conformance/process.h"
#include "tests/conformance/verdict.h"
#include "tests/faults/faults.h"
#include "tests/faults/injection.h"

#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

/* ---- A11 --------------------------------------------------------------- */

enum {
    QUEUED = 100, /* half of them leave before they are accepted */
};

/* On Linux accept hands out connections that are dead already. */
START_TEST(test_A11_reset_before_accept)
{
    struct server server = server_start((struct server_setup){0});
    int before = process_descriptors(server.pid);
    struct client clients[QUEUED];
    int i;

    server_freeze(&server);
    for (i = 0; i < QUEUED; i++) {
        clients[i] = client_connect(&server);
        client_send(&clients[i], 1 + payload_random(1000));
    }
    for (i = 1; i < QUEUED; i += 2) {
        client_reset(&clients[i]);
    }
    server_thaw(&server);
    for (i = 0; i < QUEUED; i += 2) {
        client_exchange_and_finish(&clients[i], 100);
    }
    expect_alive(&server);
    expect_descriptors(&server, before);
    server_stop(&server);
}
END_TEST

/* ---- A17 --------------------------------------------------------------- */

enum {
    KNOCKS = 200,  /* of each kind */
    AT_A_TIME = 8, /* of each kind, before all of them are gone again */
    ROUNDS_MAX = 6,
    GROWN_KIB_MAX = 64,
};

/* What a port scan does, and a health check. */
static void
knock(const struct server *server, int kind)
{
    struct client client = client_connect(server);

    switch (kind) {
    case 0:
        client_close(&client);
        break;
    case 1:
        client_reset(&client);
        break;
    case 2:
        client_finish(&client);
        break;
    default:
        shutdown(client.fd, SHUT_WR);
        client_reset(&client);
        break;
    }
}

/* Knock so often, in every way; never more at a time than were there before,
 * so that memory for more is not needed. Returns by how many KiB that made
 * the server larger, which had `descriptors` and `threads` without them. */
static int64_t
knock_often(const struct server *server, int descriptors, int threads)
{
    int64_t before_kib = process_resident_kib(server->pid);

    for (int i = 0; i < 4 * KNOCKS; i++) {
        knock(server, i % 4);
        if ((i + 1) % (4 * AT_A_TIME) == 0) {
            expect_descriptors(server, descriptors);
            expect_threads(server, threads);
        }
    }
    expect_alive(server);
    return process_resident_kib(server->pid) - before_kib;
}

/* Memory may grow once, by as many clients as happened to be there at a time;
 * what is never given back grows each time. */
START_TEST(test_A17_nothing_to_say)
{
    struct server server = server_start((struct server_setup){0});
    int before;
    int threads;
    int64_t grown_kib = INT64_MAX;
    struct server_stats stats;
    int rounds;

    knock(&server, 0);
    expect_alive(&server);
    before = process_descriptors(server.pid);
    threads = process_threads(server.pid);
    for (rounds = 0; rounds < ROUNDS_MAX && grown_kib > GROWN_KIB_MAX;
         rounds++) {
        grown_kib = knock_often(&server, before, threads);
    }
    expect_descriptors(&server, before);
    expect_threads(&server, threads);
    require(patience_sanitized() || grown_kib <= GROWN_KIB_MAX,
            "memory grows by %jd KiB for each %d clients that say nothing",
            (intmax_t)grown_kib, 4 * KNOCKS);
    stats = server_stop(&server);
    require(stats.accepted == rounds * (4 * KNOCKS + 1) + 2 &&
                stats.bytes_in == INT64_C(64) * (rounds + 1),
            "%jd clients with %jd bytes are counted, not %d with %d",
            (intmax_t)stats.accepted, (intmax_t)stats.bytes_in,
            rounds * (4 * KNOCKS + 1) + 2, 64 * (rounds + 1));
}
END_TEST

/* ---- D7 ---------------------------------------------------------------- */

enum {
    BURST = 400,
    IN_A_ROW = 100, /* accepts that others may have to wait for */
};

/* Many come at once, beside one that is being served: accepting them all
 * first would let it wait for all of them. */
START_TEST(test_D07_burst_starves_nobody)
{
    const char *const wishes[] = {NULL};
    static struct client burst[BURST];
    struct injection injection =
        injection_by_shim((struct server_setup){0}, wishes);
    struct server server = injection.server;
    struct client old = client_connect(&server);
    long in_a_row;
    int i;

    client_exchange(&old, 100);
    server_freeze(&server);
    for (i = 0; i < BURST; i++) {
        burst[i] = client_connect(&server);
        client_send(&burst[i], 10);
    }
    client_send(&old, 100);
    server_thaw(&server);
    client_receive(&old);
    clients_exchange(burst, BURST, 10);
    clients_finish(burst, BURST);
    client_finish(&old);
    server_stop(&server);
    in_a_row = injection_shim_count(&server, "accepts in a row");
    require(in_a_row > 1 && in_a_row <= IN_A_ROW,
            "%ld clients were accepted in a row before anybody was served",
            in_a_row);
}
END_TEST

/* ---- E7 ---------------------------------------------------------------- */

enum {
    IDLE_MS = 300,
    OLD = 30,
};

/* The time limit of all is over in the same batch in which some of them
 * send, some leave, and new ones get the descriptors of those. */
START_TEST(test_E07_time_is_up_in_a_full_batch)
{
    int limit_ms = patience_scaled_ms(IDLE_MS);
    struct timespec while_frozen = {.tv_sec = limit_ms / 800,
                                    .tv_nsec = limit_ms % 800 * 1250000L};
    char flag[40];
    struct server server;
    struct client old[OLD];
    struct client new[OLD];
    struct server_stats stats;
    int count = model_crowd(OLD);
    int i;

    snprintf(flag, sizeof flag, "--idle-timeout=%d", limit_ms);
    server = server_start((struct server_setup){.flags = {flag}});
    for (i = 0; i < count; i++) {
        old[i] = client_connect(&server);
    }
    clients_exchange(old, count, 10);
    server_freeze(&server);
    for (i = 0; i < count; i++) {
        if (i % 3 == 0) {
            client_send(&old[i], 100);
            shutdown(old[i].fd, SHUT_WR);
        } else if (i % 3 == 1) {
            client_reset(&old[i]);
        }
    }
    for (i = 0; i < OLD; i++) {
        new[i] = client_connect(&server);
        client_send(&new[i], 100);
        shutdown(new[i].fd, SHUT_WR);
    }
    nanosleep(&while_frozen, NULL);
    server_thaw(&server);
    for (i = 0; i < count; i += 3) {
        client_finish(&old[i]);
    }
    clients_finish(new, OLD);
    for (i = 2; i < count; i += 3) {
        require(client_wait_end(&old[i], PATIENCE_MS) != CLIENT_OPEN,
                "a silent client outlives its time");
        client_close(&old[i]);
    }
    stats = server_stop(&server);
    require(stats.closed_timeout == count / 3 &&
                stats.closed_error == count / 3,
            "%jd are counted as silent and %jd as failed, not %d each",
            (intmax_t)stats.closed_timeout, (intmax_t)stats.closed_error,
            count / 3);
}
END_TEST

/* A client is gone, and its time is up as well, while the server is busy with
 * another one: that is an error and no silence, whichever it sees first. */
START_TEST(test_E07_gone_when_time_is_up)
{
    int limit_ms = patience_scaled_ms(IDLE_MS);
    struct timespec while_frozen = {.tv_sec = limit_ms / 800,
                                    .tv_nsec = limit_ms % 800 * 1250000L};
    char flag[40];
    struct server server;
    struct client busy;
    struct client gone;
    struct server_stats stats;

    snprintf(flag, sizeof flag, "--idle-timeout=%d", limit_ms);
    server =
        server_start((struct server_setup){.flags = {flag, "--work=250000"}});
    busy = client_connect(&server);
    gone = client_connect(&server);
    client_send(&busy, 100);
    shutdown(busy.fd, SHUT_WR);
    client_wait_consumed(&busy);
    server_freeze(&server);
    if (client_wait_end(&gone, 0) != CLIENT_OPEN) {
        verdict_inconclusive(__func__, "time was up before it was gone");
        server_thaw(&server);
        server_stop(&server);
        return;
    }
    client_reset(&gone);
    nanosleep(&while_frozen, NULL);
    server_thaw(&server);
    client_finish(&busy);
    expect_alive(&server); /* a serial server comes to the other one now */
    stats = server_stop(&server);
    require(stats.closed_error == 1 && stats.closed_timeout == 0,
            "%jd are counted as failed and %jd as silent, not 1 and 0",
            (intmax_t)stats.closed_error, (intmax_t)stats.closed_timeout);
}
END_TEST

void
add_visitor_cases(struct plan *plan)
{
    plan_group(plan, "visitors");
    plan_add(plan, test_A11_reset_before_accept);
    plan_add(plan, test_A17_nothing_to_say);
    plan_add(plan, test_E07_time_is_up_in_a_full_batch);
    plan_add(plan, test_E07_gone_when_time_is_up);
    /* A thread for each cannot be starved like that; and libevent takes 32
     * events from epoll at a time, so there it may be a turn or two more. */
    if (model_works(MODEL_SELECT | MODEL_STACK_EACH)) {
        plan_add_unless(plan, injection_no_shim(),
                        test_D07_burst_starves_nobody);
    }
}
