/*
 * trial.c: servers of the user's are tried once before anything is measured,
 * so that a wrong one is known at once. See measure.h.
 */
#include "harness/compare/measure.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/base.h"

#define PATIENCE_MS 3000 /* for an answer, of one that begins slowly, too */
#define FIRST_MS    100  /* for a word of its own, before we say one */
#define END_MS      200  /* until one that ends is seen to */
#define HEARD_BYTES 128  /* of what it says */

/* As long as most messages are: there are servers of records. */
static const char words[2][65] = {
    "Fiveways tries each server once before anything is measured.....",
    "This must come back as it is, to the letter, and with no more ..",
};

#define MUST " it must send back the very bytes that it gets, at once"

/* What may be wrong. A fault is its sentence; NULL is none. */
static const char absent[] =
    "it was ready, but cannot be reached; it listens on %s: see {port}, "
    "{host}, and --host (make: COMPARE_HOST)";
static const char first[] = "it speaks first, \"%s\": an echo only answers";
static const char mute[] = "it never answered:" MUST;
static const char by_lines[] = "it waits for the end of a line:" MUST;
static const char letters[] = "it changes letters, as in \"%s\":" MUST;
static const char other[] = "it answered \"%s\":" MUST;
static const char ends[] = "it ends connections, which is for its clients";
static const char one_only[] =
    "it serves its first client only: it must serve many, or one after the "
    "other (socat: fork; ncat: -k)";

static const char *
try_echo(int fd, const char *said, char heard[HEARD_BYTES])
{
    size_t length = strlen(said);
    const char *fault = NULL;

    memset(heard, 0, HEARD_BYTES);
    send(fd, said, length, MSG_NOSIGNAL);
    ssize_t n = recv(fd, heard, length, MSG_WAITALL);
    if (n == -1 && errno == EAGAIN) {
        fault = by_lines;
        send(fd, "\n", 1, MSG_NOSIGNAL);
        n = recv(fd, heard, length, MSG_WAITALL);
    }
    if (n <= 0) {
        return n == -1 && errno == EAGAIN ? mute : ends;
    }
    if (strcasecmp(heard, said) == 0) {
        return strcmp(heard, said) == 0 ? fault : letters;
    }
    recv(fd, heard + n, HEARD_BYTES - 1 - (size_t)n, MSG_DONTWAIT);
    return other;
}

/* A client that gives the server `first_ms` to speak first, and then says so
 * many of the words. */
static const char *
try_client(const struct server *server, int first_ms, int says,
           char heard[HEARD_BYTES])
{
    int fd = server_connect(server, PATIENCE_MS);
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    const char *fault = fd == -1 ? absent : NULL;

    if (!fault && poll(&ready, 1, first_ms) == 1 &&
        recv(fd, heard, HEARD_BYTES - 1, MSG_DONTWAIT) > 0) {
        fault = first;
    }
    for (int i = 0; i < says && !fault; i++) {
        fault = try_echo(fd, words[i], heard);
    }
    close(fd);
    return fault;
}

/* Start, talk, stop. False with a reason: it cannot be measured. */
static bool
try_server(struct turn *turn)
{
    struct server *server = &turn->server;
    char heard[HEARD_BYTES] = "";

    if (turn_start_server(turn, NULL) != 0) {
        return false;
    }
    const char *fault = try_client(server, FIRST_MS, 2, heard);
    if (!fault && try_client(server, 0, 1, heard)) {
        fault = one_only;
    }
    if (fault && !server_ends_within(server, END_MS * NS_PER_MS) &&
        fault == absent) {
        server_find_listeners(server);
    }
    server_stop(server);
    heard[strcspn(heard, "\r\n")] = '\0';
    text_clean(heard);
    if (server->end.early) {
        server_describe_start(server);
    } else if (fault) {
        PUT(server->reason, fault,
            fault != absent      ? heard
            : server->listens[0] ? server->listens
                                 : "nothing that we see");
    }
    return !server->end.early && !fault;
}

bool
trial_run(struct lives *lives)
{
    static struct plan_cell plain = {.scenario.name = "trial"};
    const struct server_order *order = &lives->options->order;
    size_t n = lives->options->ncontenders;
    bool good = true;

    plain.layout = lives->plan->cells[0].layout;
    lives_enter_cell(lives, &plain);
    /* The yardstick comes last, here first: without it nobody can start. */
    for (size_t i = 0; i < n && !lives->interrupted; i++) {
        struct turn *turn = &lives->turns[(i + n - 1) % n];
        const char *name = turn->contender->command ? turn->contender->name
                           : i > 0                  ? NULL
                           : order->launcher        ? order->launcher
                                                    : order->host;

        if (name && !try_server(turn) && !lives->interrupted) {
            warnx("%s: %s", name, turn->server.reason);
            good = false;
            n = i == 0 ? 0 : n;
        }
    }
    return good || lives->interrupted;
}
