/*
 * sentences.h: what the numbers of this run say, in plain English.
 *
 * Every sentence is computed: it names the models and figures that were
 * measured, and where the numbers do not show what a scenario is meant to
 * show, the sentence says what they do show. Reasons are given only where
 * the numbers fit them.
 */
#ifndef FIVEWAYS_SENTENCES_H
#define FIVEWAYS_SENTENCES_H

#include "harness/report/text.h"
#include "harness/results/summary.h"

/* Machine, compiler, date, rounds. */
void sentences_run(struct text *text, const struct run *run);

/* What a reader must know before quoting: quick, partial, plan changes; or
 * nothing. */
void sentences_run_marks(struct text *text, const struct run *run);

/* Whether the machine was too noisy, by what, and which columns may still be
 * trusted; nothing on a quiet one. */
void sentences_noise(struct text *text, const struct summary *summary);

/* One or more sentences on the rows `begin` to `end` (not included), which
 * are one group; other rows are looked at for comparison. May be nothing. */
void sentences_group(struct text *text, const struct summary *summary,
                     size_t begin, size_t end);

/* Footnotes: what to know of the figures of these rows, which are one group;
 * or nothing. */
void sentences_notes(struct text *text, const struct summary_row *rows,
                     size_t nrows);

/* Numbers that cannot be true, and rows that failed; or nothing. */
void sentences_warnings(struct text *text, const struct summary *summary);

/* What was checked: one sentence if all holds, else what failed where; or
 * nothing if nothing could be checked. Returns false if a check failed. */
bool sentences_checks(struct text *text, const struct summary *summary);
/* What the columns and marks mean, in four lines of a table at most; nothing
 * if there is no number to read. */
void sentences_legend(struct text *text, const struct summary *summary);

/* The command to try after this run. */
void sentences_next(struct text *text, const struct run *run,
                    const struct summary *summary);

#endif
