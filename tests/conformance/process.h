/*
 * process.h: what /proc says of a server.
 *
 * The tests look at a server from outside only: what it costs (CPU time,
 * memory), what it holds (descriptors, threads, mappings), how it was set
 * up. Nothing here waits or changes anything.
 */
#ifndef FIVEWAYS_PROCESS_H
#define FIVEWAYS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* CPU time of all its threads so far, user and system, in nanoseconds. */
int64_t process_cpu_ns(pid_t pid);

/* Resident memory in KiB, exact: the figure of /proc/PID/status is rounded
 * by the kernel to some dozens of pages. */
int64_t process_resident_kib(pid_t pid);

/* How many threads it has. */
int process_threads(pid_t pid);

/* How often it has gone to sleep so far; of threads, only the first. */
int64_t process_switches(pid_t pid);

/* The signals that its first thread has blocked: bit N - 1 is signal N. */
uint64_t process_signals_blocked(pid_t pid);

/* How many descriptors it has open. */
int process_descriptors(pid_t pid);

/* How many memory mappings it has. */
int process_mappings(pid_t pid);

/* True when every thread is stopped by SIGSTOP. */
bool process_stopped(pid_t pid);

/* True when a thread runs or would, were there a CPU for it. */
bool process_runnable(pid_t pid);

/* The first descriptor above 2 that it would leak into a program it
 * executes, -1 if there is none. */
int process_leaking_descriptor(pid_t pid);

/* True when one of its descriptors is a `kind`, as readlink shows it: part
 * of the text is enough, for example "[eventpoll]". */
bool process_has_descriptor(pid_t pid, const char *kind);

#endif
