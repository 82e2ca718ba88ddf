/*
 * handshake.c: the first line, and clients that mean harm.
 *
 * Rows H1 to H6. The line, at most 64 bytes before its "\n" and stripped of
 * white space, is `hello`; anything else is closed without a byte sent. A
 * refused client sees a FIN or a reset: Linux sends the latter when there
 * are bytes that the server never read.
 */
#include "tests/conformance/client.h"
#include "tests/conformance/expect.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/plan.h"
#include "tests/conformance/process.h"
#include "tests/conformance/tally.h"
#include "tests/conformance/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
    KIB = 1024,
    MIB = 1024 * KIB,
    LINE_BYTES = 64, /* the longest line, its "\n" not counted */
};

static const char hello[] = "hello\n";

static const char TEST_WAS_LATE[] =
    "the test itself was late, five times; try it on a quieter machine";

/* ---- H1: splits and coalescing ---------------------------------------- */

static const size_t payload_sizes[] = {0, 1, 64 * (size_t)KIB};
enum {
    PAYLOAD_SIZES = sizeof payload_sizes / sizeof payload_sizes[0],
    SPLITS = sizeof hello - 1,
};

/* The line comes in two pieces, cut behind `_i` / PAYLOAD_SIZES bytes, and
 * the payload comes in the same segment as the second. What came with the
 * line is data and must be echoed. */
START_TEST(test_H01_split_and_coalesced)
{
    size_t split = (size_t)_i / PAYLOAD_SIZES;
    size_t nbytes = payload_sizes[_i % PAYLOAD_SIZES];
    struct server server =
        server_start((struct server_setup){.flags = {"--handshake"}});
    struct client client = client_connect(&server);
    struct server_stats stats;

    client_send_text(&client, hello, split);
    client_wait_consumed(&client);
    client_cork(&client, true);
    client_send_text(&client, hello + split, strlen(hello) - split);
    client_send(&client, nbytes);
    client_cork(&client, false);
    client_expect_text(&client, hello);
    client_exchange_and_finish(&client, 1000);
    stats = server_stop(&server);
    require(stats.bytes_in == (int64_t)nbytes + 1000 &&
                stats.bytes_out == (int64_t)nbytes + 1000,
            "%jd bytes in, %jd out are counted for %zu of payload",
            (intmax_t)stats.bytes_in, (intmax_t)stats.bytes_out,
            nbytes + 1000);
}
END_TEST

/* One byte in each segment, so the line is put together from six. */
START_TEST(test_H01_one_byte_at_a_time)
{
    struct server server =
        server_start((struct server_setup){.flags = {"--handshake"}});
    struct client client = client_connect(&server);
    size_t i;

    for (i = 0; i < strlen(hello); i++) {
        client_send_text(&client, hello + i, 1);
        client_wait_consumed(&client);
    }
    client_expect_text(&client, hello);
    client_exchange_and_finish(&client, 1000);
    server_stop(&server);
}
END_TEST

/* ---- H2: right and wrong lines ---------------------------------------- */

/* A first line; its length is told apart because it may hold NUL. */
struct line {
    const char *text; /* all that the client sends */
    size_t nbytes;    /* how much of it */
};
#define LINE(text)                                                           \
    {                                                                        \
        text, sizeof(text) - 1                                               \
    }
#define SPACES_8 "        "
#define SPACES_56                                                            \
    SPACES_8 SPACES_8 SPACES_8 SPACES_8 SPACES_8 SPACES_8 SPACES_8

static const struct line right_lines[] = {
    LINE("hello\n"),
    LINE("hello\r\n"),
    LINE(" hello\n"),
    LINE("hello \n"),
    LINE("\thello\t\n"),
    LINE(" \t\r\v\fhello\r\r\n"),
    LINE("hello" SPACES_56 "   \n"), /* 64 bytes */
    LINE(SPACES_56 "   hello\n"),    /* 64 bytes */
};

