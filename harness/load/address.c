/*
 * address.c: where the server is, as people write it, and where the clients
 * are.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "harness/load/internal.h"
#include "harness/load/load.h"

enum {
    PORT_MAX = 65535,
    ONE_ADDRESS_MAX = 20000, /* connections that one address is good for */
    ADDRESSES = 253,         /* 127.0.0.2 to 127.0.0.254 */
};

/* Does a server listen there? Waits for up to a second. */
static bool
is_reachable(const struct addrinfo *info)
{
    struct timeval patience = {.tv_sec = 1};
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd == -1) {
        return false;
    }
    /* The send timeout is the one that connect(2) obeys. */
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    bool reachable = connect(fd, info->ai_addr, info->ai_addrlen) == 0;
    close(fd);
    return reachable;
}

/* Cut it in two. Returns where the port begins, NULL if it is none. */
static const char *
split(const char *target, char host[256])
{
    int end = 0;
    if (sscanf(target, "[%255[^]]]:%n", host, &end) != 1 || end == 0) {
        sscanf(target, "%255[^]:[]:%n", host, &end);
    }
    char *rest;
    long port = strtol(target + end, &rest, 10);
    bool right = end > 0 && isdigit(target[end]) && *rest == '\0' &&
                 port >= 1 && port <= PORT_MAX;
    return right ? target + end : NULL;
}

int
target_find(const char *target, struct engine_options *options)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV};
    struct addrinfo *list;
    char host[256];
    const char *port = split(target, host);
    if (port == NULL) {
        fprintf(stderr,
                "load: %s: please give HOST:PORT, such as 127.0.0.1:5566 or "
                "[::1]:5566\n",
                target);
        return EXIT_USAGE;
    }
    int error = getaddrinfo(host, port, &hints, &list);
    if (error != 0) {
        fprintf(stderr, "load: %s: %s\n", target, gai_strerror(error));
        return EXIT_NO_MEASURE;
    }
    const struct addrinfo *chosen = list;
    while (list->ai_next != NULL && chosen != NULL && !is_reachable(chosen)) {
        chosen = chosen->ai_next;
    }
    chosen = chosen != NULL ? chosen : list;
    memcpy(&options->address, chosen->ai_addr, chosen->ai_addrlen);
    options->address_bytes = chosen->ai_addrlen;
    freeaddrinfo(list);
    return 0;
}

/* ---- where connections come from --------------------------------------- */

bool
source_is_loopback(const struct engine_options *options)
{
    if (options->address.ss_family == AF_INET6) {
        struct sockaddr_in6 address;
        memcpy(&address, &options->address, sizeof address);
        return IN6_IS_ADDR_LOOPBACK(&address.sin6_addr);
    }
    struct sockaddr_in address;
    memcpy(&address, &options->address, sizeof address);
    return options->address.ss_family == AF_INET &&
           ntohl(address.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

int
source_bind(const struct engine_options *options, int fd, int64_t number)
{
    int64_t connections =
        ((int64_t)options->clients + options->silent_clients) * options->runs;
    bool many = options->churn || connections > ONE_ADDRESS_MAX;
    if (!many || options->address.ss_family != AF_INET ||
        !source_is_loopback(options)) {
        return 0;
    }
    /* Without this bind(2) would take a port that no other socket of this
     * address has, whoever it talks to, and run short just as quickly. */
    int one = 1;
    if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
                   sizeof one) != 0) {
        return -1;
    }
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr =
        htonl(INADDR_LOOPBACK + 1 + (uint32_t)(number % ADDRESSES));
    return bind(fd, (struct sockaddr *)&address, sizeof address);
}
