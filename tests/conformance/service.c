/*
 * service.c: what a handler does between reading and writing, and what a
 * server costs that does nothing.
 */
#include "tests/conformance/client.h"
#include "tests/conformance/expect.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/plan.h"
#include "tests/conformance/process.h"
#include "tests/conformance/verdict.h"

#include <signal.h>
#include <string.h>
#include <time.h>

enum {
    WAITING = 20, /* clients of a handler that waits */
    DELAY_MS = 50,
    SERIAL_MS = WAITING * DELAY_MS, /* one after the other */
    SILENT = 50,                    /* clients that do nothing */
};

/* Serve one echo to each client. Returns how long that took. */
static int64_t
echo_to_all(const struct server *server)
{
    struct client clients[WAITING];
    int64_t start_ms;
    int64_t took_ms;
    int i;

    for (i = 0; i < WAITING; i++) {
        clients[i] = client_connect(server);
    }
    start_ms = patience_now_ms();
    clients_exchange_and_finish(clients, WAITING, 64);
    took_ms = patience_now_ms() - start_ms;
    require(took_ms >= DELAY_MS, "an echo took %jd ms with --delay=%d",
            (intmax_t)took_ms, DELAY_MS);
    return took_ms;
}

/* The waiting of one client costs the others nothing, but for a serial
 * server, where it adds up. About time, so three attempts are allowed. */
START_TEST(test_delay_overlaps)
{
    struct server server =
        server_start((struct server_setup){.flags = {"--delay=50"}});
    int64_t best_ms = echo_to_all(&server);
    int attempt;

    if (model_works(MODEL_ONE_AT_A_TIME)) {
        require(best_ms >= SERIAL_MS,
                "%d clients waited %jd ms in all, one after the other",
                WAITING, (intmax_t)best_ms);
        server_stop(&server);
        return;
    }
    for (attempt = 0; attempt < 2 && best_ms > SERIAL_MS / 2; attempt++) {
        best_ms = echo_to_all(&server);
    }
    require(best_ms <= SERIAL_MS / 2,
            "%d clients waited %jd ms with --delay=%d: one after the other",
            WAITING, (intmax_t)best_ms, DELAY_MS);
    server_stop(&server);
}
END_TEST

/* The waiting is for each chunk, and content does not suffer. */
START_TEST(test_delay_keeps_order)
{
    struct server server =
        server_start((struct server_setup){.flags = {"--delay=2"}});
    struct client clients[10];
    int count = model_crowd(10);
    int i;

    for (i = 0; i < count; i++) {
        clients[i] = client_connect(&server);
    }
    clients_exchange_and_finish(clients, count, 300000);
    server_stop(&server);
}
END_TEST

/* A client that leaves while its echo waits must not be waited for, nor
 * its memory be used. */
START_TEST(test_delay_outlives_client)
{
    struct server server =
        server_start((struct server_setup){.flags = {"--delay=20"}});
    int before = process_descriptors(server.pid);
    int i;

    for (i = 0; i < 20; i++) {
        struct client client = client_connect(&server);

        client_send(&client, 100);
        if (i % 2 == 0) {
            client_reset(&client);
        } else {
            client_close(&client);
        }
    }
    expect_alive(&server);
    expect_descriptors(&server, before);
    server_stop(&server);
}
END_TEST

/* CPU time, not wall time: a busy machine cannot make it fail. */
START_TEST(test_work_burns_cpu)
{
    struct server server =
        server_start((struct server_setup){.flags = {"--work=2000"}});
    struct client client = client_connect(&server);
    int64_t before_ns;
    int64_t used_ms;
    int i;

    client_exchange(&client, 1);
    before_ns = process_cpu_ns(server.pid);
    for (i = 0; i < 100; i++) {
        client_exchange(&client, 64);
    }
    used_ms = (process_cpu_ns(server.pid) - before_ns) / 1000000;
    require(used_ms >= 200, "100 chunks of 2 ms of work took %jd ms of CPU",
            (intmax_t)used_ms);
    client_finish(&client);
    server_stop(&server);
}
END_TEST

/* Silent clients cost nothing: below 1 % of a core over two seconds. */
START_TEST(test_idle_clients_cost_nothing)
{
    const struct timespec window = {.tv_sec = 2};
    struct server server = server_start((struct server_setup){0});
    struct client clients[SILENT];
    int count = model_crowd(SILENT);
    int64_t before_ns;
    int64_t used_us;
    int i;

    for (i = 0; i < count; i++) {
        clients[i] = client_connect(&server);
    }
    clients_exchange(clients, count, 10);
    before_ns = process_cpu_ns(server.pid);
    nanosleep(&window, NULL);
    used_us = (process_cpu_ns(server.pid) - before_ns) / 1000;
    require(used_us < patience_scaled_ms(20) * (int64_t)1000,
            "%d silent clients cost %jd us of CPU time in 2 s%s", count,
            (intmax_t)used_us, verdict_calls());
    clients_finish(clients, count);
    server_stop(&server);
}
END_TEST

/* Without --verbose nothing is said, with it a line for each client that
 * comes and one for each that goes. */
START_TEST(test_verbose_says_who_comes_and_goes)
{
    struct server server =
        server_start((struct server_setup){.flags = {"--verbose"}});
    char text[4096];
    const char *at = text;
    int lines = 0;
    int i;

    for (i = 0; i < 5; i++) {
        expect_alive(&server);
    }
    server_stop(&server);
    server_stderr(&server, text, sizeof text);
    while ((at = strchr(at, '\n')) != NULL) {
        at++;
        lines++;
    }
    require(lines == 10, "%d lines are said about 5 clients: \"%s\"", lines,
            text);
    require(strstr(text, "127.0.0.1") != NULL,
            "no line says who the client is: \"%s\"", text);
}
END_TEST

START_TEST(test_quiet_without_verbose)
{
    struct server server = server_start((struct server_setup){0});
    char text[256];
    int i;

    for (i = 0; i < 5; i++) {
        expect_alive(&server);
    }
    server_stop(&server);
    server_stderr(&server, text, sizeof text);
    require(text[0] == '\0' || patience_sanitized(),
            "it says something nobody asked for: \"%s\"", text);
}
END_TEST

/* Without --stats the ready line is all there is on standard output. */
START_TEST(test_no_counters_unless_asked)
{
    struct server server = server_spawn(
        (struct server_setup){.flags = {"--port=0"}, .bare = true});
    char line[128];

    require(server_read_line(&server, line, sizeof line, PATIENCE_MS),
            "no ready line");
    server_parse_ready(&server, line);
    expect_alive(&server);
    server_signal(&server, SIGTERM);
    require(!server_read_line(&server, line, sizeof line, PATIENCE_MS) &&
                line[0] == '\0',
            "it says \"%s\" without --stats", line);
    server_wait(&server, PATIENCE_MS);
}
END_TEST

void
add_service_cases(struct plan *plan)
{
    plan_group(plan, "service");
    plan_add(plan, test_delay_overlaps);
    plan_add(plan, test_delay_keeps_order);
    plan_add(plan, test_delay_outlives_client);
    plan_add(plan, test_work_burns_cpu);
    plan_add(plan, test_idle_clients_cost_nothing);
    plan_add(plan, test_verbose_says_who_comes_and_goes);
    plan_add(plan, test_quiet_without_verbose);
    plan_add(plan, test_no_counters_unless_asked);
}
