/*
 * accept_errors.c: accept fails, and not for want of clients.
 *
 * Rows B1, B2, B3, B4, B8 and B11. Most of accept's errors belong to the one
 * connection that was about to be accepted; some say that descriptors or
 * memory ran out. Neither may end the server, nor make it spin, nor harm
 * whom it serves already.
 */
#include "tests/conformance/client.h"
#include "tests/conformance/expect.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/process.h"
#include "tests/conformance/tally.h"
#include "tests/conformance/verdict.h"
#include "tests/faults/faults.h"
#include "tests/faults/injection.h"
#include "tests/faults/victims.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

static const char accept_calls[] = "accept,accept4";

/* ---- B1, B8: errors of one connection ---------------------------------- */

static const char *const passing_errors[] = {
    "EINTR",       "ECONNABORTED", "EPROTO", "ENETDOWN",
    "ENOPROTOOPT", "EHOSTDOWN",    "ENONET", "EHOSTUNREACH",
    "EOPNOTSUPP",  "ENETUNREACH",  "EPERM",  "ETIMEDOUT",
};
enum {
    PASSING_ERRORS = sizeof passing_errors / sizeof passing_errors[0],
};

START_TEST(test_B01_accept_error_passes)
{
    const char *error = passing_errors[_i];
    struct injection injection = injection_by_strace(
        (struct server_setup){0}, accept_calls, error, "2..20+2");
    struct server_stats stats;

    victims_run(&injection.server, 12, model_crowd(4), FATE_UNHARMED);
    stats = injection_end(&injection);
    require(stats.accept_pauses == 0, "%s makes it leave accept alone",
            error);
    require((strcmp(error, "EINTR") == 0) == (stats.accept_errors == 0),
            "%s: %jd errors of accept are counted", error,
            (intmax_t)stats.accept_errors);
}
END_TEST

/* The listener was readable, but whoever knocked is gone: nobody is wronged,
 * and it must not wait in accept for the next one. */
START_TEST(test_B08_nobody_there_after_all)
{
    struct injection injection = injection_by_strace(
        (struct server_setup){0}, accept_calls, "EAGAIN", "3..12+3");
    struct client old = client_connect(&injection.server);
    int i;

    client_exchange(&old, 100);
    for (i = 0; i < 12; i++) {
        struct client new = client_connect(&injection.server);

        /* The old one has to be served whatever became of the new one. */
        client_exchange(&old, 100);
        client_close(&new);
    }
    client_finish(&old);
    injection_end(&injection);
}
END_TEST

/* ---- B2, B4: errors that call for a pause ------------------------------ */

static const char *const pausing_errors[] = {"EMFILE", "ENFILE", "ENOBUFS",
                                             "ENOMEM"};

/* Accept fails twice for want of something, beside a client that is being
 * served. */
static void
check_pause(const char *error)
{
    bool serial = model_works(MODEL_ONE_AT_A_TIME);
    struct injection injection = injection_by_strace(
        (struct server_setup){0}, accept_calls, error, "4..6+2");
    struct client old = client_connect(&injection.server);
    struct server_stats stats;
    int64_t before_ns;
    int i;

    client_exchange(&old, 100);
    if (serial) {
        client_finish(&old);
    }
    before_ns = process_cpu_ns(injection.server.pid);
    for (i = 0; i < 5; i++) {
        struct client new = client_connect(&injection.server);

        if (!serial) {
            client_exchange(&old, 100);
        }
        client_exchange_and_finish(&new, 100);
    }
    /* Two pauses are 200 ms: who spins in them uses that up. */
    require(process_cpu_ns(injection.server.pid) - before_ns <
                patience_scaled_ms(100) * (int64_t)1000000,
            "it spins while accept fails with %s", error);
    if (!serial) {
        client_finish(&old);
    }
    stats = injection_end(&injection);
    require(stats.accept_pauses >= 1 && stats.refused == 0 &&
                stats.accept_errors == stats.accept_pauses,
            "%s: %jd errors, %jd pauses, %jd refused are counted", error,
            (intmax_t)stats.accept_errors, (intmax_t)stats.accept_pauses,
            (intmax_t)stats.refused);
}

