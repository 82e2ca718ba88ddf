/*
 * What the report claims, from results made for each claim: no difference
 * without six paired rounds, no reason that the numbers do not bear, no line
 * that is too long, nothing from the file that reaches the terminal raw.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/compare/scenarios.h"
#include "harness/report/cells.h"
#include "harness/report/shows.h"
#include "harness/report/table.h"
#include "tests/unit/rendering.h"
#include "tests/unit/run_suite.h"

enum {
    ROUNDS = 8
};

static struct results results; /* of the test that runs */

static void
begin(void)
{
    memset(&results, 0, sizeof results);
    results.run = (struct run){.rounds = ROUNDS, .mode = "default"};
}

static void
end(void)
{
    results_free(&results);
}

/* A good window in which everybody was served. */
static struct window
good(const char *scenario, const char *model, int round, double cpu_us)
{
    struct window window;

    window_clear(&window);
    snprintf(window.scenario, sizeof window.scenario, "%s", scenario);
    snprintf(window.model, sizeof window.model, "%s", model);
    snprintf(window.layout, sizeof window.layout, "shared");
    snprintf(window.bound_by, sizeof window.bound_by, "server");
    window.clients = 64;
    window.cpus = 2;
    window.message_bytes = 64;
    window.round = round;
    window.figure[WINDOW_ASKED] = 64;
    window.figure[WINDOW_SERVED] = 64;
    window.figure[WINDOW_ECHOES] = 12345;
    window.figure[WINDOW_ECHOES_PER_S] = 94800;
    window.figure[WINDOW_P50_US] = 660;
    window.figure[WINDOW_P99_US] = 912;
    window.figure[WINDOW_SERVER_CPU_US_PER_ECHO] = cpu_us;
    return window;
}

static void
add(struct window window)
{
    ck_assert_int_eq(results_add(&results, &window), 0);
}

static void
add_rounds(const char *scenario, const char *model, int rounds, double cpu_us)
{
    for (int round = 1; round <= rounds; round++) {
        add(good(scenario, model, round, cpu_us));
    }
}

/* Set a figure in all windows of a model. */
static void
set(const char *model, enum window_figure figure, double value)
{
    for (size_t i = 0; i < results.nwindows; i++) {
        if (strcmp(results.windows[i].model, model) == 0) {
            results.windows[i].figure[figure] = value;
        }
    }
}

static const struct table_style plain = {.folder = NULL};

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

static void
assert_narrow(void)
{
    char *text = rendering_table(&results, &plain);
    char *line = text;

    while (*line != '\0') {
        size_t length = strcspn(line, "\n");

        ck_assert_msg(length <= 100, "%.*s", (int)length, line);
        line += length + (line[length] == '\n');
    }
    free(text);
}

START_TEST(the_worst_round_is_shown)
{
    add_rounds("echo", "threaded", ROUNDS, 9);
    add_rounds("echo", "libevent", ROUNDS, 8);
    results.windows[1].figure[WINDOW_SERVED] = 0;
    results.windows[2].figure[WINDOW_SERVED] = 0;
    results.windows[5].figure[WINDOW_SERVED] = 0;
    assert_has(" 0/64 ");
    assert_has("threaded serves 0 of 64 at worst, and not all in 3 of 8 "
               "rounds: ");
    assert_has("libevent serves all 64 clients. ");
    results.windows[9].figure[WINDOW_SERVED] = 63;
    assert_has(" 63/64 ");
    assert_lacks("All serve");
}
END_TEST

START_TEST(all_needs_two_and_nobody_failed)
{
    add_rounds("echo", "threaded", ROUNDS, 9);
    assert_has("threaded serves all 64 clients. ");
    add_rounds("echo", "yardstick", ROUNDS, 5);
    assert_lacks("All serve");
    add_rounds("echo", "libevent", ROUNDS, 8);
    assert_has("All serve all 64 clients. ");
    add(good("echo", "blocking", 1, 7));
    results.windows[results.nwindows - 1].status = WINDOW_FAILED;
    assert_lacks("All serve");
    assert_has("libevent and threaded serve all 64 clients. ");
}
END_TEST

