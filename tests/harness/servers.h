/*
 * servers.h: the server and the load that a test of the harness starts, each
 * waited for with a deadline, and what a test does when this machine cannot
 * measure what it is about. Each test has a process of its own, so there is
 * one of both.
 *
 * A program started here has default signal dispositions and an empty signal
 * mask, whatever Check and the shell have set, and is killed by the kernel
 * when the test dies.
 */
#ifndef FIVEWAYS_TESTS_SERVERS_H
#define FIVEWAYS_TESTS_SERVERS_H

#include <check.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/types.h>

enum {
    PROCESS_OUTPUT_BYTES = 16384,
    SERVER_READY_MS = 10000, /* for a server to start */
};

struct process {
    const char *flags; /* it was started with; they live as long */
    pid_t pid;         /* of the program; 0: none */
    int out_fd; /* what it writes to standard output can be read here */
    int err_fd; /* and to standard error */
    int status; /* after its end: as exit(3) had it; -1: by a signal */
    char out[PROCESS_OUTPUT_BYTES]; /* after its end: all of it */
    char err[PROCESS_OUTPUT_BYTES]; /* the same of standard error */
};

extern struct process server;
extern struct process load;
extern char target[64]; /* HOST:PORT of the server */
extern in_port_t target_port;

/* Start a server, "badserver" or another one by its path from there. Flags
 * are words between blanks. Fails the test when it does not come up. */
void server_start(const char *name, const char *flags);

/* Wait for the line that badserver says when it was told to: --tell. */
void server_waits_to_tell(void);

/* Kill it and wait for it. */
void server_kill(void);

/* Start load at a target; `through` is a command that becomes load, with
 * blanks between its words, or "". */
void load_start(const char *through, const char *to, const char *flags);

/* Wait for its end, and kill the server. Fails the test if that takes more
 * than a minute. */
void load_finish(void);

/* The same; load must have said all of these words, cut by "&", where of some
 * with "|" between them one will do, and have ended with this status. */
void load_says(const char *words, int exit_status);

/* Fails the test unless it has said the words. */
void assert_says(const char *words);

/* Fails the test unless it has ended with that status. */
void assert_exit_status(int expected);

/* A network of our own, where the kernel hands out these ports: "40000
 * 40009". With NULL it has not even a loopback. Returns false, and counts the
 * test as skipped, if that is forbidden here. Cannot be undone. */
bool servers_enter_network(const char *test, const char *ports);

/* Count a test as skipped and say why, in one line. The test returns then;
 * it has not passed. */
void servers_skip(const char *test, const char *reason);

#endif
