/*
 * A window through JSON and back, as CSV, and a whole results file: what
 * was not measured never turns into 0, and no string breaks a line.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/results/csv.h"
#include "harness/results/results.h"
#include "tests/unit/run_suite.h"

/* A window with something in every field. */
static struct window
full_window(void)
{
    struct window window;

    window_clear(&window);
    snprintf(window.scenario, sizeof window.scenario, "%s", "idle");
    snprintf(window.model, sizeof window.model, "%s", "a,\"b\"");
    snprintf(window.layout, sizeof window.layout, "%s", "shared");
    snprintf(window.bound_by, sizeof window.bound_by, "%s", "server");
    window.clients = 1016;
    window.silent = 1000;
    window.round = 3;
    window.attempt = 2;
    window.causes = WINDOW_STOLEN | WINDOW_DRIFTED;
    window.cpus = 1;
    window.delay_ms = 5;
    window.work_us = 200;
    window.rate_per_s = 38400;
    window.rate_of_per_s = 51200;
    snprintf(window.rate_of, sizeof window.rate_of, "%s", "threaded");
    window.message_bytes = INT64_C(1) << 40;
    window_fail(&window, WINDOW_FAILED, "it said: \"%s\"\n\tand died",
                "no, \x1b[31m");
    for (int i = 0; i < WINDOW_FIGURES; i++) {
        window.figure[i] = i == 0 ? 1e9 : 1.0 / (i + 2);
    }
    window.figure[WINDOW_SYSCALLS_PER_ECHO] = NAN;
    window.figure[WINDOW_ERRORS] = 0;
    window.errors[ENGINE_RESET] = 7;
    window.errors[ENGINE_NO_PORTS] = 1;
    snprintf(window.stats, sizeof window.stats, "%s",
             "{\"accepted\":17,\"refused\":2}");
    return window;
}

/* The window after a journey through a line of JSON. */
static struct window
there_and_back(const struct window *window)
{
    char *line = NULL;
    size_t bytes = 0;
    size_t run_bytes;
    FILE *file = open_memstream(&line, &bytes);
    const struct run run = {.rounds = 6};
    struct results results;
    struct window back;

    ck_assert_int_eq(results_write_run(file, &run), 0);
    fflush(file);
    run_bytes = bytes;
    ck_assert_int_eq(results_write_window(file, window), 0);
    fclose(file);
    ck_assert_ptr_eq(strchr(line + run_bytes, '\n'), line + bytes - 1);
    file = fmemopen(line, bytes, "r");
    ck_assert_int_eq(results_read(file, &results), 0);
    fclose(file);
    ck_assert_uint_eq(results.nwindows, 1);
    back = results.windows[0];
    results_free(&results);
    free(line);
    return back;
}

START_TEST(every_field_survives_json)
{
    struct window window = full_window();
    struct window back = there_and_back(&window);

    ck_assert_str_eq(back.scenario, window.scenario);
    ck_assert_str_eq(back.model, window.model);
    ck_assert_str_eq(back.layout, window.layout);
    ck_assert_str_eq(back.bound_by, window.bound_by);
    ck_assert_str_eq(back.reason, window.reason);
    ck_assert_str_eq(back.stats, window.stats);
    ck_assert_int_eq(back.status, window.status);
    ck_assert_int_eq(back.clients, window.clients);
    ck_assert_int_eq(back.silent, window.silent);
    ck_assert_int_eq(back.round, window.round);
    ck_assert_int_eq(back.attempt, window.attempt);
    ck_assert_uint_eq(back.causes, window.causes);
    ck_assert_int_eq(back.cpus, window.cpus);
    ck_assert_int_eq(back.delay_ms, window.delay_ms);
    ck_assert_int_eq(back.work_us, window.work_us);
    ck_assert_int_eq(back.rate_per_s, window.rate_per_s);
    ck_assert_int_eq(back.rate_of_per_s, window.rate_of_per_s);
    ck_assert_str_eq(back.rate_of, window.rate_of);
    ck_assert_int_eq(back.message_bytes, window.message_bytes);
    ck_assert_mem_eq(back.errors, window.errors, sizeof back.errors);
    for (int i = 0; i < WINDOW_FIGURES; i++) {
        if (i != WINDOW_SYSCALLS_PER_ECHO) {
            ck_assert_double_eq_tol(back.figure[i], window.figure[i],
                                    1e-12 + fabs(window.figure[i]) * 1e-8);
        }
    }
}
END_TEST

