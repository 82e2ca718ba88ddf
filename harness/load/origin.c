/*
 * origin.c: where wrong bytes come from.
 *
 * The likely is tried before the strange: a changed byte, bytes lost or
 * doubled nearby, old data of the same connection, data of another one. A
 * few bytes are enough where few places are tried, so a match nearby counts
 * from three bytes on and one with another connection from eight.
 */
#include "harness/load/origin.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
    NEAR_BYTES_MIN = 3,  /* to recognise own bytes, out of place */
    OTHER_BYTES_MIN = 8, /* to recognise another connection's */
    COMPARED_BYTES = 64, /* more than enough to be sure */
};

static bool
is_stream_at(const struct pattern *pattern, int64_t connection,
             int64_t offset, const unsigned char *got, size_t count)
{
    return pattern_compare(pattern, connection, offset, got, count) == count;
}

static const char *
plural(int64_t count)
{
    return count == 1 ? "byte was" : "bytes were";
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
    if (count < NEAR_BYTES_MIN + 1 || (size_t)changed * 4 > count) {
        return false;
    }
    snprintf(text, ORIGIN_TEXT_BYTES, "%d %s changed", changed,
             plural(changed));
    return true;
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
            snprintf(text, ORIGIN_TEXT_BYTES, "%lld %s doubled", (long long)d,
                     plural(d));
            return true;
        }
        if (d < ahead && is_stream_at(pattern, own->connection,
                                      own->received + d, got, count)) {
            snprintf(text, ORIGIN_TEXT_BYTES, "%lld %s lost", (long long)d,
                     plural(d));
            return true;
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
static bool
describe_other(const struct pattern *pattern,
               const struct origin_stream *others, size_t other_count,
               int64_t message_bytes, const unsigned char *got, size_t count,
               char *text)
{
    if (count < OTHER_BYTES_MIN) {
        return false;
    }
    /* One place at most fits eight bytes; it does not matter which copy of
     * the table's beginning is found. */
    const unsigned char *found =
        memmem(pattern->table, sizeof pattern->table, got, count);
    if (found == NULL) {
        return false;
    }
    uint32_t position = (uint32_t)(found - pattern->table) % PATTERN_PRIME;
    for (size_t i = 0; i < other_count; i++) {
        if (is_in_flight(&others[i], position, message_bytes)) {
            snprintf(text, ORIGIN_TEXT_BYTES, "connection %lld",
                     (long long)others[i].connection);
            return true;
        }
    }
    snprintf(text, ORIGIN_TEXT_BYTES, "an earlier connection or message");
    return true;
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
    if (describe_changed(pattern, own, got, count, text) ||
        describe_own(pattern, own, got, count, text)) {
        return;
    }
    describe_other(pattern, others, other_count, message_bytes, got, count,
                   text);
}