START_TEST(equal_models_are_not_ranked)
{
    for (int round = 1; round <= ROUNDS; round++) {
        double off = round % 2 ? 0.1 : -0.1;

        add(good("echo", "threaded", round, 9 + off));
        add(good("echo", "libevent", round, 9.001));
    }
    assert_has("no clear difference (~)");
    assert_lacks("least");
    assert_lacks("next:  diff");
    assert_has("next:  make compare-full");
    snprintf(results.run.mode, sizeof results.run.mode, "full");
    assert_lacks("next:  make compare-full");
}
END_TEST

START_TEST(one_row_or_five_rounds_rank_nothing)
{
    add_rounds("echo", "threaded", 5, 9);
    assert_has("Server CPU for each echo: threaded with 9.00 us. ");
    add_rounds("echo", "libevent", 5, 4);
    assert_has("libevent with 4.00 us and threaded with 9.00 us; too few "
               "rounds to rank. ");
    assert_lacks("least");
    assert_lacks("next:  diff");
    add(good("echo", "threaded", 6, 9));
    add(good("echo", "libevent", 6, 4));
    assert_has("least libevent with 4.00 us, most threaded with 9.00 us. ");
    assert_has("next:  diff -y -t -W 160 libevent/server.c");
}
END_TEST

/* The machine becomes slower from round to round, for all alike: only the
 * pairs of the same round tell the models apart. */
START_TEST(models_are_paired_by_round)
{
    for (int round = ROUNDS; round >= 1; round--) {
        add(good("echo", "threaded", round, 1.1 * round));
    }
    for (int round = 1; round <= ROUNDS; round++) {
        add(good("echo", "libevent", round, 1.05 * round));
        add(good("echo", "yardstick", round, round));
    }
    assert_has("least libevent with 4.72 us (1.05 times the yardstick), most "
               "threaded with 4.95 us (1.10 times the yardstick). ");
}
END_TEST

/* By absolute CPU the order is the other one, because the rounds in which
 * the first was measured were the slow ones. */
START_TEST(the_yardstick_decides_the_order)
{
    for (int round = 1; round <= 14; round++) {
        double slow = round <= 7 ? 1 : 3;

        add(good("echo", "yardstick", round, slow));
        if (round > 1) {
            add(good("echo", "threaded", round, 1.1 * slow));
        }
        if (round < 14) {
            add(good("echo", "libevent", round, 1.4 * slow));
        }
    }
    assert_has("least threaded with 3.30 us (1.10 times the yardstick), most "
               "libevent with 1.40 us (1.40 times the yardstick). ");
}
END_TEST

/* Four rounds in which the yardstick is missing, or is there but invalid. */
static void
add_lonely_rounds(bool missing)
{
    for (int round = 1; round <= ROUNDS; round++) {
        bool alone = round >= 4 && round <= 7;
        struct window window = good("echo", "yardstick", round, 1);

        add(good("echo", "threaded", round, alone ? 120 : 1.2));
        window.status = alone ? WINDOW_INVALID : WINDOW_OK;
        if (!alone || !missing) {
            add(window);
        }
    }
}

START_TEST(a_round_without_its_pair_is_left_out)
{
    add_lonely_rounds(true);
    assert_has("threaded with 60.6 us (1.20 times the yardstick). ");
    end();
    add_lonely_rounds(false);
    assert_has("threaded with 60.6 us (1.20 times the yardstick). ");
}
END_TEST

START_TEST(who_cannot_be_told_from_the_ends_is_named)
{
    for (int round = 1; round <= ROUNDS; round++) {
        double off = round % 2 ? 0.05 : -0.05;

        add(good("echo", "selectloop", round, 5));
        add(good("echo", "coroutine", round, 5.01 + off));
        add(good("echo", "threaded", round, 9));
    }
    assert_has("~ ");
    assert_has("most threaded with 9.00 us. ");
}
END_TEST

START_TEST(a_server_without_cpu_time_is_not_the_cheapest)
{
    add_rounds("echo", "socat", ROUNDS, 0);
    add_rounds("echo", "threaded", ROUNDS, 9);
    add_rounds("echo", "libevent", ROUNDS, 4);
    set("socat", WINDOW_CPU_OVER_FLOOR, 0);
    assert_has("least libevent with 4.00 us, most threaded");
    assert_has(
        "socat            64/64  94.8k    660    912       -   -     -");
    assert_lacks("Measuring bug");
}
END_TEST

