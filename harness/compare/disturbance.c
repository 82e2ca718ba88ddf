/*
 * disturbance.c: what else went on. See measure.h.
 */
#include "harness/compare/measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/base.h"

enum {
    FILE_BYTES = 32768, /* longer than what is looked at in any of them */
};

/* "cpu0 user nice system idle iowait irq softirq steal ...", in ticks. */
static double
read_steal_s(const cpu_set_t *cpus)
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
    return ticks / (double)sysconf(_SC_CLK_TCK);
}

/* A counter of /proc/net, where a line of names is followed by one of values,
 * both beginning with the group. NAN if there is none. */
static double
read_counter(const char *path, const char *group, const char *counter)
{
    char text[FILE_BYTES];
    const char *name;
    const char *value;

    proc_read(text, sizeof text, "%s", path);
    name = proc_behind(text, group);
    value = name ? proc_behind(name, group) : NULL;
    while (name && value && *name == ' ' && *value == ' ') {
        size_t length = strcspn(++name, " \n");

        if (length == strlen(counter) && memcmp(name, counter, length) == 0) {
            return strtod(value, NULL);
        }
        name += length;
        value++;
        value += strcspn(value, " \n");
    }
    return NAN;
}

/* Of the group that we see as the root, with version 2 of control groups or
 * with version 1; NAN where there is neither. */
static double
read_throttled(void)
{
    char text[FILE_BYTES];

    if (proc_read(text, sizeof text, "/sys/fs/cgroup/cpu.stat") == 0) {
        proc_read(text, sizeof text, "/sys/fs/cgroup/cpu/cpu.stat");
    }
    return proc_number(text, "nr_throttled ");
}

void
disturbance_read(struct disturbance *disturbance, const cpu_set_t *cpus)
{
    static const char netstat[] = "/proc/net/netstat";

    *disturbance = (struct disturbance){
        .time_s = (double)clock_now_ns() / 1e9,
        .steal_s = read_steal_s(cpus),
        .throttled = read_throttled(),
        .overflows = read_counter(netstat, "TcpExt:", "ListenOverflows"),
        .drops = read_counter(netstat, "TcpExt:", "ListenDrops"),
        .retransmits = read_counter("/proc/net/snmp", "Tcp:", "RetransSegs"),
    };
}

struct disturbance
disturbance_between(const struct disturbance *before,
                    const struct disturbance *after)
{
    return (struct disturbance){
        .time_s = after->time_s - before->time_s,
        .steal_s = after->steal_s - before->steal_s,
        .throttled = after->throttled - before->throttled,
        .overflows = after->overflows - before->overflows,
        .drops = after->drops - before->drops,
        .retransmits = after->retransmits - before->retransmits,
    };
}
