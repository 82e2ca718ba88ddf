/*
 * badserver.h: what the files of badserver share: its clients, its flags.
 *
 *     badserver.c   what it can do wrong; its flags
 *     serve.c       clients come, send, and go
 *     bugs.c        what is done to their data
 *     costs.c       what it costs more than it need
 *     late.c        what it does later than it might
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
    size_t held_bytes;   /* how much is held back */
    unsigned char *held; /* the data that is held back */
    int64_t due_ns;      /* when it goes out that is late; 0: nothing is */
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
    int buffer_bytes;                   /* of each socket; 0: the kernel's */
    int burn_us;                        /* CPU time for each message */
    int getppid_calls;                  /* the same in system calls */
    int dearer_percent;                 /* of its own CPU time, on top */
    struct prices *prices;              /* what these cost, or NULL */
    int hold_kib;                       /* memory for each client */
    int late_us;                        /* from a message to its echo */
    int per_second;                     /* echoes; 0: as they come */
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

/* Serve clients for ever. Listens on a port that the kernel picks, and says
 * which. */
_Noreturn void serve_for_ever(struct server *server);

/* Send all of it; blocks. What the client does not want any more is lost. */
void send_all(struct client *client, const unsigned char *bytes,
              size_t count);

/* Put the chunk behind what is held already. */
void bugs_keep(const struct server *server, struct client *client,
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

/* Hold the chunk back until its time has come. */
void late_answer(struct server *server, struct client *client, size_t count);

/* Send the echoes that are due. Returns for how many nanoseconds there is
 * nothing to send; -1: as long as no message comes. */
int64_t late_send(void);

/* Use what the flags say for one message, and note the price. */
void costs_of_message(struct server *server);

/* Where prices are kept: the file, to which other runs may have added. */
struct prices *costs_prices(const char *path);

/* Memory that is in use, for a new client; NULL if none is wanted. */
char *costs_of_client(const struct server *server);

#endif
