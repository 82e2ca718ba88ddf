/* cases.c: the cases of `conformance`, and the figures they add up to. */
#include "tests/conformance/models.h"
#include "tests/conformance/plan.h"
#include "tests/conformance/tally.h"

#include <stdint.h>

void
plan_add_all(struct plan *plan)
{
    add_data_cases(plan);
    add_stall_cases(plan);
    if (model_current()->companion) {
        add_accept_cases(plan);
        add_soak_cases(plan);
        add_usage_cases(plan);
    }
    if (model_current()->data_only) {
        return;
    }
    add_accept_cases(plan);
    add_threads_cases(plan);
    add_select_cases(plan);
    add_coroutine_cases(plan);
    add_libevent_cases(plan);
    add_lifecycle_cases(plan);
    add_usage_cases(plan);
    add_handshake_cases(plan);
    add_generated_cases(plan);
    add_soak_cases(plan);
    add_service_cases(plan);
}

/* Returns 0 when `what` has reached `aim`, else 1. */
static int
check_figure(enum tally what, uint64_t aim, const char *words)
{
    if (tally_get(what) >= aim) {
        return 0;
    }
    printf("%s: %ju %s, %ju are promised\n", model_current()->name,
           (uintmax_t)tally_get(what), words, (uintmax_t)aim);
    return 1;
}

int
plan_check_figures(void)
{
    int missed = check_figure(TALLY_HALF_CLOSE, 16, "half-closes") +
                 check_figure(TALLY_WRONG_LINES, 60, "wrong handshakes");

    if (plan_no_prompt_signals() == NULL) {
        missed += check_figure(TALLY_STOPS, 200, "stops at random instants");
    }
    return missed > 0;
}
