/*
 * machine.c: what the machine is, and what else went on. See measure.h.
 */
#include "harness/compare/measure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/base.h"

enum {
    SEEDS = 1 << 16,    /* of the random order of servers */
    FILE_BYTES = 32768, /* of /proc, longer than what is looked at */
};

/* ---- what it is -------------------------------------------------------- */

/* x86 says "model name"; where nothing is said, the architecture must do. */
static void
find_cpu_model(char *text, size_t text_bytes)
{
    char cpus[4096];

    proc_read(cpus, sizeof cpus, "/proc/cpuinfo");
    const char *name = proc_behind(cpus, "model name");
    name = name ? name + strspn(name, "\t :") : "unknown CPU";
    snprintf(text, text_bytes, "%.*s", (int)strcspn(name, "\n"), name);
}

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

/* What git says of the tree that the program is in; "" if nothing. */
static void
find_commit(char *text, size_t text_bytes)
{
    FILE *git = popen("exec 2>/dev/null; "
                      "exe=$(readlink /proc/$PPID/exe) && "
                      "cd \"${exe%/*}/\" && git describe --always --dirty",
                      "re");

    if (git) {
        if (fgets(text, (int)text_bytes, git)) {
            text[strcspn(text, "\n")] = '\0';
        }
        pclose(git);
    }
}

#define NOTE(...) APPEND(run->note, "", __VA_ARGS__)

void
machine_describe(struct run *run, const struct options *options,
                 const struct plan *plan, int argc, char **argv)
{
    static const char *const layouts[] = {"shared", "split", "all"};
    time_t now = time(NULL);
    struct utsname system;

    *run = (struct run){
        .seconds = NAN,
        .partial = true,
        .cores = CPU_COUNT(&plan->allowed),
        .seed = clock_now_ns() % SEEDS,
    };
    find_cpu_model(run->cpu_model, sizeof run->cpu_model);
    find_commit(run->commit, sizeof run->commit);
    uname(&system);
    PUT(run->kernel, "%.16s %.40s %.20s", system.sysname, system.release,
        system.machine);
    strftime(run->date, sizeof run->date, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    PUT(run->compiler, "%s", COMPILER);
    PUT(run->layout, "%s", layouts[MAX(options->layout, LAYOUT_SHARED)]);
    PUT(run->mode, "%s", options->mode->name);
    if (plan->note[0] != '\0') {
        NOTE("only %llu descriptors are allowed (ulimit -Hn): %s. ",
             (unsigned long long)plan->descriptors, plan->note);
    }
    if (plan->foreign[0] != '\0') {
        NOTE("scenarios that need flags of ours are without servers of "
             "your own: %s. ",
             plan->foreign);
    }
    for (size_t i = 0; i < plan->ncells && run->cores == 1; i++) {
        if (plan->cells[i].scenario.all_cpus && !plan->cells[i].skipped[0]) {
            NOTE("with one CPU, work cannot show what threads gain from "
                 "more. ");
        }
    }
    if (options->order.launcher) {
        NOTE("servers are started through \"%s\". ", options->order.launcher);
        text_clean(run->note);
    }
    for (size_t i = 0; i < options->ncontenders; i++) {
        APPEND(run->models, " ", "%s", options->contenders[i].name);
    }
    for (int i = 0; i < argc; i++) {
        APPEND(run->command, " ", "%s", argv[i]);
    }
    text_clean(run->command);
}

/* ---- disturbance ------------------------------------------------------- */

/* The mean of "cpu0 user nice system idle iowait irq softirq steal ...". */
static double
read_steal_ns(const cpu_set_t *cpus)
{
    char text[FILE_BYTES];
    const char *line = text;
    double ticks = 0;
    double steal;
    int cpu;

    proc_read(text, sizeof text, "/proc/stat");
    /* The first line is the sum of all, and has no number. */
    while ((line = proc_behind(line, "cpu"))) {
        if (line[0] != ' ' &&
            sscanf(line, "%d %*u %*u %*u %*u %*u %*u %*u %lf", &cpu,
                   &steal) == 2 &&
            CPU_ISSET(cpu, cpus)) {
            ticks += steal;
        }
    }
    return ticks * (double)NS_PER_S /
           ((double)sysconf(_SC_CLK_TCK) * CPU_COUNT(cpus));
}

/* A counter of /proc/net, where a line of names is followed by one of values,
 * both beginning with the group. NAN if there is none. */
static double
read_counter(const char *file, const char *group, const char *counter)
{
    char text[FILE_BYTES];
    char name[64];
    double value;
    int name_bytes, value_bytes;

    proc_read(text, sizeof text, "/proc/net/%s", file);
    const char *names = proc_behind(text, group);
    const char *values = names ? proc_behind(names, group) : NULL;
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
disturbance_read(const struct lives *lives, double figure[LIFE_FIGURES])
{
    char text[FILE_BYTES];
    cpu_set_t cpus;

    CPU_OR(&cpus, &lives->cell->layout.client, &lives->cell->layout.server);
    /* Of the control group that we see as the root, of version 2 or 1. */
    if (proc_read(text, sizeof text, "/sys/fs/cgroup/cpu.stat") == 0) {
        proc_read(text, sizeof text, "/sys/fs/cgroup/cpu/cpu.stat");
    }
    figure[LIFE_SECONDS] = (double)clock_now_ns();
    figure[LIFE_STEAL_PERCENT] = read_steal_ns(&cpus);
    figure[LIFE_THROTTLED] = proc_number(text, "nr_throttled ");
    figure[LIFE_LISTEN_OVERFLOWS] =
        read_counter("netstat", "TcpExt:", "ListenOverflows");
    figure[LIFE_LISTEN_DROPS] =
        read_counter("netstat", "TcpExt:", "ListenDrops");
    figure[LIFE_RETRANSMITS] = read_counter("snmp", "Tcp:", "RetransSegs");
}

void
disturbance_fill(const struct lives *lives, struct life *life)
{
    double now[LIFE_FIGURES];

    disturbance_read(lives, now);
    for (int i = LIFE_STEAL_PERCENT; i <= LIFE_RETRANSMITS; i++) {
        life->figure[i] = now[i] - lives->before[i];
    }
    life->figure[LIFE_STEAL_PERCENT] *=
        100 / (now[LIFE_SECONDS] - lives->before[LIFE_SECONDS]);
}
