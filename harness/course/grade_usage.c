/*
 * grade_usage.c: what a server uses. See grade_tests.h.
 */
#include <dirent.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/base.h"
#include "harness/course/grade_tests.h"
#include "tests/conformance/process.h"

enum {
    FAMILY_MAX = 4000,  /* processes of one server */
    MEASURED_MS = 1000, /* for so long its CPU time is measured */
    LOOKS_MIN = 20,
    SPIN_PERCENT = 10, /* of a CPU is too much where there is no work */
};

struct server
grade_begin(void)
{
    const struct grade_server *started = grade_server_start();
    struct server server = {.pid = started->pid,
                            .address = started->address,
                            .address_bytes = started->address_bytes};

    snprintf(server.where, sizeof server.where, "%s", started->where);
    return server;
}

void
grade_pause(const struct server *server, int number)
{
    if (server->pid > 0) {
        kill(server->pid, number);
    }
}

void
grade_expect_open(struct client *client)
{
    require(client_wait_end(client, QUIET_MS) == CLIENT_OPEN,
            "the connection was ended, but not by us\n"
            "sent: %ju bytes, all of them back\nexpected: that it waits\n"
            "came: the end of the connection",
            (uintmax_t)client->sent_bytes);
}

/* How many descriptors a process has open; 0 also where it is gone. */
static int
count_descriptors(pid_t pid)
{
    char pattern[64];
    glob_t found = {0};
    int count;

    snprintf(pattern, sizeof pattern, "/proc/%d/fd/*", (int)pid);
    glob(pattern, GLOB_NOSORT, NULL, &found);
    count = (int)found.gl_pathc;
    globfree(&found);
    return count;
}

/* What is read of a process. */
struct process {
    pid_t parent, group;               /* its parent's number, its group's */
    unsigned long user, kernel;        /* CPU time so far, in ticks */
    long user_of_dead, kernel_of_dead; /* ... of its children */
    long threads, pages;               /* how many; resident */
};

/* Read it. False if there is none. */
static bool
read_process(pid_t pid, struct process *process)
{
    char text[1024];
    char *behind;

    proc_read(text, sizeof text, "/proc/%d/stat", (int)pid);
    behind = strrchr(text, ')'); /* of its name, in which anything may be */
    return behind != NULL &&
           sscanf(behind,
                  ") %*c %d %d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld "
                  "%ld %*d %*d %ld %*d %*u %*u %ld",
                  &process->parent, &process->group, &process->user,
                  &process->kernel, &process->user_of_dead,
                  &process->kernel_of_dead, &process->threads,
                  &process->pages) == 8;
}

/* Who has started the server's group, and is the parent of all whose own
 * parent has ended; 0: it has ended itself. */
static pid_t
find_keeper(pid_t pid)
{
    struct process process = {0};
    struct process above;

    while (read_process(pid, &process) &&
           read_process(process.parent, &above) &&
           above.group == process.group) {
        pid = process.parent;
    }
    return process.parent;
}

struct usage
usage_now(const struct server *server)
{
    static pid_t family[FAMILY_MAX];
    int n = 0;
    struct usage usage = {0};
    DIR *folder = opendir("/proc");
    struct dirent *entry;

    if (server->pid <= 0 || folder == NULL) {
        grade_unknown("the server's process cannot be seen from here");
    }
    family[n++] = find_keeper(server->pid);
    require(family[0] > 0, "the server has ended");
    while ((entry = readdir(folder)) != NULL) { /* parents come first */
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        struct process process;
        int i = 0;

        if (pid <= 0 || n == FAMILY_MAX || !read_process(pid, &process)) {
            continue;
        }
        while (i < n && family[i] != process.parent) {
            i++;
        }
        if (i < n) {
            family[n++] = pid;
            usage.threads += process.threads > 0 ? (int)process.threads : 1;
            usage.ticks += (long)(process.user + process.kernel) +
                           process.user_of_dead + process.kernel_of_dead;
            usage.pages += process.pages;
            usage.descriptors += count_descriptors(pid);
        }
    }
    closedir(folder);
    return usage;
}

struct usage
usage_settle(const struct server *server, const struct usage *before)
{
    const struct timespec moment = {.tv_nsec = 20L * NS_PER_MS};
    struct usage least = usage_now(server);
    int64_t deadline_ms = patience_deadline_ms(QUIET_MS);

    while (patience_left_ms(deadline_ms) > 0 &&
           (least.descriptors > before->descriptors + USAGE_SPARE ||
            least.threads > before->threads + USAGE_SPARE)) {
        struct usage now;

        nanosleep(&moment, NULL);
        now = usage_now(server);
        if (now.descriptors < least.descriptors ||
            now.threads < least.threads) {
            deadline_ms = patience_deadline_ms(QUIET_MS);
        }
        least = now;
    }
    return least;
}

void
usage_expect_no_spin(const struct server *server, const char *when)
{
    const struct timespec moment = {.tv_nsec = 20L * NS_PER_MS};
    struct usage before = usage_now(server);
    int64_t begin_ms = patience_now_ms();
    double used_ms;
    double passed_ms = 0;
    int looks;
    int runnable = 0;

    for (looks = 0; passed_ms < MEASURED_MS || looks < LOOKS_MIN; looks++) {
        nanosleep(&moment, NULL);
        require(kill(server->pid, 0) == 0, "the server has ended");
        runnable += process_runnable(server->pid);
        passed_ms = (double)(patience_now_ms() - begin_ms);
    }
    used_ms = 1000.0 / (double)sysconf(_SC_CLK_TCK) *
              (double)(usage_now(server).ticks - before.ticks);
    /* Among many it gets little, but never waits for anything else. */
    require(used_ms <= passed_ms * SPIN_PERCENT / 100 &&
                runnable < looks * 9 / 10,
            "it spins: %s it used %.0f ms of CPU time in %.0f ms\n"
            "sent: nothing in that time\n"
            "expected: less than %d %% of a CPU\ncame: %.0f %%",
            when, used_ms, passed_ms, SPIN_PERCENT,
            100 * used_ms / passed_ms);
}
