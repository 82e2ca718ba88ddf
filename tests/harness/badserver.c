/*
 * badserver.c: an echo server that is wrong in a known way.
 *
 *     badserver [--bug=NAME] [--after=M] [--handshake] [--tell=M]
 *               [--buffer=BYTES] [--burn=US] [--hold=KIB] [--excuse]
 *
 * What the harness is there to find must be found here. One thread, poll(2),
 * blocking sends: simple enough that each bug is the only one. Each recv
 * counts as a message, which holds for the small ones of the tests.
 *
 *     none           right
 *     fixed          the first data ever received is sent again and again
 *     flip           in message M one bit of a byte changes
 *     drop           of message M one byte is lost
 *     double         of message M one byte is sent twice
 *     swap           two clients get each other's data
 *     extra          one byte too many follows message M
 *     never          no answer
 *     close          the connection is closed after its message M
 *     reset          the same, with a reset
 *     close-at-once  each connection is closed when it was accepted
 *     first          only the first M clients are served; the others wait
 *     limit          only M clients are kept; the others are closed
 *     die            the process ends after M messages in all
 *     greeting       the answer to "hello" is misspelled
 *     never-accept   connections wait in the backlog, which is short
 *     refuse         nobody listens
 *     short          from message M on the last byte of each is lost
 *     once           only the first message of a connection is answered
 *     flip-first     one bit changes in message M of all, counted together
 *
 * --burn uses up so much CPU time for each message, --hold keeps so much
 * memory for each client; what is said of them is known, therefore. --excuse
 * claims at SIGTERM, as our own servers do, that a thousand were refused.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

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
    size_t held_bytes;   /* with swap: how much is held back */
    unsigned char *held; /* with swap: the data that is held back */
    char *memory;        /* with --hold: what this client costs */
};

struct server {
    const char *bug;                    /* its name */
    int after;                          /* M */
    int tell;                           /* say so after that many messages */
    bool handshake;                     /* a greeting comes first */
    long burn_us;                       /* CPU time for each message */
    size_t hold_bytes;                  /* memory for each client */
    int listen_fd;                      /* where clients come from */
    int accepted;                       /* clients so far */
    int messages;                       /* received so far, of all clients */
    struct client clients[CLIENTS_MAX]; /* slots */
    struct pollfd polled[CLIENTS_MAX + 1]; /* the listener and the slots */
    unsigned char chunk[CHUNK_BYTES + 1];  /* what was received */
    unsigned char first[CHUNK_BYTES]; /* with fixed: the first of all data */
};

static bool
has(const struct server *server, const char *bug)
{
    return strcmp(server->bug, bug) == 0;
}

static void
die(const char *what)
{
    perror(what);
    exit(1);
}

static void
drop_client(struct client *client, bool reset)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    if (reset) {
        setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    close(client->fd);
    client->fd = -1;
    client->held_bytes = 0;
    free(client->memory);
    client->memory = NULL;
}

/* Use CPU time, of which the kernel keeps the account. */
static void
burn(long burn_us)
{
    struct timespec begin;
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    do {
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    } while ((now.tv_sec - begin.tv_sec) * 1000000 +
                 (now.tv_nsec - begin.tv_nsec) / 1000 <
             burn_us);
}

/* What one of ours prints with --stats, of a server that has refused. */
static void
excuse(int number)
{
    static const char words[] = "{\"refused\": 1000}\n";
    (void)number;
    if (write(STDOUT_FILENO, words, sizeof words - 1) == -1) {
        _exit(1);
    }
    _exit(0);
}

static void
send_all(struct client *client, const unsigned char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t nwritten = send(client->fd, bytes, count, MSG_NOSIGNAL);
        if (nwritten <= 0) {
            return;
        }
        bytes += nwritten;
        count -= (size_t)nwritten;
    }
}

/* Hold the data back until there is some of another client, then give each
 * the other's. */
