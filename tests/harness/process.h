/*
 * process.h: start a program, read what it says, wait for its end; each with
 * a deadline.
 *
 * A program started here has default signal dispositions and an empty signal
 * mask, whatever Check and the shell have set, and is killed by the kernel
 * when the test dies.
 */
#ifndef FIVEWAYS_TESTS_PROCESS_H
#define FIVEWAYS_TESTS_PROCESS_H

#include <sys/types.h>

enum {
    PROCESS_OUTPUT_BYTES = 16384
};

struct process {
    pid_t pid;  /* of the program */
    int out_fd; /* what it writes to standard output can be read here */
    int err_fd; /* and to standard error */
    int status; /* after process_finish: as from waitpid */
    char out[PROCESS_OUTPUT_BYTES]; /* after process_finish: all of it */
    char err[PROCESS_OUTPUT_BYTES]; /* the same of standard error */
};

/* Start argv[0] with these arguments, a list that ends with NULL. If
 * descriptors is not 0 that is its hard limit of open files. Fails the test
 * when it cannot be started. */
void process_start(struct process *process, const char *const *argv,
                   int descriptors);

/* Read one line of standard output into `line`, without its newline. Fails
 * the test if none comes within `timeout_ms`. */
void process_read_line(const struct process *process, char *line,
                       size_t line_bytes, int timeout_ms);

/* Collect all output until the program has ended. Fails the test, and kills
 * the program, if it has not ended within `timeout_ms`. */
void process_finish(struct process *process, int timeout_ms);

/* Kill it and wait for it. Does nothing when it has been waited for. */
void process_kill(struct process *process);

/* Its exit status; -1 if a signal has ended it. After process_finish. */
int process_exit_status(const struct process *process);

#endif
