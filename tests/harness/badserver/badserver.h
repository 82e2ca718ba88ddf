/*
 * badserver.h: what the files of badserver share: its clients, its flags.
 *
 *     badserver.c   what it can do wrong; its flags
 *     serve.c       clients come, send, and go
 *     bugs.c        what is done to their data
 *     costs.c       what it costs more than it need
 */
#ifndef FIVEWAYS_TESTS_BADSERVER_H
#define FIVEWAYS_TESTS_BADSERVER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CLIENTS_MAX = 1000,
    CHUNK_BYTES = 65536,
    BAD_BYTE = 5, /* index of the byte in the message that is treated badly */
};

struct client {
    int fd;              /* the socket, -1 if the slot is free */
    int number;          /* in the order of accepting, from 0 */
    int messages;        /* received so far */
    int greeting;        /* bytes of the greeting still to come */
    size_t held_bytes;   /* with swap, hoard: how much is held back */
    unsigned char *held; /* with swap, hoard: the data that is held back */
    bool ended;          /* with stays: the client has ended its side */
    char *memory;        /* with --hold: what this client costs */
};

/* What the calls of --getppid have cost, as it stands in a file. */
struct prices {
    int64_t calls; /* so many of them */
    int64_t ns;    /* took so much CPU time */
};

struct server {
    const char *bug;                    /* its name */
    int after;                          /* M */
    int tell;                           /* say so after that many messages */
    bool handshake;                     /* a greeting comes first */
    long burn_us;                       /* CPU time for each message */
    long getppid_calls;                 /* the same in system calls */
    double dearer;                      /* times its own CPU time */
    struct prices *prices;              /* what these cost, or NULL */
    size_t hold_bytes;                  /* memory for each client */
    int listen_fd;                      /* where clients come from */
    int accepted;                       /* clients so far */
    int messages;                       /* received so far, of all clients */
    struct client clients[CLIENTS_MAX]; /* slots */
    struct pollfd polled[CLIENTS_MAX + 1]; /* the listener and the slots */
    unsigned char chunk[CHUNK_BYTES + 1];  /* what was received */
    unsigned char first[CHUNK_BYTES]; /* with fixed: the first of all data */
};

/* Is this the bug that was asked for? */
bool has(const struct server *server, const char *bug);

/* Say what has failed, with errno, and exit. */
_Noreturn void die(const char *what);

/* Serve clients for ever. Listens on a port that the kernel picks, with
 * socket buffers of that size if it is not 0, and says which. */
_Noreturn void serve_for_ever(struct server *server, int buffer_bytes);

/* Send all of it; blocks. What the client does not want any more is lost. */
void send_all(struct client *client, const unsigned char *bytes,
              size_t count);

/* Hold the chunk back until there is one of another client, then give each
 * the other's. */
void bugs_swap(struct server *server, struct client *client, size_t count);

/* Keep the chunk, and echo all that was kept once it is M bytes. */
void bugs_hoard(struct server *server, struct client *client, size_t count);

/* Give back the memory of what is held. */
void bugs_forget(struct client *client);

/* Treat the chunk as the bug wants it. Returns how long it is then. */
size_t bugs_spoil(struct server *server, const struct client *client,
                  size_t count);

/* Use what the flags say for one message, and note the price. */
void costs_of_message(struct server *server);

/* Where prices are kept: the file, to which other runs may have added. */
struct prices *costs_prices(const char *path);

/* Memory that is in use, for a new client; NULL if none is wanted. */
char *costs_of_client(const struct server *server);

#endif
