/*
 * badserver.c: an echo server that is wrong in a known way.
 *
 *     badserver [--bug=NAME] [--after=M] [--handshake] [--tell=M]
 *               [--buffer=BYTES] [--burn=US] [--getppid=K] [--hold=KIB]
 *               [--price=FILE] [--dearer=PERCENT] [--excuse]
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
 * --burn uses up so much CPU time for each message, --getppid makes so many
 * more system calls for it, --hold keeps so much memory for each client; what
 * is said of them is known, therefore. --price adds to FILE how many of these
 * calls were looked at and what CPU time they took (struct prices): there and
 * then, because the price moves with what others do to the machine. --dearer
 * uses up so much more CPU time than all the rest takes, whatever that is.
 * --excuse claims at SIGTERM, as our own servers do, that a thousand were
 * refused.
 */
#include "tests/harness/badserver/badserver.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

int
main(int argc, char **argv)
{
    static const struct option flags[] = {
        {"bug", required_argument, NULL, 'b'},
        {"after", required_argument, NULL, 'a'},
        {"tell", required_argument, NULL, 't'},
        {"buffer", required_argument, NULL, 's'},
        {"handshake", no_argument, NULL, 'h'},
        {"burn", required_argument, NULL, 'u'},
        {"getppid", required_argument, NULL, 'g'},
        {"price", required_argument, NULL, 'p'},
        {"dearer", required_argument, NULL, 'd'},
        {"hold", required_argument, NULL, 'k'},
        {"excuse", no_argument, NULL, 'e'},
        {NULL, 0, NULL, 0},
    };
    static struct server server = {.bug = "none", .after = 3};
    int buffer_bytes = 0;
    int flag;
    while ((flag = getopt_long(argc, argv, "", flags, NULL)) != -1) {
        switch (flag) {
        case 'b':
            server.bug = optarg;
            break;
        case 'a':
            server.after = (int)strtol(optarg, NULL, 10);
            break;
        case 't':
            server.tell = (int)strtol(optarg, NULL, 10);
            break;
        case 's':
            buffer_bytes = (int)strtol(optarg, NULL, 10);
            break;
        case 'h':
            server.handshake = true;
            break;
        case 'u':
            server.burn_us = strtol(optarg, NULL, 10);
            break;
        case 'g':
            server.getppid_calls = strtol(optarg, NULL, 10);
            break;
        case 'p':
            server.prices = costs_prices(optarg);
            break;
        case 'd':
            server.dearer = strtod(optarg, NULL) / 100;
            break;
        case 'k':
            server.hold_bytes = (size_t)strtol(optarg, NULL, 10) * 1024;
            break;
        case 'e':
            signal(SIGTERM, excuse);
            break;
        default:
            return 2;
        }
    }
    for (int i = 0; i < CLIENTS_MAX; i++) {
        server.clients[i].fd = -1;
    }
    serve_for_ever(&server, buffer_bytes);
}