/* Eight rounds in which a model served so many of 64. */
static void
starve(const char *model, double served, int silent, double echoes)
{
    add_rounds("echo", model, ROUNDS, 9);
    set(model, WINDOW_SERVED, served);
    set(model, WINDOW_ECHOES, echoes);
    for (size_t i = 0; i < results.nwindows; i++) {
        results.windows[i].silent = silent;
    }
}

START_TEST(blocking_has_the_reason_that_fits)
{
    starve("blocking", 1, 0, 500);
    assert_has("blocking serves 1 of 64: it serves one client until");
    end();
    starve("blocking", 1, 3, 0);
    assert_has("blocking serves 1 of 64: a silent client holds it");
    assert_lacks("it serves one client");
    end();
    starve("blocking", 0, 0, 0);
    assert_has("blocking serves 0 of 64: the clients got no answer");
    assert_lacks("it serves one client");
    end();
    starve("blocking", 1, 0, 500);
    results.windows[2].figure[WINDOW_SERVED] = 0;
    assert_lacks("it serves one client");
    end();
    starve("blocking", 0, 1, 0);
    assert_has("blocking serves 0 of 64: a silent client holds it");
}
END_TEST

START_TEST(select_is_blamed_only_when_full)
{
    starve("selectloop", 1018, 0, 500);
    set("selectloop", WINDOW_ASKED, 1100);
    assert_has("selectloop serves 1018 of 1100: select(2) takes");
    set("selectloop", WINDOW_ASKED, 1016);
    set("selectloop", WINDOW_SERVED, 1000);
    assert_lacks("select(2)");
    assert_has("selectloop serves 1000 of 1016: the others got no answer");
}
END_TEST

START_TEST(lost_is_not_the_same_as_not_connected)
{
    starve("threaded", 60, 0, 500);
    results.windows[3].errors[ENGINE_CONNECT_TIMEOUT] = 4;
    assert_has("threaded serves 60 of 64: 4 clients could not connect. ");
    results.windows[4].errors[ENGINE_RESET] = 1;
    assert_has("4 clients could not connect, 1 client lost the connection. ");
}
END_TEST

START_TEST(one_client_is_no_clients)
{
    add_rounds("echo", "threaded", ROUNDS, 9);
    set("threaded", WINDOW_CPU_OVER_FLOOR, 0.5);
    for (size_t i = 0; i < results.nwindows; i++) {
        results.windows[i].clients = 1;
    }
    assert_has("threaded in echo (1 client) used");
    assert_has("threaded serves the one client. ");
}
END_TEST

/* 99 of 100 must be served for the 99th percentile to exist. */
START_TEST(p99_is_never_below_99_of_100)
{
    starve("threaded", 63, 0, 500);
    assert_has("  63/64  94.8k    660  never ");
    set("threaded", WINDOW_ASKED, 63.5);
    assert_has("    912 ");
}
END_TEST

/* A wait row with `rate` echoes a second; the pace of one client is 200. */
static void
wait_row(const char *model, double served, double rate)
{
    add_rounds("wait", model, ROUNDS, 9);
    set(model, WINDOW_SERVED, served);
    set(model, WINDOW_ECHOES_PER_S, rate);
    for (size_t i = 0; i < results.nwindows; i++) {
        results.windows[i].delay_ms = 5;
    }
}

START_TEST(wait_says_one_at_a_time_only_of_that)
{
    wait_row("blocking", 1, 209);
    assert_has("blocking reaches 209/s, no more than one client can have: it "
               "waits for one at a time. ");
    end();
    wait_row("blocking", 1, 211);
    assert_lacks("one at a time");
    assert_has("blocking reaches only 1.65 % of that. ");
    end();
    wait_row("threaded", 64, 180);
    assert_has("threaded reaches 180/s, no more than one client can have. ");
    end();
    wait_row("blocking", 0, 0);
    assert_lacks("one at a time");
    end();
    wait_row("libevent", 64, 6500);
    assert_has("libevent reaches 50.8 % of that: the waiting overlaps. ");
    end();
    wait_row("libevent", 64, 6300);
    assert_has("libevent reaches only 49.2 % of that. ");
}
END_TEST

