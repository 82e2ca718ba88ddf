/*
 * coroutine.c: stacks that cannot be had, are given back, or used again.
 *
 * Rows E3, E8 and E10. What can only be seen from inside (guard pages, the
 * order of switches: E1, E9) is in tests/unit/.
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

/* One after the other, clients have the same stack. A sanitizer that still
 * believes its first owner there makes the server crash: asan with the second
 * where it looks for the use of frames that have returned, as it does by
 * default in newer compilers; tsan with the 32 768th. */
START_TEST(test_E10_a_stack_is_used_again)
{
    struct server server = server_start((struct server_setup){
        .environment = {"ASAN_OPTIONS=detect_stack_use_after_return=1"}});
    int lives = patience_delays_signals() ? 200000 : 2000;
    int i;

    for (i = 0; i < lives; i++) {
        struct client client = client_connect(&server);

        client_exchange(&client, 3);
        if (i % 2 == 0) {
            client_reset(&client);
        } else {
            client_finish(&client);
        }
    }
    server_stop(&server);
}
END_TEST

void
add_coroutine_cases(struct plan *plan)
{
    if (!model_works(MODEL_STACK_EACH)) {
        return;
    }
    plan_group(plan, "coroutine");
    plan_add_unless(plan, plan_no_memory_limit(),
                    test_E03_no_stack_for_a_client);
    plan_add(plan, test_E10_a_stack_is_used_again);
    plan_add_unless(plan,
                    patience_sanitized()
                        ? "a sanitizer keeps memory that was freed"
                        : NULL,
                    test_E08_stacks_given_back);
}
