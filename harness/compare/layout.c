/*
 * layout.c: which CPUs the client and the server run on. See plan.h.
 */
#include "harness/compare/plan.h"

void
layout_look(struct layout_machine *machine)
{
    CPU_ZERO(&machine->allowed);
    if (sched_getaffinity(0, sizeof machine->allowed, &machine->allowed) ==
        -1) {
        CPU_SET(0, &machine->allowed);
    }
    machine->count = CPU_COUNT(&machine->allowed);
}

/* The last member of a set (n = 0), or the one before it (n = 1). */
static int
nth_from_end(const cpu_set_t *set, int n)
{
    for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--) {
        if (CPU_ISSET(cpu, set) && n-- == 0) {
            return cpu;
        }
    }
    return 0;
}

int
layout_make(const struct layout_machine *machine, enum layout_kind kind,
            struct layout *layout)
{
    if (kind == LAYOUT_ALL) {
        layout->name = "all";
        layout->client = machine->allowed;
        layout->server = machine->allowed;
        layout->server_cpus = machine->count;
        return 0;
    }
    if (kind == LAYOUT_SPLIT && machine->count < 2) {
        return -1;
    }
    /* The last CPUs, because the first ones serve most interrupts. */
    layout->name = kind == LAYOUT_SPLIT ? "split" : "shared";
    layout->server_cpus = 1;
    CPU_ZERO(&layout->server);
    CPU_ZERO(&layout->client);
    CPU_SET(nth_from_end(&machine->allowed, 0), &layout->server);
    CPU_SET(nth_from_end(&machine->allowed, kind == LAYOUT_SPLIT),
            &layout->client);
    return 0;
}

int
layout_enter(const struct layout *layout)
{
    return sched_setaffinity(0, sizeof layout->client, &layout->client);
}

int
layout_enter_server(const struct layout *layout)
{
    return sched_setaffinity(0, sizeof layout->server, &layout->server);
}
