/*
 * The report of an open loop, from results made for each claim: rates are not
 * mixed, a server that does not keep one is given no latency, and the knee is
 * what these numbers say and nothing else.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/table.h"
#include "harness/results/csv.h"
#include "tests/unit/rendering.h"
#include "tests/unit/run_suite.h"

enum {
    ROUNDS = 7
};

static struct results results; /* of the test that runs */

static void
begin(void)
{
    memset(&results, 0, sizeof results);
    results.run = (struct run){
        .rounds = ROUNDS, .models = "threaded libevent", .mode = "full"};
}

static void
end(void)
{
    results_free(&results);
}

/* A window of a server that keeps the rate, which is a share of 20k/s. */
static struct window
kept(const char *model, int rate_per_s, int round)
{
    struct window window;

    window_clear(&window);
    snprintf(window.scenario, sizeof window.scenario, "rate");
    snprintf(window.model, sizeof window.model, "%s", model);
    snprintf(window.layout, sizeof window.layout, "split");
    snprintf(window.bound_by, sizeof window.bound_by, "waiting");
    snprintf(window.rate_of, sizeof window.rate_of, "threaded");
    window.rate_of_per_s = 20000;
    window.rate_per_s = rate_per_s;
    window.clients = 64;
    window.cpus = 1;
    window.message_bytes = 64;
    window.round = round;
    window.figure[WINDOW_ASKED] = window.figure[WINDOW_SERVED] = 64;
    window.figure[WINDOW_ECHOES] = rate_per_s / 2.0;
    window.figure[WINDOW_ECHOES_PER_S] = rate_per_s;
    window.figure[WINDOW_OFFERED_PER_S] = rate_per_s;
    window.figure[WINDOW_REACHED_SHARE] = 1;
    window.figure[WINDOW_P50_US] = 101;
    window.figure[WINDOW_P99_US] = 1111;
    window.figure[WINDOW_P999_US] = 2222;
    window.figure[WINDOW_MAX_US] = 3333;
    window.figure[WINDOW_MEAN_US] = 200;
    window.figure[WINDOW_SERVICE_P50_US] = 88;
    window.figure[WINDOW_SERVICE_P99_US] = 777;
    window.figure[WINDOW_LAG_P99_US] = 44;
    window.figure[WINDOW_UNFINISHED] = 0;
    window.figure[WINDOW_SERVER_CPU_US_PER_ECHO] = 9;
    return window;
}

static void
add(struct window window)
{
    ck_assert_int_eq(results_add(&results, &window), 0);
}

static void
add_kept(const char *model, int rate_per_s)
{
    for (int round = 1; round <= ROUNDS; round++) {
        add(kept(model, rate_per_s, round));
    }
}

/* The same with another value of one figure. */
static void
add_with(const char *model, int rate_per_s, enum window_figure figure,
         double value)
{
    for (int round = 1; round <= ROUNDS; round++) {
        struct window window = kept(model, rate_per_s, round);

        window.figure[figure] = value;
        add(window);
    }
}

/* The scenario's closed loop has no rate. */
static struct window
closed(const char *model, int served)
{
    struct window window = kept(model, 0, 1);

    window.rate_of[0] = '\0';
    window.rate_of_per_s = 0;
    window.figure[WINDOW_SERVED] = served;
    window.figure[WINDOW_ECHOES_PER_S] = 30000;
    window.figure[WINDOW_ECHOES] = 3000;
    return window;
}

/* A window in which the client itself was late. */
static void
add_late(const char *model, int rate_per_s, int round)
{
    struct window window = kept(model, rate_per_s, round);

    window_fail(&window, WINDOW_INVALID, "the client was late itself");
    window.errors[ENGINE_CLIENT_LATE] = 1;
    add(window);
}

static const struct table_style plain = {.why = true};

static void
assert_has(const char *words)
{
    rendering_assert(&results, &plain, words, true);
}

