/*
 * run.c: the first line of results.jsonl. See run.h.
 */
#include "harness/results/run.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "harness/results/integer.h"

/* The strings of a run, so that writing and reading cannot differ. */
static const struct {
    const char *key; /* in JSON */
    size_t offset;   /* of the array in struct run */
    size_t bytes;    /* its size */
} strings[] = {
#define STRING(field)                                                        \
    {                                                                        \
#field, offsetof(struct run, field),                                 \
            sizeof(((struct run *)0)->field)                                 \
    }
    STRING(cpu_model), STRING(kernel),  STRING(date),
    STRING(compiler),  STRING(mode),    STRING(layout),
    STRING(models),    STRING(command), STRING(note),
#undef STRING
};
enum {
    STRINGS = sizeof strings / sizeof strings[0]
};

json_t *
run_to_json(const struct run *run)
{
    json_t *object = json_object();

    if (!object) {
        return NULL;
    }
    for (int i = 0; i < STRINGS; i++) {
        const char *text = (const char *)run + strings[i].offset;

        json_object_set_new(object, strings[i].key, json_string(text));
    }
    json_object_set_new(object, "cores", json_integer(run->cores));
    json_object_set_new(object, "rounds", json_integer(run->rounds));
    json_object_set_new(object, "seed", json_integer(run->seed));
    return object;
}

int
run_from_json(const json_t *object, struct run *run)
{
    memset(run, 0, sizeof *run);
    for (int i = 0; i < STRINGS; i++) {
        const char *text =
            json_string_value(json_object_get(object, strings[i].key));

        snprintf((char *)run + strings[i].offset, strings[i].bytes, "%s",
                 text ? text : "");
    }
    run->seed = (long)json_integer_value(json_object_get(object, "seed"));
    run->seconds = NAN;
    run->partial = true;
    if (integer_from_json(object, "cores", RUN_CORES_MAX, &run->cores) != 0) {
        return -1;
    }
    return integer_from_json(object, "rounds", RUN_ROUNDS_MAX, &run->rounds);
}
