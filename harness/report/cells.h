/*
 * cells.h: what stands in a cell of a table, whichever table that is.
 *
 * "-" is not measured or not comparable, "never" is measured and did not
 * happen. None of them is ever printed as 0.
 */
#ifndef FIVEWAYS_REPORT_CELLS_H
#define FIVEWAYS_REPORT_CELLS_H

#include "harness/report/document.h"
#include "harness/results/results.h"

/* What a cell may show of a row. */
enum cells_id {
    CELLS_MODEL,
    CELLS_RATE_ASKED, /* open loop: messages a second */
    CELLS_SERVED,     /* "1/64", of the worst life */
    CELLS_FAIRNESS,   /* least served client over the median */
    CELLS_RATE,       /* echoes per second */
    CELLS_OVER_MOST,  /* ... over those of the fastest */
    CELLS_P50,        /* of a full turn of all clients */
    CELLS_P99,
    CELLS_SERVER, /* CPU per echo */
    CELLS_CLIENT, /* ... of our own side */
    CELLS_COST,   /* server CPU over the least */
    CELLS_RANGE,  /* its interval */
    CELLS_YARD,   /* server CPU over the yardstick */
    CELLS_FLOOR,  /* ... over a recv and a send */
    CELLS_CALLS,  /* system calls per echo */
    CELLS_SWITCHES,
    CELLS_MEMORY,       /* KiB for each client, with the kernel's stack */
    CELLS_RESIDENT,     /* ... without */
    CELLS_STACK,        /* ... that stack */
    CELLS_BOUND,        /* by CPU, server, client or waiting */
    CELLS_RESPONSE_P50, /* open loop: from when a message was due */
    CELLS_RESPONSE_P99,
    CELLS_SERVICE_P50, /* ... from when it was sent */
    CELLS_SERVICE_P99,
    CELLS_LAG,        /* of the client itself */
    CELLS_UNFINISHED, /* messages without an echo */
    CELLS_STATE,      /* "kept", "saturated", "1/64 served" */
    CELLS,
};

/* A column of a table: what it shows, and when it goes. */
struct cells_shown {
    enum cells_id id; /* what */
    int drop;         /* see struct column */
};

/* What scenarios are like; bits. A group has one of them. */
enum cells_kind {
    KIND_ONE = 1,      /* one client, as fast as it goes */
    KIND_MANY = 2,     /* several of them */
    KIND_IDLE = 4,     /* beside many that only wait */
    KIND_SILENT = 8,   /* behind one that never speaks */
    KIND_CONNECT = 16, /* a connection for each echo */
    KIND_WAIT = 32,    /* the server waits before each echo */
    KIND_WORK = 64,    /* the server works before each echo */
    KIND_BULK = 128,   /* long messages */
    KIND_RATE = 256,   /* an open loop */
};

/* The kind of a scenario, by its properties. */
enum cells_kind cells_kind(const struct life *life);

/* Append what a scenario is like, shortly: "64 clients". */
void cells_label(struct text *text, const struct life *life);

/* True if the times of a group are best written in milliseconds, else in
 * microseconds. */
bool cells_in_milliseconds(const struct summary_group *group);

/* Begin a table of these columns. */
void cells_table(struct document *document, const struct cells_shown *shown,
                 size_t n, bool milliseconds);

/* Append the cells of a row; or for one without figures its name, status and
 * reason. */
void cells_row(struct document *document, const struct cells_shown *shown,
               size_t n, const struct summary_group *group,
               const struct summary_row *row, bool milliseconds);

/* Append one cell. */
void cells_put(struct document *document, enum cells_id id,
               const struct summary_group *group,
               const struct summary_row *row, bool milliseconds);

#endif
