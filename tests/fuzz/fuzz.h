/*
 * fuzz.h: what the fuzzer's targets have in common.
 *
 * A target is a file with LLVMFuzzerTestOneInput(). It is linked twice: with
 * clang's libFuzzer, which searches for inputs that reach new code, and with
 * replay.c, which needs no fuzzer: it runs the stored inputs and a fixed
 * number of changed ones.
 */
#ifndef FIVEWAYS_FUZZ_H
#define FIVEWAYS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Try one input, which stays the caller's. Returns 0; a defect aborts. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

/* Abort, which is how a target reports a defect, unless `condition` holds;
 * the rest, a format and its arguments, says what is wrong. */
#define fuzz_require(condition, ...)                                         \
    do {                                                                     \
        if (!(condition)) {                                                  \
            fprintf(stderr, "defect: ");                                     \
            fprintf(stderr, __VA_ARGS__);                                    \
            fputc('\n', stderr);                                             \
            abort();                                                         \
        }                                                                    \
    } while (0)

#endif
