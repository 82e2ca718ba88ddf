/*
 * poll.c: one thread that waits with poll(2).
 *
 * Idea      select's idea with a table in the place of a set of bits: each
 *           client has a row that says what it waits for, and the kernel
 *           writes into it what has come. No row is too many: a descriptor
 *           beyond FD_SETSIZE is one like any other.
 * Costs     the kernel reads the whole table in every turn, and so does the
 *           server: a turn with one busy client among ten thousand costs ten
 *           thousand rows, where epoll's costs one.
 * Take it   for some hundred clients, on any Unix.
 * See also  selectloop/server.c, epoll/server.c
 */
#include "tests/foreign/models/echo.h"

enum {
    ROWS_MAX = 1 << 16, /* the listener's, and the clients' */
};

static struct pollfd rows[ROWS_MAX];     /* the first is the listener's */
static struct client *clients[ROWS_MAX]; /* whose row that is */
static nfds_t nrows = 1;                 /* in use, without gaps */

/* Go on with those of whom poll has something to say. From the end, because
 * the last row takes the place of one that goes. */
static void
serve_the_ready(void)
{
    for (nfds_t i = nrows - 1; i > 0; i--) {
        if (rows[i].revents == 0) {
            continue;
        }
        rows[i].events = client_step(clients[i]);
        if (rows[i].events == 0) {
            client_close(clients[i]);
            nrows--;
            rows[i] = rows[nrows];
            clients[i] = clients[nrows];
        }
    }
}

/* Accept some clients, before the others have their turn. Returns false when
 * there is no room for more. */
static bool
accept_some(int listener)
{
    for (int i = 0; i < 64; i++) {
        struct client *client = NULL;
        if (nrows == ROWS_MAX ||
            (client = client_accept(listener, SOCK_NONBLOCK)) == NULL) {
            return nrows < ROWS_MAX && !is_short();
        }
        rows[nrows] = (struct pollfd){.fd = client->fd, .events = POLLIN};
        clients[nrows] = client;
        nrows++;
    }
    return true;
}

int
main(int argc, char **argv)
{
    int listener = listen_on(argc, argv, SOCK_NONBLOCK);
    bool has_room = true;

    for (;;) {
        /* poll passes over a row whose descriptor is -1. */
        rows[0].fd = has_room ? listener : -1;
        rows[0].events = POLLIN;
        if (poll(rows, nrows, has_room ? -1 : ACCEPT_PAUSE_MS) == -1 &&
            errno != EINTR) {
            err(1, "poll");
        }
        bool somebody_waits = !has_room || rows[0].revents != 0;
        serve_the_ready();
        has_room = !somebody_waits || accept_some(listener);
    }
}
