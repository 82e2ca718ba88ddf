/*
 * variants.h: the same model made in another way, beside the model.
 *
 * libevent on poll and select, its buffers, swapcontext, large stacks: each
 * answers one question about its model. The table of variants is here, with
 * how each is started, so that compare runs what report speaks of.
 */
#ifndef FIVEWAYS_VARIANTS_H
#define FIVEWAYS_VARIANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "harness/report/text.h"
#include "harness/results/summary.h"

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

/* What the columns mean. */
void variants_legend(struct text *text);

/* A row for each that was measured, for a terminal or in Markdown. */
void variants_print(FILE *file, const struct summary *summary, bool markdown);

/* What variant number `i` shows beside its base; nothing if they were not
 * measured together. Returns false behind the last. */
bool variants_sentence(struct text *text, const struct summary *summary,
                       size_t i);

#endif
