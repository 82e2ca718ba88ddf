/*
 * scenarios.h: the table of what is measured, and why.
 *
 * A scenario is a service and a load that together show one thing. The
 * scenario echo stands here three times, with different numbers of clients;
 * each line is one cell of the plan.
 */
#ifndef FIVEWAYS_SCENARIOS_H
#define FIVEWAYS_SCENARIOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How much is run; a scenario says in which of them it takes part. */
enum mode {
    MODE_DEFAULT = 1,   /* `make compare`: 90 s at most */
    MODE_QUICK = 2,     /* `make compare-quick`: about 15 s, to look at */
    MODE_FULL = 4,      /* `make compare-full`: everything */
    MODE_C10K = 8,      /* `make c10k`: idle clients, 0 to 10 000 of them */
    MODE_VARIANTS = 16, /* `make compare-variants`: see report/variants.h */
};

/* One line of the table. */
struct scenario {
    const char *name;      /* what SCENARIOS= and the tables call it */
    const char *shows;     /* one sentence: what it is meant to show */
    double seconds;        /* that it takes in the default run */
    int64_t message_bytes; /* length of a message */
    int clients;           /* that speak */
    int silent;            /* that connect first and stay silent */
    int delay_ms;          /* --delay of the server; 0: none */
    int work_us;           /* --work of the server; 0: none */
    unsigned modes;        /* of enum mode, added */
    bool ask_silent;       /* ask the silent ones at the end */
    bool churn;            /* a connection for each echo */
    bool handshake;        /* --handshake of the server */
    bool all_cpus;         /* the layout is "all", whatever was asked for */
    bool open_loop;        /* first in a closed loop, then at the rates of
                            * grid.h; a CPU for each side where there are
                            * two, whatever was asked for */
};

/* The table; *count is how many lines it has. */
const struct scenario *scenarios_all(size_t *count);

/* True if a scenario of this name exists; `length` bytes are looked at. */
bool scenarios_known(const char *name, size_t length);

/* All names, each once, separated by ", ", for a message. Returns `text`,
 * which holds `text_bytes`. */
char *scenarios_names(char *text, size_t text_bytes);

/* True if the service is the plain one, which any echo server offers; else
 * the server must understand our flags. */
bool scenario_is_plain(const struct scenario *scenario);

/* The clients of which an echo is expected. */
int scenario_asked(const struct scenario *scenario);

#endif
