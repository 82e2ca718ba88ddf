/*
 * test_pattern.c: the bytes that are sent, and what wrong ones tell.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/load/internal.h"
#include "tests/unit/run_suite.h"

static const int64_t message_bytes = 64;

static char *origin; /* what is said of wrong bytes */

static unsigned char
byte_at(int64_t connection, int64_t offset)
{
    return *pattern_window(connection, offset);
}

/* ---- the pattern ------------------------------------------------------- */

/* Pieces of any length, end to end, are the stream: no byte of it is skipped
 * or repeated where the table wraps around. */
TEST(windows_join_at_every_boundary)
{
    static unsigned char bytes[200];
    for (int64_t from = PATTERN_PRIME - 100; from < PATTERN_PRIME + 100;
         from++) {
        for (size_t i = 0; i < sizeof bytes; i++) {
            bytes[i] = byte_at(9, from + (int64_t)i);
        }
        for (size_t cut = 0; cut <= sizeof bytes; cut++) {
            ck_assert_uint_eq(pattern_compare(9, from, bytes, cut), cut);
            ck_assert_uint_eq(pattern_compare(9, from + (int64_t)cut,
                                              bytes + cut,
                                              sizeof bytes - cut),
                              sizeof bytes - cut);
        }
    }
}

TEST(each_phase_is_distinct)
{
    static unsigned char seen[PATTERN_PRIME];
    for (int64_t i = 0; i < PATTERN_PRIME; i++) {
        ptrdiff_t position = pattern_window(i, 0) - pattern_window(0, 0);
        ck_assert(position >= 0 && position < PATTERN_PRIME);
        ck_assert_uint_eq(seen[position]++, 0);
    }
}

TEST(large_numbers_do_not_overflow)
{
    int64_t offset = INT64_C(1) << 60;
    ck_assert_int_eq(pattern_window(INT64_MAX, offset)[1],
                     *pattern_window(INT64_MAX, offset + 1));
}

TEST(no_two_pieces_of_eight_bytes_are_alike)
{
    const unsigned char *table = pattern_window(0, 0);
    for (int64_t i = 0; i < PATTERN_PRIME; i += 131) {
        const unsigned char *piece = table + i;
        ck_assert_ptr_eq(memmem(table, PATTERN_PRIME, piece, 8), piece);
        ck_assert_ptr_null(memmem(piece + 1, PATTERN_PRIME - 1, piece, 8));
    }
}

TEST(wrong_byte_is_found_wherever_it_is)
{
    unsigned char bytes[256];
    memcpy(bytes, pattern_window(3, 1000), sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] ^= 0x80;
        ck_assert_uint_eq(pattern_compare(3, 1000, bytes, sizeof bytes), i);
        /* What lies behind the compared bytes does not matter. */
        ck_assert_uint_eq(pattern_compare(3, 1000, bytes, i), i);
        bytes[i] ^= 0x80;
    }
}

/* ---- where wrong bytes come from --------------------------------------- */

/* Two messages of connection 5 have come back and a third is under way, of
 * which the first `right` bytes are right. `got` is what came after them. */
static void
describe(int64_t right, const unsigned char *got, size_t count)
{
    static struct engine run;
    static struct engine_result result;
    struct connection connections[] = {
        {.stream = {.number = 17, .nread = 300, .nwritten = 364}},
        {.stream = {.number = 4}},
        {.stream = {.number = 5,
                    .nread = 2 * message_bytes + right,
                    .nwritten = 3 * message_bytes}},
        {.stream = {.number = 6, .nread = 64, .nwritten = 128}},
    };
    memset(&result, 0, sizeof result);
    origin = result.mismatch.origin;
    run.result = &result;
    run.connections = connections;
    run.end = connections + ROWS(connections);
    run.options.message_bytes = message_bytes;
    pattern_explain(&run, &connections[2], got, count);
}

/* Bytes of the same stream from elsewhere: further on when some are missing,
 * further back when some come twice. */
TEST(bytes_out_of_place)
{
    for (int64_t ahead = -message_bytes; ahead < message_bytes - 13;
         ahead++) {
        char expected[ENGINE_ORIGIN_BYTES];
        snprintf(expected, sizeof expected, "%d %s %s", abs((int)ahead),
                 ahead == 1 || ahead == -1 ? "byte was" : "bytes were",
                 ahead > 0 ? "lost" : "doubled");
        describe(10, pattern_window(5, 2 * message_bytes + 10 + ahead),
                 ahead > 0 ? (size_t)(message_bytes - 10 - ahead) : 32);
        ck_assert(ahead == 0 || strcmp(origin, expected) == 0);
    }
}

TEST(changed_bytes)
{
    unsigned char bytes[64];
    memcpy(bytes, pattern_window(5, 2 * message_bytes), sizeof bytes);
    bytes[0] ^= 1;
    describe(0, bytes, sizeof bytes);
    ck_assert_str_eq(origin, "1 byte was changed");
    bytes[7] ^= 1;
    describe(0, bytes, sizeof bytes);
    ck_assert_str_eq(origin, "2 bytes were changed");
}

/* Bytes that are those of a connection from an offset on, in the place of
 * ours; of none, where its number is -1. Too few of them tell nothing: better
 * no answer than a wrong one. */
static const struct {
    int64_t right; /* bytes of ours before them */
    int64_t connection;
    int64_t offset;
    size_t count;
    const char *origin;
} foreign[] = {
    {0, 17, 300, 64, "connection 17"},
    {20, 6, 70, 40, "connection 6"},
    /* Answered already, but it may be left over in a buffer. */
    {20, 6, 10, 40, "connection 6"},
    {0, 99, 5000, 64, "an earlier connection or message"},
    {0, -1, 0, 64, ""},
    {0, 5, 129, 1, ""},
    {0, 5, 129, 2, ""},
    {0, 17, 300, 1, ""},
    {0, 17, 300, 2, ""},
};

TEST_EACH(bytes_of_others_are_told_by_enough_of_them, foreign)
{
    unsigned char noise[64];
    memset(noise, 'x', sizeof noise);
    describe(foreign[_i].right,
             foreign[_i].connection == -1
                 ? noise
                 : pattern_window(foreign[_i].connection, foreign[_i].offset),
             foreign[_i].count);
    ck_assert_str_eq(origin, foreign[_i].origin);
}
