/*
 * coroutine.c: stacks that cannot be had, and stacks that are given back.
 *
 * Rows E3 and E8. What can only be seen from inside (guard pages, the order
 * of switches: E1, E9) is in tests/unit/.
 */
#include "tests/conformance/client.h"
#include "tests/conformance/expect.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/plan.h"
#include "tests/conformance/process.h"
#include "tests/conformance/verdict.h"

enum {
    PEAK = 1000, /* clients at once */
};

/* No stack can be mapped: that client is refused, the others live. */
START_TEST(test_E03_no_stack_for_a_client)
{
    expect_refusals_without_memory();
}
END_TEST

/* After the rush the stacks are given back but for the bounded pool, which
 * may keep a quarter of what this rush took. */
START_TEST(test_E08_stacks_given_back)
{
    static struct client clients[PEAK];
    struct server server = server_start((struct server_setup){0});
    int64_t before_kib;
    int64_t peak_kib;
    int64_t after_kib;
    int i;

    expect_alive(&server);
    before_kib = process_resident_kib(server.pid);
    for (i = 0; i < PEAK; i++) {
        clients[i] = client_connect(&server);
    }
    clients_exchange(clients, PEAK, 100);
    peak_kib = process_resident_kib(server.pid);
    clients_finish(clients, PEAK);
    expect_descriptors(&server, process_descriptors(server.pid));
    expect_alive(&server);
    after_kib = process_resident_kib(server.pid);
    require(after_kib - before_kib <= (peak_kib - before_kib) / 4 + 512,
            "memory was %jd KiB, %jd with %d clients and %jd after them",
            (intmax_t)before_kib, (intmax_t)peak_kib, PEAK,
            (intmax_t)after_kib);
    server_stop(&server);
}
END_TEST

void
add_coroutine_cases(struct plan *plan)
{
    if (model_current()->kind != MODEL_COROUTINE) {
        return;
    }
    plan_group(plan, "coroutine");
    plan_add_unless(plan, plan_no_memory_limit(),
                    test_E03_no_stack_for_a_client);
    plan_add_unless(plan,
                    patience_sanitized()
                        ? "a sanitizer keeps memory that was freed"
                        : NULL,
                    test_E08_stacks_given_back);
}
