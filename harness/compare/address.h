/*
 * address.h: where a server listens.
 */
#ifndef FIVEWAYS_ADDRESS_H
#define FIVEWAYS_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* Read "127.0.0.1:5566" or "[::1]:5566". Returns 0, or -1 if it is neither.
 */
int address_parse(const char *text, struct sockaddr_storage *address,
                  socklen_t *address_bytes);

/* Make an address of a numeric host, without brackets, and a port. Returns 0,
 * or -1 if that is none. */
int address_at(const char *host, int port, struct sockaddr_storage *address,
               socklen_t *address_bytes);

/* The port of an address. */
int address_port(const struct sockaddr_storage *address);

/* A port of 127.0.0.1 that nobody has now; somebody else may take it before
 * it is used. -1 with errno if there is none. */
int address_free_port(void);

/* True if a connect to the port succeeds, on `host` or, if that is NULL, on
 * 127.0.0.1 or on ::1; then the address is filled in. The connection is
 * closed at once. Blocks for a fifth of a second at most for each. */
bool address_answers(const char *host, int port,
                     struct sockaddr_storage *address,
                     socklen_t *address_bytes);

#endif