static const struct line wrong_lines[] = {
    /* nothing, or nothing but white space */
    LINE("\n"),
    LINE("\r\n"),
    LINE(" \n"),
    LINE("\t\n"),
    LINE("\n\n"),
    LINE("\nhello\n"),
    LINE("\r\nhello\r\n"),
    LINE(SPACES_8 "\n"),
    /* a part of it */
    LINE("h\n"),
    LINE("he\n"),
    LINE("hel\n"),
    LINE("hell\n"),
    LINE("ello\n"),
    LINE("llo\n"),
    LINE("o\n"),
    LINE("helo\n"),
    LINE("hllo\n"),
    /* more than it */
    LINE("helloo\n"),
    LINE("hhello\n"),
    LINE("hello!\n"),
    LINE("hello.\n"),
    LINE("hello,\n"),
    LINE("xhello\n"),
    LINE("hellox\n"),
    LINE("hello1\n"),
    LINE("hello hello\n"),
    LINE("hellohello\n"),
    LINE("hello world\n"),
    LINE("say hello\n"),
    LINE("hello 1.0\n"),
    LINE("\"hello\"\n"),
    LINE("'hello'\n"),
    LINE("hello;\n"),
    LINE("hello#\n"),
    /* something like it */
    LINE("Hello\n"),
    LINE("HELLO\n"),
    LINE("hellO\n"),
    LINE("heLlo\n"),
    LINE("hEllo\n"),
    LINE("hallo\n"),
    LINE("hullo\n"),
    LINE("jello\n"),
    LINE("hellp\n"),
    LINE("ifmmp\n"),
    LINE("olleh\n"),
    LINE("he llo\n"),
    LINE("h e l l o\n"),
    LINE("hel\rlo\n"),
    LINE("hel\tlo\n"),
    LINE("hell0\n"),
    LINE("he11o\n"),
    /* bytes that are no text */
    LINE("\0\n"),
    LINE("\0hello\n"),
    LINE("hello\0\n"),
    LINE("hel\0lo\n"),
    LINE("hello\0hello\n"),
    LINE("h\0e\0l\0l\0o\0\n"),
    LINE("\xff\n"),
    LINE("\xffhello\n"),
    LINE("hello\xff\n"),
    LINE("hello\x80\n"),
    LINE("\xef\xbb\xbfhello\n"),
    LINE("hello\xc2\xa0\n"),
    LINE("hello\xe2\x80\x8b\n"),
    LINE("h\xc3\xa9llo\n"),
    LINE("\x1b[Ahello\n"),
    LINE("hello\x7f\n"),
    LINE("hello\b\n"),
    LINE("hello\x1a\n"),
    LINE("hello\x04\n"),
    LINE("\xe8\x85\x8c\x8c\x8f\n"),
    /* other protocols */
    LINE("GET / HTTP/1.1\r\n\r\n"),
    LINE("EHLO localhost\r\n"),
    LINE("HELO hello\r\n"),
    LINE("USER hello\r\n"),
    LINE("QUIT\r\n"),
    LINE("SSH-2.0-hello\r\n"),
    LINE("*1\r\n$4\r\nPING\r\n"),
    LINE("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n"),
    LINE("%n%n%n%s%s%s\n"),
    LINE("../../../etc/passwd\n"),
    /* too long by one, with and without the newline */
    LINE("hello" SPACES_56 "    \n"),
    LINE(SPACES_56 "    hello\n"),
    LINE("hello" SPACES_56 "    "),
    LINE(SPACES_56 SPACES_8 "hello\n"),
    LINE(SPACES_56 SPACES_8 " "),
    /* a wrong line is not made good by what follows */
    LINE("x\nhello\n"),
    LINE("hell\nhello\n"),
    LINE("hello!\nhello\nhello\n"),
};
enum {
    RIGHT_LINES = sizeof right_lines / sizeof right_lines[0],
    WRONG_LINES = sizeof wrong_lines / sizeof wrong_lines[0],
};

START_TEST(test_H02_right_lines)
{
    const struct line *line = &right_lines[_i];
    struct server server =
        server_start((struct server_setup){.flags = {"--handshake"}});
    struct client client = client_connect(&server);

    client_send_text(&client, line->text, line->nbytes);
    client_expect_text(&client, hello);
    client_exchange_and_finish(&client, 1000);
    server_stop(&server);
}
END_TEST

/* The line in printable letters, for messages. */
static const char *
printable(const struct line *line)
{
    static char text[512];
    size_t length = 0;
    size_t i;

    for (i = 0; i < line->nbytes && length < sizeof text - 5; i++) {
        unsigned char byte = (unsigned char)line->text[i];

        if (byte >= ' ' && byte <= '~') {
            text[length++] = (char)byte;
        } else {
            length += (size_t)snprintf(text + length, 5, "\\x%02x", byte);
        }
    }
    text[length] = '\0';
    return text;
}