START_TEST(test_B02_no_descriptor_for_accept)
{
    check_pause(pausing_errors[_i]);
}
END_TEST

START_TEST(test_B04_no_memory_for_accept)
{
    check_pause(pausing_errors[2 + _i]);
}
END_TEST

/* ---- B3, B11: real limits ---------------------------------------------- */

enum {
    ROOM = 100, /* descriptors for the server of B11 */
};

/* Only the soft limit: the hard one cannot be raised again. */
static void
limit_descriptors(const struct server *server, rlim_t most)
{
    struct rlimit limit = {.rlim_cur = most, .rlim_max = ROOM};

    require(prlimit(server->pid, RLIMIT_NOFILE, &limit, NULL) == 0,
            "prlimit: %s", strerror(errno));
}

/* Every descriptor is in use, and nobody waits: that is no error, no client
 * is turned away, nothing spins. */
START_TEST(test_B03_full_but_nobody_waits)
{
    enum {
        FEW = 24
    };
    struct server server =
        server_start((struct server_setup){.descriptors_max = FEW});
    struct client clients[FEW];
    int count = FEW - process_descriptors(server.pid);
    struct server_stats stats;
    int i;

    if (model_works(MODEL_ONE_AT_A_TIME)) {
        count = 1;
    }
    for (i = 0; i < count; i++) {
        clients[i] = client_connect(&server);
        client_exchange(&clients[i], 10);
    }
    expect_no_spin(&server);
    clients_exchange(clients, count, 100);
    clients_finish(clients, count);
    expect_alive(&server);
    stats = server_stop(&server);
    require(stats.refused == 0 && stats.accepted == count + 1,
            "%jd are counted as refused, though nobody was",
            (intmax_t)stats.refused);
}
END_TEST

/* The limit falls below what is open already, as if another part of the
 * process had taken the rest. */
START_TEST(test_B11_limit_lowered_while_serving)
{
    struct server server =
        server_start((struct server_setup){.descriptors_max = ROOM});
    struct client clients[20];
    struct client waiting;
    struct server_stats stats;
    char text[16];
    int count = model_crowd(20);
    int i;

    for (i = 0; i < count; i++) {
        clients[i] = client_connect(&server);
    }
    clients_exchange(clients, count, 100);
    limit_descriptors(&server, 5);
    waiting = client_connect(&server);
    client_send(&waiting, 100);
    expect_no_spin(&server);
    clients_exchange(clients, count, 10000);
    limit_descriptors(&server, ROOM);
    clients_finish(clients, count);
    client_receive(&waiting);
    client_finish(&waiting);
    /* Row F8 too: it does not complain in every turn. */
    require(server_stderr(&server, text, sizeof text) <= 4096,
            "it complains at length");
    stats = server_stop(&server);
    require(model_works(MODEL_ONE_AT_A_TIME) || stats.accept_pauses >= 1,
            "no pause is counted: descriptors did not run out");
}
END_TEST

void
add_accept_error_cases(struct plan *plan)
{
    const char *no_strace = injection_no_strace();

    plan_group(plan, "accept errors");
    plan_add_each_unless(plan, no_strace, test_B01_accept_error_passes,
                         PASSING_ERRORS);
    plan_add_each_unless(plan, no_strace, test_B02_no_descriptor_for_accept,
                         2);
    plan_add_each_unless(plan, no_strace, test_B04_no_memory_for_accept, 2);
    plan_add_unless(plan, no_strace, test_B08_nobody_there_after_all);
    plan_add(plan, test_B03_full_but_nobody_waits);
    plan_add(plan, test_B11_limit_lowered_while_serving);
}
