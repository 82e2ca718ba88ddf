/*
 * valgrind.h: servers under valgrind, in the build VARIANT=valgrind.
 *
 * There a server is started through valgrind, which looks for memory used
 * wrongly or lost, and for descriptors that are open when it ends. A finding
 * makes the exit status VALGRIND_STATUS, or fails the test.
 */
#ifndef FIVEWAYS_VALGRIND_H
#define FIVEWAYS_VALGRIND_H

#include <stdbool.h>

enum {
    VALGRIND_STATUS = 99,       /* a server's, if valgrind found an error */
    VALGRIND_ARGUMENTS_MAX = 8, /* that come before the server's own */
};

/* True when servers are to run under valgrind. */
bool valgrind_wanted(void);

/* Put valgrind and its flags into `arguments`; they are the caller's only to
 * read. Returns how many there are, 0 if valgrind is not wanted. */
int valgrind_arguments(char **arguments);

/* Require of the words on standard error of a server that has ended, that it
 * had no descriptor open but those that it was given. */
void valgrind_require_closed(const char *words);

#endif
