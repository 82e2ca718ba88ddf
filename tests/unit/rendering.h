/*
 * rendering.h: a report as text, for tests that look for words in it.
 */
#ifndef FIVEWAYS_TESTS_RENDERING_H
#define FIVEWAYS_TESTS_RENDERING_H

#include <stdbool.h>

#include "harness/report/table.h"
#include "harness/results/results.h"

/* The results as a table, and as Markdown. The caller frees the text. */
char *rendering_table(struct results *results,
                      const struct table_style *style);
char *rendering_markdown(struct results *results);

/* Fail the test unless the table, with its lines joined so that a sentence
 * can be looked for, contains `words`; or unless it does not, if `shown` is
 * false. */
void rendering_assert(struct results *results,
                      const struct table_style *style, const char *words,
                      bool shown);

#endif
