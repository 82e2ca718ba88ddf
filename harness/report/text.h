/*
 * text.h: the small change of every report: cells, lists, wrapped lines.
 *
 * Nothing here knows a scenario or a figure. All text is ASCII, so that one
 * byte is one column on every terminal.
 */
#ifndef FIVEWAYS_TEXT_H
#define FIVEWAYS_TEXT_H

#include <stddef.h>
#include <stdio.h>

enum {
    TEXT_WIDTH = 100,       /* columns that no line of a table exceeds */
    TEXT_CELL_BYTES = 40,   /* a cell with its final 0 */
    TEXT_LINE_BYTES = 1200, /* a sentence or two */
};

/* A sentence under construction. All zero is an empty one. */
struct text {
    char bytes[TEXT_LINE_BYTES]; /* what there is, ending in 0 */
    size_t length;               /* of it; never reaches the end */
};

/* Append, formatted as by printf; what does not fit is cut off. */
void text_add(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Append the i-th of n things with what belongs before it in a list: "",
 * ", " or " and ". */
void text_add_item(struct text *text, size_t i, size_t n, const char *item);

/* Three significant digits, or `missing` when the value is NAN. Returns
 * `cell`. */
char *text_number(char cell[TEXT_CELL_BYTES], double value,
                  const char *missing);

/* The same for counts and rates: "94.8k", "190". */
char *text_count(char cell[TEXT_CELL_BYTES], double value,
                 const char *missing);

/* Print `words` in lines of at most `width` columns, broken at spaces; every
 * line but the first begins with `indent` spaces. Ends with a newline. */
void text_wrap(FILE *file, const char *words, int width, int indent);

#endif