/* Require that the server ends the connection, and not with an answer: a
 * byte would not be the client's sequence and fail there. */
static void
expect_rejected(struct client *client, const struct line *line)
{
    require(client_wait_end(client, PATIENCE_MS) != CLIENT_OPEN,
            "the line \"%s\" is not rejected", printable(line));
    require(client->received_bytes == 0, "the line \"%s\" is answered",
            printable(line));
    tally_add(TALLY_WRONG_LINES, 1);
    client_close(client);
}

START_TEST(test_H02_wrong_lines)
{
    struct server server = server_start((struct server_setup){
        .flags = {"--handshake", "--handshake-timeout=600000"}});
    struct server_stats stats;
    int i;

    for (i = 0; i < WRONG_LINES; i++) {
        struct client client = client_connect(&server);

        client_send_text(&client, wrong_lines[i].text, wrong_lines[i].nbytes);
        expect_rejected(&client, &wrong_lines[i]);
    }
    stats = server_stop(&server);
    require(stats.closed_rejected == WRONG_LINES && stats.bytes_in == 0 &&
                stats.bytes_out == 0,
            "%jd of %d wrong lines are counted as rejected, %jd and %jd "
            "bytes as echo",
            (intmax_t)stats.closed_rejected, WRONG_LINES,
            (intmax_t)stats.bytes_in, (intmax_t)stats.bytes_out);
}
END_TEST

/* The client ends its side before the newline, at every byte. */
START_TEST(test_H02_end_before_newline)
{
    struct server server = server_start((struct server_setup){
        .flags = {"--handshake", "--handshake-timeout=600000"}});
    struct server_stats stats;
    size_t i;

    for (i = 0; i < strlen(hello); i++) {
        struct client client = client_connect(&server);
        const struct line line = {hello, i};

        client_send_text(&client, hello, i);
        shutdown(client.fd, SHUT_WR);
        expect_rejected(&client, &line);
    }
    stats = server_stop(&server);
    require(stats.closed_rejected == (int64_t)strlen(hello),
            "%jd of %zu are counted as rejected",
            (intmax_t)stats.closed_rejected, strlen(hello));
}
END_TEST

/* ---- H3: no newline --------------------------------------------------- */

START_TEST(test_H03_endless_line)
{
    struct server server = server_start((struct server_setup){
        .flags = {"--handshake", "--handshake-timeout=600000"}});
    const struct line line = {"hhhh", 4};
    char *text = malloc(MIB);
    struct client client;
    int64_t before_kib;
    int64_t grown_kib;

    require(text != NULL, "malloc");
    memset(text, 'h', MIB);
    client = client_connect(&server);
    client_send_text(&client, hello, strlen(hello));
    client_expect_text(&client, hello);
    client_finish(&client);
    before_kib = process_resident_kib(server.pid);
    client = client_connect(&server);
    client_send_text(&client, text, MIB);
    expect_rejected(&client, &line);
    grown_kib = process_resident_kib(server.pid) - before_kib;
    require(patience_sanitized() || grown_kib <= 256,
            "memory grew by %jd KiB for a line without end",
            (intmax_t)grown_kib);
    free(text);
    server_stop(&server);
}
END_TEST

/* ---- H4: a line that drips -------------------------------------------- */

enum {
    DRIPPERS = 50,
    TIMEOUT_MS = 400,
};

/* The time between two drops: what these cases are about. */
static void
sleep_ms(int time_ms)
{
    const struct timespec time = {.tv_sec = time_ms / 1000,
                                  .tv_nsec = time_ms % 1000 * 1000000L};

    nanosleep(&time, NULL);
}

/* Send a byte on each connection that is still open. Returns how many. */
static int
drip(struct client *clients, int count)
{
    int open = 0;
    int i;

    for (i = 0; i < count; i++) {
        client_send_text(&clients[i], " ", 1);
        if (client_wait_end(&clients[i], 0) == CLIENT_OPEN) {
            open++;
        }
    }
    return open;
}

/* The time limit is for the whole line: a byte now and then does not
 * prolong it. With a limit for each byte these clients would be cut for
 * their length only, after 65 bytes. */
