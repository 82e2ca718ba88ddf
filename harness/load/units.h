/*
 * units.h: numbers as people write and read them.
 *
 * Reading: "1k", "64KiB", "200ms". Writing: three digits and a unit.
 * k, M and G are powers of 1000, Ki, Mi and Gi powers of 1024.
 */
#ifndef FIVEWAYS_UNITS_H
#define FIVEWAYS_UNITS_H

#include <stddef.h>
#include <stdint.h>

/* Read a count: "64", "10k", "1.5M". Returns 0, or -1 if `text` is not one
 * or does not fit; then *value is unchanged. So do the next two. */
int units_parse_count(const char *text, int64_t *value);

/* Read a size in bytes: "64", "64B", "1k", "64KiB", "1MiB". */
int units_parse_bytes(const char *text, int64_t *bytes);

/* Read a time: "5s", "200ms", "50us", "10ns", "1m". A bare number other
 * than 0 is refused, because nobody can know what it means. */
int units_parse_time(const char *text, int64_t *time_ns);

/* Write into `text` and return it. A buffer of UNITS_TEXT_BYTES is always
 * enough. Three significant digits: "94.8k", "1.90 ms", "512 KiB". */
enum {
    UNITS_TEXT_BYTES = 32
};
char *units_format_count(char *text, double value);
char *units_format_bytes(char *text, double bytes);
char *units_format_time(char *text, double time_ns);

/* Three significant digits without a unit: "0.0123", "1.23", "123",
 * "1230". */
char *units_format_number(char *text, double value);

#endif
