/*
 * now.h: the time, for deadlines and for how long something took.
 */
#ifndef FIVEWAYS_NOW_H
#define FIVEWAYS_NOW_H

#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC in ns. */
static inline int64_t
now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

#endif
