/*
 * text.c: cells, lists, wrapped lines. See text.h.
 */
#include "harness/report/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/base.h"

/* What is not printable becomes a blank or a question mark. */
static void
clean(char *words)
{
    for (; *words != '\0'; words++) {
        if (*words == '\n' || *words == '\r' || *words == '\t') {
            *words = ' ';
        } else if (*words < ' ' || *words > '~') {
            *words = '?';
        }
    }
}

void
text_add_args(struct text *text, const char *format, va_list args)
{
    char *words;
    int length = vasprintf(&words, format, args);
    char *bytes =
        length >= 0 ? realloc(text->bytes, text->length + (size_t)length + 1)
                    : NULL;

    if (bytes) {
        clean(words);
        memcpy(bytes + text->length, words, (size_t)length + 1);
        text->bytes = bytes;
        text->length += (size_t)length;
    }
    if (length >= 0) {
        free(words);
    }
}

void
text_add(struct text *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_add_args(text, format, args);
    va_end(args);
}

const char *
text_string(const struct text *text)
{
    return text->bytes ? text->bytes : "";
}

void
text_free(struct text *text)
{
    free(text->bytes);
    memset(text, 0, sizeof *text);
}

char *
text_clip(char cell[TEXT_CELL_BYTES], const char *words, int width)
{
    int length = (int)strlen(words);
    int limit = width < TEXT_CELL_BYTES ? width : TEXT_CELL_BYTES - 1;
    int head = (limit - 1) / 2;

    if (length <= limit) {
        snprintf(cell, TEXT_CELL_BYTES, "%s", words);
    } else {
        /* Names that only differ at their end stay different. */
        snprintf(cell, TEXT_CELL_BYTES, "%.*s..%s", head, words,
                 words + length - (limit - 2 - head));
    }
    clean(cell);
    return cell;
}

char *
text_number(char cell[TEXT_CELL_BYTES], double value, const char *missing)
{
    if (isfinite(value)) {
        return units_format_number(cell, value);
    }
    snprintf(cell, TEXT_CELL_BYTES, "%s", missing);
    return cell;
}

char *
text_count(char cell[TEXT_CELL_BYTES], double value, const char *missing)
{
    if (isfinite(value)) {
        return units_format_count(cell, value);
    }
    snprintf(cell, TEXT_CELL_BYTES, "%s", missing);
    return cell;
}

void
text_wrap(FILE *file, const char *words, int column, int width, int indent)
{
    int blank = 0; /* before a word: none where a line begins */
    int begin = column;

    while (*words != '\0') {
        int length = (int)strcspn(words, " ");

        if (column > begin && column + blank + length > width) {
            fprintf(file, "\n%*s", indent, "");
            column = indent;
            begin = indent;
            blank = 0;
        }
        if (length > width - column - blank) {
            length = width - column - blank;
        }
        fprintf(file, "%*s%.*s", blank, "", length, words);
        column += blank + length;
        blank = 1;
        words += length;
        words += strspn(words, " ");
    }
    fputc('\n', file);
}
