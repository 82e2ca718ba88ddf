/*
 * The table for the terminal and its sentences, from fixed results: width,
 * alignment, colour, and that a sentence follows the numbers.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/table.h"
#include "tests/unit/rendering.h"
#include "tests/unit/run_suite.h"

enum {
    ROUNDS = 6
};

/* A good window of one model. */
static struct window
good(const char *model, int round, double served, double cpu_us)
{
    struct window window;

    window_clear(&window);
    snprintf(window.scenario, sizeof window.scenario, "echo");
    snprintf(window.model, sizeof window.model, "%s", model);
    snprintf(window.layout, sizeof window.layout, "shared");
    snprintf(window.bound_by, sizeof window.bound_by, "server");
    window.clients = 64;
    window.cpus = 1;
    window.message_bytes = 64;
    window.round = round;
    window.figure[WINDOW_ASKED] = 64;
    window.figure[WINDOW_SERVED] = served;
    window.figure[WINDOW_ECHOES] = served > 0 ? 12345 : 0;
    window.figure[WINDOW_ECHOES_PER_S] = 94800 + round;
    window.figure[WINDOW_P50_US] = 660;
    window.figure[WINDOW_P99_US] = 912.3456;
    window.figure[WINDOW_SERVER_CPU_US_PER_ECHO] = cpu_us * (1 + round / 1e3);
    window.figure[WINDOW_CPU_OVER_FLOOR] = cpu_us / 4;
    window.figure[WINDOW_ERRORS] = 0;
    return window;
}

/* Six rounds of a starved model, a fair one and the yardstick. */
static struct results
fixed_results(void)
{
    struct results results = {
        .run = {
            .rounds = ROUNDS, .cores = 2, .mode = "default", .seconds = 61}};

    snprintf(results.run.cpu_model, sizeof results.run.cpu_model, "Abacus 2");
    snprintf(results.run.kernel, sizeof results.run.kernel,
             "Linux 6.1 x86_64");
    snprintf(results.run.compiler, sizeof results.run.compiler, "gcc 12.2.0");
    snprintf(results.run.date, sizeof results.run.date,
             "2026-11-22T18:51:20Z");
    snprintf(results.run.models, sizeof results.run.models,
             "blocking selectloop threaded");
    for (int round = 1; round <= ROUNDS; round++) {
        struct window windows[] = {
            good("yardstick", round, 64, 5),
            good("threaded", round, 64, 9),
            good("blocking", round, 1, 9.7),
            good("selectloop", round, 64, 5.2),
        };

        for (int i = 0; i < 4; i++) {
            ck_assert_int_eq(results_add(&results, &windows[i]), 0);
        }
    }
    return results;
}

/* The results as a table; frees them. The caller frees the text. */
static char *
styled_table_of(struct results *results, const struct table_style *style)
{
    char *text = rendering_table(results, style);

    results_free(results);
    return text;
}

static char *
table_of(struct results *results, bool colour)
{
    const struct table_style style = {.folder = "build/compare",
                                      .colour = colour};

    return styled_table_of(results, &style);
}

static void
assert_narrow(const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        ck_assert_msg(length <= 100, "%zu columns: %.*s", length, (int)length,
                      text);
        text += length + (text[length] == '\n');
    }
}

