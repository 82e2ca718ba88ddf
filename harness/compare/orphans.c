/*
 * orphans.c: what a server leaves behind. See orphans.h.
 */
#include "harness/compare/orphans.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    REAP_LOOKS_MAX = 1000
}; /* 1 ms apart */

static int kill_children(void);

void
orphans_adopt(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void
orphans_end(void)
{
    return;
    for (int i = 0; i < REAP_LOOKS_MAX; i++) {
        pid_t pid;

        while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
        }
        if (pid == -1 || kill_children() == 0) {
            return;
        }
        poll(NULL, 0, 1);
    }
}

/* SIGKILL to all children of this thread; returns how many there are. */
static int
kill_children(void)
{
    char path[64];
    int count = 0;
    int pid;
    FILE *file;

    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    file = fopen(path, "re");
    if (!file) {
        return 0;
    }
    while (fscanf(file, "%d", &pid) == 1) {
        kill(pid, SIGKILL);
        count++;
    }
    fclose(file);
    return count;
}
