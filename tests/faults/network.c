/*
 * network.c: the network itself fails, in a network of our own.
 *
 * Rows A12, A13 and B7. A test that wants to switch the loopback off, or to
 * change what the kernel does on it, gets a namespace of its own: nobody
 * else is on it, and it is gone with the test.
 */
#include "tests/conformance/client.h"
#include "tests/conformance/expect.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/process.h"
#include "tests/conformance/verdict.h"
#include "tests/faults/faults.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    CLIENTS = 5,
};

/* ---- a network of our own ---------------------------------------------- */

/* Write `text` to the file at `path`. Returns false when that fails. */
static bool
write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && write(fd, text, strlen(text)) > 0;

    if (fd >= 0) {
        close(fd);
    }
    return written;
}

/* Switch the loopback on or off. */
static bool
switch_loopback(bool on)
{
    struct ifreq request = {.ifr_name = "lo",
                            .ifr_flags = (short)(on ? IFF_UP : 0)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool switched = ioctl(fd, SIOCSIFFLAGS, &request) == 0;

    close(fd);
    return switched;
}

/* Leave the network that everybody shares; this process and its children
 * have one of their own from now on. Needs no privilege where users may have
 * namespaces. */
static bool
enter_own_network(void)
{
    char map[64];
    unsigned uid = getuid();

    snprintf(map, sizeof map, "0 %u 1", uid);
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        return unshare(CLONE_NEWNET) == 0 && switch_loopback(true);
    }
    return write_file("/proc/self/uid_map", map) && switch_loopback(true);
}

/* NULL when tests can have a network of their own, else why not. */
static const char *
no_own_network(void)
{
    static int answer = -1;
    int wait_status;
    pid_t child;

    if (answer == -1) {
        child = fork();
        if (child == 0) {
            _exit(enter_own_network() ? 0 : 1);
        }
        waitpid(child, &wait_status, 0);
        answer = wait_status;
    }
    return answer == 0 ? NULL
                       : "this user may not have a network of its own "
                         "(unshare)";
}

static const char *
no_socket_killer(void)
{
    /* NOLINTNEXTLINE(cert-env33-c): a command without anybody's input */
    if (no_own_network() == NULL && system("ss -V >/dev/null 2>&1") != 0) {
        return "there is no ss here to kill sockets with";
    }
    return no_own_network();
}

static void
require_own_network(void)
{
    require(enter_own_network(), "unshare: %s", strerror(errno));
}

/* ---- A12 --------------------------------------------------------------- */

static int
port_of(const struct client *client)
{
    struct sockaddr_in us = {0};
    socklen_t us_bytes = sizeof us;

    getsockname(client->fd, (struct sockaddr *)&us, &us_bytes);
    return ntohs(us.sin_port);
}

/* The kernel aborts one connection: that client is gone, and only it. */
START_TEST(test_A12_socket_killed)
{
    struct server server;
    struct client clients[CLIENTS];
    struct server_stats stats;
    char command[160];
    int count = model_crowd(CLIENTS);
    int before;
    int i;

    require_own_network();
    server = server_start((struct server_setup){0});
    before = process_descriptors(server.pid);
    for (i = 0; i < count; i++) {
        clients[i] = client_connect(&server);
    }
    clients_exchange(clients, count, 1000);
    snprintf(command, sizeof command,
             "ss -KtnH 'sport = :%d and dport = :%d' >/dev/null", server.port,
             port_of(&clients[0]));
    /* NOLINTNEXTLINE(cert-env33-c): two numbers of our own */
    require(system(command) == 0, "ss does not kill sockets");
    require(client_wait_end(&clients[0], PATIENCE_MS) == CLIENT_RESET,
            "the socket of a client was killed, but it lives");
    client_close(&clients[0]);
    clients_exchange_and_finish(clients + 1, count - 1, 1000);
    expect_alive(&server);
    expect_descriptors(&server, before);
    stats = server_stop(&server);
    require(stats.closed_error == 1, "%jd errors are counted, not 1",
            (intmax_t)stats.closed_error);
}
END_TEST

/* ---- A13 --------------------------------------------------------------- */

/* Clients whose network ends without a word, with `flags` set. They must be
 * found out and given up; then the network comes back. */
static struct server_stats
lose_clients(const char *flag, const char *other_flag, size_t unanswered)
{
    struct server server =
        server_start((struct server_setup){.flags = {flag, other_flag}});
    int before = process_descriptors(server.pid);
    struct client clients[CLIENTS];
    int count = model_crowd(CLIENTS);
    int i;

    for (i = 0; i < count; i++) {
        clients[i] = client_connect(&server);
    }
    clients_exchange(clients, count, 1000);
    for (i = 0; i < count; i++) {
        client_send(&clients[i], unanswered);
    }
    require(switch_loopback(false), "the loopback does not go down");
    expect_descriptors(&server, before);
    require(switch_loopback(true), "the loopback does not come up again");
    clients_close(clients, count);
    expect_alive(&server);
    return server_stop(&server);
}

/* Nothing is on the way: the kernel's keepalive finds out, here within
 * seconds in place of hours. */
START_TEST(test_A13_silent_loss_of_idle_clients)
{
    struct server_stats stats;

    require_own_network();
    require(write_file("/proc/sys/net/ipv4/tcp_keepalive_time", "1") &&
                write_file("/proc/sys/net/ipv4/tcp_keepalive_intvl", "1") &&
                write_file("/proc/sys/net/ipv4/tcp_keepalive_probes", "1"),
            "the keepalive of our own network cannot be set");
    stats = lose_clients(NULL, NULL, 0);
    require(stats.closed_error == model_crowd(CLIENTS),
            "%jd lost clients are counted as errors, not %d",
            (intmax_t)stats.closed_error, model_crowd(CLIENTS));
}
END_TEST

/* An echo is on the way that nobody will ever confirm: keepalive is silent
 * then, --idle-timeout is not. */
START_TEST(test_A13_silent_loss_within_an_echo)
{
    struct server_stats stats;

    require_own_network();
    stats = lose_clients("--idle-timeout=400", "--delay=200", 100);
    require(stats.closed_timeout == model_crowd(CLIENTS),
            "%jd lost clients are counted as idle, not %d",
            (intmax_t)stats.closed_timeout, model_crowd(CLIENTS));
}
END_TEST

/* ---- B7 ---------------------------------------------------------------- */

/* With SYN cookies, which a kernel uses in a flood, nothing is different. */
START_TEST(test_B07_syn_cookies)
{
    struct server server;
    struct client clients[20];
    int count = model_crowd(20);
    int round;
    int i;

    require_own_network();
    require(write_file("/proc/sys/net/ipv4/tcp_syncookies", "2"),
            "SYN cookies cannot be switched on");
    server = server_start((struct server_setup){.flags = {"--handshake"}});
    for (round = 0; round < 3; round++) {
        for (i = 0; i < count; i++) {
            clients[i] = client_connect(&server);
            client_send_text(&clients[i], "hello\n", 6);
            client_expect_text(&clients[i], "hello\n");
        }
        clients_exchange_and_finish(clients, count, 100000);
    }
    server_stop(&server);
}
END_TEST

void
add_network_cases(struct plan *plan)
{
    const char *no_network = no_own_network();

    plan_group(plan, "network");
    plan_add_unless(plan, no_socket_killer(), test_A12_socket_killed);
    plan_add_unless(plan, no_network, test_A13_silent_loss_of_idle_clients);
    plan_add_unless(plan, no_network, test_A13_silent_loss_within_an_echo);
    plan_add_unless(plan, no_network, test_B07_syn_cookies);
}
