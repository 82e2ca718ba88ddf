/*
 * address.c: where the server is, as people write it, and where the clients
 * are.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "harness/load/internal.h"
#include "harness/load/load.h"

enum {
    PORT_MAX = 65535,
    PORT_DIGITS_MAX = 5,
    ONE_ADDRESS_MAX = 20000, /* connections that one address is good for */
    ADDRESSES = 253,         /* 127.0.0.2 to 127.0.0.254 */
};

static int
parse_port(const char *text, int *port)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > PORT_DIGITS_MAX || text[digits] != '\0') {
        return -1;
    }
    long value = strtol(text, NULL, 10);
    if (value < 1 || value > PORT_MAX) {
        return -1;
    }
    *port = (int)value;
    return 0;
}

int
target_parse(const char *text, char *host, size_t host_bytes, int *port)
{
    const char *host_end = strrchr(text, ':');
    if (host_end == NULL || parse_port(host_end + 1, port) != 0) {
        return -1;
    }
    if (text[0] == '[') {
        text++;
        host_end--;
        if (host_end < text || *host_end != ']') {
            return -1;
        }
    } else if (memchr(text, ':', (size_t)(host_end - text)) != NULL) {
        return -1;
    }
    size_t length = (size_t)(host_end - text);
    if (length == 0 || length >= host_bytes) {
        return -1;
    }
    memcpy(host, text, length);
    host[length] = '\0';
    return 0;
}

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

const char *
target_resolve(const char *host, int port, struct sockaddr_storage *address,
               socklen_t *address_bytes)
{
    char service[16];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV};
    struct addrinfo *list;
    snprintf(service, sizeof service, "%d", port);
    int error = getaddrinfo(host, service, &hints, &list);
    if (error != 0) {
        return gai_strerror(error);
    }
    const struct addrinfo *chosen = list;
    if (list->ai_next != NULL) {
        while (chosen != NULL && !is_reachable(chosen)) {
            chosen = chosen->ai_next;
        }
        if (chosen == NULL) {
            chosen = list;
        }
    }
    memset(address, 0, sizeof *address);
    memcpy(address, chosen->ai_addr, chosen->ai_addrlen);
    *address_bytes = chosen->ai_addrlen;
    freeaddrinfo(list);
    return NULL;
}

/* ---- where connections come from ----------------------------------------
 */

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

/* Does a run with these options need more than one source address, and can
 * have it? */
static bool
is_spread(const struct engine_options *options)
{
    if (options->address.ss_family != AF_INET ||
        !source_is_loopback(options)) {
        return false;
    }
    /* The step is how many runs there are like this one. */
    int64_t runs = options->number_step > 0 ? options->number_step : 1;
    int64_t clients = (int64_t)options->clients + options->silent_clients;
    return options->churn || clients * runs > ONE_ADDRESS_MAX;
}

int
source_bind(const struct engine_options *options, int fd, int64_t number)
{
    if (!is_spread(options)) {
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
