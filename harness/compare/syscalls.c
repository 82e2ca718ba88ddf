/*
 * syscalls.c: how many system calls an echo takes. See measure.h.
 *
 * strace logs each of them, which needs no privilege but makes a server more
 * than ten times slower. In a closed loop that changes next to nothing, since
 * all clients wait for it in turn either way: what perf counted in the kernel
 * was within 0.3 % of it. Who waits for time, or for connections, may find
 * more of them at once: that has been 8 % fewer calls.
 */
#include "harness/compare/measure.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/base.h"

enum {
    WARMUP_MS = 10,    /* before a slice is counted */
    SLICE_MS = 30,     /* of that slice, at least */
    SLICE_DELAYS = 10, /* ... and so many times the delay */
    SILENT_MAX = 100,  /* each takes up to a millisecond to connect */
};

/* A server that has not come to rest by then never does. */
#define REST_NS (2 * NS_PER_S)

/* What strace has logged from `begin` on. A line is a call, where there are
 * threads behind whose it is: "[pid 7] recvfrom(0x5, ...". What goes on with
 * one that was begun before does not look like that, nor, as a rule, what the
 * server itself says. False if there is none. */
static bool
add_log(int fd, off_t begin, struct calls *calls)
{
    FILE *log = fdopen(dup(fd), "r");
    char line[256];
    double n = 0;

    if (log) {
        fseeko(log, begin, SEEK_SET);
        while (fgets(line, sizeof line, log)) {
            char *behind =
                strncmp(line, "[pid", 4) == 0 ? strstr(line, "] ") : NULL;
            char *name = behind ? behind + 2 : line;
            size_t length =
                strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789");

            if (length > 0 && name[length] == '(' &&
                strchr("0)", name[length + 1])) {
                name[length] = '\0';
                calls_add(calls, name, 1);
                n++;
            }
        }
        fclose(log);
    }
    for (int i = 0; i < calls->nnames; i++) {
        calls->names[i].per_echo /= calls->echoes;
    }
    calls->per_echo = n / calls->echoes;
    calls_finish(calls);
    return n > 0;
}

/* Wait until all threads of the server rest and what they called is logged.
 * Returns how long the log is, or -1: it never rests. What a launcher passes
 * on comes later than the echo. */
static off_t
rest(const struct turn *turn)
{
    int64_t deadline_ns = clock_now_ns() + REST_NS;
    off_t length = -1;
    off_t before;

    do {
        if (clock_now_ns() > deadline_ns || turn->lives->interrupted) {
            return -1;
        }
        before = length;
        poll(NULL, 0, 1 + turn->scenario->delay_ms);
        length = lseek(turn->server.error_fd, 0, SEEK_END);
        /* What is out of sight is known by its log alone. */
    } while (length != before || !server_rests(&turn->server));
    return length;
}

/* All that the server calls from one rest to the next, in a slice: half-done
 * echoes are in neither count, so an echo has all of its calls. Returns NULL,
 * or why it could not be counted. */
static const char *
count_slice(struct turn *turn, struct calls *calls)
{
    struct driver *driver = &turn->driver;
    int slice_ms = turn->scenario->delay_ms * SLICE_DELAYS;
    off_t begin;

    slice_ms = slice_ms > SLICE_MS ? slice_ms : SLICE_MS;
    if (rest(turn) == -1) {
        return "it never rests";
    }
    driver_slice(driver, WARMUP_MS * NS_PER_MS, SUM_WARMUP);
    begin = rest(turn);
    driver_slice(driver, slice_ms * NS_PER_MS, SUM_CLOSED);
    if (begin == -1 || rest(turn) == -1) {
        return "it never rests";
    }
    calls->echoes = (double)driver->last.echoes;
    if (driver->engine_errno != 0 || !driver->drained || calls->echoes < 1) {
        return "there was no echo while calls were counted";
    }
    return add_log(turn->server.error_fd, begin, calls)
               ? NULL
               : "the launcher kept what strace printed";
}

/* With a server that runs under strace: connect all, count, and stop it.
 * Returns NULL, or why it could not be counted. */
static const char *
count_calls(struct turn *turn, struct calls *calls)
{
    struct driver *driver = &turn->driver;
    const char *why = "the client could not be started";
    bool started = driver_start(turn) == 0;

    if (driver->options.silent_clients > SILENT_MAX) {
        driver->options.silent_clients = SILENT_MAX;
        PUT(calls->reason, "beside %d silent clients only", SILENT_MAX);
    }
    if (started && driver_tell(driver, driver_connect) == 0) {
        why = count_slice(turn, calls);
    }
    driver_stop(driver);
    server_stop(&turn->server);
    return why;
}

const char *
strace_start(struct turn *turn, const char *const *words)
{
    const char *command = turn->contender->command;
    struct server *server = &turn->server;

    if (command && strpbrk(command, SERVER_SHELL_SIGNS)) {
        return "a command for the shell cannot be put under strace";
    }
    if (turn_start_server(turn, words) != 0) {
        return strncmp(server->errors, "strace: ", 8) == 0 &&
                       strstr(server->errors, "ptrace")
                   ? "strace may not trace here, as in some containers "
                     "(docker: --cap-add=SYS_PTRACE)"
                   : server->reason;
    }
    /* Not strace must come to rest, but what it runs. */
    proc_descendants(server->pid, &server->pid, 1);
    return NULL;
}

void
syscalls_count(struct turn *turn)
{
    /* -I 3: a SIGTERM for the group is the server's to obey. Who decodes
     * arguments reads the server's memory, for which there is no time. */
    static const char *const words[] = {
        "strace", "-f", "-q", "-q", "-e", "raw=all", "-I", "3", "--", NULL,
    };
    struct calls calls;
    const char *why = turn->lives->options->uncounted
                          ? "not asked for"
                          : strace_start(turn, words);

    calls_clear(&calls);
    why = why ? why : count_calls(turn, &calls);
    turn_keep_calls(turn, RECORD_CALLS, &calls, why);
}
