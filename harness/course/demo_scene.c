/*
 * demo_scene.c: eight clients and a server, for real. See demo.h.
 *
 * A says nothing and leaves. B says its line a byte at a time. The others say
 * a line, wait for the echo, think, and so on until it is time to leave; each
 * has two echoes at least. The times are chosen so that the server that
 * serves one client after the other just comes through within the scene.
 */
#include <math.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "harness/compare/server.h"
#include "harness/course/demo.h"

enum {
    STAGGER_MS = 60,   /* from one client's coming to the next */
    SILENT_MS = 1100,  /* A leaves */
    BYTE_MS = 110,     /* from one byte of B's to the next */
    THINK_MS = 220,    /* between an echo and the next line */
    CLOSING_MS = 1200, /* who has two echoes by then leaves */
    PATIENCE_MS = 100, /* for a connection */
    START_MS = 5000,   /* until a server must be ready */
    A = 0,             /* the silent one */
    B = 1,             /* the slow one */
};

static const char line[] = "hello world\n";
#define LINE_BYTES (sizeof line - 1)

/* One of them. */
struct client {
    int fd;         /* -1: it is not connected */
    size_t said;    /* bytes so far */
    size_t heard;   /* of them have come back */
    double next_ms; /* when it does what comes next; INFINITY: not by time */
};

/* They and what has happened to them. */
struct play {
    const struct server *server;         /* with whom */
    int64_t begin_ns;                    /* as clock_now_ns() */
    int model;                           /* of course_models */
    struct demo_scene *scene;            /* the events */
    const char *fault;                   /* of the server, or NULL */
    struct client clients[DEMO_CLIENTS]; /* they */
};

/* In whole microseconds, which a file keeps as they are. */
static double
now_ms(const struct play *play)
{
    double us = (double)((clock_now_ns() - play->begin_ns) / 1000);

    return fmin(us / 1e3, DEMO_MOST_MS);
}

static void
add(struct play *play, int i, enum demo_what what)
{
    demo_add(play->scene, now_ms(play), play->model, i, what);
}

static void
leave(struct play *play, int i, enum demo_what what)
{
    struct client *client = &play->clients[i];

    close(client->fd);
    client->fd = -1;
    client->next_ms = INFINITY;
    add(play, i, what);
}

/* Has it done all that it came for? */
static bool
has_finished(const struct play *play, int i)
{
    const struct client *client = &play->clients[i];

    return i == A   ? true
           : i == B ? client->heard == LINE_BYTES
                    : client->heard >= 2 * LINE_BYTES &&
                          now_ms(play) >= CLOSING_MS;
}

/* Do what is due. */
static void
act(struct play *play, int i)
{
    struct client *client = &play->clients[i];
    size_t bytes = i == B ? 1 : LINE_BYTES;

    if (client->fd == -1) {
        client->fd = server_connect(play->server, PATIENCE_MS);
        if (client->fd == -1) {
            play->fault = "it cannot be connected to";
            client->next_ms = INFINITY;
            return;
        }
        client->next_ms = i == A ? SILENT_MS : now_ms(play);
        add(play, i, DEMO_CONNECTS);
        return;
    }
    if (has_finished(play, i)) {
        leave(play, i, DEMO_LEAVES);
        return;
    }
    add(play, i, DEMO_SAYS);
    send(client->fd, line + client->said % LINE_BYTES, bytes,
         MSG_NOSIGNAL | MSG_DONTWAIT);
    client->said += bytes;
    /* B goes on, whether it is heard or not. */
    client->next_ms = i == B && client->said < LINE_BYTES
                          ? client->next_ms + BYTE_MS
                          : INFINITY;
}

