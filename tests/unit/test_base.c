/*
 * test_base.c: numbers as people write and read them; the queue of points in
 * time against a plain array that is searched; a socket that is its own peer.
 */
#include <check.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/base/base.h"
#include "tests/unit/run_suite.h"

enum {
    MANY = 500,
    STEPS = 20000
};

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

/* What is read, and what it means. */
static const struct {
    enum kind kind;   /* which function */
    const char *text; /* what it reads */
    int64_t value;    /* what that means */
} readings[] = {
    {COUNT, "0", 0},
    {COUNT, "10k", 10000},
    {COUNT, "1.5M", 1500000},
    {COUNT, "2G", 2000000000},
    {COUNT, "4Ki", 4096},
    {COUNT, "1.1k", 1100},
    {COUNT, "9223372036854775807", INT64_MAX},
    {BYTES, "64", 64},
    {BYTES, "64B", 64},
    {BYTES, "1k", 1000},
    {BYTES, "1kB", 1000},
    {BYTES, "64KiB", 65536},
    {BYTES, "1MiB", 1048576},
    {BYTES, "1.5KiB", 1536},
    {TIME, "0", 0},
    {TIME, "0s", 0},
    {TIME, "10ns", 10},
    {TIME, "50us", 50000},
    {TIME, "50\u00b5s", 50000},
    {TIME, "200ms", 200000000},
    {TIME, "0.5s", 500000000},
    {TIME, "1m", INT64_C(60000000000)},
    {TIME, "153722867m", INT64_C(153722867) * 60 * 1000000000},
};

START_TEST(reads)
{
    int64_t value = -1;
    int status = parsers[readings[_i].kind](readings[_i].text, &value);

    ck_assert_msg(status == 0 && value == readings[_i].value,
                  "'%s' was read as %lld, status %d", readings[_i].text,
                  (long long)value, status);
}
END_TEST

/* With a bar between them. */
static const char *const refused[] = {
    [COUNT] = "1.50|1.5|0.3Ki|9223372036854775808|9223372036854775807k|"
              "99999999999999999999999999|0.99999999999999999999999999||k|"
              ".5k|5.k|1..5k|1.5.5k|1,5k|-1|+1| 1|1 |1 k|1K|1kB|1e3|0x10|"
              "1.-5k|1.+5k|1. 5k|nan|ten",
    [BYTES] = "1KB|1ms|1KiBB",
    [TIME] = "0.1ns|5|5sec|s|-5s|153722868m|0.0|00",
};

START_TEST(refuses)
{
    char list[512];
    char *rest = list;
    const char *text;

    snprintf(list, sizeof list, "%s", refused[_i]);
    while ((text = strsep(&rest, "|"))) {
        int64_t value = 4711;

        ck_assert_msg(parsers[_i](text, &value) == -1,
                      "'%s' was read as %lld", text, (long long)value);
        ck_assert_int_eq(value, 4711);
    }
}
END_TEST

/* ---- writing ----------------------------------------------------------- */

