/*
 * stop.c: the clients that are open, their counters, and one stop for five
 * models.
 *
 * The registry is an array of atomic flags, one for each descriptor, so that
 * a signal handler can walk it. A handler and a thread that registers a
 * client may run at the same time: the thread first sets the flag and then
 * looks whether a stop is under way, the handler first says that it is and
 * then looks at the flags, so at least one of them shuts the client down.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "harness/contract/internal.h"

enum {
    MS_PER_S = 1000,
    NS_PER_MS = 1000 * 1000,
    STATS_BYTES = 1024, /* holds the line of counters many times over */
};

/* Everything that --stats prints. Each counter is relaxed: nobody takes
 * one for a sign that something else has happened. */
static struct {
    atomic_uint_fast64_t accepted;      /* opened, the refused ones not */
    atomic_uint_fast64_t refused;       /* turned away */
    atomic_uint_fast64_t open;          /* opened and not yet closed */
    atomic_uint_fast64_t peak_open;     /* the highest `open` ever was */
    atomic_uint_fast64_t bytes_in;      /* of echo, received */
    atomic_uint_fast64_t bytes_out;     /* of echo, sent */
    atomic_uint_fast64_t accept_errors; /* accept failed, EAGAIN aside */
    atomic_uint_fast64_t accept_pauses; /* of them: descriptors ran out */
    atomic_uint_fast64_t ends[CONTRACT_ENDS]; /* closed, by reason */
} counters;

static struct {
    atomic_bool *open_fds; /* open_fds[fd]: this client is open */
    int capacity;          /* how many flags there are */
    atomic_int fds_end;    /* no flag was ever set from here on */
    atomic_int listen_fd;  /* -1: not listening yet */
    atomic_bool asked;     /* a stop is under way */
    atomic_bool cut;       /* its grace time is over */
    timer_t timer;         /* of the grace time, then of the cut */
} stop = {.listen_fd = -1};

static uint64_t
increment(atomic_uint_fast64_t *counter)
{
    return atomic_fetch_add_explicit(counter, 1, memory_order_relaxed) + 1;
}

static void
decrement(atomic_uint_fast64_t *counter)
{
    atomic_fetch_sub_explicit(counter, 1, memory_order_relaxed);
}

/* ---- the stop ---------------------------------------------------------- */

static void
shut_clients_down(int how)
{
    int fds_end = atomic_load(&stop.fds_end);

    for (int fd = 0; fd < fds_end; fd++) {
        if (atomic_load(&stop.open_fds[fd])) {
            shutdown(fd, how);
        }
    }
}

static void
start_timer(int after_ms)
{
    struct itimerspec when = {
        .it_value = {after_ms / MS_PER_S,
                     (long)(after_ms % MS_PER_S) * NS_PER_MS},
    };
    if (after_ms == 0) {
        when.it_value.tv_nsec = 1; /* 0 would mean never */
    }
    timer_settime(stop.timer, 0, &when, NULL);
}

static void
stop_signal_handler(int signal_number)
{
    int saved_errno = errno;

    if (atomic_exchange(&stop.asked, true)) {
        _exit(128 + signal_number);
    }
    start_timer(contract_options.grace_ms);
    int listen_fd = atomic_load(&stop.listen_fd);
    if (listen_fd != -1) {
        shutdown(listen_fd, SHUT_RDWR);
    }
    shut_clients_down(SHUT_RD);
    errno = saved_errno;
}

static void
stop_timer_handler(int signal_number)
{
    int saved_errno = errno;

    (void)signal_number;
    if (atomic_exchange(&stop.cut, true)) {
        /* The model is deep in a sleep or a computation of its own. */
        if (contract_options.stats) {
            counters_print();
        }
        _exit(0);
    }
    start_timer(CONTRACT_CUT_MS);
    shut_clients_down(SHUT_RDWR);
    errno = saved_errno;
}

void
stop_prepare(int descriptors)
{
    struct sigaction action = {.sa_flags = SA_RESTART};
    struct sigevent event = {
        .sigev_notify = SIGEV_SIGNAL,
        .sigev_signo = SIGALRM,
    };

    stop.open_fds = calloc((size_t)descriptors, sizeof *stop.open_fds);
    stop.capacity = descriptors;
    if (stop.open_fds == NULL) {
        contract_die(errno, "make room for clients");
    }
    if (timer_create(CLOCK_MONOTONIC, &event, &stop.timer) == -1) {
        contract_die(errno, "timer_create");
    }
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGTERM);
    sigaddset(&action.sa_mask, SIGINT);
    sigaddset(&action.sa_mask, SIGALRM);
    action.sa_handler = stop_timer_handler;
    sigaction(SIGALRM, &action, NULL);
    action.sa_handler = stop_signal_handler;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    /* Whoever started us may have had them blocked. */
    sigprocmask(SIG_UNBLOCK, &action.sa_mask, NULL);
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
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGALRM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    timer_delete(stop.timer);
    free(stop.open_fds);
    stop.open_fds = NULL;
}

bool
contract_stopping(void)
{
    return atomic_load(&stop.asked);
}

/* ---- clients ----------------------------------------------------------- */

static void
print_arrival(int conn_fd)
{
    struct sockaddr_storage peer = {0};
    socklen_t peer_bytes = sizeof peer;
    char host[INET6_ADDRSTRLEN] = "?";
    int port = 0;

    getpeername(conn_fd, (struct sockaddr *)&peer, &peer_bytes);
    if (peer.ss_family == AF_INET) {
        struct sockaddr_in *ipv4 = (struct sockaddr_in *)&peer;
        inet_ntop(AF_INET, &ipv4->sin_addr, host, sizeof host);
        port = ntohs(ipv4->sin_port);
    } else if (peer.ss_family == AF_INET6) {
        struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&peer;
        inet_ntop(AF_INET6, &ipv6->sin6_addr, host, sizeof host);
        port = ntohs(ipv6->sin6_port);
    }
    dprintf(STDERR_FILENO, "%s: client %d came from %s port %d\n",
            contract_options.model, conn_fd, host, port);
}

