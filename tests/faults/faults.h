/*
 * faults.h: the cases of this folder, one function for each file.
 */
#ifndef FIVEWAYS_FAULTS_H
#define FIVEWAYS_FAULTS_H

#include "tests/conformance/plan.h"

void add_accept_error_cases(struct plan *plan); /* B: errors of accept */
void add_call_error_cases(struct plan *plan);   /* A, B: all other calls */
void add_piece_cases(struct plan *plan);        /* A: pieces, interruptions */
void add_memory_cases(struct plan *plan);       /* B, C, F: no memory */
void add_network_cases(struct plan *plan);      /* A, B: a network of ours */
void add_reader_cases(struct plan *plan);       /* A: readers that are slow */
void add_visitor_cases(struct plan *plan);      /* A, B, D: who comes, goes */
void add_stranger_cases(struct plan *plan);     /* H: silence and nonsense */
void add_machinery_cases(struct plan *plan);    /* C to F: one model's own */
void add_chaos_cases(struct plan *plan);        /* A, I: much, and mixed */

#endif
