/*
 * tasks.c: what /proc says of each thread of a process. See tasks.h.
 */
#include "harness/compare/tasks.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static DIR *open_tasks(pid_t pid);
static const char *next_task(DIR *tasks);
static ssize_t read_file(DIR *tasks, const char *task, const char *name,
                         char *text, size_t text_bytes);
static int64_t number_behind(const char *text, const char *words);

int64_t
tasks_switches(pid_t pid)
{
    DIR *tasks = open_tasks(pid);
    const char *task;
    int64_t switches = 0;
    char text[4096];

    if (!tasks) {
        return -1;
    }
    for (int i = 0; (task = next_task(tasks)); i++) {
        if (i == TASKS_LOOK_MAX) {
            closedir(tasks);
            return -1;
        }
        /* A thread that ended meanwhile takes its count along. */
        if (read_file(tasks, task, "status", text, sizeof text) > 0) {
            switches += number_behind(text, "\nvoluntary_ctxt_switches:");
            switches += number_behind(text, "\nnonvoluntary_ctxt_switches:");
        }
    }
    closedir(tasks);
    return switches;
}

bool
tasks_have_children(pid_t pid)
{
    DIR *tasks = open_tasks(pid);
    const char *task;
    bool found = false;
    char text[16];

    if (!tasks) {
        return false;
    }
    for (int i = 0; !found && i < TASKS_LOOK_MAX && (task = next_task(tasks));
         i++) {
        found = read_file(tasks, task, "children", text, sizeof text) > 0;
    }
    closedir(tasks);
    return found;
}

double
tasks_stack_kib(void)
{
    FILE *file = fopen("/proc/meminfo", "re");
    double stacks_kib = NAN;
    double threads = NAN;
    char line[256];

    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "KernelStack:", 12) == 0) {
            stacks_kib = strtod(line + 12, NULL);
        }
    }
    if (file) {
        fclose(file);
    }
    /* "0.46 0.30 0.84 1/86 3213": 1 of 86 threads runs. */
    file = fopen("/proc/loadavg", "re");
    if (file) {
        if (fscanf(file, "%*f %*f %*f %*d/%lf", &threads) != 1) {
            threads = NAN;
        }
        fclose(file);
    }
    return threads > 0 ? stacks_kib / threads : NAN;
}

static DIR *
open_tasks(pid_t pid)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    return opendir(path);
}

/* The name of the next thread, NULL behind the last. */
static const char *
next_task(DIR *tasks)
{
    const struct dirent *entry;

    while ((entry = readdir(tasks))) {
        if (entry->d_name[0] != '.') {
            return entry->d_name;
        }
    }
    return NULL;
}

/* Returns how much there was, or -1. The text ends in 0. */
static ssize_t
read_file(DIR *tasks, const char *task, const char *name, char *text,
          size_t text_bytes)
{
    char path[64];
    ssize_t nread;
    int fd;

    snprintf(path, sizeof path, "%.32s/%s", task, name);
    fd = openat(dirfd(tasks), path, O_RDONLY | O_CLOEXEC);
    if (fd == -1) {
        return -1;
    }
    nread = read(fd, text, text_bytes - 1);
    text[nread > 0 ? nread : 0] = '\0';
    close(fd);
    return nread;
}

static int64_t
number_behind(const char *text, const char *words)
{
    const char *found = strstr(text, words);

    return found ? strtoll(found + strlen(words), NULL, 10) : 0;
}
