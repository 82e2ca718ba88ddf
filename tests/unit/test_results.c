/*
 * test_results.c: the file, its records, both CSVs.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/results/results.h"
#include "tests/unit/made.h"
#include "tests/unit/run_suite.h"

#define RUN "{\"type\":\"run\",\"edition\":2}\n"
#define LIFE                                                                 \
    "{\"type\":\"life\",\"scenario\":\"echo\",\"model\":\"a\","              \
    "\"status\":\"ok\"}\n"
#define END "{\"type\":\"end\",\"partial\":false,\"seconds\":1,\"lives\":2}\n"

static const char *
read_text(const char *text, struct results *results)
{
    FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
    const char *problem;

    ck_assert_ptr_nonnull(file);
    problem = results_read(file, results);
    fclose(file);
    return problem;
}

/* The text of a whole file, of one record each. */
static char *
write_all(const struct results *results)
{
    char *text = NULL;
    size_t bytes;
    FILE *file = open_memstream(&text, &bytes);

    ck_assert_int_eq(results_write(file, RECORD_RUN, &results->run), 0);
    ck_assert_int_eq(results_write(file, RECORD_LIFE, results->lives), 0);
    ck_assert_int_eq(results_write(file, RECORD_SLICE, results->slices), 0);
    ck_assert_int_eq(results_write(file, RECORD_CALLS, results->calls), 0);
    ck_assert_int_eq(results_write(file, RECORD_STEP, results->steps), 0);
    ck_assert_int_eq(results_write(file, RECORD_END, &results->run), 0);
    fclose(file);
    return text;
}

TEST(what_is_written_is_read)
{
    struct life life = made_life("a");
    struct slice slice = {.scenario = "echo",
                          .model = "floor",
                          .block = 7,
                          .server_cpu_us = NAN,
                          .gap_ms = 1.5,
                          .stalled = true};
    struct step step = {.model = "a",
                        .thread = 2,
                        .client = "B",
                        .call = "recvfrom",
                        .begin_ms = 1.25,
                        .lasted_ms = 60,
                        .result = NAN};
    struct calls calls;
    struct results whole = {
        .run = {.seed = INT64_C(1) << 40,
                .commit = "v1-2-gabc",
                .seconds = 12.5},
        .lives = &life,
        .slices = &slice,
        .calls = &calls,
        .steps = &step,
    };
    struct results results;
    char *text;
    char *again;

    life.churn = true;
    life.status = LIFE_FAILED;
    life.errors[0] = 4;
    strcpy(life.reason, "it \"died\", with\nnews");
    strcpy(life.stats, "{\"bytes_in\":5}");
    calls_clear(&calls);
    strcpy(calls.scenario, "echo");
    strcpy(calls.model, "a");
    calls.per_echo = 3;
    calls_add(&calls, "read", 1);
    calls_add(&calls, "write", 2);
    calls_add(&calls, "write", -0.5);
    calls_finish(&calls);
    text = write_all(&whole);
    ck_assert_ptr_null(read_text(text, &results));
    again = write_all(&results);
    ck_assert_str_eq(again, text);
    ck_assert(results.run.seed == INT64_C(1) << 40 && !results.run.partial);
    ck_assert(results.lives[0].churn && !results.lives[0].handshake);
    ck_assert_int_eq(results.lives[0].status, LIFE_FAILED);
    ck_assert_double_eq(results.lives[0].figure[LIFE_P50_US], 700);
    ck_assert_double_nan(results.lives[0].figure[LIFE_MAX_US]);
    ck_assert(results.slices[0].stalled && results.slices[0].block == 7);
    ck_assert_double_nan(results.slices[0].server_cpu_us);
    ck_assert_int_eq(results.calls[0].nnames, 3);
    ck_assert_str_eq(results.calls[0].names[0].name, "write");
    ck_assert_str_eq(results.calls[0].names[2].name, CALLS_OTHER);
    ck_assert_double_eq(results.calls[0].names[2].per_echo, 0.5);
    ck_assert_str_eq(results.steps[0].call, "recvfrom");
    ck_assert_str_eq(results.steps[0].client, "B");
    ck_assert_int_eq(results.steps[0].thread, 2);
    ck_assert_double_eq(results.steps[0].begin_ms, 1.25);
    ck_assert_double_nan(results.steps[0].result);
    results_free(&results);
    free(text);
    free(again);
}

static const struct {
    const char *text;
    long line;
    const char *problem;
} wrong[] = {
    {"x\n", 1, "is not JSON"},
    {LIFE, 1, "is not the description of a run"},
    {"{\"type\":\"run\"}\n", 1, "older edition"},
    {"{\"type\":\"run\",\"edition\":3}\n", 1, "edition"},
    {"{\"type\":\"run\",\"edition\":2,\"cores\":-1}\n", 1, "description"},
    {RUN LIFE RUN, 3, "second run"},
    {RUN END LIFE, 3, "after the end"},
    {RUN "{\"type\":\"window\"}\n", 2, "not a line of results"},
    {RUN "{\"type\":\"life\",\"model\":\"a\",\"status\":\"ok\"}\n", 2,
     "not a life"},
    {RUN "{\"type\":\"life\",\"scenario\":\"e\",\"model\":\"a\"}\n", 2,
     "not a life"},
    {RUN "{\"type\":\"slice\",\"scenario\":\"e\",\"model\":\"a\","
         "\"block\":1000000001}\n",
     2, "out of range"},
    {RUN "{\"type\":\"calls\",\"scenario\":\"e\",\"model\":\"a\","
         "\"clients\":1.5}\n",
     2, "out of range"},
    {RUN "{\"type\":\"end\",\"lives\":-1}\n", 2, "out of range"},
    {RUN "[]\n", 2, "not a line of results"},
};

TEST_EACH(what_is_wrong_is_refused_by_its_line, wrong)
{
    struct results results;
    const char *problem = read_text(wrong[_i].text, &results);
    long line = 0;

    ck_assert_ptr_nonnull(problem);
    ck_assert_int_eq(sscanf(problem, "line %ld", &line), 1);
    ck_assert_int_eq(line, wrong[_i].line);
    ck_assert_msg(strstr(problem, wrong[_i].problem), "%s", problem);
    ck_assert_ptr_null(results.lives);
}

TEST(more_calls_than_there_is_room_for_are_counted_together)
{
    struct calls calls;
    double sum = 0;

    calls_clear(&calls);
    calls.per_echo = 60;
    for (int i = 0; i < 60; i++) {
        char name[24];

        snprintf(name, sizeof name, "call_%d", i);
        calls_add(&calls, name, 1);
    }
    calls_finish(&calls);
    ck_assert_int_eq(calls.nnames, CALLS_NAMES_MAX);
    for (int i = 0; i < calls.nnames; i++) {
        sum += calls.names[i].per_echo;
    }
    ck_assert_double_eq_tol(sum, 60, 1e-9);
}

/* A latency of those who were served is not the server's: in no file. */
TEST(test_csv_says_who_starved_and_has_no_latency_of_it)
{
    struct life life = made_life("starved");
    FILE *file = made_print();

    life.figure[LIFE_SERVED] = 1;
    made_add(&made.results, &life, 5);
    made_summary();
    ck_assert_int_eq(csv_write_lives(file, &made.results), 0);
    ck_assert_int_eq(csv_write_summary(file, &made.summary), 0);
    fclose(file);
    assert_has(",1,shared,CPU,ok,yes,,64,1,");
    assert_has(",2,shared,CPU,ok,yes,,64,1,");
    assert_has_not(",700,");
    made_end();
}
