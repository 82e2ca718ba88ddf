/*
 * strangers.c: clients that do not say hello, or anything else.
 *
 * Rows H5, H8 and H9.
 */
#include "tests/conformance/client.h"
#include "tests/conformance/expect.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/payload.h"
#include "tests/conformance/process.h"
#include "tests/conformance/tally.h"
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

/* ---- H8 ---------------------------------------------------------------- */

enum {
    GENERATED = 10000, /* wrong ones; the few right ones are not counted */
    LINE_MAX = 80,
    HELLO_BYTES = 64, /* the longest line, its "\n" not counted */
};

/* A first line, and whatever comes behind it. */
struct line {
    char text[LINE_MAX];
    size_t nbytes;
};

/* Put `byte` in front of the byte at `at`. */
static void
insert(struct line *line, size_t at, char byte)
{
    if (line->nbytes < LINE_MAX) {
        memmove(line->text + at + 1, line->text + at, line->nbytes - at);
        line->text[at] = byte;
        line->nbytes++;
    }
}

/* Change the right line here and there, once to four times. */
static struct line
mutate(void)
{
    static const char favourites[] = "\n\r \t\0helo\v\fHELO\x80\xff";
    struct line line = {.text = "hello\n", .nbytes = 6};
    uint64_t changes = 1 + payload_random(4);

    while (changes-- > 0 && line.nbytes > 0) {
        size_t at = (size_t)payload_random(line.nbytes);
        char byte = favourites[payload_random(sizeof favourites - 1)];
        uint64_t repeat;

        switch (payload_random(5)) {
        case 0:
            insert(&line, at, byte);
            break;
        case 1:
            line.nbytes--;
            memmove(line.text + at, line.text + at + 1, line.nbytes - at);
            break;
        case 2:
            line.text[at] = byte;
            break;
        case 3:
            line.text[at] = (char)payload_random(256);
            break;
        default:
            for (repeat = payload_random(LINE_MAX); repeat > 0; repeat--) {
                insert(&line, at, byte);
            }
            break;
        }
    }
    return line;
}

static bool
is_white(char byte)
{
    return byte != '\0' && strchr(" \t\n\v\f\r", byte) != NULL;
}

/* What the specification says of it, worked out here once more: true when
 * the first line, 64 bytes at most and stripped, is hello. */
static bool
is_hello(const struct line *line)
{
    size_t begin = 0;
    size_t end = 0;

    while (end < line->nbytes && line->text[end] != '\n') {
        end++;
    }
    if (end == line->nbytes || end > HELLO_BYTES) {
        return false;
    }
    while (begin < end && is_white(line->text[begin])) {
        begin++;
    }
    while (begin < end && is_white(line->text[end - 1])) {
        end--;
    }
    return end - begin == 5 && memcmp(line->text + begin, "hello", 5) == 0;
}

/* Thousands of lines that are nearly right. The wrong ones get not a byte,
 * which would be none of the client's sequence and fail there; the right
 * ones their answer, and what came behind them back. */
START_TEST(test_H08_generated_lines)
{
    struct server server = server_start((struct server_setup){
        .flags = {"--handshake", "--handshake-timeout=600000"}});
    struct server_stats stats;
    int wrong = 0;
    int i;

    for (i = 0; wrong < GENERATED; i++) {
        struct line line = mutate();
        struct client client = client_connect(&server);

        client_send_text(&client, line.text, line.nbytes);
        shutdown(client.fd, SHUT_WR);
        if (is_hello(&line)) {
            client_expect_text(&client, "hello\n");
            client_reset(&client);
            continue;
        }
        wrong++;
        require(client_wait_end(&client, PATIENCE_MS) != CLIENT_OPEN,
                "generated line %d of %zu bytes is not rejected", i,
                line.nbytes);
        client_reset(&client);
    }
    tally_add(TALLY_WRONG_LINES, (uint64_t)wrong);
    stats = server_stop(&server);
    require(stats.closed_rejected == wrong && stats.accepted == i,
            "%jd of %d wrong lines are counted as rejected",
            (intmax_t)stats.closed_rejected, wrong);
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
    if (!model_current()->serial) {
        plan_add(plan, test_H05_silent_clients_are_cheap_and_few);
    }
    plan_add(plan, test_H08_generated_lines);
    plan_add(plan, test_H09_everything_is_data);
}
