/*
 * tally.h: what a run adds up to.
 *
 * Each test runs in a process of its own and is gone afterwards, so what is
 * counted over all of them is kept in memory that they share. The figures
 * are facts of the run: what was verified, injected, survived. Nothing is
 * counted before it has been required.
 */
#ifndef FIVEWAYS_TALLY_H
#define FIVEWAYS_TALLY_H

#include <stdint.h>

/* What is counted. */
enum tally {
    TALLY_BYTES,       /* of echo, each compared with what it should be */
    TALLY_HALF_CLOSE,  /* cases of half-close with every byte and a FIN */
    TALLY_INJECTED,    /* runs of a server into which a fault was injected */
    TALLY_RECOVERED,   /* of those: served afterwards, leaked nothing, and
                        * stopped with status 0 */
    TALLY_STOPS,       /* SIGTERM at an instant chosen by chance, obeyed */
    TALLY_STOP_MS,     /* the slowest of them */
    TALLY_WRONG_LINES, /* wrong handshakes, closed without an answer */
    TALLIES,
};

/* Get the shared memory, all zero. Once, before the tests. */
void tally_start(void);

/* Back to zero, for the next model. */
void tally_reset(void);

/* Count `number` more. */
void tally_add(enum tally what, uint64_t number);

/* Let it be `number` at least. */
void tally_at_least(enum tally what, uint64_t number);

/* How many so far. */
uint64_t tally_get(enum tally what);

/* Print the figures that are not zero on one line that begins with `who`,
 * or nothing if all are. */
void tally_print(const char *who);

#endif
