/*
 * units.c: numbers as people write and read them.
 *
 * Nothing here depends on the locale: strtod and printf write a comma for
 * the decimal point where the user's language does, and a results file must
 * not. Reading is done in whole numbers, so "1.1k" is exactly 1100 and what
 * would not come out whole is refused instead of being rounded.
 */
#include "harness/load/units.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A unit: its name, and how many of the smallest unit it is worth. */
struct unit {
    const char *name; /* as written behind the number */
    int64_t worth;    /* in counts, bytes or nanoseconds */
};

static const struct unit count_units[] = {
    {"", 1},      {"k", 1000},     {"M", 1000000},  {"G", 1000000000},
    {"Ki", 1024}, {"Mi", 1 << 20}, {"Gi", 1 << 30}, {NULL, 0},
};

static const struct unit byte_units[] = {
    {"", 1},         {"B", 1},         {"k", 1000},       {"kB", 1000},
    {"M", 1000000},  {"MB", 1000000},  {"G", 1000000000}, {"GB", 1000000000},
    {"Ki", 1024},    {"KiB", 1024},    {"Mi", 1 << 20},   {"MiB", 1 << 20},
    {"Gi", 1 << 30}, {"GiB", 1 << 30}, {NULL, 0},
};

static const struct unit time_units[] = {
    {"ns", 1},       {"us", 1000},      {"\u00b5s", 1000},
    {"ms", 1000000}, {"s", 1000000000}, {"m", INT64_C(60000000000)},
    {NULL, 0},
};

/* Read the digits of a number with at most one point in it. Returns where
 * they end, or NULL; *value is the number without its point and *scale the
 * power of ten to divide it by. */
static const char *
read_digits(const char *text, int64_t *value, int64_t *scale)
{
    int digits = 0;
    bool in_fraction = false;
    *value = 0;
    *scale = 1;
    for (;; text++) {
        if (*text == '.' && !in_fraction && digits > 0) {
            in_fraction = true;
            continue;
        }
        if (*text < '0' || *text > '9') {
            break;
        }
        if (__builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, *text - '0', value) ||
            (in_fraction && __builtin_mul_overflow(*scale, 10, scale))) {
            return NULL;
        }
        digits++;
    }
    return digits > 0 && text[-1] != '.' ? text : NULL;
}

static int
parse(const char *text, const struct unit *units, int64_t *result)
{
    int64_t value;
    int64_t scale;
    const char *name = read_digits(text, &value, &scale);
    if (name == NULL) {
        return -1;
    }
    while (units->name != NULL && strcmp(units->name, name) != 0) {
        units++;
    }
    if (units->name == NULL) {
        return -1;
    }
    /* 63 bits times 36 bits at most: this cannot overflow. */
    __int128 product = (__int128)value * units->worth;
    if (product % scale != 0 || product / scale > INT64_MAX) {
        return -1;
    }
    *result = (int64_t)(product / scale);
    return 0;
}

int
units_parse_count(const char *text, int64_t *value)
{
    return parse(text, count_units, value);
}

int
units_parse_bytes(const char *text, int64_t *bytes)
{
    return parse(text, byte_units, bytes);
}

int
units_parse_time(const char *text, int64_t *time_ns)
{
    if (strcmp(text, "0") == 0) {
        *time_ns = 0;
        return 0;
    }
    return parse(text, time_units, time_ns);
}

/* A number cut to three significant digits. */
struct rounded {
    char digits[3]; /* the first is not '0', unless all are */
    int exponent;   /* of ten, of the first digit */
    bool negative;  /* below zero */
};

/* The C library does the rounding; its digits are picked out whatever it
 * puts between them for a decimal point. */
static struct rounded
round_off(double value)
{
    char text[64];
    struct rounded rounded = {.negative = value < 0};
    snprintf(text, sizeof text, "%.2e", fabs(value));
    int count = 0;
    const char *p = text;
    for (; *p != 'e' && *p != '\0'; p++) {
        if (*p >= '0' && *p <= '9' && count < 3) {
            rounded.digits[count++] = *p;
        }
    }
    if (*p == 'e') {
        rounded.exponent = (int)strtol(p + 1, NULL, 10);
    }
    return rounded;
}

/* Write the three digits with their point. The exponent is -9 to 15. */
static char *
write_rounded(char *text, const struct rounded *rounded)
{
    char *p = text;
    if (rounded->negative) {
        *p++ = '-';
    }
    int exponent = rounded->exponent;
    if (exponent < 0) {
        *p++ = '0';
        *p++ = '.';
        for (int i = -1; i > exponent; i--) {
            *p++ = '0';
        }
    }
    for (int i = 0; i < 3; i++) {
        *p++ = rounded->digits[i];
        if (i == exponent && i < 2) {
            *p++ = '.';
        }
    }
    for (int i = 2; i < exponent; i++) {
        *p++ = '0';
    }
    *p = '\0';
    return text;
}

static char *
write_text(char *text, const char *from)
{
    snprintf(text, UNITS_TEXT_BYTES, "%s", from);
    return text;
}

char *
units_format_number(char *text, double value)
{
    if (!isfinite(value)) {
        return write_text(text, "-");
    }
    struct rounded rounded = round_off(value);
    if (rounded.digits[0] == '0' || rounded.exponent < -9) {
        return write_text(text, "0");
    }
    if (rounded.exponent > 15) {
        return write_text(text, rounded.negative ? "-huge" : "huge");
    }
    return write_rounded(text, &rounded);
}

/* Write `value` with the largest unit that leaves a 1 before the point.
 * `names` are `count` units that differ by `step`, the smallest first. A
 * whole number of the smallest unit is written as such: 64, not 64.0. */
static char *
format(char *text, double value, double step, const char *const *names,
       int count)
{
    if (!isfinite(value)) {
        return write_text(text, "-");
    }
    double limit = step == 1024 ? 1023.5 : 999.5;
    int unit = 0;
    while (unit < count - 1 && fabs(value) >= limit) {
        value /= step;
        unit++;
    }
    /* Four digits happen: 1000 to 1023 of a binary unit, or the last unit. */
    bool four_digits = fabs(value) >= 999.5 && fabs(value) < 1e15;
    bool whole = unit == 0 && value == trunc(value);
    char number[UNITS_TEXT_BYTES];
    if (four_digits || whole) {
        snprintf(number, sizeof number, "%.0f", value);
    } else {
        units_format_number(number, value);
    }
    snprintf(text, UNITS_TEXT_BYTES, "%.24s%s", number, names[unit]);
    return text;
}

char *
units_format_count(char *text, double value)
{
    static const char *const names[] = {"", "k", "M", "G", "T"};
    return format(text, value, 1000, names, 5);
}

char *
units_format_bytes(char *text, double bytes)
{
    static const char *const names[] = {" B", " KiB", " MiB", " GiB", " TiB"};
    return format(text, bytes, 1024, names, 5);
}

char *
units_format_time(char *text, double time_ns)
{
    static const char *const names[] = {" ns", " us", " ms", " s"};
    return format(text, time_ns, 1000, names, 4);
}
