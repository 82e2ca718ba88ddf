/*
 * hello.c: the fuzzer's target for the handshake's parser.
 *
 * contract_hello() must agree with the rule, written down a second time in
 * tests/conformance/hello_rule.c, on every prefix of the input, because a
 * server asks it again whenever more bytes have come. The bytes are handed
 * over in a block of their very size, so that a sanitizer sees one read too
 * far.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "harness/contract/contract.h"
#include "tests/conformance/hello_rule.h"
#include "tests/fuzz/fuzz.h"

enum {
    INPUT_MAX_BYTES = 72, /* the rule is slow, and ends at byte 65 */
};

static enum contract_hello
expected(enum hello_rule rule)
{
    switch (rule) {
    case HELLO_RULE_RIGHT:
        return CONTRACT_HELLO_GOOD;
    case HELLO_RULE_WRONG:
        return CONTRACT_HELLO_BAD;
    default:
        return CONTRACT_HELLO_PARTIAL;
    }
}

static void
check_prefix(const uint8_t *data, size_t nbytes)
{
    char *bytes = malloc(nbytes > 0 ? nbytes : 1);
    size_t rule_line_bytes;
    size_t line_bytes = 0;

    fuzz_require(bytes != NULL, "no memory for the input");
    memcpy(bytes, data, nbytes);
    enum contract_hello want =
        expected(hello_rule(bytes, nbytes, &rule_line_bytes));
    enum contract_hello found = contract_hello(bytes, nbytes, &line_bytes);
    fuzz_require(found == want,
                 "%zu bytes: contract_hello says %d, the rule says %d",
                 nbytes, (int)found, (int)want);
    fuzz_require(line_bytes == rule_line_bytes,
                 "%zu bytes: contract_hello finds a line of %zu bytes, the "
                 "rule one of %zu",
                 nbytes, line_bytes, rule_line_bytes);
    free(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    if (nbytes > INPUT_MAX_BYTES) {
        nbytes = INPUT_MAX_BYTES;
    }
    for (size_t prefix = 0; prefix <= nbytes; prefix++) {
        check_prefix(data, prefix);
    }
    return 0;
}
