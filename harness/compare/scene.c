/*
 * scene.c: the same few clients with each server, and who waits for whom. See
 * measure.h.
 *
 * All clients but the last, who is silent, connect and speak twice, in turn,
 * and leave; then the first one comes back. Each does so at its time, or as
 * soon as its echo is there, and thinks for tens of milliseconds in between:
 * a server that sleeps is seen sleeping. strace logs each call to a file of
 * its own, so that nothing a server prints is taken for one.
 */
#include "harness/compare/measure.h"

#include <err.h>
#include <math.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/base.h"

enum {
    SLOT_MS = 40,   /* in which something happens */
    LAST_SLOTS = 5, /* that who comes back waits for an echo */
};

/* What waits, moves bytes, or makes threads; "?": a machine may lack it. */
static const char traced[] =
    "trace=?accept,?accept4,?recvfrom,?recvmsg,?read,?readv,?sendto,?sendmsg,"
    "?write,?writev,?select,?pselect6,?poll,?ppoll,?epoll_wait,?epoll_pwait,"
    "?epoll_pwait2,?epoll_ctl,?clone,?clone3,?fork,?vfork,?futex,?ioctl,"
    "?close,?shutdown,?nanosleep,?clock_nanosleep";

/* ---- the clients ---------------------------------------------------------
 */

/* One of them. */
struct client {
    int fd;             /* -1: it is not connected */
    int done;           /* of what it has to do */
    char words[16];     /* that it said last */
    const char *owed;   /* of these what has not come back */
    struct step *waits; /* for that; NULL: it does not */
};

/* One server in the scene. */
struct scene {
    struct turn *turn; /* it */
    int talkers;       /* then comes who is silent */
    int64_t begin_ns;  /* CLOCK_REALTIME, as in the log */
    double end_ms;     /* from there on */
    const char *fault; /* what was wrong with it, or NULL */
    int echoes;        /* that came */
    char connected[SCENE_CLIENTS_MAX + 2];    /* who, one after the other */
    size_t nsteps;                            /* of the clients */
    struct client clients[SCENE_CLIENTS_MAX]; /* they */
    struct step steps[9 * SCENE_CLIENTS_MAX]; /* what they did */
};

static double
now_ms(const struct scene *scene)
{
    return (double)(clock_wall_ns() - scene->begin_ns) / NS_PER_MS;
}

/* When a client does what comes next: connect, speak, speak, leave; the first
 * one also connect and speak. INFINITY: never, or not before its echo. */
static double
due_ms(const struct scene *scene, int client)
{
    int n = scene->talkers;
    double slots[] = {0, .5, n + 1, 2 * n + 1, 3 * n + 1, 3 * n + 1.5};
    int most = client == n ? 1 : client == 0 ? 6 : 4;
    int done = scene->clients[client].done;

    return done < most && !scene->clients[client].waits
               ? SLOT_MS * (client + slots[done])
               : INFINITY;
}

static struct step *
add_step(struct scene *scene, int client, const char *call, double result)
{
    struct step *step = &scene->steps[scene->nsteps++];

    step->begin_ms = now_ms(scene);
    step->client[0] = (char)('A' + client);
    step->result = result;
    snprintf(step->call, sizeof step->call, "%s", call);
    return step;
}

/* It sends its words, and owns up to waiting for them. */
static void
speak(struct scene *scene, int i, const char *call)
{
    struct client *client = &scene->clients[i];

    client->waits = add_step(scene, i, call, NAN);
    client->owed = client->words;
    send(client->fd, client->words, strlen(client->words), MSG_NOSIGNAL);
}

static void
leave(struct scene *scene, int i, const char *call)
{
    add_step(scene, i, call, 0);
    close(scene->clients[i].fd);
    scene->clients[i].fd = -1;
}

/* Do what is due. */
static void
act(struct scene *scene, int i)
{
    struct client *client = &scene->clients[i];
    int what = client->done++ % 4;
    struct step *step;

    if (what == 3) {
        leave(scene, i, "leaves");
    } else if (what > 0) {
        snprintf(client->words, sizeof client->words, "%c says %c\n", 'A' + i,
                 '0' + client->done);
        speak(scene, i, "says");
    } else {
        step = add_step(scene, i, "connects", 0);
        client->fd = server_connect(&scene->turn->server, SLOT_MS);
        step->lasted_ms = now_ms(scene) - step->begin_ms;
        if (client->fd == -1) {
            scene->fault = "it cannot be connected to";
            step->result = NAN;
            client->done = INT8_MAX;
            return;
        }
        scene->connected[strlen(scene->connected)] = step->client[0];
        strcpy(client->words, "hello\n");
        if (scene->turn->scenario->load.handshake) {
            speak(scene, i, "greets");
        }
    }
}

/* Something has come for a client, if it is only the end. */
static void
hear(struct scene *scene, int i)
{
    struct client *client = &scene->clients[i];
    char heard[64];
    ssize_t n = recv(client->fd, heard, sizeof heard, MSG_DONTWAIT);

    if (client->waits) {
        client->waits->lasted_ms = now_ms(scene) - client->waits->begin_ms;
    }
    if (n <= 0 || !client->waits || (size_t)n > strlen(client->owed) ||
        memcmp(client->owed, heard, (size_t)n) != 0) {
        scene->fault =
            n <= 0 ? "it ended a connection" : "it sent what was no echo";
        leave(scene, i, "ends");
        client->done = INT8_MAX;
        client->waits = NULL;
        return;
    }
    client->owed += n;
    if (*client->owed == '\0') {
        scene->echoes++;
        add_step(scene, i, "echo", 0);
        client->waits->result = 0;
        client->waits = NULL;
    }
}

