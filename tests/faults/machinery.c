/*
 * machinery.c: what only one of the five has, and can break.
 *
 * Rows C4, C5, C6 (threads), E5, E10, E11 (coroutines), F3, F4, F6, F8
 * (libevent), and G9, which all have.
 */
#include "tests/conformance/client.h"
#include "tests/conformance/expect.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/payload.h"
#include "tests/conformance/process.h"
#include "tests/conformance/verdict.h"
#include "tests/faults/faults.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    KIB = 1024,
    MIB = 1024 * KIB,
};

static const struct client_setup small_client = {.sndbuf_bytes = 4096,
                                                 .rcvbuf_bytes = 4096};

/* ---- C4 to C6: threads --------------------------------------------------
 */

/* Clients come, echo and break off at the same time, until a stop comes in
 * between. Under ThreadSanitizer any race makes the exit status wrong; in
 * other builds the counters would not add up. */
START_TEST(test_C04_threads_do_not_race)
{
    int round;

    for (round = 0; round < 3; round++) {
        struct server server =
            server_start((struct server_setup){.flags = {"--grace=200"}});
        struct client clients[60];
        int i;

        for (i = 0; i < 60; i++) {
            clients[i] = client_connect(&server);
            client_send_some(&clients[i], 1 + payload_random(4096));
            clients[i].goal_bytes = clients[i].sent_bytes;
        }
        for (i = 0; i < 60; i += 3) {
            client_reset(&clients[i]);
            client_finish(&clients[i + 1]);
        }
        server_signal(&server, SIGTERM);
        for (i = 2; i < 60; i += 3) {
            client_close(&clients[i]);
        }
        server_stopped(&server);
        close(server.stderr_fd);
    }
}
END_TEST

enum {
    CHURN = 2000,
    GROWTHS_MAX = 6, /* looks at whether memory grows again */
};

static void
churn(const struct server *server, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        struct client client = client_connect(server);

        client_exchange(&client, 10);
        client_reset(&client);
    }
    expect_alive(server);
}

/* Threads that have ended are given back while the server runs. Memory may
 * grow once, by as many as happened to be there at a time; what is never
 * given back grows each time. */
START_TEST(test_C05_threads_are_given_back_on_the_way)
{
    struct server server = server_start((struct server_setup){0});
    int64_t grown_kib = INT64_MAX;
    int threads = patience_delays_signals() ? 2 : 1;
    int i;

    churn(&server, CHURN / 4);
    for (i = 0; i < GROWTHS_MAX && grown_kib > 512; i++) {
        grown_kib = -process_resident_kib(server.pid);
        churn(&server, CHURN);
        expect_threads(&server, threads);
        grown_kib += process_resident_kib(server.pid);
        if (patience_sanitized()) {
            break;
        }
    }
    require(patience_sanitized() || grown_kib <= 512,
            "memory grows by %jd KiB in %d threads", (intmax_t)grown_kib,
            CHURN);
    server_stop(&server);
}
END_TEST

/* Threads that are stuck in send hold up neither accept nor the stop, whose
 * handlers may run on any of their stacks, be they as small as may be. */
START_TEST(test_C06_stuck_threads_hold_up_nobody)
{
    struct server server = server_start(
        (struct server_setup){.flags = {"--sndbuf=4096", "--rcvbuf=4096",
                                        "--grace=200", "--stack-size=32"}});
    struct client stuck[100];
    struct server_stats stats;
    int i;

    for (i = 0; i < 100; i++) {
        stuck[i] = client_connect_with(&server, small_client);
    }
    clients_fill(stuck, 100, 64 * (uint64_t)MIB);
    expect_alive(&server);
    stats = server_stop(&server);
    require(stats.open == 0 && stats.accepted == 101,
            "%jd of %jd clients were left open at exit", (intmax_t)stats.open,
            (intmax_t)stats.accepted);
    clients_close(stuck, 100);
}
END_TEST

/* ---- E5, E10, E11: coroutines -------------------------------------------
 */

static const char *const switches[] = {"--switch=jump",
                                       "--switch=swapcontext"};

/* Exchange something with a crowd. */
static void
smoke(const struct server *server)
{
    struct client clients[20];
    int i;

    for (i = 0; i < 20; i++) {
        clients[i] = client_connect(server);
    }
    clients_exchange(clients, 20, 1 + payload_random(64 * (uint64_t)KIB));
    clients_exchange_and_finish(clients, 20, 100 * (size_t)KIB);
}

