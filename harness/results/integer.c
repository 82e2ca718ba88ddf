/*
 * integer.c: whole numbers of a results file. See integer.h.
 */
#include "harness/results/integer.h"

int
integer_from_json(const json_t *object, const char *key, int most, int *value)
{
    const json_t *number = json_object_get(object, key);

    if (!number) {
        return 0;
    }
    if (!json_is_integer(number) || json_integer_value(number) < 0 ||
        json_integer_value(number) > most) {
        return -1;
    }
    *value = (int)json_integer_value(number);
    return 0;
}
