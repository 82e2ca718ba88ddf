/*
 * co_io.c: coroutines wait for descriptors and for time.
 *
 * Waiting. A call first tries, unless the socket is known to be empty; when
 * the kernel says EAGAIN, the coroutine notes itself with the descriptor and
 * suspends. When nobody can run, epoll waits for all of them. Each descriptor
 * is registered once, for both directions and edge-triggered, when somebody
 * first has to wait for it. Who waits to receive leaves word where the bytes
 * shall go, and the scheduler receives for all whose bytes have come, before
 * the first of them runs: first all take the kernel's way in, then all take
 * its way out, and the processor's caches need to hold one of the two at a
 * time (cohort scheduling: Larus and Parkes, USENIX 2002).
 *
 * Edges. After a short recv the next one waits without trying: the socket is
 * drained, and a new edge will come. There are two exceptions: a FIN that
 * came with the data gives no second edge, and recv stops short of urgent
 * data though there is more behind it. So EPOLLRDHUP and EPOLLPRI are
 * remembered, and from then on only EAGAIN means drained.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "coroutine/co_internal.h"

enum {
    EVENTS_MAX = 512,                    /* taken from epoll at a time */
    TURN_BYTES = 64 * 1024,              /* moved before others get a turn */
    ACCEPT_COST_BYTES = TURN_BYTES / 16, /* an accept counts as so many */
    FDS_START = 64,
};

/* ---- time ---------------------------------------------------------------
 */

static void
set_deadline(struct co *co, int time_ms)
{
    int error = deadline_set(&scheduler.deadlines, &co->deadline,
                             clock_now_ns() + time_ms * NS_PER_MS);
    assert(error == 0); /* co_create has made room */
    (void)error;
}

void
co_sleep_ms(int time_ms)
{
    if (time_ms > 0) {
        set_deadline(scheduler.current, time_ms);
        suspend();
    }
}

/* ---- events --------------------------------------------------------------
 */

/* How epoll shall wait: until the first deadline, or not at all when
 * somebody can run. Returns NULL for ever. */
static struct timespec *
wait_limit(struct timespec *limit)
{
    struct deadline *first = deadline_first(&scheduler.deadlines);
    int64_t left_ns = 0;

    if (scheduler.ready == NULL) {
        if (first == NULL) {
            return NULL;
        }
        left_ns = first->at_ns - clock_now_ns();
    }
    *limit = (struct timespec){0};
    if (left_ns > 0) {
        limit->tv_sec = left_ns / 1000000000;
        limit->tv_nsec = left_ns % 1000000000;
    }
    return limit;
}

/* glibc has it since 2.35. */
__attribute__((weak)) int epoll_pwait2(int, struct epoll_event *, int,
                                       const struct timespec *,
                                       const sigset_t *);

/* epoll_pwait2, which counts nanoseconds; before Linux 5.11 a wait in whole
 * milliseconds, rounded up so that no deadline is met too early. */
static int
wait_for_events(struct epoll_event *events, const struct timespec *limit)
{
    int64_t limit_ms = -1;

    if (FIBER_ALLOWS_EPOLL_PWAIT2 && epoll_pwait2 != NULL &&
        !scheduler.lacks_epoll_pwait2) {
        int nevents =
            epoll_pwait2(scheduler.epoll_fd, events, EVENTS_MAX, limit, NULL);
        /* Some containers say EPERM to a call that they do not know. */
        if (nevents != -1 || (errno != ENOSYS && errno != EPERM)) {
            return nevents;
        }
        scheduler.lacks_epoll_pwait2 = true;
    }
    if (limit != NULL) {
        limit_ms = limit->tv_sec * 1000 + (limit->tv_nsec + 999999) / 1000000;
    }
    return epoll_wait(scheduler.epoll_fd, events, EVENTS_MAX,
                      limit_ms > INT_MAX ? INT_MAX : (int)limit_ms);
}

