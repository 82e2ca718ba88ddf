/*
 * hello.c: two coroutines that sleep at the same time.
 *
 * The last section of the article that this suite starts from: wait one
 * second, say hello. Here two of them do so at once, on one thread, and the
 * whole takes one second, not two. co_join() then takes what each returned.
 *
 * Usage: hello [MILLISECONDS]
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coroutine/co.h"

enum {
    STACK_KIB = 64, /* printf alone wants some of it */
    SLEEP_DEFAULT_MS = 1000,
    SLEEP_MAX_MS = 60 * 1000,
};

static int sleep_time_ms = SLEEP_DEFAULT_MS;
static bool said_both;

/* What a greeter returns: how many letters it has said. */
struct greeting {
    const char *name; /* whom to greet */
    size_t length;    /* set when it has been said */
};

static void *
greet(void *arg)
{
    struct greeting *greeting = arg;

    co_sleep_ms(sleep_time_ms);
    printf("Hello %s\n", greeting->name);
    greeting->length = strlen(greeting->name);
    return greeting;
}

/* The first coroutine, which is given nothing to do with. */
static void
greet_both(int unused)
{
    struct greeting foo = {.name = "Foo"};
    struct greeting bar = {.name = "Bar"};
    struct co *first = co_create(greet, &foo);
    struct co *second = co_create(greet, &bar);
    size_t length = 0;

    (void)unused;
    if (first == NULL || second == NULL) {
        fprintf(stderr, "hello: start a coroutine: %s\n", strerror(errno));
    }
    if (first != NULL) {
        length += ((struct greeting *)co_join(first))->length;
    }
    if (second != NULL) {
        length += ((struct greeting *)co_join(second))->length;
    }
    if (first != NULL && second != NULL) {
        printf("both were said, %zu letters of names\n", length);
        said_both = true;
    }
}

int
main(int argc, char **argv)
{
    const struct co_options options = {
        .stack_kib = STACK_KIB,
        .switch_by = CO_SWITCH_JUMP,
    };

    if (argc > 1) {
        char *end;
        long value = strtol(argv[1], &end, 10);
        if (*end != '\0' || end == argv[1] || value < 0 ||
            value > SLEEP_MAX_MS) {
            fprintf(stderr,
                    "hello: %s: please give milliseconds from 0 to %d\n",
                    argv[1], SLEEP_MAX_MS);
            return 2;
        }
        sleep_time_ms = (int)value;
    }
    if (co_run(&options, greet_both, 0) == -1) {
        fprintf(stderr, "hello: run the coroutines: %s\n", strerror(errno));
        return 1;
    }
    return said_both ? 0 : 1;
}