START_TEST(work_counts_cpus_from_1_2_on)
{
    add_rounds("work", "threaded", ROUNDS, 200);
    add_rounds("work", "libevent", ROUNDS, 200);
    set("threaded", WINDOW_ECHOES_PER_S, 6250);
    set("libevent", WINDOW_ECHOES_PER_S, 5750);
    for (size_t i = 0; i < results.nwindows; i++) {
        results.windows[i].work_us = 200;
    }
    assert_has("threaded does 6.25k/s on 1.25 CPUs. libevent uses 1.15 of "
               "the 2 CPUs. ");
}
END_TEST

/* An idle row that costs `over` times the yardstick, after 1.0 in echo. */
static void
idle_row(double over, int rounds)
{
    add_rounds("echo", "selectloop", rounds, 5);
    add_rounds("echo", "yardstick", rounds, 5);
    add_rounds("idle", "selectloop", rounds, over * 5);
    add_rounds("idle", "yardstick", rounds, 5);
}

START_TEST(the_silent_cost_from_half_more_on)
{
    idle_row(1.55, ROUNDS);
    assert_has("The silent ones take an echo of selectloop from 1.00 to 1.55 "
               "times the yardstick, since each select(2)");
    end();
    idle_row(1.45, ROUNDS);
    assert_lacks("The silent ones");
    end();
    idle_row(3, 5);
    assert_lacks("The silent ones");
}
END_TEST

START_TEST(few_pages_are_a_bound_and_less_is_nothing)
{
    add_rounds("echo", "threaded", ROUNDS, 9);
    set("threaded", WINDOW_RSS_KIB_PER_CLIENT, 0);
    assert_has("  <0.3 server");
    set("threaded", WINDOW_RSS_KIB_PER_CLIENT, 0.26);
    assert_has(" 0.260 server");
    set("threaded", WINDOW_RSS_KIB_PER_CLIENT, -3);
    assert_has("     - server");
}
END_TEST

START_TEST(nothing_is_wider_than_the_table)
{
    static const double values[] = {1234567.8, 1e-9, 1e300,     0,
                                    99999,     -5e6, 0.0123456, 999.96};

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct window window = good("echo", "twenty-three-letters-ab", 1, 5);

        for (int figure = WINDOW_ECHOES_PER_S; figure < WINDOW_FIGURES;
             figure++) {
            window.figure[figure] = values[i];
        }
        window.figure[WINDOW_ASKED] = 10016;
        window.figure[WINDOW_SERVED] = 10016;
        add(window);
        snprintf(window.model, sizeof window.model, "failing");
        window.status = WINDOW_FAILED;
        memset(window.reason, 'x', sizeof window.reason - 1);
        add(window);
        assert_narrow();
        assert_has("twenty..ers-ab");
        end();
    }
    for (int i = 0; i < 40; i++) {
        char name[WINDOW_NAME_BYTES];

        snprintf(name, sizeof name, "starving-server-%d", i);
        starve(name, 1, 0, 500);
    }
    assert_narrow();
    assert_has("starving-server-39 serves 1 of 64: the others got no answer "
               "while the window lasted. ");
}
END_TEST

START_TEST(no_text_of_the_file_is_printed_raw)
{
    struct window window = good("echo", "a|b\033[2J\nc", 1, 5);
    char *text;

    add(window);
    snprintf(window.model, sizeof window.model, "<b>*x*\233");
    window_fail(&window, WINDOW_FAILED, "\033]0;x\a died | `rm`\n| row |");
    add(window);
    snprintf(results.run.note, sizeof results.run.note, "\033[31m note");
    text = rendering_table(&results, &plain);
    ck_assert_ptr_null(strchr(text, '\033'));
    ck_assert_ptr_null(strchr(text, '\a'));
    ck_assert_ptr_null(strchr(text, (char)0233));
    ck_assert_ptr_nonnull(strstr(text, "a|b?[2J c"));
    free(text);
    text = rendering_markdown(&results);
    ck_assert_ptr_null(strchr(text, '\033'));
    ck_assert_ptr_null(strchr(text, (char)0233));
    ck_assert_ptr_nonnull(strstr(text, "| a&#124;b?\\[2J c | 64/64 |"));
    ck_assert_ptr_nonnull(strstr(text, "| &lt;b&gt;\\*x\\*? | **failed**: "
                                       "?\\]0;x? died &#124; \\`rm\\` "
                                       "&#124; row &#124; |\n"));
    free(text);
}
END_TEST