START_TEST(test_H04_dripping_handshake)
{
    char flag[40];
    int timeout_ms = patience_scaled_ms(TIMEOUT_MS);
    struct server server;
    struct client clients[DRIPPERS];
    struct server_stats stats;
    int count = model_crowd(DRIPPERS);
    int64_t start_ms;
    int64_t took_ms;
    int bytes = 0;
    int i;

    snprintf(flag, sizeof flag, "--handshake-timeout=%d", timeout_ms);
    server =
        server_start((struct server_setup){.flags = {"--handshake", flag}});
    start_ms = patience_now_ms();
    for (i = 0; i < count; i++) {
        clients[i] = client_connect(&server);
    }
    while (drip(clients, count) > 0) {
        struct client honest;

        bytes++;
        require(bytes < LINE_BYTES,
                "a handshake of %d bytes in %jd ms is "
                "not cut off after %d ms",
                bytes, (intmax_t)(patience_now_ms() - start_ms), timeout_ms);
        if (!model_works(MODEL_ONE_AT_A_TIME)) {
            honest = client_connect(&server);
            client_send_text(&honest, hello, strlen(hello));
            client_expect_text(&honest, hello);
            client_exchange_and_finish(&honest, 100);
        }
        sleep_ms(timeout_ms / 8);
    }
    took_ms = patience_now_ms() - start_ms;
    require(took_ms >= timeout_ms - 5, "cut off after %jd ms, not %d",
            (intmax_t)took_ms, timeout_ms);
    clients_close(clients, count);
    stats = server_stop(&server);
    require(stats.closed_timeout == count,
            "%jd of %d are counted as closed for time",
            (intmax_t)stats.closed_timeout, count);
}
END_TEST

/* A client that says nothing at all; whoever waits behind it in a serial
 * server is served after that time. */
START_TEST(test_H04_silent_handshake)
{
    struct server server = server_start((struct server_setup){
        .flags = {"--handshake", "--handshake-timeout=300"}});
    struct client silent = client_connect(&server);
    int64_t start_ms = patience_now_ms();
    struct client honest = client_connect(&server);

    client_send_text(&honest, hello, strlen(hello));
    if (patience_now_ms() - start_ms > 300 / 2) {
        verdict_inconclusive(__func__, TEST_WAS_LATE);
        client_close(&honest);
        client_close(&silent);
        server_stop(&server);
        return;
    }
    client_expect_text(&honest, hello);
    client_exchange_and_finish(&honest, 100);
    require(client_wait_end(&silent, PATIENCE_MS) != CLIENT_OPEN,
            "a silent client is not cut off");
    client_close(&silent);
    require(server_stop(&server).closed_timeout == 1,
            "it is not counted as closed for time");
}
END_TEST

/* Who is accepted behind somebody's work, in one turn of a loop, has all of
 * its time still. Both are there when the server wakes up, and epoll reports
 * them in the order in which they came. */
START_TEST(test_H04_limit_counts_from_accept)
{
    enum {
        LIMIT_MS = 1500, /* longer than the work on a busy machine */
        WORK_MS = 300
    };
    struct server server = server_start((struct server_setup){
        .flags = {"--handshake", "--handshake-timeout=1500",
                  "--work=300000"}});
    struct client worker = client_connect(&server);
    struct client silent;
    struct client last;
    int64_t start_ms;
    int64_t took_ms;

    client_send_text(&worker, hello, strlen(hello));
    client_expect_text(&worker, hello);
    /* The server may still be about to wait for it, which would put it behind
     * who comes now: behind an echo it has waited already. */
    client_exchange(&worker, 1);
    server_freeze(&server);
    client_send(&worker, 1);
    silent = client_connect(&server);
    start_ms = patience_now_ms();
    server_thaw(&server);
    client_receive(&worker);
    /* Someone who wakes the loop, so that it looks at the clock again: not
     * by coming, which may be part of the same turn still. */
    last = client_connect(&server);
    client_send_text(&last, "h", 1);
    client_wait_consumed(&last);
    require(client_wait_end(&silent, PATIENCE_MS) != CLIENT_OPEN,
            "a silent client is not cut off");
    took_ms = patience_now_ms() - start_ms;
    require(took_ms >= WORK_MS + LIMIT_MS - 5,
            "cut off after %jd ms, of which others worked %d: not %d",
            (intmax_t)took_ms, WORK_MS, LIMIT_MS);
    client_close(&silent);
    client_close(&last);
    client_finish(&worker);
    server_stop(&server);
}
END_TEST

