/*
 * launcher.h: from an order to the command line that is exec'ed.
 *
 * A launcher is a command that starts servers for us: "ssh -q other-host",
 * "ip netns exec NAME", "taskset -c 1": words that are put before the
 * server's own. Between the two stands leash, which ends the server when our
 * end of its standard input closes.
 */
#ifndef FIVEWAYS_LAUNCHER_H
#define FIVEWAYS_LAUNCHER_H

#include "harness/compare/server_process.h"

enum {
    LAUNCHER_TEXT_BYTES = 4096, /* for the shell */
};

/* The command line of a server. */
struct launcher_line {
    char text[LAUNCHER_TEXT_BYTES];                  /* for the shell */
    const char *arguments[SERVER_ARGUMENTS_MAX + 8]; /* NULL behind them */
};

/*
 * Make it from order->arguments or, if that is not NULL, from the foreign
 * `command`, with order->launcher before it if there is one. A single simple
 * command is exec'ed by the shell, so that the process that we measure is the
 * server itself and not a shell that waits for it. Returns NULL; or why it
 * cannot be done, a phrase. The line points into `order`.
 */
const char *launcher_make_line(const struct server_order *order,
                               const char *command,
                               struct launcher_line *line);

#endif
