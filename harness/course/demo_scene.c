/*
 * demo_scene.c: eight clients and a server, for real. See demo.h.
 *
 * A says nothing and leaves. The others say something, wait for the echo,
 * think, and say more: B some bytes, one at a time, the others lines, until
 * it is late. With a server that serves one client after the other all of
 * them just come through within the scene.
 */
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "harness/course/demo.h"

enum {
    A,                /* who is silent, */
    B,                /* and who is slow */
    SILENT_MS = 1100, /* A stays */
    BYTES = 6,        /* that B says */
    LINES = 2,        /* that others say, at least */
    BYTE_MS = 110,    /* from an echo to its next one */
    THINK_MS = 170,   /* ... to the next line of another */
    LATE_MS = 950,    /* nobody thinks of another line */
};

static const char line[] = "hello world\n";
static struct server server;
static struct demo_scene *scene; /* what has happened */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of that */
static int64_t begin_ns;                                 /* of the scene */
static _Atomic int gone;                                 /* clients */

/* In whole microseconds, as it is kept: what is replayed is the same. */
static double
now_ms(void)
{
    int64_t now_us = (clock_now_ns() - begin_ns) / 1000;

    return fmin((double)now_us / 1e3, DEMO_MOST_MS);
}

static void
add(int who, enum demo_what what)
{
    pthread_mutex_lock(&lock);
    scene->events[scene->n++] = (struct demo_event){now_ms(), who, what};
    pthread_mutex_unlock(&lock);
}

/* Say something and wait for its echo. True if that has come. */
static bool
say(int who, int fd)
{
    size_t bytes = who == B ? 1 : sizeof line - 1;
    char heard[sizeof line];

    add(who, DEMO_SAYS);
    send(fd, line, bytes, MSG_NOSIGNAL);
    if (recv(fd, heard, bytes, MSG_WAITALL) != (ssize_t)bytes) {
        return false;
    }
    add(who, DEMO_ECHO);
    return true;
}

/* The life of a client, in a thread of its own. */
static void *
live(void *arg)
{
    int who = (int)(intptr_t)arg;
    int least = who == A ? 0 : who == B ? BYTES : LINES;
    int fd = server_connect(&server, DEMO_MOST_MS);
    bool good = fd != -1;

    if (good) {
        add(who, DEMO_CONNECTS);
        poll(NULL, 0, who == A ? SILENT_MS : 0);
    }
    for (int said = 0;
         good && (said < least || (who > B && now_ms() < LATE_MS)); said++) {
        poll(NULL, 0, said == 0 ? 0 : who == B ? BYTE_MS : THINK_MS);
        good = say(who, fd);
    }
    add(who, good ? DEMO_LEAVES : DEMO_NEVER);
    close(fd);
    gone++;
    return NULL;
}

int
demo_play(struct demo_scene *empty, const char *program,
          char reason[SERVER_REASON_BYTES])
{
    const struct server_order order = {.arguments = {program, "--port=0"},
                                       .start_timeout_ns = 5 * NS_PER_S,
                                       .interrupted = &course_interrupted};
    pthread_t client;

    if (server_start(&server, &order) != 0) {
        snprintf(reason, SERVER_REASON_BYTES, "%s", server.reason);
        return -1;
    }
    scene = empty;
    gone = 0;
    begin_ns = clock_now_ns();
    for (intptr_t who = 0; gone < DEMO_CLIENTS; who++) {
        if (who < DEMO_CLIENTS) {
            pthread_create(&client, NULL, live, (void *)who);
            pthread_detach(client);
        }
        poll(NULL, 0, DEMO_FRAME_MS);
        pthread_mutex_lock(&lock);
        demo_draw(scene, fmin(now_ms(), DEMO_MOST_MS - 1));
        pthread_mutex_unlock(&lock);
    }
    demo_draw(scene, DEMO_MOST_MS);
    server_stop(&server);
    snprintf(reason, SERVER_REASON_BYTES, "%s", server.reason);
    return server.end.early ? -1 : 0;
}
