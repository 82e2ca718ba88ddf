/* valgrind.c: see valgrind.h. */
#include "tests/conformance/valgrind.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/conformance/verdict.h"

bool
valgrind_wanted(void)
{
    const char *variant = getenv("FIVEWAYS_VARIANT");

    return variant != NULL && strcmp(variant, "valgrind") == 0;
}

int
valgrind_arguments(char **arguments)
{
    /* Fair scheduling, or one busy thread keeps the others out. Memory that
     * a server still knows of when it ends is no leak. */
    static const char *const flags[] = {
        "valgrind",
        "--quiet",
        "--track-fds=yes",
        "--fair-sched=yes",
        "--leak-check=full",
        "--errors-for-leak-kinds=definite",
        "--error-exitcode=99",
    };
    int count = 0;

    if (valgrind_wanted()) {
        for (; count < (int)(sizeof flags / sizeof flags[0]); count++) {
            arguments[count] = (char *)(uintptr_t)flags[count];
        }
    }
    return count;
}

void
valgrind_require_closed(const char *words)
{
    const char *line = strstr(words, "FILE DESCRIPTORS:");
    long open = line == NULL ? 0 : strtol(line + 17, NULL, 10);

    require(open <= 3,
            "%ld descriptors are open at the end, besides the 3 "
            "standard ones: %.600s",
            open - 3, line);
}
