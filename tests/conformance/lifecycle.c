/*
 * lifecycle.c: start, stop, and what surrounds a server.
 *
 * Rows G1 to G10. The promise of a stop: nobody new comes in, what was
 * received is echoed, each connection ends, and the process exits with
 * status 0, at the latest when the grace time is over.
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
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    KIB = 1024,
    MIB = 1024 * KIB,
    /* Far less than the grace time of the tests that use it. */
    AT_ONCE_MS = 5000,
    /* What a stop with nothing to wait for may take. */
    STOP_MS = 1000,
    /* So many may take longer in a test, but no two in a row: the machine
     * may have been busy. */
    LATE_STOPS_MAX = 3,
};

static const struct client_setup small_client = {.sndbuf_bytes = 4096,
                                                 .rcvbuf_bytes = 4096};

static const int stop_signals[] = {SIGTERM, SIGINT};

/* Nothing to drain: it must not wait for the grace time. */
START_TEST(test_G01_stop_when_idle)
{
    struct server server =
        server_start((struct server_setup){.flags = {"--grace=60000"}});
    int64_t deadline_ms = patience_deadline_ms(AT_ONCE_MS);
    struct server_stats stats;

    server_signal(&server, stop_signals[_i]);
    stats = server_stopped(&server);
    require(patience_left_ms(deadline_ms) > 0,
            "an idle server waited for its grace time");
    require(stats.accepted == 0 && stats.open == 0 && stats.peak_open == 0,
            "%jd clients are counted, nobody came", (intmax_t)stats.accepted);
}
END_TEST

/* Idle clients are no reason to wait either: they see the end. */
START_TEST(test_G01_stop_with_idle_clients)
{
    struct server server =
        server_start((struct server_setup){.flags = {"--grace=60000"}});
    struct client clients[20];
    int count = model_crowd(20);
    int64_t deadline_ms;
    int i;

    for (i = 0; i < count; i++) {
        clients[i] = client_connect(&server);
    }
    clients_exchange(clients, count, 100);
    deadline_ms = patience_deadline_ms(AT_ONCE_MS);
    server_stop(&server);
    require(patience_left_ms(deadline_ms) > 0,
            "a server with idle clients waited for its grace time");
    for (i = 0; i < count; i++) {
        require(client_wait_end(&clients[i], PATIENCE_MS) == CLIENT_EOF,
                "an idle client got a reset");
        client_close(&clients[i]);
    }
}
END_TEST

/* A server that looks at signals only when nobody sends never stops. The
 * work makes it slower than those who send, so somebody always does. */
START_TEST(test_G02_stop_under_load)
{
    struct server server = server_start(
        (struct server_setup){.flags = {"--grace=200", "--work=500"}});
    int count = model_crowd(10);
    pid_t hoses[2];
    struct server_stats stats;

    hoses[0] = client_firehose(&server, count);
    hoses[1] = model_works(MODEL_ONE_AT_A_TIME)
                   ? 0
                   : client_firehose(&server, count);
    if (!model_works(MODEL_ONE_AT_A_TIME)) {
        expect_alive(&server);
    }
    stats = server_stop(&server);
    require(stats.open == 0, "%jd clients were left open at exit",
            (intmax_t)stats.open);
    require(client_probe(&server) == ECONNREFUSED,
            "somebody still listens after the stop");
    waitpid(hoses[0], NULL, 0);
    if (hoses[1] != 0) {
        waitpid(hoses[1], NULL, 0);
    }
}
END_TEST

/* ---- G3: a stop at any instant --------------------------------------- */

static void
sleep_us(uint64_t time_us)
{
    const struct timespec time = {
        .tv_sec = (time_t)(time_us / 1000000),
        .tv_nsec = (long)(time_us % 1000000) * 1000,
    };

    nanosleep(&time, NULL);
}

/* How the stops of a test went. */
struct stops {
    int late;      /* took longer than STOP_MS */
    bool was_late; /* the last one did */
};

