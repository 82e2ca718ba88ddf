/*
 * target.c: the server's address, as people write it.
 */
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "harness/load/load.h"

enum {
    PORT_MAX = 65535,
    PORT_DIGITS_MAX = 5
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
