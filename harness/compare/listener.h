/*
 * listener.h: which process listens on a port.
 *
 * Behind a launcher the server is a descendant of what we started, or not on
 * this machine at all. Who holds the listening socket is the server; that
 * holds in any network namespace.
 */
#ifndef FIVEWAYS_LISTENER_H
#define FIVEWAYS_LISTENER_H

#include <sys/types.h>

/*
 * Find the process that listens on a TCP port, among all descendants of this
 * process, parents before their children. Returns 0 if there is none that we
 * can look into. Reads /proc; blocks no longer than that takes.
 */
pid_t listener_find(int port);

#endif
