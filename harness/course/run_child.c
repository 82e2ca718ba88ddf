/*
 * run_child.c: where we are; programs that are run, and what they print. See
 * course.h.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/course/course.h"

#define TURN_MS 50 /* between looks at the time, and at Ctrl-C */

const char *const course_models[COURSE_MODELS] = {
    "blocking", "threaded", "selectloop", "coroutine", "libevent"};

volatile sig_atomic_t course_interrupted;

int
course_model(const char *name)
{
    for (int i = 0; i < COURSE_MODELS; i++) {
        if (strcmp(course_models[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

const char *
course_bin(void)
{
    static char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    char *slash = n > 0 ? memrchr(path, '/', (size_t)n) : NULL;

    if (!slash) {
        return "build/bin";
    }
    *slash = '\0';
    return path;
}

/* The second Ctrl-C ends us; who we started is in groups of their own, and
 * dies with us. */
static void
interrupt(int number)
{
    if (course_interrupted) {
        _exit(128 + number);
    }
    course_interrupted = 1;
}

const char *
course_build(void)
{
    static char build[PATH_MAX];
    const char *inside = strstr(course_bin(), "/build/");

    snprintf(build, sizeof build, "%s", inside ? inside + 1 : course_bin());
    *strrchr(build, '/') = '\0';
    return build;
}

const char *
course_begin(const char *path)
{
    static char whole_path[PATH_MAX];
    const char *inside = strstr(course_bin(), "/build/");
    char top[PATH_MAX];

    signals_catch(interrupt);
    path = path && realpath(path, whole_path) ? whole_path : path;
    snprintf(top, sizeof top, "%.*s", (int)(inside - course_bin()),
             course_bin());
    if (inside && chdir(top) != 0) {
        err(COURSE_CANNOT, "%s", top);
    }
    return path;
}

FILE *
course_file(const char *name, const char *mode, char path[CHILD_LINE_BYTES])
{
    FILE *file;

    snprintf(path, CHILD_LINE_BYTES, "%s/course", course_build());
    mkdir(path, 0777);
    text_append(path, CHILD_LINE_BYTES, "/", "%s", name);
    file = fopen(path, mode);
    if (!file) {
        err(COURSE_CANNOT, "%s", path);
    }
    return file;
}

/* ---- command lines ----------------------------------------------------- */

void
child_word(struct child *child, const char *format, ...)
{
    char *word = child->room + child->used;
    size_t left = sizeof child->room - child->used;
    va_list arguments;

    va_start(arguments, format);
    if (child->nwords < CHILD_WORDS_MAX - 1 && left > 1) {
        vsnprintf(word, left, format, arguments);
        child->used += strlen(word) + 1;
        child->words[child->nwords++] = word;
    }
    va_end(arguments);
}

void
child_words(struct child *child, const char *text)
{
    while (*(text += strspn(text, " ")) != '\0') {
        int length = (int)strcspn(text, " ");

        child_word(child, "%.*s", length, text);
        text += length;
    }
}

void
child_show(FILE *stream, const struct child *child, const char *end)
{
    fputs("  $", stream);
    for (int i = 0; i < child->nwords; i++) {
        fprintf(stream, " %s", child->words[i]);
    }
    fprintf(stream, "%s\n", end);
    fflush(stream);
}

/* ---- from fork to the end ---------------------------------------------- */

/* What a line for sh, make and the tests want to know; but nothing of the
 * make that may have started us. */
static void
set_environment(void)
{
    const char *variant = strchr(course_build(), '/');

    setenv("BIN", course_bin(), 1);
    setenv("FIVEWAYS_BIN", course_bin(), 1);
    setenv("VARIANT", variant ? variant + 1 : "", 1);
    setenv("FIVEWAYS_VARIANT", variant ? variant + 1 : "", 1);
    unsetenv("MAKEFLAGS");
}

int
child_start(struct child *child)
{
    pid_t parent = getpid();
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) != 0) {
        return -1;
    }
    child->pid = fork();
    if (child->pid == 0) {
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(fds[1], STDOUT_FILENO);
        set_environment();
        if (getppid() == parent) {
            execvp(child->words[0], (char *const *)child->words);
            perror(child->words[0]);
        }
        _exit(127);
    }
    close(fds[1]);
    child->output_fd = fds[0];
    if (child->pid == -1) {
        close(fds[0]);
        return -1;
    }
    setpgid(child->pid, child->pid); /* whoever of us runs first */
    return 0;
}

/* A character at a time, so that lines can be indented and the last one be
 * known; of one that is too long the end is not kept. */
static void
hand_on(struct child *child, char c)
{
    if (child->stream) {
        fputs(child->inside || c == '\n' ? "" : "    ", child->stream);
        fputc(c, child->stream);
    }
    child->inside = c != '\n';
    if (child->inside) {
        text_append(child->line, sizeof child->line, "", "%c", c);
    } else if (child->line[0] != '\0') {
        memcpy(child->last, child->line, sizeof child->last);
        child->line[0] = '\0';
    }
}

/* What it has printed; at the end of that it is over. */
static void
take_output(struct child *child)
{
    char text[4096];
    ssize_t n = read(child->output_fd, text, sizeof text);

    for (ssize_t i = 0; i < n; i++) {
        hand_on(child, text[i]);
    }
    if (n <= 0) {
        if (child->inside) {
            hand_on(child, '\n');
        }
        close(child->output_fd);
        child->output_fd = -1;
    }
    if (child->stream) {
        fflush(child->stream);
    }
}

bool
child_wait(struct child *child, int most_ms)
{
    int64_t end_ms = clock_now_ms() + most_ms;

    while (child->output_fd != -1 && !course_interrupted) {
        int left_ms = (int)(end_ms - clock_now_ms());
        struct pollfd printed = {.fd = child->output_fd, .events = POLLIN};

        if (left_ms <= 0) {
            break;
        }
        if (poll(&printed, 1, left_ms < TURN_MS ? left_ms : TURN_MS) > 0) {
            take_output(child);
        }
    }
    return child->output_fd == -1;
}

int
child_end(struct child *child, int most_ms)
{
    bool over = child_wait(child, most_ms);
    int status = 0;

    if (!over) {
        kill(-child->pid, SIGKILL);
        close(child->output_fd);
    }
    TEMP_FAILURE_RETRY(waitpid(child->pid, &status, 0));
    return over && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int
child_line(const char *line, int most_ms, FILE *stream,
           char last[CHILD_LINE_BYTES])
{
    struct child child = {
        .words = {"sh", "-c", line}, .nwords = 3, .stream = stream};
    int status = -1;

    if (stream) {
        fprintf(stream, "  $ %s\n", line);
        fflush(stream);
    }
    if (child_start(&child) == 0) {
        status = child_end(&child, most_ms);
    }
    if (last) {
        memcpy(last, child.last, sizeof child.last);
    }
    return status;
}
