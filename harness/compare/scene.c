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

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum {
    SLOT_MS = 40,      /* in which something happens */
    THREADS_MAX = 256, /* and processes of a server, told from each other */
    LOG_BYTES = 16384, /* of one line of strace's */
};

/* What waits, moves bytes, or makes threads. */
static const char traced[] =
    "trace=/^(accept|recv|send|readv?$|writev?$|p?select|p?poll|epoll_|clone|"
    "v?fork|futex|ioctl|close$|shutdown|.*nanosleep)";

/* What each client does, at `slot` and so many more for each who talks, and
 * one later than the client before. The silent one does the first of it, and
 * only the first one comes back. */
static const struct {
    const char *call;  /* as in struct step */
    double slot;       /* when */
    double per_talker; /* ... and then */
} script[] = {
    {"connects", 0, 0}, {"says", .5, 0},    {"says", 1, 1},
    {"leaves", 1, 2},   {"connects", 1, 3}, {"says", 1.5, 3},
};

static const char words[] = "hello\n"; /* whatever they say */

/* One of them. */
struct client {
    int fd;             /* -1: it is not connected */
    int done;           /* of the script */
    const char *owed;   /* of its words what has not come back */
    struct step *waits; /* for that; NULL: it does not */
};

/* One server in the scene. */
struct scene {
    struct turn *turn; /* it */
    int n;             /* clients */
    int64_t begin_ns;  /* CLOCK_REALTIME, as in the log */
    double end_ms;     /* from there on */
    const char *fault; /* what was wrong with it, or NULL */
    bool echoed;       /* at least once */
    char connected[SCENE_CLIENTS_MAX + 2];    /* who, one after the other */
    struct client clients[SCENE_CLIENTS_MAX]; /* they */
    size_t nsteps;                            /* how many there are of: */
    /* what they did; and, when it is over, what the server called. */
    struct step steps[9 * SCENE_CLIENTS_MAX + SCENE_STEPS_MAX];
};

static double
now_ms(const struct scene *scene)
{
    return (double)(clock_wall_ns() - scene->begin_ns) / NS_PER_MS;
}

/* When a client does what comes next; INFINITY: never, or after its echo. */
static double
due_ms(const struct scene *scene, int i)
{
    int most = i == scene->n - 1 ? 1 : i > 0 ? 4 : (int)COUNT(script);
    int next = scene->clients[i].done;

    return scene->clients[i].waits || next >= most
               ? INFINITY
               : SLOT_MS * (i + script[next].slot +
                            script[next].per_talker * (scene->n - 1));
}

static struct step *
add_step(struct scene *scene, int i, const char *call)
{
    struct step *step = &scene->steps[scene->nsteps++];

    step->begin_ms = now_ms(scene);
    step->client[0] = (char)('A' + i);
    PUT(step->call, "%s", call);
    return step;
}

/* It does nothing any more. */
static void
give_up(struct scene *scene, int i, const char *fault)
{
    add_step(scene, i, "ends");
    scene->fault = fault;
    close(scene->clients[i].fd);
    scene->clients[i] = (struct client){.fd = -1, .done = COUNT(script)};
}

/* Do what is due. */
static void
act(struct scene *scene, int i)
{
    struct client *client = &scene->clients[i];
    const char *call = script[client->done++].call;
    struct step *step = add_step(scene, i, call);

    if (strcmp(call, "leaves") == 0) {
        close(client->fd);
        client->fd = -1;
        return;
    }
    if (strcmp(call, "connects") == 0) {
        client->fd = server_connect(&scene->turn->server, SLOT_MS);
        step->lasted_ms = now_ms(scene) - step->begin_ms;
        if (client->fd == -1) {
            give_up(scene, i, "it cannot be connected to");
            return;
        }
        scene->connected[strlen(scene->connected)] = step->client[0];
        if (!scene->turn->scenario->load.handshake) {
            return;
        }
        step = add_step(scene, i, "greets");
    }
    step->result = NAN;
    client->waits = step;
    client->owed = words;
    send(client->fd, words, strlen(words), MSG_NOSIGNAL);
}

/* Something has come for a client, if it is only the end. */
static void
hear(struct scene *scene, int i)
{
    struct client *client = &scene->clients[i];
    struct step *waits = client->waits;
    char heard[64];
    ssize_t n = recv(client->fd, heard, sizeof heard, MSG_DONTWAIT);

    if (waits) {
        waits->lasted_ms = now_ms(scene) - waits->begin_ms;
    }
    if (n <= 0 || !waits || (size_t)n > strlen(client->owed) ||
        memcmp(client->owed, heard, (size_t)n) != 0) {
        give_up(scene, i,
                n > 0 ? "it sent what was no echo" : "it ended a connection");
    } else if (*(client->owed += n) == '\0') {
        add_step(scene, i, "echo");
        scene->echoed = true;
        waits->result = 0;
        client->waits = NULL;
    }
}

