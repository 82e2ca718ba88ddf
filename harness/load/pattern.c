/*
 * pattern.c: the bytes that are sent, and where wrong ones come from.
 *
 * "A byte is wrong" tells the author of a server little; "one byte was lost"
 * or "these bytes belong to connection 17" names the bug. Both can be read
 * off the pattern, because a few bytes of it say where in it they are from.
 */
#include <stdio.h>
#include <string.h>

#include "harness/load/internal.h"

enum {
    NEAR_BYTES_MIN = 3,  /* to recognise own bytes, out of place */
    OTHER_BYTES_MIN = 8, /* to recognise another connection's */
    COMPARED_BYTES = 64, /* more than enough to be sure */
};

/* The generator is a 64-bit linear congruential one whose top byte is used:
 * short, the same everywhere, and random enough that no two pieces of the
 * table of eight bytes or more are alike. */
void
pattern_init(struct pattern *pattern)
{
    uint64_t state = 0x5566;
    for (size_t i = 0; i < PATTERN_PRIME; i++) {
        state = state * UINT64_C(6364136223846793005) +
                UINT64_C(1442695040888963407);
        pattern->table[i] = (unsigned char)(state >> 56);
    }
    memcpy(pattern->table + PATTERN_PRIME, pattern->table,
           PATTERN_WINDOW_BYTES);
}

size_t
pattern_compare(const struct pattern *pattern, int64_t connection,
                int64_t offset, const void *bytes, size_t count)
{
    const unsigned char *expected =
        pattern_window(pattern, connection, offset);
    const unsigned char *got = bytes;
    if (memcmp(expected, got, count) == 0) {
        return count;
    }
    size_t i = 0;
    while (expected[i] == got[i]) {
        i++;
    }
    return i;
}

/* ---- wrong bytes --------------------------------------------------------
 */

static bool
is_stream_at(const struct pattern *pattern, int64_t connection,
             int64_t offset, const unsigned char *got, size_t count)
{
    return pattern_compare(pattern, connection, offset, got, count) == count;
}

/* "1 byte was lost". */
static bool
say(char *text, int64_t count, const char *what)
{
    snprintf(text, ORIGIN_TEXT_BYTES, "%lld %s %s", (long long)count,
             count == 1 ? "byte was" : "bytes were", what);
    return true;
}

/* Were a few bytes changed and the rest left in its place? */
static bool
describe_changed(const struct pattern *pattern,
                 const struct origin_stream *own, const unsigned char *got,
                 size_t count, char *text)
{
    const unsigned char *expected =
        pattern_window(pattern, own->connection, own->received);
    int changed = 0;
    for (size_t i = 0; i < count; i++) {
        changed += expected[i] != got[i];
    }
    return count > NEAR_BYTES_MIN && (size_t)changed * 4 <= count &&
           say(text, changed, "changed");
}

/* Are they bytes of the same stream from further on, or from further back? */
static bool
describe_own(const struct pattern *pattern, const struct origin_stream *own,
             const unsigned char *got, size_t count, char *text)
{
    if (count < NEAR_BYTES_MIN) {
        return false;
    }
    int64_t ahead = own->sent - own->received;
    int64_t behind = own->received;
    for (int64_t d = 1; d < PATTERN_PRIME && (d < ahead || d <= behind);
         d++) {
        if (d <= behind && is_stream_at(pattern, own->connection,
                                        own->received - d, got, count)) {
            return say(text, d, "doubled");
        }
        if (d < ahead && is_stream_at(pattern, own->connection,
                                      own->received + d, got, count)) {
            return say(text, d, "lost");
        }
    }
    return false;
}

/* Could the byte at this place of the table be on its way, or just have been
 * on its way, in that stream? */
static bool
is_in_flight(const struct origin_stream *stream, uint32_t position,
             int64_t message_bytes)
{
    int64_t from = stream->received - message_bytes;
    if (from < 0) {
        from = 0;
    }
    uint32_t start = pattern_position(stream->connection, from);
    int64_t distance =
        (position + (int64_t)PATTERN_PRIME - start) % PATTERN_PRIME;
    return from + distance < stream->sent;
}

/* Are they bytes of another stream? */
static void
describe_other(const struct pattern *pattern,
               const struct origin_stream *others, size_t other_count,
               int64_t message_bytes, const unsigned char *got, size_t count,
               char *text)
{
    if (count < OTHER_BYTES_MIN) {
        return;
    }
    /* One place at most fits eight bytes; it does not matter which copy of
     * the table's beginning is found. */
    const unsigned char *found =
        memmem(pattern->table, sizeof pattern->table, got, count);
    if (found == NULL) {
        return;
    }
    uint32_t position = (uint32_t)(found - pattern->table) % PATTERN_PRIME;
    for (size_t i = 0; i < other_count; i++) {
        if (is_in_flight(&others[i], position, message_bytes)) {
            snprintf(text, ORIGIN_TEXT_BYTES, "connection %lld",
                     (long long)others[i].connection);
            return;
        }
    }
    snprintf(text, ORIGIN_TEXT_BYTES, "an earlier connection or message");
}

void
origin_describe(const struct pattern *pattern,
                const struct origin_stream *own,
                const struct origin_stream *others, size_t other_count,
                int64_t message_bytes, const unsigned char *got, size_t count,
                char *text)
{
    if (count > COMPARED_BYTES) {
        count = COMPARED_BYTES;
    }
    text[0] = '\0';
    /* The likely is tried before the strange. A few bytes are enough where
     * few places are tried. */
    if (!describe_changed(pattern, own, got, count, text) &&
        !describe_own(pattern, own, got, count, text)) {
        describe_other(pattern, others, other_count, message_bytes, got,
                       count, text);
    }
}