static void
assert_lacks(const char *words)
{
    rendering_assert(&results, &plain, words, false);
}

START_TEST(each_rate_has_its_rows_in_one_table)
{
    add_kept("threaded", 10000);
    add_kept("libevent", 10000);
    add_kept("threaded", 15000);
    add_kept("libevent", 15000);
    assert_has("rate: 64 clients x 64 B, open loop, one CPU each, 7 rounds ");
    assert_has(" 10.0k threaded         10.0k    101   1110   88.0    777   "
               "44.0          0 kept ");
    assert_has("       libevent         10.0k ");
    assert_has(" 15.0k threaded         15.0k ");
    assert_has("       libevent         15.0k ");
}
END_TEST

/* As they are measured: all rates in one round, then all in the next. */
START_TEST(rounds_in_turn_make_the_same_table)
{
    for (int round = 1; round <= ROUNDS; round++) {
        add(closed("threaded", 64));
        results.windows[results.nwindows - 1].round = round;
        add(kept("threaded", 10000, round));
        add(kept("libevent", 10000, round));
        add(kept("libevent", 15000, round));
        add(kept("threaded", 15000, round));
    }
    assert_has("rate: 64 clients x 64 B, one CPU each, 7 rounds ");
    assert_has("rate: 64 clients x 64 B, open loop, one CPU each, 7 rounds ");
    assert_has(" kept        libevent         10.0k ");
    assert_has(" kept  15.0k threaded         15.0k ");
    assert_has(" kept        libevent         15.0k ");
}
END_TEST

START_TEST(a_server_that_does_not_keep_up_has_no_latency)
{
    add_with("threaded", 10000, WINDOW_REACHED_SHARE, 0.96);
    assert_has(" threaded         10.0k  grows  grows   88.0    777   44.0 "
               "         0 saturated ");
    assert_lacks("1110");
    assert_has("Saturated, so that what is due piles up: threaded from "
               "10.0k/s on, where it does 10.0k/s. ");
    assert_has("threaded at no rate that was tried. ");
}
END_TEST

/* What is under way as a window ends is no reason, nor is a window or two of
 * seven in which something else was wrong. */
START_TEST(a_row_is_saturated_by_its_median)
{
    add_with("threaded", 10000, WINDOW_REACHED_SHARE, 0.975);
    assert_has(" kept ");
    for (int i = 0; i < 3; i++) {
        results.windows[i].figure[WINDOW_REACHED_SHARE] = 0.1;
    }
    assert_has(" kept ");
    assert_lacks("aturated");
    results.windows[3].figure[WINDOW_REACHED_SHARE] = 0.1;
    assert_has(" saturated ");
}
END_TEST

START_TEST(the_knee_is_the_highest_rate_in_time)
{
    add_kept("threaded", 5000);
    add_kept("libevent", 5000);
    add_kept("yardstick", 5000);
    add_with("threaded", 10000, WINDOW_P99_US, 5001);
    add_kept("libevent", 10000);
    add_kept("threaded", 15000);
    add_with("libevent", 15000, WINDOW_P99_US, 9000);
    add_with("threaded", 22000, WINDOW_REACHED_SHARE, 0.5);
    add_with("libevent", 22000, WINDOW_REACHED_SHARE, 0.5);
    assert_has("99 of 100 responses come within 5.00 ms: threaded up to "
               "15.0k/s, though not at 10.0k/s; libevent up to 10.0k/s. "
               "Saturated, so that what is due piles up: threaded from "
               "22.0k/s on, where it does 22.0k/s; libevent from 22.0k/s on");
    assert_lacks("yardstick up to");
}
END_TEST

START_TEST(the_last_rate_is_no_knee)
{
    add_kept("threaded", 5000);
    add_kept("threaded", 10000);
    assert_has("threaded up to 10.0k/s, the highest tried. ");
}
END_TEST

