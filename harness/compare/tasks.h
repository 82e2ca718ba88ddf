/*
 * tasks.h: what /proc says of each thread of a process.
 */
#ifndef FIVEWAYS_TASKS_H
#define FIVEWAYS_TASKS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    /* Looking at a thread takes about 15 us; this many are 30 ms. */
    TASKS_LOOK_MAX = 2000
};

/*
 * Context switches, voluntary or not, of all threads that live now, since
 * each began. -1 if the process is gone or has more than TASKS_LOOK_MAX
 * threads. Blocks as long as the looking takes.
 */
int64_t tasks_switches(pid_t pid);

/* What the kernel keeps for the stack of a thread, in KiB: its own account of
 * all stacks, over all threads of the machine. NAN if it does not say. */
double tasks_stack_kib(void);

/* True if the process has children now, whichever thread made them. Looks at
 * TASKS_LOOK_MAX threads at most. */
bool tasks_have_children(pid_t pid);

#endif