START_TEST(a_skipped_scenario_takes_one_line)
{
    struct window window = good("idle", "threaded", 1, 5);
    char *text;

    window_fail(&window, WINDOW_SKIPPED, "too few descriptors");
    add(window);
    snprintf(window.model, sizeof window.model, "libevent");
    add(window);
    text = rendering_table(&results, &plain);
    ck_assert_ptr_nonnull(strstr(text, "\nskipped: too few descriptors\n"));
    ck_assert_ptr_null(strstr(text, "threaded"));
    free(text);
    window_fail(&window, WINDOW_SKIPPED, "another reason");
    snprintf(window.model, sizeof window.model, "blocking");
    add(window);
    assert_has("threaded   skipped: too few descriptors");
}
END_TEST

START_TEST(each_scenario_says_what_it_shows)
{
    size_t count;
    const struct scenario *all = scenarios_all(&count);
    char *text;

    for (size_t i = 0; i < count; i++) {
        struct window window = good(all[i].name, "threaded", 1, 5);

        window.clients = scenario_asked(&all[i]);
        ck_assert_msg(shows_sentence(&window)[0] != '\0', "%s", all[i].name);
    }
    add_rounds("churn", "threaded", 1, 9);
    text = rendering_markdown(&results);
    ck_assert_ptr_nonnull(strstr(text, "\n*The cost of accepting, and of "
                                       "making a thread or a stack.*\n"));
    ck_assert_ptr_nonnull(strstr(text, "never: no echo came."));
    free(text);
}
END_TEST

START_TEST(bulk_ranks_only_what_differs)
{
    add_rounds("bulk", "threaded", ROUNDS, 9);
    add_rounds("bulk", "libevent", ROUNDS, 9);
    assert_has("libevent and threaded move 6.07 MB/s; no clear difference");
    set("libevent", WINDOW_ECHOES_PER_S, 200000);
    assert_has("libevent moves the most, 12.8 MB/s, and threaded the least, "
               "6.07 MB/s. ");
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("report");
    TCase *cases = tcase_create("all");

    tcase_add_checked_fixture(cases, begin, end);
    tcase_add_test(cases, the_worst_round_is_shown);
    tcase_add_test(cases, all_needs_two_and_nobody_failed);
    tcase_add_test(cases, equal_models_are_not_ranked);
    tcase_add_test(cases, one_row_or_five_rounds_rank_nothing);
    tcase_add_test(cases, models_are_paired_by_round);
    tcase_add_test(cases, the_yardstick_decides_the_order);
    tcase_add_test(cases, a_round_without_its_pair_is_left_out);
    tcase_add_test(cases, who_cannot_be_told_from_the_ends_is_named);
    tcase_add_test(cases, a_server_without_cpu_time_is_not_the_cheapest);
    tcase_add_test(cases, blocking_has_the_reason_that_fits);
    tcase_add_test(cases, select_is_blamed_only_when_full);
    tcase_add_test(cases, lost_is_not_the_same_as_not_connected);
    tcase_add_test(cases, one_client_is_no_clients);
    tcase_add_test(cases, p99_is_never_below_99_of_100);
    tcase_add_test(cases, wait_says_one_at_a_time_only_of_that);
    tcase_add_test(cases, work_counts_cpus_from_1_2_on);
    tcase_add_test(cases, the_silent_cost_from_half_more_on);
    tcase_add_test(cases, few_pages_are_a_bound_and_less_is_nothing);
    tcase_add_test(cases, nothing_is_wider_than_the_table);
    tcase_add_test(cases, no_text_of_the_file_is_printed_raw);
    tcase_add_test(cases, a_skipped_scenario_takes_one_line);
    tcase_add_test(cases, each_scenario_says_what_it_shows);
    tcase_add_test(cases, bulk_ranks_only_what_differs);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