/* Count a stop that took so long. */
static void
count_stop(struct stops *stops, int64_t took_ms)
{
    bool is_late = took_ms > patience_scaled_ms(STOP_MS);

    stops->late += is_late;
    require(!(is_late && stops->was_late) && stops->late <= LATE_STOPS_MAX,
            "a stop took %jd ms, and it is not the first that is so late",
            (intmax_t)took_ms);
    stops->was_late = is_late;
    tally_add(TALLY_STOPS, 1);
    tally_at_least(TALLY_STOP_MS, (uint64_t)took_ms);
}

/* Start a server and send SIGTERM `delay_us` later. Before its handler is
 * set, that ends the process as it ends any other. Returns whether it did,
 * and requires status 0 otherwise. */
static bool
is_killed_after(uint64_t delay_us, struct stops *stops)
{
    struct server server =
        server_spawn((struct server_setup){.flags = {"--grace=600000"}});
    int64_t begin_ms;
    int wait_status;

    sleep_us(delay_us);
    begin_ms = patience_now_ms();
    server_signal(&server, SIGTERM);
    wait_status = server_wait(&server, PATIENCE_MS);
    count_stop(stops, patience_now_ms() - begin_ms);
    if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGTERM) {
        close(server.stderr_fd);
        return true;
    }
    require(WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0,
            "SIGTERM %ju us after the start: it %s", (uintmax_t)delay_us,
            server_status_words(wait_status));
    close(server.stderr_fd);
    return false;
}

/* The instants that matter are those just behind the one at which the
 * handler is set: the listener is not there yet, or is about to be waited
 * for. So the delay closes in on that one: killed is too early, stopped too
 * late. Until one is stopped it grows by a quarter more, for on a busy
 * machine that instant may be far away. */
START_TEST(test_G03_stop_at_any_instant)
{
    const uint64_t step_us = 200 * (uint64_t)patience_factor();
    uint64_t delay_us = 0;
    struct stops stops = {0};
    bool is_near = false;
    int round;

    for (round = 0; round < 100; round++) {
        uint64_t change_us = payload_random(step_us);

        if (is_killed_after(delay_us, &stops)) {
            delay_us += change_us + (is_near ? 0 : delay_us / 4);
        } else {
            delay_us -= change_us < delay_us ? change_us : delay_us;
            is_near = true;
        }
    }
    if (!is_near) {
        verdict_inconclusive(__func__, "no server was ready before its stop");
    }
    for (round = 0; round < 30; round++) {
        is_killed_after(delay_us + payload_random(4 * step_us), &stops);
    }
}
END_TEST

/* Once the ready line is out, a stop is a stop; and a client may come at
 * that moment. */
START_TEST(test_G03_stop_right_after_ready)
{
    struct stops stops = {0};
    int round;

    for (round = 0; round < 100; round++) {
        struct server server =
            server_start((struct server_setup){.flags = {"--grace=60000"}});
        struct client client = {.fd = -1};
        int64_t begin_ms;

        if (round % 2 == 1) {
            client = client_connect(&server);
            client_send(&client, 10);
        }
        sleep_us(payload_random(300));
        begin_ms = patience_now_ms();
        server_stop(&server);
        count_stop(&stops, patience_now_ms() - begin_ms);
        client_close(&client);
        close(server.stderr_fd);
    }
}
END_TEST

/* Whoever has read the ready line can connect. */
START_TEST(test_G03_ready_means_ready)
{
    int round;

    for (round = 0; round < 20; round++) {
        struct server server = server_start((struct server_setup){0});

        require(client_probe(&server) == 0, "connect fails behind the "
                                            "ready line");
        expect_alive(&server);
        server_stop(&server);
        close(server.stderr_fd);
    }
}
END_TEST

/* ---- G4: a stop while the server waits for a client ------------------- */

/* Whoever did not get everything back must not be told that this was all. */
static void
expect_cut(struct client *client)
{
    require(client_wait_end(client, PATIENCE_MS) == CLIENT_RESET,
            "seed %ju: %ju of %ju bytes came back, then %s",
            (uintmax_t)client->seed, (uintmax_t)client->received_bytes,
            (uintmax_t)client->sent_bytes,
            client->end == CLIENT_EOF ? "a clean end" : "nothing more");
}

