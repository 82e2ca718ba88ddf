/*
 * server.c: servers, from exec to their end.
 *
 * A server may have children in groups or sessions of their own, which a
 * signal to its group does not reach. When their parents end, the kernel
 * hands them to the keeper, which has asked for it ("subreaper", see
 * prctl(2)) and so knows whose they are. The server itself must not ask:
 * ncat, for one, breaks down at the end of a child that it did not make.
 */
#include "harness/compare/server.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/base.h"

enum {
    GRACE_MS = 2000,             /* from SIGTERM to SIGKILL */
    LOOK_NS = 250 * 1000,        /* between looks at a starting server */
    PORT_LOOKS = 80,             /* ... of which one is a try to connect */
    CONNECT_MS = 200,            /* for one try to connect */
    PORT_TRIES = 3,              /* if another took the port meanwhile */
    OUTPUT_MAX_BYTES = 64 << 20, /* of an endless printer, in memory */
    LEFT_MS = 60,                /* later what goes on is a server */
    ORPHANS_MAX = 64,            /* looked at at once */
    ORPHANS_LOOKS = 1000,        /* until they are gone, 1 ms apart */
};

/* ---- the keeper's process ---------------------------------------------- */

/* The server's process, until exec. What goes wrong is said where we look for
 * it. An ignored signal would stay ignored across exec. */
static _Noreturn void
become_server(const struct server *server, const struct server_line *line,
              int input_fd)
{
    const struct rlimit output_limit = {OUTPUT_MAX_BYTES, OUTPUT_MAX_BYTES};
    sigset_t none;

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (server->order.cpus) {
        sched_setaffinity(0, sizeof(cpu_set_t), server->order.cpus);
    }
    /* Who prints without end is told by its write(2), and lives. */
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &output_limit);
    dup2(input_fd, STDIN_FILENO);
    dup2(server->output_fd, STDOUT_FILENO);
    dup2(server->error_fd, STDERR_FILENO);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int fd = STDERR_FILENO + 1; fd < FD_SETSIZE; fd++) {
        close(fd);
    }
    /* A program without a folder, such as strace, is looked for in PATH. */
    execvp(line->arguments[0], (char *const *)line->arguments);
    dprintf(STDERR_FILENO, "%s", strerror(errno));
    _exit(127);
}

/* Kill and reap whom the server has left behind, after LEFT_MS: what it has
 * made for a client ends by itself. A group that was `asked` to end, if not
 * 0, has until SIGTERM, one of `all`, and then a second at most. Blocks for
 * all that. True if somebody was killed. */
static bool
end_orphans(pid_t asked, const sigset_t *all)
{
    const struct timespec ms = {.tv_nsec = NS_PER_MS};
    pid_t children[ORPHANS_MAX];
    bool killed = false;

    for (int look = 0; look < ORPHANS_LOOKS; look++) {
        int count = proc_descendants(getpid(), children, ORPHANS_MAX);

        look = asked > 0 && kill(-asked, 0) == 0 ? 0 : look;
        for (int i = 0; i < count && look >= LEFT_MS; i++) {
            killed |= waitpid(children[i], NULL, WNOHANG) == 0 && /* ours */
                      kill(children[i], SIGKILL) == 0;
        }
        while (waitpid(-1, NULL, WNOHANG) > 0) {
        }
        if (count == 0) {
            break;
        }
        asked = sigtimedwait(all, NULL, &ms) == SIGTERM ? 0 : asked;
    }
    return killed;
}

/* The keeper's process. It writes the server's number to `report_fd`, 0 if
 * there is none, and in the end the report. At SIGHUP it asks the server to
 * end, behind a launcher by closing standard input, of which nobody else
 * holds the other end. SIGTERM, which our own death sends as well, ends
 * everything.
 */
