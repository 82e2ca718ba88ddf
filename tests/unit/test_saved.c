/*
 * test_saved.c: files of runs and curves of percentiles.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/load/crew.h"
#include "harness/load/percentiles.h"
#include "harness/load/saved.h"
#include "tests/unit/run_suite.h"

static struct engine_result result;
static struct engine_result again;
static char text[1 << 20];

/* A result with something different in each field. */
static void
make_result(struct engine_result *made, unsigned seed)
{
    memset(made, 0, sizeof *made);
    made->asked = 64;
    made->connected = 63;
    made->served = 62;
    made->echoes = UINT64_C(12345678901234567890);
    made->echoes_total = 5;
    made->bytes = 6;
    made->unfinished = 7;
    made->stalled = 12;
    made->stalled_inside = 13;
    made->turned_away = 14;
    made->oldest_ns = 8;
    made->arrivals = 9;
    made->window_ns = INT64_C(5000000001);
    made->client_cpu_ns = 11;
    made->errors[ENGINE_RESET] = 3;
    made->errors[ENGINE_CLIENT_LATE] = 1;
    for (unsigned i = 1; i <= 5000; i++) {
        histogram_record(&made->latency, (int64_t)i * i * seed);
        histogram_record(&made->response, (int64_t)i * 1000 * seed);
    }
    histogram_record(&made->lag, 77);
}

static void
save(const struct engine_result *from)
{
    FILE *stream = fmemopen(text, sizeof text, "w");
    saved_write(stream, from);
    fclose(stream);
}

static int
load_again(size_t bytes)
{
    FILE *stream = fmemopen(text, bytes, "r");
    int status = saved_read(stream, &again);
    fclose(stream);
    return status;
}

START_TEST(what_is_saved_is_read)
{
    make_result(&result, 1);
    save(&result);
    ck_assert_int_eq(load_again(strlen(text)), 0);
    ck_assert_mem_eq(&again, &result, sizeof result);
}
END_TEST

/* Adding up files is adding up runs. */
START_TEST(sums_are_exact)
{
    static struct engine_result other;
    static struct engine_result sum;
    make_result(&result, 1);
    make_result(&other, 3);
    save(&other);
    ck_assert_int_eq(load_again(strlen(text)), 0);
    sum = result;
    crew_add_result(&sum, &other);
    crew_add_result(&result, &again);
    ck_assert_mem_eq(&result, &sum, sizeof sum);
    ck_assert_uint_eq(sum.response.count, 10000);
}
END_TEST

/* Cut off anywhere, it is no result. */
START_TEST(cut_files_are_refused)
{
    make_result(&result, 1);
    save(&result);
    size_t whole = strlen(text);
    for (size_t bytes = 1; bytes < whole; bytes += 1 + whole / 500) {
        ck_assert_int_eq(load_again(bytes), -1);
    }
}
END_TEST

static const char *const wrong_files[] = {
    "hello\n",
    "fiveways saved run 2\nend\n",
    "fiveways saved run 1\n5 5\nend\n",
    "fiveways saved run 1\nechoes\nend\n",
    "fiveways saved run 1\nerror nonsense 5\nend\n",
    "fiveways saved run 1\nhistogram nonsense 0 0 0 0x0p+0\nend\n",
    "fiveways saved run 1\nhistogram lag 1 0 0 0x0p+0\nend\n",
    "fiveways saved run 1\nhistogram lag 1 0 0 0x0p+0\n-1 1\nend\n",
    "fiveways saved run 1\nhistogram lag 1 0 0 0x0p+0\n999999 1\nend\n",
};

START_TEST(wrong_files_are_refused)
{
    snprintf(text, sizeof text, "%s", wrong_files[_i]);
    ck_assert_int_eq(load_again(strlen(text)), -1);
}
END_TEST

/* ---- curves -------------------------------------------------------------
 */

static void
draw(const struct histogram *histogram)
{
    FILE *stream = fmemopen(text, sizeof text, "w");
    percentiles_write(stream, histogram);
    fclose(stream);
}

/* Each line is as the format wants it; values and counts go up, and the last
 * one is all. */
START_TEST(curve_is_a_curve)
{
    double last_us = 0;
    double last_share = -1;
    unsigned long long last_count = 0;
    int lines = 0;
    make_result(&result, 1);
    draw(&result.response);
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
}
END_TEST

START_TEST(curve_of_nothing)
{
    static const struct histogram empty;
    draw(&empty);
    ck_assert_ptr_nonnull(strstr(text, "#[Max"));
    ck_assert_ptr_null(strstr(text, "nan"));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("saved");
    TCase *tests = tcase_create("saved");
    tcase_add_test(tests, what_is_saved_is_read);
    tcase_add_test(tests, sums_are_exact);
    tcase_add_test(tests, cut_files_are_refused);
    tcase_add_loop_test(tests, wrong_files_are_refused, 0,
                        sizeof wrong_files / sizeof wrong_files[0]);
    tcase_add_test(tests, curve_is_a_curve);
    tcase_add_test(tests, curve_of_nothing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
