/*
 * strangers.c: clients that do not say hello, or anything else.
 *
 * Rows H5 and H9.
 */
#include "tests/conformance/client.h"
#include "tests/conformance/expect.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/process.h"
#include "tests/conformance/verdict.h"
#include "tests/faults/faults.h"

#include <string.h>
#include <sys/socket.h>

/* ---- H5 ---------------------------------------------------------------- */

enum {
    SILENT = 400,
    TOO_MANY = 20,
    SILENT_KIB = 32, /* that one of them may cost */
};

/* What a client may cost before it said hello is bounded, for each one and
 * in all. */
START_TEST(test_H05_silent_clients_are_cheap_and_few)
{
    static struct client clients[SILENT];
    struct server server = server_start((struct server_setup){
        .flags = {"--handshake", "--handshake-timeout=600000",
                  "--max-clients=400"}});
    int64_t before_kib = process_resident_kib(server.pid);
    int64_t grown_kib;
    int i;

    for (i = 0; i < SILENT; i++) {
        clients[i] = client_connect(&server);
        client_send_text(&clients[i], "hel", 3);
        client_wait_consumed(&clients[i]);
    }
    for (i = 0; i < TOO_MANY; i++) {
        struct client refused = client_connect(&server);

        require(client_wait_end(&refused, PATIENCE_MS) != CLIENT_OPEN,
                "silent client %d is let in with --max-clients=%d",
                SILENT + i + 1, SILENT);
        client_close(&refused);
    }
    grown_kib = process_resident_kib(server.pid) - before_kib;
    require(patience_sanitized() || grown_kib <= (int64_t)SILENT * SILENT_KIB,
            "%d clients that have not said hello cost %jd KiB", SILENT,
            (intmax_t)grown_kib);
    for (i = 0; i < SILENT; i++) {
        client_send_text(&clients[i], "lo\n", 3);
        client_expect_text(&clients[i], "hello\n");
    }
    clients_finish(clients, SILENT);
    require(server_stop(&server).refused == TOO_MANY,
            "those who were refused are not counted");
}
END_TEST

/* ---- H9 ---------------------------------------------------------------- */

/* Without --handshake every byte is data, whatever it looks like. */
START_TEST(test_H09_everything_is_data)
{
    static const char *const texts[] = {
        "hello\n",
        "goodbye\n",
        "\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "\x16\x03\x01\x02\x01\xff\xfe",
        "%s%n%x\n",
    };
    struct server server = server_start((struct server_setup){0});
    size_t i;

    for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct client client = client_connect(&server);

        client_send_text(&client, texts[i], strlen(texts[i]));
        client_expect_text(&client, texts[i]);
        client_exchange_and_finish(&client, 1000);
    }
    server_stop(&server);
}
END_TEST

void
add_stranger_cases(struct plan *plan)
{
    plan_group(plan, "strangers");
    if (!model_works(MODEL_ONE_AT_A_TIME)) {
        plan_add(plan, test_H05_silent_clients_are_cheap_and_few);
    }
    plan_add(plan, test_H09_everything_is_data);
}
