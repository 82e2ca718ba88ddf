/*
 * grade_server.c: the server of a test: compare's, by its command line. See
 * grade.h.
 *
 * What a server is, a shell or an npm before it included, is told by who
 * holds the socket that listens. What it prints is in memory, and bounded; it
 * has no terminal. All that it has started ends with the test, or with us.
 */
#include <fcntl.h>
#include <glob.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/base.h"
#include "harness/compare/server.h"
#include "harness/course/grade.h"

enum {
    START_MS = 10 * 1000, /* until it must be ready */
    STOP_MS = 2 * 1000,   /* ... have ended */
    LIMIT_S = 40,         /* for a test; Check's own is the last resort */
    LAST_BREATH_MS = 100, /* from what a client sees to the end it comes of */
    AGAIN_MANY = 5,       /* connections: a second each is lost */
};

struct grade_order grade_order = {.timeout_scale = 1, .seed = 1};
struct grade_left *grade_left;

static struct server server;
static bool started;       /* and not yet stopped */
static pid_t listener_pid; /* what tests see of it; 0: nobody knows */
static int trace_fd = -1;  /* what strace writes */

/* ---- who listens ------------------------------------------------------- */

int
grade_family(pid_t family[GRADE_FAMILY])
{
    family[0] = server.keeper_pid;
    return 1 + proc_descendants(family[0], family + 1, GRADE_FAMILY - 1);
}

int
grade_descriptors(pid_t pid, ino_t inode)
{
    char pattern[64];
    glob_t found = {0};
    struct stat status;
    int count = 0;

    snprintf(pattern, sizeof pattern, "/proc/%d/fd/*", (int)pid);
    glob(pattern, GLOB_NOSORT, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        count += inode == 0 ||
                 (stat(found.gl_pathv[i], &status) == 0 &&
                  S_ISSOCK(status.st_mode) && status.st_ino == inode);
    }
    globfree(&found);
    return count;
}

/* Look through the sockets of one kind that listen on that port for the one
 * that tests see. Returns how many are somebody else's. */
static int
look_at_listeners(const char *path, int port)
{
    FILE *file = fopen(path, "re");
    char line[512];
    int strangers = 0;

    while (file && fgets(line, sizeof line, file)) {
        unsigned long inode;
        unsigned at, state;

        if (sscanf(line, "%*d: %*[^:]:%x %*s %x %*s %*s %*s %*s %*s %lu", &at,
                   &state, &inode) == 3 &&
            (int)at == port && state == 10 /* LISTEN */) {
            pid_t family[GRADE_FAMILY];
            int n = grade_family(family), i = 0;

            while (i < n && grade_descriptors(family[i], inode) == 0) {
                i++;
            }
            listener_pid = i < n ? family[i] : 0;
            strangers += i == n;
        }
    }
    if (file) {
        fclose(file);
    }
    return strangers;
}

/* ---- start ------------------------------------------------------------- */

void
grade_quote(char *text, size_t bytes, const char *word)
{
    text_append(text, bytes, "", "'");
    for (; *word != '\0'; word++) {
        text_append(text, bytes, "", *word == '\'' ? "'\\''" : "%c", *word);
    }
    text_append(text, bytes, "", "'");
}

/* Have it run under strace, which lets the server be what was started (-DD),
 * and finds our file in memory by its path. */
static void
trace(struct server_order *order)
{
    static char command[2 * SERVER_LINE_BYTES] = "exec \"$@\" sh -c ";
    static char path[64];
    /* What waits for clients, is about them, or ends the server. */
    static const char calls[] =
        "-etrace=/^(accept|recv|send|readv?$|writev?$|close$|shutdown|listen|"
        "p?poll|p?select|epoll_p?wait|clone|v?fork|exit_group)";
    const char *const words[] = {
        "strace", "-DDfyttt", "-s32", "-a1", "-esignal=!SIGCHLD",
        calls,    "-o",       path};

    trace_fd = memfd_create("calls", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), trace_fd);
    memcpy(order->arguments, words, sizeof words);
    if (strpbrk(order->command, SERVER_SHELL_SIGNS)) {
        grade_quote(command, sizeof command, order->command);
        order->command = command;
    }
}

