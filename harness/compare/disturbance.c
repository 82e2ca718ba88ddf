/*
 * disturbance.c: what else went on. See measure.h.
 */
#include "harness/compare/measure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/base.h"

enum {
    FILE_BYTES = 32768, /* longer than what is looked at in any of them */
};

/* "cpu0 user nice system idle iowait irq softirq steal ...", in ticks. */
static double
read_steal_ns(const cpu_set_t *cpus)
{
    char text[FILE_BYTES];
    double ticks = 0;

    proc_read(text, sizeof text, "/proc/stat");
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        char key[16];
        const char *numbers;
        double steal;

        snprintf(key, sizeof key, "cpu%d ", cpu);
        numbers = CPU_ISSET(cpu, cpus) ? proc_behind(text, key) : NULL;
        if (numbers &&
            sscanf(numbers, "%*u %*u %*u %*u %*u %*u %*u %lf", &steal) == 1) {
            ticks += steal;
        }
    }
    return ticks * (double)NS_PER_S / (double)sysconf(_SC_CLK_TCK);
}

/* A counter of /proc/net, where a line of names is followed by one of values,
 * both beginning with the group. NAN if there is none. */
static double
read_counter(const char *path, const char *group, const char *counter)
{
    char text[FILE_BYTES];
    const char *names;
    const char *values;
    char name[64];
    double value;
    int name_bytes;
    int value_bytes;

    proc_read(text, sizeof text, "%s", path);
    names = proc_behind(text, group);
    values = names ? proc_behind(names, group) : NULL;
    while (values && sscanf(names, "%63s%n", name, &name_bytes) == 1 &&
           sscanf(values, "%lf%n", &value, &value_bytes) == 1) {
        if (strcmp(name, counter) == 0) {
            return value;
        }
        names += name_bytes;
        values += value_bytes;
    }
    return NAN;
}

void
disturbance_read(struct disturbance *disturbance, const cpu_set_t *cpus)
{
    static const char netstat[] = "/proc/net/netstat";
    double *figure = disturbance->figure;
    char text[FILE_BYTES];

    /* Of the control group that we see as the root, of version 2 or 1. */
    if (proc_read(text, sizeof text, "/sys/fs/cgroup/cpu.stat") == 0) {
        proc_read(text, sizeof text, "/sys/fs/cgroup/cpu/cpu.stat");
    }
    disturbance->at_ns = clock_now_ns();
    figure[LIFE_STEAL_PERCENT] = read_steal_ns(cpus);
    figure[LIFE_THROTTLED] = proc_number(text, "nr_throttled ");
    figure[LIFE_LISTEN_OVERFLOWS] =
        read_counter(netstat, "TcpExt:", "ListenOverflows");
    figure[LIFE_LISTEN_DROPS] =
        read_counter(netstat, "TcpExt:", "ListenDrops");
    figure[LIFE_RETRANSMITS] =
        read_counter("/proc/net/snmp", "Tcp:", "RetransSegs");
}

void
disturbance_fill(struct life *life, const struct disturbance *before,
                 const cpu_set_t *cpus)
{
    struct disturbance after;

    disturbance_read(&after, cpus);
    for (int i = LIFE_STEAL_PERCENT; i <= LIFE_RETRANSMITS; i++) {
        life->figure[i] = after.figure[i] - before->figure[i];
    }
    life->figure[LIFE_STEAL_PERCENT] *=
        100 / ((double)(after.at_ns - before->at_ns) * CPU_COUNT(cpus));
}
