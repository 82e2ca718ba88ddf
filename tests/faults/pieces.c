/*
 * pieces.c: calls that move a few bytes only, or are interrupted.
 *
 * Rows A1, A2, A3, B9, B10, D4 and H7. Everything here is allowed to happen
 * on any day; an idle machine just never does it.
 */
#include "tests/conformance/client.h"
#include "tests/conformance/expect.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/process.h"
#include "tests/conformance/verdict.h"
#include "tests/faults/faults.h"
#include "tests/faults/injection.h"

#include <signal.h>

enum {
    KIB = 1024,
    MIB = 1024 * KIB,
    FEW = 4, /* clients at once */
};

/* Exchange `nbytes` with each of a few clients, through a server with the
 * shim. */
static void
check_with_shim(struct server_setup setup, const char *const *wishes,
                size_t nbytes)
{
    struct injection injection = injection_by_shim(setup, wishes);
    struct client clients[FEW];
    int count = model_crowd(FEW);
    int i;

    for (i = 0; i < count; i++) {
        clients[i] = client_connect(&injection.server);
    }
    clients_exchange_and_finish(clients, count, nbytes);
    injection_end(&injection);
}

START_TEST(test_A01_writes_of_few_bytes)
{
    const char *const wishes[] = {"SHIM_WRITE=7", NULL};

    check_with_shim((struct server_setup){0}, wishes, 64 * (size_t)KIB);
}
END_TEST

/* Not for coroutine: there a short read means that the socket is empty and
 * that the kernel will report what comes next. That holds for the kernel,
 * and A2 of the conformance suite shows it; the shim would break it. */
START_TEST(test_A02_reads_of_few_bytes)
{
    const char *const wishes[] = {"SHIM_READ=7", NULL};

    check_with_shim((struct server_setup){0}, wishes, 64 * (size_t)KIB);
}
END_TEST

START_TEST(test_H07_answer_in_single_bytes)
{
    const char *const wishes[] = {"SHIM_WRITE=1", NULL};
    struct injection injection = injection_by_shim(
        (struct server_setup){.flags = {"--handshake"}}, wishes);
    struct server server = injection.server;
    struct client client;

    client = client_connect(&server);
    client_cork(&client, true);
    client_send_text(&client, "hello\n", 6);
    client_send(&client, 1000);
    client_cork(&client, false);
    client_expect_text(&client, "hello\n");
    client_exchange_and_finish(&client, 1000);
    server_stop(&server);
    require(injection_shim_count(&server, "faults") > 1000,
            "the answer was not cut into bytes: this case proves nothing");
}
END_TEST

/* ---- A3 --------------------------------------------------------------- */

/* What cannot be sent now is sent when there is room: a server asks for room
 * only while it has something to send, and then waits for it. */
START_TEST(test_A03_waits_for_room)
{
    const struct client_setup small = {.sndbuf_bytes = 4096,
                                       .rcvbuf_bytes = 4096};
    struct server server = server_start(
        (struct server_setup){.flags = {"--sndbuf=4096", "--rcvbuf=4096"}});
    struct client client = client_connect_with(&server, small);
    int64_t switches;

    clients_fill(&client, 1, 64 * (uint64_t)MIB);
    switches = process_switches(server.pid);
    expect_no_spin(&server);
    switches = process_switches(server.pid) - switches;
    require(switches < 200, "it woke up %jd times in a second for nothing",
            (intmax_t)switches);
    client_receive(&client);
    client_finish(&client);
    server_stop(&server);
}
END_TEST

/* EAGAIN out of the blue, where the model is told again: never a loss. */
START_TEST(test_A03_nothing_there_after_all)
{
    const char *const wishes[] = {"SHIM_EAGAIN=3", NULL};

    check_with_shim((struct server_setup){0}, wishes, MIB);
}
END_TEST

/* ---- B9, D4: interruptions -------------------------------------------- */

