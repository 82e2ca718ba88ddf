/*
 * servers.c: start a program, read what it says, wait for its end.
 */
#include "tests/harness/servers.h"

#include <errno.h>
#include <fcntl.h>
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
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/base.h"

/* What is left until the deadline, for poll(2): 0 when it is over. */
static int
ms_until(int64_t deadline_ms)
{
    int64_t left_ms = deadline_ms - clock_now_ms();
    return left_ms > 0 ? (int)left_ms : 0;
}

static void
become(const char *const *argv, int descriptors, pid_t parent)
{
    struct sigaction fresh = {.sa_handler = SIG_DFL};
    sigset_t none;
    for (int i = 1; i < NSIG; i++) {
        sigaction(i, &fresh, NULL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(127);
    }
    if (descriptors > 0) {
        struct rlimit limit = {(rlim_t)descriptors, (rlim_t)descriptors};
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    execv(argv[0], (char *const *)argv);
    _exit(127);
}

void
process_start(struct process *process, const char *const *argv,
              int descriptors)
{
    int out[2];
    int err[2];
    int exec[2];
    char byte;
    pid_t parent = getpid();
    memset(process, 0, sizeof *process);
    ck_assert_msg(access(argv[0], X_OK) == 0, "%s: %s", argv[0],
                  strerror(errno));
    ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(err, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(exec, O_CLOEXEC), 0);
    process->pid = fork();
    ck_assert_int_ne(process->pid, -1);
    if (process->pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        become(argv, descriptors, parent);
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

void
process_read_line(const struct process *process, char *line,
                  size_t line_bytes, int timeout_ms)
{
    int64_t deadline_ms = clock_now_ms() + timeout_ms;
    size_t used = 0;
    struct pollfd polled = {.fd = process->out_fd, .events = POLLIN};
    while (used + 1 < line_bytes) {
        ck_assert_msg(poll(&polled, 1, ms_until(deadline_ms)) == 1,
                      "no line within %d ms", timeout_ms);
        /* A byte at a time: what follows the line is for the next reader. */
        ck_assert_msg(read(process->out_fd, line + used, 1) == 1,
                      "standard output ended before the line did");
        if (line[used] == '\n') {
            break;
        }
        used++;
    }
    line[used] = '\0';
}

/* Read what there is behind what `text` holds already. Returns false at the
 * end of the file. What does not fit is lost. */
static int
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

void
process_finish(struct process *process, int timeout_ms)
{
    int64_t deadline_ms = clock_now_ms() + timeout_ms;
    struct pollfd polled[] = {
        {.fd = process->out_fd, .events = POLLIN},
        {.fd = process->err_fd, .events = POLLIN},
    };
    char *texts[] = {process->out, process->err};
    while (polled[0].fd != -1 || polled[1].fd != -1) {
        if (poll(polled, 2, ms_until(deadline_ms)) <= 0) {
            process_kill(process);
            ck_abort_msg("not ended within %d ms; it said: %s%s", timeout_ms,
                         process->out, process->err);
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
    ck_assert_int_eq(waitpid(process->pid, &process->status, 0),
                     process->pid);
    process->pid = 0;
}

void
process_kill(struct process *process)
{
    if (process->pid > 0) {
        kill(process->pid, SIGKILL);
        waitpid(process->pid, &process->status, 0);
        process->pid = 0;
    }
}

int
process_exit_status(const struct process *process)
{
    return WIFEXITED(process->status) ? WEXITSTATUS(process->status) : -1;
}

/* ---- the programs -------------------------------------------------------
 */

/* Each test has a process of its own, so they count in memory they share. */
static atomic_int *skipped;

void
servers_setup(void)
{
    skipped = mmap(NULL, sizeof *skipped, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (skipped == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
}

void
assert_says(const struct process *load, const char *words)
{
    char copy[256];
    char *all = NULL;
    snprintf(copy, sizeof copy, "%s", words);
    for (char *each = strtok_r(copy, "&", &all); each != NULL;
         each = strtok_r(NULL, "&", &all)) {
        char *rest = NULL;
        char *word = strtok_r(each, "|", &rest);
        while (word != NULL && strstr(load->out, word) == NULL) {
            word = strtok_r(NULL, "|", &rest);
        }
        ck_assert_msg(word != NULL, "'%s' is not in:\n%s%s", words, load->out,
                      load->err);
    }
}

void
assert_exit_status(const struct process *load, int expected)
{
    ck_assert_msg(process_exit_status(load) == expected,
                  "exit status %d in place of %d:\n%s%s",
                  process_exit_status(load), expected, load->out, load->err);
}

bool
servers_enter_network(const char *ports)
{
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        return false;
    }
    struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int range_fd =
        open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY | O_CLOEXEC);
    bool done =
        ports == NULL || (socket_fd != -1 && range_fd != -1 &&
                          ioctl(socket_fd, SIOCSIFFLAGS, &loopback) == 0 &&
                          write(range_fd, ports, strlen(ports)) > 0);
    close(socket_fd);
    close(range_fd);
    return done;
}

void
servers_skip(const char *test, const char *reason)
{
    (*skipped)++;
    fprintf(stderr, "skipped: %s: %s\n", test, reason);
}

int
servers_skipped(void)
{
    return *skipped;
}

const char *
servers_program(const char *name)
{
    static char path[2][4096];
    static int next;
    const char *bin = getenv("FIVEWAYS_BIN");
    char *text = path[next++ % 2];
    snprintf(text, sizeof path[0], "%s/%s", bin != NULL ? bin : "build/bin",
             name);
    return text;
}

void
servers_add_flags(const char **argv, int count, char *flags)
{
    char *rest = NULL;
    for (char *flag = strtok_r(flags, " ", &rest); flag != NULL;
         flag = strtok_r(NULL, " ", &rest)) {
        ck_assert_int_lt(count, SERVER_ARGUMENTS_MAX - 1);
        argv[count++] = flag;
    }
    argv[count] = NULL;
}

void
servers_start(struct process *server, const char *name, const char *flags,
              char *target)
{
    static const char ready[] = "listening on ";
    char copy[256];
    char line[64];
    char path[64];
    snprintf(path, sizeof path, "../tests/%s", name);
    const char *argv[SERVER_ARGUMENTS_MAX] = {servers_program(path)};
    snprintf(copy, sizeof copy, "%s", flags);
    servers_add_flags(argv, 1, copy);
    process_start(server, argv, 0);
    process_read_line(server, line, sizeof line, SERVER_READY_MS);
    ck_assert_msg(strncmp(line, ready, sizeof ready - 1) == 0,
                  "not a ready line: %s", line);
    snprintf(target, 64, "%s", line + sizeof ready - 1);
}
