/*
 * scene_log.c: what strace has logged of a server, call by call, and whom
 * each was for. See measure.h.
 *
 * A line is "PID TIME call(arguments) = result <seconds>"; or it comes in two
 * pieces, between which others called: "call(arguments <unfinished ...>" and
 * "<... call resumed>) = result <seconds>". So they stand in the order in
 * which descriptors became a client's, and were closed.
 */

#include "harness/compare/measure.h"

#include <limits.h>
#include <math.h>
#include <string.h>

enum {
    CALLS_MAX = 4000,  /* that are looked at */
    TASKS_MAX = 256,   /* threads and processes, told from each other */
    FILES_MAX = 256,   /* descriptors that may be a client's */
    LOG_BYTES = 16384, /* of one line */
};

/* A thread, with whose each descriptor is; that is the same for all threads
 * of a process, and in the beginning as it was for who made it. */
struct task {
    int pid;             /* 0: there is none */
    char *files;         /* letters of clients, of this or another task */
    char own[FILES_MAX]; /* ... of a process */
};

/* A call, and what else tells whom it was for. */
struct call {
    struct step step;  /* what is kept of it, with NAN where it goes on */
    struct task *task; /* whose it is */
    bool makes;        /* it makes a task */
    bool shares;       /* ... a thread, not a process */
};

/* What has been read. */
struct log {
    struct task tasks[TASKS_MAX]; /* in the order of their first calls */
    struct call calls[CALLS_MAX]; /* likewise */
    size_t n;                     /* of these */
    const char *connected;        /* clients that nobody has accepted yet */
};

static struct task *
find_task(struct log *log, int pid)
{
    struct task *task = log->tasks;

    while (task->pid != 0 && task->pid != pid &&
           task < &log->tasks[TASKS_MAX - 1]) {
        task++;
    }
    if (task->pid != 0) {
        return task;
    }
    *task = (struct task){.pid = pid, .files = task->own};
    for (const struct call *call = log->calls + log->n; call > log->calls;) {
        call--;
        if (call->makes &&
            (isnan(call->step.lasted_ms) || call->step.result == pid)) {
            memcpy(task->own, call->task->files, FILES_MAX);
            task->files = call->shares ? call->task->files : task->own;
            break;
        }
    }
    return task;
}

/* Fill in what stands behind a call's name, here or where it went on. */
static void
end_call(struct log *log, struct call *call, const char *text, double now_ms)
{
    struct step *step = &call->step;
    const char *time = strrchr(text, '<');
    const char *result = NULL;
    double s;

    for (const char *next = strstr(text, " = "); next;
         next = strstr(next + 1, " = ")) {
        result = next;
    }
    call->shares |= strstr(text, "CLONE_FILES") != NULL;
    if (!result || !(time > result) || sscanf(time, "<%lf>", &s) != 1) {
        return;
    }
    step->lasted_ms = s * 1e3;
    sscanf(result, " = %lf", &step->result);
    /* What was over before the scene is forgotten, however much it is. */
    if (call == &log->calls[log->n - 1] && !call->makes &&
        now_ms + step->lasted_ms < 0) {
        log->n--;
    }
    /* Before it closes what is its child's. */
    if (call->makes && step->result > 0 && step->result < INT_MAX) {
        find_task(log, (int)step->result);
    }
    /* Who was connected first is accepted first. */
    if (strncmp(step->call, "accept", 6) == 0 && step->result >= 0 &&
        step->result < FILES_MAX) {
        if (now_ms + step->lasted_ms >= 0 && *log->connected != '\0') {
            step->client[0] = *log->connected++;
        }
        call->task->files[(int)step->result] = step->client[0];
    }
}

static void
begin_call(struct log *log, int pid, const char *name, const char *text,
           double now_ms)
{
    struct task *task = find_task(log, pid);
    struct call *call = &log->calls[log->n++];
    int fd = -1;

    *call = (struct call){.task = task,
                          .makes = strncmp(name, "clone", 5) == 0 ||
                                   strstr(name, "fork")};
    call->step = (struct step){.thread = (int)(task - log->tasks) + 1,
                               .begin_ms = now_ms,
                               .lasted_ms = NAN,
                               .result = NAN};
    memcpy(call->step.call, name, sizeof call->step.call);
    /* The first number of select(2) is no descriptor. */
    if (sscanf(text, "%*d, EPOLL_CTL_%*[A-Z], %d", &fd) != 1 &&
        !strstr(name, "select")) {
        sscanf(text, "%d", &fd);
    }
    if (fd >= 0 && fd < FILES_MAX) {
        call->step.client[0] = task->files[fd];
        if (strcmp(name, "close") == 0) {
            task->files[fd] = '\0';
        }
    }
    end_call(log, call, text, now_ms);
}

static void
read_line(struct log *log, const char *line, double begin_s)
{
    struct call *call = log->calls + log->n;
    char name[sizeof call->step.call];
    int pid, behind = 0;
    double s;

    if (sscanf(line, "%d %lf %n", &pid, &s, &behind) != 2) {
        return;
    }
    line += behind;
    behind = 0;
    if (sscanf(line, "%23[a-z0-9_](%n", name, &behind) == 1 && behind > 0 &&
        log->n < CALLS_MAX) {
        begin_call(log, pid, name, line + behind, (s - begin_s) * 1e3);
    } else if (sscanf(line, "<... %23[a-z0-9_] resumed>%n", name, &behind) ==
                   1 &&
               behind > 0) {
        while (call-- > log->calls) {
            if (call->task->pid == pid && isnan(call->step.lasted_ms)) {
                end_call(log, call, line + behind, call->step.begin_ms);
                return;
            }
        }
    }
}

size_t
scene_read(FILE *file, double begin_s, double end_ms, const char *connected,
           struct step steps[SCENE_STEPS_MAX])
{
    static struct log log;
    static char line[LOG_BYTES];
    int numbers[TASKS_MAX + 1] = {0}, threads = 0;
    size_t n = 0;

    memset(&log, 0, sizeof log);
    log.connected = connected;
    while (fgets(line, sizeof line, file)) {
        read_line(&log, line, begin_s);
    }
    for (size_t i = 0; i < log.n && n < SCENE_STEPS_MAX; i++) {
        struct step *step = &log.calls[i].step;
        double end = fmin(step->begin_ms + step->lasted_ms, end_ms);

        if (end >= 0 && step->begin_ms < end_ms) {
            step->result = end < end_ms ? step->result : NAN;
            step->begin_ms = fmax(step->begin_ms, 0);
            step->lasted_ms = end - step->begin_ms;
            if (numbers[step->thread] == 0) {
                numbers[step->thread] = ++threads;
            }
            step->thread = numbers[step->thread];
            steps[n++] = *step;
        }
    }
    return n;
}
