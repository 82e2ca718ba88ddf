/*
 * pattern.h: the bytes that are sent, so that each byte can be verified.
 *
 * A table of pseudo-random bytes whose length is a prime is repeated without
 * end. Connection number c starts at its own place in it, its phase, so the
 * byte at offset p of its stream is table[(p + c * STEP) mod PRIME]. A byte
 * that is wrong, lost, doubled or of another connection does not fit, and no
 * byte has to be remembered to find that out.
 *
 * What it costs: numbers that differ by a multiple of PRIME have the same
 * phase, and a single wrong byte is right by chance one time in 256; more
 * than a few wrong bytes are always found.
 */
#ifndef FIVEWAYS_PATTERN_H
#define FIVEWAYS_PATTERN_H

#include <stddef.h>
#include <stdint.h>

enum {
    PATTERN_PRIME = 65537,        /* length of the table */
    PATTERN_STEP = 40503,         /* between two phases: PRIME / 1.618 */
    PATTERN_WINDOW_BYTES = 65536, /* longest piece that is contiguous */
};

/* The table, with its beginning repeated behind its end. */
struct pattern {
    unsigned char table[PATTERN_PRIME + PATTERN_WINDOW_BYTES]; /* bytes */
};

/* Fill it. The bytes are the same on every machine and in every run. */
void pattern_init(struct pattern *pattern);

/* Where in the table the byte at `offset` of a connection's stream is. */
static inline uint32_t
pattern_position(int64_t connection, int64_t offset)
{
    uint64_t phase = (uint64_t)connection % PATTERN_PRIME * PATTERN_STEP;
    return (uint32_t)(((uint64_t)offset + phase) % PATTERN_PRIME);
}

/* The bytes of a connection's stream from `offset` on. At least
 * PATTERN_WINDOW_BYTES of them can be read there. */
static inline const unsigned char *
pattern_window(const struct pattern *pattern, int64_t connection,
               int64_t offset)
{
    return pattern->table + pattern_position(connection, offset);
}

/*
 * Compare `count` bytes (at most PATTERN_WINDOW_BYTES) that came back with
 * those of the connection's stream from `offset` on. Returns the index of
 * the first byte that is wrong, `count` if none is.
 */
size_t pattern_compare(const struct pattern *pattern, int64_t connection,
                       int64_t offset, const void *bytes, size_t count);

#endif
