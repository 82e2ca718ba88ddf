/*
 * perf.c: system calls counted by the kernel. See syscalls.h.
 */
#include "harness/compare/syscalls.h"

#include <assert.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAMED(call)                                                          \
    {                                                                        \
#call, SYS_##call                                                    \
    }

/* The calls that a server of any model may make while it serves. What is
 * not here is counted in the total alone. */
static const struct {
    const char *name; /* as the kernel calls it */
    long number;      /* on this machine */
} calls[] = {
    NAMED(recvfrom),
    NAMED(sendto),
    NAMED(read),
    NAMED(write),
    NAMED(readv),
    NAMED(writev),
    NAMED(recvmsg),
    NAMED(sendmsg),
    NAMED(accept),
    NAMED(accept4),
    NAMED(close),
    NAMED(shutdown),
    NAMED(pselect6),
    NAMED(ppoll),
    NAMED(epoll_pwait),
    NAMED(epoll_ctl),
    NAMED(ioctl),
    NAMED(fcntl),
    NAMED(setsockopt),
    NAMED(getsockname),
    NAMED(futex),
    NAMED(clone),
    NAMED(exit),
    NAMED(set_robust_list),
    NAMED(rseq),
    NAMED(mmap),
    NAMED(munmap),
    NAMED(mprotect),
    NAMED(madvise),
    NAMED(rt_sigprocmask),
    NAMED(clock_nanosleep),
    NAMED(clock_gettime),
    NAMED(nanosleep),
    NAMED(timerfd_settime),
    NAMED(gettid),
    NAMED(getppid),
    NAMED(sched_yield),
#ifdef SYS_select
    NAMED(select),
#endif
#ifdef SYS_poll
    NAMED(poll),
#endif
#ifdef SYS_epoll_wait
    NAMED(epoll_wait),
#endif
#ifdef SYS_epoll_pwait2
    NAMED(epoll_pwait2),
#endif
#ifdef SYS_clone3
    NAMED(clone3),
#endif
};

enum {
    EVENTS = 1 + sizeof calls / sizeof calls[0] /* and the total */
};
static_assert((int)EVENTS <= (int)PERF_EVENTS_MAX,
              "there must be room for all");

/* The number of the one event that every system call is, which the filters
 * cut to calls by name; -1 with errno. */
static int
event_id(void)
{
    static const char *const event[] = {"raw_syscalls/sys_enter"};
    static int id = -1;

    if (id == -1 && tracefs_ids(event, 1, &id) == 0 && id == -1) {
        errno = ENOENT;
    }
    return id;
}

/* A counter of a process and all threads that it will start. */
static int
open_counter(pid_t pid, int id, long number)
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

    snprintf(filter, sizeof filter, "id == %ld", number);
    if (fd != -1 && number >= 0 &&
        ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter) == -1) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

int
perf_open(struct perf *perf, pid_t pid, bool by_name,
          char reason[PERF_REASON_BYTES])
{
    int id = event_id();

    memset(perf, 0, sizeof *perf);
    if (id == -1) {
        snprintf(reason, PERF_REASON_BYTES,
                 errno == ENOENT ? "tracefs is not mounted at "
                                   "/sys/kernel/tracing"
                                 : "/sys/kernel/tracing: %s",
                 strerror(errno));
        return -1;
    }
    for (int i = 0; i < (by_name ? EVENTS : 1); i++) {
        int fd = open_counter(pid, id, i == 0 ? -1 : calls[i - 1].number);

        if (fd == -1) {
            snprintf(reason, PERF_REASON_BYTES, "perf_event_open: %s",
                     strerror(errno));
            perf_close(perf);
            return -1;
        }
        perf->names[i] = i == 0 ? NULL : calls[i - 1].name;
        perf->fds[perf->nevents++] = fd;
    }
    return 0;
}

void
perf_read(const struct perf *perf, uint64_t counts[PERF_EVENTS_MAX])
{
    memset(counts, 0, PERF_EVENTS_MAX * sizeof *counts);
    for (int i = 0; i < perf->nevents; i++) {
        if (read(perf->fds[i], &counts[i], sizeof counts[i]) !=
            sizeof counts[i]) {
            counts[i] = 0;
        }
    }
}

void
perf_close(struct perf *perf)
{
    while (perf->nevents > 0) {
        close(perf->fds[--perf->nevents]);
    }
}