/* The limit is for the line, not for what follows. */
START_TEST(test_H04_limit_ends_with_the_line)
{
    enum {
        LIMIT_MS = 200
    };
    struct server server = server_start((struct server_setup){
        .flags = {"--handshake", "--handshake-timeout=200"}});
    struct client client;
    bool in_time = false;

    /* Between the two calls a busy machine may take a while. */
    for (int attempt = 0; attempt < 5 && !in_time; attempt++) {
        int64_t start_ms = patience_now_ms();

        if (attempt > 0) {
            client_close(&client);
        }
        client = client_connect(&server);
        client_send_text(&client, hello, strlen(hello));
        in_time = patience_now_ms() - start_ms < LIMIT_MS;
    }
    if (!in_time) {
        verdict_inconclusive(__func__, TEST_WAS_LATE);
        server_stop(&server);
        return;
    }
    client_expect_text(&client, hello);
    require(client_hears_nothing(&client, 500),
            "a client that said hello is cut off");
    client_exchange_and_finish(&client, 100);
    server_stop(&server);
}
END_TEST

/* ---- H6: --idle-timeout ----------------------------------------------- */

/* Exchange a byte several times within each limit, for three limits.
 * Returns false when this test itself was late, and proves nothing. */
static bool
stay_active(struct client *client, int timeout_ms)
{
    int64_t last_ms = patience_now_ms();
    int i;

    for (i = 0; i < 24; i++) {
        bool is_quiet = client_hears_nothing(client, timeout_ms / 8);
        int64_t now_ms;

        client_send_some(client, 1);
        client->goal_bytes = client->sent_bytes;
        now_ms = patience_now_ms();
        if (now_ms - last_ms > timeout_ms / 2) {
            return false;
        }
        require(is_quiet, "an active client is cut off");
        last_ms = now_ms;
        client_receive(client);
    }
    return true;
}

START_TEST(test_H06_active_client_stays)
{
    struct server server =
        server_start((struct server_setup){.flags = {"--idle-timeout=400"}});
    bool proven = false;
    int attempt;

    for (attempt = 0; attempt < 5 && !proven; attempt++) {
        struct client client = client_connect(&server);

        client_exchange(&client, 1);
        proven = stay_active(&client, 400);
        client_close(&client);
    }
    if (!proven) {
        verdict_inconclusive(__func__, TEST_WAS_LATE);
    }
    server_stop(&server);
}
END_TEST

/* A server that computes for longer than the limit does not count that as
 * the client's silence: the echo itself is a byte that went. */
START_TEST(test_H06_work_is_not_silence)
{
    enum {
        LIMIT_MS = 500
    };
    struct server server = server_start((struct server_setup){
        .flags = {"--work=600000", "--idle-timeout=500"}});
    struct client client = client_connect(&server);
    int64_t last_ms = patience_now_ms();
    bool is_late = false;

    for (int echo = 0; echo < 3 && !is_late; echo++) {
        client_send(&client, 1);
        is_late = patience_now_ms() - last_ms > LIMIT_MS / 2;
        if (!is_late) {
            client_receive(&client);
            last_ms = patience_now_ms();
        }
    }
    if (is_late) {
        verdict_inconclusive(__func__, TEST_WAS_LATE);
        client_close(&client);
        server_stop(&server);
        return;
    }
    client_finish(&client);
    require(server_stop(&server).closed_timeout == 0,
            "a client that was answered late is closed as idle");
}
END_TEST

/* The server stands still until the limit is over, but the bytes came in
 * time: it has to look before it closes. */
START_TEST(test_H06_what_has_come_is_not_silence)
{
    enum {
        MANY = 600,
        AT_A_TIME = 50,
    };
    int limit_ms = patience_scaled_ms(1000);
    char flag[40];
    struct server server;
    struct client clients[MANY];
    int count = model_crowd(MANY);

    snprintf(flag, sizeof flag, "--idle-timeout=%d", limit_ms);
    server = server_start((struct server_setup){.flags = {flag}});
    /* Those who wait for the others to be accepted, seconds under thread
     * sanitizer, must not become idle before it starts. */
    for (int i = 0; i < count; i++) {
        clients[i] = client_connect(&server);
        if ((i + 1) % AT_A_TIME == 0) {
            clients_exchange(clients, i + 1, 1);
        }
    }
    clients_exchange(clients, count, 1);
    server_freeze(&server);
    for (int i = 0; i < count; i++) {
        client_send(&clients[i], 1);
    }
    sleep_ms(limit_ms + limit_ms / 4);
    server_thaw(&server);
    clients_receive(clients, count);
    clients_close(clients, count);
    require(server_stop(&server).closed_timeout == 0,
            "clients are closed as idle though their bytes had come");
}
END_TEST