/* _FORTIFY_SOURCE takes a longjmp between stacks for an attack and aborts,
 * if anybody builds co_switch.c with it. */
START_TEST(test_E05_hardened_build_switches)
{
    struct server server =
        server_start((struct server_setup){.flags = {switches[_i]}});

    smoke(&server);
    server_stop(&server);
}
END_TEST

/* A server under valgrind, which says nothing unless something is wrong and
 * makes that the exit status; memory that is still there at the exit counts
 * as wrong, too. */
static struct server
start_under_valgrind(void)
{
    return server_start((struct server_setup){
        .launcher = {"valgrind", "-q", "--error-exitcode=9",
                     "--leak-check=full", "--show-leak-kinds=all",
                     "--errors-for-leak-kinds=all"},
        .flags = {"--sndbuf=4096", "--rcvbuf=4096", "--grace=200"}});
}

/* Ends of every kind, with bytes on the way that cannot be sent. */
static void
end_in_every_way(const struct server *server)
{
    struct client clients[6];
    int i;

    for (i = 0; i < 6; i++) {
        clients[i] = client_connect_with(server, small_client);
    }
    clients_fill(clients, 6, 64 * (uint64_t)MIB);
    for (i = 0; i < 3; i++) {
        shutdown(clients[i].fd, SHUT_WR);
    }
    client_finish(&clients[0]);
    client_reset(&clients[1]);
    client_close(&clients[2]);
    client_reset(&clients[3]);
    client_close(&clients[4]);
    client_finish(&clients[5]);
}

/* valgrind has to be told of every stack, or it takes a switch for wild
 * writing. It also sees what is used after it was freed. */
START_TEST(test_E10_valgrind_knows_the_stacks)
{
    struct server server = start_under_valgrind();
    char text[512];

    end_in_every_way(&server);
    server_stop(&server);
    /* Its reports begin so; what it says of calls that are newer than
     * itself does not. */
    server_stderr(&server, text, sizeof text);
    require(strstr(text, "==") == NULL, "valgrind says: \"%s\"", text);
}
END_TEST

/* A context carries a set of blocked signals with it; switching must not
 * bring back an old one in which a stop would not be heard. */
START_TEST(test_E11_switching_leaves_signals_alone)
{
    struct server server =
        server_start((struct server_setup){.flags = {switches[_i]}});
    uint64_t before = process_signals_blocked(server.pid);

    smoke(&server);
    expect_alive(&server);
    require(process_signals_blocked(server.pid) == 0 && before == 0,
            "signals %jx are blocked, %jx were",
            (uintmax_t)process_signals_blocked(server.pid),
            (uintmax_t)before);
    server_stop(&server);
}
END_TEST

/* ---- F3, F4, F6, F8: libevent -------------------------------------------
 */

/* libevent itself puts no bound to what is queued for sending. The kernel's
 * own buffers are as large as they like here, some MiB, so that a server
 * without a bound would have every chance. */
START_TEST(test_F03_output_is_bounded)
{
    struct server server = server_start((struct server_setup){0});
    struct client client;
    int64_t before_kib;
    int64_t grown_kib;

    expect_alive(&server);
    before_kib = process_resident_kib(server.pid);
    client = client_connect(&server);
    clients_fill(&client, 1, 64 * (uint64_t)MIB);
    grown_kib = process_resident_kib(server.pid) - before_kib;
    require(patience_sanitized() || grown_kib <= 320,
            "memory grew by %jd KiB for a client that does not read",
            (intmax_t)grown_kib);
    client_finish(&client);
    server_stop(&server);
}
END_TEST

/* The end with something queued comes once: drained first if the client
 * ended its side, at once if it is gone. */
START_TEST(test_F04_ends_with_output_queued)
{
    struct server server = server_start(
        (struct server_setup){.flags = {"--sndbuf=4096", "--rcvbuf=4096"}});
    int before = process_descriptors(server.pid);
    struct server_stats stats;

    end_in_every_way(&server);
    expect_descriptors(&server, before);
    stats = server_stop(&server);
    require(stats.closed_eof == 2 && stats.closed_error == 4,
            "of 2 good ends and 4 bad ones %jd and %jd are counted",
            (intmax_t)stats.closed_eof, (intmax_t)stats.closed_error);
}
END_TEST

