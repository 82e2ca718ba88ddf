/*
 * planted.c: defects on purpose, one for each build that is to find it.
 *
 *     planted leak | overflow | race | none
 *
 * A sanitizer that is off, or an option of the compiler that had no effect,
 * looks exactly like a program without defects. tests/builds/run starts this
 * program and expects it to be caught; `none` shows that it is not caught for
 * nothing.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int shared; /* what two threads write without asking */

static void *
write_shared(void *unused)
{
    (void)unused;
    for (int i = 0; i < 1000; i++) {
        shared++;
    }
    return NULL;
}

static void
race(void)
{
    pthread_t threads[2];

    for (int i = 0; i < 2; i++) {
        pthread_create(&threads[i], NULL, write_shared, NULL);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
}

/* A block that nobody knows of any more. */
__attribute__((noinline)) static void
leak(void)
{
    static void *volatile block __attribute__((unused));

    block = malloc(100);
    block = NULL;
}

/* Write one byte more than a block holds, whose size the compiler does not
 * know: _FORTIFY_SOURCE=3 compares it when it runs, 2 cannot. */
__attribute__((noinline)) static void
overflow(size_t nbytes)
{
    char *block = malloc(nbytes);

    if (block != NULL) {
        memset(block, 'x', nbytes + 1);
        printf("%c\n", block[0]);
    }
    free(block);
}

int
main(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "";

    if (strcmp(what, "leak") == 0) {
        leak();
    } else if (strcmp(what, "race") == 0) {
        race();
    } else if (strcmp(what, "overflow") == 0) {
        overflow(strlen(what) * 2);
    } else if (strcmp(what, "none") != 0) {
        fprintf(stderr, "planted: please name a defect: leak, race, overflow "
                        "or none\n");
        return 2;
    }
    return 0;
}