/* The whole of it, which ends by its time whatever the server does. */
static void
play(struct scene *scene)
{
    struct pollfd ready[SCENE_CLIENTS_MAX];

    scene->begin_ns = clock_wall_ns();
    /* Who comes back has five slots for its echo. */
    scene->end_ms = SLOT_MS * (3 * (scene->n - 1) + 6.5);
    for (int i = 0; i < scene->n; i++) {
        scene->clients[i].fd = -1;
    }
    while (now_ms(scene) < scene->end_ms &&
           !scene->turn->lives->interrupted &&
           !server_ends_within(&scene->turn->server, 0)) {
        double next = scene->end_ms;

        for (int i = 0; i < scene->n; i++) {
            if (due_ms(scene, i) <= now_ms(scene)) {
                act(scene, i);
            }
            next = fmin(next, due_ms(scene, i));
            ready[i] =
                (struct pollfd){.fd = scene->clients[i].fd, .events = POLLIN};
        }
        next = ceil(fmax(next - now_ms(scene), 0));
        poll(ready, (nfds_t)scene->n, (int)next);
        for (int i = 0; i < scene->n; i++) {
            if (ready[i].revents != 0) {
                hear(scene, i);
            }
        }
    }
    scene->end_ms = fmin(now_ms(scene), scene->end_ms);
    for (int i = 0; i < scene->n; i++) {
        struct step *waits = scene->clients[i].waits;

        close(scene->clients[i].fd);
        if (waits) {
            waits->lasted_ms = scene->end_ms - waits->begin_ms;
            add_step(scene, i, "never")->begin_ms = scene->end_ms;
        }
    }
}

/* ---- what strace has logged, call by call, and whom each was for ---------
 *
 * A line is "PID TIME call(arguments) = result <seconds>"; or it comes in two
 * pieces, between which others called: "call(arguments <unfinished ...>" and
 * "<... call resumed>) = result <seconds>". With -y a descriptor is written
 * "4<socket:[106813]>": whichever thread or process has it, and by whatever
 * number, it is the same client's.
 */

/* What has been read. */
struct log {
    /* Threads and processes of the server, from 1 on as they took part. */
    struct thread {
        int pid;
        struct step *call; /* that is under way, or NULL */
    } threads[THREADS_MAX];
    const char *connected;                        /* clients, as they did */
    unsigned long sockets[SCENE_CLIENTS_MAX + 1]; /* theirs, as accepted */
    int nsockets;                                 /* how many of them are */
    struct step *steps; /* in the order of their begin */
    size_t n;           /* how many */
};

/* Returns NULL if they are too many. */
static struct thread *
find_thread(struct log *log, int pid)
{
    for (int i = 0; i < THREADS_MAX; i++) {
        if (log->threads[i].pid == pid || log->threads[i].pid == 0) {
            log->threads[i].pid = pid;
            return &log->threads[i];
        }
    }
    return NULL;
}

/* The call of a thread is over, if that is what stands behind its name. */
static void
end_call(struct log *log, struct thread *thread, const char *text)
{
    struct step *step = thread->call;
    const char *time = strrchr(text, '<');
    const char *result = time;
    unsigned long socket;
    double s;

    while (result && result > text && strncmp(result, " = ", 3) != 0) {
        result--;
    }
    if (!step || !time || result == text || sscanf(time, "<%lf>", &s) != 1) {
        return;
    }
    thread->call = NULL;
    step->lasted_ms = s * 1e3;
    sscanf(result, " = %lf", &step->result);
    if (step->begin_ms + step->lasted_ms < 0) {
        /* Over before the scene: forgotten, however much it is. */
        log->n -= step == &log->steps[log->n - 1];
    } else if (strncmp(step->call, "accept", 6) == 0 &&
               log->connected[log->nsockets] != '\0' &&
               sscanf(result, " = %*d<socket:[%lu]", &socket) == 1) {
        /* Who was connected first is accepted first. */
        step->client[0] = log->connected[log->nsockets];
        log->sockets[log->nsockets++] = socket;
    }
}

