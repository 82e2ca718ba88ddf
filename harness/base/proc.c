/*
 * proc.c: what the kernel says, in files that are text.
 */
#include <dirent.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/base.h"

size_t
proc_read(char *text, size_t text_bytes, const char *path, ...)
{
    char name[128];
    size_t length = 0;
    va_list args;
    FILE *file;

    va_start(args, path);
    vsnprintf(name, sizeof name, path, args);
    va_end(args);
    file = fopen(name, "re");
    if (file) {
        length = fread(text, 1, text_bytes - 1, file);
        fclose(file);
    }
    text[length] = '\0';
    return length;
}

const char *
proc_behind(const char *text, const char *key)
{
    const char *found = strstr(text, key);

    while (found && found != text && found[-1] != '\n') {
        found = strstr(found + 1, key);
    }
    return found ? found + strlen(key) : NULL;
}

double
proc_number(const char *text, const char *key)
{
    const char *number = proc_behind(text, key);

    return number ? strtod(number, NULL) : NAN;
}

int
proc_threads(pid_t pid, pid_t *threads, int most)
{
    char path[64];
    const struct dirent *entry;
    int count = 0;
    DIR *folder;

    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    folder = opendir(path);
    if (!folder) {
        return 0;
    }
    while (count < most && (entry = readdir(folder))) {
        if (entry->d_name[0] != '.') {
            threads[count++] = (pid_t)strtol(entry->d_name, NULL, 10);
        }
    }
    closedir(folder);
    return count;
}

int
proc_children(pid_t pid, pid_t *children, int most)
{
    pid_t threads[PROC_THREADS_MAX];
    int nthreads = proc_threads(pid, threads, PROC_THREADS_MAX);
    int count = 0;

    for (int i = 0; i < nthreads && count < most; i++) {
        char text[4096];
        char *next = text;
        char *end;
        long child;

        proc_read(text, sizeof text, "/proc/%d/task/%d/children", (int)pid,
                  (int)threads[i]);
        /* Each is followed by a blank, unless it was cut off. */
        while (count < most && (child = strtol(next, &end, 10)) > 0 &&
               *end == ' ') {
            children[count++] = (pid_t)child;
            next = end;
        }
    }
    return count;
}
