/*
 * test_saved.c: files of runs and curves of percentiles.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/load/load.h"
#include "tests/unit/run_suite.h"

static struct saved_run run;
static struct saved_run again;
static char text[1 << 20];
static char reason[SAVED_REASON_BYTES];

/* A run with something different in each field. */
static void
make_run(struct saved_run *whole)
{
    struct engine_result *made = &whole->result;
    memset(whole, 0, sizeof *whole);
    strcpy(whole->target, "[::1]:5566");
    whole->begun_ms = INT64_C(1700000000123);
    whole->options.clients = 60;
    whole->options.silent_clients = 4;
    whole->options.message_bytes = 65;
    whole->options.churn = true;
    whole->options.handshake = true;
    whole->options.window_ns = INT64_C(5000000000);
    whole->options.echoes_max = 15;
    whole->options.timeout_ns = 16;
    whole->options.rate_per_s = 1000.0 / 3;
    whole->options.arrivals = SCHEDULE_FIXED;
    made->asked = 64;
    made->connected = 63;
    made->served = 62;
    made->echoes = INT64_C(1234567890123456789);
    made->echoes_total = 5;
    made->bytes = 6;
    made->unfinished = 7;
    made->stalled = 12;
    made->stalled_inside = 13;
    made->stalled_behind = 14;
    made->turned_away = 14;
    made->oldest_ns = 8;
    made->arrivals = 9;
    made->window_ns = INT64_C(5000000001);
    made->client_cpu_ns = 11;
    made->errors[ENGINE_RESET] = 3;
    made->errors[ENGINE_CLIENT_LATE] = 1;
    for (unsigned i = 1; i <= 5000; i++) {
        histogram_record(&made->latency, (int64_t)i * i);
        histogram_record(&made->response, (int64_t)i * 1000);
    }
    histogram_record(&made->lag, 77);
    made->interrupted = true;
}

static void
save(const struct saved_run *from)
{
    FILE *stream = fmemopen(text, sizeof text, "w");
    saved_write(stream, from);
    fclose(stream);
}

static int
load_again(size_t bytes)
{
    FILE *stream = fmemopen(text, bytes, "r");
    int status = saved_read(stream, &again, reason);
    fclose(stream);
    return status;
}

TEST(what_is_saved_is_read)
{
    make_run(&run);
    save(&run);
    ck_assert_msg(load_again(strlen(text)) == 0, "%s", reason);
    ck_assert_mem_eq(&again, &run, sizeof run);
}

/* Cut off anywhere, it is no result. */
TEST(cut_files_are_refused)
{
    make_run(&run);
    save(&run);
    size_t whole = strlen(text) - 1; /* without the newline */
    for (size_t bytes = 1; bytes < whole; bytes += 1 + whole / 500) {
        ck_assert_int_eq(load_again(bytes), -1);
    }
}

/* In a good file, one piece is put in the place of another; then it is one no
 * more, and why is said. */
static const struct {
    const char *piece;  /* of the good file */
    const char *other;  /* in its place */
    const char *reason; /* part of what must be said */
} damages[] = {
    {"{\"fiveways", "fiveways saved run 3\n{\"fiveways", "older edition"},
    {"_run\": 6", "_run\": 5", "older edition"},
    {"fiveways_saved_run", "something_else", "not saved by load"},
    {"[::1]:5566", "\\u001b[31m", "is target"},
    {"\"[::1]:5566\"", "17", "is target"},
    {"\"echoes_total\": 5, ", "", "is echoes_total"},
    {"\"echoes_total\": 5", "\"connected\": 5", "not saved by load"},
    {"\"echoes_total\": 5", "\"echoes_total\": -5", "is echoes_total"},
    {"\"echoes_total\": 5", "\"echoes_total\": 5.0", "is echoes_total"},
    {"\"echoes_total\": 5", "\"echoes_total\": \"5\"", "is echoes_total"},
    {"\"asked\": 64", "\"asked\": 2000000000", "is asked"},
    {"\"churn\": true", "\"churn\": 1", "is churn"},
    {"\"sum_ns\": 77.0", "\"sum_ns\": -77.0", "is lag"},
    {"\"reset\": 3", "\"reset\": -3", "is errors"},
    {"\"reset\": 3", "\"nonsense\": 3", "is errors"},
    {"\"lag\"", "\"log\"", "is lag"},
    {"\"max_ns\": 77", "\"most_ns\": 77", "is lag"},
    {"[77, 1]", "[-1, 1]", "is lag"},
    {"[77, 1]", "[999999, 1]", "is lag"},
    {"[77, 1]", "[77, 1, 77, 1]", "is lag"},
    {"[77, 1]", "[77]", "is lag"},
    {"[77, 1]", "77", "is lag"},
};

TEST_EACH(damaged_files_are_refused, damages)
{
    static char changed[sizeof text];
    make_run(&run);
    save(&run);
    char *at = strstr(text, damages[_i].piece);
    ck_assert_ptr_nonnull(at);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text,
             damages[_i].other, at + strlen(damages[_i].piece));
    snprintf(text, sizeof text, "%s", changed);
    ck_assert_int_eq(load_again(strlen(text)), -1);
    ck_assert_msg(strstr(reason, damages[_i].reason) != NULL, "%s", reason);
}

/* ---- curves ------------------------------------------------------------ */

static void
draw(const struct histogram *histogram)
{
    FILE *stream = fmemopen(text, sizeof text, "w");
    percentiles_write(stream, histogram);
    fclose(stream);
}

/* Each line is as the format wants it; values and counts go up, and the last
 * one is all. */
TEST(curve_is_a_curve)
{
    static const struct histogram nothing;
    double last_us = 0;
    double last_share = -1;
    unsigned long long last_count = 0;
    int lines = 0;
    make_run(&run);
    draw(&run.result.response);
    char *rest = NULL;
    char *line = strtok_r(text, "\n", &rest);
    ck_assert_ptr_nonnull(strstr(line, "1/(1-Percentile)"));
    while ((line = strtok_r(NULL, "\n", &rest)) != NULL && line[0] != '#') {
        double us;
        double share;
        double inverse;
        unsigned long long count;
        int numbers =
            sscanf(line, "%lf %lf %llu %lf", &us, &share, &count, &inverse);
        ck_assert_int_eq(numbers, share < 1 ? 4 : 3);
        /* It begins with a value that there was. */
        ck_assert_double_gt(us, 0);
        ck_assert_uint_gt(count, 0);
        ck_assert_double_ge(us, last_us);
        ck_assert_double_gt(share, last_share);
        ck_assert_uint_ge(count, last_count);
        ck_assert_double_ge((double)count, share * 5000 - 1e-6);
        last_us = us;
        last_share = share;
        last_count = count;
        lines++;
    }
    ck_assert_double_eq(last_us, 5000);
    ck_assert_double_eq(last_share, 1);
    ck_assert_uint_eq(last_count, 5000);
    ck_assert_int_ge(lines, 50);
    ck_assert_int_le(lines, 100);
    ck_assert_ptr_nonnull(strstr(rest, "5000.000, Total count"));
    draw(&nothing);
    ck_assert_ptr_nonnull(strstr(text, "#[Max"));
    ck_assert_ptr_null(strstr(text, "nan"));
}
