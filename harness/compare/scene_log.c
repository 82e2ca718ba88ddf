/*
 * scene_log.c: what strace has logged of a server, call by call, and whom
 * each was for. See measure.h.
 *
 * A line is "PID TIME call(arguments) = result <seconds>"; or it comes in two
 * pieces, between which others called: "call(arguments <unfinished ...>" and
 * "<... call resumed>) = result <seconds>". With -y a descriptor is written
 * "4<socket:[106813]>": whichever thread or process has it, and by whatever
 * number, it is the same client's.
 */

#include "harness/compare/measure.h"

#include <math.h>
#include <string.h>

enum {
    THREADS_MAX = 256, /* and processes, told from each other */
    LOG_BYTES = 16384, /* of one line */
};

/* What has been read. */
struct log {
    int pids[THREADS_MAX];                        /* of thread 1, 2 ... */
    const char *connected;                        /* clients, as they did */
    unsigned long sockets[SCENE_CLIENTS_MAX + 1]; /* theirs, as accepted */
    int nsockets;                                 /* how many of them are */
    struct step *steps; /* in the order of their begin */
    size_t n;           /* how many */
};

/* Returns its number, or 0. */
static int
find_thread(struct log *log, int pid)
{
    for (int i = 0; i < THREADS_MAX; i++) {
        if (log->pids[i] == pid || log->pids[i] == 0) {
            log->pids[i] = pid;
            return i + 1;
        }
    }
    return 0;
}

/* The call of a thread is over, if that is what stands behind its name. */
static void
end_call(struct log *log, int thread, const char *text)
{
    struct step *step = log->steps + log->n;
    const char *time = strrchr(text, '<');
    const char *result = time;
    unsigned long socket;
    double s;

    do {
        if (step-- == log->steps) {
            return;
        }
    } while (step->thread != thread || !isnan(step->lasted_ms));
    while (result && result > text && strncmp(result, " = ", 3) != 0) {
        result--;
    }
    if (!time || result == text || sscanf(time, "<%lf>", &s) != 1) {
        return;
    }
    step->lasted_ms = s * 1e3;
    sscanf(result, " = %lf", &step->result);
    if (step->begin_ms + step->lasted_ms < 0) {
        /* Over before the scene: forgotten, however much it is. */
        log->n -= step == &log->steps[log->n - 1];
    } else if (strncmp(step->call, "accept", 6) == 0 &&
               log->nsockets <= SCENE_CLIENTS_MAX &&
               log->connected[log->nsockets] != '\0' &&
               sscanf(result, " = %*d<socket:[%lu]", &socket) == 1) {
        /* Who was connected first is accepted first. */
        step->client[0] = log->connected[log->nsockets];
        log->sockets[log->nsockets++] = socket;
    }
}

static void
begin_call(struct log *log, struct step call, const char *text)
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
    log->steps[log->n++] = call;
    end_call(log, call.thread, text);
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
        int pid, resumed = 0, begun = 0;
        double s;

        if (sscanf(line, "%d %lf %23[a-z0-9_](%n", &pid, &s, call.call,
                   &begun) < 2) {
            continue;
        }
        sscanf(line, "%*d %*f <... %*[a-z0-9_] resumed>%n", &resumed);
        call.thread = find_thread(&log, pid);
        call.begin_ms = (s - begin_s) * 1e3;
        if (resumed > 0) {
            end_call(&log, call.thread, line + resumed);
        } else if (begun > 0 && call.thread > 0 && log.n < SCENE_STEPS_MAX) {
            begin_call(&log, call, line + begun);
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
