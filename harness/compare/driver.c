/*
 * driver.c: a process that is the clients of one server. See measure.h.
 */
#include "harness/compare/measure.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/base.h"

/* One page that all drivers see, made with the first of them. */
static volatile sig_atomic_t *interrupted;

enum command {
    COMMAND_ALONE,
    COMMAND_CONNECT,
    COMMAND_SLICE,
    COMMAND_CLOSE,
};

/* What the driver's own process knows. */
struct inside {
    struct driver_shared *shared;  /* the caller's side of it */
    struct engine_options options; /* the load */
    struct server server;          /* that is driven */
    struct engine *engine;         /* NULL before all connect */
    int64_t begin_cpu_ns;          /* of the server, as a slice began */
};

static void
look(enum engine_phase phase, void *arg)
{
    struct inside *inside = arg;
    int64_t cpu_ns = server_cpu_ns(&inside->server);

    if (phase == ENGINE_WINDOW_BEGIN) {
        inside->begin_cpu_ns = cpu_ns;
    } else if (phase == ENGINE_WINDOW_END) {
        inside->shared->server_cpu_ns =
            inside->begin_cpu_ns >= 0 && cpu_ns >= 0
                ? cpu_ns - inside->begin_cpu_ns
                : -1;
        /* A child for each connection is gone when that is. */
        inside->shared->forks |=
            !inside->engine && server_forks(&inside->server);
    }
}

static bool
is_paused(void *arg)
{
    const struct inside *inside = arg;

    return server_is(&inside->server, "Tt");
}

static void
run_alone(struct inside *inside)
{
    struct driver_shared *shared = inside->shared;
    struct engine_options options = inside->options;

    options.clients = shared->sum;
    options.silent_clients = 0;
    options.ask_silent = false;
    /* With churn, too: a child that there is must be there to be seen. */
    options.churn = false;
    options.rate_per_s = 0;
    options.window_ns = shared->slice_ns;
    if (engine_run(&options, &shared->alone) != 0) {
        shared->engine_errno = errno;
    }
}

/* An open loop in which the client was late charges no server; but where it
 * always was, there must be something to tell that from. */
static void
keep_slice(struct driver_shared *shared)
{
    int sum = shared->sum;
    struct engine_result *last = &shared->last;
    bool late = last->errors[ENGINE_CLIENT_LATE] > 0;

    shared->echoes += last->echoes_total;
    shared->slice_echoes = last->echoes;
    shared->served = last->served;
    last->served = 0;
    if (sum < 0) {
        last->echoes = 0;
        last->client_cpu_ns = 0;
        memset(&last->latency, 0, sizeof last->latency);
        crew_add_result(&shared->all, last);
        return;
    }
    if (late && shared->slices[sum] > 0) {
        shared->invalid[sum]++;
        /* What the server did wrong counts though the times do not. */
        last->errors[ENGINE_CLIENT_LATE] = 0;
        engine_add_errors(&shared->all, last);
        return;
    }
    if (!late && shared->slices[sum] == 0 && shared->invalid[sum] > 0) {
        memset(&shared->sums[sum], 0, sizeof shared->sums[sum]);
        shared->sum_cpu_ns[sum] = shared->sum_ns[sum] = 0;
    }
    shared->invalid[sum] += late;
    shared->slices[sum] += !late;
    crew_add_result(&shared->sums[sum], last);
    shared->sum_ns[sum] += last->window_ns;
    if (shared->server_cpu_ns < 0 || shared->sum_cpu_ns[sum] < 0) {
        shared->sum_cpu_ns[sum] = -1;
    } else {
        shared->sum_cpu_ns[sum] += shared->server_cpu_ns;
    }
}

static void
drive(struct inside *inside)
{
    struct driver_shared *shared = inside->shared;
    int64_t cpu_ns = server_cpu_ns(&inside->server);
    int64_t now_ns = clock_now_ns();

    shared->drained =
        engine_slice(inside->engine, shared->slice_ns, shared->rate_per_s,
                     shared->seed, &shared->last);
    shared->turn_cpu_ns = server_cpu_ns(&inside->server) - cpu_ns;
    shared->turn_ns = clock_now_ns() - now_ns;
    keep_slice(shared);
}

