/*
 * test_server.c: the command line of a server, several that run at once, and
 * when one counts as being at rest. A server that the kernel holds up inside
 * a call, as accept4(2) does for tens of milliseconds when the descriptor
 * table of many threads grows, uses no CPU time and yet is not done.
 */
#include <check.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/base.h"
#include "harness/compare/server.h"
#include "tests/unit/run_suite.h"

enum {
    LOOKS = 5000, /* until a process has got where it sleeps, 1 ms apart */
    STAYS_LOOKS = 20, /* so often it must still be there */
    SERVERS = 3,      /* at once */
};

static struct server_order order;
static struct server_line line;

/* ---- command lines ----------------------------------------------------- */

/* The line of `command`, its arguments joined by " | "; or NULL, if there is
 * none. */
static void
expect(const char *launcher, const char *command, const char *joined)
{
    char text[8192] = "";

    order.launcher = launcher;
    order.command = command;
    if (!joined) {
        ck_assert_ptr_nonnull(server_make_line(&order, 0, &line));
        return;
    }
    ck_assert_ptr_null(server_make_line(&order, 99, &line));
    for (int i = 0; line.arguments[i]; i++) {
        size_t length = strlen(text);

        snprintf(text + length, sizeof text - length, "%s%s",
                 i > 0 ? " | " : "", line.arguments[i]);
    }
    ck_assert_str_eq(text, joined);
}

TEST(programs_of_ours_are_started_as_they_are)
{
    order.arguments[0] = "bin/threaded";
    order.arguments[1] = "--port=0";
    expect(NULL, NULL, "bin/threaded | --port=0");
    expect("ssh -q other", NULL,
           "/bin/sh | -c | exec env ssh -q other sh -s -- \"$@\" | sh | "
           "bin/threaded | --port=0");
}

/* The shell becomes the server, and the launcher stands before the leash. */
TEST(commands_are_lines_for_the_shell)
{
    static char endless[SERVER_LINE_BYTES + 1];

    expect(NULL, "A=1 mine {port}{host}",
           "/bin/sh | -c | exec \"$@\" env A=1 mine 99127.0.0.1 | sh");
    expect(NULL, "cd x; mine {port}", "/bin/sh | -c | cd x; mine 99 | sh");
    order.host = "::1";
    expect("A=1 ssh other", "mine {host}",
           "/bin/sh | -c | exec env A=1 ssh other sh -s -- \"$@\" "
           "mine ::1 | sh");
    expect("a; b", "mine", "/bin/sh | -c | a; b sh -s -- \"$@\" mine | sh");
    /* What would run here. */
    expect("ssh other", "cd x; mine", NULL);
    expect("ssh other", "mine >x", NULL);
    memset(endless, 'x', sizeof endless - 1);
    expect(NULL, endless, NULL);
    order.arguments[0] = "strace";
    expect(NULL, "mine", "/bin/sh | -c | exec \"$@\" mine | sh | strace");
}

static const struct {
    const char *output;
    int family; /* 0: it is none */
} ready_lines[] = {
    {"listening on 127.0.0.1:80\n", AF_INET},
    {"hi\nlistening on the radio\nlistening on [::1]:5566 x\n", AF_INET6},
    {"listening on 127.0.0.1:80", 0},
    {"I am listening on 127.0.0.1:80\n", 0},
    {"listening on port 7\n", 0},
    {"listening on ::1:80\n", 0},
    {"listening on 1.2.3.4:80x\n", 0},
    {"listening on 1.2.3.4:70000\n", 0},
};

TEST_EACH(a_ready_line_ends_in_an_address, ready_lines)
{
    struct sockaddr_storage address = {.ss_family = 0};

    ck_assert_int_eq(
        server_read_ready(ready_lines[_i].output, NULL, &address),
        ready_lines[_i].family ? 0 : -1);
    ck_assert_int_eq(address.ss_family, ready_lines[_i].family);
}

/* ---- several at once --------------------------------------------------- */

static struct server servers[SERVERS];
static const char *const launchers[] = {NULL, "env"};

/* Until `is` says so of the server. */
static void
await(bool (*is)(const struct server *server), const struct server *server)
{
    int looks = 0;

    while (!is(server) && looks++ < LOOKS) {
        poll(NULL, 0, 1);
    }
    ck_assert(is(server));
}

/* Start one of these. Returns NULL, or why it did not start. */
static const char *
start(struct server *server, const struct server_order *what)
{
    static const volatile sig_atomic_t interrupted;
    static cpu_set_t cpus;

    sched_getaffinity(0, sizeof cpus, &cpus);
    order = *what;
    order.cpus = &cpus;
    order.start_timeout_ns = 20000 * NS_PER_MS;
    order.interrupted = &interrupted;
    return server_start(server, &order) == 0 ? NULL : server->reason;
}

/* Servers that have a child, and one in a session of its own whose parent is
 * gone; behind a launcher where that is not NULL. */
static void
start_all(const char *launcher)
{
    static const char words[] =
        "sleep 100 & sh -c 'setsid sleep 100 & exit'; "
        "echo listening on 127.0.0.1:1; wait";
    const struct server_order three = {.arguments = {"sh", "-c", words},
                                       .launcher = launcher};

    for (int i = 0; i < SERVERS; i++) {
        ck_assert_ptr_null(start(&servers[i], &three));
    }
}

