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
#include <sys/wait.h>
#include <time.h>
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
    struct turn *turn;  /* it */
    int talkers;        /* then comes who is silent */
    double begin_s;     /* CLOCK_REALTIME, as in the log */
    double end_ms;      /* from there on */
    const char *fault;  /* what was wrong with it, or NULL */
    int echoes;         /* that came */
    char connected[32]; /* who, one after the other */
    size_t nsteps;      /* of the clients */
    struct client clients[SCENE_CLIENTS_MAX]; /* they */
    struct step steps[9 * SCENE_CLIENTS_MAX]; /* what they did */
};

static double
now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double
now_ms(const struct scene *scene)
{
    return (now_s() - scene->begin_s) * 1e3;
}

/* When a client does what comes next: connect, speak, speak, leave; the first
 * one also connect and speak. INFINITY: never. */
static double
due_ms(const struct scene *scene, int client)
{
    int n = scene->talkers;
    double slots[] = {0, .5, n + 1, 2 * n + 1, 3 * n + 1, 3 * n + 1.5};
    int most = client == n ? 1 : client == 0 ? 6 : 4;
    int done = scene->clients[client].done;

    return done < most ? SLOT_MS * (client + slots[done]) : INFINITY;
}

static struct step *
add_step(struct scene *scene, int client, const char *call)
{
    struct step *step = &scene->steps[scene->nsteps++];

    step->begin_ms = now_ms(scene);
    step->client[0] = (char)('A' + client);
    step->result = NAN;
    snprintf(step->call, sizeof step->call, "%s", call);
    return step;
}

static void
speak(struct scene *scene, int i, const char *call)
{
    struct client *client = &scene->clients[i];

    client->waits = add_step(scene, i, call);
    client->owed = client->words;
    send(client->fd, client->words, strlen(client->words), MSG_NOSIGNAL);
}

/* Do what is due. */
static void
act(struct scene *scene, int i)
{
    struct client *client = &scene->clients[i];
    struct step *step;

    switch (client->done++ % 4) {
    case 0:
        step = add_step(scene, i, "connects");
        client->fd = server_connect(&scene->turn->server, SLOT_MS);
        step->lasted_ms = now_ms(scene) - step->begin_ms;
        if (client->fd == -1) {
            scene->fault = "it cannot be connected to";
            client->done = INT8_MAX;
            return;
        }
        step->result = 0;
        scene->connected[strlen(scene->connected)] = step->client[0];
        strcpy(client->words, "hello\n");
        if (scene->turn->scenario->load.handshake) {
            speak(scene, i, "greets");
        }
        return;
    case 3:
        add_step(scene, i, "leaves")->result = 0;
        close(client->fd);
        client->fd = -1;
        return;
    default:
        snprintf(client->words, sizeof client->words, "%c says %c\n", 'A' + i,
                 '0' + client->done);
        speak(scene, i, "says");
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
        add_step(scene, i, "ends")->result = 0;
        close(client->fd);
        *client = (struct client){.fd = -1, .done = INT8_MAX};
        return;
    }
    client->owed += n;
    if (*client->owed == '\0') {
        scene->echoes++;
        add_step(scene, i, "echo")->result = 0;
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
    double now = 0;

    scene->begin_s = now_s();
    scene->end_ms = SLOT_MS * (3 * scene->talkers + 1.5 + LAST_SLOTS);
    for (int i = 0; i < n; i++) {
        scene->clients[i].fd = -1;
    }
    while (now < scene->end_ms && !scene->turn->lives->interrupted &&
           !server_has_ended(&scene->turn->server)) {
        double next = scene->end_ms;

        for (int i = 0; i < n; i++) {
            struct client *client = &scene->clients[i];

            if (!client->waits && due_ms(scene, i) <= now) {
                act(scene, i);
            }
            next = client->waits ? next : fmin(next, due_ms(scene, i));
            ready[i] = (struct pollfd){.fd = client->fd, .events = POLLIN};
        }
        poll(ready, (nfds_t)n, (int)ceil(fmax(next - now_ms(scene), 0)));
        for (int i = 0; i < n; i++) {
            if (ready[i].revents != 0) {
                hear(scene, i);
            }
        }
        now = now_ms(scene);
    }
    scene->end_ms = now = fmin(now, scene->end_ms);
    for (int i = 0; i < n; i++) {
        struct step *waits = scene->clients[i].waits;

        if (waits) {
            waits->lasted_ms = now - waits->begin_ms;
            add_step(scene, i, "never")->begin_ms = now;
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
    const char *words[] = {"strace", "-f", "-q",   "-q", "-ttt", "-T", "-s",
                           "32",     "-e", traced, "-o", path,   "--", NULL};
    struct turn *turn = scene->turn;
    struct server *server = &turn->server;
    const char *command = turn->contender->command;

    if (command && strpbrk(command, SERVER_SHELL_SIGNS)) {
        return "a command for the shell cannot be put under strace";
    }
    unlink(path);
    if (turn_start_server(turn, words, reason) != 0) {
        return reason;
    }
    /* Not strace must come to rest, but what it runs. */
    proc_children(server->pid, &server->pid, 1);
    turn_settle(turn);
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
    static struct step steps[SCENE_STEPS_MAX];
    FILE *log = fopen(path, "re");
    size_t n = log ? scene_read(log, scene->begin_s, scene->end_ms,
                                scene->connected, steps)
                   : 0;

    for (size_t i = 0; i < n + scene->nsteps; i++) {
        struct step *step = i < n ? &steps[i] : &scene->steps[i - n];

        snprintf(step->model, sizeof step->model, "%s",
                 scene->turn->contender->name);
        lives_keep(scene->turn->lives, RECORD_STEP, step);
    }
    if (log) {
        fclose(log);
    }
    if (n == SCENE_STEPS_MAX &&
        scene->turn->lives->options->mode->bit == MODE_TRACE) {
        warnx("%s: only its first %zu calls are kept",
              scene->turn->contender->name, n);
    }
}

/* Why it cannot be seen what a server calls, whichever it is; or NULL. */
static const char *
blind(const struct server *server)
{
    return server->end.wait_status == W_EXITCODE(127, 0)
               ? "strace is not installed (on Debian: apt-get install strace)"
           : strncmp(server->errors, "strace: ", 8) == 0 &&
                   strstr(server->errors, "ptrace")
               ? "strace may not trace here, as in some containers (docker: "
                 "--cap-add=SYS_PTRACE)"
               : NULL;
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
        const char *why;

        if (strcmp(next->name, RESULTS_YARDSTICK) == 0) {
            continue;
        }
        if ((!next->path && !next->command) ||
            !contender_offers(next, &cell.scenario)) {
            if (alone) {
                warnx("%s is left out: it is not built, or knows no "
                      "--handshake",
                      next->name);
            }
            continue;
        }
        *turn = (struct turn){
            .lives = lives, .contender = next, .scenario = &cell.scenario};
        scene = (struct scene){.turn = turn, .talkers = options->clients - 1};
        /* strace takes "!" or "|" at the beginning for a command. */
        snprintf(path, sizeof path, "%s%s/%s.strace",
                 options->out[0] == '/' ? "" : "./", options->out,
                 next->name);
        why = trace(&scene, path, reason);
        if (why && blind(&turn->server)) {
            if (alone) {
                warnx("%s", blind(&turn->server));
            }
            return -1;
        }
        keep(&scene, path);
        if (!alone) {
            unlink(path);
        } else if (why && !lives->interrupted) {
            warnx("%s: %s", next->name, why);
            failed++;
        }
    }
    return failed;
}