static void
wake(struct co **waiter)
{
    struct co *co = *waiter;

    if (co != NULL) {
        *waiter = NULL;
        deadline_remove(&scheduler.deadlines, &co->deadline);
        make_ready(co);
    }
}

/* Receive without waiting. Returns false when nothing has come. */
static bool
receive_now(int fd, struct receive *receive)
{
    struct co_fd *state = &scheduler.fds[fd];

    receive->nread = recv(fd, receive->buffer, receive->nbytes,
                          receive->flags | MSG_DONTWAIT);
    if (receive->nread == -1) {
        receive->error = errno;
        state->drained = errno == EAGAIN;
        return !state->drained;
    }
    state->drained =
        (size_t)receive->nread < receive->nbytes && !state->short_is_not_all;
    return true;
}

static void
deliver(const struct epoll_event *event)
{
    struct co_fd *state = &scheduler.fds[event->data.fd];
    const uint32_t special = EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR;

    if ((event->events & special) != 0) {
        state->short_is_not_all = true;
    }
    if ((event->events & (EPOLLIN | special)) != 0) {
        struct co *reader = state->reader;
        state->drained = false;
        if (reader != NULL &&
            (reader->receive == NULL ||
             receive_now(event->data.fd, reader->receive))) {
            wake(&state->reader);
        }
    }
    if ((event->events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
        wake(&state->writer);
    }
}

/* Make everybody ready whose deadline has passed. */
static void
expire_deadlines(void)
{
    struct deadline *first = deadline_first(&scheduler.deadlines);
    int64_t now = first != NULL ? clock_now_ns() : 0;

    while (first != NULL && first->at_ns <= now) {
        struct co *co =
            (struct co *)((char *)first - offsetof(struct co, deadline));
        deadline_remove(&scheduler.deadlines, first);
        co->timed_out = true;
        make_ready(co);
        first = deadline_first(&scheduler.deadlines);
    }
}

int
io_poll(void)
{
    static struct epoll_event events[EVENTS_MAX];
    struct timespec limit;

    int nevents = wait_for_events(events, wait_limit(&limit));
    if (nevents == -1) {
        return errno == EINTR ? 0 : -1;
    }
    for (int i = 0; i < nevents; i++) {
        deliver(&events[i]);
    }
    /* Who waits for a descriptor that is ready is not late, and one batch may
     * not hold all that are: who is woken by a deadline tries once more. */
    expire_deadlines();
    return 0;
}

/* ---- descriptors ------------------------------------------------------- */

/* Make the table longer, up to fds[fd]. Returns 0, or -1 with errno. */
static int
grow_fds(int fd)
{
    size_t count = scheduler.fds_count;

    if (fd < 0) {
        errno = EBADF;
        return -1;
    }
    while (count <= (size_t)fd) {
        count = count > 0 ? 2 * count : FDS_START;
    }
    struct co_fd *fds = reallocarray(scheduler.fds, count, sizeof *fds);
    if (fds == NULL) {
        return -1;
    }
    memset(fds + scheduler.fds_count, 0,
           (count - scheduler.fds_count) * sizeof *fds);
    scheduler.fds = fds;
    scheduler.fds_count = count;
    return 0;
}

/* Make sure that scheduler.fds[fd] exists. Returns 0, or -1 with errno. */
static inline int
have_fd(int fd)
{
    return (size_t)fd < scheduler.fds_count ? 0 : grow_fds(fd);
}

/* Suspend until `fd` can be read, or written. Returns 0, or -1 with errno:
 * EAGAIN when that took longer than its timeout. */
static inline int
wait_for(int fd, bool writing)
{
    struct co *co = scheduler.current;
    struct co_fd *state = &scheduler.fds[fd];
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET,
        .data.fd = fd,
    };

    if (!state->registered) {
        if (epoll_ctl(scheduler.epoll_fd, EPOLL_CTL_ADD, fd, &event) == -1) {
            return -1;
        }
        state->registered = true;
    }
    struct co **waiter = writing ? &state->writer : &state->reader;
    assert(*waiter == NULL);
    *waiter = co;
    co->timed_out = false;
    if (state->timeout_ms > 0) {
        set_deadline(co, state->timeout_ms);
    }
    suspend();
    if (!co->timed_out) {
        return 0;
    }
    /* The table may have moved meanwhile. */
    state = &scheduler.fds[fd];
    *(writing ? &state->writer : &state->reader) = NULL;
    errno = EAGAIN;
    return -1;
}

