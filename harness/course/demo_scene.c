/*
 * demo_scene.c: eight clients and a server, for real. See demo.h.
 *
 * A says nothing and leaves. B says its line a byte at a time. The others say
 * a line, wait for the echo, think, and say another, two at least, until it
 * is late. With a server that serves one client after the other all of them
 * just come through within the scene.
 */
#include <math.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "harness/course/demo.h"

enum {
    A,                 /* who is silent, */
    B,                 /* and who is slow */
    STAGGER_MS = 60,   /* from one client's coming to the next */
    SILENT_MS = 1100,  /* A leaves */
    BYTE_MS = 110,     /* from one byte of B's to the next */
    THINK_MS = 220,    /* between an echo and the next line */
    LATE_MS = 1200,    /* nobody begins another line */
    PATIENCE_MS = 100, /* for a connection */
};

static const char line[] = "hello world\n";
#define LINE_BYTES (sizeof line - 1)

/* A scene that is played. */
struct play {
    struct server server;     /* with whom */
    struct demo_scene *scene; /* what has happened */
    int64_t begin_ns;         /* as clock_now_ns() */
    int left;                 /* clients that are gone */
    struct client {
        int fd;             /* -1: it is not connected */
        size_t said, heard; /* bytes so far */
        double next_ms;     /* when it acts; INFINITY: not by time */
    } clients[DEMO_CLIENTS];
};

/* In whole microseconds, which a file keeps as they are. */
static double
now_ms(const struct play *play)
{
    double us = (double)(clock_now_ns() - play->begin_ns) / 1000;

    return fmin(trunc(us) / 1000, DEMO_MOST_MS);
}

static void
add(struct play *play, int who, enum demo_what what)
{
    if (play->scene->n < DEMO_EVENTS_MAX) {
        play->scene->events[play->scene->n++] =
            (struct demo_event){now_ms(play), who, what};
    }
}

static void
leave(struct play *play, int who)
{
    struct client *client = &play->clients[who];

    add(play, who,
        client->fd == -1 || client->heard < client->said ? DEMO_NEVER
                                                         : DEMO_LEAVES);
    close(client->fd);
    client->fd = -1;
    client->next_ms = INFINITY;
    play->left++;
}

/* Has it said all that it came for, and heard it? */
static bool
is_done(const struct play *play, int who)
{
    const struct client *client = &play->clients[who];
    size_t least = who == A ? 0 : who == B ? LINE_BYTES : 2 * LINE_BYTES;

    return client->heard == client->said && client->heard >= least &&
           (who <= B || now_ms(play) >= LATE_MS);
}

/* Do what is due: connect, leave, or say something. */
static void
act(struct play *play, int who)
{
    struct client *client = &play->clients[who];
    size_t bytes = who == B ? 1 : LINE_BYTES;

    if (client->fd == -1) {
        client->fd = server_connect(&play->server, PATIENCE_MS);
        client->next_ms = who == A ? SILENT_MS : now_ms(play);
        if (client->fd != -1) {
            add(play, who, DEMO_CONNECTS);
            return;
        }
    }
    if (client->fd == -1 || is_done(play, who)) {
        leave(play, who);
        return;
    }
    add(play, who, DEMO_SAYS);
    send(client->fd, line + client->said % LINE_BYTES, bytes,
         MSG_NOSIGNAL | MSG_DONTWAIT);
    client->said += bytes;
    /* B goes on, whether it is heard or not. */
    client->next_ms +=
        who == B && client->said < LINE_BYTES ? BYTE_MS : INFINITY;
}

/* Something has come for a client, if it is only the end. */
static void
hear(struct play *play, int who)
{
    struct client *client = &play->clients[who];
    size_t at = client->heard % LINE_BYTES;
    char heard[LINE_BYTES];
    ssize_t n = recv(client->fd, heard, LINE_BYTES - at, MSG_DONTWAIT);

    if (n <= 0 || (size_t)n > client->said - client->heard ||
        memcmp(heard, line + at, (size_t)n) != 0) {
        leave(play, who); /* with what it is owed */
        return;
    }
    client->heard += (size_t)n;
    if (client->heard == client->said) {
        add(play, who, DEMO_ECHO);
        if (who != B || is_done(play, who)) {
            client->next_ms = now_ms(play);
            client->next_ms += is_done(play, who) ? 0 : THINK_MS;
        }
    }
}

/* Do all that is due; then wait for an echo, the next time or frame. */
static void
step(struct play *play)
{
    struct pollfd ready[DEMO_CLIENTS];
    double next_ms = now_ms(play) + DEMO_FRAME_MS;

    for (int i = 0; i < DEMO_CLIENTS; i++) {
        while (play->clients[i].next_ms <= now_ms(play)) {
            act(play, i);
        }
        ready[i] = (struct pollfd){play->clients[i].fd, POLLIN, 0};
        next_ms = fmin(next_ms, play->clients[i].next_ms);
    }
    poll(ready, DEMO_CLIENTS, (int)ceil(fmax(next_ms - now_ms(play), 0)));
    for (int i = 0; i < DEMO_CLIENTS; i++) {
        if (ready[i].revents != 0) {
            hear(play, i);
        }
    }
}

int
demo_play(struct demo_scene *scene, const char *program,
          const volatile sig_atomic_t *interrupted,
          void (*frame)(const struct demo_scene *scene, double now_ms),
          char reason[SERVER_REASON_BYTES])
{
    cpu_set_t cpus;
    const struct server_order order = {.arguments = {program, "--port=0"},
                                       .cpus = &cpus,
                                       .start_timeout_ns = 5 * NS_PER_S,
                                       .interrupted = interrupted};
    struct play play = {.scene = scene};

    sched_getaffinity(0, sizeof cpus, &cpus);
    if (server_start(&play.server, &order, reason) != 0) {
        return -1;
    }
    play.begin_ns = clock_now_ns();
    add(&play, -1, DEMO_BEGINS);
    for (int i = 0; i < DEMO_CLIENTS; i++) {
        play.clients[i] =
            (struct client){.fd = -1, .next_ms = i * STAGGER_MS};
    }
    while (now_ms(&play) < DEMO_MOST_MS && !*interrupted &&
           play.left < DEMO_CLIENTS) {
        step(&play);
        frame(scene, now_ms(&play));
    }
    for (int i = 0; i < DEMO_CLIENTS; i++) {
        if (play.clients[i].fd != -1) {
            leave(&play, i);
        }
    }
    if (!*interrupted) {
        add(&play, -1, DEMO_ENDS);
        frame(scene, DEMO_MOST_MS);
    }
    server_stop(&play.server);
    if (play.server.end.early) {
        server_describe_end(&play.server, reason);
    }
    return play.server.end.early ? -1 : 0;
}
