/*
 * fields.h: structs as JSON objects, each by a table of its fields: the runs
 * that `load --save` keeps, and the lines of results.jsonl.
 */
#ifndef FIVEWAYS_FIELDS_H
#define FIVEWAYS_FIELDS_H

#include <jansson.h>
#include <stddef.h>

#include "harness/load/engine.h"

/* How a field is kept, by its type. No number but a double may be below 0. */
enum field_kind {
    FIELD_TEXT,      /* char[] */
    FIELD_INT,       /* int, or an enum */
    FIELD_INT64,     /* of 64 bits, with or without a sign */
    FIELD_BOOL,      /* bool */
    FIELD_NUMBER,    /* double; NAN is null */
    FIELD_ERRORS,    /* counts by kind of error */
    FIELD_HISTOGRAM, /* {"max_ns": 90, ..., "buckets": [70, 1, 90, 2]}: those
                      * that are not empty, number, count, number, count,
                      * with the numbers going up */
};

/* clang-format off */
#define FIELD_KIND(member)                                                   \
    _Generic((member), char *: FIELD_TEXT, int: FIELD_INT,                   \
             unsigned: FIELD_INT, int64_t: FIELD_INT64,                      \
             uint64_t: FIELD_INT64, bool: FIELD_BOOL, double: FIELD_NUMBER,  \
             uint64_t *: FIELD_ERRORS, struct histogram: FIELD_HISTOGRAM)
/* clang-format on */

enum {
    FIELD_STRICT = 1, /* it must be there, as it was written, and a text be
                       * right for a terminal and not empty; else what is
                       * missing is 0 or NAN, and what does not fit is cut */
    FIELD_MUST = 2,   /* a text that may not be empty */
};

/* A field; a table of them ends with {0}. */
struct field {
    const char *key;      /* in JSON */
    enum field_kind kind; /* how it is kept */
    size_t offset;        /* in its struct */
    size_t bytes;         /* of it */
    unsigned flags;       /* FIELD_STRICT ... */
    /* What is kept in a way of its own, else NULL. The second returns true if
     * the value, NULL if there is none, is what it must be. */
    json_t *(*write)(const void *at);
    bool (*read)(json_t *value, void *at);
};

/* One with a key of its own, and with the name of its member. Behind them may
 * stand `.flags = ...`, or functions. */
#define FIELD_AS(name, record, member, ...)                                  \
    {                                                                        \
        .key = (name), .kind = FIELD_KIND(((struct record *)0)->member),     \
        .offset = offsetof(struct record, member),                           \
        .bytes = sizeof(((struct record *)0)->member), __VA_ARGS__           \
    }
#define FIELD(record, name, ...) FIELD_AS(#name, record, name, __VA_ARGS__)

/* Append all fields of a record to an object. */
void fields_write(json_t *object, const struct field *fields,
                  const void *record);

/* Read a record. Returns NULL, or the key of the first that is wrong. */
const char *fields_read(const json_t *object, const struct field *fields,
                        void *record);

#endif
