/*
 * driver.c: a process that is the clients of one server. See measure.h.
 */
#include "harness/compare/measure.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/base.h"

#define ALONE_MS       4    /* that the first clients speak */
#define PARENT_FDS_MAX 1024 /* far fewer than it has */

/* ---- in the driver's own process --------------------------------------- */

static void
look(enum engine_phase phase, void *arg)
{
    struct turn *turn = arg;
    struct driver *driver = &turn->driver;
    double now_ns = server_cpu_ns(&turn->server);

    if (phase == ENGINE_WINDOW_BEGIN) {
        driver->server_cpu_ns = -now_ns;
    } else if (phase == ENGINE_WINDOW_END) {
        driver->server_cpu_ns += now_ns;
        /* A child for each connection is gone when that is. */
        driver->forks |= !driver->engine && server_forks(&turn->server);
    }
}

static bool
is_paused(void *arg)
{
    const struct turn *turn = arg;

    return server_is(&turn->server, SERVER_STOPPED);
}

void
driver_alone(struct turn *turn)
{
    struct driver *driver = &turn->driver;
    struct engine_options options = driver->options;

    options.clients = options.ask_silent ? options.clients : 1;
    options.silent_clients = 0;
    options.ask_silent = false;
    /* With churn, too: a child that there is must be there to be seen. */
    options.churn = false;
    options.window_ns = ALONE_MS * NS_PER_MS;
    engine_run(&options, &driver->alone);
    driver->echoes = driver->alone.echoes_total;
}

static void
slice(struct turn *turn)
{
    struct driver *driver = &turn->driver;
    double begin_cpu_ns = server_cpu_ns(&turn->server);
    int64_t begin_ns = clock_now_ns();

    driver->drained =
        engine_slice(driver->engine, driver->slice_ns,
                     turn->lives->grid[driver->sum].rate_per_s,
                     (uint64_t)turn->lives->block, &driver->last);
    if (driver->sum != SUM_WARMUP) {
        driver->slices_echoes += (double)driver->last.echoes_total;
        driver->slices_cpu_ns += server_cpu_ns(&turn->server) - begin_cpu_ns;
        driver->others_ns -= (double)(clock_now_ns() - begin_ns);
    }
}

void
driver_connect(struct turn *turn)
{
    turn->driver.engine =
        engine_open(&turn->driver.options, &turn->driver.rest);
}

void
driver_close(struct turn *turn)
{
    struct driver *driver = &turn->driver;

    engine_close(driver->engine, &driver->last);
    crew_add_result(&driver->rest, &driver->last);
    driver->rest.fairness = driver->last.fairness;
    driver->echoes += driver->last.echoes_total;
}

/* Ctrl-C is for the process that started us; it tells us what to do, and when
 * it is gone there is nothing left to do. */
static _Noreturn void
live(struct turn *turn, int fd)
{
    struct driver *driver = &turn->driver;
    char byte;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* Those of other servers would count against this one's clients. */
    for (int i = 3; i < PARENT_FDS_MAX; i++) {
        if (i != fd) {
            close(i);
        }
    }
    signals_catch(SIG_IGN);
    while (read(fd, &byte, 1) == 1) {
        driver->what(turn);
        driver->engine_errno = 0;
        send(fd, &byte, 1, MSG_NOSIGNAL);
    }
    _exit(0);
}

/* ---- in the process that tells it -------------------------------------- */

bool
driver_start(struct turn *turn)
{
    struct driver *driver = &turn->driver;
    int fds[2] = {-1, -1};

    memset(driver, 0, sizeof *driver);
    driver->options = turn->scenario->load;
    driver->options.address = turn->server.address;
    driver->options.spin_ns =
        strcmp(turn->lives->cell->layout.name, "split") == 0 ? ENGINE_SPIN_NS
                                                             : 0;
    driver->options.interrupted = &turn->lives->interrupted;
    driver->options.on_phase = look;
    driver->options.is_paused = is_paused;
    driver->options.arg = turn;
    pid_t pid = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0
                    ? fork()
                    : -1;
    if (pid == 0) {
        live(turn, fds[1]);
    }
    driver->engine_errno = pid > 0 ? 0 : errno;
    driver->pid = pid;
    driver->fd = fds[0];
    close(fds[1]);
    return pid > 0;
}

bool
driver_tell(struct driver *driver, void (*what)(struct turn *turn))
{
    char byte = 0;

    driver->what = what;
    /* One that has died says why on standard error, and here nothing. */
    driver->engine_errno = ESRCH;
    return send(driver->fd, &byte, 1, MSG_NOSIGNAL) == 1 &&
           read(driver->fd, &byte, 1) == 1;
}

bool
driver_slice(struct driver *driver, int64_t slice_ns, int sum)
{
    driver->slice_ns = slice_ns;
    driver->sum = sum;
    return driver_tell(driver, slice);
}

void
driver_stop(const struct driver *driver)
{
    if (driver->pid > 0) {
        kill(driver->pid, SIGKILL);
        waitpid(driver->pid, NULL, 0);
    }
    close(driver->fd);
}
