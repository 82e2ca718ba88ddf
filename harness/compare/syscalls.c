/*
 * syscalls.c: how many system calls an echo takes. See measure.h.
 *
 * There are two ways. perf: the kernel counts, for some tens of nanoseconds a
 * call, which has no place in what is timed. strace: needs no privilege but
 * makes a server more than ten times slower. In a closed loop that changes
 * next to nothing, since all clients wait for it in turn either way; who
 * waits for time, or for connections, may find more of them at once.
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
    WARMUP_MS = 10,           /* before a slice is counted */
    SLICE_MS = 30,            /* of that slice, at least */
    SLICE_DELAYS = 10,        /* ... and so many times the delay */
    NAMED_CLIENTS_MAX = 2000, /* above, each thread's forty counters would
                               * take too much of the kernel's memory */
    STRACE_SILENT_MAX = 100,  /* each takes up to a millisecond to connect */
    LOOKS_MAX = 100,          /* at a log that grows */
};

/* ---- perf -------------------------------------------------------------- */

/* The calls that a server of any model may make while it serves, and those
 * of them that not every architecture has. What is not here is counted in the
 * total alone. */
#define EVERYWHERE                                                           \
    CALL(recvfrom), CALL(sendto), CALL(read), CALL(write), CALL(readv),      \
        CALL(writev), CALL(recvmsg), CALL(sendmsg), CALL(accept),            \
        CALL(accept4), CALL(close), CALL(shutdown), CALL(pselect6),          \
        CALL(ppoll), CALL(epoll_pwait), CALL(epoll_ctl), CALL(ioctl),        \
        CALL(fcntl), CALL(setsockopt), CALL(getsockname), CALL(futex),       \
        CALL(clone), CALL(exit), CALL(set_robust_list), CALL(rseq),          \
        CALL(mmap), CALL(munmap), CALL(mprotect), CALL(madvise),             \
        CALL(rt_sigprocmask), CALL(clock_nanosleep), CALL(clock_gettime),    \
        CALL(nanosleep), CALL(timerfd_settime), CALL(gettid), CALL(getppid), \
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

/* What counts: what perf has open, or a log that strace writes. */
struct counter {
    int fds[EVENTS]; /* of the first so many events */
    int nfds;        /* how many */
    bool traced;     /* standard error of the server is the log */
};

/* The number that tracefs gives to the one event that every system call is;
 * 0 if nobody tells. Many machines do not mount it. To do so for everybody
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
        id = fscanf(shell, "%d", &id) == 1 ? id : 0;
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

/* Begin to count what a process calls that has no other thread yet. Returns
 * true if `nevents` are open then; else the reason is in `calls`. */
static bool
perf_open(struct counter *counter, int nevents, pid_t pid,
          struct calls *calls)
{
    for (; counter->nfds < nevents; counter->nfds++) {
        int fd = open_counter(pid, event_id(), counter->nfds);

        if (fd == -1) {
            snprintf(calls->reason, sizeof calls->reason,
                     "no perf: perf_event_open: %s", strerror(errno));
            return false;
        }
        counter->fds[counter->nfds] = fd;
    }
    return true;
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
add_perf(const struct counter *counter, int sign, struct calls *calls)
{
    for (int i = 0; i < counter->nfds; i++) {
        uint64_t number = 0;

        if (read(counter->fds[i], &number, sizeof number) == sizeof number) {
            count(calls, events[i].name, sign * (double)number);
        }
    }
}

/* ---- strace ------------------------------------------------------------ */

/* What strace has logged from `begin` on. A line is a call, where there are
 * threads behind whose it is: "[pid 7] recvfrom(0x5, ...". What goes on with
 * one that was begun before, or is the server's own, does not look like that.
 */
static void
add_log(int fd, off_t begin, struct calls *calls)
{
    FILE *log = fdopen(dup(fd), "r");
    char line[256];

    if (log) {
        fseeko(log, begin, SEEK_SET);
        while (fgets(line, sizeof line, log)) {
            char *name = line + (line[0] == '[' ? strcspn(line, "]") + 2 : 0);
            size_t length =
                strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789");

            if (length > 0 && name[length] == '(') {
                name[length] = '\0';
                count(calls, NULL, 1);
                count(calls, name, 1);
            }
        }
        fclose(log);
    }
}

/* ---- either way -------------------------------------------------------- */

/* Wait until the server rests and all that it called is logged. Returns how
 * long the log is. What a launcher passes on comes later than the echo. */
static off_t
rest(const struct turn *turn, const struct counter *counter)
{
    off_t length = -1;

    for (int look = 0; look < LOOKS_MAX; look++) {
        off_t before = length;

        turn_settle(turn);
        length = counter->traced ? lseek(turn->server.error_fd, 0, SEEK_END)
                                 : before;
        if (length == before) {
            break;
        }
    }
    return length;
}

/* All that the server calls from one rest to the next, in a slice: half-done
 * echoes are in neither count, so an echo has all of its calls. */
static void
count_slice(struct turn *turn, const struct counter *counter,
            struct calls *calls)
{
    struct driver *driver = turn->driver;
    int slice_ms = turn->scenario->delay_ms * SLICE_DELAYS;
    off_t begin;

