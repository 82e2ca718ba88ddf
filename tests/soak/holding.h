/*
 * holding.h: what a server holds on to, and that it does not grow.
 *
 * While a server warms up, the most that it holds with only the staying
 * clients connected is noted; at the end it may not hold more than that.
 */
#ifndef FIVEWAYS_SOAK_HOLDING_H
#define FIVEWAYS_SOAK_HOLDING_H

#include <stdint.h>

#include "tests/conformance/server.h"

/* What a server holds at one moment. */
struct holding {
    int descriptors; /* open */
    int threads;     /* running */
    int mappings;    /* of memory */
    int64_t rss_kib; /* resident */
};

/* One server under watch. */
struct watch {
    const char *name;            /* of the server, for messages */
    const struct server *server; /* which */
    struct holding base;         /* before anything was done to it */
    struct holding warm;         /* the most while it warmed up */
    struct holding now;          /* at the last look */
};

/* Begin to watch `server`, which has its staying clients already. */
struct watch watch_begin(const char *name, const struct server *server);

/* Wait until the server is down to the descriptors and threads it had in the
 * beginning, and look. The test fails if it does not come down. */
void watch_look(struct watch *watch, bool warming_up);

/* Require that the last look shows no more than there was when warm. */
void watch_require_flat(const struct watch *watch);

#endif
