/*
 * why.h: what a server does for an echo, behind what it costs.
 *
 * System calls by name, minor page faults and threads: the reasons that a
 * table of costs does not show.
 */
#ifndef FIVEWAYS_WHY_H
#define FIVEWAYS_WHY_H

#include "harness/report/text.h"
#include "harness/results/summary.h"

/* True if anything is known of a row beyond its table. */
bool why_known(const struct summary_row *row);

/* Append the calls of a row by name, "recvfrom 1.00  sendto 1.00", then
 * faults, threads, and the intervals of its ratios. */
void why_row(struct text *text, const struct summary_row *row);

/* One sentence on how system calls were counted in a run, with the reason
 * if it was not the best way; nothing if nobody tried. */
void why_method(struct text *text, const struct summary *summary);

#endif
