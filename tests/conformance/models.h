/*
 * models.h: the servers that every case is run against.
 *
 * One row for each way to run a server. The models come first; behind them
 * the same programs with another machinery inside (libevent's other
 * backends, the coroutines' other switch), for which it is enough to repeat
 * the cases about data.
 */
#ifndef FIVEWAYS_MODELS_H
#define FIVEWAYS_MODELS_H

#include <stdbool.h>

#include "harness/base/base.h"

/* One way to run a server. */
struct model {
    const char *name;        /* for --model= and for messages */
    const char *program;     /* the file in FIVEWAYS_BIN; NULL: not ours,
                              * somebody else started it */
    const char *flag;        /* the flag that makes it so, NULL: none */
    const char *environment; /* NAME=VALUE that does, NULL: none */
    unsigned ways;           /* how it works: MODEL_... of base.h */
    bool data_only;          /* repeat the cases about data only */
    bool companion;          /* plain echo: it has no flags of a service */
};

/* All rows in order; the one behind the last has no name. */
extern const struct model models[];

/* The row called `name`, NULL if there is none. */
const struct model *model_find(const char *name);

/* The row under test. Set once, before the tests of that row run. */
const struct model *model_current(void);
void model_set_current(const struct model *model);

/* Does the model under test work in one of these ways? */
bool model_works(unsigned ways);

/* How many clients a test may have served at once: `count`, or 1 when the
 * model under test serves one at a time. */
int model_crowd(int count);

#endif