static void
obey(struct inside *inside)
{
    struct driver_shared *shared = inside->shared;

    shared->engine_errno = 0;
    switch ((enum command)shared->command) {
    case COMMAND_ALONE:
        run_alone(inside);
        break;
    case COMMAND_CONNECT:
        inside->engine = engine_open(&inside->options, &shared->all);
        shared->engine_errno = inside->engine ? 0 : errno;
        break;
    case COMMAND_SLICE:
        drive(inside);
        break;
    case COMMAND_CLOSE:
        engine_close(inside->engine, &shared->last);
        inside->engine = NULL;
        crew_add_result(&shared->all, &shared->last);
        shared->all.fairness = shared->last.fairness;
        shared->echoes += shared->last.echoes_total;
        break;
    }
}

/* Ctrl-C is for the process that started us; it tells us what to do, and when
 * it is gone there is nothing left to do. */
static _Noreturn void
live(struct inside *inside, int fd)
{
    char byte;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* Those of other servers would count against this one's clients. */
#ifdef SYS_close_range
    syscall(SYS_close_range, 3, fd - 1, 0);
    syscall(SYS_close_range, fd + 1, ~0U, 0);
#endif
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    while (read(fd, &byte, 1) == 1) {
        obey(inside);
        if (write(fd, &byte, 1) != 1) {
            break;
        }
    }
    _exit(0);
}

int
driver_start(struct driver *driver, const struct engine_options *options,
             const struct server *server)
{
    static struct inside inside;
    int fds[2];

    *driver = (struct driver){.fd = -1};
    driver->shared =
        mmap(NULL, sizeof *driver->shared, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (driver->shared == MAP_FAILED) {
        driver->shared = NULL;
        return -1;
    }
    if (!interrupted) {
        void *page = mmap(NULL, sizeof *interrupted, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        if (page == MAP_FAILED) {
            return -1;
        }
        interrupted = page;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == -1) {
        return -1;
    }
    inside = (struct inside){
        .shared = driver->shared, .options = *options, .server = *server};
    inside.options.interrupted = interrupted;
    inside.options.on_phase = look;
    inside.options.is_paused = is_paused;
    inside.options.arg = &inside;
    driver->fd = fds[0];
    driver->pid = fork();
    if (driver->pid == 0) {
        live(&inside, fds[1]);
    }
    close(fds[1]);
    return driver->pid > 0 ? 0 : -1;
}

/* Have it done. A driver that died says nothing. */
static int
tell(struct driver *driver, enum command command)
{
    char byte = 0;
    ssize_t count;

    driver->shared->command = command;
    driver->shared->engine_errno = EPIPE;
    if (send(driver->fd, &byte, 1, MSG_NOSIGNAL) != 1) {
        return -1;
    }
    do {
        count = read(driver->fd, &byte, 1);
    } while (count == -1 && errno == EINTR);
    return count == 1 && driver->shared->engine_errno == 0 ? 0 : -1;
}

int
driver_run_alone(struct driver *driver, int clients, int64_t ns)
{
    driver->shared->sum = clients;
    driver->shared->slice_ns = ns;
    return tell(driver, COMMAND_ALONE);
}

int
driver_connect(struct driver *driver)
{
    return tell(driver, COMMAND_CONNECT);
}

int
driver_slice(struct driver *driver, int64_t slice_ns, double rate_per_s,
             uint64_t seed, int sum)
{
    driver->shared->slice_ns = slice_ns;
    driver->shared->rate_per_s = rate_per_s;
    driver->shared->seed = seed;
    driver->shared->sum = sum;
    return tell(driver, COMMAND_SLICE);
}

int
driver_close(struct driver *driver)
{
    return tell(driver, COMMAND_CLOSE);
}

void
driver_stop(struct driver *driver)
{
    if (driver->pid > 0) {
        kill(driver->pid, SIGKILL);
        waitpid(driver->pid, NULL, 0);
    }
    if (driver->fd != -1) {
        close(driver->fd);
    }
    if (driver->shared) {
        munmap(driver->shared, sizeof *driver->shared);
    }
    *driver = (struct driver){.fd = -1};
}

void
driver_interrupt(void)
{
    if (interrupted) {
        *interrupted = 1;
    }
}
