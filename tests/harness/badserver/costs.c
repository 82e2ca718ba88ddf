/*
 * costs.c: what badserver costs more than it need.
 */
#include "tests/harness/badserver/costs.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/base/base.h"

enum {
    PRICED_EVERY = 16,  /* messages: looking at the clock has a price, too */
    DEARER_EVERY = 100, /* messages: the same */
};

struct costs costs;

/* What the calls of --getppid have cost, as it stands in a file; or NULL. */
static struct prices {
    int64_t calls; /* so many of them */
    int64_t ns;    /* took so much CPU time */
} * prices;

_Noreturn void
die(const char *what)
{
    perror(what);
    exit(1);
}

/* Not through the library, which may remember the answer. */
static void
call_getppid(int count)
{
    for (int i = 0; i < count; i++) {
        syscall(SYS_getppid);
    }
}

/* Looks at the clock as often whatever is to be paid, or the one that pays
 * nothing would be cheaper by that. */
static void
be_dearer(void)
{
    static int64_t paid_ns;
    int64_t now_ns = clock_thread_cpu_ns();
    int64_t end_ns = now_ns + (now_ns - paid_ns) * costs.dearer_percent / 100;

    while (now_ns < end_ns) {
        now_ns = clock_thread_cpu_ns();
    }
    paid_ns = now_ns;
}

void
costs_of_message(int messages)
{
    bool priced = prices != NULL && messages % PRICED_EVERY == 0;
    int64_t begin_ns = priced ? clock_thread_cpu_ns() : 0;

    if (messages % DEARER_EVERY == 0) {
        be_dearer();
    }
    call_getppid(costs.getppid_calls);
    if (priced) {
        prices->ns += clock_thread_cpu_ns() - begin_ns;
        prices->calls += costs.getppid_calls;
    }
    if (costs.burn_us > 0 &&
        (costs.burn_first == 0 || messages < costs.burn_first)) {
        int64_t end_ns =
            clock_thread_cpu_ns() + costs.burn_us * INT64_C(1000);
        while (clock_thread_cpu_ns() < end_ns) {
        }
    }
}

void
costs_pay(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd == -1 || ftruncate(fd, sizeof *prices) == -1) {
        die(path);
    }
    prices =
        mmap(NULL, sizeof *prices, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (prices == MAP_FAILED) {
        die(path);
    }
    close(fd);
}

char *
costs_of_client(void)
{
    size_t bytes = (size_t)costs.hold_kib * 1024;

    if (bytes == 0) {
        return NULL;
    }
    char *memory = malloc(bytes);
    if (memory == NULL) {
        die("malloc");
    }
    return memset(memory, 1, bytes);
}
