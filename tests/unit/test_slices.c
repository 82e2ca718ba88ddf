/*
 * test_slices.c: the engine in slices, against small servers in threads.
 *
 * What compare relies on: a slice begins and ends with nothing under way, so
 * that a server's work between the two belongs to the echoes of the slice;
 * who was never served holds nobody up; and nobody is blamed for time in
 * which the server was stopped.
 */
#include <check.h>
#include <math.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "harness/load/engine.h"
#include "tests/unit/run_suite.h"

#define MS INT64_C(1000000)

/* What the servers are like in this test. */
static bool one_at_a_time;
static atomic_int held;        /* while it is 1, servers do not answer */
static atomic_int echoes_done; /* by all of them */
static atomic_int asked_if_paused;

static struct engine_options options;
static struct engine *engine;
static struct engine_result result;

static void *
serve(void *arg)
{
    int fd = (int)(long)arg;
    char bytes[64];

    while (recv(fd, bytes, sizeof bytes, MSG_WAITALL) == sizeof bytes) {
        while (held == 1) {
            const struct timespec pause = {.tv_nsec = 1000000};
            nanosleep(&pause, NULL);
        }
        echoes_done++;
        send(fd, bytes, sizeof bytes, MSG_NOSIGNAL);
    }
    close(fd);
    return NULL;
}

static void *
accept_all(void *arg)
{
    int listen_fd = (int)(long)arg;

    for (;;) {
        int fd = accept(listen_fd, NULL, NULL);
        pthread_t thread;

        if (one_at_a_time) {
            serve((void *)(long)fd);
        } else if (pthread_create(&thread, NULL, serve, (void *)(long)fd) ==
                   0) {
            pthread_detach(thread);
        }
    }
    return NULL;
}

/* Start a server and connect so many clients. */
static void
begin(int clients)
{
    struct sockaddr_in *address = (struct sockaddr_in *)&options.address;
    socklen_t bytes = sizeof *address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    pthread_t thread;

    *address = (struct sockaddr_in){.sin_family = AF_INET};
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)address, bytes), 0);
    ck_assert_int_eq(listen(fd, 128), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)address, &bytes), 0);
    options.address_bytes = bytes;
    options.clients = clients;
    options.message_bytes = 64;
    ck_assert_int_eq(
        pthread_create(&thread, NULL, accept_all, (void *)(long)fd), 0);
    engine = engine_open(&options, &result);
    ck_assert_ptr_nonnull(engine);
}

/* Slices of 5 ms, in each of which there are echoes, all of them its own. */
static void
slices(int count)
{
    for (int i = 0; i < count; i++) {
        int before = echoes_done;

        ck_assert(engine_slice(engine, 5 * MS, 0, 0, &result));
        ck_assert_int_gt((int)result.echoes, 0);
        ck_assert_int_eq((int)result.echoes, echoes_done - before);
        ck_assert_int_eq((int)result.latency.count, (int)result.echoes);
        ck_assert_int_ge(result.window_ns, 5 * MS);
    }
}

/* At the end so many clients have waited in vain; nobody did wrong. */
static void
end(int stalled)
{
    engine_close(engine, &result);
    ck_assert_int_eq(result.stalled, stalled);
    ck_assert(engine_result_good(&result));
}

START_TEST(a_slice_holds_all_of_its_echoes)
{
    begin(8);
    ck_assert_int_eq(result.connected, 8);
    slices(20);
    ck_assert_int_eq(result.served, 8);
    end(0);
    ck_assert_int_eq(result.served, 8);
    ck_assert(result.fairness > 0 && result.fairness <= 1);
}
END_TEST

START_TEST(connections_for_one_echo_end_in_their_slice)
{
    options.churn = true;
    begin(4);
    slices(20);
    end(0);
}
END_TEST

/* Seven of eight are never accepted. Their messages stay with the server, and
 * the slices of the eighth do not wait for them. */
START_TEST(who_was_never_served_holds_nobody_up)
{
    one_at_a_time = true;
    begin(8);
    slices(5);
    ck_assert_int_eq(result.served, 1);
    ck_assert_int_lt(result.window_ns, 500 * MS);
    end(0);
    ck_assert_int_eq(result.served, 1);
}
END_TEST

START_TEST(who_was_served_and_then_waits_in_vain_is_stalled)
{
    begin(2);
    slices(1);
    held = 1;
    ck_assert(!engine_slice(engine, 5 * MS, 0, 0, &result));
    end(2);
}
END_TEST

/* Two seconds are twice as long as a stall may take. */
static bool
is_paused(void *arg)
{
    (void)arg;
    if (++asked_if_paused == 2) {
        held = 0;
    }
    return true;
}

START_TEST(a_stopped_server_is_waited_for)
{
    options.is_paused = is_paused;
    begin(2);
    slices(1);
    held = 1;
    ck_assert(engine_slice(engine, 5 * MS, 0, 0, &result));
    ck_assert_int_gt(result.gap_ns, 1000 * MS);
    end(0);
}
END_TEST

START_TEST(the_least_served_is_told)
{
    begin(1);
    slices(1);
    end(0);
    ck_assert_double_eq(result.fairness, 1);
    held = 1;
    begin(1);
    ck_assert(engine_slice(engine, 5 * MS, 0, 0, &result));
    ck_assert_int_eq((int)result.echoes, 0);
    engine_close(engine, &result);
    ck_assert(isnan(result.fairness));
}
END_TEST

/* A closed loop between two open ones: nothing of the one is left in the
 * other, and what was due is the rate. */
START_TEST(open_and_closed_slices_take_turns)
{
    begin(4);
    for (int i = 0; i < 4; i++) {
        double rate = i % 2 == 0 ? 2000 : 0;

        ck_assert(engine_slice(engine, 200 * MS, rate, 7, &result));
        ck_assert_int_eq((int)result.unfinished, 0);
        ck_assert_double_eq_tol((double)result.arrivals, rate / 5,
                                rate / 20 + 1);
    }
    end(0);
}
END_TEST

int
main(void)
{
    const test_case tests[] = {
        a_slice_holds_all_of_its_echoes,
        connections_for_one_echo_end_in_their_slice,
        who_was_never_served_holds_nobody_up,
        who_was_served_and_then_waits_in_vain_is_stalled,
        a_stopped_server_is_waited_for,
        the_least_served_is_told,
        open_and_closed_slices_take_turns,
        NULL,
    };

    return run_tests("slices", NULL, NULL, tests);
}
