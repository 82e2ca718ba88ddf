/*
 * The command line of a server, with a launcher and without: what becomes the
 * server itself, and what is refused.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/compare/launcher.h"
#include "tests/unit/run_suite.h"

static struct server_order order;
static struct launcher_line line;

static void
setup(void)
{
    memset(&order, 0, sizeof order);
    order.arguments[0] = "bin/threaded";
    order.arguments[1] = "--port=0";
    order.leash = "bin/leash";
}

/* The line of `command`, its arguments joined by " | ". */
static void
expect(const char *command, const char *joined)
{
    char text[8192] = "";

    ck_assert_ptr_null(launcher_make_line(&order, command, &line));
    for (int i = 0; line.arguments[i]; i++) {
        size_t length = strlen(text);

        snprintf(text + length, sizeof text - length, "%s%s",
                 i > 0 ? " | " : "", line.arguments[i]);
    }
    ck_assert_str_eq(text, joined);
}

START_TEST(without_a_launcher_the_shell_becomes_the_server)
{
    expect(NULL, "bin/threaded | --port=0");
    expect("mine -p 7", "/bin/sh | -c | exec mine -p 7 | sh");
    expect(" A=1 mine", "/bin/sh | -c | exec env  A=1 mine | sh");
    expect("cd x; mine", "/bin/sh | -c | cd x; mine | sh");
}
END_TEST

START_TEST(a_launcher_stands_before_the_leash)
{
    order.launcher = "ssh -q other";
    expect(NULL, "/bin/sh | -c | exec ssh -q other \"$@\"  | sh | bin/leash "
                 "| bin/threaded | --port=0");
    expect("mine -p 7", "/bin/sh | -c | exec ssh -q other \"$@\" mine -p 7 | "
                        "sh | bin/leash");
    expect("A=1 mine", "/bin/sh | -c | exec ssh -q other \"$@\" env A=1 mine "
                       "| sh | bin/leash");
    order.launcher = "A=1";
    expect("mine",
           "/bin/sh | -c | exec env A=1 \"$@\" mine | sh | bin/leash");
}
END_TEST

START_TEST(what_would_run_here_is_refused)
{
    char endless[LAUNCHER_TEXT_BYTES + 1];

    order.launcher = "ssh other";
    ck_assert_ptr_nonnull(launcher_make_line(&order, "cd x; mine", &line));
    ck_assert_ptr_nonnull(launcher_make_line(&order, "mine >x", &line));
    memset(endless, 'x', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    order.launcher = NULL;
    ck_assert_ptr_nonnull(launcher_make_line(&order, endless, &line));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("launcher");
    TCase *cases = tcase_create("all");

    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, without_a_launcher_the_shell_becomes_the_server);
    tcase_add_test(cases, a_launcher_stands_before_the_leash);
    tcase_add_test(cases, what_would_run_here_is_refused);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
