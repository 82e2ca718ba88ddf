/*
 * integer.h: whole numbers of a results file that fit where they are kept.
 *
 * Such a file may have been edited, cut or made by another program, so each
 * number is checked once, as it comes in.
 */
#ifndef FIVEWAYS_RESULTS_INTEGER_H
#define FIVEWAYS_RESULTS_INTEGER_H

#include <jansson.h>

/* Read the whole number at `key`, 0 to `most`. A missing one leaves *value
 * as it is, since old files lack keys. Returns 0, or -1 if it is none or out
 * of range. */
int integer_from_json(const json_t *object, const char *key, int most,
                      int *value);

#endif