/* Also through a file with windows around them. */
START_TEST(calls_survive_json)
{
    struct results results = {.nwindows = 0};
    struct results back;
    struct window window = full_window();
    struct calls calls;
    char *text = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&text, &bytes);

    calls_clear(&calls);
    snprintf(calls.scenario, sizeof calls.scenario, "idle");
    snprintf(calls.model, sizeof calls.model, "a,\"b\"");
    snprintf(calls.method, sizeof calls.method, "perf");
    calls.clients = 1016;
    calls.counted_clients = 16;
    calls.echoes = 1000;
    calls.per_echo = 2.5;
    calls_add(&calls, "recvfrom", 0.5);
    calls_add(&calls, "sendto", 0.75);
    calls_add(&calls, "recvfrom", 0.75);
    calls_finish(&calls);
    window.status = WINDOW_OK;
    window.rate_per_s = 0;
    results_write_run(file, &results.run);
    results_write_window(file, &window);
    results_write_calls(file, &calls);
    results_write_window(file, &window);
    fclose(file);
    file = fmemopen(text, bytes, "r");
    ck_assert_int_eq(results_read(file, &back), 0);
    fclose(file);
    ck_assert_uint_eq(back.nwindows, 2);
    ck_assert_uint_eq(back.ncalls, 1);
    ck_assert_str_eq(back.calls[0].method, "perf");
    ck_assert_int_eq(back.calls[0].counted_clients, 16);
    ck_assert_int_eq(back.calls[0].nnames, 3);
    ck_assert_str_eq(back.calls[0].names[0].name, "recvfrom");
    ck_assert_double_eq(back.calls[0].names[0].per_echo, 1.25);
    ck_assert_str_eq(back.calls[0].names[2].name, CALLS_OTHER);
    ck_assert_double_eq_tol(back.calls[0].names[2].per_echo, 0.5, 1e-9);
    ck_assert_double_eq(
        results_figure(&back, &back.windows[1], WINDOW_SYSCALLS_PER_ECHO),
        2.5);
    results_free(&back);
    results_free(&results);
    free(text);
}
END_TEST

START_TEST(missing_stays_missing_and_zero_stays_zero)
{
    struct window window = full_window();
    struct window back = there_and_back(&window);

    ck_assert_double_nan(back.figure[WINDOW_SYSCALLS_PER_ECHO]);
    ck_assert_double_eq(back.figure[WINDOW_ERRORS], 0);
}
END_TEST

START_TEST(a_reason_too_long_is_cut_not_overrun)
{
    struct window window = full_window();
    char long_word[2000];

    memset(long_word, 'x', sizeof long_word);
    long_word[sizeof long_word - 1] = '\0';
    window_fail(&window, WINDOW_INVALID, "%s", long_word);
    ck_assert_uint_eq(strlen(window.reason), WINDOW_REASON_BYTES - 1);
    ck_assert_int_eq(window.status, WINDOW_INVALID);
}
END_TEST

/* Read a results file given as text; the answer of results_read(). */
static long
read_text(const char *text, struct results *results)
{
    FILE *file = fmemopen((void *)text, strlen(text), "r");
    long line = results_read(file, results);

    fclose(file);
    return line;
}

#define RUN "{\"type\":\"run\",\"rounds\":6,\"cpu_model\":\"Abacus\"}\n"
#define WINDOW                                                               \
    "{\"type\":\"window\",\"scenario\":\"echo\","                            \
    "\"model\":\"m\",\"status\":\"ok\"}\n"

START_TEST(old_files_lack_keys_and_are_read)
{
    struct results results;

    ck_assert_int_eq(read_text(RUN WINDOW, &results), 0);
    ck_assert_uint_eq(results.nwindows, 1);
    ck_assert_str_eq(results.run.cpu_model, "Abacus");
    ck_assert_double_nan(results.windows[0].figure[WINDOW_P50_US]);
    results_free(&results);
}
END_TEST

