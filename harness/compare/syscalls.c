/*
 * syscalls.c: how many system calls an echo takes. See measure.h.
 *
 * There are two ways. perf: the kernel counts, for some tens of nanoseconds a
 * call, which has no place in what is timed. strace: needs no privilege but
 * makes a server more than ten times slower, and a slow server finds more
 * clients ready at once, so its counts hold for a single client only. Both
 * count twice; what is between is the echoes' alone.
 */
#include "harness/compare/measure.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/base.h"

#define TRACEFS "/sys/kernel/tracing"

enum {
    WARMUP_MS = 10,           /* before a slice is counted with perf */
    SLICE_MS = 30,            /* of that slice, at least */
    SLICE_DELAYS = 10,        /* ... and so many times the delay */
    NAMED_CLIENTS_MAX = 2000, /* above, each thread's forty counters would
                               * take too much of the kernel's memory */
    STRACE_ECHOES = 300,      /* in the first run; twice that in the second */
    STRACE_ECHOES_SLOW = 20,  /* the same where an echo takes long */
    STRACE_WINDOW_MS = 4000,  /* must be done by then */
    SLOW_BYTES = 65536,       /* a longer message is */
};

/* ---- perf ---------------------------------------------------------------
 */

/* The calls that a server of any model may make while it serves, and those
 * of them that not every architecture has. What is not here is counted in the
 * total alone. */
#define EVERYWHERE                                                           \
    CALL(recvfrom), CALL(sendto), CALL(read), CALL(write), CALL(readv),      \
        CALL(writev), CALL(recvmsg), CALL(sendmsg), CALL(accept4),           \
        CALL(close), CALL(shutdown), CALL(pselect6), CALL(ppoll),            \
        CALL(epoll_pwait), CALL(epoll_ctl), CALL(ioctl), CALL(fcntl),        \
        CALL(setsockopt), CALL(getsockname), CALL(futex), CALL(clone),       \
        CALL(exit), CALL(set_robust_list), CALL(rseq), CALL(munmap),         \
        CALL(mprotect), CALL(madvise), CALL(rt_sigprocmask),                 \
        CALL(clock_nanosleep), CALL(clock_gettime), CALL(nanosleep),         \
        CALL(timerfd_settime), CALL(gettid), CALL(getppid),                  \
        CALL(sched_yield)
#define CALL(call)                                                           \
    {                                                                        \
#call, SYS_##call                                                    \
    }

static const struct {
    const char *name; /* as the kernel calls it; NULL: all of them */
    long number;      /* on this machine */
} events[] = {
    {NULL, 0},          EVERYWHERE,
#ifdef SYS_accept
    CALL(accept),
#endif
#ifdef SYS_mmap
    CALL(mmap),
#endif
#ifdef SYS_select
    CALL(select),
#endif
#ifdef SYS_poll
    CALL(poll),
#endif
#ifdef SYS_epoll_wait
    CALL(epoll_wait),
#endif
#ifdef SYS_epoll_pwait2
    CALL(epoll_pwait2),
#endif
#ifdef SYS_clone3
    CALL(clone3),
#endif
};

enum {
    EVENTS = sizeof events / sizeof events[0]
};

/* The number that tracefs gives to the one event that every system call is;
 * -1 if nobody tells. Many machines do not mount it. To do so for everybody
 * would be the owner's decision; where we may, it is mounted for a moment in
 * a namespace of its own, which nobody else sees and which leaves nothing. */
static int
event_id(void)
{
    static const char ask[] =
        "id=events/raw_syscalls/sys_enter/id; exec 2>/dev/null; "
        "cat " TRACEFS "/$id || cat /sys/kernel/debug/tracing/$id || "
        "exec unshare -m sh -c 'mount -t tracefs -o ro tracefs " TRACEFS
        " && cat " TRACEFS "/'$id";
    static int id = -1; /* looked up once */
    FILE *shell = id == -1 ? popen(ask, "re") : NULL;

    if (shell) {
        id = fscanf(shell, "%d", &id) == 1 ? id : -1;
        pclose(shell);
    }
    return id;
}

/* A counter of a process and all threads that it will start; -1 with errno.
 */
static int
open_counter(pid_t pid, int id, int event)
{
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_TRACEPOINT,
        .size = sizeof attributes,
        .config = (uint64_t)id,
        .inherit = 1,
    };
    char filter[32];
    int fd = (int)syscall(SYS_perf_event_open, &attributes, pid, -1, -1,
                          PERF_FLAG_FD_CLOEXEC);

    snprintf(filter, sizeof filter, "id == %ld", events[event].number);
    if (fd != -1 && events[event].name &&
        ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter) == -1) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* Begin to count what a process calls that has no other thread yet, the first
 * so many events. Returns how many are open; if that is not all of them, the
 * reason is in `calls`. */
