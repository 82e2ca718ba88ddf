/*
 * clock.c: the time that only goes forward.
 */
#include <time.h>

#include "harness/base/base.h"

int64_t
clock_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int64_t
clock_now_ms(void)
{
    return clock_now_ns() / NS_PER_MS;
}

int64_t
clock_thread_cpu_ns(void)
{
    struct timespec used;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return used.tv_sec * INT64_C(1000000000) + used.tv_nsec;
}