static _Noreturn void
keep(const struct server *server, const struct server_line *line,
     int report_fd, pid_t parent)
{
    struct server_end end = {.wait_status = W_EXITCODE(1, 0), .early = true};
    bool launched = server->order.launcher != NULL;
    struct rusage usage = {0};
    int input_fds[2] = {-1, -1};
    sigset_t all;
    int number;
    pid_t pid;

    setpgid(0, 0); /* Ctrl-C is not for it */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (int i = 1; i < NSIG; i++) {
        signal(i, SIG_DFL);
    }
    if (getppid() != parent) {
        _exit(0);
    }
    if (!launched) {
        input_fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    } else if (pipe2(input_fds, O_CLOEXEC) == 0) {
        dprintf(input_fds[1], "%s", server_leash);
    }
    /* Never with our own standard input: it may hold a shell's commands. */
    pid = input_fds[0] == -1 ? -1 : fork();
    if (pid == 0) {
        become_server(server, line, input_fds[0]);
    }
    if (pid == -1) {
        dprintf(server->error_fd, "could not be started: %s",
                strerror(errno));
        pid = 0;
    }
    /* On both sides of the fork, so that it is done whoever runs first. */
    setpgid(pid, pid);
    number = write(report_fd, &pid, sizeof pid) == -1 ? SIGTERM : 0;
    sigfillset(&all);
    while (wait4(pid, &end.wait_status, WNOHANG, &usage) == 0) {
        if (number == SIGTERM) {
            kill(-pid, SIGKILL);
        } else if (number == SIGHUP) {
            end.early = false;
            if (launched) {
                close(input_fds[1]);
            } else {
                kill(-pid, SIGTERM);
            }
        }
        sigwait(&all, &number);
    }
    end.switches =
        launched ? NAN : (double)(usage.ru_nvcsw + usage.ru_nivcsw);
    end.left_behind = end_orphans(end.early || launched ? 0 : pid, &all);
    _exit(write(report_fd, &end, sizeof end) == -1);
}

/* ---- our side of it ---------------------------------------------------- */

/* A pipe that nobody reads would block its writer in the middle of a
 * measurement; a file in memory never does. Returns -1 with errno. */
static int
open_output(void)
{
    int fd = memfd_create("output", MFD_CLOEXEC);

    fcntl(fd, F_SETFL, O_APPEND);
    return fd;
}

/* How it begins or ends, and a 0, the only one. */
static void
read_output(int fd, bool end, char text[SERVER_OUTPUT_BYTES + 1])
{
    off_t at = end ? lseek(fd, 0, SEEK_END) - SERVER_OUTPUT_BYTES : 0;
    ssize_t nread = pread(fd, text, SERVER_OUTPUT_BYTES, at > 0 ? at : 0);

    text[nread > 0 ? nread : 0] = '\0';
    for (char *nul; nread > 0 && (nul = memchr(text, '\0', (size_t)nread));) {
        *nul = '?';
    }
}

/* What was not opened is -1, which close(2) refuses. */
static void
close_all(const struct server *server)
{
    close(server->keeper_fd);
    close(server->output_fd);
    close(server->error_fd);
}

/* Fork the keeper, and by it the server; that exec fails is seen when that
 * ends. Returns NULL; or why it cannot be done, and then there is nothing to
 * stop. */
static const char *
spawn(struct server *server, const struct server_line *line)
{
    pid_t parent = getpid();
    pid_t keeper_pid = -1; /* both processes may share the struct */
    int fds[2] = {-1, -1};
    sigset_t all, before;
    int error;

    server->output_fd = open_output();
    server->error_fd = open_output();
    /* No handler of ours must run in the keeper, nor write what is shared. */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    if (server->output_fd != -1 && server->error_fd != -1 &&
        pipe2(fds, O_CLOEXEC) == 0) {
        keeper_pid = fork();
    }
    if (keeper_pid == 0) {
        keep(server, line, fds[1], parent);
    }
    error = errno;
    server->keeper_pid = keeper_pid;
    close(fds[1]);
    server->keeper_fd = fds[0];
    TEMP_FAILURE_RETRY(read(fds[0], &server->pid, sizeof server->pid));
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (keeper_pid == -1) {
        close_all(server);
        return strerror(error);
    }
    return NULL;
}

bool
server_ends_within(const struct server *server, int64_t time_ns)
{
    struct pollfd ended = {.fd = server->keeper_fd, .events = POLLIN};
    const struct timespec time = {.tv_sec = time_ns / NS_PER_S,
                                  .tv_nsec = time_ns % NS_PER_S};

    return TEMP_FAILURE_RETRY(ppoll(&ended, 1, &time, NULL)) == 1;
}

void
server_stop(struct server *server)
{
    /* What is true if the keeper is killed itself. */
    server->end = (struct server_end){
        .wait_status = SIGKILL, .early = true, .switches = NAN};
    kill(server->keeper_pid, SIGHUP);
    kill(server->keeper_pid, SIGCONT); /* the server may have stopped it */
    server->killed = !server_ends_within(server, GRACE_MS * NS_PER_MS);
    kill(server->keeper_pid, SIGTERM);
    TEMP_FAILURE_RETRY(
        read(server->keeper_fd, &server->end, sizeof server->end));
    waitpid(server->keeper_pid, NULL, 0);
    read_output(server->output_fd, true, server->output);
    read_output(server->error_fd, true, server->errors);
    close_all(server);
    server_describe_end(server);
}

