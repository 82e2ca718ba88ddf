/*
 * fork.c: a process for each client.
 *
 * Idea      accept, fork, and the child is a blocking echo that knows of one
 *           client only. It cannot disturb another, whatever it does: it may
 *           crash, leak or wait for ever.
 * Costs     a fork for each client, some hundred times what a thread costs;
 *           memory and a place in the scheduler for each, idle or not. They
 *           share nothing but what was there before.
 * Take it   when a client must be kept apart from the others, as sshd does,
 *           or when each brings much work.
 * See also  threaded/server.c, prefork.c
 */
#include <sys/prctl.h>

#include "tests/foreign/models/echo.h"

/* Leave accept alone for a while: there is no room for more. */
static void
pause_accept(void)
{
    poll(NULL, 0, ACCEPT_PAUSE_MS);
}

/* What a child does. On a socket that waits, each step does. */
_Noreturn static void
serve(struct client *client, pid_t parent)
{
    /* It ends with its parent, though that be killed. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() == parent) {
        while (client_step(client) != 0) {
        }
    }
    _exit(0);
}

int
main(int argc, char **argv)
{
    int listener = listen_on(argc, argv, 0);
    pid_t parent = getpid();

    /* Children that nobody waits for leave no zombies. */
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        struct client *client = client_accept(listener, 0);
        if (client == NULL) {
            if (is_short()) {
                pause_accept();
            }
            continue;
        }
        pid_t child = fork();
        if (child == 0) {
            close(listener);
            serve(client, parent);
        }
        /* The child has a copy. Without a child the client is sent away. */
        client_close(client);
        if (child == -1) {
            pause_accept();
        }
    }
}
