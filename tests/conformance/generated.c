/*
 * generated.c: thousands of handshakes that nobody thought of.
 *
 * Row H8. Each handshake is a right one that was changed a little, or a
 * right one left alone, with or without bytes behind it, in one piece or in
 * two. hello_rule.h, which shares nothing with the servers, says what each
 * deserves: `hello` and the echo of what follows, or not a single byte.
 *
 * A handshake follows from --seed and its number alone. So a failure can be
 * repeated by itself, and a long run be cut into parts, with two variables of
 * the environment: HANDSHAKES, how many (default 20000, fewer in slow
 * builds), and HANDSHAKES_FIRST, the first one's number.
 */
#include "tests/conformance/client.h"
#include "tests/conformance/hello_rule.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/payload.h"
#include "tests/conformance/plan.h"
#include "tests/conformance/tally.h"
#include "tests/conformance/verdict.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    HANDSHAKES = 20000, /* more than 10 000 of them wrong */
    AT_ONCE = 50,       /* connections; a serial server queues them */
    TEXT_BYTES = 256,   /* the longest handshake, payload included */
    LINE_BYTES = 64,    /* the longest right line, its "\n" not counted */
    CHANGES_MAX = 3,    /* of one handshake */
    PAYLOAD_MAX = 100,  /* bytes behind a line */
};

/* One handshake, and the connection that tries it. */
struct attempt {
    uint64_t number;       /* from which it follows */
    char text[TEXT_BYTES]; /* all that the client sends */
    size_t nbytes;         /* how much of it */
    size_t cut;            /* behind which byte a second send begins */
    bool finish;           /* end our side behind it */
    enum hello_rule rule;  /* what it is */
    size_t line_bytes;     /* of a right line, with its "\n" */
    struct client client;  /* the connection */
};

/* ---- generating -------------------------------------------------------- */

/* The next number below `bound` of a sequence of its own for each attempt:
 * `*at` counts. */
static uint64_t
next_below(uint64_t seed, uint64_t *at, uint64_t bound)
{
    uint64_t word;

    payload_fill(seed, 8 * (*at)++, (unsigned char *)&word, sizeof word);
    return word % bound;
}

/* Write a right line: blanks, hello, blanks. Most are short, some are as
 * long as they may be or a byte longer, which is not right any more. */
static size_t
write_line(uint64_t seed, uint64_t *at, char *text)
{
    static const char blanks[] = " \t\v\f\r";
    static const char word[] = {'h', 'e', 'l', 'l', 'o'};
    size_t room = LINE_BYTES - sizeof word + 1;
    size_t before = next_below(seed, at, 4);
    size_t after = next_below(seed, at, 4);
    size_t length = 0;
    size_t i;

    switch (next_below(seed, at, 8)) {
    case 0:
        before = next_below(seed, at, room + 1);
        after = room - before - next_below(seed, at, room - before + 1) / 2;
        break;
    case 1:
        before = room - next_below(seed, at, 3);
        after = 0;
        break;
    default:
        break;
    }
    for (i = 0; i < before; i++) {
        text[length++] = blanks[next_below(seed, at, sizeof blanks - 1)];
    }
    memcpy(text + length, word, sizeof word);
    length += sizeof word;
    for (i = 0; i < after; i++) {
        text[length++] = blanks[next_below(seed, at, sizeof blanks - 1)];
    }
    text[length++] = '\n';
    return length;
}

/* Change one byte, put one in, take one out, cut the rest off, or repeat the
 * beginning. Returns the new length, TEXT_BYTES at most. */
static size_t
change(uint64_t seed, uint64_t *at, char *text, size_t length)
{
    static const char telling[] = "\0\n\r \t\b\x7f\x80\xffhelloHELO0";
    char byte = (char)next_below(seed, at, 256);
    size_t where = next_below(seed, at, length);
    size_t some;

    if (next_below(seed, at, 2) == 0) {
        byte = telling[next_below(seed, at, sizeof telling - 1)];
    }
    switch (next_below(seed, at, 5)) {
    case 0:
        text[where] = byte;
        return length;
    case 1:
        if (length < TEXT_BYTES) {
            memmove(text + where + 1, text + where, length - where);
            text[where] = byte;
            length++;
        }
        return length;
    case 2:
        memmove(text + where, text + where + 1, length - where - 1);
        return length > 1 ? length - 1 : 1;
    case 3:
        return where > 0 ? where : 1;
    default:
        some = where < TEXT_BYTES - length ? where : TEXT_BYTES - length;
        memmove(text + some, text, length);
        return length + some;
    }
}

/* Handshake `number` of this run's seed. */
static void
generate(struct attempt *attempt, uint64_t run_seed, uint64_t number)
{
    uint64_t seed = ~(run_seed * 0x9e3779b97f4a7c15U) ^ number;
    uint64_t at = 0;
    uint64_t changes = next_below(seed, &at, CHANGES_MAX + 1);
    uint64_t payload = next_below(seed, &at, 2) == 0
                           ? 0
                           : next_below(seed, &at, PAYLOAD_MAX);
    size_t length = write_line(seed, &at, attempt->text);

    attempt->number = number;
    while (payload-- > 0) {
        attempt->text[length++] = (char)next_below(seed, &at, 256);
    }
    while (changes-- > 0) {
        length = change(seed, &at, attempt->text, length);
    }
    attempt->nbytes = length;
    attempt->cut = next_below(seed, &at, length + 1);
    attempt->rule = hello_rule(attempt->text, length, &attempt->line_bytes);
    /* What is not over would wait for more; what is wrong must be closed
     * without our doing. */
    attempt->finish =
        attempt->rule != HELLO_RULE_WRONG || next_below(seed, &at, 2) == 0;
}

