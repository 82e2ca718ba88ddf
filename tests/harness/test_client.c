/*
 * test_client.c: the load generator meets its own limits, and the kernel's.
 *
 * Rows J4, J9, J10 and some of J7; the others of this letter are in
 * test_load.c.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/base.h"
#include "tests/harness/servers.h"
#include "tests/unit/run_suite.h"

enum {
    QUEUE_MS = 10000, /* for clients to come up to a stopped server */
    QUEUED = 3,       /* whom a backlog of 2 has room for */
    MANY = 3000,      /* connections, more than an fd_set could hold */
};

CASE(client, NULL, NULL)

/* ---- J4: the time to connect is not the time of an echo ---------------- */

/* How many clients are in the queue of the server, and
 * how many have sent it a first packet in vain, as /proc/net/tcp has them. */
static void
look_at_queue(int *queued, int *knocking)
{
    char line[256];
    FILE *file = fopen("/proc/net/tcp", "re");
    ck_assert_ptr_nonnull(file);
    *queued = *knocking = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        unsigned here;
        unsigned there;
        unsigned state;
        unsigned waiting;
        if (sscanf(line, "%*d: %*8s:%4X %*8s:%4X %2X %*8s:%8X", &here, &there,
                   &state, &waiting) == 4) {
            *queued +=
                state == TCP_LISTEN && here == target_port ? (int)waiting : 0;
            *knocking += state == TCP_SYN_SENT && there == target_port;
        }
    }
    fclose(file);
}

/* Wait until as many clients as `full` are in the queue of the listener, and
 * at least `knocking` more have sent a first packet in vain. */
static void
wait_for_queue(int full, int knocking)
{
    const int64_t deadline_ms = clock_now_ms() + QUEUE_MS;
    int queued = 0;
    int unanswered = 0;
    while (queued < full || unanswered < knocking) {
        ck_assert_msg(clock_now_ms() < deadline_ms,
                      "%d in the queue and %d in vain, not %d and %d", queued,
                      unanswered, full, knocking);
        poll(NULL, 0, 1);
        look_at_queue(&queued, &unanswered);
    }
}

/* Stop a server, and fill its queue with QUEUED connections of ours, one
 * after the other: of many at once the kernel may answer more than there is
 * room for, and then their connects are through at once. */
static void
stop_with_full_queue(int queue[QUEUED])
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(target_port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int status;
    kill(server.pid, SIGSTOP);
    ck_assert_int_eq(waitpid(server.pid, &status, WUNTRACED), server.pid);
    ck_assert(WIFSTOPPED(status));
    for (int i = 0; i < QUEUED; i++) {
        queue[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ck_assert_int_ge(queue[i], 0);
        ck_assert_int_eq(
            connect(queue[i], (struct sockaddr *)&address, sizeof address),
            0);
        wait_for_queue(i + 1, 0);
    }
}

/* Clients that find the backlog of a stopped server full: the kernel drops
 * their first packet, and they come through a second later. They are few
 * enough for the queue then, when both knock again at once. */
TEST(test_J04_connect_time_is_its_own)
{
    int queue[QUEUED];
    server_start("../bin/threaded", "--port=0 --backlog=2");
    stop_with_full_queue(queue);
    load_start("", target, "-c2 -n600 --connect-timeout=20s");
    wait_for_queue(QUEUED, 2);
    kill(server.pid, SIGCONT);
    load_says("2 of 2&a connect took a second or more&errors      none", 0);
    for (int i = 0; i < QUEUED; i++) {
        close(queue[i]);
    }
}

/* ---- J7: a signal that comes before there is anything to print --------- */

TEST(test_J07_interrupt_while_connecting)
{
    server_start("badserver", "--bug=never-accept");
    load_start("", target, "-c20 -d60s --connect-timeout=60s");
    wait_for_queue(1, 1);
    kill(load.pid, SIGTERM);
    /* Nothing was measured; that is nobody's fault. */
    load_says("(interrupted)", 3);
}

/* ---- J9: connecting fails ---------------------------------------------- */

static const struct {
    const char *inject; /* as strace wants it */
    const char *says;   /* what load has to say of it */
    int exit_status;    /* and its exit status */
} connect_errors[] = {
    {"connect:error=ECONNREFUSED:when=3", "3 of 4&refused 1", 1},
    {"connect:error=ENOBUFS:when=3", "3 of 4&client_trouble 1", 3},
    {"connect:error=EADDRNOTAVAIL:when=3", "3 of 4&no_ports 1", 3},
    {"socket:error=EMFILE:when=3", "3 of 4&no_descriptors 1", 3},
    {"socket:error=ENOBUFS:when=3", "3 of 4&client_trouble 1", 3},
    /* Linux before 5.11, and a container; "?": strace may be as old. */
    {"?epoll_pwait2:error=ENOSYS", "4 of 4&errors      none", 0},
    {"?epoll_pwait2:error=EPERM", "4 of 4&errors      none", 0},
};
/* NULL when strace can be used on load, else why not. */
static const char *
no_strace(void)
{
    const char *variant = getenv("FIVEWAYS_VARIANT");
    if (variant != NULL &&
        (strcmp(variant, "asan") == 0 || strcmp(variant, "tsan") == 0)) {
        return "sanitizers want to trace by themselves";
    }
    /* NOLINTNEXTLINE(cert-env33-c): a command without anybody's input */
    return system("/usr/bin/strace -qqq -o /dev/null "
                  "-e inject=getppid:error=EPERM true 2>/dev/null") == 0
               ? NULL
               : "strace is missing or may not trace";
}

/* One of four connections cannot be made: that is said, it is charged to
 * whoever is at fault, and the others are measured. An older kernel stops
 * none. */
TEST_EACH(test_J09_connecting_fails, connect_errors)
{
    char through[128];
    if (no_strace() != NULL) {
        servers_skip("test_J09_connecting_fails", no_strace());
        return;
    }
    server_start("badserver", "--bug=none");
    snprintf(through, sizeof through, "strace -qqq -o /dev/null -e inject=%s",
             connect_errors[_i].inject);
    load_start(through, target, "-c4 -d200ms --threads=1");
    load_says(connect_errors[_i].says, connect_errors[_i].exit_status);
}

/* ---- J10: many connections --------------------------------------------- */

TEST(test_J10_many_connections)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < MANY + 100) {
        servers_skip("test_J10_many_connections",
                     "the hard limit of descriptors is too low");
        return;
    }
    server_start("../bin/coroutine", "--port=0");
    load_start("", target, "-c8 -n800 --silent=3000");
    load_says("3008 of 3008&errors      none", 0);
}