    slice_ms = slice_ms > SLICE_MS ? slice_ms : SLICE_MS;
    rest(turn, counter);
    /* The kernel has been seen to miss one echo of each of a thousand
     * threads before the first reading, and none after it. */
    add_perf(counter, 0, calls);
    driver_slice(driver, WARMUP_MS * NS_PER_MS, 0, 0, 0);
    begin = rest(turn, counter);
    add_perf(counter, -1, calls);
    driver_slice(driver, slice_ms * NS_PER_MS, 0, 0, 0);
    rest(turn, counter);
    add_perf(counter, 1, calls);
    if (counter->traced) {
        add_log(turn->server.error_fd, begin, calls);
    }
    calls->echoes = (double)driver->last.echoes;
}

/* With a server that runs and is counted: connect all, count, and stop it. */
static void
count_calls(struct turn *turn, const struct counter *counter,
            struct calls *calls)
{
    struct driver *driver = turn->driver;
    int left_out = turn->scenario->silent - STRACE_SILENT_MAX;
    bool started = driver_start(turn) == 0;

    if (counter->traced && left_out > 0) {
        driver->options.silent_clients -= left_out;
        text_append(calls->reason, sizeof calls->reason, "; ",
                    "beside %d silent clients only", STRACE_SILENT_MAX);
    }
    if (started && driver_tell(driver, DRIVER_CONNECT) == 0) {
        count_slice(turn, counter, calls);
    }
    if (driver->engine_errno != 0 || !driver->drained || calls->echoes < 1) {
        text_append(calls->reason, sizeof calls->reason, "; ",
                    "there was no echo while calls were counted");
    } else if (calls->per_echo == 0) {
        text_append(calls->reason, sizeof calls->reason, "; ",
                    "no strace: the launcher kept what it printed");
    } else {
        snprintf(calls->method, sizeof calls->method,
                 counter->traced ? "strace" : "perf");
        calls->counted_clients = turn->scenario->clients;
    }
    driver_stop(driver);
    server_stop(&turn->server);
}

/* False if it cannot be counted in this way; the reason is in `calls`. */
static bool
count_with_perf(struct turn *turn, struct calls *calls)
{
    int clients = turn->scenario->clients + turn->scenario->silent;
    int nevents = clients <= NAMED_CLIENTS_MAX ? EVENTS : 1;
    struct counter counter = {.nfds = 0};
    const char *why = NULL;
    struct server_look look;
    bool good = false;

    if (event_id() <= 0) {
        why = access(TRACEFS "/events", R_OK) == 0 ? TRACEFS
                  " has no raw_syscalls"
              : errno == ENOENT ? "tracefs is not mounted at " TRACEFS
                                : TRACEFS " may not be read";
    } else if (turn_start_server(turn, NULL, calls->reason) != 0) {
        return false;
    } else {
        server_look(&turn->server, &look);
        if (turn->server.pid == 0) {
            why = "the launcher hides the server";
        } else if (look.threads > 1) {
            why = "it has threads from the start";
        } else {
            good = perf_open(&counter, nevents, turn->server.pid, calls);
        }
        if (good) {
            count_calls(turn, &counter, calls);
        } else {
            server_stop(&turn->server);
        }
    }
    if (why) {
        snprintf(calls->reason, sizeof calls->reason, "no perf: %s", why);
    }
    while (counter.nfds > 0) {
        close(counter.fds[--counter.nfds]);
    }
    return good;
}

static void
count_with_strace(struct turn *turn, struct calls *calls)
{
    /* -I 3: a SIGTERM for the group is the server's to obey. Who decodes
     * arguments reads the server's memory, for which there is no time. */
    static const char *const words[] = {
        "strace", "-f", "-q", "-q", "-e", "raw=all", "-I", "3", "--", NULL,
    };
    const char *command = turn->contender->command;
    const char *why = NULL;
    struct server *server = &turn->server;
    char reason[SERVER_REASON_BYTES];

    if (command && strpbrk(command, SERVER_SHELL_SIGNS)) {
        why = "a command for the shell cannot be put under strace";
    } else if (turn_start_server(turn, words, reason) != 0) {
        why = server->wait_status == W_EXITCODE(127, 0)
                  ? "strace is not installed (on Debian: apt-get install "
                    "strace)"
                  : reason;
    } else {
        calls->reason[0] = '\0'; /* perf would have told the same */
        /* Not strace must come to rest, but what it runs. */
        proc_children(server->pid, &server->pid, 1);
        clock_getcpuclockid(server->pid, &server->cpu_clock);
        count_calls(turn, &(struct counter){.traced = true}, calls);
    }
    if (why) {
        text_append(calls->reason, sizeof calls->reason, "; ",
                    "no strace: %.120s", why);
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
    } else if ((method == SYSCALLS_STRACE || !count_with_perf(turn, calls)) &&
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
