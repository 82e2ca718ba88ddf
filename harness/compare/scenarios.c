/*
 * scenarios.c: the table of what is measured. See plan.h.
 *
 * To add a scenario, add a line; what is said of it hangs on its properties,
 * in harness/report/facts.c.
 */
#include "harness/compare/plan.h"

#include <stdio.h>
#include <string.h>

enum {
    EVERY_MODE = MODE_DEFAULT | MODE_QUICK | MODE_FULL,
    LONGER_MODES = MODE_DEFAULT | MODE_FULL,
};

static const struct scenario table[] = {
    {
        .name = "echo",
        .seconds = 4,
        .clients = 1,
        .message_bytes = 64,
        .modes = LONGER_MODES | MODE_VARIANTS,
    },
    {
        .name = "echo",
        .seconds = 8,
        .clients = 64,
        .message_bytes = 64,
        .modes = EVERY_MODE | MODE_VARIANTS,
    },
    {
        .name = "echo",
        .seconds = 8,
        .clients = 512,
        .message_bytes = 64,
        .modes = LONGER_MODES,
    },
    {
        .name = "churn",
        .seconds = 5,
        .clients = 16,
        .churn = true,
        .message_bytes = 64,
        .modes = EVERY_MODE,
    },
    {
        .name = "handshake",
        .seconds = 5,
        .clients = 16,
        .churn = true,
        .handshake = true,
        .message_bytes = 64,
        .modes = MODE_FULL,
    },
    {
        .name = "idle",
        .seconds = 5,
        .clients = 16,
        .ask_silent = true,
        .message_bytes = 64,
        .modes = MODE_C10K,
    },
    {
        .name = "idle",
        .seconds = 5,
        .clients = 16,
        .silent = 1000,
        .ask_silent = true,
        .message_bytes = 64,
        .modes = EVERY_MODE | MODE_C10K | MODE_VARIANTS,
    },
    {
        .name = "idle",
        .seconds = 5,
        .clients = 16,
        .silent = 5000,
        .ask_silent = true,
        .message_bytes = 64,
        .modes = MODE_C10K,
    },
    {
        .name = "idle",
        .seconds = 5,
        .clients = 16,
        .silent = 10000,
        .ask_silent = true,
        .message_bytes = 64,
        .modes = MODE_FULL | MODE_C10K,
    },
    {
        .name = "silent",
        .seconds = 3,
        .clients = 16,
        .silent = 1,
        .message_bytes = 64,
        .modes = EVERY_MODE,
    },
    {
        .name = "wait",
        .seconds = 6,
        .clients = 64,
        .delay_ms = 5,
        .message_bytes = 64,
        .modes = EVERY_MODE,
    },
    {
        .name = "work",
        .seconds = 5,
        .clients = 16,
        .work_us = 200,
        .all_cpus = true,
        .message_bytes = 64,
        .modes = EVERY_MODE,
    },
    {
        .name = "bulk",
        .seconds = 5,
        .clients = 4,
        .message_bytes = INT64_C(1024) * 1024,
        .modes = MODE_FULL,
    },
    {
        .name = "rate",
        .seconds = 25,
        .clients = 64,
        .open_loop = true,
        .message_bytes = 64,
        .modes = LONGER_MODES,
    },
};
enum {
    TABLE_LINES = sizeof table / sizeof table[0]
};

const struct scenario *
scenarios_all(size_t *count)
{
    *count = TABLE_LINES;
    return table;
}

bool
scenarios_known(const char *name, size_t length)
{
    for (size_t i = 0; i < TABLE_LINES; i++) {
        if (strlen(table[i].name) == length &&
            memcmp(table[i].name, name, length) == 0) {
            return true;
        }
    }
    return false;
}

char *
scenarios_names(char *text, size_t text_bytes)
{
    size_t length = 0;

    text[0] = '\0';
    for (size_t i = 0; i < TABLE_LINES && length < text_bytes; i++) {
        if (i == 0 || strcmp(table[i].name, table[i - 1].name) != 0) {
            length +=
                (size_t)snprintf(text + length, text_bytes - length, "%s%s",
                                 i > 0 ? ", " : "", table[i].name);
        }
    }
    return text;
}

bool
scenario_is_plain(const struct scenario *scenario)
{
    return !scenario->handshake && scenario->delay_ms == 0 &&
           scenario->work_us == 0;
}

int
scenario_asked(const struct scenario *scenario)
{
    return scenario->clients + (scenario->ask_silent ? scenario->silent : 0);
}
