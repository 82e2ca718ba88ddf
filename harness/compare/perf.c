/*
 * perf.c: system calls counted by the kernel. See syscalls.h.
 */
#include "harness/compare/syscalls.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

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
    const char *name; /* as the kernel calls it */
    long number;      /* on this machine */
} calls[] = {
    EVERYWHERE,
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
    EVENTS = 1 + sizeof calls / sizeof calls[0] /* and the total */
};
static_assert((int)EVENTS <= (int)PERF_EVENTS_MAX,
              "there must be room for all");

/* The kernel makes the first of these folders for whoever wants to mount
 * tracefs; older systems have it in the second. */
static const char home[] = "/sys/kernel/tracing";
static const char old_home[] = "/sys/kernel/debug/tracing";

/* The number of the one event that every system call is; -1 with errno. */
static int
read_event_id(const char *folder)
{
    char path[96];
    int id = -1;
    FILE *file;

    snprintf(path, sizeof path, "%s/events/raw_syscalls/sys_enter/id",
             folder);
    file = fopen(path, "re");
    if (file) {
        errno = fscanf(file, "%d", &id) == 1 ? 0 : ENOENT;
        fclose(file);
    }
    return id;
}

/* Many machines do not mount it. To do so for everybody would be the owner's
 * decision; where we may, a child mounts it for a moment in a namespace of
 * its own, which nobody else sees and which leaves nothing behind. */
static int
ask_child(void)
{
    int fds[2];
    int id = -1;
    pid_t child;

    if (pipe2(fds, O_CLOEXEC) == -1) {
        return -1;
    }
    child = fork();
    if (child == 0) {
        if (unshare(CLONE_NEWNS) == 0 &&
            mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
            mount("tracefs", home, "tracefs",
                  MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0) {
            id = read_event_id(home);
        }
        _exit(write(fds[1], &id, sizeof id) == sizeof id ? 0 : 1);
    }
    close(fds[1]);
    if (child == -1 ||
        TEMP_FAILURE_RETRY(read(fds[0], &id, sizeof id)) != sizeof id) {
        id = -1;
    }
    if (child > 0) {
        TEMP_FAILURE_RETRY(waitpid(child, NULL, 0));
    }
    close(fds[0]);
    errno = ENOENT;
    return id;
}

/* The same wherever it is found, looked up once. */
static int
event_id(void)
{
    static int id = -1;

    if (id == -1) {
        id = read_event_id(home);
    }
    if (id == -1 && errno == ENOENT) {
        id = read_event_id(old_home);
    }
    if (id == -1 && errno == ENOENT) {
        id = ask_child();
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
