/*
 * hello_rule.h: the rule of the handshake once more, for tests to ask.
 *
 * "The first line, at most 64 bytes up to "\n", stripped of white space, must
 * be hello." The contract has its own idea of how to find that out; this one
 * shares nothing with it, constants included, and is slow on purpose: it
 * builds every line that is right and compares. Where the two differ, one of
 * them is wrong.
 */
#ifndef FIVEWAYS_HELLO_RULE_H
#define FIVEWAYS_HELLO_RULE_H

#include <stddef.h>

/* What the bytes that a client has sent so far are. */
enum hello_rule {
    HELLO_RULE_OPEN,  /* a line that is not at its end yet */
    HELLO_RULE_RIGHT, /* the client said hello */
    HELLO_RULE_WRONG, /* whatever follows, it will not be right */
};

/* Judge the first `nbytes` of a connection. `*line_bytes` is the length of a
 * right line with its "\n", else 0. Nothing behind `nbytes` is read. */
enum hello_rule hello_rule(const char *bytes, size_t nbytes,
                           size_t *line_bytes);

#endif
