/*
 * source.c: which address a connection comes from.
 */
#include "harness/load/source.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

enum {
    ONE_ADDRESS_MAX = 20000, /* connections that one address is good for */
    ADDRESSES = 253,         /* 127.0.0.2 to 127.0.0.254 */
};

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

bool
source_is_spread(const struct engine_options *options)
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
source_bind(int fd, int64_t number)
{
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