START_TEST(a_killed_run_is_partial_and_readable)
{
    struct results results;

    ck_assert_int_eq(read_text(RUN WINDOW "{\"type\":\"wind", &results), 0);
    ck_assert_uint_eq(results.nwindows, 1);
    ck_assert(results.run.partial);
    results_free(&results);
    ck_assert_int_eq(read_text(RUN WINDOW "{\"type\":\"end\",\"partial\":"
                                          "false,\"seconds\":2,"
                                          "\"rounds\":4}\n",
                               &results),
                     0);
    ck_assert(!results.run.partial);
    ck_assert_int_eq(results.run.rounds, 4);
    results_free(&results);
}
END_TEST

START_TEST(what_is_no_results_file_is_refused_by_line)
{
    struct results results;

    ck_assert_int_eq(read_text(RUN "scenario,clients\n" WINDOW, &results), 2);
    ck_assert_int_eq(read_text(RUN WINDOW "{\"type\":\"x\"}\n", &results), 3);
    ck_assert_int_eq(read_text("[1]\n", &results), 1);
    ck_assert_int_eq(
        read_text("{\"type\":\"window\",\"scenario\":\"echo\",\"model\":"
                  "\"m\",\"status\":\"splendid\"}\n",
                  &results),
        1);
    ck_assert_ptr_null(results.windows);
}
END_TEST

/* Reads what must be refused at `line`. */
static void
assert_refused(const char *text, long line)
{
    struct results results;

    ck_assert_msg(read_text(text, &results) == line, "%s", text);
    ck_assert_ptr_null(results.windows);
    ck_assert_ptr_nonnull(results.problem);
}

#define END "{\"type\":\"end\",\"rounds\":1}\n"

START_TEST(a_file_begins_with_its_only_run)
{
    struct results results;

    assert_refused("x", 1);
    assert_refused("{\"type\":\"ru", 1);
    assert_refused(WINDOW, 1);
    assert_refused(END, 1);
    assert_refused(RUN WINDOW RUN WINDOW, 3);
    assert_refused(RUN WINDOW END RUN WINDOW, 4);
    ck_assert_int_eq(read_text(RUN RUN, &results), 2);
    ck_assert_ptr_nonnull(strstr(results.problem, "second run"));
    assert_refused(RUN WINDOW END WINDOW, 4);
    assert_refused(RUN WINDOW END "{\"type\"", 4);
    assert_refused(RUN WINDOW "garbage", 3);
    assert_refused(RUN "{\"type\":\n" WINDOW, 2);
}
END_TEST

#define NUMBER(key, value)                                                   \
    "{\"type\":\"window\",\"scenario\":\"echo\",\"model\":\"m\","            \
    "\"status\":\"ok\",\"" key "\":" value "}\n"

START_TEST(numbers_out_of_range_are_refused)
{
    struct results results;

    ck_assert_int_eq(read_text(RUN NUMBER("clients", "7"), &results), 0);
    ck_assert_int_eq(results.windows[0].clients, 7);
    results_free(&results);
    assert_refused(RUN NUMBER("clients", "99999999999"), 2);
    assert_refused(RUN NUMBER("clients", "-1"), 2);
    assert_refused(RUN NUMBER("round", "1.5"), 2);
    assert_refused(RUN NUMBER("silent", "\"7\""), 2);
    assert_refused(RUN NUMBER("message_bytes", "-1"), 2);
    assert_refused(RUN NUMBER("errors_by_kind", "{\"reset\":-3}"), 2);
    assert_refused("{\"type\":\"run\",\"rounds\":99999999999}\n", 1);
    assert_refused("{\"type\":\"run\",\"cores\":-2}\n", 1);
    assert_refused(RUN "{\"type\":\"end\",\"rounds\":-1}\n", 2);
}
END_TEST

/* As in the table; the median of 64, 1 and 64 would hide the round in which
 * 63 were left out. */
START_TEST(summary_says_whom_the_worst_round_served)
{
    struct results results = {0};
    struct summary summary;
    char *text = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&text, &bytes);

    for (int round = 1; round <= 3; round++) {
        struct window window = full_window();

        window.status = WINDOW_OK;
        window.used = true;
        window.round = round;
        window.attempt = 0;
        window.figure[WINDOW_ASKED] = 64;
        window.figure[WINDOW_SERVED] = round == 2 ? 1 : 64;
        ck_assert_int_eq(results_add(&results, &window), 0);
    }
    ck_assert_int_eq(summary_make(&results, &summary), 0);
    ck_assert_int_eq(csv_write_summary(file, &summary), 0);
    fclose(file);
    ck_assert_msg(strstr(text, ",3,shared,ok,64,1,") != NULL, "%s", text);
    summary_free(&summary);
    results_free(&results);
    free(text);
}
END_TEST

