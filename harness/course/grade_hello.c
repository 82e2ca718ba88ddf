/*
 * grade_hello.c: the tests of the handshake, and those of RFC 862. See
 * grade.h.
 */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/course/grade.h"

/* ---- the handshake ----------------------------------------------------- */

static const char hello[] = "hello\n";

void
grade_greet(struct client *client)
{
    if (1 << grade_order.protocol == GRADE_HELLO) {
        client_send_text(client, hello, strlen(hello));
        client_expect_text(client, hello);
    }
}

void
grade_crowd(const struct server *server, struct client *clients, int count)
{
    bool greets = 1 << grade_order.protocol == GRADE_HELLO;

    for (int i = 0; i < count; i++) {
        clients[i] = client_connect_soon(server);
        if (greets) {
            client_send_text(&clients[i], hello, strlen(hello));
        }
    }
    for (int i = 0; i < count && greets; i++) {
        client_expect_text(&clients[i], hello);
    }
}

struct client
grade_client_with(const struct server *server, struct client_setup setup)
{
    struct client client = client_connect_soon_with(server, setup);

    grade_greet(&client);
    return client;
}

struct client
grade_client(const struct server *server)
{
    return grade_client_with(server, (struct client_setup){0});
}

/* White space around the word counts for nothing, up to 64 bytes before the
 * newline. */
void
test_hello_line(void)
{
    static const char *const lines[] = {
        "hello\n",
        "hello\r\n",
        " hello\n",
        "hello \n",
        "\t hello \t\r\r\n",
        "                                                           hello\n",
    };
    struct server server = grade_begin();

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct client client = client_connect_soon(&server);

        client_send_text(&client, lines[i], strlen(lines[i]));
        client_expect_text(&client, hello);
        client_exchange(&client, 1000);
        client_close(&client);
    }
}

/* Wherever it is cut. */
void
test_hello_pieces(void)
{
    struct server server = grade_begin();

    for (size_t cut = 1; cut < strlen(hello); cut++) {
        struct client client = client_connect_soon(&server);

        client_send_text(&client, hello, cut);
        client_wait_consumed(&client);
        client_send_text(&client, hello + cut, strlen(hello) - cut);
        client.said = hello; /* in all */
        client.said_bytes = strlen(hello);
        client_expect_text(&client, hello);
        client_exchange(&client, 100);
        client_close(&client);
    }
}

/* What is in the same segment, behind the newline, is data. */
void
test_hello_and_more(void)
{
    static const size_t sizes[] = {1, 1000, 64 * (size_t)KIB};
    struct server server = grade_begin();

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct client client = client_connect_soon(&server);

        client_cork(&client, true);
        client_send_text(&client, hello, strlen(hello));
        client_send(&client, sizes[i]);
        client_cork(&client, false);
        client_expect_text(&client, hello);
        client_receive(&client);
        client_close(&client);
    }
}

/* Require that the server closes the connection and has sent nothing. */
static void
expect_silent_end(struct client *client, const char *sent, size_t nbytes)
{
    struct pollfd wait = {.fd = client->fd, .events = POLLIN};
    char shown[CLIENT_SHOWN];
    char came[CLIENT_SHOWN];
    unsigned char bytes[64];
    ssize_t nreceived;

    client_show((const unsigned char *)sent, nbytes, shown);
    require(poll(&wait, 1, patience_ms()) == 1,
            "stuck: it does not close the connection of a wrong first line\n"
            "sent: %zu bytes: %s\nexpected: the end of the connection\n"
            "came: nothing for %d ms",
            nbytes, shown, patience_ms());
    nreceived = recv(client->fd, bytes, sizeof bytes, 0);
    client_show(bytes, nreceived > 0 ? (size_t)nreceived : 0, came);
    require(nreceived <= 0,
            "it answers who has not said hello\nsent: %zu bytes: %s\n"
            "expected: the end of the connection, and no byte before it\n"
            "came: %s",
            nbytes, shown, came);
    client_close(client);
}

void
test_hello_wrong(void)
{
    /* Of 65 bytes before the newline. */
    static const char too_long[] = "                              "
                                   "                              hello\n";
    static const char *const lines[] = {
        "\n",       "hell\n",        "helloo\n",  "Hello\n",
        "hel lo\n", "hello world\n", "\nhello\n", "GET / HTTP/1.1\r\n\r\n",
        too_long,
    };
    struct server server = grade_begin();
    struct client client;

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        client = client_connect_soon(&server);
        client_send_text(&client, lines[i], strlen(lines[i]));
        expect_silent_end(&client, lines[i], strlen(lines[i]));
    }
    client = client_connect_soon(&server);
    client_send_text(&client, "hello\0\n", 7);
    expect_silent_end(&client, "hello\0\n", 7);
}

/* The word alone, and then the end of our side. */
void
test_hello_half(void)
{
    struct server server = grade_begin();
    struct client client = client_connect_soon(&server);

    client_send_text(&client, hello, strlen(hello) - 1);
    client_hears_nothing(&client, QUIET_MS);
    shutdown(client.fd, SHUT_WR);
    expect_silent_end(&client, hello, strlen(hello) - 1);
}

/* ---- RFC 862 ----------------------------------------------------------- */

/* "This continues until the calling user terminates the connection." */
void
test_continues(void)
{
    struct server server = grade_begin();
    struct client client = client_connect_soon(&server);

    for (int i = 0; i < 50; i++) {
        client_exchange(&client, 100);
    }
    grade_expect_open(&client);
    client_exchange(&client, 100);
    client_finish(&client);
}

/* As protohackers.com has it: at least five clients at once, of binary data,
 * and only who has ended its side, and has all back, sees the end. */
void
test_five_clients(void)
{
    struct server server = grade_begin();
    struct client clients[5];

    grade_crowd(&server, clients, 5);
    clients_exchange(clients, 5, 1000);
    clients_exchange_and_finish(clients, 5, 256 * (size_t)KIB);
}
