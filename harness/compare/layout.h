/*
 * layout.h: which CPUs the client and the server run on.
 *
 * shared: both on one CPU. They take turns, nobody wakes another CPU, and
 *         what one echo costs is plain to see; the steadiest.
 * split:  one CPU each.
 * all:    both on all CPUs, as the scheduler likes.
 */
#ifndef FIVEWAYS_LAYOUT_H
#define FIVEWAYS_LAYOUT_H

#include <sched.h>

/* The three, in the order of the flag's words. */
enum layout_kind {
    LAYOUT_SHARED,
    LAYOUT_SPLIT,
    LAYOUT_ALL,
};

/* The CPUs this process was given, before it pinned itself. */
struct layout_machine {
    cpu_set_t allowed; /* them */
    int count;         /* how many */
};

/* One layout on this machine. */
struct layout {
    const char *name; /* "shared", "split" or "all" */
    cpu_set_t client; /* CPUs of the load engine */
    cpu_set_t server; /* CPUs of the server */
    int server_cpus;  /* how many those are */
};

/* What this process may use. Call it before layout_enter(). */
void layout_look(struct layout_machine *machine);

/* The layout of that kind here. Returns 0, or -1 if there are too few
 * CPUs for it. */
int layout_make(const struct layout_machine *machine, enum layout_kind kind,
                struct layout *layout);

/* Pin the calling thread to the client's CPUs. Returns 0, or -1 with
 * errno. */
int layout_enter(const struct layout *layout);

/* Pin it to the server's CPUs, to measure what they charge. The same. */
int layout_enter_server(const struct layout *layout);

#endif
