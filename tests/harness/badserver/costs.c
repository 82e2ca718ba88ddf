/*
 * costs.c: what badserver costs more than it need.
 */
#include "tests/harness/badserver/badserver.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    PRICE_TRIES = 201,
    PRICE_CALLS = 1000, /* in each of them */
};

static int64_t
cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Not through the library, which may remember the answer. */
static void
call_getppid(long count)
{
    for (long i = 0; i < count; i++) {
        syscall(SYS_getppid);
    }
}

void
costs_of_message(const struct server *server)
{
    call_getppid(server->getppid_calls);
    if (server->burn_us > 0) {
        int64_t end_ns = cpu_ns() + server->burn_us * INT64_C(1000);
        while (cpu_ns() < end_ns) {
        }
    }
}

char *
costs_of_client(const struct server *server)
{
    if (server->hold_bytes == 0) {
        return NULL;
    }
    char *memory = malloc(server->hold_bytes);
    if (memory == NULL) {
        die("malloc");
    }
    return memset(memory, 1, server->hold_bytes);
}

static int
compare_times(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a;
    int64_t second = *(const int64_t *)b;
    return (first > second) - (first < second);
}

double
costs_getppid_ns(void)
{
    int64_t times_ns[PRICE_TRIES];
    for (int i = 0; i < PRICE_TRIES; i++) {
        int64_t begin_ns = cpu_ns();
        call_getppid(PRICE_CALLS);
        times_ns[i] = cpu_ns() - begin_ns;
    }
    qsort(times_ns, PRICE_TRIES, sizeof times_ns[0], compare_times);
    int64_t median_ns = times_ns[PRICE_TRIES / 2];
    return (double)median_ns / PRICE_CALLS;
}
