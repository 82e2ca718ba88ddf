/*
 * text.h: the small change of every report: cells, lists, wrapped lines.
 *
 * Nothing here knows a scenario or a figure. All text is printable ASCII, so
 * that one byte is one column on every terminal and no name or reason in a
 * results file can move the cursor or begin a line of its own.
 */
#ifndef FIVEWAYS_TEXT_H
#define FIVEWAYS_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

enum {
    TEXT_WIDTH = 100,     /* columns that no line of a table exceeds */
    TEXT_CELL_BYTES = 40, /* a cell with its final 0 */
};

/* A sentence under construction. All zero is an empty one. */
struct text {
    char *bytes;   /* what there is, ending in 0; NULL while empty */
    size_t length; /* of it */
};

/* Append, formatted as by printf. What is not printable becomes a blank or
 * a question mark; without memory nothing is appended. */
void text_add(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void text_add_args(struct text *text, const char *format, va_list args);

/* What there is, "" while empty. */
const char *text_string(const struct text *text);

/* Free it; it is empty then and may be used again. */
void text_free(struct text *text);

/* Copy `words`, clean and at most `width` columns wide: where it is longer,
 * the middle is left out. Returns `cell`. */
char *text_clip(char cell[TEXT_CELL_BYTES], const char *words, int width);

/* Three significant digits, or `missing` when the value is NAN. Returns
 * `cell`. */
char *text_number(char cell[TEXT_CELL_BYTES], double value,
                  const char *missing);

/* The same for counts and rates: "94.8k", "190". */
char *text_count(char cell[TEXT_CELL_BYTES], double value,
                 const char *missing);

/* Print `words` in lines of at most `width` columns, broken at spaces, and
 * within a word that is longer than a line. The first line is there up to
 * `column`; the others begin with `indent` spaces. Ends with a newline. */
void text_wrap(FILE *file, const char *words, int column, int width,
               int indent);

#endif