/* ---- trying ------------------------------------------------------------ */

/* The variable `name` of the environment as a number. */
static uint64_t
wish(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static void
begin(const struct server *server, struct attempt *attempt)
{
    struct client *client = &attempt->client;

    *client = client_connect(server);
    client_send_text(client, attempt->text, attempt->cut);
    client_send_text(client, attempt->text + attempt->cut,
                     attempt->nbytes - attempt->cut);
    if (attempt->finish) {
        shutdown(client->fd, SHUT_WR);
    }
}

/* Receive until the server ends the connection, `answer_bytes` at most.
 * Returns how much came. */
static size_t
receive_all(const struct attempt *attempt, char *answer, size_t answer_bytes)
{
    size_t length = 0;

    for (;;) {
        struct pollfd wait = {.fd = attempt->client.fd, .events = POLLIN};
        ssize_t nreceived;

        require(poll(&wait, 1, patience_scaled_ms(PATIENCE_MS)) == 1,
                "handshake %ju is neither answered nor closed",
                (uintmax_t)attempt->number);
        nreceived = recv(attempt->client.fd, answer + length,
                         answer_bytes - length, 0);
        if (nreceived <= 0) {
            require(nreceived == 0 || errno == ECONNRESET,
                    "handshake %ju: recv: %s", (uintmax_t)attempt->number,
                    strerror(errno));
            return length;
        }
        length += (size_t)nreceived;
    }
}

/* Take the answer and compare it with what the rule asks for. */
static void
finish(struct attempt *attempt, uint64_t run_seed)
{
    static const char hello[] = "hello\n";
    char answer[2 * TEXT_BYTES];
    size_t length = receive_all(attempt, answer, sizeof answer);
    size_t payload_bytes = attempt->nbytes - attempt->line_bytes;
    const char *wrong = "a wrong one is answered";
    bool good = length == 0;

    if (attempt->rule == HELLO_RULE_RIGHT) {
        wrong = "a right one has no answer or another";
        good =
            length == strlen(hello) + payload_bytes &&
            memcmp(answer, hello, strlen(hello)) == 0 &&
            memcmp(answer + strlen(hello),
                   attempt->text + attempt->line_bytes, payload_bytes) == 0;
    }
    require(good,
            "handshake %ju of seed %ju: %s, %zu bytes; repeat: "
            "HANDSHAKES=1 HANDSHAKES_FIRST=%ju build/tests/conformance "
            "--model=%s --case=H08 --seed=%ju",
            (uintmax_t)attempt->number, (uintmax_t)run_seed, wrong, length,
            (uintmax_t)attempt->number, model_current()->name,
            (uintmax_t)run_seed);
    client_close(&attempt->client);
}

START_TEST(test_H08_generated_handshakes)
{
    static struct attempt attempts[AT_ONCE];
    struct server server = server_start((struct server_setup){
        .flags = {"--handshake", "--handshake-timeout=600000"}});
    uint64_t seed = payload_run_seed();
    uint64_t first = wish("HANDSHAKES_FIRST", 0);
    uint64_t count =
        wish("HANDSHAKES", HANDSHAKES / (uint64_t)patience_factor());
    int64_t right = 0;
    int64_t payload_bytes = 0;
    struct server_stats stats;
    uint64_t done;
    uint64_t i;

    for (done = 0; done < count; done += AT_ONCE) {
        uint64_t some = count - done < AT_ONCE ? count - done : AT_ONCE;

        for (i = 0; i < some; i++) {
            generate(&attempts[i], seed, first + done + i);
            begin(&server, &attempts[i]);
        }
        for (i = 0; i < some; i++) {
            finish(&attempts[i], seed);
            if (attempts[i].rule == HELLO_RULE_RIGHT) {
                right++;
                payload_bytes +=
                    (int64_t)(attempts[i].nbytes - attempts[i].line_bytes);
            }
        }
    }
    tally_add(TALLY_WRONG_LINES, count - (uint64_t)right);
    stats = server_stop(&server);
    require(stats.closed_eof == right &&
                stats.closed_rejected == (int64_t)count - right &&
                stats.bytes_in == payload_bytes &&
                stats.bytes_out == payload_bytes,
            "of %ju handshakes %jd were right with %jd bytes behind them; "
            "counted are %jd, %jd rejected, %jd bytes in, %jd out",
            (uintmax_t)count, (intmax_t)right, (intmax_t)payload_bytes,
            (intmax_t)stats.closed_eof, (intmax_t)stats.closed_rejected,
            (intmax_t)stats.bytes_in, (intmax_t)stats.bytes_out);
}
END_TEST

void
add_generated_cases(struct plan *plan)
{
    plan_group(plan, "generated");
    plan_add(plan, test_H08_generated_handshakes);
}
