/* patience.c: see patience.h. */
#include "tests/conformance/patience.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The build that is under test, "" for the plain one. */
static const char *
variant(void)
{
    const char *name = getenv("FIVEWAYS_VARIANT");

    return name == NULL ? "" : name;
}

bool
patience_sanitized(void)
{
    return strcmp(variant(), "asan") == 0 || strcmp(variant(), "tsan") == 0 ||
           strcmp(variant(), "valgrind") == 0;
}

bool
patience_delays_signals(void)
{
    return strcmp(variant(), "tsan") == 0;
}

bool
patience_counts_coverage(void)
{
    return strcmp(variant(), "coverage") == 0;
}

int
patience_factor(void)
{
    const char *wish = getenv("TEST_SLOW");
    long factor = wish == NULL ? 0 : strtol(wish, NULL, 10);

    if (factor >= 1 && factor <= 1000) {
        return (int)factor;
    }
    if (strcmp(variant(), "valgrind") == 0) {
        return 20;
    }
    if (patience_sanitized()) {
        return 5;
    }
    return patience_counts_coverage() ? 2 : 1;
}

int
patience_scaled_ms(int ms)
{
    return ms * patience_factor();
}

static int base_ms = PATIENCE_MS;

int
patience_ms(void)
{
    return patience_scaled_ms(base_ms);
}

void
patience_set_ms(int ms)
{
    base_ms = ms;
}

int64_t
patience_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
patience_deadline_ms(int ms)
{
    return patience_now_ms() + patience_scaled_ms(ms);
}

int
patience_left_ms(int64_t deadline_ms)
{
    int64_t left_ms = deadline_ms - patience_now_ms();

    return left_ms > 0 ? (int)left_ms : 0;
}

bool
patience_until(bool (*holds)(void *subject), void *subject, int ms)
{
    const struct timespec between = {.tv_nsec = 1000000};
    int64_t deadline_ms = patience_deadline_ms(ms);

    while (!holds(subject)) {
        if (patience_left_ms(deadline_ms) == 0) {
            return holds(subject);
        }
        nanosleep(&between, NULL);
    }
    return true;
}