/* Something has come for a client, if it is only the end. */
static void
hear(struct play *play, int i)
{
    struct client *client = &play->clients[i];
    char heard[LINE_BYTES];
    ssize_t n = recv(client->fd, heard, sizeof heard, MSG_DONTWAIT);
    size_t owed = client->said - client->heard;
    size_t at = client->heard % LINE_BYTES;

    if (n <= 0 || (size_t)n > owed || (size_t)n > LINE_BYTES - at ||
        memcmp(heard, line + at, (size_t)n) != 0) {
        play->fault = n > 0 ? "it sent what was no echo"
                            : "it ended a connection by itself";
        leave(play, i, owed > 0 ? DEMO_NEVER : DEMO_LEAVES);
        return;
    }
    client->heard += (size_t)n;
    if (client->heard == client->said) {
        add(play, i, DEMO_ECHO);
        if (has_finished(play, i)) {
            client->next_ms = now_ms(play);
        } else if (i != B) {
            client->next_ms = now_ms(play) + THINK_MS;
        }
    }
}

/* All that is due, then wait for what comes first: an echo, the next time, or
 * the next frame. False when nobody is there any more. */
static bool
step(struct play *play)
{
    struct pollfd ready[DEMO_CLIENTS];
    double next_ms = now_ms(play) + DEMO_FRAME_MS;
    bool any = false;

    for (int i = 0; i < DEMO_CLIENTS; i++) {
        struct client *client = &play->clients[i];

        while (client->next_ms <= now_ms(play)) {
            act(play, i);
        }
        next_ms = fmin(next_ms, client->next_ms);
        any |= client->fd != -1 || isfinite(client->next_ms);
        ready[i] = (struct pollfd){.fd = client->fd, .events = POLLIN};
    }
    if (any) {
        poll(ready, DEMO_CLIENTS, (int)ceil(next_ms - now_ms(play)));
    }
    for (int i = 0; any && i < DEMO_CLIENTS; i++) {
        if (ready[i].revents != 0) {
            hear(play, i);
        }
    }
    return any;
}

/* The scene, with a server that runs. */
static void
play_all(struct play *play, const volatile sig_atomic_t *interrupted,
         void (*frame)(const struct demo_scene *, double))
{
    play->begin_ns = clock_now_ns();
    play->scene->n = 0;
    demo_add(play->scene, 0, play->model, -1, DEMO_BEGINS);
    for (int i = 0; i < DEMO_CLIENTS; i++) {
        play->clients[i] =
            (struct client){.fd = -1, .next_ms = i * STAGGER_MS};
    }
    while (now_ms(play) < DEMO_MOST_MS && !*interrupted && step(play)) {
        frame(play->scene, now_ms(play));
    }
    for (int i = 0; i < DEMO_CLIENTS; i++) {
        struct client *client = &play->clients[i];

        if (client->fd != -1) {
            leave(play, i,
                  client->heard < client->said ? DEMO_NEVER : DEMO_LEAVES);
        }
    }
    if (!*interrupted) {
        demo_add(play->scene, now_ms(play), play->model, -1, DEMO_ENDS);
        frame(play->scene, DEMO_MOST_MS);
    }
}

int
demo_play(struct demo_scene *scene, int model,
          const volatile sig_atomic_t *interrupted,
          void (*frame)(const struct demo_scene *scene, double now_ms),
          char *reason, size_t reason_bytes)
{
    char path[4096], why[SERVER_REASON_BYTES] = "";
    cpu_set_t cpus;
    const struct server_order order = {
        .arguments = {path, "--port=0"},
        .cpus = &cpus,
        .start_timeout_ns = START_MS * NS_PER_MS,
        .interrupted = interrupted,
    };
    struct server server;
    struct play play = {.server = &server, .model = model, .scene = scene};

    snprintf(path, sizeof path, "%s/%s", course_bin(), course_models[model]);
    sched_getaffinity(0, sizeof cpus, &cpus);
    if (server_start(&server, &order, why) == 0) {
        play_all(&play, interrupted, frame);
        server_stop(&server);
        if (server.end.early) {
            server_describe_end(&server, why);
        } else if (play.fault) {
            snprintf(why, sizeof why, "%s", play.fault);
        }
    }
    snprintf(reason, reason_bytes, "%s", *interrupted ? "" : why);
    return *interrupted || why[0] != '\0' ? -1 : 0;
}
