/*
 * shows.c: what each scenario is meant to show. See shows.h.
 */
#include "harness/report/shows.h"

#include <stddef.h>
#include <string.h>
#include <sys/select.h>

/* The first that fits is taken. */
static const struct {
    const char *scenario; /* its name */
    int clients_least;    /* with so many or more */
    const char *sentence; /* what it is meant to show */
} table[] = {
    {"echo", 65,
     "The same with so many clients that finding the ready ones may matter."},
    {"echo", 2, "The cost of readiness, and who is served at all."},
    {"echo", 0, "What an echo costs when there is nobody else."},
    {"churn", 0, "The cost of accepting, and of making a thread or a stack."},
    {"handshake", 0, "Where the state of a half-received line lives."},
    {"idle", FD_SETSIZE,
     "What clients that only wait cost, more of them than select can hold."},
    {"idle", 17, "What clients that only wait cost: select's scan, memory."},
    {"idle", 0, "What the busy ones cost with nobody idle beside them."},
    {"silent", 0, "Whether one client that says nothing blocks the others."},
    {"wait", 0, "Waiting overlaps, or it does not."},
    {"work", 0, "Loops use one CPU, threads use all."},
    {"bulk", 0, "Partial writes and copying."},
    {"rate", 0,
     "What each can do in a closed loop, which decides the rates."},
};

const char *
shows_sentence(const struct window *window)
{
    if (window->rate_per_s > 0) {
        return "Queueing, and the load from which on it grows.";
    }
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (window->clients >= table[i].clients_least &&
            strcmp(window->scenario, table[i].scenario) == 0) {
            return table[i].sentence;
        }
    }
    return "";
}