/* The whole of it, which ends by its time whatever the server does. */
static void
play(struct scene *scene)
{
    struct pollfd ready[SCENE_CLIENTS_MAX];
    int n = scene->talkers + 1;

    scene->begin_ns = clock_wall_ns();
    scene->end_ms = SLOT_MS * (3 * scene->talkers + 1.5 + LAST_SLOTS);
    for (int i = 0; i < n; i++) {
        scene->clients[i].fd = -1;
    }
    while (now_ms(scene) < scene->end_ms &&
           !scene->turn->lives->interrupted &&
           !server_has_ended(&scene->turn->server)) {
        double next = scene->end_ms;

        for (int i = 0; i < n; i++) {
            if (due_ms(scene, i) <= now_ms(scene)) {
                act(scene, i);
            }
            next = fmin(next, due_ms(scene, i));
            ready[i] =
                (struct pollfd){.fd = scene->clients[i].fd, .events = POLLIN};
        }
        poll(ready, (nfds_t)n, (int)ceil(fmax(next - now_ms(scene), 0)));
        for (int i = 0; i < n; i++) {
            if (ready[i].revents != 0) {
                hear(scene, i);
            }
        }
    }
    scene->end_ms = fmin(now_ms(scene), scene->end_ms);
    for (int i = 0; i < n; i++) {
        struct step *waits = scene->clients[i].waits;

        if (waits) {
            waits->lasted_ms = scene->end_ms - waits->begin_ms;
            add_step(scene, i, "never", NAN)->begin_ms = scene->end_ms;
        }
        close(scene->clients[i].fd);
    }
}

/* ---- one server after the other -----------------------------------------
 */

/* Play it with one server. Returns NULL, or what was wrong with that. */
static const char *
trace(struct scene *scene, const char *path, char reason[SERVER_REASON_BYTES])
{
    const char *words[] = {"strace", "-f",   "-q", "-q", "-ttt", "-T", "-y",
                           "-e",     traced, "-o", path, "--",   NULL};
    struct server *server = &scene->turn->server;
    const char *why = strace_start(scene->turn, words, reason);

    if (why) {
        return why;
    }
    turn_settle(scene->turn);
    play(scene);
    server_stop(server);
    if (server->end.early) {
        server_describe_end(server, reason);
        return reason;
    }
    return !scene->fault && scene->echoes == 0 ? "it answered nobody"
                                               : scene->fault;
}

static void
keep(struct scene *scene, const char *path)
{
    static struct step calls[SCENE_STEPS_MAX];
    FILE *log = fopen(path, "re");
    size_t n = log ? scene_read(log, (double)scene->begin_ns / NS_PER_S,
                                scene->end_ms, scene->connected, calls)
                   : 0;

    for (size_t i = 0; i < scene->nsteps + n; i++) {
        struct step *step =
            i < scene->nsteps ? &scene->steps[i] : &calls[i - scene->nsteps];

        snprintf(step->model, sizeof step->model, "%s",
                 scene->turn->contender->name);
        lives_keep(scene->turn->lives, RECORD_STEP, step);
    }
    if (log) {
        fclose(log);
    }
}

int
scene_run(struct lives *lives)
{
    static struct plan_cell cell = {.scenario.name = "trace"};
    const struct options *options = lives->options;
    bool alone = options->mode->bit == MODE_TRACE;
    struct turn *turn = lives->turns;
    int failed = 0;

    cell.scenario.load.handshake = options->handshake;
    cell.layout.server = lives->plan->allowed;
    sched_setaffinity(0, sizeof cell.layout.server, &cell.layout.server);
    lives->cell = &cell;
    for (size_t i = 0; i < options->ncontenders && !lives->interrupted; i++) {
        const struct contender *next = &options->contenders[i];
        static struct scene scene;
        char reason[SERVER_REASON_BYTES], path[4096];
        const char *why = "it is not built, or knows no --handshake";
        bool able = (next->path || next->command) &&
                    contender_offers(next, &cell.scenario);

        if (strcmp(next->name, RESULTS_YARDSTICK) == 0) {
            continue;
        }
        if (able) {
            *turn = (struct turn){.lives = lives,
                                  .contender = next,
                                  .scenario = &cell.scenario};
            scene =
                (struct scene){.turn = turn, .talkers = options->clients - 1};
            snprintf(path, sizeof path, "%s/%s.strace", options->out,
                     next->name);
            unlink(path);
            why = trace(&scene, path, reason);
            keep(&scene, path);
        }
        if (able && !alone) {
            unlink(path);
        }
        /* What is wrong with strace is so for all of them. */
        if (why && strncmp(why, "strace ", 7) == 0) {
            if (alone) {
                warnx("%s", why);
            }
            return -1;
        }
        if (alone && why && !lives->interrupted) {
            warnx("%s: %s", next->name, why);
            failed += able;
        }
    }
    return failed;
}
