/*
 * threads.c: what only threaded can get wrong.
 *
 * Rows C1 to C3. Races (C4) are for ThreadSanitizer: all cases run in that
 * build too, and a report makes the server's exit status wrong.
 */
#include "tests/conformance/client.h"
#include "tests/conformance/expect.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/plan.h"
#include "tests/conformance/process.h"
#include "tests/conformance/verdict.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KIB = 1024,
    MIB = 1024 * KIB,
};

/* No thread can be made: that client is refused, the others live. */
START_TEST(test_C01_no_thread_for_a_client)
{
    expect_refusals_without_memory();
}
END_TEST

static const char *const stack_sizes[] = {"--stack-size=64",
                                          "--stack-size=8192"};

/* Stacks have the size that was asked for: 500 of the small ones fit in
 * memory that would not hold 100 of glibc's default size. */
START_TEST(test_C02_stack_size)
{
    bool small = _i == 0;
    struct server server = server_start((struct server_setup){
        .flags = {stack_sizes[_i]},
        .memory_max_bytes = small ? 512 * (rlim_t)MIB : 0});
    struct client clients[500];
    int count = small ? 500 : 10;
    int i;

    for (i = 0; i < count; i++) {
        clients[i] = client_connect(&server);
    }
    clients_exchange(clients, count, 100);
    require(process_threads(server.pid) >= count, "%d threads for %d clients",
            process_threads(server.pid), count);
    clients_finish(clients, count);
    expect_threads(&server, 1);
    server_stop(&server);
}
END_TEST

/* A stop ends every thread: those that wait to receive, and those that wait
 * to send to clients that do not read. */
START_TEST(test_C03_stop_ends_all_threads)
{
    const struct client_setup small = {.sndbuf_bytes = 4096,
                                       .rcvbuf_bytes = 4096};
    struct server server = server_start((struct server_setup){
        .flags = {"--sndbuf=4096", "--rcvbuf=4096", "--grace=200"}});
    struct client live[200];
    struct client stalled[50];
    struct server_stats stats;
    int i;

    for (i = 0; i < 200; i++) {
        live[i] = client_connect(&server);
    }
    for (i = 0; i < 50; i++) {
        stalled[i] = client_connect_with(&server, small);
    }
    clients_exchange(live, 200, 100);
    clients_fill(stalled, 50, 64 * (uint64_t)MIB);
    stats = server_stop(&server);
    require(stats.accepted == 250 && stats.open == 0,
            "%jd of %jd clients were left open at exit", (intmax_t)stats.open,
            (intmax_t)stats.accepted);
    clients_close(live, 200);
    clients_close(stalled, 50);
}
END_TEST

/* The stop is for main, which outlives the threads: what its handler uses is
 * given back while the last of them may still have a few steps to go. */
START_TEST(test_C03_threads_leave_the_stop_to_main)
{
    struct server server = server_start((struct server_setup){0});
    struct client client = client_connect(&server);
    char path[40];
    struct dirent *entry;
    DIR *folder;
    int others = 0;

    client_exchange(&client, 1);
    snprintf(path, sizeof path, "/proc/%d/task", (int)server.pid);
    folder = opendir(path);
    require(folder != NULL, "%s: %s", path, strerror(errno));
    while ((entry = readdir(folder)) != NULL) {
        pid_t thread = (pid_t)strtol(entry->d_name, NULL, 10);
        uint64_t blocked =
            thread > 0 ? process_signals_blocked(thread) : UINT64_MAX;

        if (thread > 0 && thread != server.pid) {
            others++;
            require((blocked & 1ULL << (SIGTERM - 1)) != 0 &&
                        (blocked & 1ULL << (SIGALRM - 1)) != 0,
                    "a thread has blocked %jx only", (uintmax_t)blocked);
        }
    }
    closedir(folder);
    require(others > 0, "it has no thread but main");
    client_finish(&client);
    server_stop(&server);
}
END_TEST

void
add_threads_cases(struct plan *plan)
{
    if (!model_works(MODEL_THREAD_EACH)) {
        return;
    }
    plan_group(plan, "threads");
    plan_add_unless(plan, plan_no_memory_limit(),
                    test_C01_no_thread_for_a_client);
    if (!patience_sanitized()) {
        plan_add_each(plan, test_C02_stack_size, 2);
    } else {
        plan_add_unless(plan, plan_no_memory_limit(), test_C02_stack_size);
    }
    plan_add(plan, test_C03_stop_ends_all_threads);
    plan_add_unless(plan,
                    patience_delays_signals()
                        ? "thread sanitizer has a thread of its own"
                        : NULL,
                    test_C03_threads_leave_the_stop_to_main);
}
