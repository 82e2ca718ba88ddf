/*
 * tracefs.c: see tracefs.h.
 */
#include "harness/compare/syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

/* The kernel makes this folder for whoever wants to mount it. */
static const char home[] = "/sys/kernel/tracing";

/* Where older systems have it. */
static const char old_home[] = "/sys/kernel/debug/tracing";

/* Returns -1 where there is no such event. */
static int
read_id(const char *folder, const char *event)
{
    char path[160];
    char line[32] = "";
    FILE *file;

    snprintf(path, sizeof path, "%s/events/%s/id", folder, event);
    file = fopen(path, "re");
    if (!file) {
        return -1;
    }
    if (!fgets(line, sizeof line, file)) {
        line[0] = '\0';
    }
    fclose(file);
    return line[0] == '\0' ? -1 : (int)strtol(line, NULL, 10);
}

static int
read_ids(const char *folder, const char *const events[], int count, int ids[])
{
    char path[64];

    snprintf(path, sizeof path, "%s/events", folder);
    if (access(path, X_OK) == -1) {
        return -1;
    }
    for (int i = 0; i < count; i++) {
        ids[i] = read_id(folder, events[i]);
    }
    return 0;
}

static int
mount_for_ourselves(void)
{
    if (unshare(CLONE_NEWNS) == -1 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1) {
        return -1;
    }
    return mount("tracefs", home, "tracefs",
                 MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

/* A child mounts and reads, so that our own namespace stays as it is. */
static int
ask_child(const char *const events[], int count, int ids[])
{
    size_t ids_bytes = (size_t)count * sizeof *ids;
    ssize_t nread = 0;
    int pipe_fds[2];
    pid_t child;

    if (pipe2(pipe_fds, O_CLOEXEC) == -1) {
        return -1;
    }
    child = fork();
    if (child == 0) {
        /* Far less than a pipe holds: one write takes it all. */
        _exit(mount_for_ourselves() == 0 &&
                      read_ids(home, events, count, ids) == 0 &&
                      write(pipe_fds[1], ids, ids_bytes) == (ssize_t)ids_bytes
                  ? 0
                  : 1);
    }
    close(pipe_fds[1]);
    if (child != -1) {
        do {
            nread = read(pipe_fds[0], ids, ids_bytes);
        } while (nread == -1 && errno == EINTR);
        while (waitpid(child, NULL, 0) == -1 && errno == EINTR) {
        }
    }
    close(pipe_fds[0]);
    errno = ENOENT;
    return nread == (ssize_t)ids_bytes ? 0 : -1;
}

int
tracefs_ids(const char *const events[], int count, int ids[])
{
    if (read_ids(home, events, count, ids) == 0 ||
        (errno == ENOENT && read_ids(old_home, events, count, ids) == 0)) {
        return 0;
    }
    return errno == ENOENT ? ask_child(events, count, ids) : -1;
}