START_TEST(the_table_is_the_expected_one)
{
    struct results results = fixed_results();
    char *text = table_of(&results, false);

    ck_assert_str_eq(
        text,
        "Abacus 2, 2 CPUs, Linux 6.1 x86_64, gcc 12.2.0. 2026-11-22 18:51 "
        "UTC, 6 rounds in 61 s.\n"
        "\n"
        "echo: 64 clients x 64 B, one CPU shared, 6 rounds\n"
        "The cost of readiness, and who is served at all.\n"
        "model           served echoes    p50    p99     CPU  +-  over  "
        "over  calls switch memory bound\n"
        "                           /s     us     us us/echo   % floor  "
        "yard  /echo  /echo KiB/cl by\n"
        "blocking          1/64  94.8k    660  never    9.73 0.2  2.42  "
        "1.94    n/a      -      - server\n"
        "selectloop       64/64  94.8k    660    912    5.22 0.2  1.30  "
        "1.04    n/a      -      - server\n"
        "threaded         64/64  94.8k    660    912    9.03 0.2  2.25  "
        "1.80    n/a      -      - server\n"
        "yardstick        64/64  94.8k    660    912    5.02 0.2  1.25  "
        "1.00    n/a      -      - server\n"
        "selectloop and threaded serve all 64 clients. blocking serves 1 of "
        "64: it serves one client until\n"
        "that one leaves, the others wait in the kernel's queue. Server CPU "
        "for each echo: least selectloop\n"
        "with 5.22 us (1.04 times the yardstick), most threaded with 9.03 us "
        "(1.80 times the yardstick).\n"
        "\n"
        "who is ahead, by server CPU per echo: ahead = clearly below all "
        "others, x = times the one with the\n"
        "lowest median, ~ = no clear difference to it, ? = too few rounds to "
        "tell so many apart, same =\n"
        "within 3 % of it, - = not comparable\n"
        "                     blocking     selectloop       threaded\n"
        "echo 64                     -          ahead          x1.73\n"
        "\n"
        "checks that hold: nobody beats the kernel.\n"
        "\n"
        "served: in the worst round. +-: half the 95 % interval, from 6 "
        "rounds on. over floor: times what the\n"
        "kernel alone takes for a recv and a send; over yard: times a bare "
        "epoll echo. switch: context\n"
        "switches. memory: what a client adds. bound by: whose CPU was used "
        "up. never: no echo came. -: not\n"
        "measured. n/a: not possible here. ~: no clear difference.\n"
        "files: build/compare/results.jsonl results.csv summary.csv "
        "results.md\n"
        "next:  diff -y -t -W 160 selectloop/server.c threaded/server.c\n");
    free(text);
}
END_TEST

START_TEST(colour_only_when_asked_for)
{
    struct results results = fixed_results();
    char *text = table_of(&results, true);

    ck_assert_ptr_nonnull(strstr(text, "\033[31m        1/64\033[0m"));
    ck_assert_ptr_null(strstr(text, "\033[31m       64/64"));
    free(text);
    results = fixed_results();
    text = table_of(&results, false);
    ck_assert_ptr_null(strchr(text, '\033'));
    free(text);
}
END_TEST

START_TEST(a_failed_row_has_its_reason_and_no_number)
{
    struct results results = fixed_results();
    struct window window = good("a-long-foreign", 1, 64, 5);
    char *text;

    for (size_t i = 0; i < 200; i += 5) {
        snprintf(window.reason + i, sizeof window.reason - i, "word ");
    }
    window.status = WINDOW_FAILED;
    ck_assert_int_eq(results_add(&results, &window), 0);
    snprintf(window.model, sizeof window.model, "libevent");
    ck_assert_int_eq(results_add(&results, &window), 0);
    text = table_of(&results, false);
    assert_narrow(text);
    ck_assert_ptr_nonnull(strstr(text, "\na-long-foreign failed: word "));
    ck_assert_ptr_nonnull(strstr(text, "2 rows failed"));
    ck_assert_ptr_nonnull(strstr(text, "next:  build/bin/libevent -v & "
                                       "build/bin/load 127.0.0.1:5566 -c "
                                       "64\n"));
    free(text);
}
END_TEST

/* The widest that each cell can be still fits. */
START_TEST(the_widest_row_fits)
{
    struct results results = fixed_results();
    struct window window = good("a-long-foreign", 1, 64, 123456);
    char *text;

    window.figure[WINDOW_ASKED] = 10016;
    window.figure[WINDOW_SERVED] = 10016;
    window.figure[WINDOW_P99_US] = 59876543;
    window.figure[WINDOW_CPU_OVER_FLOOR] = 1234.5;
    window.figure[WINDOW_SYSCALLS_PER_ECHO] = 0.0123;
    window.figure[WINDOW_SWITCHES_PER_ECHO] = 0.0123;
    window.figure[WINDOW_RSS_KIB_PER_CLIENT] = 0.0123;
    snprintf(window.bound_by, sizeof window.bound_by, "waiting");
    ck_assert_int_eq(results_add(&results, &window), 0);
    text = table_of(&results, false);
    assert_narrow(text);
    free(text);
}
END_TEST