START_TEST(test_G04_stop_while_sending)
{
    struct server server = server_start((struct server_setup){
        .flags = {"--sndbuf=4096", "--rcvbuf=4096", "--grace=200"}});
    struct client clients[20];
    int count = model_crowd(20);
    int i;

    for (i = 0; i < count; i++) {
        clients[i] = client_connect_with(&server, small_client);
    }
    clients_fill(clients, count, 64 * (uint64_t)MIB);
    server_stop(&server);
    for (i = 0; i < count; i++) {
        expect_cut(&clients[i]);
    }
    clients_close(clients, count);
}
END_TEST

START_TEST(test_G04_stop_during_handshakes)
{
    struct server server = server_start((struct server_setup){
        .flags = {"--handshake", "--handshake-timeout=600000",
                  "--grace=60000"}});
    struct client clients[20];
    int count = model_crowd(20);
    int i;

    for (i = 0; i < count; i++) {
        clients[i] = client_connect(&server);
        client_send_text(&clients[i], "hel", 3);
        client_wait_consumed(&clients[i]);
    }
    server_stop(&server);
    clients_close(clients, count);
}
END_TEST

START_TEST(test_G04_stop_with_many_clients)
{
    static struct client clients[500];
    struct server server =
        server_start((struct server_setup){.flags = {"--grace=60000"}});
    struct server_stats stats;
    int count = model_crowd(500);
    int i;

    for (i = 0; i < count; i++) {
        clients[i] = client_connect(&server);
    }
    clients_exchange(clients, count, 10);
    stats = server_stop(&server);
    require(stats.accepted == count && stats.open == 0,
            "%jd clients of %jd were left open at exit", (intmax_t)stats.open,
            (intmax_t)stats.accepted);
    clients_close(clients, count);
}
END_TEST

/* A handler that sleeps cannot be woken by a socket: the process ends all
 * the same, and counts whom it left. */
START_TEST(test_G04_stop_during_a_long_delay)
{
    struct server server = server_start(
        (struct server_setup){.flags = {"--delay=3600000", "--grace=100"}});
    struct client client = client_connect(&server);

    client_send(&client, 10);
    client_wait_consumed(&client);
    server_stop(&server);
    expect_cut(&client);
    client_close(&client);
}
END_TEST

/* ---- G5: what is drained --------------------------------------------- */

enum {
    /* Small enough to cross the loopback in one piece. */
    MESSAGE_BYTES = 8 * KIB,
};

/* Exchange whole messages until the server ends the connection. Of a
 * message that came back in part, everything must come back. */
static void
exchange_until_stopped(struct client *clients, int count)
{
    int open = count;
    int i;

    while (open > 0) {
        open = 0;
        for (i = 0; i < count; i++) {
            struct client *client = &clients[i];

            if (client->end != CLIENT_OPEN) {
                continue;
            }
            open++;
            client_receive_some(client, MESSAGE_BYTES);
            if (client->received_bytes == client->sent_bytes &&
                client->end == CLIENT_OPEN) {
                client_send_some(client, MESSAGE_BYTES);
            }
        }
    }
    for (i = 0; i < count; i++) {
        require(clients[i].end == CLIENT_RESET ||
                    clients[i].received_bytes % MESSAGE_BYTES == 0,
                "seed %ju: a clean end in the middle of an echo, at offset "
                "%ju",
                (uintmax_t)clients[i].seed,
                (uintmax_t)clients[i].received_bytes);
        client_close(&clients[i]);
    }
}

START_TEST(test_G05_no_clean_end_within_an_echo)
{
    int count = model_crowd(10);
    int round;

    for (round = 0; round < 15; round++) {
        struct server server = server_start((struct server_setup){0});
        struct client clients[10];
        int exchanges = (int)payload_random(20);
        int i;

        for (i = 0; i < count; i++) {
            clients[i] = client_connect(&server);
        }
        for (i = 0; i <= exchanges; i++) {
            clients_exchange(clients, count, MESSAGE_BYTES);
        }
        for (i = 0; i < count; i++) {
            client_send_some(&clients[i], MESSAGE_BYTES);
        }
        server_signal(&server, SIGTERM);
        exchange_until_stopped(clients, count);
        server_stopped(&server);
        close(server.stderr_fd);
    }
}
END_TEST