static int
perf_open(int fds[EVENTS], int nevents, pid_t pid, struct calls *calls)
{
    int id = event_id();

    if (id == -1) {
        int error = access(TRACEFS "/events", R_OK) == -1 ? errno : EACCES;

        snprintf(calls->reason, sizeof calls->reason,
                 error == ENOENT
                     ? "no perf: tracefs is not mounted at " TRACEFS
                     : "no perf: " TRACEFS ": %s",
                 strerror(error));
        return 0;
    }
    for (int i = 0; i < nevents; i++) {
        fds[i] = open_counter(pid, id, i);
        if (fds[i] == -1) {
            snprintf(calls->reason, sizeof calls->reason,
                     "no perf: perf_event_open: %s", strerror(errno));
            return i;
        }
    }
    return nevents;
}

/* Count calls of this name, or all if that is NULL. */
static void
count(struct calls *calls, const char *name, double number)
{
    if (name) {
        calls_add(calls, name, number);
    } else {
        calls->per_echo += number;
    }
}

/* What has been counted so far, times `sign`. */
static void
add_perf(const int *fds, int nevents, int sign, struct calls *calls)
{
    for (int i = 0; i < nevents; i++) {
        uint64_t number = 0;

        if (read(fds[i], &number, sizeof number) == sizeof number) {
            count(calls, events[i].name, sign * (double)number);
        }
    }
}

/* All that the server calls from one rest to the next, in a slice: half-done
 * echoes are in neither count, so an echo has all of its calls. */
static void
count_slice(struct turn *turn, const int *fds, int nevents,
            struct calls *calls)
{
    struct driver *driver = turn->driver;
    int slice_ms = turn->scenario->delay_ms * SLICE_DELAYS;

    slice_ms = slice_ms > SLICE_MS ? slice_ms : SLICE_MS;
    /* The kernel has been seen to miss one echo of each of a thousand
     * threads before the first reading, and none after it. */
    turn_settle(turn);
    add_perf(fds, nevents, 0, calls);
    driver_slice(driver, WARMUP_MS * NS_PER_MS, 0, 0, 0);
    turn_settle(turn);
    add_perf(fds, nevents, -1, calls);
    driver_slice(driver, slice_ms * NS_PER_MS, 0, 0, 0);
    turn_settle(turn);
    add_perf(fds, nevents, 1, calls);
    calls->echoes = (double)driver->last.echoes;
    if (driver->engine_errno != 0 || calls->echoes < 1) {
        snprintf(calls->reason, sizeof calls->reason,
                 "there was no echo while calls were counted");
        return;
    }
    snprintf(calls->method, sizeof calls->method, "perf");
    calls->counted_clients = turn->scenario->clients;
}

/* Returns 0; or -1, and the reason is in `calls`. */
static int
count_with_perf(struct turn *turn, struct calls *calls)
{
    const struct scenario *scenario = turn->scenario;
    int nevents = scenario->clients + scenario->silent <= NAMED_CLIENTS_MAX
                      ? EVENTS
                      : 1;
    int fds[EVENTS];
    int nfds = 0;
    struct driver *driver = turn->driver;
    struct server_look look;
    int status = -1;

    if (turn_start_server(turn, NULL, calls->reason) != 0) {
        return -1;
    }
    server_look(&turn->server, &look);
    if (turn->server.pid == 0) {
        snprintf(calls->reason, sizeof calls->reason,
                 "no perf: the launcher hides the server");
    } else if (look.threads > 1) {
        snprintf(calls->reason, sizeof calls->reason,
                 "no perf: it has threads from the start");
    } else if ((nfds = perf_open(fds, nevents, turn->server.pid, calls)) ==
               nevents) {
        if (driver_start(turn) == 0 &&
            driver_tell(driver, DRIVER_CONNECT) == 0 &&
            driver_slice(driver, WARMUP_MS * NS_PER_MS, 0, 0, -1) == 0) {
            count_slice(turn, fds, nevents, calls);
            status = 0;
        }
        driver_stop(driver);
    }
    while (nfds > 0) {
        close(fds[--nfds]);
    }
    server_stop(&turn->server);
    return status;
}

/* ---- strace -------------------------------------------------------------
 */

