/*
 * serve.c: the clients of badserver come, send, and go.
 */
#include "tests/harness/badserver/badserver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/base.h"

enum {
    AFTERTHOUGHT_NS = 2 * 1000 * 1000
};

static const unsigned char one_byte[] = "x";

static void
drop_client(struct client *client, bool reset)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    if (reset) {
        setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    close(client->fd);
    client->fd = -1;
    bugs_forget(client);
    free(client->memory);
    client->memory = NULL;
}

void
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

static void
answer(struct server *server, struct client *client, size_t count)
{
    client->messages++;
    server->messages++;
    if (server->messages == server->tell) {
        printf("echoed %d\n", server->tell);
        fflush(stdout);
    }
    costs_of_message(server);
    if (has(server, "never") ||
        (has(server, "once") && client->messages > 1) ||
        (has(server, "first") && client->number >= server->after)) {
        return;
    }
    if (server->late_us > 0 || server->per_second > 0) {
        late_answer(server, client, count);
        return;
    }
    if (has(server, "swap")) {
        bugs_swap(server, client, count);
        return;
    }
    if (has(server, "hoard")) {
        bugs_hoard(server, client, count);
        return;
    }
    send_all(client, server->chunk, bugs_spoil(server, client, count));
    if (client->messages == server->after && has(server, "afterthought")) {
        nanosleep(&(struct timespec){.tv_nsec = AFTERTHOUGHT_NS}, NULL);
        send_all(client, one_byte, 1);
    }
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
    if (nread == 0 && has(server, "parting")) {
        send_all(client, one_byte, 1);
    }
    if (nread == 0 && has(server, "stays")) {
        client->ended = true;
        return;
    }
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
    client->ended = false;
    client->greeting = server->handshake ? 6 : 0;
    client->memory = costs_of_client(server);
}

/* Listen on a port that the kernel picks and say which. */
static void
listen_somewhere(struct server *server)
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
    if (server->buffer_bytes > 0) {
        setsockopt(server->listen_fd, SOL_SOCKET, SO_RCVBUF,
                   &server->buffer_bytes, sizeof server->buffer_bytes);
        setsockopt(server->listen_fd, SOL_SOCKET, SO_SNDBUF,
                   &server->buffer_bytes, sizeof server->buffer_bytes);
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

_Noreturn void
serve_for_ever(struct server *server)
{
    /* The kernel may let a sleep be 50 us too long otherwise. */
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    listen_somewhere(server);
    for (;;) {
        int64_t left_ns = late_send();
        struct timespec left = {left_ns / NS_PER_S, left_ns % NS_PER_S};

        server->polled[CLIENTS_MAX].fd =
            has(server, "never-accept") ? -1 : server->listen_fd;
        server->polled[CLIENTS_MAX].events = POLLIN;
        for (int i = 0; i < CLIENTS_MAX; i++) {
            const struct client *client = &server->clients[i];
            server->polled[i].fd =
                client->ended || client->due_ns > 0 ? -1 : client->fd;
            server->polled[i].events = POLLIN;
        }
        /* Its calls of poll(2) are counted by tests, under that name. */
        if ((left_ns < 0 ? poll(server->polled, CLIENTS_MAX + 1, -1)
                         : ppoll(server->polled, CLIENTS_MAX + 1, &left,
                                 NULL)) == -1) {
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
