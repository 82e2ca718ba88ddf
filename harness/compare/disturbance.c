/*
 * disturbance.c: what else went on. See disturbance.h.
 */
#include "harness/compare/disturbance.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE_BYTES = 4096, /* longer than any line of these files */
};

static void read_cpus(struct disturbance *disturbance, const cpu_set_t *cpus);
static double read_counter(const char *path, const char *group,
                           const char *name);
static double value_in_column(const char *names, const char *values,
                              const char *name);
static double read_throttled(void);
static double clock_s(clockid_t clock);

void
disturbance_read(struct disturbance *disturbance, const cpu_set_t *cpus)
{
    struct rusage usage;

    read_cpus(disturbance, cpus);
    disturbance->overflows =
        read_counter("/proc/net/netstat", "TcpExt:", "ListenOverflows");
    disturbance->drops =
        read_counter("/proc/net/netstat", "TcpExt:", "ListenDrops");
    disturbance->retransmits =
        read_counter("/proc/net/snmp", "Tcp:", "RetransSegs");
    disturbance->throttled = read_throttled();
    disturbance->preemptions =
        getrusage(RUSAGE_THREAD, &usage) == 0 ? (double)usage.ru_nivcsw : NAN;
    disturbance->own_s = clock_s(CLOCK_PROCESS_CPUTIME_ID);
    disturbance->time_s = clock_s(CLOCK_MONOTONIC);
}

void
disturbance_fill(struct life *window, const struct disturbance *before,
                 const struct disturbance *after)
{
    double span_s = (after->time_s - before->time_s) * after->cpus;
    double *figure = window->figure;

    if (span_s <= 0) {
        return;
    }
    figure[LIFE_STEAL_PERCENT] =
        100 * (after->steal_s - before->steal_s) / span_s;
    figure[LIFE_THROTTLED] = after->throttled - before->throttled;
    figure[LIFE_LISTEN_OVERFLOWS] = after->overflows - before->overflows;
    figure[LIFE_LISTEN_DROPS] = after->drops - before->drops;
    figure[LIFE_RETRANSMITS] = after->retransmits - before->retransmits;
}

/* "cpu0 user nice system idle iowait irq softirq steal ...", in ticks. */
static void
read_cpus(struct disturbance *disturbance, const cpu_set_t *cpus)
{
    double tick_s = 1.0 / (double)sysconf(_SC_CLK_TCK);
    FILE *file = fopen("/proc/stat", "re");
    char line[LINE_BYTES];

    memset(disturbance, 0, sizeof *disturbance);
    while (file && fgets(line, sizeof line, file)) {
        unsigned long long ticks[8];
        int cpu;

        if (sscanf(line, "cpu%d %llu %llu %llu %llu %llu %llu %llu %llu",
                   &cpu, &ticks[0], &ticks[1], &ticks[2], &ticks[3],
                   &ticks[4], &ticks[5], &ticks[6], &ticks[7]) == 9 &&
            CPU_ISSET(cpu, cpus)) {
            disturbance->cpus++;
            disturbance->busy_s +=
                tick_s * (double)(ticks[0] + ticks[1] + ticks[2] + ticks[5] +
                                  ticks[6]);
            disturbance->steal_s += tick_s * (double)ticks[7];
        }
    }
    if (file) {
        fclose(file);
    }
    if (disturbance->cpus == 0) {
        disturbance->busy_s = disturbance->steal_s = NAN;
    }
}

/* A counter of /proc/net, where a line of names is followed by one of
 * values, both beginning with the group. NAN if there is none. */
static double
read_counter(const char *path, const char *group, const char *name)
{
    FILE *file = fopen(path, "re");
    char names[LINE_BYTES];
    char values[LINE_BYTES];
    double value = NAN;

    if (!file) {
        return NAN;
    }
    while (isnan(value) && fgets(names, sizeof names, file) &&
           fgets(values, sizeof values, file)) {
        if (strncmp(names, group, strlen(group)) == 0) {
            value = value_in_column(names, values, name);
        }
    }
    fclose(file);
    return value;
}

static double
value_in_column(const char *names, const char *values, const char *name)
{
    size_t length = strlen(name);

    while (*names != '\0' && *values != '\0') {
        size_t word = strcspn(names, " \n");

        if (word == length && memcmp(names, name, length) == 0) {
            return strtod(values, NULL);
        }
        names += word;
        names += strspn(names, " \n");
        values += strcspn(values, " \n");
        values += strspn(values, " \n");
    }
    return NAN;
}

/* Of the group that we see as the root, with version 1 or 2 of control
 * groups; NAN where there is neither. */
static double
read_throttled(void)
{
    static const char *const paths[] = {"/sys/fs/cgroup/cpu.stat",
                                        "/sys/fs/cgroup/cpu/cpu.stat"};
    double throttled = NAN;

    for (int i = 0; i < 2 && isnan(throttled); i++) {
        FILE *file = fopen(paths[i], "re");
        char line[LINE_BYTES];

        while (file && fgets(line, sizeof line, file)) {
            if (strncmp(line, "nr_throttled ", 13) == 0) {
                throttled = strtod(line + 13, NULL);
            }
        }
        if (file) {
            fclose(file);
        }
    }
    return throttled;
}

static double
clock_s(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
