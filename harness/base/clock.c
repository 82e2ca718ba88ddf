/*
 * clock.c: what time it is.
 */
#include <time.h>

#include "harness/base/base.h"

static int64_t
read_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t
clock_now_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

int64_t
clock_now_ms(void)
{
    return clock_now_ns() / NS_PER_MS;
}

int64_t
clock_wall_ns(void)
{
    return read_ns(CLOCK_REALTIME);
}

int64_t
clock_thread_cpu_ns(void)
{
    return read_ns(CLOCK_THREAD_CPUTIME_ID);
}