START_TEST(what_could_not_be_measured_is_not_known)
{
    add_kept("threaded", 5000);
    add_late("libevent", 5000, 1);
    add_late("threaded", 10000, 1);
    add_late("libevent", 10000, 1);
    add_with("threaded", 15000, WINDOW_P99_US, 9000);
    add_with("libevent", 15000, WINDOW_P99_US, 9000);
    assert_has("threaded up to 5.00k/s, and not known at 10.0k/s; libevent "
               "at no rate that could be measured. ");
    assert_has("3 of 24 windows are invalid: the client was late itself, for "
               "which no server is charged. ");
    assert_has(" libevent       invalid: the client was late itself ");
    end();
    begin();
    add_kept("threaded", 5000);
    add_with("threaded", 10000, WINDOW_P99_US, 9000);
    add_late("threaded", 15000, 1);
    assert_has("threaded up to 5.00k/s. ");
}
END_TEST

START_TEST(without_a_percentile_nothing_is_known)
{
    add_kept("threaded", 5000);
    add_with("libevent", 5000, WINDOW_P99_US, NAN);
    add_with("threaded", 10000, WINDOW_P99_US, NAN);
    assert_has("threaded up to 5.00k/s, and not known at 10.0k/s; libevent "
               "at no rate that could be measured. ");
}
END_TEST

START_TEST(a_median_that_is_late_needs_no_percentile)
{
    for (int round = 1; round <= ROUNDS; round++) {
        struct window window = kept("libevent", 5000, round);

        window.figure[WINDOW_P50_US] = 100000;
        window.figure[WINDOW_P99_US] = NAN;
        add(window);
    }
    assert_has("libevent at no rate that was tried. ");
}
END_TEST

START_TEST(a_good_attempt_makes_up_for_a_late_one)
{
    add_late("threaded", 5000, 1);
    add(kept("threaded", 5000, 1));
    results.windows[1].attempt = 1;
    assert_has(" 5.00k threaded         5.00k    101 ");
    assert_has("1 of 2 windows are invalid");
}
END_TEST

START_TEST(blocking_is_said_to_serve_one)
{
    for (int round = 1; round <= ROUNDS; round++) {
        struct window window = kept("blocking", 5000, round);

        window.figure[WINDOW_SERVED] = 1;
        window.figure[WINDOW_UNFINISHED] = 63;
        window.figure[WINDOW_ECHOES_PER_S] = 4990;
        add(window);
        window.rate_per_s = 10000;
        window.figure[WINDOW_REACHED_SHARE] = 0.3;
        add(window);
    }
    assert_has(" 5.00k blocking         4.99k    101  never ");
    assert_has(" 63 1/64 served ");
    assert_has(" grows  grows ");
    assert_has(" 63 1/64 saturated ");
    assert_has("blocking at no rate that was tried. ");
    assert_has("blocking serves 1 of 64: it serves one client until that one "
               "leaves, the others wait in the kernel's queue. At 5.00k/s it "
               "leaves 63 messages of a window without an echo, and what is "
               "due goes through the clients that it serves, at 4.99k/s. ");
}
END_TEST

START_TEST(the_choice_of_rates_is_said)
{
    struct window last = kept("threaded", 44000, 1);

    add(kept("threaded", 5000, 1));
    add(kept("threaded", 22000, 1));
    assert_has(
        "Rates: 25, 110 % of the 20.0k/s of threaded: what was reached at "
        "best in a closed loop in the first round, the least of those that "
        "served everybody. ");
    snprintf(last.rate_of, sizeof last.rate_of, "coroutine");
    last.rate_of_per_s = 40000;
    add(last);
    assert_has(
        "Rates: 25, 110 % of the 20.0k/s of threaded; 110 % of the "
        "40.0k/s of coroutine: what was reached at best in a closed loop in "
        "the first round, the least and the most of those");
    end();
    begin();
    last.rate_of_per_s = 0;
    snprintf(last.rate_of, sizeof last.rate_of, "yardstick");
    add(last);
    assert_has("as no other server served everybody. ");
}
END_TEST

