/*
 * grade_usage.c: what a server uses. See grade.h.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/base.h"
#include "harness/course/grade.h"
#include "tests/conformance/process.h"

enum {
    MEASURED_MS = 1000, /* for so long its CPU time is measured */
    LEAVING_MS = 5000,  /* it may close a while after its clients */
    LOOKS_MIN = 20,
    LOOK_MS = 20,      /* between them */
    SPIN_PERCENT = 10, /* of a CPU is too much where there is no work */
};

struct server
grade_begin(void)
{
    struct server server = {.address_bytes = sizeof server.address};
    char where[ADDRESS_TEXT_BYTES];

    server.pid = grade_server_start(&server.address);
    address_format(&server.address, where);
    snprintf(server.where, sizeof server.where, "%.79s", where);
    return server;
}

void
grade_pause(const struct server *server, int number)
{
    if (server->pid > 0) {
        kill(server->pid, number);
    }
}

void
grade_expect_open(struct client *client)
{
    require(client_wait_end(client, QUIET_MS) == CLIENT_OPEN,
            "the connection was ended, but not by us\n"
            "sent: %ju bytes, all of them back\nexpected: that it waits\n"
            "came: the end of the connection",
            (uintmax_t)client->sent_bytes);
}

struct usage
usage_now(const struct server *server)
{
    pid_t family[GRADE_FAMILY];
    struct usage usage = {0};

    require_able(server->pid > 0,
                 "the server's process cannot be seen from here");
    require(kill(server->pid, 0) == 0, "the server has ended");
    for (int n = grade_family(family), i = 0; i < n; i++) {
        unsigned long user, kernel;
        long user_of_dead, kernel_of_dead, threads, pages;
        char text[1024];

        proc_read(text, sizeof text, "/proc/%d/stat", (int)family[i]);
        const char *behind = strrchr(text, ')'); /* the name may be any */
        if (behind && sscanf(behind,
                             ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
                             "%lu %lu %ld %ld %*d %*d %ld %*d %*u %*u %ld",
                             &user, &kernel, &user_of_dead, &kernel_of_dead,
                             &threads, &pages) == 6) {
            usage.threads += threads > 0 ? (int)threads : 1;
            usage.ticks +=
                (long)(user + kernel) + user_of_dead + kernel_of_dead;
            usage.pages += pages;
            usage.descriptors += grade_descriptors(family[i], 0);
        }
    }
    return usage;
}

struct usage
usage_settle(const struct server *server, const struct usage *before)
{
    struct usage least = usage_now(server);
    int64_t deadline_ms = patience_deadline_ms(LEAVING_MS);

    while (patience_left_ms(deadline_ms) > 0 &&
           (least.descriptors > before->descriptors + USAGE_SPARE ||
            least.threads > before->threads + USAGE_SPARE)) {
        poll(NULL, 0, LOOK_MS);
        struct usage now = usage_now(server);
        if (now.descriptors < least.descriptors ||
            now.threads < least.threads) {
            deadline_ms = patience_deadline_ms(LEAVING_MS);
        }
        least = now;
    }
    return least;
}

static size_t
unread_bytes(const struct client *clients, int count)
{
    size_t sum = 0;

    for (int i = 0; i < count; i++) {
        sum += client_unread_bytes(&clients[i]);
    }
    return sum;
}

void
usage_expect_no_spin(const struct server *server, const char *when,
                     const struct client *clients, int count)
{
    struct usage before = usage_now(server);
    size_t left_bytes = unread_bytes(clients, count);
    int64_t begin_ms = patience_now_ms();
    double used_ms;
    double passed_ms = 0;
    int looks;
    int runnable = 0;

    for (looks = 0; passed_ms < MEASURED_MS || looks < LOOKS_MIN; looks++) {
        poll(NULL, 0, LOOK_MS);
        require(kill(server->pid, 0) == 0, "the server has ended");
        runnable += process_runnable(server->pid);
        passed_ms = (double)(patience_now_ms() - begin_ms);
    }
    used_ms = 1000.0 / (double)sysconf(_SC_CLK_TCK) *
              (double)(usage_now(server).ticks - before.ticks);
    passed_ms = (double)(patience_now_ms() - begin_ms);
    /* Among many it gets little, but never waits for anything else. */
    bool spins = used_ms > passed_ms * SPIN_PERCENT / 100 ||
                 runnable >= looks * 9 / 10;
    if (spins && unread_bytes(clients, count) < left_bytes) {
        usage_expect_no_spin(server, when, clients, count);
        return;
    }
    require(!spins,
            "it spins: %s it used %.0f ms of CPU time in %.0f ms\n"
            "sent: nothing in that time\n"
            "expected: less than %d %% of a CPU\ncame: %.0f %%",
            when, used_ms, passed_ms, SPIN_PERCENT,
            100 * used_ms / passed_ms);
}