START_TEST(test_H06_idle_client_goes)
{
    struct server server =
        server_start((struct server_setup){.flags = {"--idle-timeout=300"}});
    struct client client = client_connect(&server);
    int64_t start_ms = patience_now_ms();
    int64_t took_ms;

    client_exchange(&client, 10);
    require(client_wait_end(&client, PATIENCE_MS) != CLIENT_OPEN,
            "an idle client is not cut off");
    took_ms = patience_now_ms() - start_ms;
    require(took_ms >= 295, "an idle client is cut off after %jd ms, not 300",
            (intmax_t)took_ms);
    client_close(&client);
    require(server_stop(&server).closed_timeout == 1,
            "it is not counted as closed for time");
}
END_TEST

enum {
    SLOW_TIMEOUT_MS = 800,
    /* 12 KiB within the limit: less than a server sends at once, more than
     * the client's kernel holds, so that bytes do leave the server. */
    SLOW_READS = 12,
};

/* Let a stalled client read on slowly, for three limits. Returns false when
 * this test itself was late, and proves nothing. */
static bool
read_slowly(struct client *client, int timeout_ms)
{
    int64_t last_ms = patience_now_ms();
    int i;

    for (i = 0; i < 3 * SLOW_READS; i++) {
        int64_t now_ms;

        sleep_ms(timeout_ms / SLOW_READS);
        client_receive_some(client, KIB);
        now_ms = patience_now_ms();
        if (now_ms - last_ms > timeout_ms / SLOW_READS * 3 / 2) {
            return false;
        }
        last_ms = now_ms;
    }
    return true;
}

/* A slow reader is not idle: as long as some bytes leave the server within
 * each limit, it stays, and gets them all, even if a single send takes
 * longer than the limit. */
START_TEST(test_H06_slow_reader_stays)
{
    const struct client_setup tiny = {.sndbuf_bytes = 4096,
                                      .rcvbuf_bytes = 1};
    int timeout_ms = patience_scaled_ms(SLOW_TIMEOUT_MS);
    struct server server;
    char flag[40];
    bool proven = false;
    int attempt;

    snprintf(flag, sizeof flag, "--idle-timeout=%d", timeout_ms);
    server =
        server_start((struct server_setup){.flags = {flag, "--sndbuf=4096"}});
    for (attempt = 0; attempt < 5 && !proven; attempt++) {
        struct client client = client_connect_with(&server, tiny);
        int64_t start_ms = patience_now_ms();

        while (client_send_some(&client, 4096) > 0 ||
               client_wait_room(&client, 10)) {
        }
        client.goal_bytes = client.sent_bytes;
        proven = patience_now_ms() - start_ms < timeout_ms / 8 &&
                 read_slowly(&client, timeout_ms);
        if (proven) {
            client_finish(&client);
        }
        client_close(&client);
    }
    if (!proven) {
        verdict_inconclusive(__func__, TEST_WAS_LATE);
    }
    server_stop(&server);
}
END_TEST

/* Its echo cannot move, so no byte moves either way: that is idle too. */
START_TEST(test_H06_stalled_client_goes)
{
    const struct client_setup small = {.sndbuf_bytes = 4096,
                                       .rcvbuf_bytes = 4096};
    struct server server = server_start((struct server_setup){
        .flags = {"--idle-timeout=300", "--sndbuf=4096", "--rcvbuf=4096"}});
    struct client client = client_connect_with(&server, small);
    int before = process_descriptors(server.pid);

    while (client.end == CLIENT_OPEN &&
           client.sent_bytes < 64 * (uint64_t)MIB) {
        client_send_some(&client, 4096);
        /* Room or a reset: the latter is what this test waits for. */
        if (!client_wait_room(&client, PATIENCE_MS)) {
            break;
        }
    }
    require(client.end == CLIENT_RESET,
            "a client that does not read is not cut off");
    client_close(&client);
    expect_descriptors(&server, before);
    expect_alive(&server);
    require(server_stop(&server).closed_timeout == 1,
            "it is not counted as closed for time");
}
END_TEST

