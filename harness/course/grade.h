/*
 * grade.h: does a server, in whatever language, do what an echo server must?
 *
 * A test is a row of a table: its points and a function that drives real
 * clients (tests/conformance/client.h) at a server that was started for it
 * alone, and requires what must hold. A test fails with a message that says
 * what was sent, expected and came; who may be to blame stands in a table of
 * hints. Speed is never graded.
 *
 *   grade.c          the program `grade`: flags, the plan, the exit status
 *   grade_run.c      runs a test in a process of its own, and where it failed
 *                    once more under strace
 *   grade_server.c   the server: compare's, by its command line
 *   grade_cases.c    the tests
 *   grade_hello.c    those of the handshake
 *   grade_print.c    text, JSON, Gradescope, JUnit
 */
#ifndef FIVEWAYS_GRADE_H
#define FIVEWAYS_GRADE_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>

/* What is spoken. */
enum grade_protocol {
    GRADE_ECHO = 1,   /* bytes come back */
    GRADE_HELLO = 2,  /* ... behind a first line that is "hello" */
    GRADE_RFC862 = 4, /* ... in the words of RFC 862 */
};

/* A test. */
struct grade_test {
    const char *name;   /* for ONLY=, "slow-reader" */
    const char *title;  /* what a right server does: "sends all of 8 MiB to
                         * a client that reads slowly" */
    int points;         /* for it */
    unsigned protocols; /* for which it is asked: bits */
    bool together;      /* needs two clients served at once: left out for a
                         * server that promises one at a time */
    const TTest *run;   /* START_TEST: require()s, see verdict.h */
};

/* All of them in their order; the one behind the last has no name. The first
 * is "starts": without it no other is run. */
extern const struct grade_test grade_tests[];

/* The server that the running test is about. */
struct grade_server {
    pid_t pid;                       /* 0: nobody knows */
    struct sockaddr_storage address; /* where it listens */
    socklen_t address_bytes;         /* how much of that is used */
    char where[80];                  /* the same, in words */
};

/* Start the server of the command line and wait until it is ready; the test
 * fails if it does not come. Once in a test. It is ended with the test. */
const struct grade_server *grade_server_start(void);

/* From now on it may have so many descriptors more than it has. False: that
 * cannot be had here. */
bool grade_server_limit(int more);

/* Send SIGTERM, and require that it ends within two seconds, scaled. */
void grade_server_stop(void);

/* The running test cannot tell, because of that: the machine's fault, or
 * ours, never the server's. Ends the test. */
_Noreturn void grade_unknown(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Does the server promise to serve one client after the other? */
bool grade_one_at_a_time(void);

#endif
