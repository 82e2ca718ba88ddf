/*
 * explain.h: the sentences that belong to one scenario each.
 *
 * A scenario without an entry here gets the two sentences that fit any:
 * who was served, and what an echo costs.
 */
#ifndef FIVEWAYS_EXPLAIN_H
#define FIVEWAYS_EXPLAIN_H

#include "harness/report/text.h"
#include "harness/results/summary.h"

/* One group of rows, and all others to compare with. */
struct explain_group {
    const struct summary_row *rows; /* of this scenario and clients */
    size_t nrows;                   /* how many, at least 1 */
    const struct summary *summary;  /* everything measured */
};

/* Who was served, who was not and why; nothing if nobody was measured. */
void explain_served(struct text *text, const struct explain_group *group);

/* Why a row served fewer than asked, as far as its numbers tell: a phrase. */
void explain_starved(struct text *text, const struct summary_row *row);

/* Which model costs least CPU and which most. */
void explain_cost(struct text *text, const struct explain_group *group);

/* What the scenario adds to that, if it is one of those known here. */
void explain_scenario(struct text *text, const struct explain_group *group);

#endif
