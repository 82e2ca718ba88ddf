/* models.c: see models.h. */
#include "tests/conformance/models.h"

#include <stddef.h>
#include <string.h>

const struct model models[] = {
    {.name = "blocking",
     .program = "blocking",
     .kind = MODEL_BLOCKING,
     .serial = true},
    {.name = "threaded", .program = "threaded", .kind = MODEL_THREADED},
    {.name = "selectloop", .program = "selectloop", .kind = MODEL_SELECTLOOP},
    {.name = "coroutine", .program = "coroutine", .kind = MODEL_COROUTINE},
    {.name = "libevent", .program = "libevent", .kind = MODEL_LIBEVENT},
    {.name = "libevent-poll",
     .program = "libevent",
     .flag = "--backend=poll",
     .kind = MODEL_LIBEVENT,
     .data_only = true},
    {.name = "libevent-select",
     .program = "libevent",
     .flag = "--backend=select",
     .kind = MODEL_LIBEVENT,
     .data_only = true},
    {.name = "libevent-noepoll",
     .program = "libevent",
     .environment = "EVENT_NOEPOLL=1",
     .kind = MODEL_LIBEVENT,
     .data_only = true},
    {.name = "bufferevent",
     .program = "bufferevent",
     .kind = MODEL_BUFFEREVENT,
     .data_only = true},
    {.name = "coroutine-swapcontext",
     .program = "coroutine",
     .flag = "--switch=swapcontext",
     .kind = MODEL_COROUTINE,
     .data_only = true},
    {.name = NULL},
};

static const struct model *current = &models[0];

const struct model *
model_find(const char *name)
{
    const struct model *model = models;

    while (model->name != NULL && strcmp(model->name, name) != 0) {
        model++;
    }
    return model->name == NULL ? NULL : model;
}

const struct model *
model_current(void)
{
    return current;
}

void
model_set_current(const struct model *model)
{
    current = model;
}

int
model_crowd(int count)
{
    return current->serial ? 1 : count;
}
