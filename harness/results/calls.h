/*
 * calls.h: the system calls that a server makes for each echo, by name.
 *
 * Counting disturbs what is timed, so calls are counted apart from every
 * timed window: once for each scenario, number of clients and model. They
 * have lines of their own in results.jsonl.
 */
#ifndef FIVEWAYS_RESULTS_CALLS_H
#define FIVEWAYS_RESULTS_CALLS_H

#include <jansson.h>

#include "harness/results/window.h"

enum {
    CALLS_NAMES_MAX = 48,   /* different system calls of one server */
    CALLS_NAME_BYTES = 24,  /* of the name of one, with the final 0 */
    CALLS_METHOD_BYTES = 8, /* "perf" or "strace", with the final 0 */
};

/* The name under which calls stand that were counted in total only. */
#define CALLS_OTHER "other"

/* One system call. */
struct calls_name {
    char name[CALLS_NAME_BYTES]; /* as the kernel calls it */
    double per_echo;             /* how often, for each echo */
};

/* What was counted of one model in one scenario. */
struct calls {
    char scenario[WINDOW_NAME_BYTES];         /* as in struct window */
    char model[WINDOW_NAME_BYTES];            /* as in struct window */
    int clients;                              /* as in struct window */
    char method[CALLS_METHOD_BYTES];          /* "": not counted */
    char reason[WINDOW_REASON_BYTES];         /* why no better method
                                               * was used, or "" */
    int counted_clients;                      /* that spoke meanwhile */
    double echoes;                            /* that were counted over */
    double per_echo;                          /* in total, or NAN */
    struct calls_name names[CALLS_NAMES_MAX]; /* most frequent first */
    int nnames;                               /* how many */
};

/* Nothing counted yet. */
void calls_clear(struct calls *calls);

/* Add `per_echo` calls of that name; one that is there already grows. What
 * does not fit any more is left to CALLS_OTHER. */
void calls_add(struct calls *calls, const char *name, double per_echo);

/* Sort the names, most frequent first, and let CALLS_OTHER make up the
 * difference to the total, if there is any worth printing. */
void calls_finish(struct calls *calls);

/* The calls as a JSON object, which the caller owns; NULL without memory. */
json_t *calls_to_json(const struct calls *calls);

/* Read what calls_to_json() made. Returns 0, or -1 if it is no such thing:
 * no scenario, no model, or a number out of range. */
int calls_from_json(const json_t *object, struct calls *calls);

#endif
