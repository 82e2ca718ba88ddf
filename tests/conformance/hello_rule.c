/* hello_rule.c: see hello_rule.h. */
#include "tests/conformance/hello_rule.h"

#include <stdbool.h>

enum {
    LONGEST = 64, /* bytes of a line, its "\n" not counted */
    WORD = 5,     /* bytes of "hello" */
};

/* White space as isspace() has it in the C locale; a newline would end the
 * line instead. */
static bool
is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\v' || byte == '\f' ||
           byte == '\r';
}

/* True when `bytes` begin with `before` blanks, hello, `after` blanks and a
 * newline. */
static bool
is_line(const char *bytes, size_t nbytes, size_t before, size_t after)
{
    size_t at;

    if (nbytes < before + WORD + after + 1 ||
        bytes[before + WORD + after] != '\n') {
        return false;
    }
    for (at = 0; at < before + WORD + after; at++) {
        bool in_word = at >= before && at < before + WORD;

        if (in_word ? bytes[at] != "hello"[at - before]
                    : !is_blank(bytes[at])) {
            return false;
        }
    }
    return true;
}

enum hello_rule
hello_rule(const char *bytes, size_t nbytes, size_t *line_bytes)
{
    size_t before;
    size_t after;
    size_t at;

    *line_bytes = 0;
    for (before = 0; before + WORD <= LONGEST; before++) {
        for (after = 0; before + WORD + after <= LONGEST; after++) {
            if (is_line(bytes, nbytes, before, after)) {
                *line_bytes = before + WORD + after + 1;
                return HELLO_RULE_RIGHT;
            }
        }
    }
    for (at = 0; at < nbytes; at++) {
        if (bytes[at] == '\n') {
            return HELLO_RULE_WRONG;
        }
    }
    return nbytes > LONGEST ? HELLO_RULE_WRONG : HELLO_RULE_OPEN;
}