START_TEST(a_failed_row_has_no_figures_in_the_summary)
{
    struct window window = full_window();
    struct results results = {0};
    struct summary summary;
    char empty[96];
    char *text = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&text, &bytes);

    ck_assert_int_eq(results_add(&results, &window), 0);
    window.status = WINDOW_OK;
    snprintf(window.layout, sizeof window.layout, "%s", "a,b");
    snprintf(window.bound_by, sizeof window.bound_by, "%s", "c\"d");
    ck_assert_int_eq(results_add(&results, &window), 0);
    ck_assert_int_eq(csv_write_windows(file, &results), 0);
    ck_assert_int_eq(summary_make(&results, &summary), 0);
    ck_assert_int_eq(csv_write_summary(file, &summary), 0);
    fclose(file);
    ck_assert_ptr_nonnull(strstr(text, ",\"a,b\",ok,"));
    ck_assert_ptr_nonnull(strstr(text, ",\"c\"\"d\",38400,"));
    memset(empty, ',', sizeof empty);
    snprintf(empty + 47, sizeof empty - 47, "38400%.19s\n",
             ",,,,,,,,,,,,,,,,,,,");
    ck_assert_str_eq(strstr(text, ",1,shared,failed") + 16, empty);
    summary_free(&summary);
    results_free(&results);
    free(text);
}
END_TEST

START_TEST(csv_quotes_and_leaves_empty)
{
    struct window window = full_window();
    struct results results = {0};
    char *text = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&text, &bytes);
    const char *line;

    ck_assert_int_eq(results_add(&results, &window), 0);
    ck_assert_int_eq(csv_write_windows(file, &results), 0);
    fclose(file);
    line = strchr(text, '\n') + 1;
    ck_assert_msg(
        strncmp(text,
                "scenario,clients,model,round,layout,status,asked,served,"
                "echoes,seconds,echoes_per_s,p50_us,p99_us,p999_us,max_us,"
                "server_cpu_us_per_echo,floor_us,cpu_over_floor,"
                "syscalls_per_echo,switches_per_echo,rss_kib_per_client,"
                "errors,bound_by,rate_per_s,offered_per_s,reached_share,"
                "service_p50_us,service_p99_us,lag_p99_us,unfinished,"
                "saturated\n",
                (size_t)(line - text)) == 0,
        "%s", text);
    ck_assert_str_eq(line,
                     "idle,1016,\"a,\"\"b\"\"\",3,shared,failed,1000000000,"
                     "0.333333333,0.25,0.2,0.166666667,0.142857143,0.125,"
                     "0.111111111,0.1,0.0909090909,0.0833333333,"
                     "0.0769230769,,0.0666666667,0.0625,"
                     "0,server,38400,0.0277777778,0.027027027,"
                     "0.0263157895,0.0256410256,0.025,0.05,yes\n");
    results_free(&results);
    free(text);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("window");
    TCase *cases = tcase_create("all");

    tcase_add_test(cases, every_field_survives_json);
    tcase_add_test(cases, calls_survive_json);
    tcase_add_test(cases, missing_stays_missing_and_zero_stays_zero);
    tcase_add_test(cases, a_reason_too_long_is_cut_not_overrun);
    tcase_add_test(cases, old_files_lack_keys_and_are_read);
    tcase_add_test(cases, a_killed_run_is_partial_and_readable);
    tcase_add_test(cases, what_is_no_results_file_is_refused_by_line);
    tcase_add_test(cases, a_file_begins_with_its_only_run);
    tcase_add_test(cases, numbers_out_of_range_are_refused);
    tcase_add_test(cases, a_failed_row_has_no_figures_in_the_summary);
    tcase_add_test(cases, summary_says_whom_the_worst_round_served);
    tcase_add_test(cases, csv_quotes_and_leaves_empty);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
