/*
 * spawn.h: from a command line to a process.
 *
 * The child gets a process group of its own, its CPUs, default signals, and
 * our pipes as its standard streams, and dies with us, before it becomes
 * the server.
 */
#ifndef FIVEWAYS_SPAWN_H
#define FIVEWAYS_SPAWN_H

#include "harness/compare/server_process.h"

enum {
    SPAWN_COMMAND_BYTES = 2048
}; /* a foreign command, expanded */

/*
 * Put a free port in the place of each {port}; *port is 0 if there is none.
 * One simple command is exec'ed by the shell, so that the process that we
 * measure is the server itself and not a shell that waits for it. Returns 0,
 * or -1 with errno.
 */
int spawn_expand(const char *command, char expanded[SPAWN_COMMAND_BYTES],
                 int *port);

/*
 * Start the capture, fork and exec; `command` is for sh, NULL to exec
 * order->arguments. Fills in pid, pid_fd and cpu_clock. That exec itself
 * fails is seen later: the process ends and says why. Returns 0, or -1 with
 * errno; then there is nothing to stop. Does not block.
 */
int spawn_server(struct server_process *server,
                 const struct server_order *order, const char *command);

#endif
