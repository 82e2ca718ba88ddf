/*
 * server_watch.c: what can be read of a server that runs.
 */
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "harness/base/base.h"
#include "harness/compare/server.h"

#define THREADS_MAX 2000 /* are read, which takes 30 ms */

double
server_cpu_ns(const struct server *server)
{
    struct timespec used;
    clockid_t clock;

    if (server->pid == 0 || clock_getcpuclockid(server->pid, &clock) != 0 ||
        clock_gettime(clock, &used) == -1) {
        return NAN;
    }
    return (double)(used.tv_sec * NS_PER_S + used.tv_nsec);
}

bool
server_is(const struct server *server, const char *states)
{
    char text[1024];
    const char *state;

    proc_read(text, sizeof text, "/proc/%d/status", (int)server->pid);
    state = proc_behind(text, "State:\t");
    return state && strchr(states, *state);
}

bool
server_forks(const struct server *server)
{
    pid_t child;

    return proc_descendants(server->pid, &child, 1) > 0;
}

void
server_find_listeners(struct server *server)
{
    char line[512], where[64], key[32];
    pid_t pids[16];
    int n = proc_descendants(server->keeper_pid, pids, 16);
    FILE *ss = popen("ss -Hltnp 2>/dev/null", "re");

    while (ss && fgets(line, sizeof line, ss)) {
        bool ours = false;

        for (int i = 0; i < n; i++) {
            PUT(key, "pid=%d,", (int)pids[i]);
            ours |= strstr(line, key) != NULL;
        }
        if (ours && sscanf(line, "%*s %*s %*s %63s", where) == 1) {
            APPEND(server->listens, " and ", "%s", where);
        }
    }
    if (ss) {
        pclose(ss);
    }
}

/* Of all threads that live: context switches, and whether each of them waits.
 */
static void
look_at_threads(pid_t pid, struct server_look *look)
{
    char pattern[64];
    char text[4096];
    glob_t threads;

    PUT(pattern, "/proc/%d/task/*/status", (int)pid);
    if (glob(pattern, GLOB_NOSORT, NULL, &threads) != 0) {
        return;
    }
    look->switches = threads.gl_pathc < THREADS_MAX ? 0 : NAN;
    for (size_t i = 0; i < threads.gl_pathc && !isnan(look->switches); i++) {
        /* A thread that ended meanwhile takes its count along. */
        if (proc_read(text, sizeof text, "%s", threads.gl_pathv[i]) > 0) {
            look->switches +=
                proc_number(text, "voluntary_ctxt_switches:") +
                proc_number(text, "nonvoluntary_ctxt_switches:");
            look->rests &= strstr(text, "\nState:\tS") != NULL;
        }
    }
    globfree(&threads);
}

void
server_look(const struct server *server, struct server_look *look)
{
    char text[4096];
    const char *name_end;
    cpu_set_t cpus;
    double all;

    *look = (struct server_look){
        .cpu_ns = server_cpu_ns(server),
        .switches = NAN,
        .faults = NAN,
        .threads = NAN,
        .rests = true,
        .moved = server->pid != 0 && server->order.cpus &&
                 sched_getaffinity(server->pid, sizeof cpus, &cpus) == 0 &&
                 !CPU_EQUAL(&cpus, server->order.cpus),
    };
    look_at_threads(server->pid, look);
    proc_read(text, sizeof text, "/proc/%d/smaps_rollup", (int)server->pid);
    look->rss_kib = proc_number(text, "Rss:");
    proc_read(text, sizeof text, "/proc/%d/stat", (int)server->pid);
    /* Fields 10, 14, 15 and 20 of proc(5), behind the name, which may hold
     * any ")". */
    name_end = strrchr(text, ')');
    sscanf(name_end ? name_end : "",
           ") %*c %*d %*d %*d %*d %*d %*u %lf %*u %*u %*u %lf %lf %*d %*d "
           "%*d %*d %lf",
           &look->faults, &look->user_ticks, &look->kernel_ticks,
           &look->threads);
    proc_read(text, sizeof text, "/proc/meminfo");
    look->stack_kib = proc_number(text, "KernelStack:");
    /* "0.46 0.30 0.84 1/86 3213": 1 of 86 threads runs. */
    proc_read(text, sizeof text, "/proc/loadavg");
    look->stack_kib /=
        sscanf(text, "%*f %*f %*f %*d/%lf", &all) == 1 ? all : NAN;
}
