/*
 * tracefs.h: the kernel's numbers of its tracepoints.
 *
 * They stand in tracefs, which many machines do not mount. Mounting it for
 * everybody would be the owner's decision; where we are allowed to, it is
 * mounted for a moment in a mount namespace of our own, which nobody else
 * sees and which leaves nothing behind.
 */
#ifndef FIVEWAYS_TRACEFS_H
#define FIVEWAYS_TRACEFS_H

/*
 * Look up `count` tracepoints by their names ("raw_syscalls/sys_enter").
 * ids[i] becomes the number of events[i], -1 where this kernel has none.
 * Returns 0; or -1 with errno, ENOENT when tracefs is not mounted and we may
 * not mount it. Blocks for some milliseconds.
 */
int tracefs_ids(const char *const events[], int count, int ids[]);

#endif
