/*
 * plan.h: which cases are run against a model, and which cannot be here.
 *
 * A case that makes no sense for a model is simply not added for it. A case
 * that would make sense but cannot be run on this machine or in this build
 * is skipped: its name and the reason are printed, and it is counted, so
 * that nobody takes it for passed.
 */
#ifndef FIVEWAYS_PLAN_H
#define FIVEWAYS_PLAN_H

#include <check.h>
#include <stdio.h>

/* The cases for one model. */
struct plan {
    Suite *suite;        /* named after the model */
    TCase *group;        /* where cases are added now */
    const char *pattern; /* only cases whose name contains it, or one of
                          * its parts between commas; NULL: all */
    int skipped;         /* cases that cannot be run here */
    FILE *listing;       /* name the cases here, in place of adding them */
    FILE *results;       /* name the skipped ones here too; NULL: nowhere */
};

/* Cases added from here on belong to the group `name`. */
void plan_group(struct plan *plan, const char *name);

/* Run `test` once; it works on any echo server, ours or not. */
void plan_add_universal(struct plan *plan, const TTest *test);

/* The same, `count` times, with _i from 0 on. */
void plan_add_universal_each(struct plan *plan, const TTest *test, int count);

/* Run `test` once; it needs a server of ours: its flags, its counters. */
void plan_add(struct plan *plan, const TTest *test);

/* The same, `count` times, with _i from 0 on. */
void plan_add_each(struct plan *plan, const TTest *test, int count);

/* Run `test` unless there is a `reason` why it cannot be run here, which
 * plan_no_...() gives; NULL: none. */
void plan_add_unless(struct plan *plan, const char *reason,
                     const TTest *test);

/* The same, `count` times, with _i from 0 on. */
void plan_add_each_unless(struct plan *plan, const char *reason,
                          const TTest *test, int count);

/* Reasons: RLIMIT_AS does not work in this build; the hard limit of
 * descriptors is below `wanted`; this machine has no IPv6. */
const char *plan_no_memory_limit(void);
const char *plan_no_descriptors(unsigned wanted);
const char *plan_no_ipv6(void);
const char *plan_no_prompt_signals(void);

/* Add every case of this program for the model under test: cases.c. */
void plan_add_all(struct plan *plan);

/* The figures of a whole run of one model that this program promises: 0,
 * or how many are missed, each with a line that says so: cases.c. */
int plan_check_figures(void);

/* The cases of each letter, in files of the same name. */
void add_data_cases(struct plan *plan);      /* A: the way of the bytes */
void add_stall_cases(struct plan *plan);     /* A: clients that don't read */
void add_accept_cases(struct plan *plan);    /* B: the way in */
void add_threads_cases(struct plan *plan);   /* C: threaded */
void add_select_cases(struct plan *plan);    /* D: selectloop */
void add_coroutine_cases(struct plan *plan); /* E: coroutine */
void add_libevent_cases(struct plan *plan);  /* F: libevent */
void add_lifecycle_cases(struct plan *plan); /* G: start and stop */
void add_usage_cases(struct plan *plan);     /* G: flags, failures */
void add_handshake_cases(struct plan *plan); /* H: hostile clients */
void add_generated_cases(struct plan *plan); /* H: thousands of them */
void add_soak_cases(struct plan *plan);      /* I: nothing is left over */
void add_service_cases(struct plan *plan);   /* delay, work, idle CPU */

#endif
