/*
 * server_process.h: one server, from exec to its last breath.
 *
 * Started in a process group of its own, pinned to its CPUs before exec,
 * with default signal dispositions and nothing blocked; it dies with us
 * even if we are killed. Measured from outside: CPU time by its CPU clock,
 * memory by smaps_rollup, context switches of its whole life by wait4.
 *
 * With a launcher the server is a descendant of ours, which is found by its
 * listening socket, or out of sight; then nothing is known of its costs.
 *
 * At most one server runs at a time.
 */
#ifndef FIVEWAYS_SERVER_PROCESS_H
#define FIVEWAYS_SERVER_PROCESS_H

#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

#include "harness/compare/capture.h"

enum {
    SERVER_ARGUMENTS_MAX = 24,   /* the final NULL included */
    SERVER_REASON_BYTES = 256,   /* a sentence */
    SERVER_COMMAND_BYTES = 2048, /* a foreign command */
};

/* What to start, and how. */
struct server_order {
    const char *arguments[SERVER_ARGUMENTS_MAX]; /* path first, NULL last */
    const char *command;      /* instead: a line for sh, {port} filled in */
    const char *launcher;     /* words for sh that start it, or NULL */
    const char *leash;        /* then: path of the program leash */
    const char *host;         /* where to connect to; NULL: as it says */
    const cpu_set_t *cpus;    /* that it may use */
    int64_t start_timeout_ns; /* until it must be ready */
    const volatile sig_atomic_t *interrupted; /* ends the waiting at once */
};

/* A server that runs or has run. */
struct server_process {
    pid_t pid;                       /* what we started: the server or its
                                      * launcher; also the process group */
    pid_t seen_pid;                  /* the server itself; 0: a launcher
                                      * started it out of our sight */
    int input_fd;                    /* with a launcher, what keeps the
                                      * server alive while open; else -1 */
    int pid_fd;                      /* readable when it has ended */
    clockid_t cpu_clock;             /* of the whole process */
    struct sockaddr_storage address; /* where it listens */
    socklen_t address_bytes;         /* how much of it is used */
    struct capture capture;          /* what it prints */
    double start_ms;                 /* from exec to ready */
    /* From here on known when it has ended. */
    int wait_status;  /* as wait4 gives it */
    bool killed;      /* SIGTERM was not enough */
    bool ended_early; /* before it was asked to stop */
    long switches;    /* context switches, whole life, all threads; -1:
                       * unknown, because it was started by a launcher */
};

/*
 * Start a server and wait until it is ready: until it says so, or, for a
 * command with {port}, until something listens on the port that we chose.
 * Returns 0; or -1 and a sentence in `reason`, and then nothing is left of
 * it. Blocks, for start_timeout_ns at most.
 */
int server_process_start(struct server_process *server,
                         const struct server_order *order,
                         char reason[SERVER_REASON_BYTES]);

/* CPU time of all its threads so far, those that have ended included, in
 * ns; -1 if it is gone. */
int64_t server_process_cpu_ns(const struct server_process *server);

/* Resident memory in KiB, or NAN. */
double server_process_rss_kib(const struct server_process *server);

/* Minor page faults of all its threads so far, and how many threads it has
 * now; both NAN if it is gone. */
void server_process_faults(const struct server_process *server,
                           double *faults, double *threads);

/* True if its main thread has child processes, whose CPU time and memory are
 * not seen by server_process_cpu_ns() and server_process_rss_kib(). Quick,
 * however many threads it has; see tasks.h for all of them. */
bool server_process_forks(const struct server_process *server);

/* True if its main thread sleeps: it is not at work, nor waiting for a CPU
 * to go on with it, nor held up by the kernel inside a call (state D). */
bool server_process_sleeps(const struct server_process *server);

/* True if somebody has stopped it (SIGSTOP, a debugger). */
bool server_process_is_stopped(const struct server_process *server);

/* True if it has ended by itself. */
bool server_process_has_ended(const struct server_process *server);

/* Stop it: SIGTERM to its group, SIGKILL after a grace time. Then the last
 * fields of the struct are known and nothing of it is left. Blocks, for
 * about 2 s at most. */
void server_process_stop(struct server_process *server);

/* How it ended, in words, with the last line of its standard error. Only
 * after server_process_stop(). */
void server_process_describe_end(const struct server_process *server,
                                 char reason[SERVER_REASON_BYTES]);

/* Kill the server that runs now, if any, from a signal handler. */
void server_process_kill_running(void);

#endif