static void
begin_call(struct log *log, struct thread *thread, struct step call,
           const char *text)
{
    unsigned long socket = 0;

    if (sscanf(text, "%*d<socket:[%lu]", &socket) != 1) {
        sscanf(text, "%*d<%*[^>]>, EPOLL_CTL_%*[A-Z], %*d<socket:[%lu]",
               &socket);
    }
    for (int i = 0; i < log->nsockets; i++) {
        if (log->sockets[i] == socket) {
            call.client[0] = log->connected[i];
        }
    }
    thread->call = &log->steps[log->n++];
    *thread->call = call;
    end_call(log, thread, text);
}

size_t
scene_read(FILE *file, double begin_s, double end_ms, const char *connected,
           struct step steps[SCENE_STEPS_MAX])
{
    struct log log = {.connected = connected, .steps = steps};
    static char line[LOG_BYTES];
    size_t n = 0;

    while (fgets(line, sizeof line, file)) {
        struct step call = {.lasted_ms = NAN, .result = NAN};
        struct thread *thread;
        int pid, resumed = 0, begun = 0;
        double s;

        if (sscanf(line, "%d %lf %23[a-z0-9_](%n", &pid, &s, call.call,
                   &begun) < 2 ||
            !(thread = find_thread(&log, pid))) {
            continue;
        }
        sscanf(line, "%*d %*f <... %*[a-z0-9_] resumed>%n", &resumed);
        call.thread = (int)(thread - log.threads) + 1;
        call.begin_ms = (s - begin_s) * 1e3;
        if (resumed > 0) {
            end_call(&log, thread, line + resumed);
        } else if (begun > 0 && log.n < SCENE_STEPS_MAX) {
            begin_call(&log, thread, call, line + begun);
        }
    }
    for (size_t i = 0; i < log.n; i++) {
        struct step step = steps[i];
        double end = fmin(step.begin_ms + step.lasted_ms, end_ms);

        if (end >= 0 && step.begin_ms < end_ms) {
            step.result = end < end_ms ? step.result : NAN;
            step.begin_ms = fmax(step.begin_ms, 0);
            step.lasted_ms = end - step.begin_ms;
            steps[n++] = step;
        }
    }
    return n;
}

/* ---- one server after the other ---------------------------------------- */

/* Play it with one server. Returns NULL, or what was wrong with that. */
static const char *
trace(struct scene *scene, const char *path)
{
    const char *strace[] = {"strace", "-f",   "-q", "-q", "-ttt", "-T", "-y",
                            "-e",     traced, "-o", path, "--",   NULL};
    struct server *server = &scene->turn->server;
    const char *why = strace_start(scene->turn, strace);
    FILE *log;

    if (why) {
        return why;
    }
    turn_settle(scene->turn);
    play(scene);
    server_stop(server);
    log = fopen(path, "re");
    if (log) {
        scene->nsteps +=
            scene_read(log, (double)scene->begin_ns / NS_PER_S, scene->end_ms,
                       scene->connected, scene->steps + scene->nsteps);
        fclose(log);
    }
    for (size_t i = 0; i < scene->nsteps; i++) {
        PUT(scene->steps[i].model, "%s", scene->turn->contender->name);
        lives_keep(scene->turn->lives, RECORD_STEP, &scene->steps[i]);
    }
    if (server->end.early) {
        return server->reason;
    }
    return scene->echoed || scene->fault ? scene->fault
                                         : "it answered nobody";
}

int
scene_run(struct lives *lives)
{
    static struct plan_cell cell = {.scenario.name = "trace"};
    const struct options *options = lives->options;
    bool alone = options->mode->bit == MODE_TRACE;
    int failed = 0;

    cell.scenario.load.handshake = options->handshake;
    cell.layout.server = lives->plan->allowed;
    sched_setaffinity(0, sizeof cell.layout.server, &cell.layout.server);
    lives_enter_cell(lives, &cell);
    /* The yardstick comes last, and has no part in it. */
    for (struct turn *turn = lives->turns;
         turn < lives->turns_end - 1 && !lives->interrupted; turn++) {
        const struct contender *contender = turn->contender;
        struct scene scene = {.turn = turn, .n = options->clients};
        bool able = (contender->path || contender->command) && !turn->over;
        char path[4096];
        const char *why;

        /* strace would start a program that "!" or "|" begins. */
        PUT(path, "%s%s/%s.strace", options->out[0] == '/' ? "" : "./",
            options->out, contender->name);
        why = able                 ? trace(&scene, path)
              : contender->command ? "left out: only our own servers greet"
                                   : "left out: it is not built";
        if (able && !alone) {
            unlink(path);
        } else if (alone && why && !lives->interrupted) {
            warnx("%s: %s", contender->name, why);
            failed += able;
        }
        if (why && strncmp(why, "strace ", 7) == 0) {
            return -1;
        }
    }
    return failed;
}
