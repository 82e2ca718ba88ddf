/* victims.c: see victims.h. */
#include "tests/faults/victims.h"

#include "tests/conformance/patience.h"
#include "tests/conformance/verdict.h"

#include <poll.h>

enum {
    AT_ONCE_MAX = 128,
    MESSAGES = 4, /* that each client exchanges */
    MESSAGE_BYTES = 100,
};

/* Send a message to each that is still open, and receive it until it is
 * back or the connection has ended. */
static void
exchange_or_end(struct client *clients, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        if (clients[i].end == CLIENT_OPEN) {
            client_send_some(&clients[i], MESSAGE_BYTES);
        }
    }
    for (i = 0; i < count; i++) {
        struct client *client = &clients[i];

        while (client->end == CLIENT_OPEN &&
               client->received_bytes < client->sent_bytes) {
            require(!client_hears_nothing(client,
                                          patience_scaled_ms(PATIENCE_MS)),
                    "seed %ju: stuck at offset %ju", (uintmax_t)client->seed,
                    (uintmax_t)client->received_bytes);
            client_receive_some(client, MESSAGE_BYTES);
        }
        client->goal_bytes = client->sent_bytes;
    }
}

/* Let `count` clients live their lives together. Returns how many of them
 * were cut off. */
static int
live(const struct server *server, int count, enum fate fate)
{
    const struct client_setup setup = {.may_be_cut = fate == FATE_CUT};
    struct client clients[AT_ONCE_MAX];
    int cut = 0;
    int i;

    for (i = 0; i < count; i++) {
        clients[i] = client_connect_with(server, setup);
    }
    for (i = 0; i < MESSAGES; i++) {
        exchange_or_end(clients, count);
    }
    for (i = 0; i < count; i++) {
        require(fate == FATE_CUT || clients[i].end == CLIENT_OPEN,
                "seed %ju: cut off by a fault that is not its own",
                (uintmax_t)clients[i].seed);
        if (fate == FATE_UNHARMED) {
            client_finish(&clients[i]);
        } else {
            shutdown(clients[i].fd, SHUT_WR);
            client_wait_end(&clients[i], PATIENCE_MS);
            cut += clients[i].received_bytes <
                       MESSAGES * (uint64_t)MESSAGE_BYTES ||
                   clients[i].end == CLIENT_RESET;
            client_close(&clients[i]);
        }
    }
    return cut;
}

int
victims_run(const struct server *server, int count, int at_once,
            enum fate fate)
{
    int cut = 0;

    while (count > 0) {
        int some = count < at_once ? count : at_once;

        cut += live(server, some, fate);
        count -= some;
    }
    return cut;
}
