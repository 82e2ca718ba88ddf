/*
 * test_hello.c: two coroutines that sleep at once take the time of one.
 *
 * The program is run as a user would. That it takes no less than the sleep is
 * checked each time; that it takes less than two sleeps needs to happen only
 * once in a few tries, since a busy machine may delay any of them.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "harness/base/base.h"
#include "tests/unit/run_suite.h"

enum {
    SLEEP_MS = 300,
    TWO_SLEEPS_MS = 2 * SLEEP_MS,
    TRIES = 5,
};

/* Run `hello ARGUMENT`; what it prints goes to `output`. Returns its exit
 * status. */
static int
run_hello(const char *argument, char *output, size_t output_bytes)
{
    const char *folder = getenv("FIVEWAYS_BIN");
    char command[1000];

    ck_assert_msg(folder != NULL, "FIVEWAYS_BIN is not set; use make check");
    snprintf(command, sizeof command, "'%s/hello' %s 2>&1", folder, argument);
    FILE *program = popen(command, "r");
    ck_assert_ptr_nonnull(program);
    size_t nread = fread(output, 1, output_bytes - 1, program);
    output[nread] = '\0';
    int status = pclose(program);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

TEST(test_two_sleeps_take_the_time_of_one)
{
    char output[1000];
    char argument[20];
    int64_t least_ms = INT64_MAX;

    snprintf(argument, sizeof argument, "%d", SLEEP_MS);
    for (int try = 0; try < TRIES && least_ms >= TWO_SLEEPS_MS; try++) {
        int64_t begin_ms = clock_now_ms();
        ck_assert_int_eq(run_hello(argument, output, sizeof output), 0);
        int64_t took_ms = clock_now_ms() - begin_ms;
        ck_assert_int_ge(took_ms, SLEEP_MS);
        least_ms = took_ms < least_ms ? took_ms : least_ms;
        ck_assert_str_eq(output, "Hello Foo\nHello Bar\n"
                                 "both were said, 6 letters of names\n");
    }
    ck_assert_int_lt(least_ms, TWO_SLEEPS_MS);
}

TEST(test_bad_usage_is_said)
{
    char output[1000];

    ck_assert_int_eq(run_hello("soon", output, sizeof output), 2);
    ck_assert_str_eq(
        output, "hello: soon: please give milliseconds from 0 to 60000\n");
}