/* The table of `strace -c` at the end of `text`, which is cut into lines,
 * times `sign`. Its rows: share, seconds, us per call, calls, perhaps errors,
 * name; rulers and the total are none. Returns how many there are. */
static int
add_table(char *text, int sign, struct calls *calls)
{
    char *rest = strstr(text, "% time");
    const char *line;
    int rows = 0;

    while (rest && (line = strsep(&rest, "\n"))) {
        char words[2][24];
        double number;
        int n = sscanf(line, "%*f %*f %*d %lf %23s %23s", &number, words[0],
                       words[1]);

        if (n >= 2 && strcmp(words[n - 2], "total") != 0) {
            count(calls, NULL, sign * number);
            count(calls, words[n - 2], sign * number);
            rows++;
        }
    }
    return rows;
}

/* Behind the reason that is there already. Returns -1. */
static int
no_strace(struct calls *calls, const char *why)
{
    text_append(calls->reason, sizeof calls->reason, "; ",
                "no strace: %.120s", why);
    return -1;
}

/* Count all that a server calls in its whole life, times `sign`, and its
 * echoes. Returns 0; or -1, and the reason is in `calls`. */
static int
run_strace(struct turn *turn, int echoes, int sign, struct calls *calls)
{
    /* -I 3: a SIGTERM for the group is the server's to obey, and strace
     * prints its table once the server has ended. */
    static const char *const words[] = {
        "strace", "-f", "-c", "-q", "-q", "-I", "3", "--", NULL,
    };
    static struct engine_result result;
    char reason[SERVER_REASON_BYTES];
    struct engine_options options;
    int status;

    if (turn_start_server(turn, words, reason) != 0) {
        return no_strace(calls, turn->server.wait_status == W_EXITCODE(127, 0)
                                    ? "strace is not installed (on Debian: "
                                      "apt-get install strace)"
                                    : reason);
    }
    driver_set_load(turn, &options);
    options.clients = 1;
    options.silent_clients = 0;
    options.ask_silent = false;
    options.warmup_ns = 0;
    options.window_ns = STRACE_WINDOW_MS * NS_PER_MS;
    options.echoes_max = (uint64_t)echoes;
    memset(&result, 0, sizeof result);
    status = engine_run(&options, &result);
    server_stop(&turn->server);
    if (status != 0 || add_table(turn->server.errors, sign, calls) == 0) {
        return no_strace(calls, "it printed no table");
    }
    calls->echoes += sign * (double)result.echoes_total;
    return 0;
}

/* Two runs, the second with twice the echoes: their difference is free of
 * what the server calls as it starts and ends. */
static void
count_with_strace(struct turn *turn, struct calls *calls)
{
    const struct scenario *scenario = turn->scenario;
    const char *command = turn->contender->command;
    bool slow = scenario->delay_ms > 0 || scenario->work_us > 0 ||
                scenario->message_bytes > SLOW_BYTES;
    int echoes = slow ? STRACE_ECHOES_SLOW : STRACE_ECHOES;

    if (command && strpbrk(command, SERVER_SHELL_SIGNS)) {
        no_strace(calls,
                  "a command for the shell cannot be put under strace");
    } else if (run_strace(turn, echoes, -1, calls) == 0 &&
               run_strace(turn, 2 * echoes, 1, calls) == 0 &&
               calls->echoes > 0) {
        snprintf(calls->method, sizeof calls->method, "strace");
        calls->counted_clients = 1;
    }
}

void
syscalls_count(struct turn *turn, struct calls *calls)
{
    int method = turn->lives->options->syscalls;
    struct life life;

    turn_identify(turn, &life);
    calls_clear(calls);
    snprintf(calls->scenario, sizeof calls->scenario, "%s", life.scenario);
    snprintf(calls->model, sizeof calls->model, "%s", life.model);
    calls->clients = life.clients;
    calls->echoes = calls->per_echo = 0;
    if (method == SYSCALLS_NONE) {
        snprintf(calls->reason, sizeof calls->reason, "not asked for");
    } else if ((method == SYSCALLS_STRACE ||
                count_with_perf(turn, calls) != 0) &&
               method != SYSCALLS_PERF) {
        count_with_strace(turn, calls);
    }
    if (calls->method[0] == '\0') {
        calls->nnames = 0;
        calls->echoes = calls->per_echo = NAN;
        return;
    }
    calls->per_echo /= calls->echoes;
    for (int i = 0; i < calls->nnames; i++) {
        calls->names[i].per_echo /= calls->echoes;
    }
    calls_finish(calls);
}
