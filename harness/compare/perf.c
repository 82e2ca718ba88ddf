/*
 * perf.c: system calls counted by the kernel. See perf.h.
 */
#include "harness/compare/perf.h"

#include "harness/compare/tracefs.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The calls that a server of any model may make while it serves. What is
 * not here is counted in the total alone. */
static const char *const call_names[] = {
    "recvfrom",      "sendto",          "read",
    "write",         "readv",           "writev",
    "recvmsg",       "sendmsg",         "accept",
    "accept4",       "close",           "shutdown",
    "select",        "pselect6",        "poll",
    "ppoll",         "epoll_wait",      "epoll_pwait",
    "epoll_pwait2",  "epoll_ctl",       "ioctl",
    "fcntl",         "setsockopt",      "getsockname",
    "futex",         "clone",           "clone3",
    "exit",          "set_robust_list", "rseq",
    "mmap",          "munmap",          "mprotect",
    "madvise",       "rt_sigprocmask",  "clock_nanosleep",
    "clock_gettime", "nanosleep",       "timerfd_settime",
    "gettid",        "getppid",         "sched_yield",
};

enum {
    EVENTS = 1 + sizeof call_names / sizeof call_names[0] /* and the total */
};
static_assert((int)EVENTS <= (int)PERF_EVENTS_MAX,
              "there must be room for all");

static const int *event_ids(void);
static int open_thread(struct perf *perf, pid_t tid, const int ids[]);
static int open_counter(pid_t tid, int id);
static int open_threads(struct perf *perf, pid_t pid, const int ids[]);

int
perf_open(struct perf *perf, pid_t pid, bool by_name,
          char reason[PERF_REASON_BYTES])
{
    const int *known = event_ids();
    int ids[PERF_EVENTS_MAX];

    memset(perf, 0, sizeof *perf);
    if (known == NULL) {
        snprintf(reason, PERF_REASON_BYTES,
                 errno == ENOENT ? "tracefs is not mounted at "
                                   "/sys/kernel/tracing"
                                 : "/sys/kernel/tracing: %s",
                 strerror(errno));
        return -1;
    }
    for (size_t i = 0; i < (by_name ? EVENTS : 1); i++) {
        if (known[i] != -1) {
            perf->names[perf->nevents] = i == 0 ? NULL : call_names[i - 1];
            ids[perf->nevents++] = known[i];
        }
    }
    if (open_threads(perf, pid, ids) != 0) {
        snprintf(reason, PERF_REASON_BYTES, "perf_event_open: %s",
                 strerror(errno));
        perf_close(perf);
        return -1;
    }
    return 0;
}

/* The kernel's numbers of the total and of each call by name, -1 for one that
 * it does not have; NULL with errno if it does not tell. They stay the same,
 * so they are looked up once. */
static const int *
event_ids(void)
{
    static int ids[EVENTS];
    static bool are_known;
    char events[EVENTS][48] = {"raw_syscalls/sys_enter"};
    const char *asked[EVENTS] = {events[0]};

    if (are_known) {
        return ids;
    }
    for (size_t i = 1; i < EVENTS; i++) {
        snprintf(events[i], sizeof events[i], "syscalls/sys_enter_%s",
                 call_names[i - 1]);
        asked[i] = events[i];
    }
    if (tracefs_ids(asked, EVENTS, ids) == -1) {
        return NULL;
    }
    are_known = ids[0] != -1;
    errno = ENOENT;
    return are_known ? ids : NULL;
}

void
perf_hold(struct perf *perf)
{
    char reason[PERF_REASON_BYTES];

    perf_open(perf, getpid(), true, reason);
}

void
perf_read(const struct perf *perf, uint64_t counts[PERF_EVENTS_MAX])
{
    memset(counts, 0, PERF_EVENTS_MAX * sizeof *counts);
    for (int i = 0; i < perf->nfds; i++) {
        uint64_t count;

        if (read(perf->fds[i], &count, sizeof count) == sizeof count) {
            counts[perf->event_of[i]] += count;
        }
    }
}

void
perf_close(struct perf *perf)
{
    while (perf->nfds > 0) {
        close(perf->fds[--perf->nfds]);
    }
}

/* Each thread that there is now; those to come inherit its counters. */
static int
open_threads(struct perf *perf, pid_t pid, const int ids[])
{
    char path[64];
    struct dirent *entry;
    int status = 0;
    int error;
    DIR *folder;

    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    folder = opendir(path);
    if (!folder) {
        return -1;
    }
    while (status == 0 && (entry = readdir(folder))) {
        pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

        if (tid > 0) {
            status = open_thread(perf, tid, ids);
        }
    }
    error = errno;
    closedir(folder);
    errno = error;
    return status;
}

static int
open_thread(struct perf *perf, pid_t tid, const int ids[])
{
    for (int i = 0; i < perf->nevents; i++) {
        int fd;

        if (perf->nfds == PERF_FDS_MAX) {
            errno = EMFILE;
            return -1;
        }
        fd = open_counter(tid, ids[i]);
        if (fd == -1) {
            return -1;
        }
        perf->fds[perf->nfds] = fd;
        perf->event_of[perf->nfds++] = i;
    }
    return 0;
}

static int
open_counter(pid_t tid, int id)
{
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_TRACEPOINT,
        .size = sizeof attributes,
        .config = (uint64_t)id,
        .inherit = 1,
    };

    return (int)syscall(SYS_perf_event_open, &attributes, tid, -1, -1,
                        PERF_FLAG_FD_CLOEXEC);
}