/* ---- start ------------------------------------------------------------- */

/* A port that nobody has now, which is what listen(2) looks for; somebody
 * else may take it before it is used. 0 if there is none. */
static int
free_port(void)
{
    struct sockaddr_in address = {0};
    socklen_t bytes = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (listen(fd, 1) == 0) {
        getsockname(fd, (struct sockaddr *)&address, &bytes);
    }
    close(fd);
    return ntohs(address.sin_port);
}

/* The send timeout is the one that connect(2) obeys: a host that throws our
 * packets away must not hold us up. */
int
server_connect(const struct server *server, int most_ms)
{
    const struct timeval patience = {most_ms / 1000, most_ms % 1000 * 1000L};
    int fd = socket(server->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (const struct sockaddr *)&server->address,
                sizeof server->address) == 0 &&
        !socket_is_own_peer(fd)) {
        return fd;
    }
    close(fd);
    return -1;
}

/* True if somebody listens there; then it is the server's address. */
static bool
answers(struct server *server, const char *host, int port)
{
    int fd = address_parse(host, port, &server->address)
                 ? server_connect(server, CONNECT_MS)
                 : -1;

    close(fd);
    return fd != -1;
}

/* Until a ready line was printed, or somebody listens on `port` (if it is
 * not 0). False if the server ended, the time is over, or we are to end. */
static bool
wait_ready(struct server *server, int port)
{
    const struct server_order *order = &server->order;
    const struct sockaddr_in *address = (void *)&server->address;
    const char *host = order->host;
    int64_t deadline_ns = clock_now_ns() + order->start_timeout_ns;
    char text[SERVER_OUTPUT_BYTES + 1];

    for (int look = 1; clock_now_ns() < deadline_ns && !*order->interrupted;
         look++) {
        read_output(server->output_fd, false, text);
        if (server_read_ready(text, host, &server->address) == 0 &&
            (port == 0 || port == ntohs(address->sin_port))) {
            return true;
        }
        if (port > 0 && look % PORT_LOOKS == 0 &&
            (answers(server, host ? host : "127.0.0.1", port) ||
             (!host && answers(server, "::1", port)))) {
            return true;
        }
        if (server_ends_within(server, LOOK_NS)) {
            return false;
        }
    }
    return false;
}

/* The leash has said which process the server is. It is ours to look at if
 * it descends from the launcher; else it lives where numbers mean other
 * processes. */
static void
find_behind_launcher(struct server *server, const char *head)
{
    double said = proc_number(head, SERVER_PID_WORDS);
    double above = said;
    char status[1024];

    while (above > 0 && above != server->pid) {
        proc_read(status, sizeof status, "/proc/%.0f/status", above);
        above = proc_number(status, "PPid:");
    }
    server->pid = above > 0 ? (pid_t)said : 0;
}

static int
start_once(struct server *server, const struct server_order *order)
{
    int64_t begin_ns = clock_now_ns();
    char head[SERVER_OUTPUT_BYTES + 1];
    struct server_line line;
    const char *wrong;
    int port = 0;
    bool ready;

    *server = (struct server){.order = *order};
    if (order->command && strstr(order->command, "{port}")) {
        port = free_port();
    }
    wrong = server_make_line(order, port, &line);
    wrong = wrong ? wrong : spawn(server, &line);
    if (wrong) {
        PUT(server->reason, "could not be started: %s", wrong);
        return -1;
    }
    ready = wait_ready(server, port);
    server->start_ms = (double)(clock_now_ns() - begin_ns) / 1e6;
    read_output(server->output_fd, false, head);
    if (!ready) {
        server_find_listeners(server);
        server_stop(server);
        memcpy(server->output, head, sizeof head);
        server_describe_start(server);
        return -1;
    }
    if (order->launcher) {
        find_behind_launcher(server, head);
    }
    return 0;
}

int
server_start(struct server *server, const struct server_order *order)
{
    for (int tries = 1; start_once(server, order) != 0; tries++) {
        if (tries == PORT_TRIES || !strstr(server->reason, "in use")) {
            return -1;
        }
    }
    return 0;
}
