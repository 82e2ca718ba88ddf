/*
 * client.h: clients of an echo server that trust nothing.
 *
 * A client sends its own sequence (payload.h) and compares every byte that
 * comes back with what belongs there, so no test can pass by counting. All
 * operations on many clients keep them going at once, sending and receiving
 * alike, so that a test never waits for a server that waits for the test.
 * A deadline counts from the last progress: a slow server passes, one that
 * is stuck fails. Everything here fails the test when a server does what no
 * server may do.
 */
#ifndef FIVEWAYS_CLIENT_H
#define FIVEWAYS_CLIENT_H

#include "tests/conformance/server.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a client has seen of the end of its connection. */
enum client_end {
    CLIENT_OPEN,  /* nothing: it may go on */
    CLIENT_EOF,   /* the server's FIN, after everything it sent */
    CLIENT_RESET, /* the connection was reset */
};

/* One connection. Its owner is the test, which ends it with one of
 * client_finish(), client_close() and client_reset(). */
struct client {
    int fd;                  /* non-blocking; -1: closed */
    uint64_t seed;           /* of the sequence it sends */
    uint64_t sent_bytes;     /* of the sequence, so far */
    uint64_t received_bytes; /* of the same, verified */
    uint64_t goal_bytes;     /* up to where it is to send */
    bool half_close;         /* end our side when the goal is reached */
    enum client_end end;     /* what the server did */
    const char *said;        /* by client_send_text(), last */
    size_t said_bytes;       /* how long that is */
    const char *whose;       /* connection, for a message; NULL: "the" */
};

/* How a client connects; all zero is the usual way. */
struct client_setup {
    int sndbuf_bytes; /* SO_SNDBUF; 0: the kernel's default */
    int rcvbuf_bytes; /* SO_RCVBUF, set before it connects; 0: likewise */
    int mss_bytes;    /* the largest segment, both ways; 0: likewise. With
                       * that of the loopback a kernel keeps mebibytes. */
    bool may_be_cut;  /* it may be reset as soon as it is accepted */
};

/* Connect, and wait until that is done. */
struct client client_connect(const struct server *server);
struct client client_connect_with(const struct server *server,
                                  struct client_setup setup);

/* How many connections of this process TCP had to ask for more than once,
 * because too many clients waited to be accepted. */
int client_asked_again(void);

/* The same. Where the server's queue is full, TCP asks again after a second;
 * this at once: a short queue is no fault. */
struct client client_connect_soon(const struct server *server);
struct client client_connect_soon_with(const struct server *server,
                                       struct client_setup setup);

/* Begin to connect; it may still be under way. */
struct client client_begin(const struct server *server,
                           struct client_setup setup);

/* True when a connection that was begun is established, false when it still
 * is under way. */
bool client_connected(const struct client *client);

/* Try to connect and close again. Returns 0, or the errno of connect. */
int client_probe(const struct server *server);

/* Send as much of the sequence as the kernel takes now, `most_bytes` at
 * most. Returns how much; 0 also when the connection has ended. */
size_t client_send_some(struct client *client, size_t most_bytes);

/* Receive and verify what is there now, `most_bytes` at most. Returns how
 * much; 0 also when the connection has ended, and then `end` is set. */
size_t client_receive_some(struct client *client, size_t most_bytes);

/* Send `nbytes` more of the sequence, and wait until they are sent; nothing
 * is received meanwhile. */
void client_send(struct client *client, size_t nbytes);

/* Wait until all that was sent is back and verified. */
void client_receive(struct client *client);
void clients_receive(struct client *clients, int count);

/* Send `nbytes` more on each, receiving meanwhile, and wait until all of it
 * is back and verified. */
void client_exchange(struct client *client, size_t nbytes);
void clients_exchange(struct client *clients, int count, size_t nbytes);

/*
 * As client_exchange(), but end our side behind the last byte, and require
 * that everything comes back, then a FIN and not a reset. Closes.
 */
void client_exchange_and_finish(struct client *client, size_t nbytes);
void clients_exchange_and_finish(struct client *clients, int count,
                                 size_t nbytes);

/* The same with nothing more to send: the proper end of a client. */
void client_finish(struct client *client);
void clients_finish(struct client *clients, int count);

/*
 * Wait for the server to end the connection; bytes that come before are
 * verified. Returns how it ended, CLIENT_OPEN if it did not within `ms`,
 * scaled.
 */
enum client_end client_wait_end(struct client *client, int ms);

/* True when nothing at all comes within `ms`, not scaled: for what must not
 * happen, where waiting longer proves nothing more. */
bool client_hears_nothing(struct client *client, int ms);

/* Wait until more can be sent, or the connection has ended. Returns false
 * when neither happens within `ms`, scaled. */
bool client_wait_room(struct client *client, int ms);

/* Hold back what is sent until it fills a segment, or let it go. */
void client_cork(struct client *client, bool hold);

/* Send or expect these very bytes, outside of the sequence. */
void client_send_text(struct client *client, const char *text, size_t nbytes);
void client_expect_text(struct client *client, const char *text);

/* Write the first of these bytes as hex and as text, "68 69 0a "hi."". */
enum {
    CLIENT_SHOWN_BYTES = 8,
    CLIENT_SHOWN = 8 * CLIENT_SHOWN_BYTES, /* bytes of that text */
};
void client_show(const unsigned char *bytes, size_t nbytes,
                 char text[CLIENT_SHOWN]);

/* How much the server has not received of what was sent: the two kernels know
 * how much is in their queues. IPv4 only. */
size_t client_unread_bytes(const struct client *client);

/* Wait until that is nothing. The first returns false when it is not so
 * within `ms`, scaled; with the other the test fails. */
bool client_is_consumed(const struct client *client, int ms);
void client_wait_consumed(const struct client *client);

/*
 * Send on all of `clients`, never receiving, until the server has taken
 * nothing more for a while. Returns how many bytes were sent in all; the
 * test fails if one client could send `limit_bytes`.
 */
uint64_t clients_fill(struct client *clients, int count,
                      uint64_t limit_bytes);

/* Has little room for what it does not read, and segments as on Ethernet, so
 * that the server's kernel has little room for it, too. */
extern const struct client_setup client_small;

/* Send without reading until the server takes nothing more, or all is gone:
 * its own sends have been told by then that there is little room, or none.
 * One that reads a byte at a time takes some long before we have room. */
void client_fill(struct client *client, size_t most_bytes);

/* Close at once, whatever is under way. */
void client_close(struct client *client);
void clients_close(struct client *clients, int count);

/* Close with a reset instead of a FIN. */
void client_reset(struct client *client);

/* Start a process that sends and receives without a pause on `count`
 * connections until the test ends or it is killed. Returns its id. */
pid_t client_firehose(const struct server *server, int count);

#endif