/* ---- what strangers meet in the first minute --------------------------- */

/* Nobody listens on the port that the kernel picks for the client. */
TEST_TIMES(test_connected_to_itself_is_refused, 3)
{
    static const char *const targets[] = {"127.0.0.1:40000", "[::1]:40000",
                                          "localhost:40000"};
    if (servers_enter_network("test_connected_to_itself_is_refused",
                              "40000 40001")) {
        load_start("", targets[_i], "-c1 -d100ms");
        load_says("0 of 1&refused 1", 1);
    }
}

static const struct {
    const char *target;
    const char *says; /* on standard error */
} unreachable[] = {
    {"127.0.0.1:5566", "no way to it from here"},
    {"[::1]:5566", "no way to it from here"},
    {"[fe80::1]:5566", "such as %eth0"},
};

/* Not for want of ports, nor anything else of the client's. */
TEST_EACH(test_no_network_is_no_lack_of_ports, unreachable)
{
    if (servers_enter_network("test_no_network_is_no_lack_of_ports", NULL)) {
        load_start("", unreachable[_i].target, "-c1 -d100ms");
        load_says("", 3);
        ck_assert_str_eq(load.out, "");
        ck_assert_ptr_nonnull(strstr(load.err, unreachable[_i].says));
    }
}

/* What whoever starts load may have left, in perl's words, without blanks. */
#define BLOCKED "sigprocmask(SIG_BLOCK,POSIX::SigSet->new(SIGINT,SIGTERM));"
static const struct {
    const char *left;
    int sent;  /* the signal, to load in full swing */
    bool ends; /* whether it is to end it */
} signals[] = {
    {BLOCKED, SIGINT, true},
    {BLOCKED, SIGTERM, true},
    {"$SIG{TERM}='IGNORE';", SIGTERM, true},
    {"$SIG{INT}='IGNORE';", SIGINT, false},
    {"$SIG{HUP}='IGNORE';", SIGHUP, false},
    {"$SIG{CHLD}=$SIG{PIPE}=$SIG{ALRM}='IGNORE';", SIGHUP, true},
};

TEST_EACH(test_signals_work_whatever_was_left, signals)
{
    char through[128];
    snprintf(through, sizeof through, "perl -MPOSIX -e %sexec(@ARGV)",
             signals[_i].left);
    server_start("badserver", "--tell=1000");
    load_start(through, target,
               signals[_i].ends ? "-c1 -d5s --warmup=0"
                                : "-c1 -d1s --warmup=0");
    server_waits_to_tell();
    kill(load.pid, signals[_i].sent);
    load_says("", 0);
    ck_assert_int_eq(strstr(load.out, "(interrupted)") != NULL,
                     signals[_i].ends);
}

/* The first run finds no server, and has no standard error to say so: that
 * must not become the file. The second one does. */
TEST_TIMES(test_a_file_stays_until_somebody_was_served, 2)
{
    static const char old[] = "the last good run";
    char flags[64];
    char found[sizeof old] = "";
    snprintf(flags, sizeof flags, "-c1 -d100ms %s=/tmp/fiveways-XXXXXX",
             _i == 0 ? "--save" : "--histogram");
    char *path = strchr(flags, '/');
    int fd = mkstemp(path);
    ck_assert_int_eq(write(fd, old, sizeof old), sizeof old);
    load_start("perl -e close(STDERR);exec(@ARGV)", "127.0.0.1:1", flags);
    load_says("", 1);
    ck_assert_int_eq(pread(fd, found, sizeof found, 0), sizeof found);
    ck_assert_str_eq(found, old);
    server_start("badserver", "");
    load_start("", target, flags);
    load_says("", 0);
    ck_assert_int_eq(pread(fd, found, sizeof found, 0), sizeof found);
    ck_assert_str_ne(found, old);
    unlink(path);
    close(fd);
}