START_TEST(sentences_follow_the_numbers)
{
    struct results results = fixed_results();
    char *text;

    for (size_t i = 0; i < results.nwindows; i++) {
        struct window *window = &results.windows[i];

        if (strcmp(window->model, "blocking") == 0) {
            window->figure[WINDOW_SERVED] = 30;
        }
        if (strcmp(window->model, "selectloop") == 0) {
            window->figure[WINDOW_SERVED] = 40;
        }
    }
    text = table_of(&results, false);
    ck_assert_ptr_nonnull(strstr(text, "threaded serves all 64 clients"));
    ck_assert_ptr_nonnull(strstr(text, "selectloop serves 40 of 64: the "
                                       "others got no answer"));
    ck_assert_ptr_nonnull(strstr(text, "blocking serves 30 of 64: the "
                                       "others got no answer"));
    ck_assert_ptr_null(strstr(text, "FD_SETSIZE"));
    free(text);
}
END_TEST

/* But not where messages are so long that the kernel can do it for less. */
START_TEST(below_the_floor_is_called_a_bug)
{
    for (int64_t bytes = 64; bytes <= INT64_C(1048576); bytes *= 16384) {
        struct results results = fixed_results();
        char *text;

        for (size_t i = 0; i < results.nwindows; i++) {
            results.windows[i].figure[WINDOW_CPU_OVER_FLOOR] = 0.8;
            results.windows[i].message_bytes = bytes;
        }
        text = table_of(&results, false);
        ck_assert((strstr(text, "Measuring bug: ") != NULL) == (bytes == 64));
        ck_assert((strstr(text, "nobody beats the kernel: ") != NULL) ==
                  (bytes == 64));
        free(text);
    }
}
END_TEST

START_TEST(marks_say_quick_and_partial)
{
    struct results results = fixed_results();
    char *text;

    snprintf(results.run.mode, sizeof results.run.mode, "quick");
    results.run.partial = true;
    text = table_of(&results, false);
    ck_assert_ptr_nonnull(strstr(text, "do not quote"));
    ck_assert_ptr_nonnull(strstr(text, "partial: "));
    ck_assert_ptr_nonnull(strstr(text, "next:  make compare\n"));
    free(text);
}
END_TEST

START_TEST(markdown_has_the_same_cells)
{
    struct results results = fixed_results();
    char *text = rendering_markdown(&results);

    ck_assert_ptr_nonnull(strstr(text, "| blocking | **1/64** | 94.8k | 660 "
                                       "| never | 9.73 | 0.2 | 2.42 |"));
    results_free(&results);
    free(text);
}
END_TEST

/* One round that says the opposite, and there is no order any more. */
START_TEST(what_is_not_clear_is_not_ranked)
{
    struct results results = fixed_results();
    char *text;

    for (size_t i = 0; i < results.nwindows; i++) {
        struct window *window = &results.windows[i];

        if (window->round == 2 && strcmp(window->model, "threaded") == 0) {
            window->figure[WINDOW_SERVER_CPU_US_PER_ECHO] = 4;
        }
    }
    text = table_of(&results, false);
    assert_narrow(text);
    ck_assert_ptr_nonnull(
        strstr(text, "echo 64                     -              ~         "
                     "     ~\n"));
    ck_assert_ptr_nonnull(strstr(text, "no clear\ndifference (~)."));
    ck_assert_ptr_null(strstr(text, "least selectloop"));
    free(text);
}
END_TEST

START_TEST(few_rounds_have_no_ranking)
{
    struct results results = fixed_results();
    char *text;

    results.nwindows = 20; /* of five rounds */
    text = table_of(&results, false);
    ck_assert_ptr_null(strstr(text, "who is ahead"));
    ck_assert_ptr_nonnull(strstr(text, "too few"));
    free(text);
}
END_TEST