/* What had arrived before the stop is echoed, though the server was in the
 * middle of waiting for its handler. */
START_TEST(test_G05_received_bytes_are_echoed)
{
    struct server server = server_start(
        (struct server_setup){.flags = {"--delay=100", "--grace=60000"}});
    struct client client = client_connect(&server);
    struct server_stats stats;

    /* Only a client that has been accepted is drained. */
    client_exchange(&client, 1);
    client_send(&client, 40 * (size_t)KIB - 1);
    server_signal(&server, SIGTERM);
    client_wait_end(&client, PATIENCE_MS);
    require(client.end == CLIENT_EOF &&
                client.received_bytes == client.sent_bytes,
            "seed %ju: %ju of %ju bytes came back, then %s",
            (uintmax_t)client.seed, (uintmax_t)client.received_bytes,
            (uintmax_t)client.sent_bytes,
            client.end == CLIENT_EOF ? "a clean end" : "no clean end");
    client_close(&client);
    stats = server_stopped(&server);
    require(stats.bytes_in == 40 * (int64_t)KIB &&
                stats.bytes_out == 40 * (int64_t)KIB,
            "%jd bytes in, %jd out are counted", (intmax_t)stats.bytes_in,
            (intmax_t)stats.bytes_out);
}
END_TEST

/* ---- G6: the second signal ------------------------------------------- */

static bool
is_closed_for_new(void *subject)
{
    return client_probe((const struct server *)subject) == ECONNREFUSED;
}

START_TEST(test_G06_second_signal_ends_at_once)
{
    int second = stop_signals[_i];
    struct server server = server_start((struct server_setup){
        .flags = {"--sndbuf=4096", "--rcvbuf=4096", "--grace=600000"}});
    struct client client = client_connect_with(&server, small_client);
    int wait_status;

    clients_fill(&client, 1, 64 * (uint64_t)MIB);
    server_signal(&server, SIGTERM);
    require(patience_until(is_closed_for_new, &server, PATIENCE_MS),
            "the stop does not close the listener");
    server_signal(&server, second);
    wait_status = server_wait(&server, AT_ONCE_MS);
    require(WIFEXITED(wait_status) &&
                WEXITSTATUS(wait_status) == 128 + second,
            "after a second signal it %s, not with status %d",
            server_status_words(wait_status), 128 + second);
    expect_cut(&client);
    client_close(&client);
}
END_TEST

/* ---- G7: SIGPIPE ------------------------------------------------------ */

/* The client ends its side, then is gone: what the server sends first is
 * answered by a reset, and its next send raises SIGPIPE unless that was
 * dealt with. */
START_TEST(test_G07_broken_pipe)
{
    struct server server =
        server_start((struct server_setup){.flags = {"--delay=1"}});
    int i;

    for (i = 0; i < 50; i++) {
        struct client client = client_connect(&server);

        client_send_some(&client, 64 * (size_t)KIB);
        client_close(&client);
    }
    expect_alive(&server);
    server_stop(&server);
}
END_TEST

/* ---- G8: the same port again ------------------------------------------ */

/* The server ends the connection first, with a FIN, so the kernel keeps its
 * side of it for a while, and the port with it. */
START_TEST(test_G08_restart_on_the_same_port)
{
    struct server server = server_start((struct server_setup){0});
    char flag[32];
    int round;

    snprintf(flag, sizeof flag, "--port=%d", server.port);
    for (round = 0; round < 10; round++) {
        struct client client = client_connect(&server);

        client_exchange(&client, 100);
        server_stop(&server);
        close(server.stderr_fd);
        require(client_wait_end(&client, PATIENCE_MS) == CLIENT_EOF,
                "the stop does not end the client with a FIN");
        server = server_start((struct server_setup){.flags = {flag}});
        client_close(&client);
    }
    server_stop(&server);
}
END_TEST

/* ---- G9: standard streams --------------------------------------------- */

/*
 * A port that stays free for a server: bound, but not listening, which
 * SO_REUSEADDR lets others do too. Returns the descriptor, which the caller
 * closes.
 */
