/*
 * views.h: the parts that a report is put together from.
 */
#ifndef FIVEWAYS_REPORT_VIEWS_H
#define FIVEWAYS_REPORT_VIEWS_H

#include "harness/report/cells.h"
#include "harness/report/report.h"

/* Append the headline. At most `lines` scenarios are compared. */
void headline_build(struct document *document, const struct summary *summary,
                    size_t lines);

/* Append the short table of each group, and one of all rates. */
void scenario_lines(struct document *document, const struct summary *summary);

/* Append what is to be known of the figures of a group, each once. */
void scenario_notes(struct document *document,
                    const struct summary_group *group);

/* Append the tables of all groups that are wanted. Returns how many. */
size_t scenario_build(struct document *document,
                      const struct summary *summary,
                      const struct report_views *views);

/* Append what clients that only wait cost, by how many there are; nothing if
 * there is a single number of them. */
void scale_build(struct document *document, const struct summary *summary);

/* Append what the marks in the last table mean. */
void legend_build(struct document *document);

/* Append what disturbed the run, how precise each comparison is, and which
 * slices were held up. */
void noise_build(struct document *document, const struct summary *summary,
                 const struct report_views *views);

/* Append system calls by name, and what else tells why. */
void why_build(struct document *document, const struct summary_group *group);

/* True if a scenario with so many clients is wanted. */
bool view_wants(const struct report_views *views, const char *scenario,
                int clients);

#endif