START_TEST(test_B09_calls_interrupted)
{
    const char *const wishes[] = {"SHIM_EINTR=2", "SHIM_WRITE=4000", NULL};

    check_with_shim((struct server_setup){0}, wishes, MIB);
}
END_TEST

/* A signal each millisecond, and calls that are not restarted. */
START_TEST(test_B09_storm_of_signals)
{
    const char *const wishes[] = {"SHIM_STORM=1000", NULL};

    check_with_shim((struct server_setup){.flags = {"--idle-timeout=600000"}},
                    wishes, 16 * (size_t)MIB / (size_t)model_crowd(FEW));
}
END_TEST

/* An interrupted wait is waited to its end, however often: no chunk is
 * echoed before its delay is over, and each one is. */
START_TEST(test_D04_interrupted_waits_go_on)
{
    const char *const wishes[] = {"SHIM_STORM=1000", NULL};
    struct injection injection = injection_by_shim(
        (struct server_setup){.flags = {"--delay=50"}}, wishes);
    struct client client = client_connect(&injection.server);
    int i;

    for (i = 0; i < 5; i++) {
        int64_t start_ms = patience_now_ms();
        int64_t took_ms;

        client_exchange(&client, 100);
        took_ms = patience_now_ms() - start_ms;
        require(took_ms >= 49, "a delay of 50 ms took %jd ms",
                (intmax_t)took_ms);
    }
    client_finish(&client);
    injection_end(&injection);
}
END_TEST

/* ---- B10 -------------------------------------------------------------- */

enum {
    STOPS = 200,
    BETWEEN_BYTES = 320 * KIB, /* 64 MiB in all */
};

/* SIGSTOP and SIGCONT interrupt calls with a time limit, though no handler
 * runs. The limit is set, so that blocking and threaded have such calls. */
START_TEST(test_B10_stopped_and_continued)
{
    struct server server = server_start(
        (struct server_setup){.flags = {"--idle-timeout=600000"}});
    struct client client = client_connect(&server);
    struct server_stats stats;
    int i;

    for (i = 0; i < STOPS; i++) {
        client_send_some(&client, 64 * (size_t)KIB);
        server_signal(&server, SIGSTOP);
        client_send_some(&client, 64 * (size_t)KIB);
        server_signal(&server, SIGCONT);
        client.goal_bytes = client.sent_bytes;
        client_exchange(&client, BETWEEN_BYTES);
    }
    client_finish(&client);
    stats = server_stop(&server);
    require(stats.bytes_out == stats.bytes_in && stats.closed_eof == 1,
            "%jd bytes in, %jd out are counted", (intmax_t)stats.bytes_in,
            (intmax_t)stats.bytes_out);
}
END_TEST

void
add_piece_cases(struct plan *plan)
{
    const char *no_shim = injection_no_shim();
    bool edges = model_works(MODEL_EDGES);

    plan_group(plan, "pieces");
    plan_add_unless(plan, no_shim, test_A01_writes_of_few_bytes);
    plan_add_unless(plan, no_shim, test_B09_calls_interrupted);
    if (!model_current()->companion) { /* no --idle-timeout */
        plan_add_unless(plan, no_shim, test_B09_storm_of_signals);
    }
    if (!edges) {
        plan_add_unless(plan, no_shim, test_A02_reads_of_few_bytes);
    }
    if (model_works(MODEL_SELECT | MODEL_LIBEVENT) &&
        !model_current()->companion) {
        plan_add_unless(plan, no_shim, test_A03_nothing_there_after_all);
    }
    if (model_current()->data_only) {
        return;
    }
    plan_add(plan, test_A03_waits_for_room);
    plan_add(plan, test_B10_stopped_and_continued);
    plan_add_unless(plan, no_shim, test_D04_interrupted_waits_go_on);
    plan_add_unless(plan, no_shim, test_H07_answer_in_single_bytes);
}
