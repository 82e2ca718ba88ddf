/*
 * schedule.c: one instant after the other.
 */
#include "harness/load/schedule.h"

#include <math.h>

/* A random number of 64 bits: a counter in steps of 2^64 / 1.618, whose bits
 * are mixed by two multiplications until none shows where it came from. Any
 * seed is a good one. */
static uint64_t
next_random(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = *state;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

/* An exponential gap of mean 1: minus the logarithm of a number above 0 and
 * at most 1, of which the generator's upper 53 bits are all a double holds.
 */
static double
random_gap(uint64_t *state)
{
    double share = (double)((next_random(state) >> 11) + 1) * 0x1p-53;
    return -log(share);
}

static void
move_to(struct schedule *schedule, double offset_ns)
{
    schedule->offset_ns = offset_ns;
    schedule->next_ns = schedule->begin_ns + (int64_t)offset_ns;
}

void
schedule_begin(struct schedule *schedule, enum schedule_kind kind,
               double rate_per_s, double part, uint64_t seed,
               int64_t begin_ns)
{
    *schedule = (struct schedule){
        .kind = kind,
        .gap_ns = 1e9 / rate_per_s,
        .begin_ns = begin_ns,
        .random = seed,
    };
    if (kind == SCHEDULE_FIXED) {
        /* Instants are counted in whole gaps behind the first. */
        schedule->begin_ns += (int64_t)(part * schedule->gap_ns);
        move_to(schedule, 0);
    } else {
        move_to(schedule, random_gap(&schedule->random) * schedule->gap_ns);
    }
}

void
schedule_pass(struct schedule *schedule)
{
    schedule->count++;
    if (schedule->kind == SCHEDULE_FIXED) {
        /* A product, not a sum: no error is carried on. */
        move_to(schedule, (double)schedule->count * schedule->gap_ns);
    } else {
        move_to(schedule,
                schedule->offset_ns +
                    random_gap(&schedule->random) * schedule->gap_ns);
    }
}
