/*
 * facts.h: what the numbers show, one sentence each, by table.
 *
 * A fact is about a model in a scenario. It hangs on what the scenario is
 * like and on how the model works, never on their names, and is said only if
 * the numbers hold it up.
 */
#ifndef FIVEWAYS_REPORT_FACTS_H
#define FIVEWAYS_REPORT_FACTS_H

#include "harness/report/document.h"
#include "harness/results/results.h"

/* How a model works; bits. A foreign server has none of them. */
enum facts_model {
    MODEL_ONE_AT_A_TIME = 1, /* serves a client until that one leaves */
    MODEL_THREAD_EACH = 2,   /* a thread for each client */
    MODEL_SELECT = 4,        /* waits with select(2) */
    MODEL_STACK_EACH = 8,    /* a stack of its own for each client */
    MODEL_OWN = 16,          /* has a folder of its own here */
};

/* What is known of a model by its name: bits. */
unsigned facts_model(const char *model);

/* Append an item for each model of the group `main` that there is something
 * to say of: the weightiest facts of all scenarios, as many as fit into a
 * line or two; what an echo costs among many clients is that of `main`. */
void facts_headline(struct document *document, const struct summary *summary,
                    const struct summary_group *main);

/* Append all that can be said of one group, an item for each fact. */
void facts_group(struct document *document,
                 const struct summary_group *group);

#endif
