/*
 * style.c: how pages and pictures look, in CSS: page.css and picture.css as
 * they are, each a string. See internal.h and picture.h.
 */
#include "harness/report/internal.h"

/* The assembler takes the file in, from the folder where make runs; what
 * hangs on it is said in the Makefile. */
#define EMBED(name, file)                                                    \
    __asm__(".pushsection .rodata\n"                                         \
            ".globl " name "\n" name ":\n"                                   \
            ".incbin \"harness/report/" file "\"\n"                          \
            ".byte 0\n"                                                      \
            ".popsection\n")

EMBED("svg_style", "picture.css");
EMBED("page_style", "page.css");