/* Who reads too slowly to have all of its echo in time, and has ended its own
 * side, must not take a part for the whole. */
START_TEST(test_H06_who_is_too_slow_is_reset)
{
    const struct client_setup small = {.rcvbuf_bytes = 4096};
    struct server server = server_start((struct server_setup){
        .flags = {"--idle-timeout=500", "--sndbuf=4096"}});
    int before = process_descriptors(server.pid);
    struct client client = client_connect_with(&server, small);

    client_send(&client, 16 * (size_t)KIB);
    shutdown(client.fd, SHUT_WR);
    client_wait_consumed(&client);
    expect_descriptors(&server, before);
    require(client_wait_end(&client, PATIENCE_MS) == CLIENT_RESET ||
                client.received_bytes == client.sent_bytes,
            "after %ju of %ju bytes of its echo there is no reset",
            (uintmax_t)client.received_bytes, (uintmax_t)client.sent_bytes);
    client_close(&client);
    server_stop(&server);
}
END_TEST

/* A client reads while the server computes for others, for longer than the
 * limit: its echo could go on, if only the server asked. So it must ask
 * before it closes. */
START_TEST(test_H06_who_reads_meanwhile_is_not_late)
{
    enum {
        LIMIT_MS = 400,
        WORK_MS = 800
    };
    const struct client_setup tiny = {.rcvbuf_bytes = 2048};
    struct server server = server_start((struct server_setup){
        .flags = {"--idle-timeout=400", "--work=800000", "--sndbuf=4608"}});
    struct client reader = client_connect_with(&server, tiny);
    struct client worker;
    int64_t stuck_ms;
    bool in_time;

    server_freeze(&server);
    client_send(&reader, 12 * (size_t)KIB); /* one chunk */
    server_thaw(&server);
    require(!client_hears_nothing(&reader, patience_scaled_ms(PATIENCE_MS)),
            "no byte of the echo comes");
    stuck_ms = patience_now_ms();
    worker = client_connect(&server);
    client_send(&worker, 1);
    client_wait_consumed(&worker);
    in_time = patience_now_ms() - stuck_ms < LIMIT_MS / 2;
    sleep_ms(LIMIT_MS + LIMIT_MS / 4);
    in_time = in_time && patience_now_ms() - stuck_ms < WORK_MS - 50;
    if (in_time) {
        client_finish(&reader);
        client_finish(&worker);
    } else {
        verdict_inconclusive(__func__, TEST_WAS_LATE);
        client_close(&reader);
        client_close(&worker);
    }
    server_stop(&server);
}
END_TEST

void
add_handshake_cases(struct plan *plan)
{
    plan_group(plan, "handshake");
    plan_add_each(plan, test_H01_split_and_coalesced, SPLITS * PAYLOAD_SIZES);
    plan_add(plan, test_H01_one_byte_at_a_time);
    plan_add_each(plan, test_H02_right_lines, RIGHT_LINES);
    plan_add(plan, test_H02_wrong_lines);
    plan_add(plan, test_H02_end_before_newline);
    plan_add(plan, test_H03_endless_line);
    plan_add(plan, test_H04_dripping_handshake);
    plan_add(plan, test_H04_silent_handshake);
    plan_add(plan, test_H04_limit_ends_with_the_line);
    if (model_works(MODEL_STACK_EACH | MODEL_LIBEVENT)) {
        plan_add(plan, test_H04_limit_counts_from_accept);
    }
    plan_add(plan, test_H06_active_client_stays);
    plan_add(plan, test_H06_slow_reader_stays);
    plan_add(plan, test_H06_idle_client_goes);
    plan_add(plan, test_H06_work_is_not_silence);
    plan_add(plan, test_H06_what_has_come_is_not_silence);
    plan_add(plan, test_H06_stalled_client_goes);
    plan_add(plan, test_H06_who_is_too_slow_is_reset);
    if (!model_works(MODEL_ONE_AT_A_TIME | MODEL_THREAD_EACH)) {
        plan_add(plan, test_H06_who_reads_meanwhile_is_not_late);
    }
}
