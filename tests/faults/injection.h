/*
 * injection.h: servers beneath which something fails.
 *
 * Two ways lead there. strace makes system calls fail before they happen,
 * with any errno; it lets the server be our own child, as always. The shim,
 * a library that is preloaded, makes calls of the C library move less, be
 * interrupted or find no memory. Neither needs root, neither changes the
 * server. Where one cannot work here, the cases are skipped with the reason.
 *
 * A run with a fault counts when the fault did happen; it has recovered
 * when afterwards new clients are served, no descriptor is left over, and
 * the server stops with status 0.
 */
#ifndef FIVEWAYS_INJECTION_H
#define FIVEWAYS_INJECTION_H

#include "tests/conformance/server.h"

/* A server with a fault beneath it. */
struct injection {
    struct server server; /* as if it had been started by server_start() */
    int descriptors;      /* how many it had open before any client came */
    int log_fd;           /* where strace writes; -1: it is the shim */
};

/*
 * Start a server of which the system calls named in `calls` ("recvfrom,
 * readv" without the space) fail with `error`, "EMFILE", at the times that
 * `when` says in strace's way: "3..9+2" is the third, fifth, seventh and
 * ninth call of a thread.
 */
struct injection injection_by_strace(struct server_setup setup,
                                     const char *calls, const char *error,
                                     const char *when);

/* Start a server with the shim, which does what `wishes`, of the kind
 * SHIM_READ=7 (shim.c), ask for; the one behind the last is NULL. */
struct injection injection_by_shim(struct server_setup setup,
                                   const char *const *wishes);

/* Add what starts a server with the shim to `setup`: for those that are not
 * expected to start. `wishes` is as above. */
void injection_add_shim(struct server_setup *setup,
                        const char *const *wishes);

/*
 * The fault is over: require that it did happen, and that the server has
 * recovered from it. Stops it. The counters are returned.
 */
struct server_stats injection_end(struct injection *injection);

/* The number that the shim of a server that has ended gave in front of
 * `words`: "faults" or "accepts in a row". */
long injection_shim_count(const struct server *server, const char *words);

/* Reasons why strace or the shim cannot work here, NULL if they do; and the
 * same for those cases of the shim that let allocations fail. */
const char *injection_no_strace(void);
const char *injection_no_shim(void);
const char *injection_no_malloc(void);

#endif
