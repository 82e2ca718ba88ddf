/*
 * test_units.c: numbers as people write and read them.
 */
#include <check.h>
#include <math.h>
#include <string.h>

#include "harness/base/base.h"
#include "tests/unit/run_suite.h"

enum kind {
    COUNT,
    BYTES,
    TIME,
    NUMBER,
};

static int (*const parsers[])(const char *, int64_t *) = {
    [COUNT] = units_parse_count,
    [BYTES] = units_parse_bytes,
    [TIME] = units_parse_time,
};

static char *(*const formatters[])(char *, double) = {
    [COUNT] = units_format_count,
    [BYTES] = units_format_bytes,
    [TIME] = units_format_time,
    [NUMBER] = units_format_number,
};

/* ---- reading ----------------------------------------------------------- */

struct reading {
    enum kind kind;   /* which function */
    const char *text; /* what it reads */
    int64_t value;    /* what that means */
};

static const struct reading readings[] = {
    {COUNT, "0", 0},
    {COUNT, "64", 64},
    {COUNT, "10k", 10000},
    {COUNT, "1.5M", 1500000},
    {COUNT, "2G", 2000000000},
    {COUNT, "4Ki", 4096},
    {COUNT, "1.50", -1},
    {COUNT, "1.5", -1},
    {COUNT, "1.1k", 1100},
    {COUNT, "0.3Ki", -1},
    {COUNT, "9223372036854775807", INT64_MAX},
    {COUNT, "9223372036854775808", -1},
    {COUNT, "9223372036854775807k", -1},
    {COUNT, "99999999999999999999999999", -1},
    {COUNT, "0.99999999999999999999999999", -1},
    {COUNT, "", -1},
    {COUNT, "k", -1},
    {COUNT, ".5k", -1},
    {COUNT, "5.k", -1},
    {COUNT, "1..5k", -1},
    {COUNT, "1.5.5k", -1},
    {COUNT, "1,5k", -1},
    {COUNT, "-1", -1},
    {COUNT, "+1", -1},
    {COUNT, " 1", -1},
    {COUNT, "1 ", -1},
    {COUNT, "1 k", -1},
    {COUNT, "1K", -1},
    {COUNT, "1kB", -1},
    {COUNT, "1e3", -1},
    {COUNT, "0x10", -1},
    {COUNT, "nan", -1},
    {COUNT, "ten", -1},
    {BYTES, "64", 64},
    {BYTES, "64B", 64},
    {BYTES, "1k", 1000},
    {BYTES, "1kB", 1000},
    {BYTES, "64KiB", 65536},
    {BYTES, "64Ki", 65536},
    {BYTES, "1MB", 1000000},
    {BYTES, "1MiB", 1048576},
    {BYTES, "1.5KiB", 1536},
    {BYTES, "1GiB", 1073741824},
    {BYTES, "1KB", -1},
    {BYTES, "1ms", -1},
    {BYTES, "1KiBB", -1},
    {TIME, "0", 0},
    {TIME, "0s", 0},
    {TIME, "10ns", 10},
    {TIME, "50us", 50000},
    {TIME, "50\u00b5s", 50000},
    {TIME, "200ms", 200000000},
    {TIME, "5s", INT64_C(5000000000)},
    {TIME, "0.5s", 500000000},
    {TIME, "1m", INT64_C(60000000000)},
    {TIME, "0.1ns", -1},
    {TIME, "5", -1},
    {TIME, "5sec", -1},
    {TIME, "s", -1},
    {TIME, "-5s", -1},
    {TIME, "153722868m", -1},
    {TIME, "153722867m", INT64_C(153722867) * 60 * 1000000000},
};
enum {
    READINGS = sizeof readings / sizeof readings[0]
};

START_TEST(reads)
{
    const struct reading *reading = &readings[_i];
    int64_t value = 4711;
    int status = parsers[reading->kind](reading->text, &value);
    if (reading->value == -1) {
        ck_assert_msg(status == -1, "'%s' was read as %lld", reading->text,
                      (long long)value);
        ck_assert_int_eq(value, 4711);
        return;
    }
    ck_assert_msg(status == 0 && value == reading->value,
                  "'%s' was read as %lld, status %d", reading->text,
                  (long long)value, status);
}
END_TEST

