/*
 * pattern.c: the bytes that are sent, and where wrong ones come from.
 *
 * "A byte is wrong" tells the author of a server little; "one byte was lost"
 * or "these bytes belong to connection 17" names the bug. Both can be read
 * off the pattern, because a few bytes of it say where in it they are from.
 */
#include <stdio.h>
#include <string.h>
#include <sys/param.h>

#include "harness/load/internal.h"

enum {
    NEAR_BYTES_MIN = 3,  /* to recognise own bytes, out of place */
    OTHER_BYTES_MIN = 8, /* to recognise another connection's */
    COMPARED_BYTES = 64, /* more than enough to be sure */
    TABLE_BYTES = PATTERN_PRIME + PATTERN_WINDOW_BYTES,
};

/* The greeting; and the table, with its beginning repeated behind its end. */
static unsigned char bytes_sent[-PATTERN_HELLO + TABLE_BYTES];
static unsigned char *const table = bytes_sent - PATTERN_HELLO;

/* The generator is a 64-bit linear congruential one whose top byte is used:
 * short, the same everywhere, and random enough that no two pieces of the
 * table of eight bytes or more are alike. Before main(), in less than a
 * millisecond: no thread needs to ask whether it is there. */
static void __attribute__((constructor)) fill_table(void)
{
    uint64_t state = 0x5566;
    for (size_t i = 0; i < PATTERN_PRIME; i++) {
        state = state * UINT64_C(6364136223846793005) +
                UINT64_C(1442695040888963407);
        table[i] = (unsigned char)(state >> 56);
    }
    memcpy(table + PATTERN_PRIME, table, PATTERN_WINDOW_BYTES);
    memcpy(table + PATTERN_HELLO, "hello\n", -PATTERN_HELLO);
}

/* Where in the table the byte at `offset` of a connection's stream is. */
static uint32_t
position_of(int64_t number, int64_t offset)
{
    uint64_t phase = (uint64_t)number % PATTERN_PRIME * PATTERN_STEP;
    return (uint32_t)(((uint64_t)offset + phase) % PATTERN_PRIME);
}

const unsigned char *
pattern_window(int64_t number, int64_t offset)
{
    return table + (offset < 0 ? offset : position_of(number, offset));
}

size_t
pattern_compare(int64_t number, int64_t offset, const void *bytes,
                size_t count)
{
    const unsigned char *got = bytes;
    size_t right = 0;
    /* By far the most often; but behind a greeting another piece begins. */
    if (offset >= 0 &&
        memcmp(pattern_window(number, offset), got, count) == 0) {
        return count;
    }
    while (right < count &&
           *pattern_window(number, offset + (int64_t)right) == got[right]) {
        right++;
    }
    return right;
}

/* ---- wrong bytes ------------------------------------------------------- */

/* "1 byte was lost". */
static bool
say(char *text, int64_t count, const char *what)
{
    snprintf(text, ENGINE_ORIGIN_BYTES, "%lld %s %s", (long long)count,
             count == 1 ? "byte was" : "bytes were", what);
    return true;
}

/* Are they bytes of the same stream from further on, or from further back? */
static bool
explain_own(const struct stream *own, const unsigned char *got, size_t count,
            char *text)
{
    int64_t number = own->number;
    int64_t at = own->nread;
    int64_t ahead = own->nwritten - at;
    for (int64_t d = 1; d < PATTERN_PRIME; d++) {
        if (d <= at && pattern_compare(number, at - d, got, count) == count) {
            return say(text, d, "doubled");
        }
        if (d < ahead &&
            pattern_compare(number, at + d, got, count) == count) {
            return say(text, d, "lost");
        }
    }
    return false;
}

/* Could the byte at this place of the table be on its way, or just have been
 * on its way, in that stream? */
static bool
is_in_flight(const struct stream *stream, uint32_t position,
             int64_t message_bytes)
{
    int64_t from = MAX(stream->nread - message_bytes, 0);
    uint32_t start = position_of(stream->number, from);
    int64_t distance =
        (position + (int64_t)PATTERN_PRIME - start) % PATTERN_PRIME;
    return from + distance < stream->nwritten;
}

static void
explain_other(const struct engine *run, const struct connection *own,
              const unsigned char *got, size_t count, char *text)
{
    /* One place at most fits eight bytes; it does not matter which copy of
     * the table's beginning is found. */
    const unsigned char *found = memmem(table, TABLE_BYTES, got, count);
    if (count < OTHER_BYTES_MIN || found == NULL) {
        return;
    }
    uint32_t position = (uint32_t)(found - table) % PATTERN_PRIME;
    for (const struct connection *other = run->connections; other < run->end;
         other++) {
        if (other != own && other->fd != -1 &&
            is_in_flight(&other->stream, position,
                         run->options.message_bytes)) {
            snprintf(text, ENGINE_ORIGIN_BYTES, "connection %lld",
                     (long long)other->stream.number);
            return;
        }
    }
    snprintf(text, ENGINE_ORIGIN_BYTES, "an earlier connection or message");
}

/* The likely first: were a few bytes changed, and the rest left in its place?
 * A few bytes are enough where few places are tried. */
void
pattern_explain(struct engine *run, const struct connection *own,
                const unsigned char *got, size_t count)
{
    char *text = run->result->mismatch.origin;
    const struct stream *stream = &own->stream;
    const unsigned char *expected =
        pattern_window(stream->number, stream->nread);
    size_t changed = 0;
    count = MIN(count, COMPARED_BYTES);
    for (size_t i = 0; i < count; i++) {
        changed += expected[i] != got[i];
    }
    if (count > NEAR_BYTES_MIN && changed * 4 <= count) {
        say(text, (int64_t)changed, "changed");
    } else if (count >= NEAR_BYTES_MIN &&
               !explain_own(stream, got, count, text)) {
        explain_other(run, own, got, count, text);
    }
}
