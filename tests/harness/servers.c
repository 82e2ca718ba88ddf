/*
 * servers.c: start a program, read what it says, wait for its end.
 */
#include "tests/harness/servers.h"

#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/base.h"
#include "tests/unit/run_suite.h"

enum {
    LOAD_MS = 60000, /* for a whole run of load */
};

struct process server;
struct process load;
char target[64];
in_port_t target_port;

/* ---- a program --------------------------------------------------------- */

/* Become a shell that becomes the program at `path`, behind the words of
 * `through`; it has the argument `first`, if that is not NULL, and the words
 * of `flags`. Of words the shell only takes the blanks away: -f. */
static _Noreturn void
become(const char *through, const char *path, const char *flags,
       const char *first, pid_t parent)
{
    struct sigaction fresh = {.sa_handler = SIG_DFL};
    sigset_t none;
    for (int i = 1; i < NSIG; i++) {
        sigaction(i, &fresh, NULL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent) {
        execl("/bin/sh", "sh", "-fc", "exec $1 \"$2\" ${4+\"$4\"} $3", "sh",
              through, path, flags, first, NULL);
    }
    _exit(127);
}

/* Start the program of that name, which is looked for where the Makefile puts
 * them. */
static void
start(struct process *process, const char *through, const char *name,
      const char *flags, const char *first)
{
    const char *bin = getenv("FIVEWAYS_BIN");
    char path[PATH_MAX];
    int out[2];
    int err[2];
    int exec[2];
    char byte;
    pid_t parent = getpid();
    snprintf(path, sizeof path, "%s/%s", bin ? bin : "build/bin", name);
    memset(process, 0, sizeof *process);
    process->flags = flags;
    ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(err, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(exec, O_CLOEXEC), 0);
    process->pid = fork();
    ck_assert_int_ne(process->pid, -1);
    if (process->pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        become(through, path, flags, first, parent);
    }
    close(out[1]);
    close(err[1]);
    close(exec[1]);
    /* The end of this file is the moment of exec(2). Before that the child
     * still has Check's signal handlers, which end the whole group. */
    ck_assert_int_eq(read(exec[0], &byte, 1), 0);
    close(exec[0]);
    process->out_fd = out[0];
    process->err_fd = err[0];
}

static void
end(struct process *process, int signal_number)
{
    int status;
    if (process->pid > 0) {
        kill(process->pid, signal_number);
        ck_assert_int_eq(waitpid(process->pid, &status, 0), process->pid);
        process->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        process->pid = 0;
    }
}

/* What is left until the deadline, for poll(2): 0 when it is over. */
static int
ms_until(int64_t deadline_ms)
{
    int64_t left_ms = deadline_ms - clock_now_ms();
    return left_ms > 0 ? (int)left_ms : 0;
}

/* Read what there is behind what `text` holds already. Returns false at the
 * end of the file. What does not fit is lost. */
static bool
read_more(int fd, char *text)
{
    char lost[1024];
    size_t used = strlen(text);
    size_t room = PROCESS_OUTPUT_BYTES - 1 - used;
    ssize_t nread =
        room > 0 ? read(fd, text + used, room) : read(fd, lost, sizeof lost);
    if (nread > 0 && room > 0) {
        text[used + (size_t)nread] = '\0';
    }
    return nread > 0;
}

/* ---- the server -------------------------------------------------------- */

/* Read a line of the server that begins like this; what is behind that goes
 * to `rest`, which has 64 bytes. */
static void
read_line(const char *begin, char *rest)
{
    int64_t deadline_ms = clock_now_ms() + SERVER_READY_MS;
    char line[64];
    size_t used = 0;
    struct pollfd polled = {.fd = server.out_fd, .events = POLLIN};
    do {
        ck_assert_msg(poll(&polled, 1, ms_until(deadline_ms)) == 1,
                      "no line within %d ms", SERVER_READY_MS);
        /* A byte at a time: what follows the line is for the next reader. */
        ck_assert_msg(read(server.out_fd, line + used, 1) == 1,
                      "standard output ended before the line did");
    } while (line[used] != '\n' && ++used + 1 < sizeof line);
    line[used] = '\0';
    ck_assert_msg(strncmp(line, begin, strlen(begin)) == 0, "said: %s", line);
    snprintf(rest, sizeof line, "%s", line + strlen(begin));
}

void
server_start(const char *name, const char *flags)
{
    char from_tests[64];
    snprintf(from_tests, sizeof from_tests, "../tests/%s", name);
    start(&server, "", from_tests, flags, NULL);
    read_line("listening on ", target);
    target_port = (in_port_t)strtol(strrchr(target, ':') + 1, NULL, 10);
}

void
server_waits_to_tell(void)
{
    char count[64];
    read_line("echoed ", count);
}

void
server_kill(void)
{
    end(&server, SIGKILL);
}

/* ---- load -------------------------------------------------------------- */

void
load_start(const char *through, const char *to, const char *flags)
{
    start(&load, through, "load", flags, to);
}

void
load_finish(void)
{
    int64_t deadline_ms = clock_now_ms() + LOAD_MS;
    struct pollfd polled[] = {
        {.fd = load.out_fd, .events = POLLIN},
        {.fd = load.err_fd, .events = POLLIN},
    };
    char *texts[] = {load.out, load.err};
    while (polled[0].fd != -1 || polled[1].fd != -1) {
        if (poll(polled, 2, ms_until(deadline_ms)) <= 0) {
            end(&load, SIGKILL);
            ck_abort_msg("not ended within %d ms; it said: %s%s", LOAD_MS,
                         load.out, load.err);
        }
        for (int i = 0; i < 2; i++) {
            if (polled[i].fd != -1 && polled[i].revents &&
                !read_more(polled[i].fd, texts[i])) {
                close(polled[i].fd);
                polled[i].fd = -1;
            }
        }
    }
    /* Both pipes are closed: the end is near, and PDEATHSIG the last resort
     * for a program that closes them and lives on. */
    end(&load, 0);
    server_kill();
}

void
load_says(const char *words, int exit_status)
{
    load_finish();
    assert_says(words);
    assert_exit_status(exit_status);
}

void
assert_says(const char *words)
{
    char copy[256];
    char *all = NULL;
    snprintf(copy, sizeof copy, "%s", words);
    for (char *each = strtok_r(copy, "&", &all); each != NULL;
         each = strtok_r(NULL, "&", &all)) {
        char *rest = NULL;
        char *word = strtok_r(each, "|", &rest);
        while (word != NULL && strstr(load.out, word) == NULL) {
            word = strtok_r(NULL, "|", &rest);
        }
        ck_assert_msg(word != NULL, "'%s' is not in:\n%s%s", words, load.out,
                      load.err);
    }
}

void
assert_exit_status(int expected)
{
    ck_assert_msg(load.status == expected,
                  "load %s: exit status %d in place of %d:\n%s%s", load.flags,
                  load.status, expected, load.out, load.err);
}

/* ---- what this machine allows ------------------------------------------ */

/* Does what is promised, as far as it is allowed. */
static bool
enter_network(const char *ports)
{
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        return false;
    }
    struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int range_fd =
        open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY | O_CLOEXEC);
    bool done =
        ports == NULL || (ioctl(socket_fd, SIOCSIFFLAGS, &loopback) == 0 &&
                          write(range_fd, ports, strlen(ports)) > 0);
    close(socket_fd);
    close(range_fd);
    return done;
}

bool
servers_enter_network(const char *test, const char *ports)
{
    bool done = enter_network(ports);
    if (!done) {
        servers_skip(test, "this needs unshare -rn");
    }
    return done;
}

/* Each test has a process of its own, so they count in memory they share. */
static atomic_int *skipped;

void
servers_skip(const char *test, const char *reason)
{
    (*skipped)++;
    fprintf(stderr, "skipped: %s: %s\n", test, reason);
}

int
main(void)
{
    skipped = mmap(NULL, sizeof *skipped, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (skipped == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    int status = run_all_tests();
    if (*skipped > 0) {
        printf("%d of these are skipped, not passed\n", *skipped);
    }
    return status;
}