static void
raise_to(atomic_uint_fast64_t *peak, uint64_t value)
{
    uint_fast64_t seen = atomic_load_explicit(peak, memory_order_relaxed);

    while (seen < value && !atomic_compare_exchange_weak_explicit(
                               peak, &seen, value, memory_order_relaxed,
                               memory_order_relaxed)) {
    }
}

static void
register_client(int conn_fd)
{
    int fds_end = atomic_load(&stop.fds_end);

    while (fds_end <= conn_fd && !atomic_compare_exchange_weak(
                                     &stop.fds_end, &fds_end, conn_fd + 1)) {
    }
    atomic_store(&stop.open_fds[conn_fd], true);
    if (atomic_load(&stop.cut)) {
        shutdown(conn_fd, SHUT_RDWR);
    } else if (contract_stopping()) {
        shutdown(conn_fd, SHUT_RD);
    }
}

bool
contract_client_opened(int conn_fd)
{
    uint64_t max_clients = (uint64_t)contract_options.max_clients;
    uint64_t open = increment(&counters.open);

    if (conn_fd >= stop.capacity || (max_clients > 0 && open > max_clients)) {
        decrement(&counters.open);
        increment(&counters.refused);
        return false;
    }
    increment(&counters.accepted);
    raise_to(&counters.peak_open, open);
    register_client(conn_fd);
    if (contract_options.verbose) {
        print_arrival(conn_fd);
    }
    return true;
}

void
contract_client_closed(int conn_fd, enum contract_end why)
{
    static const char *const reasons[CONTRACT_ENDS] = {
        [CONTRACT_OPEN] = "still open",
        [CONTRACT_EOF] = "it had ended its side",
        [CONTRACT_ERROR] = "the connection failed",
        [CONTRACT_TIMEOUT] = "it was silent for too long",
        [CONTRACT_REJECTED] = "its handshake was wrong",
        [CONTRACT_REFUSED] = "there was no room for it",
    };

    atomic_store(&stop.open_fds[conn_fd], false);
    decrement(&counters.open);
    if (why == CONTRACT_REFUSED) {
        decrement(&counters.accepted);
        increment(&counters.refused);
    } else {
        increment(&counters.ends[why]);
    }
    if (contract_options.verbose) {
        dprintf(STDERR_FILENO, "%s: client %d closed: %s\n",
                contract_options.model, conn_fd, reasons[why]);
    }
}

/* ---- counters ---------------------------------------------------------- */

void
contract_count_in(size_t nread)
{
    atomic_fetch_add_explicit(&counters.bytes_in, nread,
                              memory_order_relaxed);
}

void
contract_count_out(size_t nwritten)
{
    atomic_fetch_add_explicit(&counters.bytes_out, nwritten,
                              memory_order_relaxed);
}

enum contract_accept
contract_accept_error(int error)
{
    if (error == EAGAIN) {
        return contract_stopping() ? CONTRACT_ACCEPT_STOP
                                   : CONTRACT_ACCEPT_WAIT;
    }
    if (contract_stopping()) {
        return CONTRACT_ACCEPT_STOP;
    }
    if (error == EINTR) {
        return CONTRACT_ACCEPT_AGAIN;
    }
    increment(&counters.accept_errors);
    switch (error) {
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case ETIMEDOUT:
        return CONTRACT_ACCEPT_AGAIN;
    default:
        increment(&counters.accept_pauses);
        return CONTRACT_ACCEPT_PAUSE;
    }
}

/* Append `"name":value,` to the line. No stdio: a signal handler may be
 * what runs this. */
static char *
append_counter(char *end, const char *name, uint64_t value)
{
    char digits[20]; /* 2^64 - 1 has 20 */
    size_t ndigits = 0;

    *end++ = '"';
    end = stpcpy(end, name);
    end = stpcpy(end, "\":");
    do {
        digits[ndigits++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (ndigits > 0) {
        *end++ = digits[--ndigits];
    }
    *end++ = ',';
    return end;
}

int
counters_print(void)
{
    const struct {
        const char *name;            /* as documented in contract.h */
        atomic_uint_fast64_t *value; /* the counter itself */
    } all[] = {
        {"accepted", &counters.accepted},
        {"refused", &counters.refused},
        {"closed_eof", &counters.ends[CONTRACT_EOF]},
        {"closed_error", &counters.ends[CONTRACT_ERROR]},
        {"closed_timeout", &counters.ends[CONTRACT_TIMEOUT]},
        {"closed_rejected", &counters.ends[CONTRACT_REJECTED]},
        {"open", &counters.open},
        {"peak_open", &counters.peak_open},
        {"bytes_in", &counters.bytes_in},
        {"bytes_out", &counters.bytes_out},
        {"accept_errors", &counters.accept_errors},
        {"accept_pauses", &counters.accept_pauses},
    };
    char line[STATS_BYTES];
    char *end = stpcpy(stpcpy(line, "{\"model\":\""), contract_options.model);

    end = stpcpy(end, "\",");
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        end = append_counter(end, all[i].name, atomic_load(all[i].value));
    }
    end = stpcpy(end - 1, "}\n"); /* over the last comma */
    for (const char *rest = line; rest < end;) {
        ssize_t nwritten = write(STDOUT_FILENO, rest, (size_t)(end - rest));
        if (nwritten == -1 && errno != EINTR) {
            return -1;
        }
        rest += nwritten > 0 ? nwritten : 0;
    }
    return 0;
}
