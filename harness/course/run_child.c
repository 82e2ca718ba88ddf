/*
 * run_child.c: where we are; lines for sh that are run, and what they print.
 * See course.h.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/course/course.h"

enum {
    INDENT = 4,        /* of what a child prints */
    TURN_MS = 50,      /* between looks at the time, and at Ctrl-C */
    CHILD_MS = 600000, /* for what compare measures, or make builds */
};

volatile sig_atomic_t course_interrupted;
char child_last[CHILD_LINE_BYTES];

/* ---- where we are ------------------------------------------------------ */

const char *
course_bin(void)
{
    static char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);

    path[n > 0 ? n : 0] = '\0';
    if (!strstr(path, "/build/")) {
        errx(COURSE_CANNOT, "the course needs the sources around it; please "
                            "run it where it was built");
    }
    *strrchr(path, '/') = '\0';
    return path;
}

const char *
course_build(void)
{
    static char build[PATH_MAX];

    snprintf(build, sizeof build, "%s", strstr(course_bin(), "/build/") + 1);
    *strrchr(build, '/') = '\0';
    return build;
}

static void
interrupt(int number)
{
    (void)number;
    course_interrupted = 1;
}

void
course_begin(void)
{
    const char *variant = strchr(course_build(), '/');

    signals_catch(interrupt);
    /* What a line for sh and make want to know; but nothing of the make that
     * may have started us. */
    setenv("BIN", course_bin(), 1);
    setenv("VARIANT", variant ? variant + 1 : "", 1);
    unsetenv("MAKEFLAGS");
}

FILE *
course_file(const char *name, const char *mode, char path[CHILD_LINE_BYTES])
{
    snprintf(path, CHILD_LINE_BYTES, "%s/course", course_build());
    mkdir(path, 0777);
    text_append(path, CHILD_LINE_BYTES, "/", "%s", name);
    FILE *file = fopen(path, mode);
    if (!file) {
        err(COURSE_CANNOT, "%s", path);
    }
    return file;
}

/* ---- lines for sh ------------------------------------------------------ */

void
child_show(const char *line)
{
    printf("  $ %s\n", line);
    fflush(stdout);
}

/* A character at a time, so that lines can be indented and the last one be
 * known; of one that is too long the end is not kept. False: it is over. */
static bool
hand_on(int fd)
{
    static bool inside; /* of a line */
    char text[4096];
    ssize_t n = read(fd, text, sizeof text);

    for (ssize_t i = 0; i < n; i++) {
        if (!inside && text[i] != '\n') {
            printf("%*s", INDENT, "");
            child_last[0] = '\0';
        }
        putchar(text[i]);
        inside = text[i] != '\n';
        if (inside) {
            text_append(child_last, CHILD_LINE_BYTES, "", "%c", text[i]);
        }
    }
    if (n <= 0 && inside) {
        putchar('\n');
        inside = false;
    }
    fflush(stdout);
    return n > 0;
}

int
child_run(const char *line, void (*turn)(void))
{
    int64_t end_ms = clock_now_ms() + CHILD_MS;
    bool over = false;
    char columns[16];
    int status = 0;
    int fds[2];
    pid_t pid;

    PUT(columns, "%d", report_paper_of(stdout).width - INDENT);
    child_last[0] = '\0';
    if (pipe2(fds, O_CLOEXEC) != 0 || (pid = fork()) == -1) {
        err(COURSE_CANNOT, "%s", line);
    }
    if (pid == 0) {
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(fds[1], STDOUT_FILENO);
        setenv("COLUMNS", columns, 1);
        execl("/bin/sh", "sh", "-c", line, NULL);
        _exit(127);
    }
    close(fds[1]);
    setpgid(pid, pid); /* whoever of us runs first */
    while (!over && !course_interrupted && clock_now_ms() < end_ms) {
        struct pollfd printed = {.fd = fds[0], .events = POLLIN};

        over = poll(&printed, 1, TURN_MS) > 0 && !hand_on(fds[0]);
        if (turn) {
            turn();
        }
    }
    if (!over) {
        kill(-pid, SIGTERM); /* a suite ends its test, of another group */
        usleep(TURN_MS * 1000);
        kill(-pid, SIGKILL);
    }
    close(fds[0]);
    TEMP_FAILURE_RETRY(waitpid(pid, &status, 0));
    return over && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
