/*
 * grade.h: does a server, in whatever language, do what an echo server must?
 *
 * A test is a row of a table: its points and a function that drives real
 * clients (tests/conformance/client.h) at a server that was started for it
 * alone, and requires what must hold. A test fails with a message that says
 * what was sent, expected and came; who may be to blame stands in a table of
 * hints. Speed is never graded.
 *
 * grade_server.c includes compare's `struct server` first, and has that; the
 * tests have that of client.h.
 *
 *   grade.c          the program `grade`: flags, the plan, the exit status
 *   grade_run.c      runs a test in a process of its own, and where it failed
 *                    once more under strace
 *   grade_server.c   the server: compare's, by its command line
 *   grade_cases.c    the tests
 *   grade_hello.c    those of the handshake, and of RFC 862
 *   grade_usage.c    ... what a server uses
 *   grade_print.c    text, JSON, Gradescope, JUnit
 *   grade.table      hints; `calls` says which ones of strace's are shown
 */
#ifndef FIVEWAYS_GRADE_H
#define FIVEWAYS_GRADE_H

#include "tests/conformance/client.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/verdict.h"

/* Prints what of strace's words is shown. */
#define GRADE_CALLS "harness/course/calls"

enum {
    KIB = 1024,
    MIB = 1024 * KIB,
    CROWD = 8,       /* who shall be served beside a client that is not */
    QUIET_MS = 300,  /* a server that does nothing for so long will not */
    USAGE_SPARE = 4, /* descriptors, threads that are no leak: a library's */
    GRADE_FAMILY = 4000, /* processes of one server are looked at */
};

/* What is spoken. */
enum grade_protocol {
    GRADE_ECHO = 1,   /* bytes come back */
    GRADE_HELLO = 2,  /* ... behind a first line that is "hello" */
    GRADE_RFC862 = 4, /* ... in the words of RFC 862 */
};

/* A test. */
struct grade_test {
    const char *name;   /* for ONLY=, "slow-reader" */
    const char *title;  /* what a right server does */
    int points;         /* for it */
    unsigned protocols; /* for which it is asked: bits */
    bool together;      /* needs two clients served at once: left out for a
                         * server that promises one at a time */
    void (*run)(void);  /* require()s what must hold */
};

/* All of them in their order; the one behind the last has no name. The first
 * is "starts": without it no other is run. */
extern const struct grade_test grade_tests[];

/* Start the server of the command line and wait until it is ready; the test
 * fails if it does not come. Once in a test. It is ended with the test.
 * Returns who listens, 0: nobody knows; and where. */
pid_t grade_server_start(struct sockaddr_storage *address);

/* From now on it may have so many descriptors more than it has; where that
 * cannot be had, the test cannot tell. */
void grade_server_limit(int more);

/* Send SIGTERM, and require that it ends within two seconds, scaled. */
void grade_server_stop(void);

/* The server's keeper, which is our child, and all processes below it.
 * Returns how many. */
int grade_family(pid_t family[GRADE_FAMILY]);

/* How many descriptors a process has open; of an inode other than 0, only of
 * the socket that it is. None where it is gone. */
int grade_descriptors(pid_t pid, ino_t inode);

/* ---- what tests share -------------------------------------------------- */

/* Start the server, as clients know it. */
struct server grade_begin(void);

/* Connect as a client of the echo: with PROTO=hello it has said so, and was
 * answered, before its sequence begins. A crowd is answered when all of it
 * has connected; but each says hello at once, for that has a limit. */
struct client grade_client(const struct server *server);
struct client grade_client_with(const struct server *server,
                                struct client_setup setup);
void grade_greet(struct client *client);
void grade_crowd(const struct server *server, struct client *clients,
                 int count);

/* Send it SIGSTOP or SIGCONT: what happens between it finds all at once. One
 * that is out of sight finds it as it comes. */
void grade_pause(const struct server *server, int number);

/* Require that nothing more comes, and that the connection goes on. */
void grade_expect_open(struct client *client);

/* What it uses together with its keeper, whose figures do not change, and all
 * that it has started, so that one that forks for each client is judged as
 * one with threads is. */
