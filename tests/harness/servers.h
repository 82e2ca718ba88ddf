/*
 * servers.h: the programs that the tests of the harness start, and what a
 * test does when this machine cannot measure what it is about.
 */
#ifndef FIVEWAYS_TESTS_SERVERS_H
#define FIVEWAYS_TESTS_SERVERS_H

#include <check.h>

#include "tests/harness/process.h"

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
