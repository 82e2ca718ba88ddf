/*
 * actions.h: what clients do to a server in a soak, one thing at a time.
 *
 * Each action is one of the rows of the matrix in the large or with chance in
 * it: it verifies every byte that comes back, leaves no connection behind and
 * fails through require(). What an action does follows from the seed that
 * payload_set_run_seed() was given before it.
 */
#ifndef FIVEWAYS_SOAK_ACTIONS_H
#define FIVEWAYS_SOAK_ACTIONS_H

#include <stdint.h>

#include "tests/conformance/server.h"

/* The servers of one soak, both of the same model, and what was done. */
struct soak {
    struct server plain;     /* echoes */
    struct server handshake; /* wants hello first, within half a second */
    uint64_t verified_bytes; /* came back, and were right */
    uint64_t connections;    /* made */
};

/* One kind of action. */
struct action {
    const char *rows;               /* of the matrix: "A7 A15" */
    const char *name;               /* in words */
    int weight;                     /* how often, beside the others */
    void (*act)(struct soak *soak); /* do it once */
};

/* All of them; the one behind the last has no name. */
extern const struct action actions[];

/* The action that chance picks. */
const struct action *action_pick(void);

#endif
