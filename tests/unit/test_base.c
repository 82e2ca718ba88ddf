/*
 * test_base.c: numbers as people write and read them; the queue of points in
 * time.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/base.h"
#include "tests/unit/run_suite.h"

enum {
    MANY = 500,
    STEPS = 20000
};

/* The rows of the tables below. */
enum {
    NUMBER = UNITS_NONE,
    COUNT = UNITS_COUNT,
    BYTES = UNITS_BYTES,
    TIME = UNITS_TIME,
};

/* ---- reading and writing ----------------------------------------------- */

/* By kind: what is read, and what it means, with a bar between them. */
static const char *const readings[] = {
    [NUMBER] = "0=0|17=17|9223372036854775807=9223372036854775807",
    [COUNT] = "0=0|10k=10000|1.5M=1500000|2G=2000000000|4Ki=4096|1.1k=1100|"
              "9223372036854775807=9223372036854775807",
    [BYTES] = "64=64|64B=64|1k=1000|1kB=1000|64KiB=65536|1MiB=1048576|"
              "1.5KiB=1536",
    [TIME] = "0=0|0s=0|10ns=10|50us=50000|50\u00b5s=50000|200ms=200000000|"
             "0.5s=500000000|1m=60000000000|"
             "9223372036.854775807s=9223372036854775807|"
             "153722867m=9223372020000000000",
};

/* What is not. */
static const char *const refused[] = {
    [NUMBER] = "|1k|1.5|1.0|x|7 |-5|9223372036854775808",
    [COUNT] = "1.50|1.5|0.3Ki|9223372036854775808|9223372036854775807k|"
              "99999999999999999999999999|0.99999999999999999999999999||k|"
              ".5k|5.k|1..5k|1.5.5k|1,5k|-1|+1| 1|1 |1 k|1K|1kB|1e3|0x10|"
              "1.-5k|1.+5k|1. 5k|nan|ten",
    [BYTES] = "1KB|1ms|1KiBB",
    [TIME] = "0.1ns|5|5sec|s|-5s|153722868m|0.0|00",
};

/* What is written, and how. */
static const char *const writings[] = {
    [NUMBER] = "0=0|0.0123=0.0123|0.5=0.500|9.999=10.0|123.4=123|"
               "999.6=1000|1234=1230|-1.5=-1.50|1e-12=0|"
               "1.5e-9=0.00000000150|nan=-",
    [COUNT] = "0=0|999=999|1000=1.00k|94849=94.8k|999499=999k|999500=1.00M|"
              "5e9=5.00G|2.5=2.50|999.7=1.00k|-94800=-94.8k|nan=-|inf=-",
    [BYTES] = "0=0 B|1000=1000 B|1023=1023 B|1024=1.00 KiB|65536=64.0 KiB|"
              "524288=512 KiB|1048575=1.00 MiB|1e10=9.31 GiB",
    [TIME] = "0=0 ns|28.4=28.4 ns|1.9e6=1.90 ms|999999=1.00 ms|5e9=5.00 s|"
             "68719476735=68.7 s|86400e9=86400 s",
};

TEST_EACH(reads, readings)
{
    char *rest = strdupa(readings[_i]);
    char *text;

    while ((text = strsep(&rest, "|"))) {
        int64_t value = -1;
        char *meaning = strchr(text, '=');

        *meaning++ = '\0';
        ck_assert_int_eq(units_parse(text, (enum units)_i, &value), 0);
        ck_assert_msg(value == strtoll(meaning, NULL, 10),
                      "'%s' was read as %lld", text, (long long)value);
    }
}

TEST_EACH(refuses, refused)
{
    char *rest = strdupa(refused[_i]);
    const char *text;

    while ((text = strsep(&rest, "|"))) {
        int64_t value = 4711;

        ck_assert_msg(units_parse(text, (enum units)_i, &value) == -1,
                      "'%s' was read as %lld", text, (long long)value);
        ck_assert_int_eq(value, 4711);
    }
}

TEST_EACH(writes, writings)
{
    char text[UNITS_TEXT_BYTES];
    char *rest = strdupa(writings[_i]);
    char *wanted;

    while ((wanted = strsep(&rest, "|"))) {
        double value = strtod(wanted, &wanted);

        ck_assert_ptr_eq(units_format(text, value, (enum units)_i), text);
        ck_assert_msg(strcmp(text, wanted + 1) == 0, "%g: '%s', not '%s'",
                      value, text, wanted + 1);
    }
}

/* A buffer of UNITS_TEXT_BYTES is always enough. */
TEST(nothing_is_too_long)
{
    for (int exponent = -320; exponent <= 308; exponent++) {
        for (int kind = NUMBER; kind <= TIME; kind++) {
            char text[UNITS_TEXT_BYTES + 1];
            double value = -9.99 * pow(10, exponent);
            memset(text, '#', sizeof text);
            units_format(text, value, (enum units)kind);
            ck_assert_int_lt(strlen(text), UNITS_TEXT_BYTES);
            ck_assert_int_eq(text[UNITS_TEXT_BYTES], '#');
        }
    }
}

/* ---- the queue --------------------------------------------------------- */

/* The heap is in order after each step, also when the place of one that is
 * taken out of its middle is filled from another branch: what comes there may
 * be due sooner than its new parent. */
TEST(random_operations_keep_the_soonest_first)
{
    static struct deadline all[MANY];
    struct deadline_queue queue = {0};
    size_t count = 0;
    int wrong = 0;

    srand(7);
    for (int step = 0; step < STEPS && wrong == 0; step++) {
        struct deadline *one = &all[rand() % MANY];

        count -= one->position != 0;
        if (rand() % 3 == 0) {
            deadline_remove(&queue, one);
            ck_assert_uint_eq(one->position, 0);
        } else {
            ck_assert_int_eq(deadline_set(&queue, one, rand() % 1000), 0);
            count++;
        }
        ck_assert_uint_eq(queue.count, count);
        ck_assert_ptr_eq(deadline_first(&queue),
                         count > 0 ? queue.heap[1] : NULL);
        for (size_t i = 1; i <= count; i++) {
            wrong +=
                queue.heap[i]->position != i ||
                (i > 1 && queue.heap[i]->at_ns < queue.heap[i / 2]->at_ns);
        }
    }
    ck_assert_int_eq(wrong, 0);
    deadline_queue_free(&queue);
}

TEST(reserved_room_is_enough)
{
    static struct deadline all[MANY];
    struct deadline_queue queue = {0};

    ck_assert_int_eq(deadline_reserve(&queue, MANY), 0);
    struct deadline **heap = queue.heap;
    for (int i = 0; i < MANY; i++) {
        ck_assert_int_eq(deadline_set(&queue, &all[i], i), 0);
    }
    ck_assert_ptr_eq(queue.heap, heap);
    deadline_queue_free(&queue);
}

/* Of several, with blanks or commas between; of no list all are. */
TEST(names_are_whole_words_of_a_list)
{
    static const char names[] = " selectloop,  threaded,";

    ck_assert(names_have(names, "selectloop") &&
              names_have(names, "threaded"));
    ck_assert(!names_have(names, "select") && !names_have(names, "loop"));
    ck_assert(!names_have("", "threaded") && !names_have(" ,", "threaded"));
    ck_assert(!names_have("threaded ", "")); /* what has no name */
    ck_assert(names_have(NULL, "threaded"));
}

/* Nor has the kernel any, whose number 0 is. */
TEST(test_nobody_has_no_children)
{
    pid_t children[4];

    ck_assert_int_eq(proc_descendants(0, children, 4), 0);
    ck_assert_int_eq(proc_descendants(-1, children, 4), 0);
}
