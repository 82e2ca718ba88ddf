/*
 * scale.h: what clients that only wait cost, by how many there are.
 *
 * The scenario idle in several sizes, drawn together: one line for each
 * model with its price of an echo beside 0, 1000, 5000 ... idle clients, how
 * many it held of the most, and what each of them keeps.
 */
#ifndef FIVEWAYS_SCALE_H
#define FIVEWAYS_SCALE_H

#include <stdbool.h>
#include <stdio.h>

#include "harness/report/text.h"
#include "harness/results/summary.h"

/* True if there is anything to draw together: two sizes or more. */
bool scale_known(const struct summary *summary);

/* What the columns mean. */
void scale_legend(struct text *text);

/* The table for a terminal, at most TEXT_WIDTH columns wide. */
void scale_print(FILE *file, const struct summary *summary);

/* The same in Markdown. */
void scale_print_markdown(FILE *file, const struct summary *summary);

/* Who holds the most clients and what for, and why the others stop. */
void scale_sentence(struct text *text, const struct summary *summary);

#endif
