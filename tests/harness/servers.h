/*
 * servers.h: the programs that the tests of the harness start, each waited
 * for with a deadline, and what a test does when this machine cannot measure
 * what it is about.
 *
 * A program started here has default signal dispositions and an empty signal
 * mask, whatever Check and the shell have set, and is killed by the kernel
 * when the test dies.
 */
#ifndef FIVEWAYS_TESTS_SERVERS_H
#define FIVEWAYS_TESTS_SERVERS_H

#include <check.h>
#include <stdbool.h>
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

enum {
    SERVER_READY_MS = 10000,  /* for a server to start */
    SERVER_ARGUMENTS_MAX = 12 /* with the name of the program */
};

/* The path of a program in the folder where the Makefile puts them. Good
 * until the call after the next. */
const char *servers_program(const char *name);

/* Cut `flags` at its blanks into argv, behind the `count` words that are
 * there already; NULL ends the list. Changes `flags`, which must live as
 * long as argv. */
void servers_add_flags(const char **argv, int count, char *flags);

/* Start `badserver`, or another one by its path. Writes its HOST:PORT into
 * `target`, 64 bytes long. Fails the test when it does not come up. */
void servers_start(struct process *server, const char *name,
                   const char *flags, char *target);

/* Fails the test unless all of the words, which are cut by "&", are in what
 * load has printed; with "|" between some of them, one of these will do. */
void assert_says(const struct process *load, const char *words);

/* Fails the test unless load ended with that status. */
void assert_exit_status(const struct process *load, int expected);

/* A network of our own, where the kernel hands out these ports: "40000
 * 40009". With NULL it has not even a loopback. Returns false if that is
 * forbidden here. Cannot be undone; each test has a process of its own. */
bool servers_enter_network(const char *ports);

/* Count a test as skipped and say why, in one line. The test returns then;
 * it has not passed. */
void servers_skip(const char *test, const char *reason);

/* How many were skipped, in all the processes of the tests. */
int servers_skipped(void);

/* Must be called before the first test. */
void servers_setup(void);

/* The client's own limits, and the kernel's. */
Suite *client_suite(void);

/* Tests that measure: open loop, service and response time. */
Suite *open_loop_suite(void);

#endif