/* Until the server has its child, and its keeper has the other one as well;
 * behind a launcher the server is one of two that the leash has. */
static bool
has_children(const struct server *server)
{
    pid_t family[8];

    return proc_descendants(server->keeper_pid, family, 8) ==
               (order.launcher ? 5 : 3) &&
           server_forks(server);
}

TEST_TIMES(test_one_of_three_is_stopped, 2)
{
    pid_t children[4];

    start_all(launchers[_i]);
    for (int i = 0; i < SERVERS; i++) {
        await(has_children, &servers[i]);
    }
    /* The one in the middle of the list, then the oldest. */
    for (int i = 1; i < SERVERS + 1; i++) {
        struct server *stopped = &servers[i % SERVERS];

        server_stop(stopped);
        ck_assert(!stopped->end.early && !stopped->killed);
        ck_assert_int_eq(isnan(stopped->end.switches) != 0,
                         launchers[_i] != NULL);
        ck_assert_double_nan(server_cpu_ns(stopped));
        for (int j = i + 1; j < SERVERS + 1; j++) {
            ck_assert(!server_ends_within(&servers[j % SERVERS], 0));
            ck_assert_double_ge(server_cpu_ns(&servers[j % SERVERS]), 0);
            await(has_children, &servers[j % SERVERS]);
        }
    }
    ck_assert_int_eq(proc_descendants(getpid(), children, 4), 0);
}

TEST_TIMES(all_of_three_are_killed, 2)
{
    pid_t children[SERVERS][2];
    int nchildren[SERVERS];
    char end[64];

    start_all(launchers[_i]);
    for (int i = 0; i < SERVERS; i++) {
        nchildren[i] =
            proc_descendants(servers[i].keeper_pid, children[i], 2);
        kill(servers[i].keeper_pid, SIGTERM); /* as our death would */
    }
    for (int i = 0; i < SERVERS; i++) {
        ck_assert(server_ends_within(&servers[i], LOOKS * NS_PER_MS));
        server_stop(&servers[i]);
        ck_assert(servers[i].end.early);
        while (nchildren[i]-- > 0) {
            ck_assert_int_eq(kill(children[i][nchildren[i]], 0), -1);
        }
        server_last_line(servers[i].output, end, sizeof end);
        ck_assert_str_eq(end, "listening on 127.0.0.1:1");
    }
}

/* Whoever has started us may ignore SIGCHLD: we know all the same how a
 * server ended, and that a part of it went on. */
TEST_TIMES(test_who_does_not_start_is_told_what_to_do, 5)
{
    static const char *const ends[][2] = {
        {"sh -c 'exit 7'", "ended with status 7, without a word; start it"},
        {"sleep 100 &", "it went into the background"},
        {"true", "it must serve client after client"},
        {"/none", "no such program"},
        {"/", "chmod +x"},
    };
    const struct server_order one = {.command = ends[_i][0]};

    signal(SIGCHLD, SIG_IGN);
    const char *reason = start(&servers[0], &one);
    ck_assert_msg(reason && strstr(reason, ends[_i][1]), "%s", reason);
}

/* ---- at rest ----------------------------------------------------------- */

/* The one thing that keeps a process in uninterruptible sleep for as long as
 * a test wants: with CLONE_VFORK, clone(2) returns to the parent when its
 * child is gone. The child writes its number to `fd`. A plain call, since
 * thread sanitizer makes a fork(2) of vfork(3). */
static void
sleep_in_the_kernel(int fd)
{
    if (syscall(SYS_clone, CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, 0) == 0) {
        pid_t pid = getpid();

        if (write(fd, &pid, sizeof pid) == sizeof pid) {
            pause();
        }
    }
    _exit(0);
}

static bool
sleeps(const struct server *server)
{
    return server_is(server, "S") && !server_is(server, SERVER_BUSY);
}

static bool
is_stopped(const struct server *server)
{
    return server_is(server, SERVER_STOPPED);
}

TEST(who_waits_for_a_client_sleeps)
{
    struct server server = {.pid = fork()};

    ck_assert_int_ge(server.pid, 0);
    if (server.pid == 0) {
        pause();
        _exit(0);
    }
    await(sleeps, &server);
    kill(server.pid, SIGSTOP);
    await(is_stopped, &server);
    kill(server.pid, SIGCONT);
    await(sleeps, &server);
    kill(server.pid, SIGKILL);
    waitpid(server.pid, NULL, 0);
    ck_assert(!server_is(&server, "RSDTtZ"));
}

TEST(who_waits_for_the_kernel_does_not)
{
    struct server server = {0};
    int pipe_fds[2];
    pid_t child;

    ck_assert_int_eq(pipe(pipe_fds), 0);
    server.pid = fork();
    ck_assert_int_ge(server.pid, 0);
    if (server.pid == 0) {
        sleep_in_the_kernel(pipe_fds[1]);
    }
    ck_assert_int_eq(read(pipe_fds[0], &child, sizeof child), sizeof child);
    for (int i = 0; i < STAYS_LOOKS; i++) {
        ck_assert(server_is(&server, SERVER_BUSY));
        poll(NULL, 0, 1);
    }
    kill(child, SIGKILL);
    waitpid(server.pid, NULL, 0);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}
