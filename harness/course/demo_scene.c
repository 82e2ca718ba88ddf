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

static struct server server;
static struct demo_scene *scene; /* what has happened */
static int64_t begin_ns;         /* as clock_now_ns() */
static int left;                 /* clients that are gone */
static struct client {
    int fd;             /* -1: it is not connected */
    size_t said, heard; /* bytes so far */
    double next_ms;     /* when it acts; INFINITY: not by time */
} clients[DEMO_CLIENTS];

/* In whole microseconds, which a file keeps as they are. */
static double
now_ms(void)
{
    return fmin(trunc((double)(clock_now_ns() - begin_ns) / 1e3) / 1e3,
                DEMO_MOST_MS);
}

static void
add(int who, enum demo_what what)
{
    scene->events[scene->n++] = (struct demo_event){now_ms(), who, what};
}

static void
leave(int who)
{
    struct client *client = &clients[who];

    add(who, client->fd == -1 || client->heard != client->said ? DEMO_NEVER
                                                               : DEMO_LEAVES);
    close(client->fd);
    client->fd = -1;
    client->next_ms = INFINITY;
    left++;
}

/* Has it said all that it came for, and heard it? */
static bool
is_done(int who)
{
    const struct client *client = &clients[who];
    size_t least = who == A ? 0 : who == B ? LINE_BYTES : 2 * LINE_BYTES;

    return client->heard == client->said && client->heard >= least &&
           (who <= B || now_ms() >= LATE_MS);
}

/* Do what is due: connect, leave, or say something. */
static void
act(int who)
{
    struct client *client = &clients[who];
    size_t bytes = who == B ? 1 : LINE_BYTES;

    if (client->fd == -1) {
        client->fd = server_connect(&server, PATIENCE_MS);
        if (client->fd == -1) {
            leave(who);
            return;
        }
        add(who, DEMO_CONNECTS);
        client->next_ms = who == A ? SILENT_MS : now_ms();
    } else if (is_done(who)) {
        leave(who);
    } else {
        if (client->heard == client->said) {
            add(who, DEMO_SAYS);
        }
        send(client->fd, line + client->said % LINE_BYTES, bytes,
             MSG_NOSIGNAL | MSG_DONTWAIT);
        client->said += bytes;
        /* B goes on, whether it is heard or not. */
        client->next_ms +=
            who == B && client->said < LINE_BYTES ? BYTE_MS : INFINITY;
    }
}

/* Something has come for a client, if it is only the end. */
static void
hear(int who)
{
    struct client *client = &clients[who];
    char heard[LINE_BYTES];
    ssize_t n = recv(client->fd, heard, sizeof heard, MSG_DONTWAIT);

    if (n <= 0) {
        leave(who);
        return;
    }
    client->heard += (size_t)n;
    if (client->heard == client->said) {
        add(who, DEMO_ECHO);
        if (who != B || is_done(who)) {
            client->next_ms = now_ms() + (is_done(who) ? 0 : THINK_MS);
        }
    }
}

/* Do all that is due; then wait for an echo, the next time or frame. */
static void
step(void)
{
    struct pollfd ready[DEMO_CLIENTS];
    double next_ms = now_ms() + DEMO_FRAME_MS;

    for (int i = 0; i < DEMO_CLIENTS; i++) {
        while (clients[i].next_ms <= now_ms()) {
            act(i);
        }
        ready[i] = (struct pollfd){clients[i].fd, POLLIN, 0};
        next_ms = fmin(next_ms, clients[i].next_ms);
    }
    poll(ready, DEMO_CLIENTS, (int)ceil(fmax(next_ms - now_ms(), 0)));
    for (int i = 0; i < DEMO_CLIENTS; i++) {
        if (ready[i].revents != 0) {
            hear(i);
        }
    }
}

int
demo_play(struct demo_scene *empty, const char *program,
          char reason[SERVER_REASON_BYTES])
{
    cpu_set_t cpus;
    const struct server_order order = {.arguments = {program, "--port=0"},
                                       .cpus = &cpus,
                                       .start_timeout_ns = 5 * NS_PER_S,
                                       .interrupted = &course_interrupted};

    sched_getaffinity(0, sizeof cpus, &cpus);
    if (server_start(&server, &order, reason) != 0) {
        return -1;
    }
    scene = empty;
    left = 0;
    for (int i = 0; i < DEMO_CLIENTS; i++) {
        clients[i] = (struct client){.fd = -1, .next_ms = i * STAGGER_MS};
    }
    begin_ns = clock_now_ns();
    while (left < DEMO_CLIENTS && now_ms() < DEMO_MOST_MS) {
        step();
        demo_draw(scene, fmin(now_ms(), DEMO_MOST_MS - 1));
    }
    for (int i = 0; i < DEMO_CLIENTS; i++) {
        if (clients[i].fd != -1) {
            leave(i);
        }
    }
    demo_draw(scene, DEMO_MOST_MS);
    server_stop(&server);
    if (server.end.early) {
        server_describe_end(&server, reason);
    }
    return server.end.early ? -1 : 0;
}
