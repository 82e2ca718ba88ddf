/*
 * payload.h: bytes that know where they belong.
 *
 * Every client sends its own endless sequence, which follows from a seed:
 * the byte at any offset can be computed again when it comes back. So a
 * byte that is wrong, lost, doubled, out of order or another client's is
 * found at once, with its offset, and nothing has to be remembered.
 */
#ifndef FIVEWAYS_PAYLOAD_H
#define FIVEWAYS_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

/* The seed that all others follow from; `--seed=` sets it before the tests
 * start, so that a failure can be repeated. */
void payload_set_run_seed(uint64_t seed);
uint64_t payload_run_seed(void);

/* A seed that no other client of this test has. */
uint64_t payload_next_seed(void);

/* A number from 0 to `bound` - 1 that follows from the run's seed and from
 * how often this was called: what chance is in these tests. */
uint64_t payload_random(uint64_t bound);

/* Write the `nbytes` of the sequence `seed` from `offset` on to `bytes`. */
void payload_fill(uint64_t seed, uint64_t offset, unsigned char *bytes,
                  size_t nbytes);

/*
 * Compare `bytes` with the sequence `seed` from `offset` on. Returns how
 * many bytes from the first on are right: `nbytes` if all are.
 */
size_t payload_matching(uint64_t seed, uint64_t offset,
                        const unsigned char *bytes, size_t nbytes);

#endif