/* ---- writing ----------------------------------------------------------- */

struct writing {
    enum kind kind;   /* which function */
    double value;     /* what it writes */
    const char *text; /* how */
};

static const struct writing writings[] = {
    {COUNT, 0, "0"},
    {COUNT, 7, "7"},
    {COUNT, 999, "999"},
    {COUNT, 1000, "1.00k"},
    {COUNT, 94800, "94.8k"},
    {COUNT, 94849, "94.8k"},
    {COUNT, 999499, "999k"},
    {COUNT, 999500, "1.00M"},
    {COUNT, 999999, "1.00M"},
    {COUNT, 1234567, "1.23M"},
    {COUNT, 5e9, "5.00G"},
    {COUNT, 2.5, "2.50"},
    {COUNT, 999.7, "1.00k"},
    {COUNT, -94800, "-94.8k"},
    {COUNT, NAN, "-"},
    {COUNT, INFINITY, "-"},
    {BYTES, 0, "0 B"},
    {BYTES, 64, "64 B"},
    {BYTES, 1000, "1000 B"},
    {BYTES, 1023, "1023 B"},
    {BYTES, 1024, "1.00 KiB"},
    {BYTES, 65536, "64.0 KiB"},
    {BYTES, 524288, "512 KiB"},
    {BYTES, 1048575, "1.00 MiB"},
    {BYTES, 1048576, "1.00 MiB"},
    {BYTES, 1e10, "9.31 GiB"},
    {TIME, 0, "0 ns"},
    {TIME, 750, "750 ns"},
    {TIME, 28.4, "28.4 ns"},
    {TIME, 12345, "12.3 us"},
    {TIME, 1.9e6, "1.90 ms"},
    {TIME, 999999, "1.00 ms"},
    {TIME, 5e9, "5.00 s"},
    {TIME, 68719476735.0, "68.7 s"},
    {TIME, 86400e9, "86400 s"},
    {NUMBER, 0, "0"},
    {NUMBER, 0.0123, "0.0123"},
    {NUMBER, 0.5, "0.500"},
    {NUMBER, 1, "1.00"},
    {NUMBER, 1.234, "1.23"},
    {NUMBER, 9.999, "10.0"},
    {NUMBER, 12.34, "12.3"},
    {NUMBER, 123.4, "123"},
    {NUMBER, 999.6, "1000"},
    {NUMBER, 1234, "1230"},
    {NUMBER, -1.5, "-1.50"},
    {NUMBER, 1e-12, "0"},
    {NUMBER, 1.5e-9, "0.00000000150"},
    {NUMBER, NAN, "-"},
};
enum {
    WRITINGS = sizeof writings / sizeof writings[0]
};

START_TEST(writes)
{
    const struct writing *writing = &writings[_i];
    char text[UNITS_TEXT_BYTES];
    ck_assert_ptr_eq(formatters[writing->kind](text, writing->value), text);
    ck_assert_msg(strcmp(text, writing->text) == 0, "%g: '%s', not '%s'",
                  writing->value, text, writing->text);
}
END_TEST

/* A buffer of UNITS_TEXT_BYTES is always enough. */
START_TEST(nothing_is_too_long)
{
    for (int exponent = -320; exponent <= 308; exponent++) {
        for (int kind = COUNT; kind <= NUMBER; kind++) {
            char text[UNITS_TEXT_BYTES + 1];
            double value = -9.99 * pow(10, exponent);
            memset(text, '#', sizeof text);
            formatters[kind](text, value);
            ck_assert_int_lt(strlen(text), UNITS_TEXT_BYTES);
            ck_assert_int_eq(text[UNITS_TEXT_BYTES], '#');
        }
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("units");
    TCase *tests = tcase_create("units");
    tcase_add_loop_test(tests, reads, 0, READINGS);
    tcase_add_loop_test(tests, writes, 0, WRITINGS);
    tcase_add_test(tests, nothing_is_too_long);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