/* At the exit everything was given back, also what libevent keeps. */
START_TEST(test_F06_nothing_left_at_exit)
{
    struct server server = start_under_valgrind();
    struct client open[3];
    char text[512];
    int i;

    end_in_every_way(&server);
    for (i = 0; i < 3; i++) {
        open[i] = client_connect_with(&server, small_client);
    }
    clients_fill(open, 3, 64 * (uint64_t)MIB);
    server_stop(&server);
    clients_close(open, 3);
    require(server_stderr(&server, text, sizeof text) == 0,
            "valgrind says: \"%s\"", text);
}
END_TEST

/* One line now and then is help, one in each turn fills a disk. */
START_TEST(test_F08_no_flood_of_words)
{
    struct server server =
        server_start((struct server_setup){.descriptors_max = 24});
    struct client clients[60];
    char text[16];
    int i;

    for (i = 0; i < 60; i++) {
        clients[i] = client_connect(&server);
        client_send(&clients[i], 10);
    }
    require(client_hears_nothing(&clients[59], patience_scaled_ms(500)),
            "60 clients are served with 24 descriptors");
    clients_finish(clients, 60);
    require(server_stderr(&server, text, sizeof text) <= 4096,
            "it says %zu bytes about descriptors",
            server_stderr(&server, text, sizeof text));
    server_stop(&server);
}
END_TEST

/* ---- G9 -----------------------------------------------------------------
 */

/* Whoever read the ready line has gone: the counters find nobody, which is
 * said, and is no reason to die of a signal. */
START_TEST(test_G09_output_pipe_closed)
{
    struct server server = server_start((struct server_setup){0});
    int wait_status;
    char text[512];

    close(server.stdout_fd);
    server.stdout_fd = -1;
    expect_alive(&server);
    server_signal(&server, SIGTERM);
    wait_status = server_wait(&server, PATIENCE_MS);
    server_stderr(&server, text, sizeof text);
    require(WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 1 &&
                strstr(text, "print the counters") != NULL,
            "without a reader it %s and says \"%s\"",
            server_status_words(wait_status), text);
}
END_TEST

/* ---- what can run here ---------------------------------------------------
 */

static const char *
no_valgrind(void)
{
    static int answer = -1;

    if (patience_sanitized()) {
        return "valgrind and sanitizers exclude each other";
    }
    if (answer == -1) {
        /* NOLINTNEXTLINE(cert-env33-c): a command without anybody's input */
        answer = system("valgrind -q true >/dev/null 2>&1");
    }
    return answer == 0 ? NULL
                       : "there is no valgrind here; 'apt-get install "
                         "valgrind' gets it";
}

static const char *
not_hardened(void)
{
    const char *variant = getenv("FIVEWAYS_VARIANT");

    return variant != NULL && strcmp(variant, "hardened") == 0
               ? NULL
               : "this build is not hardened; 'VARIANT=hardened make "
                 "check-faults' is";
}

void
add_machinery_cases(struct plan *plan)
{
    plan_group(plan, "machinery");
    plan_add(plan, test_G09_output_pipe_closed);
    if (model_works(MODEL_THREAD_EACH)) {
        plan_add(plan, test_C04_threads_do_not_race);
        plan_add(plan, test_C05_threads_are_given_back_on_the_way);
        plan_add(plan, test_C06_stuck_threads_hold_up_nobody);
    }
    if (model_works(MODEL_STACK_EACH)) {
        plan_add_each_unless(plan, not_hardened(),
                             test_E05_hardened_build_switches, 2);
        plan_add_unless(plan, no_valgrind(),
                        test_E10_valgrind_knows_the_stacks);
        plan_add_each_unless(plan,
                             patience_delays_signals()
                                 ? "co_fiber.h holds signals back for thread "
                                   "sanitizer"
                                 : NULL,
                             test_E11_switching_leaves_signals_alone, 2);
    }
    if (model_works(MODEL_LIBEVENT)) {
        plan_add(plan, test_F03_output_is_bounded);
        plan_add(plan, test_F04_ends_with_output_queued);
        plan_add_unless(plan, no_valgrind(), test_F06_nothing_left_at_exit);
        plan_add(plan, test_F08_no_flood_of_words);
    }
}
