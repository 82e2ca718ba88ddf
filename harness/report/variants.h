/*
 * variants.h: the same model made in another way, beside the model.
 *
 * libevent on poll and select, its buffers, swapcontext, large stacks: each
 * answers one question about its model. The table of variants is here, with
 * how each is started, so that compare runs what report speaks of.
 */
#ifndef FIVEWAYS_VARIANTS_H
#define FIVEWAYS_VARIANTS_H

#include "harness/report/document.h"
#include "harness/results/results.h"

/* The run->mode of a run of them. */
#define VARIANTS_MODE "variants"

enum {
    VARIANTS = 9
};

/* One of them, or the model that others are held against. */
struct variant {
    const char *name;      /* in every table */
    const char *program;   /* that is started */
    const char *flag;      /* with this beside the usual ones, or NULL */
    const char *base;      /* the variant it is held against, or "" */
    const char *what;      /* then, in a sentence: what differs */
    const char *base_what; /* ... and from what */
};

extern const struct variant variants[VARIANTS];

/* Append a table with each variant over what it is held against, and with
 * `sentences` what each shows; nothing of those that were not measured beside
 * it. */
void variants_build(struct document *document, const struct summary *summary,
                    bool sentences);

#endif