pid_t
grade_server_start(struct sockaddr_storage *address)
{
    static const volatile sig_atomic_t never;
    static cpu_set_t cpus;
    struct server_order order = {
        .command = grade_order.server,
        .cpus = &cpus,
        .start_timeout_ns = patience_scaled_ms(START_MS) * NS_PER_MS,
        .if_slow = "give TIMEOUT_SCALE=2 (behind grade: --timeout-scale=2)",
        .interrupted = &never,
    };

    if (grade_left->trace) {
        trace(&order);
    }
    sched_getaffinity(0, sizeof cpus, &cpus);
    started = server_start(&server, &order) == 0;
    memcpy(grade_left->errors, server.errors, sizeof server.errors);
    require(started, "the server %s", server.reason);
    *address = server.address;
    int port = ntohs(((const struct sockaddr_in *)address)->sin_port);
    listener_pid = server.pid; /* unless another one listens */
    require(look_at_listeners("/proc/net/tcp", port) +
                        look_at_listeners("/proc/net/tcp6", port) ==
                    0 ||
                strstr(grade_order.server, "{port}"),
            "another program listens on port %d, and would be graded in the "
            "place of this one; please end it ('ss -ltnp' shows which it "
            "is), or write {port} for the number in SERVER=",
            port);
    return listener_pid;
}

void
grade_server_limit(int more)
{
    struct rlimit limit = {0};

    for (int free_below = 0; listener_pid > 0 && free_below < more;
         limit.rlim_cur++) {
        char path[64];

        snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)listener_pid,
                 (int)limit.rlim_cur);
        free_below += access(path, F_OK) != 0;
    }
    limit.rlim_max = limit.rlim_cur;
    require_able(listener_pid > 0 &&
                     prlimit(listener_pid, RLIMIT_NOFILE, &limit, NULL) == 0,
                 "the server's limit of descriptors cannot be set");
}

/* ---- end --------------------------------------------------------------- */

/* Collect what is left of it, and keep what it has printed. */
static void
collect(void)
{
    started = false;
    server_stop(&server);
    memcpy(grade_left->printed, server.output, sizeof server.output);
    memcpy(grade_left->errors, server.errors, sizeof server.errors);
}

void
grade_server_stop(void)
{
    int most_ms = patience_scaled_ms(STOP_MS);
    bool apart = getpgid(listener_pid) != server.pid; /* no signal comes */

    kill(server.keeper_pid, SIGHUP);
    require(server_ends_within(&server, most_ms * NS_PER_MS),
            "the server still runs %d ms after SIGTERM", most_ms);
    collect();
    require(!(apart && server.end.left_behind),
            "the command has ended, but the server that it has started goes "
            "on\nsent: SIGTERM\nexpected: the end of both\n"
            "came: a process that had to be killed");
}

void
grade_server_end(void)
{
    if (started) {
        kill(server.keeper_pid, SIGTERM);
        collect();
    }
}

/* Keep its last calls, of what strace has written. */
static void
read_calls(void)
{
    char command[64];

    snprintf(command, sizeof command,
             GRADE_CALLS " /proc/%d/fd/%d 2>/dev/null", (int)getpid(),
             trace_fd);
    FILE *calls = popen(command, "re");
    if (calls) {
        grade_left->calls[fread(grade_left->calls, 1, GRADE_TAIL_BYTES - 1,
                                calls)] = '\0';
        pclose(calls);
    }
}

/* The test is about to fail: see what of the server has to do with it. */
static void
about_to_fail(void)
{
    alarm(0);
    if (trace_fd != -1) {
        poll(NULL, 0, LAST_BREATH_MS); /* strace is behind the server */
        read_calls();
    }
    if (started) {
        kill(-server.pid, SIGCONT); /* the test may have stopped it */
    }
    if (started && server_ends_within(&server, LAST_BREATH_MS * NS_PER_MS)) {
        collect();
        memcpy(grade_left->ended, server.reason, sizeof server.reason);
    }
    grade_server_end();
}

/* A server may do a little now and then, and never come to an end. The test
 * waits for it in poll(2), and not while memory is got or given back; and who
 * hangs in here is ended by Check. */
static void
take_too_long(int number)
{
    (void)number;
    /* NOLINTNEXTLINE(bugprone-signal-handler): for that reason */
    require(false, "the test was not over after %d s: %s",
            LIMIT_S * patience_factor(),
            client_asked_again() < AGAIN_MANY
                ? "the server hardly gets on (TIMEOUT_SCALE=2 gives it twice "
                  "the time)"
                : "too many waited to be accepted, and TCP had to ask again");
}

void
grade_server_begin(void)
{
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);

    /* Who has none cannot hand it on. */
    ioctl(terminal, TIOCNOTTY);
    close(terminal);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGALRM, take_too_long);
    alarm((unsigned)(LIMIT_S * patience_factor()));
    verdict_before_failure(about_to_fail);
}