static void
swap(struct server *server, struct client *client, size_t count)
{
    for (int i = 0; i < CLIENTS_MAX; i++) {
        struct client *other = &server->clients[i];
        if (other != client && other->fd != -1 && other->held_bytes > 0) {
            send_all(client, other->held, other->held_bytes);
            send_all(other, server->chunk, count);
            other->held_bytes = 0;
            return;
        }
    }
    if (client->held == NULL) {
        client->held = malloc(CHUNK_BYTES);
        if (client->held == NULL) {
            die("malloc");
        }
    }
    memcpy(client->held, server->chunk, count);
    client->held_bytes = count;
}

/* Treat the chunk as the bug wants it. Returns how long it is then. */
static size_t
spoil(struct server *server, const struct client *client, size_t count)
{
    unsigned char *chunk = server->chunk;
    if (has(server, "fixed")) {
        if (server->messages == 1) {
            memcpy(server->first, chunk, count);
        }
        memcpy(chunk, server->first, count);
    }
    if (has(server, "flip-first") && server->messages == server->after) {
        chunk[0] ^= 1;
    }
    if (has(server, "short") && client->messages >= server->after) {
        return count - 1;
    }
    if (client->messages != server->after || count <= BAD_BYTE) {
        return count;
    }
    if (has(server, "flip")) {
        chunk[BAD_BYTE] ^= 1;
    } else if (has(server, "drop")) {
        count--;
        memmove(chunk + BAD_BYTE, chunk + BAD_BYTE + 1, count - BAD_BYTE);
    } else if (has(server, "double")) {
        memmove(chunk + BAD_BYTE + 1, chunk + BAD_BYTE, count - BAD_BYTE);
        count++;
    } else if (has(server, "extra")) {
        chunk[count++] = 'x';
    }
    return count;
}

static void
answer(struct server *server, struct client *client, size_t count)
{
    client->messages++;
    server->messages++;
    if (server->messages == server->tell) {
        printf("echoed %d\n", server->tell);
        fflush(stdout);
    }
    if (server->burn_us > 0) {
        burn(server->burn_us);
    }
    if (has(server, "never") ||
        (has(server, "once") && client->messages > 1) ||
        (has(server, "first") && client->number >= server->after)) {
        return;
    }
    if (has(server, "swap")) {
        swap(server, client, count);
        return;
    }
    send_all(client, server->chunk, spoil(server, client, count));
    if (client->messages == server->after &&
        (has(server, "close") || has(server, "reset"))) {
        drop_client(client, has(server, "reset"));
    }
    if (server->messages == server->after && has(server, "die")) {
        _exit(1);
    }
}

/* Take the greeting off the front of the chunk; answer it when it is whole.
 * Returns how much of the chunk is left. */
static size_t
take_greeting(struct server *server, struct client *client, size_t count)
{
    size_t taken = (size_t)client->greeting;
    if (taken > count) {
        taken = count;
    }
    client->greeting -= (int)taken;
    if (taken > 0 && client->greeting == 0) {
        const char *text = has(server, "greeting") ? "hallo\n" : "hello\n";
        send_all(client, (const unsigned char *)text, 6);
    }
    memmove(server->chunk, server->chunk + taken, count - taken);
    return count - taken;
}

static void
serve(struct server *server, struct client *client)
{
    ssize_t nread = recv(client->fd, server->chunk, CHUNK_BYTES, 0);
    if (nread <= 0) {
        drop_client(client, false);
        return;
    }
    size_t count = take_greeting(server, client, (size_t)nread);
    if (count > 0) {
        answer(server, client, count);
    }
}