START_TEST(without_a_rate_it_is_a_closed_loop)
{
    add(closed("threaded", 64));
    assert_has("rate: 64 clients x 64 B, one CPU each, 1 round What each can "
               "do in a closed loop, which decides the rates. ");
    assert_lacks("open loop");
    assert_lacks("none was tried");
    assert_lacks("could do more");
    snprintf(results.windows[0].bound_by, sizeof results.windows[0].bound_by,
             "client");
    results.windows[0].figure[WINDOW_CLIENT_CPU_US_PER_ECHO] = 33;
    assert_lacks("client not saturated");
    assert_has(
        "threaded could do more: the client's CPU was used up first. ");
    results.windows[0].figure[WINDOW_SERVED] = 1;
    assert_has("No server serves everybody, so there is nothing that rates "
               "could be a share of: none was tried. ");
    window_fail(&results.windows[0], WINDOW_SKIPPED, "interrupted");
    assert_lacks("none was tried");
}
END_TEST

/* System calls of the closed loop are not those at a rate; CPU per echo at a
 * rate ranks nobody. */
START_TEST(an_open_loop_takes_nothing_from_the_closed_one)
{
    struct calls calls = {.method = "strace", .clients = 64, .per_echo = 2};

    snprintf(calls.scenario, sizeof calls.scenario, "rate");
    snprintf(calls.model, sizeof calls.model, "threaded");
    ck_assert_int_eq(results_add_calls(&results, &calls), 0);
    add(closed("threaded", 64));
    add_kept("threaded", 5000);
    add_with("libevent", 5000, WINDOW_SERVER_CPU_US_PER_ECHO, 1);
    ck_assert_ptr_nonnull(results_find_calls(&results, &results.windows[0]));
    ck_assert_ptr_null(results_find_calls(&results, &results.windows[1]));
    assert_lacks("ahead");
    assert_lacks("Little");
}
END_TEST

/* The fields of a line of CSV under the names of its header, "" for what is
 * not there. */
static const char *
field(const char *text, int line, const char *name)
{
    static char value[64];
    const char *head = text;
    const char *row = text;

    for (int i = 0; i < line; i++) {
        row = strchr(row, '\n') + 1;
    }
    while (strncmp(head, name, strlen(name)) != 0 ||
           !strchr(",\n", head[strlen(name)])) {
        head += strcspn(head, ",\n") + 1;
        row += strcspn(row, ",\n") + 1;
        ck_assert_msg(head[-1] == ',', "no column %s", name);
    }
    snprintf(value, sizeof value, "%.*s", (int)strcspn(row, ",\n"), row);
    return value;
}

START_TEST(csv_has_the_rate_and_what_became_of_it)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&text, &bytes);
    struct summary summary;

    add(closed("threaded", 64));
    add_kept("threaded", 10000);
    add_with("threaded", 22000, WINDOW_REACHED_SHARE, 0.5);
    ck_assert_int_eq(summary_make(&results, &summary), 0);
    ck_assert_int_eq(csv_write_summary(file, &summary), 0);
    fclose(file);
    ck_assert_str_eq(field(text, 1, "rate_per_s"), "");
    ck_assert_str_eq(field(text, 1, "saturated"), "no");
    ck_assert_str_eq(field(text, 2, "rate_per_s"), "10000");
    ck_assert_str_eq(field(text, 2, "p99_us"), "1111");
    ck_assert_str_eq(field(text, 2, "p99_us_low"), "1111");
    ck_assert_str_eq(field(text, 2, "service_p99_us"), "777");
    ck_assert_str_eq(field(text, 2, "service_p99_us_high"), "777");
    ck_assert_str_eq(field(text, 2, "lag_p99_us"), "44");
    ck_assert_str_eq(field(text, 2, "saturated"), "no");
    ck_assert_str_eq(field(text, 3, "rate_per_s"), "22000");
    ck_assert_str_eq(field(text, 3, "p50_us"), "");
    ck_assert_str_eq(field(text, 3, "p99_us"), "");
    ck_assert_str_eq(field(text, 3, "max_us_high"), "");
    ck_assert_str_eq(field(text, 3, "service_p50_us"), "88");
    ck_assert_str_eq(field(text, 3, "reached_share"), "0.5");
    ck_assert_str_eq(field(text, 3, "saturated"), "yes");
    summary_free(&summary);
    free(text);
}
END_TEST

