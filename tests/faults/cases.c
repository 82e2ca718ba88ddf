/* cases.c: the cases of `faults`, and the figures they add up to. */
#include "tests/conformance/models.h"
#include "tests/conformance/tally.h"
#include "tests/faults/faults.h"
#include "tests/faults/injection.h"

#include <stdint.h>

enum {
    /* For each of the five models: accept, recv, send, the rest. */
    RUNS_PROMISED = 26,
};

void
plan_add_all(struct plan *plan)
{
    add_piece_cases(plan);
    if (model_current()->companion) {
        add_memory_cases(plan);
        add_machinery_cases(plan);
    }
    if (model_current()->data_only) {
        return;
    }
    add_accept_error_cases(plan);
    add_call_error_cases(plan);
    add_memory_cases(plan);
    add_network_cases(plan);
    add_reader_cases(plan);
    add_visitor_cases(plan);
    add_stranger_cases(plan);
    add_machinery_cases(plan);
    add_chaos_cases(plan);
}

int
plan_check_figures(void)
{
    uint64_t injected = tally_get(TALLY_INJECTED);
    uint64_t recovered = tally_get(TALLY_RECOVERED);

    if (injection_no_strace() == NULL &&
        (injected < RUNS_PROMISED || recovered != injected)) {
        printf("%s: %ju runs with injected faults, %ju recovered; %d are "
               "promised\n",
               model_current()->name, (uintmax_t)injected,
               (uintmax_t)recovered, RUNS_PROMISED);
        return 1;
    }
    return 0;
}
