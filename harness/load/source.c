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
source_is_spread(const struct engine_options *options)
{
    struct sockaddr_in address;
    if (options->address.ss_family != AF_INET) {
        return false;
    }
    memcpy(&address, &options->address, sizeof address);
    if (ntohl(address.sin_addr.s_addr) >> 24 != IN_LOOPBACKNET) {
        return false;
    }
    return options->churn ||
           options->clients > ONE_ADDRESS_MAX - options->silent_clients;
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
