/*
 * disturbance.h: what else went on while something was measured: time stolen
 * by the hypervisor, throttling by a control group, and the kernel's counters
 * of TCP trouble, which are those of the whole machine.
 */
#ifndef FIVEWAYS_DISTURBANCE_H
#define FIVEWAYS_DISTURBANCE_H

#include <sched.h>

/* Counters at one moment, or what they grew by between two; NAN where the
 * system does not tell. */
struct disturbance {
    double time_s;      /* CLOCK_MONOTONIC, in seconds */
    double steal_s;     /* taken by the hypervisor, of all CPUs looked at */
    double throttled;   /* how often our control group was stopped */
    double overflows;   /* TCP: ListenOverflows */
    double drops;       /* TCP: ListenDrops */
    double retransmits; /* TCP: RetransSegs */
};

/* Read all of it; takes some tenths of a millisecond. `cpus` are those on
 * which client and server may run. */
void disturbance_read(struct disturbance *disturbance, const cpu_set_t *cpus);

/* What happened between two readings. */
struct disturbance disturbance_between(const struct disturbance *before,
                                       const struct disturbance *after);

#endif
