/*
 * target.h: the server's address, as people write it.
 */
#ifndef FIVEWAYS_TARGET_H
#define FIVEWAYS_TARGET_H

#include <sys/socket.h>

/*
 * Cut "HOST:PORT" or "[HOST]:PORT" in two. `host` has room for `host_bytes`.
 * A host with a colon in it (IPv6) must stand in brackets; PORT is 1 to
 * 65535. Returns 0, or -1 if `text` is nothing of the kind.
 */
int target_parse(const char *text, char *host, size_t host_bytes, int *port);

/*
 * Find the address of a numeric or named host. A name with several addresses
 * ("localhost" is ::1 and 127.0.0.1) gets the first that takes a connection,
 * which is closed at once, else the first. Returns NULL, or in words why
 * there is none; the words need not be freed. Blocks, asking the resolver and
 * up to a second for each address.
 */
const char *target_resolve(const char *host, int port,
                           struct sockaddr_storage *address,
                           socklen_t *address_bytes);

#endif
