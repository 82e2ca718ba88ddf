/* models.c: see models.h. */
#include "tests/conformance/models.h"

#include "harness/base/models.h"

#include <stddef.h>
#include <string.h>

#define MODEL_ROW(id, bits, idea)                                            \
    {.name = #id, .program = #id, .ways = (bits)},

const struct model models[] = {
    MODELS(MODEL_ROW) /* and the same programs otherwise */
    {.name = "libevent-poll",
     .program = "libevent",
     .flag = "--backend=poll",
     .ways = MODEL_LIBEVENT,
     .data_only = true},
    {.name = "libevent-select",
     .program = "libevent",
     .flag = "--backend=select",
     .ways = MODEL_LIBEVENT,
     .data_only = true},
    {.name = "libevent-noepoll",
     .program = "libevent",
     .environment = "EVENT_NOEPOLL=1",
     .ways = MODEL_LIBEVENT,
     .data_only = true},
    {.name = "bufferevent",
     .program = "bufferevent",
     .ways = MODEL_LIBEVENT,
     .data_only = true,
     .companion = true},
    {.name = "coroutine-swapcontext",
     .program = "coroutine",
     .flag = "--switch=swapcontext",
     .ways = MODEL_STACK_EACH,
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

bool
model_works(unsigned ways)
{
    return (current->ways & ways) != 0;
}

int
model_crowd(int count)
{
    return model_works(MODEL_ONE_AT_A_TIME) ? 1 : count;
}
