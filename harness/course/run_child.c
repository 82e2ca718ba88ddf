/*
 * run_child.c: programs that are run, and what they print. See course.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/course/course.h"

enum {
    TURN_MS = 50, /* between looks at the time, and at Ctrl-C */
};

volatile sig_atomic_t course_interrupted;

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

void
course_catch(void)
{
    signals_catch(interrupt);
}

const char *
course_top(void)
{
    static char top[PATH_MAX];
    char *slash = top;

    if (top[0] == '\0') {
        snprintf(top, sizeof top, "%s", course_bin());
        while (slash) {
            char makefile[PATH_MAX + 10];

            snprintf(makefile, sizeof makefile, "%s/Makefile", top);
            if (access(makefile, R_OK) == 0) {
                return top;
            }
            slash = strrchr(top, '/');
            if (slash) {
                *slash = '\0';
            }
        }
        strcpy(top, "."); /* installed: there is none */
    }
    return top;
}

const char *
course_build(void)
{
    static char build[PATH_MAX];
    size_t top = strlen(course_top());
    bool inside = strncmp(course_bin(), course_top(), top) == 0;
    char *slash;

    snprintf(build, sizeof build, "%s",
             inside ? course_bin() + top + 1 : course_bin());
    slash = strrchr(build, '/');
    if (slash) {
        *slash = '\0';
    }
    return build;
}

/* ---- command lines ----------------------------------------------------- */

void
child_word(struct child *child, const char *word)
{
    if (child->nwords < CHILD_WORDS_MAX - 1) {
        child->words[child->nwords++] = word;
    }
}

void
child_words(struct child *child, const char *text,
            char room[CHILD_LINE_BYTES])
{
    char *rest;

    snprintf(room, CHILD_LINE_BYTES, "%s", text);
    for (char *word = strtok_r(room, " ", &rest); word;
         word = strtok_r(NULL, " ", &rest)) {
        child_word(child, word);
    }
}

void
child_show(FILE *stream, const char *const *words, const char *end)
{
    size_t top = strlen(course_top());

    fputs("  $", stream);
    for (; *words; words++) {
        const char *word = *words;

        if (strncmp(word, course_top(), top) == 0 && word[top] == '/') {
            word += top + 1;
        }
        fprintf(stream, strchr(word, ' ') ? " '%s'" : " %s", word);
    }
    fprintf(stream, "%s\n", end);
    fflush(stream);
}

/* ---- from fork to the end ---------------------------------------------- */

int
child_start(struct child *child)
{
    pid_t parent = getpid();
    int fds[2];

    child->words[child->nwords] = NULL;
    if (pipe2(fds, O_CLOEXEC) != 0) {
        return -1;
    }
    child->pid = fork();
    if (child->pid == 0) {
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(fds[1], STDOUT_FILENO);
        if (getppid() != parent || chdir(course_top()) != 0 ||
            setenv("BIN", course_bin(), 1) != 0) {
            _exit(127);
        }
        execvp(child->words[0], (char *const *)child->words);
        perror(child->words[0]);
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

/* A line at a time, so that it can be indented and the last one be known; of
 * one that is too long the end is not kept. */
static void
hand_on(struct child *child, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (child->stream) {
            fputs(child->inside || text[i] == '\n' ? "" : "    ",
                  child->stream);
            fputc(text[i], child->stream);
        }
        child->inside = text[i] != '\n';
        if (child->inside) {
            text_append(child->line, sizeof child->line, "", "%c", text[i]);
        } else if (child->line[0] != '\0') {
            strcpy(child->last, child->line);
            child->line[0] = '\0';
        }
    }
    if (child->stream) {
        fflush(child->stream);
    }
}

bool
child_wait(struct child *child, int most_ms)
{
    int64_t end_ms = clock_now_ms() + most_ms;
    char text[4096];

    while (child->output_fd != -1 && !course_interrupted) {
        int left_ms = (int)(end_ms - clock_now_ms());
        struct pollfd printed = {.fd = child->output_fd, .events = POLLIN};
        ssize_t n;

        if (left_ms <= 0) {
            return false;
        }
        if (poll(&printed, 1, left_ms < TURN_MS ? left_ms : TURN_MS) < 1) {
            continue;
        }
        n = read(child->output_fd, text, sizeof text);
        if (n > 0) {
            hand_on(child, text, (size_t)n);
        } else {
            hand_on(child, "\n", child->inside);
            close(child->output_fd);
            child->output_fd = -1;
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
    int status = child_start(&child) == 0 ? child_end(&child, most_ms) : -1;

    if (last) {
        strcpy(last, child.last);
    }
    return status;
}
