/*
 * clients.c: clients come and go; each is counted and within reach of a stop.
 */
#include <linux/sockios.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/contract/internal.h"

static void
print_arrival(int conn_fd)
{
    struct sockaddr_storage peer = {0};
    socklen_t peer_bytes = sizeof peer;
    char text[ADDRESS_TEXT_BYTES];

    getpeername(conn_fd, (struct sockaddr *)&peer, &peer_bytes);
    format_address(&peer, text);
    dprintf(STDERR_FILENO, "%s: client %d came from %s\n",
            contract_options.model, conn_fd, text);
}

bool
contract_client_opened(int conn_fd)
{
    uint64_t max_clients = (uint64_t)contract_options.max_clients;
    uint64_t open = counter_increment(&counters.open);

    if ((max_clients > 0 && open > max_clients) || !stop_register(conn_fd)) {
        counter_decrement(&counters.open);
        counter_increment(&counters.refused);
        return false;
    }
    counter_increment(&counters.accepted);
    counter_raise_to(&counters.peak_open, open);
    if (contract_options.verbose) {
        print_arrival(conn_fd);
    }
    return true;
}

/* Is something sent to the client that it has not acknowledged yet? */
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
    counter_decrement(&counters.open);
    if (why == CONTRACT_REFUSED) {
        counter_decrement(&counters.accepted);
        counter_increment(&counters.refused);
    } else {
        counter_increment(
            &counters.ends[why == CONTRACT_UNSENT ? CONTRACT_TIMEOUT : why]);
    }
    if (contract_options.verbose) {
        dprintf(STDERR_FILENO, "%s: client %d closed: %s\n",
                contract_options.model, conn_fd, reasons[why]);
    }
}
