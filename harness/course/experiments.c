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

#define COMPARE(key_, shows_, scenario_, clients_, model_, over_, figure_,   \
                unit_)                                                       \
    {                                                                        \
        .key = (key_), .shows = (shows_), .kind = EXPERIMENT_COMPARE,        \
        .scenario = (scenario_), .clients = (clients_), .model = (model_),   \
        .over = (over_), .figure = (figure_), .unit = (unit_)                \
    }
#define LIE(key_, shows_, figure_, unit_)                                    \
    {                                                                        \
        .key = (key_), .shows = (shows_), .kind = EXPERIMENT_LIE,            \
        .figure = (figure_), .unit = (unit_)                                 \
    }
#define MUTANT(key_, shows_, mutant_, case_)                                 \
    {                                                                        \
        .key = (key_), .shows = (shows_), .kind = EXPERIMENT_MUTANT,         \
        .server = (mutant_), .load = (case_), .unit = ""                     \
    }
#define SHELL(key_, shows_, line_, unit_)                                    \
    {                                                                        \
        .key = (key_), .shows = (shows_), .kind = EXPERIMENT_SHELL,          \
        .server = (line_), .unit = (unit_)                                   \
    }

const struct experiment experiments[] = {
    DRIVE("silent-blocking", "of 7 clients behind a silent one, served",
          "blocking", "--silent=1 -c 7 -d 500ms", "served", "of 7"),
    DRIVE("silent-asked", "of 1 silent client, served in the end", "blocking",
          "--silent=1 -c 7 -d 500ms", "silent_served", "of 1"),
    DRIVE("threads-64", "threads of the server, with 64 clients", "threaded",
          "-c 64 -d 500ms", "threads", "threads"),
    DRIVE("idle-cpu", "CPU of a server that nobody asks", "selectloop", NULL,
          "cpu_percent", "%"),
    COMPARE("threaded-cpu", "CPU of an echo, times selectloop's", "echo", 64,
            "threaded", "selectloop", "server_cpu_us_per_echo", "times"),
    SHELL("kernel-backlog", "the longest queue of a listener",
          "cat /proc/sys/net/core/somaxconn", "clients"),
    MUTANT("sleeping-loop", "1: the tests find a loop that sleeps",
           "sleep-in-the-loop", NULL),
    DRIVE("mine-blocking", "of 7 clients behind a silent one, served",
          "mine/blocking", "--silent=1 -c 7 -d 500ms", "served", "of 7"),
    LIE("lie-closed-p99", "p99 of the closed loop over a stall of a second",
        "closed_p99_ms", "ms"),
    LIE("lie-open-p99", "p99 of the open loop over the same stall",
        "open_p99_ms", "ms"),
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
