/*
 * perf.c: system calls counted by the kernel. See perf.h.
 */
#include "harness/compare/perf.h"

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

static int tracepoint_id(const char *event);
static int open_thread(struct perf *perf, pid_t tid, const int ids[]);
static int open_counter(pid_t tid, int id);
static int open_threads(struct perf *perf, pid_t pid, const int ids[]);

int
perf_open(struct perf *perf, pid_t pid, bool by_name,
          char reason[PERF_REASON_BYTES])
{
    size_t count = by_name ? sizeof call_names / sizeof call_names[0] : 0;
    int ids[PERF_EVENTS_MAX];

    memset(perf, 0, sizeof *perf);
    ids[0] = tracepoint_id("raw_syscalls/sys_enter");
    if (ids[0] == -1) {
        snprintf(reason, PERF_REASON_BYTES,
                 errno == ENOENT ? "tracefs is not mounted at "
                                   "/sys/kernel/tracing"
                                 : "/sys/kernel/tracing: %s",
                 strerror(errno));
        return -1;
    }
    perf->nevents = 1;
    for (size_t i = 0; i < count && perf->nevents < PERF_EVENTS_MAX; i++) {
        char event[64];
        int id;

        snprintf(event, sizeof event, "syscalls/sys_enter_%s", call_names[i]);
        id = tracepoint_id(event);
        if (id != -1) {
            perf->names[perf->nevents] = call_names[i];
            ids[perf->nevents++] = id;
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

/* The kernel's number of a tracepoint, or -1 with errno. */
static int
tracepoint_id(const char *event)
{
    static const char *const folders[] = {"/sys/kernel/tracing",
                                          "/sys/kernel/debug/tracing"};
    FILE *file = NULL;
    char line[32] = "";

    for (int i = 0; i < 2 && !file; i++) {
        char path[160];

        snprintf(path, sizeof path, "%s/events/%s/id", folders[i], event);
        file = fopen(path, "re");
        if (!file && errno != ENOENT) {
            return -1;
        }
    }
    if (!file) {
        return -1;
    }
    if (!fgets(line, sizeof line, file)) {
        fclose(file);
        errno = EIO;
        return -1;
    }
    fclose(file);
    return (int)strtol(line, NULL, 10);
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
