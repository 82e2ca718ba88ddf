/*
 * grade_tests.h: what the grader's tests share. See grade.h.
 */
#ifndef FIVEWAYS_GRADE_TESTS_H
#define FIVEWAYS_GRADE_TESTS_H

#include "harness/course/grade.h"
#include "tests/conformance/client.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/verdict.h"

enum {
    KIB = 1024,
    MIB = 1024 * KIB,
    CROWD = 8,       /* who shall be served beside a client that is not */
    QUIET_MS = 300,  /* a server that does nothing for so long will not */
    USAGE_SPARE = 4, /* descriptors, threads that are no leak: a library's */
};

/* Start the server, as clients know it. */
struct server grade_begin(void);

/* Connect as a client of the echo: with PROTO=hello it has said so, and was
 * answered, before its sequence begins. Those who connect at once are greeted
 * when all of them have. */
struct client grade_client(const struct server *server);
struct client grade_client_with(const struct server *server,
                                struct client_setup setup);
void grade_greet(struct client *clients, int count);

/* Send it SIGSTOP or SIGCONT: what happens between it finds all at once. One
 * that is out of sight finds it as it comes. */
void grade_pause(const struct server *server, int number);

/* Require that nothing more comes, and that the connection goes on. */
void grade_expect_open(struct client *client);

/* ---- what a server uses (grade_usage.c) -------------------------------- */

/* What it uses together with all that it has started, so that one that forks
 * for each client is judged as one with threads is. */
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

/* ---- the tests that are not about echoes (grade_hello.c) --------------- */

void test_hello_line(void);
void test_hello_pieces(void);
void test_hello_and_more(void);
void test_hello_wrong(void);
void test_hello_half(void);
void test_continues(void);
void test_five_clients(void);

#endif
