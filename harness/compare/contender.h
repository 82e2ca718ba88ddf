/*
 * contender.h: a server that takes part: one of the five, a foreign one, or
 * the yardstick.
 */
#ifndef FIVEWAYS_CONTENDER_H
#define FIVEWAYS_CONTENDER_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/compare/scenarios.h"
#include "harness/results/results.h"

/* The longest name that the table has room for, and the most contenders: some
 * of our own, which are the yardstick and the variants at the most. */
enum {
    CONTENDER_NAME_MAX = 14,
    CONTENDERS_OWN_MAX = 10,
    CONTENDERS_MAX = 36
};

/* Whose server it is, which decides what it understands. */
enum contender_kind {
    CONTENDER_OWN,       /* one of the five: all flags of the contract */
    CONTENDER_FOREIGN,   /* any echo server: the plain service only */
    CONTENDER_YARDSTICK, /* built into the harness: the plain service */
};

/* One server. */
struct contender {
    char name[RESULTS_NAME_BYTES]; /* in every table */
    enum contender_kind kind;      /* whose it is */
    const char *program;           /* of ours; of a foreign one NULL */
    const char *flag;              /* of a variant, else NULL */
    const char *command; /* of a foreign one, with {port}; else NULL */
};

/* The names of the five, in table order, NULL behind the last. */
extern const char *const contender_own_names[];

/* Make one of ours, of which `program` and `flag` are not copied. */
void contender_make(struct contender *contender, enum contender_kind kind,
                    const char *name, const char *program, const char *flag);

/* True if it is made with libevent, which a machine need not have. */
bool contender_needs_libevent(const struct contender *contender);

/* The folder that compare itself is in, where those of ours are, too; "." if
 * that cannot be told. The text is static. */
const char *contender_own_folder(void);

/* Find the program of one of ours in the folder `bin`. In the build it is
 * called "blocking", after `make install` "fiveways-blocking". True, and its
 * path, if there is one that can be run. */
bool contender_find(const struct contender *contender, const char *bin,
                    char *path, size_t path_bytes);

/* True if all programs of ours are there, of those that take part; else one
 * sentence on standard error. libevent may be missing: a machine without the
 * library cannot have it, and its row says so. */
bool contenders_are_there(const struct contender *contenders,
                          size_t ncontenders, const char *bin);

/* True if this server offers the service of the scenario. */
bool contender_offers(const struct contender *contender,
                      const struct scenario *scenario);

/*
 * Make a contender from "name=command". Returns NULL, or a reason why it is
 * none: a phrase without a full stop. The command is not copied.
 */
const char *contender_parse(const char *text, struct contender *contender);

#endif
