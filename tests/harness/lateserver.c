/*
 * lateserver.c: an echo server that takes exactly as long as it is told.
 *
 *     lateserver [--late-us=D] [--per-second=R]
 *
 * Each echo goes out D microseconds after its message came in. With R it
 * goes out when there is a token for it: R tokens a second are made, one
 * after the other, and what is not used is saved for 50 ms, so that a server
 * that was kept from the CPU for that long still has its rate. Both take the
 * messages in the order in which they came, so one queue is enough. One
 * thread; clients have one message in flight and no more than 4 KiB in it.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    CLIENTS_MAX = 1000,
    MESSAGE_BYTES = 4096,
    SAVED_NS = 50 * 1000 * 1000,
};

struct client {
    int fd;                            /* its socket, -1 if there is none */
    size_t held_bytes;                 /* of the message that waits; or 0 */
    int64_t due_ns;                    /* when its echo is to go out */
    unsigned char held[MESSAGE_BYTES]; /* the message */
};

static struct client clients[CLIENTS_MAX];
static struct pollfd polled[CLIENTS_MAX + 1]; /* clients and the listener */
static int queue[CLIENTS_MAX];                /* who waits, in a ring */
static unsigned queue_first;                  /* the first of them */
static unsigned queue_end;                    /* behind the last of them */
static int64_t late_ns;                       /* D; 0: none */
static int64_t token_ns;                      /* between tokens; 0: no R */
static int64_t next_token_ns;                 /* when the next is made */

static int64_t
now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void
drop_client(struct client *client)
{
    close(client->fd);
    client->fd = -1;
    client->held_bytes = 0;
}

/* When may an echo go out whose message came at this time? */
static int64_t
due_after(int64_t came_ns)
{
    if (token_ns == 0) {
        return came_ns + late_ns;
    }
    if (next_token_ns < came_ns - SAVED_NS) {
        next_token_ns = came_ns - SAVED_NS;
    }
    next_token_ns += token_ns;
    return next_token_ns;
}

static void
take_message(int index)
{
    struct client *client = &clients[index];
    ssize_t nread = recv(client->fd, client->held, MESSAGE_BYTES, 0);
    if (nread <= 0) {
        drop_client(client);
        return;
    }
    client->held_bytes = (size_t)nread;
    client->due_ns = due_after(now_ns());
    queue[queue_end++ % CLIENTS_MAX] = index;
}

/* Send the echoes that are due. Returns how long there is nothing to do;
 * -1 for as long as no message comes. */
static int64_t
send_what_is_due(void)
{
    while (queue_first != queue_end) {
        struct client *client = &clients[queue[queue_first % CLIENTS_MAX]];
        int64_t left_ns = client->due_ns - now_ns();
        if (client->held_bytes > 0 && left_ns > 0) {
            return left_ns;
        }
        if (client->held_bytes > 0 &&
            send(client->fd, client->held, client->held_bytes,
                 MSG_NOSIGNAL) == -1) {
            drop_client(client);
        }
        client->held_bytes = 0;
        queue_first++;
    }
    return -1;
}

static void
accept_client(int listen_fd)
{
    int fd = accept(listen_fd, NULL, NULL);
    for (int i = 0; i < CLIENTS_MAX; i++) {
        if (clients[i].fd == -1 && clients[i].due_ns < now_ns()) {
            clients[i].fd = fd;
            return;
        }
    }
    close(fd);
}

static void
run(int listen_fd)
{
    for (;;) {
        int64_t left_ns = send_what_is_due();
        struct timespec left = {left_ns / 1000000000, left_ns % 1000000000};
        polled[CLIENTS_MAX] = (struct pollfd){listen_fd, POLLIN, 0};
        for (int i = 0; i < CLIENTS_MAX; i++) {
            int fd = clients[i].held_bytes > 0 ? -1 : clients[i].fd;
            polled[i] = (struct pollfd){fd, POLLIN, 0};
        }
        if (ppoll(polled, CLIENTS_MAX + 1, left_ns < 0 ? NULL : &left,
                  NULL) <= 0) {
            continue;
        }
        for (int i = 0; i < CLIENTS_MAX; i++) {
            if (polled[i].revents != 0) {
                take_message(i);
            }
        }
        if (polled[CLIENTS_MAX].revents != 0) {
            accept_client(listen_fd);
        }
    }
}

static int
listen_somewhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t address_bytes = sizeof address;
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, address_bytes) != 0 ||
        listen(fd, 4096) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &address_bytes) != 0) {
        perror("lateserver");
        exit(1);
    }
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

int
main(int argc, char **argv)
{
    static const struct option flags[] = {
        {"late-us", required_argument, NULL, 'l'},
        {"per-second", required_argument, NULL, 'p'},
        {NULL, 0, NULL, 0},
    };
    int flag;
    while ((flag = getopt_long(argc, argv, "", flags, NULL)) != -1) {
        long value = optarg != NULL ? strtol(optarg, NULL, 10) : 0;
        if (value <= 0) {
            return 2;
        }
        if (flag == 'l') {
            late_ns = value * INT64_C(1000);
        } else {
            token_ns = INT64_C(1000000000) / value;
        }
    }
    for (int i = 0; i < CLIENTS_MAX; i++) {
        clients[i].fd = -1;
    }
    /* The kernel may let a sleep be 50 us too long otherwise. */
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    run(listen_somewhere());
}
