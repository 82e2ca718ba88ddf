/* expect.c: see expect.h. */
#include "tests/conformance/expect.h"

#include "tests/conformance/client.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/process.h"
#include "tests/conformance/verdict.h"

#include <time.h>

/* A number that a process should come down to. */
struct number_wanted {
    int (*of)(pid_t pid); /* what is counted */
    pid_t pid;            /* whose */
    int count;            /* how many there should be */
};

static bool
is_reached(void *subject)
{
    const struct number_wanted *wanted =
        (const struct number_wanted *)subject;

    return wanted->of(wanted->pid) <= wanted->count;
}

void
expect_alive(const struct server *server)
{
    struct client probe = client_connect(server);

    client_exchange_and_finish(&probe, 64);
}

void
expect_descriptors(const struct server *server, int count)
{
    struct number_wanted wanted = {
        .of = process_descriptors, .pid = server->pid, .count = count};

    require(patience_until(is_reached, &wanted, PATIENCE_MS),
            "%d descriptors are open, %d were before",
            process_descriptors(server->pid), count);
}

void
expect_threads(const struct server *server, int count)
{
    struct number_wanted wanted = {
        .of = process_threads, .pid = server->pid, .count = count};

    require(patience_until(is_reached, &wanted, PATIENCE_MS),
            "%d threads run, %d did before", process_threads(server->pid),
            count);
}

void
expect_no_spin(const struct server *server)
{
    const struct timespec moment = {.tv_nsec = 10L * 1000 * 1000};
    int64_t before_ns = process_cpu_ns(server->pid);
    int64_t end_ms = patience_now_ms() + 1000;
    int64_t used_ms;
    int looks = 0;
    int runnable = 0;

    /* On a busy machine, where it hardly ever gets a CPU, a server that spins
     * uses little, but it never waits for anything else. */
    while (patience_now_ms() < end_ms || looks < 20) {
        nanosleep(&moment, NULL);
        looks++;
        runnable += process_runnable(server->pid);
    }
    used_ms = (process_cpu_ns(server->pid) - before_ns) / 1000000;
    require(used_ms <= patience_scaled_ms(100) && runnable < looks * 9 / 10,
            "it spins: without work it used %jd ms of CPU time in a second, "
            "and wanted to run %d times of %d%s",
            (intmax_t)used_ms, runnable, looks, verdict_calls());
}

/* One client more. Returns true when it is served, false when refused. */
static bool
is_served(const struct server *server, struct client *client)
{
    *client = client_connect(server);
    client_send_some(client, 16);
    client->goal_bytes = client->sent_bytes;
    while (client->received_bytes < 16 && client->end == CLIENT_OPEN) {
        require(
            !client_hears_nothing(client, patience_scaled_ms(PATIENCE_MS)),
            "without memory a client is neither served nor refused");
        client_receive_some(client, 16);
    }
    if (client->end != CLIENT_OPEN) {
        client_close(client);
        return false;
    }
    return true;
}

void
expect_refusals_without_memory(void)
{
    struct server server = server_start(
        (struct server_setup){.flags = {"--stack-size=8192"},
                              .memory_max_bytes = (rlim_t)128 * 1024 * 1024});
    int before = process_descriptors(server.pid);
    struct server_stats stats;
    struct client clients[40];
    int served = 0;
    int i;

    for (i = 0; i < 40; i++) {
        served += is_served(&server, &clients[served]);
    }
    require(served >= 3 && served < 40,
            "%d of 40 clients with 8 MiB each are served in 128 MiB", served);
    clients_exchange(clients, served, 1000);
    clients_finish(clients, served);
    expect_descriptors(&server, before);
    expect_alive(&server);
    stats = server_stop(&server);
    require(stats.refused == 40 - served && stats.accepted == served + 1,
            "accepted %jd and refused %jd are counted, not %d and %d",
            (intmax_t)stats.accepted, (intmax_t)stats.refused, served + 1,
            40 - served);
}
