/*
 * memory.c: there is no memory, or no thread.
 *
 * Rows B4, C1 and F5. An allocation that fails may cost a client its
 * connection, never the server its life; before the ready line it is an
 * error that the server explains.
 */
#include "tests/conformance/expect.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/verdict.h"
#include "tests/faults/faults.h"
#include "tests/faults/injection.h"
#include "tests/faults/victims.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Which allocations fail, after the first accept: every so many. */
static const char *const every[] = {
    "SHIM_MALLOC=1", "SHIM_MALLOC=2",  "SHIM_MALLOC=3",
    "SHIM_MALLOC=7", "SHIM_MALLOC=20",
};

enum {
    WORTH_OF_CLIENTS = 100, /* how many come, half of them at once */
};

/* The first few failures, then enough: those who come later live. */
START_TEST(test_B04_allocation_fails)
{
    const char *const wishes[] = {every[_i], "SHIM_FAULTS=4", NULL};
    struct injection injection =
        injection_by_shim((struct server_setup){0}, wishes);
    struct server_stats stats;
    int64_t harmed;
    int cut = victims_run(&injection.server, 2 * WORTH_OF_CLIENTS,
                          WORTH_OF_CLIENTS, FATE_CUT);

    stats = injection_end(&injection);
    harmed = stats.closed_error + stats.refused;
    if (model_works(MODEL_STACK_EACH)) {
        /* co_accept4 itself has no room for the descriptor: it says ENOMEM,
         * as accept4 may. */
        harmed += stats.accept_errors;
    }
    require(harmed <= 4 && cut <= harmed,
            "4 allocations failed: %jd clients are counted as harmed, %d "
            "were cut off",
            (intmax_t)harmed, cut);
}
END_TEST

/* Every other thread cannot be made: its client is refused, and counted. */
START_TEST(test_C01_thread_is_not_made)
{
    const char *const wishes[] = {"SHIM_THREAD=2", "SHIM_FAULTS=5", NULL};
    struct injection injection =
        injection_by_shim((struct server_setup){0}, wishes);
    int cut = victims_run(&injection.server, 20, 10, FATE_CUT);
    struct server_stats stats = injection_end(&injection);

    require(stats.refused == 5 && cut == 5,
            "5 threads could not be made, %jd clients were refused and %d "
            "cut off",
            (intmax_t)stats.refused, cut);
}
END_TEST

/* ---- F5: before the ready line ----------------------------------------- */

/* What became of a server that lacked one allocation. */
enum start {
    START_SAID_WHY, /* it ended, with a message */
    START_MANAGED,  /* it works all the same */
    START_MET_NONE, /* it works, for it makes fewer allocations */
};

/* Allocation number `number` of the process fails. */
static enum start
start_without(int number)
{
    char wish[32];
    const char *wishes[] = {wish, NULL};
    struct server_setup setup = {0};
    struct server server;
    enum start start = START_SAID_WHY;
    char line[128];
    char text[512];

    snprintf(wish, sizeof wish, "SHIM_MALLOC_AT=%d", number);
    injection_add_shim(&setup, wishes);
    server = server_spawn(setup);
    if (server_read_line(&server, line, sizeof line, PATIENCE_MS)) {
        server_parse_ready(&server, line);
        /* It may be an allocation for one of these. */
        require(victims_run(&server, 4, 1, FATE_CUT) <= 1,
                "allocation %d harms more than one client", number);
        server_stop(&server);
        start = injection_shim_count(&server, "faults") > 0 ? START_MANAGED
                                                            : START_MET_NONE;
    } else {
        int wait_status = server_wait(&server, PATIENCE_MS);

        server_stderr(&server, text, sizeof text);
        require(WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 1 &&
                    strncmp(text, "shim: ", 6) != 0 && strlen(text) > 10,
                "without allocation %d it %s and says \"%s\"", number,
                server_status_words(wait_status), text);
    }
    close(server.stderr_fd);
    return start;
}

START_TEST(test_F05_no_memory_to_start)
{
    enum start start = START_SAID_WHY;
    int number;

    for (number = 1; start != START_MET_NONE; number++) {
        start = start_without(number);
    }
    require(number > 3, "it makes no allocation: this case proves nothing");
}
END_TEST

void
add_memory_cases(struct plan *plan)
{
    const char *no_malloc = injection_no_malloc();

    plan_group(plan, "memory");
    /* blocking allocates nothing for a client. coroutine makes room for many
     * at a time, so that only a failure of each tells something. */
    if (model_works(MODEL_STACK_EACH)) {
        plan_add_each_unless(plan, no_malloc, test_B04_allocation_fails, 1);
    } else if (!model_works(MODEL_ONE_AT_A_TIME)) {
        plan_add_each_unless(plan, no_malloc, test_B04_allocation_fails,
                             sizeof every / sizeof every[0]);
    }
    if (model_works(MODEL_THREAD_EACH)) {
        plan_add_unless(plan, injection_no_shim(),
                        test_C01_thread_is_not_made);
    }
    plan_add_unless(plan,
                    patience_counts_coverage()
                        ? "gcov itself needs memory at the exit"
                        : no_malloc,
                    test_F05_no_memory_to_start);
}
