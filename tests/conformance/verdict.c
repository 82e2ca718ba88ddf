/* verdict.c: see verdict.h. */
#include "tests/conformance/verdict.h"

#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/models.h"

static const char *subject_model = "no server";
static pid_t subject_pid = -1;
static int subject_stderr_fd = -1;

static void (*before_failure)(void);

/* What was going on, "" if nobody said so. */
static char context[256];

enum {
    INCONCLUSIVE_MAX = 64, /* names that are remembered */
};

/* The tests that were inconclusive. Shared with the processes that Check
 * forks for the tests. */
static struct inconclusive {
    atomic_int count;                 /* how many */
    char names[INCONCLUSIVE_MAX][64]; /* of the first ones */
} * inconclusive;

void
verdict_subject(const char *model, pid_t server_pid, int stderr_fd)
{
    subject_model = model;
    subject_pid = server_pid;
    subject_stderr_fd = stderr_fd;
}

void
verdict_before_failure(void (*act)(void))
{
    before_failure = act;
}

void
verdict_context(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is not */
    vsnprintf(context, sizeof context, format, arguments);
    va_end(arguments);
}

/* Copy the last line of standard error to `line`, "" if there is none. */
static void
last_words(char *line, size_t line_bytes)
{
    char tail[512];
    struct stat status;
    off_t from = 0;
    ssize_t nread;
    char *newline;

    line[0] = '\0';
    if (subject_stderr_fd < 0 || fstat(subject_stderr_fd, &status) != 0) {
        return;
    }
    if (status.st_size > (off_t)sizeof tail - 1) {
        from = status.st_size - ((off_t)sizeof tail - 1);
    }
    nread = pread(subject_stderr_fd, tail, sizeof tail - 1, from);
    while (nread > 0 && tail[nread - 1] == '\n') {
        nread--;
    }
    if (nread <= 0) {
        return;
    }
    tail[nread] = '\0';
    newline = strrchr(tail, '\n');
    snprintf(line, line_bytes, "%s", newline == NULL ? tail : newline + 1);
}

/* Write how the server ended; "" while it lives and once it is waited for. */
static void
last_status(char *text, size_t text_bytes)
{
    siginfo_t end = {0};

    text[0] = '\0';
    if (subject_pid <= 0 ||
        waitid(P_PID, (id_t)subject_pid, &end, WEXITED | WNOHANG | WNOWAIT) !=
            0 ||
        end.si_pid == 0) {
        return;
    }
    if (end.si_code == CLD_EXITED) {
        snprintf(text, text_bytes, "; the server has ended with status %d",
                 end.si_status);
    } else {
        snprintf(text, text_bytes, "; the server has died of signal %d, %s",
                 end.si_status, strsignal(end.si_status));
    }
}

const char *
verdict_calls(void)
{
    static char text[1024];
    char command[160];
    size_t nread = 0;

    snprintf(command, sizeof command,
             "timeout 1 strace -f -p %d 2>&1 | grep -om 4 '[a-z_0-9]*(.*) = "
             ".*' | cut -c-160 | sed 's/^/calls: /; s/ ([A-Z].*)$//'",
             (int)subject_pid);
    /* NOLINTNEXTLINE(cert-env33-c): a command of our own */
    FILE *calls = popen(command, "re");
    if (calls != NULL) {
        text[0] = '\n';
        nread = fread(text + 1, 1, sizeof text - 2, calls);
        pclose(calls);
    }
    text[nread > 0 ? nread : 0] = '\0'; /* no newline at the end */
    return text;
}

const char *
verdict(const char *format, ...)
{
    static char message[2048];
    char what[1024];
    char status[80];
    char words[512];
    va_list arguments;

    if (before_failure) {
        before_failure();
    }
    va_start(arguments, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is not */
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    last_status(status, sizeof status);
    last_words(words, sizeof words);
    snprintf(message, sizeof message, "%s: %s%s%s%s%s%s", subject_model, what,
             status,
             words[0] == '\0' ? "" : "; its standard error ends: ", words,
             context[0] == '\0' ? "" : "; in ", context);
    return message;
}

void
verdict_begin(void)
{
    if (inconclusive == NULL) {
        inconclusive =
            mmap(NULL, sizeof *inconclusive, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (inconclusive == MAP_FAILED) {
            perror("conformance: mmap");
            exit(1);
        }
    }
    atomic_store(&inconclusive->count, 0);
}

void
verdict_inconclusive(const char *test, const char *reason)
{
    /* Check has put "_fn" behind the name that START_TEST was given. */
    int name_bytes = (int)(strlen(test) - strlen("_fn"));

    printf("skipped: %s: %.*s: %s\n", model_current()->name, name_bytes, test,
           reason);
    fflush(stdout);
    int number = atomic_fetch_add(&inconclusive->count, 1);
    if (number < INCONCLUSIVE_MAX) {
        snprintf(inconclusive->names[number],
                 sizeof inconclusive->names[number], "%.*s", name_bytes,
                 test);
    }
}

int
verdict_inconclusive_count(void)
{
    return atomic_load(&inconclusive->count);
}

bool
verdict_was_inconclusive(const char *test)
{
    int count = verdict_inconclusive_count();
    int i;

    for (i = 0; i < count && i < INCONCLUSIVE_MAX; i++) {
        if (strcmp(inconclusive->names[i], test) == 0) {
            return true;
        }
    }
    return false;
}
