/*
 * server_watch.c: what can be read of a server that runs.
 */
#include <arpa/inet.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/base.h"
#include "harness/compare/server.h"

#define LISTENER_FDS 256 /* whoever listens does so before it has many */

double
server_cpu_ns(const struct server *server)
{
    struct timespec used;

    if (server->pid == 0 || clock_gettime(server->cpu_clock, &used) == -1) {
        return NAN;
    }
    return (double)(used.tv_sec * NS_PER_S + used.tv_nsec);
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

bool
server_is(const struct server *server, const char *states)
{
    char text[1024];
    char state;

    return sscanf(read_stat(server, text), " %c", &state) == 1 &&
           strchr(states, state);
}

bool
server_forks(const struct server *server)
{
    pid_t child;

    return proc_children(server->pid, &child, 1) > 0;
}

/* The numbers of a process's sockets, each between blanks. */
static void
add_sockets(pid_t pid, char *sockets, size_t bytes)
{
    char path[64], link[64];
    unsigned long number;

    for (int fd = 0; fd < LISTENER_FDS; fd++) {
        snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)pid, fd);
        if (readlink(path, memset(link, 0, sizeof link), 63) > 0 &&
            sscanf(link, "socket:[%lu]", &number) == 1) {
            text_append(sockets, bytes, "", " %lu ", number);
        }
    }
}

/* Lines are "2: 0100007F:1F90 00000000:0000 0A ... 4711": address, port, the
 * state in which one listens, and the socket. */
void
server_find_listeners(struct server *server)
{
    char table[32768], sockets[4096] = "", hex[33], number[32] = " ";
    char text[INET6_ADDRSTRLEN];
    uint32_t ip[4];
    unsigned port;
    pid_t pids[16];
    int n = proc_children(server->keeper_pid, pids, 8);

    n += proc_children(server->pid, pids + n, 8);
    for (int i = 0; i < n; i++) {
        add_sockets(pids[i], sockets, sizeof sockets);
    }
    server->listens[0] = '\0';
    for (int six = 0; six < 2; six++) {
        proc_read(table, sizeof table, "/proc/%d/net/tcp%s", (int)server->pid,
                  six ? "6" : "");
        for (char *line = strtok(table, "\n"); line;
             line = strtok(NULL, "\n")) {
            if (sscanf(line,
                       "%*d: %32[0-9A-F]:%x %*s 0A %*s %*s %*s %*s %*s "
                       "%29s",
                       hex, &port, number + 1) == 3 &&
                strstr(sockets, strcat(number, " "))) {
                sscanf(hex, "%8x%8x%8x%8x", ip, ip + 1, ip + 2, ip + 3);
                inet_ntop(six ? AF_INET6 : AF_INET, ip, text, sizeof text);
                text_append(server->listens, sizeof server->listens, " and ",
                            six ? "[%s]:%u" : "%s:%u", text, port);
            }
        }
    }
}

static double
read_switches(pid_t pid)
{
    char pattern[64];
    char text[4096];
    glob_t threads;
    double switches;

    snprintf(pattern, sizeof pattern, "/proc/%d/task/*/status", (int)pid);
    if (glob(pattern, GLOB_NOSORT, NULL, &threads) != 0) {
        return NAN;
    }
    switches = threads.gl_pathc < PROC_THREADS_MAX ? 0 : NAN;
    for (size_t i = 0; i < threads.gl_pathc && !isnan(switches); i++) {
        /* A thread that ended meanwhile takes its count along. */
        if (proc_read(text, sizeof text, "%s", threads.gl_pathv[i]) > 0) {
            switches += proc_number(text, "voluntary_ctxt_switches:") +
                        proc_number(text, "nonvoluntary_ctxt_switches:");
        }
    }
    globfree(&threads);
    return switches;
}

void
server_look(const struct server *server, struct server_look *look)
{
    char text[4096];
    cpu_set_t cpus;
    double all;

    *look = (struct server_look){
        .cpu_ns = server_cpu_ns(server),
        .switches = read_switches(server->pid),
        .moved = server->pid != 0 &&
                 sched_getaffinity(server->pid, sizeof cpus, &cpus) == 0 &&
                 !CPU_EQUAL(&cpus, &server->cpus),
    };
    proc_read(text, sizeof text, "/proc/%d/smaps_rollup", (int)server->pid);
    look->rss_kib = proc_number(text, "Rss:");
    /* Fields 10 and 20 of proc(5); the state is the third. */
    if (sscanf(read_stat(server, text),
               " %*c %*d %*d %*d %*d %*d %*u %lf %*u %*u %*u %*u %*u %*d %*d "
               "%*d %*d %lf",
               &look->faults, &look->threads) != 2) {
        look->faults = look->threads = NAN;
    }
    proc_read(text, sizeof text, "/proc/meminfo");
    look->stack_kib = proc_number(text, "KernelStack:");
    /* "0.46 0.30 0.84 1/86 3213": 1 of 86 threads runs. */
    proc_read(text, sizeof text, "/proc/loadavg");
    look->stack_kib /=
        sscanf(text, "%*f %*f %*f %*d/%lf", &all) == 1 ? all : NAN;
}
