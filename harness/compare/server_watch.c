/*
 * server_watch.c: what can be read of a server that runs.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/base.h"
#include "harness/compare/server.h"

int64_t
server_cpu_ns(const struct server *server)
{
    struct timespec used;

    if (server->pid == 0 || clock_gettime(server->cpu_clock, &used) == -1) {
        return -1;
    }
    return used.tv_sec * NS_PER_S + used.tv_nsec;
}

double
server_rss_kib(const struct server *server)
{
    char text[4096];

    proc_read(text, sizeof text, "/proc/%d/smaps_rollup", (int)server->pid);
    return proc_number(text, "Rss:");
}

double
server_stack_kib(void)
{
    char text[4096];
    double stacks_kib;
    double threads;

    proc_read(text, sizeof text, "/proc/meminfo");
    stacks_kib = proc_number(text, "KernelStack:");
    proc_read(text, sizeof text, "/proc/loadavg");
    /* "0.46 0.30 0.84 1/86 3213": 1 of 86 threads runs. */
    return sscanf(text, "%*f %*f %*f %*d/%lf", &threads) == 1
               ? stacks_kib / threads
               : NAN;
}

/* What /proc/PID/stat says behind the name, which may hold anything but its
 * end; "" if it is gone. */
static const char *
read_stat(const struct server *server, char text[1024])
{
    const char *name_end;

    proc_read(text, 1024, "/proc/%d/stat", (int)server->pid);
    name_end = strrchr(text, ')');
    return name_end ? name_end + 1 : "";
}

void
server_faults(const struct server *server, double *faults, double *threads)
{
    char text[1024];

    /* Fields 10 and 20 of proc(5); the state is the third. */
    if (sscanf(read_stat(server, text),
               " %*c %*d %*d %*d %*d %*d %*u %lf %*u %*u %*u %*u %*u %*d %*d "
               "%*d %*d %lf",
               faults, threads) != 2) {
        *faults = *threads = NAN;
    }
}

bool
server_is(const struct server *server, const char *states)
{
    char text[1024];
    char state;

    return sscanf(read_stat(server, text), " %c", &state) == 1 &&
           strchr(states, state);
}

int64_t
server_switches(const struct server *server)
{
    pid_t threads[PROC_THREADS_MAX];
    int count = proc_threads(server->pid, threads, PROC_THREADS_MAX);
    double switches = 0;
    char text[4096];

    if (count == 0 || count == PROC_THREADS_MAX) {
        return -1;
    }
    for (int i = 0; i < count; i++) {
        /* A thread that ended meanwhile takes its count along. */
        if (proc_read(text, sizeof text, "/proc/%d/task/%d/status",
                      (int)server->pid, (int)threads[i]) > 0) {
            switches += proc_number(text, "voluntary_ctxt_switches:") +
                        proc_number(text, "nonvoluntary_ctxt_switches:");
        }
    }
    return isnan(switches) ? -1 : (int64_t)switches;
}

bool
server_forks(const struct server *server)
{
    pid_t child;

    return proc_children(server->pid, &child, 1) > 0;
}