START_TEST(noise_is_said_and_what_may_be_trusted)
{
    struct results results = fixed_results();
    struct window again = results.windows[2];
    char *text;

    for (size_t i = 0; i < 7; i++) {
        results.windows[i].causes = WINDOW_FOREIGN;
    }
    ck_assert_int_eq(results_add(&results, &again), 0);
    text = table_of(&results, false);
    assert_narrow(text);
    /* Six of 24, because one was undisturbed when run again: not too many. */
    ck_assert_ptr_null(strstr(text, "noisy machine"));
    ck_assert_ptr_nonnull(
        strstr(text, "6 rounds (blocking: 6 used of 7 run)\n"));
    free(text);

    results = fixed_results();
    for (size_t i = 0; i < 7; i++) {
        results.windows[i].causes = WINDOW_FOREIGN;
    }
    text = table_of(&results, false);
    ck_assert_ptr_nonnull(strstr(text, "noisy machine: 7 of the 24 windows "
                                       "used were disturbed, by foreign"));
    ck_assert_ptr_nonnull(strstr(text, "Trust served, over floor"));
    free(text);
}
END_TEST

/* Calls of one model, counted with one client. */
static struct calls
counted(const char *model, const char *method)
{
    struct calls calls;

    calls_clear(&calls);
    snprintf(calls.scenario, sizeof calls.scenario, "echo");
    snprintf(calls.model, sizeof calls.model, "%s", model);
    snprintf(calls.method, sizeof calls.method, "%s", method);
    calls.clients = 64;
    calls.counted_clients = 1;
    calls.echoes = 100;
    calls.per_echo = 2.12;
    calls_add(&calls, "pselect6", 0.07);
    calls_add(&calls, "sendto", 1);
    calls_add(&calls, "recvfrom", 1);
    calls_add(&calls, "execve", 0.001);
    calls_finish(&calls);
    return calls;
}

START_TEST(why_names_the_calls_and_how_they_were_counted)
{
    static const struct table_style why = {.why = true};
    struct results results = fixed_results();
    struct calls calls = counted("selectloop", "perf");
    char *text;

    ck_assert_int_eq(results_add_calls(&results, &calls), 0);
    text = styled_table_of(&results, &why);
    assert_narrow(text);
    ck_assert_ptr_nonnull(
        strstr(text, "\n  selectloop recvfrom 1.00 sendto 1.00 pselect6 0.07 "
                     "other 0.05; over floor 1.30 [1.30,"));
    ck_assert_ptr_nonnull(strstr(text, " 1.30  1.04   2.12      -"));
    ck_assert_ptr_nonnull(strstr(text, "counted by perf under the row's"));
    ck_assert_ptr_null(strstr(text, "execve"));
    free(text);

    results = fixed_results();
    calls = counted("selectloop", "strace");
    snprintf(calls.reason, sizeof calls.reason, "no perf: no luck");
    ck_assert_int_eq(results_add_calls(&results, &calls), 0);
    text = table_of(&results, false);
    ck_assert_ptr_nonnull(strstr(text, "counted by strace, with one client"));
    ck_assert_ptr_nonnull(strstr(text, "(no perf: no luck)"));
    ck_assert_ptr_null(strstr(text, "pselect6"));
    free(text);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("table");
    TCase *cases = tcase_create("all");

    tcase_add_test(cases, the_table_is_the_expected_one);
    tcase_add_test(cases, colour_only_when_asked_for);
    tcase_add_test(cases, a_failed_row_has_its_reason_and_no_number);
    tcase_add_test(cases, the_widest_row_fits);
    tcase_add_test(cases, sentences_follow_the_numbers);
    tcase_add_test(cases, below_the_floor_is_called_a_bug);
    tcase_add_test(cases, marks_say_quick_and_partial);
    tcase_add_test(cases, markdown_has_the_same_cells);
    tcase_add_test(cases, what_is_not_clear_is_not_ranked);
    tcase_add_test(cases, few_rounds_have_no_ranking);
    tcase_add_test(cases, noise_is_said_and_what_may_be_trusted);
    tcase_add_test(cases, why_names_the_calls_and_how_they_were_counted);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
