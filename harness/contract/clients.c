/*
 * clients.c: clients come and go; each is counted and within reach of a stop.
 * And what the bytes and the errors of one client mean.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/contract/internal.h"

enum {
    IN_A_ROW_MAX = 100, /* errors of single connections; no more is chance */
};

static void
print_arrival(int conn_fd)
{
    struct sockaddr_storage peer = {0};
    socklen_t peer_bytes = sizeof peer;
    char text[ADDRESS_TEXT_BYTES];

    getpeername(conn_fd, (struct sockaddr *)&peer, &peer_bytes);
    address_format(&peer, text);
    dprintf(STDERR_FILENO, "%s: client %d came from %s\n",
            contract_options.model, conn_fd, text);
}

bool
contract_client_opened(int conn_fd)
{
    uint64_t max_clients = (uint64_t)contract_options.max_clients;
    uint64_t open = ++counters.open;
    uint_fast64_t peak = atomic_load(&counters.peak_open);

    if ((max_clients > 0 && open > max_clients) || !stop_register(conn_fd)) {
        counters.open--;
        counters.refused++;
        return false;
    }
    counters.accepted++;
    while (peak < open &&
           !atomic_compare_exchange_weak(&counters.peak_open, &peak, open)) {
    }
    if (contract_options.verbose) {
        print_arrival(conn_fd);
    }
    return true;
}

static bool
awaits_acknowledgement(int conn_fd)
{
    int unacknowledged_bytes = 0;

    return ioctl(conn_fd, SIOCOUTQ, &unacknowledged_bytes) == 0 &&
           unacknowledged_bytes > 0;
}

void
contract_client_closed(int conn_fd, enum contract_end why)
{
    static const char *const reasons[CONTRACT_ENDS] = {
        [CONTRACT_EOF] = "it had ended its side, or the server stops",
        [CONTRACT_ERROR] = "the connection failed",
        [CONTRACT_TIMEOUT] = "it was silent for too long",
        [CONTRACT_UNSENT] = "it did not read for too long",
        [CONTRACT_REJECTED] = "its handshake was wrong or not complete",
        [CONTRACT_REFUSED] = "there was no room for it",
    };

    if (why == CONTRACT_ERROR || why == CONTRACT_UNSENT ||
        (why == CONTRACT_TIMEOUT && awaits_acknowledgement(conn_fd))) {
        stop_cut(conn_fd);
    }
    stop_unregister(conn_fd); /* now, for a second signal cuts who is in it */
    counters.open--;
    if (why == CONTRACT_REFUSED) {
        counters.accepted--;
        counters.refused++;
    } else {
        counters.ends[why == CONTRACT_UNSENT ? CONTRACT_TIMEOUT : why]++;
    }
    if (contract_options.verbose) {
        dprintf(STDERR_FILENO, "%s: client %d closed: %s\n",
                contract_options.model, conn_fd, reasons[why]);
    }
}

enum contract_hello
contract_hello(const char *bytes, size_t nbytes, size_t *line_bytes)
{
    static const char word[] = "hello";
    static const char spaces[] = " \t\v\f\r";
    size_t searched = nbytes < CONTRACT_LINE_BYTES + 1
                          ? nbytes
                          : (size_t)CONTRACT_LINE_BYTES + 1;
    const char *newline = memchr(bytes, '\n', searched);

    if (newline == NULL) {
        return nbytes > CONTRACT_LINE_BYTES ? CONTRACT_HELLO_BAD
                                            : CONTRACT_HELLO_PARTIAL;
    }
    /* Neither goes beyond the newline, which is no space. */
    const char *begin = bytes + strspn(bytes, spaces);
    const char *end = begin + sizeof word - 1;
    if (strncmp(begin, word, sizeof word - 1) != 0 ||
        end + strspn(end, spaces) != newline) {
        return CONTRACT_HELLO_BAD;
    }
    *line_bytes = (size_t)(newline - bytes) + 1;
    return CONTRACT_HELLO_GOOD;
}

enum contract_end
contract_end_of_recv(int error)
{
    return error == EAGAIN ? CONTRACT_TIMEOUT : CONTRACT_ERROR;
}

enum contract_end
contract_end_of_send(int error)
{
    return error == EAGAIN ? CONTRACT_UNSENT : CONTRACT_ERROR;
}

/* Is it the last of so many errors, with nobody let in between, that it
 * cannot be about single connections any more? */
static bool
is_one_of_many(void)
{
    static atomic_uint_fast64_t accepted;
    static atomic_int in_a_row;
    uint64_t now = atomic_load(&counters.accepted);

    if (atomic_exchange(&accepted, now) != now) {
        atomic_store(&in_a_row, 0);
    }
    return atomic_fetch_add(&in_a_row, 1) >= IN_A_ROW_MAX;
}

int
contract_accept_error(int error)
{
    static const int passing[] = {
        ECONNABORTED, EPROTO,      EPERM,     ENETDOWN,
        ENOPROTOOPT,  EHOSTDOWN,   ENONET,    EHOSTUNREACH,
        EOPNOTSUPP,   ENETUNREACH, ETIMEDOUT,
    };

    if (contract_stopping()) {
        return -1;
    }
    if (error == EAGAIN || error == EINTR) {
        return 0;
    }
    counters.accept_errors++;
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++) {
        if (error == passing[i] && !is_one_of_many()) {
            return 0;
        }
    }
    counters.accept_pauses++;
    return CONTRACT_ACCEPT_PAUSE_MS;
}
