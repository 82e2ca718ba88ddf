/*
 * listener.c: which process listens on a port. See listener.h.
 */
#include "harness/compare/listener.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PROCESSES_MAX = 1024, /* descendants that are looked at */
    SOCKETS_MAX = 64,     /* listeners on one port, on many addresses */
    STATE_LISTEN = 10,    /* as /proc/net/tcp numbers it */
};

/* The sockets that listen on a port in one network namespace. */
struct sockets {
    unsigned long inode[SOCKETS_MAX]; /* each one's number */
    int n;                            /* how many */
};

static int add_children(pid_t pid, pid_t *pids, int n);
static bool listens(pid_t pid, int port);
static void read_sockets(struct sockets *sockets, pid_t pid, const char *name,
                         int port);
static bool holds(pid_t pid, const struct sockets *sockets);

pid_t
listener_find(int port)
{
    pid_t pids[PROCESSES_MAX];
    int n = add_children(getpid(), pids, 0);

    for (int i = 0; i < n; i++) {
        if (listens(pids[i], port)) {
            return pids[i];
        }
        n = add_children(pids[i], pids, n);
    }
    return 0;
}

/* Append the children of all threads; returns how many there are then. */
static int
add_children(pid_t pid, pid_t *pids, int n)
{
    char path[64];
    const struct dirent *entry;
    DIR *tasks;

    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    tasks = opendir(path);
    while (tasks && (entry = readdir(tasks))) {
        char name[320];
        FILE *file;
        int child;

        snprintf(name, sizeof name, "%s/%.32s/children", path, entry->d_name);
        file = entry->d_name[0] == '.' ? NULL : fopen(name, "re");
        while (file && n < PROCESSES_MAX && fscanf(file, "%d", &child) == 1) {
            pids[n++] = child;
        }
        if (file) {
            fclose(file);
        }
    }
    if (tasks) {
        closedir(tasks);
    }
    return n;
}

static bool
listens(pid_t pid, int port)
{
    struct sockets sockets = {.n = 0};

    read_sockets(&sockets, pid, "tcp", port);
    read_sockets(&sockets, pid, "tcp6", port);
    return sockets.n > 0 && holds(pid, &sockets);
}

/* "0: 0100007F:15BE 00000000:0000 0A 0:0 0:0 0 uid 0 inode ..." */
static void
read_sockets(struct sockets *sockets, pid_t pid, const char *name, int port)
{
    char path[64];
    char line[512];
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/net/%s", (int)pid, name);
    file = fopen(path, "re");
    while (file && sockets->n < SOCKETS_MAX &&
           fgets(line, sizeof line, file)) {
        unsigned here;
        unsigned state;
        unsigned long inode;

        if (sscanf(line,
                   "%*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s "
                   "%*d %*d %lu",
                   &here, &state, &inode) == 3 &&
            here == (unsigned)port && state == STATE_LISTEN) {
            sockets->inode[sockets->n++] = inode;
        }
    }
    if (file) {
        fclose(file);
    }
}

static bool
holds(pid_t pid, const struct sockets *sockets)
{
    char path[64];
    const struct dirent *entry;
    bool found = false;
    DIR *folder;

    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    folder = opendir(path);
    while (folder && !found && (entry = readdir(folder))) {
        char target[64];
        ssize_t length = readlinkat(dirfd(folder), entry->d_name, target,
                                    sizeof target - 1);
        unsigned long inode;

        target[length > 0 ? length : 0] = '\0';
        if (strncmp(target, "socket:[", 8) == 0) {
            inode = strtoul(target + 8, NULL, 10);
            for (int i = 0; i < sockets->n; i++) {
                found |= sockets->inode[i] == inode;
            }
        }
    }
    if (folder) {
        closedir(folder);
    }
    return found;
}
