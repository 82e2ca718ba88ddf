/* process.c: see process.h. */
#include "tests/conformance/process.h"

#include "tests/conformance/verdict.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int64_t
process_cpu_ns(pid_t pid)
{
    clockid_t clock;
    struct timespec used;

    require(clock_getcpuclockid(pid, &clock) == 0 &&
                clock_gettime(clock, &used) == 0,
            "the server is gone: it has no CPU clock");
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

/* The number to the given base behind `name` in the file /proc/PID/`file`,
 * -1 if there is no such line. */
static int64_t
number_in_base(pid_t pid, const char *file, const char *name, int base)
{
    char path[64];
    char line[256];
    int64_t number = -1;
    FILE *stream;

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    stream = fopen(path, "re");
    if (stream == NULL) {
        return -1;
    }
    while (number < 0 && fgets(line, sizeof line, stream) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) {
            number = strtoll(line + strlen(name), NULL, base);
        }
    }
    fclose(stream);
    return number;
}

/* The same for a decimal number. */
static int64_t
number_in(pid_t pid, const char *file, const char *name)
{
    return number_in_base(pid, file, name, 10);
}

int64_t
process_resident_kib(pid_t pid)
{
    return number_in(pid, "smaps_rollup", "Rss:");
}

int
process_threads(pid_t pid)
{
    return (int)number_in(pid, "status", "Threads:");
}

int64_t
process_switches(pid_t pid)
{
    return number_in(pid, "status", "voluntary_ctxt_switches:");
}

uint64_t
process_signals_blocked(pid_t pid)
{
    return (uint64_t)number_in_base(pid, "status", "SigBlk:", 16);
}

/*
 * Go on to the next numbered entry of `folder`. Returns its number, -1 at
 * the end.
 */
static int
next_number(DIR *folder)
{
    struct dirent *entry;

    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.') {
            return (int)strtol(entry->d_name, NULL, 10);
        }
    }
    return -1;
}

/* Open the folder /proc/PID/`name`; the caller closes it. */
static DIR *
open_folder(pid_t pid, const char *name)
{
    char path[64];
    DIR *folder;

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    folder = opendir(path);
    require(folder != NULL, "the server is gone: there is no %s", path);
    return folder;
}

int
process_descriptors(pid_t pid)
{
    DIR *folder = open_folder(pid, "fd");
    int count = 0;

    while (next_number(folder) >= 0) {
        count++;
    }
    closedir(folder);
    return count;
}

int
process_mappings(pid_t pid)
{
    char path[64];
    int count = 0;
    int byte;
    FILE *stream;

    snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
    stream = fopen(path, "re");
    require(stream != NULL, "the server is gone: there is no %s", path);
    while ((byte = getc(stream)) != EOF) {
        count += byte == '\n';
    }
    fclose(stream);
    return count;
}

/* The letter that the kernel has for the state of a thread: R runs or could,
 * S waits, T is stopped; 0 when it is gone. */
static char
thread_state(pid_t pid, int thread)
{
    char path[64];
    char line[512];
    char state = 0;
    FILE *stream;

    snprintf(path, sizeof path, "/proc/%d/task/%d/stat", (int)pid, thread);
    stream = fopen(path, "re");
    if (stream == NULL) {
        return state;
    }
    /* pid (name) state ...: the name may hold anything. */
    if (fgets(line, sizeof line, stream) != NULL) {
        const char *name_end = strrchr(line, ')');

        if (name_end != NULL) {
            state = name_end[2];
        }
    }
    fclose(stream);
    return state;
}

/* How many threads are in the state `letter`, and, if `others` is not NULL,
 * how many in another one. */
static int
count_threads(pid_t pid, char letter, int *others)
{
    DIR *folder = open_folder(pid, "task");
    int count = 0;
    int thread;

    while ((thread = next_number(folder)) >= 0) {
        char state = thread_state(pid, thread);

        if (state == letter) {
            count++;
        } else if (state != 0 && others != NULL) {
            (*others)++;
        }
    }
    closedir(folder);
    return count;
}

bool
process_stopped(pid_t pid)
{
    int others = 0;

    count_threads(pid, 'T', &others);
    return others == 0;
}

bool
process_runnable(pid_t pid)
{
    return count_threads(pid, 'R', NULL) > 0;
}

int
process_leaking_descriptor(pid_t pid)
{
    DIR *folder = open_folder(pid, "fd");
    int leaking = -1;
    int number;

    while (leaking < 0 && (number = next_number(folder)) >= 0) {
        char path[64];
        char line[128];
        FILE *stream;

        snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", (int)pid, number);
        stream = number <= 2 ? NULL : fopen(path, "re");
        if (stream == NULL) {
            continue;
        }
        while (fgets(line, sizeof line, stream) != NULL) {
            if (strncmp(line, "flags:", 6) == 0 &&
                (strtol(line + 6, NULL, 8) & 02000000) == 0) {
                leaking = number;
            }
        }
        fclose(stream);
    }
    closedir(folder);
    return leaking;
}

bool
process_has_descriptor(pid_t pid, const char *kind)
{
    DIR *folder = open_folder(pid, "fd");
    bool found = false;
    int number;

    while (!found && (number = next_number(folder)) >= 0) {
        char path[64];
        char target[256];
        ssize_t length;

        snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)pid, number);
        length = readlink(path, target, sizeof target - 1);
        if (length > 0) {
            target[length] = '\0';
            found = strstr(target, kind) != NULL;
        }
    }
    closedir(folder);
    return found;
}
