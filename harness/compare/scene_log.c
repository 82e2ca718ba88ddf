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
    TASKS_MAX = 256,   /* threads and processes, told from each other */
    LOG_BYTES = 16384, /* of one line */
};

/* A thread or a process. */
struct task {
    int pid;           /* its own */
    int number;        /* as they took part, from 1; 0: it has not yet */
    struct step *call; /* in which it is, or NULL */
};

/* What has been read. */
struct log {
    struct task tasks[TASKS_MAX]; /* in the order of their first calls */
    int ntasks;                   /* how many */
    const char *connected;        /* clients, as they did */
    unsigned long sockets[SCENE_CLIENTS_MAX + 1]; /* theirs, as accepted */
    size_t nsockets;                              /* how many of them are */
    struct step *steps; /* in the order of their begin */
    size_t n;           /* how many */
};

static struct task *
find_task(struct log *log, int pid)
{
    int i = 0;

    while (i < log->ntasks && log->tasks[i].pid != pid) {
        i++;
    }
    if (i == log->ntasks && i < TASKS_MAX) {
        log->tasks[log->ntasks++].pid = pid;
    }
    return i < TASKS_MAX ? &log->tasks[i] : NULL;
}

/* The call of a task is over, if that is what stands behind its name. */
static void
end_call(struct log *log, struct task *task, const char *text)
{
    struct step *step = task->call;
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
    task->call = NULL;
    step->lasted_ms = s * 1e3;
    sscanf(result, " = %lf", &step->result);
    if (step->begin_ms + step->lasted_ms < 0) {
        /* Over before the scene: forgotten, however much it is. */
        log->n -= step == &log->steps[log->n - 1];
    } else if (strncmp(step->call, "accept", 6) == 0 &&
               log->nsockets < SCENE_CLIENTS_MAX + 1 &&
               log->connected[log->nsockets] != '\0' &&
               sscanf(result, " = %*d<socket:[%lu]", &socket) == 1) {
        /* Who was connected first is accepted first. */
        step->client[0] = log->connected[log->nsockets];
        log->sockets[log->nsockets++] = socket;
    }
}

static void
begin_call(struct log *log, struct task *task, const char *name,
           const char *text, double now_ms)
{
    struct step *step = &log->steps[log->n++];
    unsigned long socket = 0;

    *step = (struct step){.thread = (int)(task - log->tasks),
                          .begin_ms = now_ms,
                          .lasted_ms = NAN,
                          .result = NAN};
    memcpy(step->call, name, sizeof step->call);
    if (sscanf(text, "%*d<socket:[%lu]", &socket) != 1) {
        sscanf(text, "%*d<%*[^>]>, EPOLL_CTL_%*[A-Z], %*d<socket:[%lu]",
               &socket);
    }
    for (size_t i = 0; i < log->nsockets; i++) {
        if (log->sockets[i] == socket) {
            step->client[0] = log->connected[i];
        }
    }
    task->call = step;
    end_call(log, task, text);
}

size_t
scene_read(FILE *file, double begin_s, double end_ms, const char *connected,
           struct step steps[SCENE_STEPS_MAX])
{
    struct log log = {.connected = connected, .steps = steps};
    static char line[LOG_BYTES];
    int threads = 0;
    size_t n = 0;

    while (fgets(line, sizeof line, file)) {
        char name[sizeof steps->call] = "";
        int pid, behind = 0;
        double s;
        int found = sscanf(line, "%d %lf %n<... %*[a-z0-9_] resumed>%n", &pid,
                           &s, &behind, &behind);
        struct task *task = found == 2 ? find_task(&log, pid) : NULL;

        if (task && line[behind - 1] == '>') {
            end_call(&log, task, line + behind);
        } else if (task && log.n < SCENE_STEPS_MAX &&
                   sscanf(line, "%*d %*f %23[a-z0-9_](%n", name, &behind) ==
                       1 &&
                   line[behind - 1] == '(') {
            begin_call(&log, task, name, line + behind, (s - begin_s) * 1e3);
        }
    }
    for (size_t i = 0; i < log.n; i++) {
        struct step step = steps[i];
        struct task *task = &log.tasks[step.thread];
        double end = fmin(step.begin_ms + step.lasted_ms, end_ms);

        if (end >= 0 && step.begin_ms < end_ms) {
            task->number = task->number > 0 ? task->number : ++threads;
            step.thread = task->number;
            step.result = end < end_ms ? step.result : NAN;
            step.begin_ms = fmax(step.begin_ms, 0);
            step.lasted_ms = end - step.begin_ms;
            steps[n++] = step;
        }
    }
    return n;
}
