/*
 * echo.h: what the servers of this folder have in common, so that each of
 * them is how it waits and nothing else.
 *
 * Each is started as NAME PORT [HOST], with port 0 for any; prints
 * "listening on HOST:PORT" and serves until a signal ends it.
 */
#ifndef FIVEWAYS_MODELS_ECHO_H
#define FIVEWAYS_MODELS_ECHO_H

#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BACKLOG = 4096,        /* clients that wait to be accepted */
    ACCEPT_PAUSE_MS = 100, /* leave accept alone when descriptors run out */
};

/* One client. What was received and is not sent is bytes[begin..end). */
struct client {
    int fd;                /* its socket */
    size_t begin;          /* up to here it is sent */
    size_t end;            /* up to here it was received */
    short events;          /* what it waits for, POLLIN or POLLOUT */
    struct client *next;   /* where they stand in a queue */
    char bytes[16 * 1024]; /* memory only as far as it was ever used */
};

/* A listener as argv says, ready and announced. With SOCK_NONBLOCK in `flags`
 * accept does not wait. Ends the program with 2 for wrong usage, and with 1
 * when it cannot listen there. */
static inline int
listen_on(int argc, char **argv, int flags)
{
    const char *host = argc > 2 ? argv[2] : "127.0.0.1";
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *where = NULL;
    struct sockaddr_storage bound;
    socklen_t bound_bytes = sizeof bound;
    char port[NI_MAXSERV];
    struct rlimit descriptors;

    if (argc < 2 || argc > 3 || getaddrinfo(host, argv[1], &hints, &where)) {
        errx(2, "please start it as: %s PORT [HOST]", argv[0]);
    }
    int fd = socket(where->ai_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    /* Clients inherit it: what is echoed leaves at once. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (bind(fd, where->ai_addr, where->ai_addrlen) == -1 ||
        listen(fd, BACKLOG) == -1 ||
        getsockname(fd, (struct sockaddr *)&bound, &bound_bytes) == -1) {
        err(1, "cannot listen on %s:%s", host, argv[1]);
    }
    freeaddrinfo(where);
    if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
        descriptors.rlim_cur = descriptors.rlim_max;
        setrlimit(RLIMIT_NOFILE, &descriptors);
    }
    getnameinfo((struct sockaddr *)&bound, bound_bytes, NULL, 0, port,
                sizeof port, NI_NUMERICSERV);
    printf("listening on %s:%s\n", host, port);
    fflush(stdout);
    return fd;
}

/* A client that was accepted. Returns NULL without memory for it, with errno,
 * and then it is closed. */
static inline struct client *
client_new(int fd)
{
    struct client *client = malloc(sizeof *client);

    if (client == NULL) {
        close(fd);
        errno = ENOMEM;
        return NULL;
    }
    client->fd = fd;
    client->begin = client->end = 0;
    client->events = POLLIN;
    return client;
}

/* Accept a client, with SOCK_NONBLOCK in `flags` or without. Returns NULL
 * when there is none; errno says why, and is_short() what that means. */
static inline struct client *
client_accept(int listener, int flags)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | flags);

    return fd == -1 ? NULL : client_new(fd);
}

/* Of an errno of accept: have descriptors or memory run out? Then the client
 * still waits, and who asks again at once only burns the CPU. */
static inline bool
is_short(void)
{
    return errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
           errno == ENOMEM;
}

/* End it; it is gone afterwards. */
static inline void
client_close(struct client *client)
{
    close(client->fd);
    free(client);
}

/* recv or send returned -1: does errno mean that it failed? */
static inline bool
has_failed(ssize_t nbytes)
{
    return nbytes == -1 && errno != EAGAIN && errno != EINTR;
}

/* Receive once if nothing is left to be sent; send once. So nobody has the
 * server for himself, and who does not read is not received from. Returns
 * what to wait for then, POLLIN or POLLOUT; 0: the client has ended, and has
 * everything back, or has failed. Does not wait on a socket that does not. */
static inline short
client_step(struct client *client)
{
    if (client->begin == client->end) {
        ssize_t nread =
            recv(client->fd, client->bytes, sizeof client->bytes, 0);
        if (nread == 0 || has_failed(nread)) {
            return 0;
        }
        client->begin = 0;
        client->end = nread > 0 ? (size_t)nread : 0;
    }
    if (client->begin < client->end) {
        /* Without SIGPIPE, should the client be gone. */
        ssize_t nsent = send(client->fd, client->bytes + client->begin,
                             client->end - client->begin, MSG_NOSIGNAL);
        if (has_failed(nsent)) {
            return 0;
        }
        client->begin += nsent > 0 ? (size_t)nsent : 0;
    }
    return client->begin < client->end ? POLLOUT : POLLIN;
}

#endif
