/*
 * units.c: numbers as people write and read them.
 *
 * Reading is done in whole numbers, so "1.1k" is exactly 1100 and what would
 * not come out whole is refused instead of being rounded.
 */
#include "harness/base/base.h"

#include <ctype.h>
#include <err.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

enum {
    DIGITS = 3,        /* significant ones that are written */
    EXPONENT_MIN = -9, /* below, it is as good as 0 */
    EXPONENT_MAX = 15, /* above, it is written with its exponent */
    DECIMAL = 1000,    /* beyond, numbers have more digits than DIGITS */
};

struct unit {
    const char *name; /* as written behind the number */
    int64_t worth;    /* in counts, bytes or nanoseconds */
};

static const struct unit none[] = {{"", 1}, {NULL, 0}};

static const struct unit counts[] = {
    {"", 1},      {"k", 1000},     {"M", 1000000},  {"G", 1000000000},
    {"Ki", 1024}, {"Mi", 1 << 20}, {"Gi", 1 << 30}, {NULL, 0},
};

static const struct unit times[] = {
    {"ns", 1},       {"us", 1000},      {"\u00b5s", 1000},
    {"ms", 1000000}, {"s", 1000000000}, {"m", INT64_C(60000000000)},
    {NULL, 0},
};

static const struct {
    const struct unit *read; /* what may stand behind a number, */
    const char *tail;        /* and behind that */
    int step;                /* between two that are written, of which */
    const char *written[6];  /* the smallest is first, NULL behind the last */
} kinds[] = {
    [UNITS_NONE] = {none, "", 0, {NULL}},
    [UNITS_COUNT] = {counts, "", 1000, {"", "k", "M", "G", "T"}},
    [UNITS_BYTES] = {counts,
                     "B",
                     1024,
                     {" B", " KiB", " MiB", " GiB", " TiB"}},
    [UNITS_TIME] = {times, "", 1000, {" ns", " us", " ms", " s"}},
};

int
units_parse(const char *text, enum units kind, int64_t *value)
{
    int64_t number = 0; /* without its point */
    int64_t scale = 1;  /* it is so many times too large then */
    const char *point = NULL;
    const char *name = text;

    if (kind == UNITS_TIME && strcmp(text, "0") == 0) {
        *value = 0;
        return 0;
    }
    for (; isdigit((unsigned char)*name) ||
           (*name == '.' && !point && kind != UNITS_NONE);
         name++) {
        if (*name == '.') {
            point = name;
        } else if (__builtin_mul_overflow(number, 10, &number) ||
                   __builtin_add_overflow(number, *name - '0', &number) ||
                   (point && __builtin_mul_overflow(scale, 10, &scale))) {
            return -1;
        }
    }
    if (name == text || point == text || point == name - 1) {
        return -1;
    }
    for (const struct unit *it = kinds[kind].read; it->name != NULL; it++) {
        size_t nbytes = strlen(it->name);
        if (strncmp(it->name, name, nbytes) == 0 &&
            (name[nbytes] == '\0' ||
             strcmp(name + nbytes, kinds[kind].tail) == 0)) {
            int64_t worth = it->worth;
            for (; scale % 10 == 0 && worth % 10 == 0; scale /= 10) {
                worth /= 10;
            }
            if (__builtin_mul_overflow(number, worth, &number) ||
                number % scale != 0) {
                return -1;
            }
            *value = number / scale;
            return 0;
        }
    }
    return -1;
}

char *
units_format_number(char *text, double value)
{
    if (!isfinite(value)) {
        return memcpy(text, "-", sizeof "-");
    }
    snprintf(text, UNITS_TEXT_BYTES, "%.*e", DIGITS - 1, value);
    long exponent = strtol(strchr(text, 'e') + 1, NULL, 10);
    if (value == 0 || exponent < EXPONENT_MIN) {
        return memcpy(text, "0", sizeof "0");
    }
    if (exponent <= EXPONENT_MAX) {
        int decimals = DIGITS - 1 - (int)exponent;
        snprintf(text, UNITS_TEXT_BYTES, "%.*f", decimals > 0 ? decimals : 0,
                 strtod(text, NULL));
    }
    return text;
}

char *
units_format(char *text, double value, enum units kind)
{
    char number[UNITS_TEXT_BYTES];
    const char *const *names = kinds[kind].written;

    if (kind == UNITS_NONE) {
        return units_format_number(text, value);
    }
    int step = kinds[kind].step;
    while (names[1] != NULL && fabs(value) >= step - 0.5) {
        value /= step;
        names++;
    }
    units_format_number(number, value);
    /* Four digits happen: 1000 to 1023 of a binary unit, or the last unit. */
    if ((fabs(value) >= DECIMAL - 0.5 && fabs(value) < 1e15) ||
        (names == kinds[kind].written && value == (int)value)) {
        snprintf(number, sizeof number, "%.0f", value);
    }
    snprintf(text, UNITS_TEXT_BYTES, "%.24s%s", number,
             isfinite(value) ? *names : "");
    return text;
}

void *
given(void *memory)
{
    if (!memory) {
        errx(3, "not enough memory");
    }
    return memory;
}

void
text_append(char *text, size_t bytes, const char *separator,
            const char *format, ...)
{
    size_t length = strlen(text);
    va_list args;

    if (length > 0) {
        snprintf(text + length, bytes - length, "%s", separator);
        length = strlen(text);
    }
    va_start(args, format);
    vsnprintf(text + length, bytes - length, format, args);
    va_end(args);
}

/* How many bytes of UTF-8 begin here, of which nothing steers a terminal; 0
 * if it is something else. */
static size_t
printable(const char *text)
{
    static const unsigned long least[] = {0, 0xa0, 0x800, 0x10000};
    const unsigned char *byte = (const unsigned char *)text;
    size_t more = *byte >= 0xf0 ? 3 : *byte >= 0xe0 ? 2 : *byte >= 0xc2;
    unsigned long sign = *byte & 0x3fU >> more;

    if (*byte < 0x80 || *byte > 0xf4 || more == 0) {
        return *byte >= ' ' && *byte <= '~';
    }
    for (size_t i = 1; i <= more; i++) {
        if (byte[i] >> 6 != 2) {
            return 0;
        }
        sign = sign << 6 | (byte[i] & 0x3fU);
    }
    /* Nothing that could be shorter, no half of a sign, no end of a plane,
     * and none that turns round what stands beside it. */
    return sign < least[more] || (sign >= 0xd800 && sign < 0xe000) ||
                   (sign >= 0x202a && sign <= 0x202e) ||
                   (sign >= 0x2066 && sign <= 0x2069) || sign > 0x10ffff ||
                   (sign & 0xfffe) == 0xfffe
               ? 0
               : more + 1;
}

char *
text_clean(char *text)
{
    for (char *byte = text; *byte != '\0';) {
        size_t nbytes = printable(byte);

        if (nbytes == 0) {
            *byte = strchr("\n\r\t", *byte) ? ' ' : '?';
        }
        byte += MAX(nbytes, 1);
    }
    return text;
}
