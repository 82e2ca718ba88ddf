/*
 * pattern.c: the table, and the comparison with it.
 */
#include "harness/load/pattern.h"

#include <string.h>

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
