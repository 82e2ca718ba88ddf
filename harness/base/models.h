/*
 * models.h: the one list of models. A model is a folder with a server.c, and
 * a line here; one of a student's own has it in mine/NAME/model. The
 * Makefile, the scripts (tests/models), the harness and the tests follow from
 * it: what they say of a model, or ask of it, hangs on how it works, never on
 * its name.
 */
#ifndef FIVEWAYS_BASE_MODELS_H
#define FIVEWAYS_BASE_MODELS_H

#include "harness/base/base.h"

#if defined __has_include && __has_include("made-with/models")
#include "made-with/models" /* where the Makefile gathers those of mine/ */
#else
#define MODELS_OF_MINE(MODEL)
#endif

/* MODEL(name, how it works, its idea), in the order of every table. */
#define MODELS(MODEL)                                                        \
    MODEL(blocking, MODEL_ONE_AT_A_TIME, "one client after the other")       \
    MODEL(threaded, MODEL_THREAD_EACH, "a thread for each client")           \
    MODEL(selectloop, MODEL_SELECT, "one thread, callbacks, select")         \
    MODEL(coroutine, MODEL_STACK_EACH | MODEL_EDGES,                         \
          "one thread, a stack for each client, epoll")                      \
    MODEL(libevent, MODEL_LIBEVENT,                                          \
          "one thread, callbacks, a library's loop")                         \
    MODELS_OF_MINE(MODEL)

/* All names in one text, with a blank before each; and how many. */
#define MODEL_NAME(name, ways, idea) " " #name
#define MODEL_NAMES                  MODELS(MODEL_NAME)
#define MODEL_AT(name, ways, idea)   MODEL_AT_##name,
enum {
    MODELS(MODEL_AT) MODELS_COUNT
};

#endif
