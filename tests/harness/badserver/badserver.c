/*
 * badserver.c: an echo server that is wrong in a known way.
 *
 * What the harness is there to find must be found here. One thread, poll(2),
 * blocking sends: simple enough that each bug is the only one. Each recv
 * counts as a message, which holds for the small ones of the tests.
 *
 *     none           right
 *     fixed          the first data ever received is sent again and again
 *     flip           in message M one bit of a byte changes
 *     drop           of message M one byte is lost
 *     double         of message M one byte is sent twice
 *     swap           two clients get each other's data
 *     extra          one byte too many follows message M
 *     never          no answer
 *     close          the connection is closed after its message M
 *     reset          the same, with a reset
 *     close-at-once  each connection is closed when it was accepted
 *     first          only the first M clients are served; the others wait
 *     limit          only M clients are kept; the others are closed
 *     die            the process ends after M messages in all
 *     greeting       the answer to "hello" is misspelled
 *     never-accept   connections wait in the backlog, which is short
 *     refuse         nobody listens
 *     short          from message M on the last byte of each is lost
 *     once           only the first message of a connection is answered
 *     flip-first     one bit changes in message M of all, counted together
 *     afterthought   one byte too many follows message M, 2 ms later
 *     parting        one byte too many follows when the client ends its side
 *     stays          a client that has ended its side is not parted from
 *     hoard          all that a client sends is kept until it is M bytes, and
 *                    only then is it echoed
 *
 * What is said of its costs is known, therefore. Prices are looked at there
 * and then, because they move with what others do to the machine.
 */
#include "tests/harness/badserver/badserver.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/base.h"

bool
has(const struct server *server, const char *bug)
{
    return strcmp(server->bug, bug) == 0;
}

_Noreturn void
die(const char *what)
{
    perror(what);
    exit(1);
}

/* What one of ours prints with --stats, of a server that has refused. */
static void
excuse(int number)
{
    static const char words[] = "{\"refused\": 1000}\n";
    (void)number;
    if (write(STDOUT_FILENO, words, sizeof words - 1) == -1) {
        _exit(1);
    }
    _exit(0);
}

static struct server server = {.bug = "none", .after = 3};

#define NUMBER(name, takes, number, help)                                    \
    FLAG_NUMBER(name, 0, takes, &server.number, 0, INT_MAX, help)

int
main(int argc, char **argv)
{
    const char *prices = NULL;
    bool excuses = false;
    const struct flag flags[] = {
        FLAG_TEXT("bug", 0, "NAME", &server.bug, "what it does wrong"),
        NUMBER("after", "M", after, "the M of the bug"),
        NUMBER("tell", "M", tell, "say so after M messages"),
        NUMBER("buffer", "BYTES", buffer_bytes, "of each socket"),
        FLAG_ON("handshake", 0, &server.handshake, "expect a greeting"),
        NUMBER("burn", "US", burn_us, "CPU time to use for each message"),
        NUMBER("getppid", "K", getppid_calls,
               "system calls for each message"),
        FLAG_TEXT("price", 0, "FILE", &prices,
                  "add to FILE how many of these were looked at, and their "
                  "CPU time (struct prices)"),
        NUMBER("dearer", "PERCENT", dearer_percent,
               "use so much more CPU time than all the rest takes"),
        NUMBER("hold", "KIB", hold_kib, "memory to keep for each client"),
        NUMBER("late", "US", late_us, "echo so long after the message"),
        NUMBER("per-second", "R", per_second, "echo at this rate"),
        FLAG_ON("excuse", 0, &excuses,
                "claim at SIGTERM, as our own do, to have refused 1000"),
        {0},
    };

    flags_parse("badserver", "Echo, wrong in a known way.", flags, NULL, argc,
                argv);
    if (prices) {
        server.prices = costs_prices(prices);
    }
    if (excuses) {
        signal(SIGTERM, excuse);
    }
    for (int i = 0; i < CLIENTS_MAX; i++) {
        server.clients[i].fd = -1;
    }
    serve_for_ever(&server);
}