static void
accept_client(struct server *server)
{
    int fd = accept(server->listen_fd, NULL, NULL);
    int slot = 0;
    if (fd == -1) {
        return;
    }
    while (slot < CLIENTS_MAX && server->clients[slot].fd != -1) {
        slot++;
    }
    int number = server->accepted++;
    if (slot == CLIENTS_MAX || has(server, "close-at-once") ||
        (has(server, "limit") && number >= server->after)) {
        close(fd);
        return;
    }
    struct client *client = &server->clients[slot];
    client->fd = fd;
    client->number = number;
    client->messages = 0;
    client->greeting = server->handshake ? 6 : 0;
    if (server->hold_bytes > 0) {
        client->memory = malloc(server->hold_bytes);
        if (client->memory == NULL) {
            die("malloc");
        }
        memset(client->memory, 1, server->hold_bytes);
    }
}

static void
run(struct server *server)
{
    for (;;) {
        server->polled[CLIENTS_MAX].fd =
            has(server, "never-accept") ? -1 : server->listen_fd;
        server->polled[CLIENTS_MAX].events = POLLIN;
        for (int i = 0; i < CLIENTS_MAX; i++) {
            server->polled[i].fd = server->clients[i].fd;
            server->polled[i].events = POLLIN;
        }
        if (poll(server->polled, CLIENTS_MAX + 1, -1) == -1) {
            die("poll");
        }
        for (int i = 0; i < CLIENTS_MAX; i++) {
            if (server->clients[i].fd != -1 && server->polled[i].revents) {
                serve(server, &server->clients[i]);
            }
        }
        if (server->polled[CLIENTS_MAX].revents) {
            accept_client(server);
        }
    }
}

/* Listen on a port that the kernel picks and say which. */
static void
listen_somewhere(struct server *server, int buffer_bytes)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t address_bytes = sizeof address;
    int one = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (server->listen_fd == -1) {
        die("socket");
    }
    setsockopt(server->listen_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (buffer_bytes > 0) {
        setsockopt(server->listen_fd, SOL_SOCKET, SO_RCVBUF, &buffer_bytes,
                   sizeof buffer_bytes);
        setsockopt(server->listen_fd, SOL_SOCKET, SO_SNDBUF, &buffer_bytes,
                   sizeof buffer_bytes);
    }
    if (bind(server->listen_fd, (struct sockaddr *)&address, address_bytes) !=
            0 ||
        getsockname(server->listen_fd, (struct sockaddr *)&address,
                    &address_bytes) != 0) {
        die("bind");
    }
    int backlog = has(server, "never-accept") ? 0 : 4096;
    if (!has(server, "refuse") && listen(server->listen_fd, backlog) != 0) {
        die("listen");
    }
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
}

int
main(int argc, char **argv)
{
    static const struct option flags[] = {
        {"bug", required_argument, NULL, 'b'},
        {"after", required_argument, NULL, 'a'},
        {"tell", required_argument, NULL, 't'},
        {"buffer", required_argument, NULL, 's'},
        {"handshake", no_argument, NULL, 'h'},
        {"burn", required_argument, NULL, 'u'},
        {"hold", required_argument, NULL, 'k'},
        {"excuse", no_argument, NULL, 'e'},
        {NULL, 0, NULL, 0},
    };
    static struct server server = {.bug = "none", .after = 3};
    int buffer_bytes = 0;
    int flag;
    while ((flag = getopt_long(argc, argv, "", flags, NULL)) != -1) {
        switch (flag) {
        case 'b':
            server.bug = optarg;
            break;
        case 'a':
            server.after = (int)strtol(optarg, NULL, 10);
            break;
        case 't':
            server.tell = (int)strtol(optarg, NULL, 10);
            break;
        case 's':
            buffer_bytes = (int)strtol(optarg, NULL, 10);
            break;
        case 'h':
            server.handshake = true;
            break;
        case 'u':
            server.burn_us = strtol(optarg, NULL, 10);
            break;
        case 'k':
            server.hold_bytes = (size_t)strtol(optarg, NULL, 10) * 1024;
            break;
        case 'e':
            signal(SIGTERM, excuse);
            break;
        default:
            return 2;
        }
    }
    for (int i = 0; i < CLIENTS_MAX; i++) {
        server.clients[i].fd = -1;
    }
    listen_somewhere(&server, buffer_bytes);
    run(&server);
}
