/* tally.c: see tally.h. */
#include "tests/conformance/tally.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static atomic_uint_fast64_t *tallies;

void
tally_start(void)
{
    tallies = mmap(NULL, TALLIES * sizeof *tallies, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tallies == MAP_FAILED) {
        perror("tally: mmap");
        exit(3);
    }
}

void
tally_reset(void)
{
    int i;

    for (i = 0; i < TALLIES; i++) {
        atomic_store(&tallies[i], 0);
    }
}

void
tally_add(enum tally what, uint64_t number)
{
    atomic_fetch_add(&tallies[what], number);
}

void
tally_at_least(enum tally what, uint64_t number)
{
    uint_fast64_t before = atomic_load(&tallies[what]);

    while (before < number &&
           !atomic_compare_exchange_weak(&tallies[what], &before, number)) {
    }
}

uint64_t
tally_get(enum tally what)
{
    return atomic_load(&tallies[what]);
}

void
tally_print(const char *who)
{
    static const char *const words[TALLIES] = {
        [TALLY_BYTES] = "bytes verified",
        [TALLY_HALF_CLOSE] = "half-closes exact",
        [TALLY_INJECTED] = "runs with injected faults",
        [TALLY_RECOVERED] = "recovered",
        [TALLY_STOPS] = "stops at random instants",
        [TALLY_STOP_MS] = "ms for the slowest of these",
        [TALLY_WRONG_LINES] = "wrong handshakes unanswered",
    };
    const char *separator = "";
    int i;

    for (i = 0; i < TALLIES; i++) {
        if (tally_get((enum tally)i) > 0) {
            if (separator[0] == '\0') {
                printf("%s: ", who);
            }
            printf("%s%ju %s", separator, (uintmax_t)tally_get((enum tally)i),
                   words[i]);
            separator = ", ";
        }
    }
    if (separator[0] != '\0') {
        printf("\n");
    }
}
