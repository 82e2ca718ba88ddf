/*
 * address.c: where a server listens. See address.h.
 */
#include "harness/compare/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    CONNECT_MS = 200, /* for one try */
};

static bool connects(const struct sockaddr_storage *address,
                     socklen_t address_bytes);

int
address_parse(const char *text, struct sockaddr_storage *address,
              socklen_t *address_bytes)
{
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)address;
    const char *colon = strrchr(text, ':');
    char host[INET6_ADDRSTRLEN + 2];
    size_t length;
    char *end;
    long port;

    if (!colon || colon - text >= (long)sizeof host) {
        return -1;
    }
    length = (size_t)(colon - text);
    port = strtol(colon + 1, &end, 10);
    if (end == colon + 1 || *end != '\0' || port < 1 || port > 65535) {
        return -1;
    }
    memcpy(host, text, length);
    host[length] = '\0';
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, host, &ipv4->sin_addr) == 1) {
        ipv4->sin_family = AF_INET;
        ipv4->sin_port = htons((uint16_t)port);
        *address_bytes = sizeof *ipv4;
        return 0;
    }
    if (host[0] != '[' || host[length - 1] != ']') {
        return -1;
    }
    host[length - 1] = '\0';
    ipv6->sin6_family = AF_INET6;
    ipv6->sin6_port = htons((uint16_t)port);
    *address_bytes = sizeof *ipv6;
    return inet_pton(AF_INET6, host + 1, &ipv6->sin6_addr) == 1 ? 0 : -1;
}

int
address_free_port(void)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t bytes = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int port = -1;

    if (fd != -1 && bind(fd, (struct sockaddr *)&address, bytes) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &bytes) == 0) {
        port = ntohs(address.sin_port);
    }
    if (fd != -1) {
        close(fd);
    }
    return port;
}

int
address_at(const char *host, int port, struct sockaddr_storage *address,
           socklen_t *address_bytes)
{
    bool ipv6 = strchr(host, ':') != NULL;
    char text[INET6_ADDRSTRLEN + 16];

    if (strlen(host) >= INET6_ADDRSTRLEN) {
        return -1;
    }
    snprintf(text, sizeof text, "%s%s%s:%d", ipv6 ? "[" : "", host,
             ipv6 ? "]" : "", port);
    return address_parse(text, address, address_bytes);
}

int
address_port(const struct sockaddr_storage *address)
{
    /* The port stands at the same place in both kinds. */
    return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

bool
address_answers(const char *host, int port, struct sockaddr_storage *address,
                socklen_t *address_bytes)
{
    const char *const hosts[] = {host ? host : "127.0.0.1", "::1"};
    bool answers = false;

    for (int i = 0; i < (host ? 1 : 2) && !answers; i++) {
        answers = address_at(hosts[i], port, address, address_bytes) == 0 &&
                  connects(address, *address_bytes);
    }
    return answers;
}

/* A host that throws our packets away must not hold us up. */
static bool
connects(const struct sockaddr_storage *address, socklen_t address_bytes)
{
    int fd = socket(address->ss_family,
                    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct pollfd connected = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t error_bytes = sizeof error;
    bool good = false;

    if (fd == -1) {
        return false;
    }
    if (connect(fd, (const struct sockaddr *)address, address_bytes) == 0) {
        good = true;
    } else if (errno == EINPROGRESS && poll(&connected, 1, CONNECT_MS) == 1 &&
               getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_bytes) ==
                   0) {
        good = error == 0;
    }
    close(fd);
    return good;
}
