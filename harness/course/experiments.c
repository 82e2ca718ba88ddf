/*
 * experiments.c: the table of experiments. See course.h.
 */
#include <string.h>

#include "harness/course/course.h"

/* The rows, by their kind. */
#define DRIVE(key_, shows_, server_, load_, figure_, unit_)                  \
    {                                                                        \
        .key = (key_), .shows = (shows_), .kind = EXPERIMENT_DRIVE,          \
        .server = (server_), .load = (load_), .figure = (figure_),           \
        .unit = (unit_)                                                      \
    }

const struct experiment experiments[] = {
    DRIVE("silent-blocking", "of 7 clients behind a silent one, served",
          "blocking", "--silent=1 -c 7 -d 500ms", "served", "of 7"),
    {0},
};

const struct experiment *
experiment_find(const char *key)
{
    for (const struct experiment *row = experiments; row->key; row++) {
        if (strcmp(row->key, key) == 0) {
            return row;
        }
    }
    return NULL;
}