START_TEST(nothing_is_wider_than_the_table)
{
    static const double values[] = {0,     1e-9, 12345.678, 1e9,
                                    1e300, -1,   999.96};
    char *text;
    char *line;

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct window window = kept("twenty-three-letters-ab", 1, 1);

        window.rate_per_s = 999999999 - (int)i;
        for (int figure = WINDOW_ECHOES; figure < WINDOW_FIGURES; figure++) {
            window.figure[figure] = values[i];
        }
        window.figure[WINDOW_SERVED] = 10;
        add(window);
        snprintf(window.model, sizeof window.model, "failing");
        window_fail(&window, WINDOW_FAILED, "%s",
                    "a reason of so many words that they cannot all stand in "
                    "the line in which they begin, and behind them "
                    "averyveryveryveryveryverylongone");
        add(window);
    }
    text = rendering_table(&results, &plain);
    for (line = text; *line != '\0'; line += *line == '\n') {
        int length = (int)strcspn(line, "\n");

        ck_assert_msg(length <= 100, "%.*s", length, line);
        line += length;
    }
    free(text);
}
END_TEST

START_TEST(markdown_has_the_same_cells)
{
    char *text;

    add_kept("a|b*", 10000);
    add_late("threaded", 10000, 1);
    text = rendering_markdown(&results);
    ck_assert_ptr_nonnull(
        strstr(text, "\n| asked /s | model | reached /s | resp50 us | resp99 "
                     "us | serv50 us | serv99 us | lag99 us | unfinished | "
                     "state |\n| ---: | --- | ---: |"));
    ck_assert_ptr_nonnull(strstr(text, "\n| 10.0k | a&#124;b\\* | 10.0k | "
                                       "101 | 1110 | 88.0 | 777 | 44.0 | 0 | "
                                       "kept |\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n| 10.0k | threaded | **invalid**: "
                                       "the client was late itself |\n"));
    free(text);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("rate");
    TCase *cases = tcase_create("all");

    tcase_add_checked_fixture(cases, begin, end);
    tcase_add_test(cases, each_rate_has_its_rows_in_one_table);
    tcase_add_test(cases, rounds_in_turn_make_the_same_table);
    tcase_add_test(cases, a_server_that_does_not_keep_up_has_no_latency);
    tcase_add_test(cases, a_row_is_saturated_by_its_median);
    tcase_add_test(cases, the_knee_is_the_highest_rate_in_time);
    tcase_add_test(cases, the_last_rate_is_no_knee);
    tcase_add_test(cases, what_could_not_be_measured_is_not_known);
    tcase_add_test(cases, without_a_percentile_nothing_is_known);
    tcase_add_test(cases, a_median_that_is_late_needs_no_percentile);
    tcase_add_test(cases, a_good_attempt_makes_up_for_a_late_one);
    tcase_add_test(cases, blocking_is_said_to_serve_one);
    tcase_add_test(cases, the_choice_of_rates_is_said);
    tcase_add_test(cases, without_a_rate_it_is_a_closed_loop);
    tcase_add_test(cases, an_open_loop_takes_nothing_from_the_closed_one);
    tcase_add_test(cases, csv_has_the_rate_and_what_became_of_it);
    tcase_add_test(cases, nothing_is_wider_than_the_table);
    tcase_add_test(cases, markdown_has_the_same_cells);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
