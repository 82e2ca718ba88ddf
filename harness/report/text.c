/*
 * text.c: cells, lists, wrapped lines. See text.h.
 */
#include "harness/report/text.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "harness/load/units.h"

void
text_add(struct text *text, const char *format, ...)
{
    size_t room = sizeof text->bytes - text->length;
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(text->bytes + text->length, room, format, args);
    va_end(args);
    if (length > 0) {
        text->length += (size_t)length < room ? (size_t)length : room - 1;
    }
}

void
text_add_item(struct text *text, size_t i, size_t n, const char *item)
{
    const char *before = ", ";

    if (i == 0) {
        before = "";
    } else if (i == n - 1) {
        before = " and ";
    }
    text_add(text, "%s%s", before, item);
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
text_wrap(FILE *file, const char *words, int width, int indent)
{
    int column = 0;

    while (*words != '\0') {
        int length = (int)strcspn(words, " ");

        if (column > indent && column + 1 + length > width) {
            fprintf(file, "\n%*s", indent, "");
            column = indent;
        } else if (column > 0 && column != indent) {
            fputc(' ', file);
            column++;
        }
        fprintf(file, "%.*s", length, words);
        column += length;
        words += length;
        words += strspn(words, " ");
    }
    fputc('\n', file);
}
