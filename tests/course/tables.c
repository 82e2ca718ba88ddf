/*
 * tables.c: experiments, predictions, claims and exercises for the tests of
 * the course, in the place of its own: each of a kind, right and wrong.
 */
#include <math.h>
#include <string.h>

#include "harness/course/course.h"

#define SHELL(key_, line_)                                                   \
    {                                                                        \
        .key = (key_), .shows = "the last word of " key_,                    \
        .kind = EXPERIMENT_SHELL, .server = (line_), .unit = "ms"            \
    }
#define DRIVE(key_, server_, load_, figure_, unit_)                          \
    {                                                                        \
        .key = (key_), .shows = figure_ " of " key_,                         \
        .kind = EXPERIMENT_DRIVE, .server = (server_), .load = (load_),      \
        .figure = (figure_), .unit = (unit_)                                 \
    }
#define COMPARE(key_, model_, over_, figure_)                                \
    {                                                                        \
        .key = (key_), .shows = figure_ " of " key_,                         \
        .kind = EXPERIMENT_COMPARE, .scenario = "echo", .clients = 64,       \
        .model = (model_), .over = (over_), .figure = (figure_), .unit = ""  \
    }

const struct experiment experiments[] = {
    DRIVE("silent", "blocking", "--silent=1 -c 7 -d 200ms", "served", "of 7"),
    DRIVE("silent-end", "blocking", "--silent=1 -c 7 -d 200ms", "accepted",
          "clients"),
    DRIVE("silent-p99", "blocking", "--silent=1 -c 7 -d 200ms", "p99_ms",
          "ms"),
    DRIVE("threads", "threaded", "-c 8 -d 200ms", "threads", "threads"),
    DRIVE("idle", "A=b blocking --backlog=5", NULL, "cpu_percent", "%"),
    DRIVE("no-server", "nosuch", "-c 1", "served", ""),
    DRIVE("no-figure", "A=b blocking --backlog=5", NULL, "nonsense", ""),
    DRIVE("mine", "mine/blocking", "-c 2 -d 200ms", "echoes", "echoes"),
    COMPARE("cpu", "threaded", "selectloop", "server_cpu_us_per_echo"),
    COMPARE("bare", "selectloop", NULL, "served"),
    COMPARE("no-model", "nosuch", NULL, "served"),
    SHELL("three", "echo it takes; echo 3"),
    SHELL("bin", "ls $BIN | grep -c '^load$'"),
    SHELL("no-number", "echo it takes 3x"),
    SHELL("long", "echo begun >$BIN/begun; sleep 97 & sleep 97"),
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

#define CHOICES                                                              \
    {                                                                        \
        {"none", 0, 0}, {"one", 1, 1},                                       \
        {                                                                    \
            "all seven", 7, 7                                                \
        }                                                                    \
    }

const struct prediction predictions[] = {
    {"blocking", "P1", "How many are served?", "silent", CHOICES},
    {"blocking", "P2", "How long does it take?", "three", CHOICES},
    {"blocking", "P3", "Is that a number?", "no-number", CHOICES},
    {"threaded", "P1", "Will it end?", "long", CHOICES},
    {0},
};

const struct claim claims[] = {
    {"right", "a.md", "nobody", CLAIM_TRUE, {"silent", 0, 0}, {0}},
    {"depends",
     "a.md",
     "nobody in no time",
     CLAIM_CONDITIONAL,
     {"silent", 0, 0},
     {"three", 4, INFINITY}},
    {"both",
     "b.md",
     "nobody in some time",
     CLAIM_TRUE,
     {"silent", 0, 0},
     {"three", 3, INFINITY}},
    {"wrong", "b.md", "everybody", CLAIM_TRUE, {"silent", 7, 7}, {0}},
    {"unknown", "b.md", "a number", CLAIM_TRUE, {"no-number", 0, 0}, {0}},
    {0},
};

const struct exercise exercises[] = {
    {"blocking", "It shall echo.", {{"mine", 1, INFINITY}}},
    {0},
};
