/*
 * stop.c: one stop for five models.
 *
 * The registry of open clients is an array of atomic flags, one for each
 * descriptor, so that a signal handler can walk it. A handler and a thread
 * that registers a client may run at the same time: the thread first sets
 * the flag and then looks whether a stop is under way, the handler first
 * says that it is and then looks at the flags, so at least one of them shuts
 * the client down.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "harness/contract/internal.h"

#ifdef __SANITIZE_THREAD__
#include <sys/syscall.h>

/* Thread sanitizer takes connect(2) for the birth of a descriptor, and finds
 * races with whoever waits on it already: hide it. */
#define connect(...) syscall(SYS_connect, __VA_ARGS__)
#endif

static struct {
    atomic_bool *open_fds; /* open_fds[fd]: this client is open */
    int capacity;          /* how many flags there are */
    atomic_int listen_fd;  /* -1: not listening yet */
    atomic_bool asked;     /* a stop is under way */
    atomic_int alarms;     /* how often the timer has fired: once, and the
                            * grace time is over */
    sigset_t signals;      /* those with a handler here */
} stop = {.listen_fd = -1};

/* No more comes from this client: what is there can still be echoed. */
static void
end_reading(int conn_fd)
{
    shutdown(conn_fd, SHUT_RD);
}

/* Reset the connection. A shutdown would end it with a FIN, and a client
 * whose echo is half-way would take that for a whole one. connect(2) to no
 * address at all dissolves it instead, and wakes whoever waits on it with an
 * error. Linux 6.4 to 6.6 refuse that while a thread waits, and there the
 * shutdown has to do. */
void
stop_cut(int conn_fd)
{
    const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};

    if (connect(conn_fd, &nowhere, sizeof nowhere) == -1) {
        shutdown(conn_fd, SHUT_RDWR);
    }
}

/* Called in signal handlers: shutdown and connect may be used there. A
 * million flags take less than a millisecond. */
static void
for_each_client(void (*reach)(int conn_fd))
{
    for (int fd = 0; fd < stop.capacity; fd++) {
        if (atomic_load(&stop.open_fds[fd])) {
            reach(fd);
        }
    }
}

/* Of the grace time, then of the cut. timer_create(2) needs -lrt before glibc
 * 2.34; this one counts in the same clock. */
static void
start_timer(int after_ms)
{
    const struct itimerval when = {
        .it_value = {after_ms / 1000,
                     after_ms % 1000 * 1000 + 1}}; /* 0 would mean never */

    setitimer(ITIMER_REAL, &when, NULL);
}

static void
stop_signal_handler(int signal_number)
{
    int saved_errno = errno;

    if (atomic_exchange(&stop.asked, true)) {
        for_each_client(stop_cut);
        _exit(128 + signal_number);
    }
    start_timer(contract_options.grace_ms);
    int listen_fd = atomic_load(&stop.listen_fd);
    if (listen_fd != -1) {
        shutdown(listen_fd, SHUT_RDWR);
    }
    for_each_client(end_reading);
    errno = saved_errno;
}

static void
stop_timer_handler(int signal_number)
{
    int saved_errno = errno;

    (void)signal_number;
    if (!contract_stopping()) {
        return; /* an alarm that whoever started us had set */
    }
    start_timer(CONTRACT_CUT_MS);
    int alarms = atomic_fetch_add(&stop.alarms, 1);
    if (alarms > 0) {
        /* The model is deep in a sleep or a computation of its own; or, from
         * the third on, nobody reads what we print. */
        if (alarms == 1 && contract_options.stats) {
            counters_print();
        }
        _exit(0);
    }
    for_each_client(stop_cut);
    errno = saved_errno;
}

void
stop_prepare(int descriptors)
{
    /* Without SA_RESTART: a call that waits returns, and whoever made it
     * calls again. thread sanitizer runs handlers only in between. */
    struct sigaction action = {.sa_handler = stop_timer_handler};

    stop.open_fds = calloc((size_t)descriptors, sizeof *stop.open_fds);
    stop.capacity = descriptors;
    if (stop.open_fds == NULL) {
        contract_die(errno, "make room for clients");
    }
    sigaddset(&stop.signals, SIGTERM);
    sigaddset(&stop.signals, SIGINT);
    sigaddset(&stop.signals, SIGALRM);
    /* The timer's handler may block when it prints, so it can itself be
     * interrupted, by the timer and by the second signal. */
    action.sa_flags = SA_NODEFER;
    sigaction(SIGALRM, &action, NULL);
    action = (struct sigaction){.sa_handler = stop_signal_handler,
                                .sa_mask = stop.signals};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    /* Whoever started us may have had them blocked. */
    sigprocmask(SIG_UNBLOCK, &stop.signals, NULL);
}

void
stop_watch_listener(int listen_fd)
{
    atomic_store(&stop.listen_fd, listen_fd);
    if (contract_stopping()) {
        shutdown(listen_fd, SHUT_RDWR);
    }
}

void
stop_end(void)
{
    sigprocmask(SIG_BLOCK, &stop.signals, NULL);
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    free(stop.open_fds);
    stop.open_fds = NULL;
}

bool
contract_stopping(void)
{
    return atomic_load(&stop.asked);
}

bool
stop_register(int conn_fd)
{
    if (conn_fd >= stop.capacity) {
        return false;
    }
    atomic_store(&stop.open_fds[conn_fd], true);
    if (atomic_load(&stop.alarms) > 0) {
        stop_cut(conn_fd);
    } else if (contract_stopping()) {
        end_reading(conn_fd);
    }
    return true;
}

void
stop_unregister(int conn_fd)
{
    atomic_store(&stop.open_fds[conn_fd], false);
}