/* `nbytes` were moved without waiting: after a fair share, others come
 * first. */
static void
take_turn(size_t nbytes)
{
    scheduler.turn_bytes += nbytes;
    if (scheduler.turn_bytes >= TURN_BYTES) {
        co_give_way();
    }
}

int
co_accept4(int listen_fd, struct sockaddr *address, socklen_t *address_bytes,
           int flags)
{
    int conn_fd;

    if (have_fd(listen_fd) == -1 ||
        (!scheduler.fds[listen_fd].registered &&
         fcntl(listen_fd, F_SETFL, O_NONBLOCK) == -1)) {
        return -1;
    }
    while ((conn_fd = accept4(listen_fd, address, address_bytes,
                              flags | SOCK_NONBLOCK)) == -1) {
        if (errno != EAGAIN || wait_for(listen_fd, false) == -1) {
            return -1;
        }
    }
    if (have_fd(conn_fd) == -1) {
        close(conn_fd);
        errno = ENOMEM;
        return -1;
    }
    scheduler.fds[conn_fd] = (struct co_fd){0};
    take_turn(ACCEPT_COST_BYTES);
    return conn_fd;
}

ssize_t
co_recv(int fd, void *buffer, size_t nbytes, int flags)
{
    struct co *co = scheduler.current;
    struct receive receive = {
        .buffer = buffer, .nbytes = nbytes, .flags = flags};

    if (have_fd(fd) == -1) {
        return -1;
    }
    if (scheduler.fds[fd].drained || !receive_now(fd, &receive)) {
        co->receive = &receive;
        int error = wait_for(fd, false);
        co->receive = NULL;
        /* The scheduler has received for us; or it is too late, unless
         * something has come by now. */
        if (error == -1 && (errno != EAGAIN || !receive_now(fd, &receive))) {
            return -1;
        }
    }
    if (receive.nread == -1) {
        errno = receive.error;
        return -1;
    }
    take_turn((size_t)receive.nread);
    return receive.nread;
}

ssize_t
co_send(int fd, const void *buffer, size_t nbytes, int flags)
{
    bool is_late = false;

    if (have_fd(fd) == -1) {
        return -1;
    }
    for (;;) {
        ssize_t nwritten = send(fd, buffer, nbytes, flags | MSG_DONTWAIT);
        if (nwritten >= 0) {
            take_turn((size_t)nwritten);
            return nwritten;
        }
        if (errno != EAGAIN || is_late) {
            return -1;
        }
        if (wait_for(fd, true) == -1) {
            is_late = errno == EAGAIN;
            if (!is_late) {
                return -1;
            }
        }
    }
}

void
co_set_timeout(int fd, int timeout_ms)
{
    if (have_fd(fd) == 0) {
        scheduler.fds[fd].timeout_ms = timeout_ms;
    }
}

int
co_close(int fd)
{
    if ((size_t)fd < scheduler.fds_count) {
        assert(scheduler.fds[fd].reader == NULL &&
               scheduler.fds[fd].writer == NULL);
        /* The kernel takes it out of epoll when it closes it. */
        scheduler.fds[fd] = (struct co_fd){0};
    }
    return close(fd);
}

/* ---- begin and end -------------------------------------------------------
 */

int
io_begin(void)
{
    scheduler.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    return scheduler.epoll_fd == -1 ? -1 : 0;
}

void
io_end(void)
{
    free(scheduler.fds);
    scheduler.fds = NULL;
    scheduler.fds_count = 0;
    deadline_queue_free(&scheduler.deadlines);
    close(scheduler.epoll_fd);
    scheduler.epoll_fd = -1;
}
