/*
 * origin.h: where wrong bytes come from.
 *
 * "A byte is wrong" tells the author of a server little; "one byte was lost"
 * or "these bytes belong to connection 17" names the bug. Both can be read
 * off the pattern, because a few bytes of it say where in it they are from.
 */
#ifndef FIVEWAYS_ORIGIN_H
#define FIVEWAYS_ORIGIN_H

#include <stddef.h>
#include <stdint.h>

#include "harness/load/pattern.h"

/* How far one connection's stream has come. */
struct origin_stream {
    int64_t connection; /* its number, which gives its phase */
    int64_t received;   /* bytes of it that came back and were right */
    int64_t sent;       /* bytes of it that were sent */
};

enum {
    ORIGIN_TEXT_BYTES = 80
};

/*
 * Say into `text` (ORIGIN_TEXT_BYTES long) where the `count` bytes at `got`
 * come from, the first of which is the first wrong one of the stream `own`,
 * at offset own->received. `others` are the other `other_count` streams of
 * the run; `message_bytes` is how far behind `received` their data may be
 * looked for. The text is "" when nothing fits: with one or two bytes to go
 * by nothing certain can be said.
 */
void origin_describe(const struct pattern *pattern,
                     const struct origin_stream *own,
                     const struct origin_stream *others, size_t other_count,
                     int64_t message_bytes, const unsigned char *got,
                     size_t count, char *text);

#endif