struct usage {
    int descriptors; /* that are open */
    int threads;     /* a zombie counts as one */
    long ticks;      /* of CPU time so far */
    long pages;      /* resident; shared ones count for each */
};

/* What it uses now. Of one that is out of sight the test cannot tell. */
struct usage usage_now(const struct server *server);

/* Wait until it uses about as few descriptors and threads as `before`, or
 * has not got less for five seconds, scaled. Returns what it uses then. */
struct usage usage_settle(const struct server *server,
                          const struct usage *before);

/* Watch it for a second in which it has nothing to do; the test fails if it
 * uses CPU time, or never waits. `when` is for the message. While it reads
 * what these clients have sent, slowly, it has something to do. */
void usage_expect_no_spin(const struct server *server, const char *when,
                          const struct client *clients, int count);

/* The tests that are not about echoes. */
void test_hello_line(void);
void test_hello_pieces(void);
void test_hello_and_more(void);
void test_hello_wrong(void);
void test_hello_half(void);
void test_continues(void);
void test_five_clients(void);

/* ---- within the grader ------------------------------------------------- */

enum {
    GRADE_SAID_BYTES = 1600, /* a sentence, and words of the server */
    GRADE_TAIL_BYTES = 4097, /* of what the server has printed */
    GRADE_CAUSES = 2,        /* that are likely */
};

/* What the command line says. */
struct grade_order {
    const char *server; /* the command, with {port} or without */
    int protocol;       /* which bit of enum grade_protocol */
    const char *only;   /* names of tests; NULL: all */
    bool one_at_a_time; /* it promises no more */
    int timeout_scale;  /* deadlines so many times longer */
    int format;         /* text, JSON, Gradescope, JUnit: from 0 */
    int seed;           /* of all that is sent */
    bool verbose;       /* also times, and what the server printed */
};
extern struct grade_order grade_order;

/* What the process of a test leaves, in memory that it shares with us; ""
 * where there is nothing. */
struct grade_left {
    bool trace;                     /* wanted: run it under strace */
    char ended[512];                /* how the server ended by itself */
    char printed[GRADE_TAIL_BYTES]; /* the end of its standard output */
    char errors[GRADE_TAIL_BYTES];  /* ... and error */
    char calls[GRADE_TAIL_BYTES];   /* its last ones, a line each */
};
extern struct grade_left *grade_left;

enum grade_verdict {
    GRADE_NOT_RUN, /* there is no use: the server does not start */
    GRADE_PASSED,
    GRADE_FAILED,
    GRADE_UNKNOWN,   /* the machine could not: neither points nor none */
    GRADE_OWN_FAULT, /* the grader broke */
    GRADE_VERDICTS,
};

/* What is said of one that has not passed. */
enum grade_said {
    GRADE_SEEN, /* what went wrong, a sentence */
    GRADE_SENT, /* by the client */
    GRADE_EXPECTED,
    GRADE_CAME, /* from the server */
    GRADE_SAIDS,
};
extern const char *const grade_said[GRADE_SAIDS]; /* their names */

/* What came of a test; "" and NULL where there is nothing to say. */
struct grade_result {
    const struct grade_test *test; /* which one */
    enum grade_verdict verdict;    /* of it */
    char said[GRADE_SAIDS][GRADE_SAID_BYTES];
    const char *causes[GRADE_CAUSES]; /* that are likely */
    const char *read;                 /* a page, and a heading of it */
    double seconds;                   /* that it took */
    struct grade_left left;           /* of the server */
};

/* Before the first test: read the hints. */
void grade_prepare(void);

/* Run a test, and again under strace if it fails; `result` has its test.
 * Blocks for seconds. */
void grade_run(struct grade_result *result);

/* Why the calls of servers are not shown, or NULL. */
extern const char *grade_no_calls;

/* Before and behind each test, in its process. */
void grade_server_begin(void);
void grade_server_end(void);

/* As text: print a row as soon as it is known. And in any format: the end, or
 * all of it; returns the exit status. */
void grade_print_row(const struct grade_result *result);
int grade_print_end(const struct grade_result *results, int count);

/* Append a word, quoted for a shell, to a text in an array of `bytes`. */
void grade_quote(char *text, size_t bytes, const char *word);

#endif