static int
reserve_port(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t address_bytes = sizeof address;
    int yes = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    require(fd >= 0, "socket: %s", strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    require(bind(fd, (struct sockaddr *)&address, sizeof address) == 0,
            "bind: %s", strerror(errno));
    getsockname(fd, (struct sockaddr *)&address, &address_bytes);
    *port = ntohs(address.sin_port);
    return fd;
}

static bool
is_reachable(void *subject)
{
    return client_probe((const struct server *)subject) == 0;
}

/* Without standard streams the first sockets would get their numbers, and
 * whatever is printed would reach a client. */
START_TEST(test_G09_closed_streams)
{
    int port;
    int reserved_fd = reserve_port(&port);
    struct server server;
    struct client client;
    char flag[32];
    char line[64];
    int wait_status;

    snprintf(flag, sizeof flag, "--port=%d", port);
    snprintf(line, sizeof line, "listening on 127.0.0.1:%d", port);
    server = server_spawn((struct server_setup){.flags = {flag, "--verbose"},
                                                .streams_closed = true});
    /* The line that we would have read. */
    server_parse_ready(&server, line);
    require(patience_until(is_reachable, &server, PATIENCE_MS),
            "without standard streams it does not listen");
    client = client_connect(&server);
    client_exchange(&client, 100 * (size_t)KIB);
    server_signal(&server, SIGTERM);
    wait_status = server_wait(&server, PATIENCE_MS);
    require(WIFEXITED(wait_status), "without standard streams it %s",
            server_status_words(wait_status));
    require(client_wait_end(&client, PATIENCE_MS) == CLIENT_EOF,
            "the client got no clean end");
    client_close(&client);
    close(reserved_fd);
}
END_TEST

/* Nobody can read the ready line: that is a failure to set up. */
START_TEST(test_G09_output_full)
{
    struct server server =
        server_spawn((struct server_setup){.stdout_path = "/dev/full"});
    int wait_status = server_wait(&server, PATIENCE_MS);
    char text[512];

    server_stderr(&server, text, sizeof text);
    require(WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 1,
            "with /dev/full as output it %s, not with status 1",
            server_status_words(wait_status));
    require(strstr(text, "No space left") != NULL,
            "it does not say why: \"%s\"", text);
}
END_TEST

/* ---- G10: descriptors -------------------------------------------------- */

START_TEST(test_G10_descriptors_close_on_exec)
{
    struct server server = server_start((struct server_setup){0});
    struct client clients[5];
    int count = model_crowd(5);
    int leaking;
    int i;

    for (i = 0; i < count; i++) {
        clients[i] = client_connect(&server);
    }
    clients_exchange(clients, count, 10);
    leaking = process_leaking_descriptor(server.pid);
    require(leaking == -1, "descriptor %d is not close-on-exec", leaking);
    clients_finish(clients, count);
    server_stop(&server);
}
END_TEST

void
add_lifecycle_cases(struct plan *plan)
{
    plan_group(plan, "lifecycle");
    plan_add_each(plan, test_G01_stop_when_idle, 2);
    plan_add(plan, test_G01_stop_with_idle_clients);
    plan_add(plan, test_G02_stop_under_load);
    plan_add_unless(plan, plan_no_prompt_signals(),
                    test_G03_stop_at_any_instant);
    plan_add_unless(plan, plan_no_prompt_signals(),
                    test_G03_stop_right_after_ready);
    plan_add(plan, test_G03_ready_means_ready);
    plan_add(plan, test_G04_stop_while_sending);
    plan_add(plan, test_G04_stop_during_handshakes);
    plan_add(plan, test_G04_stop_with_many_clients);
    plan_add_unless(plan, plan_no_prompt_signals(),
                    test_G04_stop_during_a_long_delay);
    plan_add(plan, test_G05_no_clean_end_within_an_echo);
    plan_add(plan, test_G05_received_bytes_are_echoed);
    plan_add_each_unless(plan, plan_no_prompt_signals(),
                         test_G06_second_signal_ends_at_once, 2);
    plan_add(plan, test_G07_broken_pipe);
    plan_add(plan, test_G08_restart_on_the_same_port);
    plan_add(plan, test_G09_closed_streams);
    plan_add(plan, test_G09_output_full);
    plan_add(plan, test_G10_descriptors_close_on_exec);
}
