/*
 * grade_cases.c: the tests. See grade.h.
 */
#include <stdio.h>

#include "harness/course/grade.h"
#include "tests/conformance/client.h"
#include "tests/conformance/verdict.h"

enum {
    KIB = 1024,
};

/* Start the server, as clients know it. */
static struct server
start(void)
{
    const struct grade_server *started = grade_server_start();
    struct server server = {
        .pid = started->pid,
        .address = started->address,
        .address_bytes = started->address_bytes,
    };

    snprintf(server.where, sizeof server.where, "%s", started->where);
    return server;
}

START_TEST(test_starts)
{
    grade_server_start();
    grade_server_stop();
}
END_TEST

START_TEST(test_bytes)
{
    struct server server = start();
    struct client client = client_connect(&server);

    client_exchange(&client, 1);
    client_exchange(&client, 64 * KIB);
    client_finish(&client);
}
END_TEST

#define ALL (GRADE_ECHO | GRADE_HELLO | GRADE_RFC862)

const struct grade_test grade_tests[] = {
    {"starts", "listens, and can be stopped", 5, ALL, false, &test_starts},
    {"bytes", "sends back each byte", 10, GRADE_ECHO, false, &test_bytes},
    {0},
};
