/*
 * records.c: figures by table; records in memory. See results.h.
 */
#include "harness/results/results.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Calls fewer than that for each echo are no word worth. */
#define WORTH_A_WORD 0.005

#define FIGURE(name, how, key, meaning)                                      \
    [LIFE_##name] = {key, FIGURE_##how, meaning, 0, NULL, 0},
#define TIME(name, how, key, meaning)                                        \
    [LIFE_##name] = {key, FIGURE_##how, meaning, FIGURE_TIME, NULL, 0},
#define SHOWN(name, how, key, where, heading, digits, meaning)               \
    [LIFE_##name] = {key,     FIGURE_##how, meaning, FIGURE_##where,         \
                     heading, digits},

const struct figure figures[LIFE_FIGURES] = {
#include "harness/results/figures.h"
};

const char *
life_status_name(enum life_status status)
{
    static const char *const names[LIFE_STATUSES] = {
        [LIFE_OK] = "ok",
        [LIFE_FAILED] = "failed",
        [LIFE_INVALID] = "invalid",
        [LIFE_SKIPPED] = "skipped",
    };

    return names[status];
}

void
life_clear(struct life *life)
{
    memset(life, 0, sizeof *life);
    for (int i = 0; i < LIFE_FIGURES; i++) {
        life->figure[i] = NAN;
    }
}

void
life_fail(struct life *life, enum life_status status, const char *format, ...)
{
    va_list args;

    life->status = status;
    va_start(args, format);
    vsnprintf(life->reason, sizeof life->reason, format, args);
    va_end(args);
}

/* ---- system calls by name ---------------------------------------------- */

void
calls_clear(struct calls *calls)
{
    memset(calls, 0, sizeof *calls);
    calls->per_echo = NAN;
    calls->echoes = NAN;
}

void
calls_add(struct calls *calls, const char *name, double per_echo)
{
    int i = 0;

    while (i < calls->nnames && strcmp(calls->names[i].name, name) != 0) {
        i++;
    }
    if (i < calls->nnames) {
        calls->names[i].per_echo += per_echo;
    } else if (i < CALLS_NAMES_MAX - 1 && strcmp(name, CALLS_OTHER) != 0) {
        /* The last place is kept for CALLS_OTHER, which calls_finish() adds.
         */
        snprintf(calls->names[i].name, sizeof calls->names[i].name, "%s",
                 name);
        calls->names[i].per_echo = per_echo;
        calls->nnames++;
    }
}

static int
compare_names(const void *left, const void *right)
{
    const struct calls_name *a = left;
    const struct calls_name *b = right;

    if (a->per_echo != b->per_echo) {
        return a->per_echo > b->per_echo ? -1 : 1;
    }
    return strcmp(a->name, b->name);
}

void
calls_finish(struct calls *calls)
{
    double rest = calls->per_echo;
    int kept = 0;

    qsort(calls->names, (size_t)calls->nnames, sizeof calls->names[0],
          compare_names);
    while (kept < calls->nnames &&
           calls->names[kept].per_echo >= WORTH_A_WORD) {
        rest -= calls->names[kept++].per_echo;
    }
    calls->nnames = kept;
    if (rest >= WORTH_A_WORD) {
        calls->names[calls->nnames++] =
            (struct calls_name){CALLS_OTHER, rest};
    }
}
