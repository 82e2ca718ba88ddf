/*
 * spawn.h: from a command line to a process.
 *
 * The child gets a process group of its own, its CPUs, default signals, and
 * our pipes as its standard streams, and dies with us, before it becomes
 * the server.
 */
#ifndef FIVEWAYS_SPAWN_H
#define FIVEWAYS_SPAWN_H

#include "harness/compare/launcher.h"
#include "harness/compare/server_process.h"

enum {
    SPAWN_COMMAND_BYTES = 2048
}; /* a foreign command, expanded */

/*
 * Put a free port in the place of each {port}; *port is 0 if there is none.
 * Each {host} becomes `host`, or 127.0.0.1 if that is NULL.
 * Returns 0, or -1 with errno.
 */
int spawn_expand(const char *command, const char *host,
                 char expanded[SPAWN_COMMAND_BYTES], int *port);

/*
 * Start the capture, fork and exec a command line. Behind a launcher our end
 * of the server's standard input is server->input_fd. Fills in pid, seen_pid,
 * pid_fd and cpu_clock. That exec itself fails is seen later: the process
 * ends and says why. Returns 0, or -1 with errno; then there is nothing to
 * stop. Does not block.
 */
int spawn_server(struct server_process *server,
                 const struct server_order *order,
                 const struct launcher_line *line);

#endif
