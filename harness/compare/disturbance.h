/*
 * disturbance.h: what else went on while a window was measured.
 *
 * Read from /proc before and after: time stolen by the hypervisor, CPU time
 * of everybody else on our CPUs, our own preemptions, throttling by a
 * control group, and the kernel's counters of TCP trouble, which are those
 * of the whole machine.
 */
#ifndef FIVEWAYS_DISTURBANCE_H
#define FIVEWAYS_DISTURBANCE_H

#include <sched.h>

#include "harness/results/results.h"

/* Counters at one moment; NAN where the system does not tell. */
struct disturbance {
    double time_s;      /* CLOCK_MONOTONIC */
    double busy_s;      /* CPU time of anybody on the CPUs looked at */
    double steal_s;     /* taken from them by the hypervisor */
    double own_s;       /* CPU time of this process */
    double preemptions; /* of the calling thread, against its will */
    double throttled;   /* how often our control group was stopped */
    double overflows;   /* TCP: ListenOverflows */
    double drops;       /* TCP: ListenDrops */
    double retransmits; /* TCP: RetransSegs */
    int cpus;           /* how many CPUs are looked at */
};

/* Read all of it; takes some tenths of a millisecond. `cpus` are those on
 * which client and server may run. */
void disturbance_read(struct disturbance *disturbance, const cpu_set_t *cpus);

/* Fill in the figures of a window from readings before and after it. */
void disturbance_fill(struct life *window, const struct disturbance *before,
                      const struct disturbance *after);

#endif