static const struct {
    enum kind kind;   /* which function */
    double value;     /* what it writes */
    const char *text; /* how */
} writings[] = {
    {COUNT, 0, "0"},
    {COUNT, 999, "999"},
    {COUNT, 1000, "1.00k"},
    {COUNT, 94849, "94.8k"},
    {COUNT, 999499, "999k"},
    {COUNT, 999500, "1.00M"},
    {COUNT, 5e9, "5.00G"},
    {COUNT, 2.5, "2.50"},
    {COUNT, 999.7, "1.00k"},
    {COUNT, -94800, "-94.8k"},
    {COUNT, NAN, "-"},
    {COUNT, INFINITY, "-"},
    {BYTES, 0, "0 B"},
    {BYTES, 1000, "1000 B"},
    {BYTES, 1023, "1023 B"},
    {BYTES, 1024, "1.00 KiB"},
    {BYTES, 65536, "64.0 KiB"},
    {BYTES, 524288, "512 KiB"},
    {BYTES, 1048575, "1.00 MiB"},
    {BYTES, 1e10, "9.31 GiB"},
    {TIME, 0, "0 ns"},
    {TIME, 28.4, "28.4 ns"},
    {TIME, 1.9e6, "1.90 ms"},
    {TIME, 999999, "1.00 ms"},
    {TIME, 5e9, "5.00 s"},
    {TIME, 68719476735.0, "68.7 s"},
    {TIME, 86400e9, "86400 s"},
    {NUMBER, 0, "0"},
    {NUMBER, 0.0123, "0.0123"},
    {NUMBER, 0.5, "0.500"},
    {NUMBER, 9.999, "10.0"},
    {NUMBER, 123.4, "123"},
    {NUMBER, 999.6, "1000"},
    {NUMBER, 1234, "1230"},
    {NUMBER, -1.5, "-1.50"},
    {NUMBER, 1e-12, "0"},
    {NUMBER, 1.5e-9, "0.00000000150"},
    {NUMBER, NAN, "-"},
};
START_TEST(writes)
{
    char text[UNITS_TEXT_BYTES];
    double value = writings[_i].value;

    ck_assert_ptr_eq(formatters[writings[_i].kind](text, value), text);
    ck_assert_msg(strcmp(text, writings[_i].text) == 0, "%g: '%s', not '%s'",
                  value, text, writings[_i].text);
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

/* ---- the queue ----------------------------------------------------------
 */

/* The soonest of those that are in the queue, found the slow way. */
static int64_t
soonest_ns(const struct deadline *all)
{
    int64_t soonest = INT64_MAX;

    for (int i = 0; i < MANY; i++) {
        if (all[i].position != 0 && all[i].at_ns < soonest) {
            soonest = all[i].at_ns;
        }
    }
    return soonest;
}

START_TEST(random_operations_keep_the_soonest_first)
{
    static struct deadline all[MANY];
    struct deadline_queue queue = {0};

    srand(7);
    for (int step = 0; step < STEPS; step++) {
        struct deadline *one = &all[rand() % MANY];
        if (rand() % 3 == 0) {
            deadline_remove(&queue, one);
            ck_assert_uint_eq(one->position, 0);
        } else {
            ck_assert_int_eq(deadline_set(&queue, one, rand() % 1000), 0);
        }
        struct deadline *first = deadline_first(&queue);
        int64_t expected_ns = soonest_ns(all);
        if (first == NULL) {
            ck_assert_int_eq(expected_ns, INT64_MAX);
        } else {
            ck_assert_msg(first->at_ns == expected_ns,
                          "step %d: first is %ld, should be %ld", step,
                          (long)first->at_ns, (long)expected_ns);
        }
    }
    deadline_queue_free(&queue);
}
END_TEST

/* Take out the middle of the heap, whose place is then filled from another
 * branch: what comes there may be due sooner than its new parent. */
START_TEST(order_survives_removals_from_the_middle)
{
    for (unsigned int seed = 0; seed < 200; seed++) {
        static struct deadline all[MANY];
        struct deadline_queue queue = {0};
        struct deadline *first;
        int64_t previous_ns = -1;

        srand(seed);
        for (int i = 0; i < MANY; i++) {
            ck_assert_int_eq(deadline_set(&queue, &all[i], rand() % 10000),
                             0);
        }
        for (int i = 0; i < MANY / 2; i++) {
            deadline_remove(&queue, &all[rand() % MANY]);
        }
        while ((first = deadline_first(&queue)) != NULL) {
            ck_assert_msg(first->at_ns >= previous_ns,
                          "seed %u: %ld comes after %ld", seed,
                          (long)first->at_ns, (long)previous_ns);
            previous_ns = first->at_ns;
            deadline_remove(&queue, first);
        }
        deadline_queue_free(&queue);
    }
}
END_TEST

START_TEST(reserved_room_is_enough)
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
END_TEST

/* To connect to an address of one's own where nobody listens is enough. */
START_TEST(a_socket_knows_itself)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t bytes = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int other_fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, bytes), 0);
    getsockname(fd, (struct sockaddr *)&address, &bytes);
    ck_assert(!socket_is_own_peer(fd));
    if (_i == 0) {
        ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, bytes), 0);
        ck_assert(socket_is_own_peer(fd));
    } else {
        ck_assert_int_eq(listen(fd, 1), 0);
        ck_assert_int_eq(
            connect(other_fd, (struct sockaddr *)&address, bytes), 0);
        ck_assert(!socket_is_own_peer(other_fd));
    }
    close(fd);
    close(other_fd);
}
END_TEST

int
main(void)
{
    const struct test tests[] = {
        EACH(readings, reads),
        EACH(refused, refuses),
        EACH(writings, writes),
        ONCE(nothing_is_too_long),
        ONCE(random_operations_keep_the_soonest_first),
        ONCE(order_survives_removals_from_the_middle),
        ONCE(reserved_room_is_enough),
        TIMES(2, a_socket_knows_itself),
        {0},
    };

    return run_tests("base", NULL, NULL, tests);
}
