/* payload.c: see payload.h. */
#include "tests/conformance/payload.h"

#include <string.h>

static uint64_t run_seed = 1;
static uint64_t seeds_given;
static uint64_t numbers_given;

/* Word `index` of the sequence `seed`: splitmix64, a mix that is cheap,
 * good enough and can begin anywhere. */
static uint64_t
word_at(uint64_t seed, uint64_t index)
{
    uint64_t word = seed * 0xd1342543de82ef95U + index * 0x9e3779b97f4a7c15U;

    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9U;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebU;
    return word ^ (word >> 31);
}

void
payload_set_run_seed(uint64_t seed)
{
    run_seed = seed;
    seeds_given = 0;
    numbers_given = 0;
}

uint64_t
payload_run_seed(void)
{
    return run_seed;
}

uint64_t
payload_next_seed(void)
{
    seeds_given++;
    return run_seed * 1000000 + seeds_given;
}

uint64_t
payload_random(uint64_t bound)
{
    numbers_given++;
    return word_at(~run_seed, numbers_given) % bound;
}

void
payload_fill(uint64_t seed, uint64_t offset, unsigned char *bytes,
             size_t nbytes)
{
    size_t done = 0;

    while (done < nbytes) {
        uint64_t word = word_at(seed, (offset + done) / sizeof word);
        size_t skip = (size_t)((offset + done) % sizeof word);
        size_t some = sizeof word - skip;

        if (some > nbytes - done) {
            some = nbytes - done;
        }
        memcpy(bytes + done, (const unsigned char *)&word + skip, some);
        done += some;
    }
}

size_t
payload_matching(uint64_t seed, uint64_t offset, const unsigned char *bytes,
                 size_t nbytes)
{
    unsigned char expected[4096];
    size_t done = 0;

    while (done < nbytes) {
        size_t some = nbytes - done;
        size_t i = 0;

        if (some > sizeof expected) {
            some = sizeof expected;
        }
        payload_fill(seed, offset + done, expected, some);
        if (memcmp(expected, bytes + done, some) != 0) {
            while (expected[i] == bytes[done + i]) {
                i++;
            }
            return done + i;
        }
        done += some;
    }
    return nbytes;
}
