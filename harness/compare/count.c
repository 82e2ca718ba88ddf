/*
 * count.c: how many system calls an echo takes, and how many instructions
 * outside of the kernel. See measure.h.
 *
 * Both are counted with the server under a tool that needs no privilege.
 *
 * strace logs each call, and makes a server more than ten times slower. In a
 * closed loop that changes next to nothing, since all clients wait for it in
 * turn either way: what perf counted in the kernel was within 0.3 % of it.
 * Who waits for time, or for connections, may find more of them at once: that
 * has been 8 % fewer calls.
 *
 * callgrind, a tool of valgrind's, counts every instruction, by function. The
 * same program takes the same number of them on any machine, busy or not.
 * Each server runs twice, for some echoes and for many more. What the second
 * run takes beyond the first is what those echoes take that it has more:
 * start, connections and end are in both.
 */
#include "harness/compare/measure.h"

#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/base.h"

enum {
    WARMUP_MS = 10,          /* before a slice whose calls are counted */
    SLICE_MS = 30,           /* of that slice, at least */
    SLICE_DELAYS = 10,       /* ... and so many times the delay */
    SILENT_MAX = 100,        /* each takes up to a millisecond to connect */
    FEW_MS = 10,             /* of the slice in the first run of callgrind */
    MANY_MS = 100,           /* of that in the second one */
    FUNCTIONS_MAX = 1 << 13, /* of one server */
};

/* A server that has not come to rest by then never does. */
#define REST_NS (2 * NS_PER_S)

/* Our servers are built as we are, and valgrind cannot run these. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED true
#else
#define SANITIZED false
#endif

/* Why it could not be counted. */
static const char no_client[] = "the client could not be started";
static const char unserved[] = "not all clients are served";

/* ---- a server under a tool --------------------------------------------- */

/* Connect all clients. Returns NULL, or why not. */
static const char *
connect_all(struct turn *turn)
{
    struct driver *driver = &turn->driver;
    bool started = driver_start(turn);

    driver->options.silent_clients =
        MIN(driver->options.silent_clients, SILENT_MAX);
    return started && driver_tell(driver, driver_connect) ? NULL : no_client;
}

/* Stop clients and server. Returns its standard error, a file in memory, from
 * its beginning, which the caller closes. */
static FILE *
stop(struct turn *turn)
{
    FILE *printed = fdopen(dup(turn->server.error_fd), "r");

    driver_stop(&turn->driver);
    server_stop(&turn->server);
    rewind(given(printed));
    return printed;
}

/* Complete what was counted of a server in the scenario; or, if there is a
 * `why`, say that nothing was. Cut off by Ctrl-C it would be wrong. */
static void
complete(const struct turn *turn, struct calls *calls, const char *why)
{
    if (turn->lives->interrupted) {
        return;
    }
    if (why) {
        calls_clear(calls);
        PUT(calls->reason, "%s", why);
    }
    PUT(calls->scenario, "%s", turn->scenario->name);
    PUT(calls->model, "%s", turn->contender->name);
    calls->clients = scenario_asked(turn->scenario);
}

/* ---- system calls ------------------------------------------------------ */

/* What strace has logged from `begin` to `end`. A line is a call, where there
 * are threads behind whose it is: "[pid 7] recvfrom(0x5, ...". What goes on
 * with one that was begun before does not look like that, nor, as a rule,
 * what the server itself says. False if there is none. */
static bool
read_calls(FILE *log, off_t begin, off_t end, struct calls *calls)
{
    char line[256], name[40];
    char behind[2]; /* it: of its first argument, or that it has none */
    double n = 0;

    fseeko(log, begin, SEEK_SET);
    while (ftello(log) < end && fgets(line, sizeof line, log)) {
        if (sscanf(line, "%39[a-z0-9_](%1[0)]", name, behind) == 2 ||
            sscanf(line, "[pid %*d] %39[a-z0-9_](%1[0)]", name, behind) ==
                2) {
            calls_add(calls, name, 1 / calls->echoes);
            n++;
        }
    }
    calls->per_echo = n / calls->echoes;
    calls_finish(calls);
    return n > 0;
}

/* Wait until all threads of the server rest and what they called is logged.
 * Returns how long the log is, or -1: it never rests. What a launcher passes
 * on comes later than the echo. */
static off_t
rest(const struct turn *turn)
{
    int64_t deadline_ns = clock_now_ns() + REST_NS;
    struct server_look look;
    off_t length = -1;
    off_t before;

    do {
        if (clock_now_ns() > deadline_ns || turn->lives->interrupted) {
            return -1;
        }
        before = length;
        poll(NULL, 0, 1 + turn->scenario->delay_ms);
        length = lseek(turn->server.error_fd, 0, SEEK_END);
        /* What is out of sight is known by its log alone. */
        server_look(&turn->server, &look);
    } while (length != before || !look.rests);
    return length;
}

const char *
strace_start(struct turn *turn, const char *const *words)
{
    const char *command = turn->contender->command;
    struct server *server = &turn->server;

    if (command && strpbrk(command, SERVER_SHELL_SIGNS)) {
        return "a command for the shell cannot be put under strace";
    }
    if (turn_start_server(turn, words) != 0) {
        return strncmp(server->errors, "strace: ", 8) == 0 &&
                       strstr(server->errors, "ptrace")
                   ? "strace may not trace here, as in some containers "
                     "(docker: --cap-add=SYS_PTRACE)"
                   : server->reason;
    }
    /* Not strace must come to rest, but what it runs. */
    proc_descendants(server->pid, &server->pid, 1);
    return NULL;
}

/* All that the server calls from one rest to the next, in a slice: half-done
 * echoes are in neither count, so an echo has all of its calls. Returns NULL,
 * or why it could not be counted. */
static const char *
count_syscalls(struct turn *turn)
{
    /* -I 3: a SIGTERM for the group is the server's to obey. Who decodes
     * arguments reads the server's memory, for which there is no time. */
    static const char *const words[] = {
        "strace", "-f", "-q", "-q", "-e", "raw=all", "-I", "3", "--", NULL,
    };
    struct driver *driver = &turn->driver;
    struct calls *calls = &turn->calls;
    int slice_ms = MAX(turn->scenario->delay_ms * SLICE_DELAYS, SLICE_MS);
    const char *why = turn->lives->options->uncounted
                          ? "not asked for"
                          : strace_start(turn, words);
    off_t begin = -1, end = -1;
    FILE *log;

    if (why) {
        return why;
    }
    if (turn->scenario->load.silent_clients > SILENT_MAX) {
        PUT(calls->reason, "beside %d silent clients only", SILENT_MAX);
    }
    why = connect_all(turn);
    if (!why && rest(turn) != -1) {
        driver_slice(driver, WARMUP_MS * NS_PER_MS, SUM_WARMUP);
        begin = rest(turn);
        driver_slice(driver, slice_ms * NS_PER_MS, SUM_CLOSED);
        end = rest(turn);
    }
    log = stop(turn);
    calls->echoes = (double)driver->last.echoes;
    why = why                        ? why
          : begin == -1 || end == -1 ? "it never rests"
          : driver->engine_errno != 0 || !driver->drained || calls->echoes < 1
              ? "there was no echo while calls were counted"
          : read_calls(log, begin, end, calls)
              ? NULL
              : "the launcher kept what strace printed";
    fclose(log);
    return why;
}

/* ---- instructions ------------------------------------------------------ */

/* What the server takes that is counted: the second run less the first. */
static struct {
    struct calls_name functions[FUNCTIONS_MAX]; /* each is there once */
    size_t n;                                   /* how many */
    double others; /* what those take for which there is no room */
    double echoes; /* for which all this was taken */
} counted;

/* Where that of a function is added up. */
static double *
taken_by(const char *name)
{
    struct calls_name *function = counted.functions;

    name = strncmp(name, "0x", 2) == 0 ? "without a name" : name;
    while (function < counted.functions + counted.n &&
           strncmp(function->name, name, sizeof function->name - 1) != 0) {
        function++;
    }
    if (function == counted.functions + FUNCTIONS_MAX) {
        return &counted.others;
    }
    counted.n += function == counted.functions + counted.n;
    PUT(function->name, "%s", name);
    return &function->per_echo;
}

bool
instructions_read(FILE *file, double times)
{
    double *sum = NULL;
    char *line = NULL;
    size_t room = 0;
    double taken;
    bool called = false;

    while (getline(&line, &room, file) > 0) {
        if (strncmp(line, "fn=", 3) == 0) {
            line[strcspn(line, "\n")] = '\0';
            sum = taken_by(text_clean(line + 3));
        } else if (sum && !called &&
                   sscanf(line, "%*[0-9+*-] %lf", &taken) == 1) {
            *sum += times * taken;
        }
        /* What the called function has taken is in the next line as well. */
        called = strncmp(line, "calls=", 6) == 0;
    }
    free(line);
    return sum != NULL;
}

void
instructions_sum(double echoes, struct calls *code)
{
    struct calls_name *functions = counted.functions;

    qsort(functions, counted.n, sizeof *functions, calls_order);
    code->echoes = echoes;
    code->per_echo = counted.others / echoes;
    for (size_t i = 0; i < counted.n; i++) {
        code->per_echo += functions[i].per_echo / echoes;
        calls_add(code, functions[i].name, functions[i].per_echo / echoes);
    }
    calls_finish(code);
}

/* One run of a server, driven for one slice from when it has accepted all
 * clients; what it takes counts so many times. Returns NULL, or why it could
 * not be counted. */
static const char *
count_run(struct turn *turn, int slice_ms, double times)
{
    /* The pipes of a vgdb would stay when it is killed. What callgrind writes
     * at the end takes the place of all that was printed. */
    static const char *const words[] = {
        "valgrind",
        "-q",
        "--tool=callgrind",
        "--vgdb=no",
        "--trace-children=yes",
        "--separate-recs=1",
        "--compress-strings=no",
        "--callgrind-out-file=/proc/self/fd/2",
        "--",
        NULL};
    struct driver *driver = &turn->driver;
    const char *why;
    FILE *file;

    if (turn_start_server(turn, words) != 0) {
        return turn->server.reason;
    }
    why = connect_all(turn);
    turn_settle(turn);
    why = why ? why
          : !driver_slice(driver, slice_ms * NS_PER_MS, SUM_WARMUP)
              ? no_client
          : driver->last.served < driver->options.clients ? unserved
          : server_forks(&turn->server) ? "it has child processes"
                                        : NULL;
    counted.echoes += times * (double)driver->last.echoes_total;
    file = stop(turn);
    if (!instructions_read(file, times) && !why) {
        why = "valgrind did not say what it counted";
    }
    fclose(file);
    return why;
}

/* Both runs. Returns NULL, or why it could not be counted. */
static const char *
count_instructions(struct turn *turn)
{
    const char *command = turn->contender->command;
    const char *why;

    if (!turn->contender->path && !command) {
        return "not built";
    }
    if (turn->lives->options->order.launcher ||
        (command ? strpbrk(command, SERVER_SHELL_SIGNS) != NULL
                 : SANITIZED)) {
        return "not through a launcher, a shell or a sanitizer";
    }
    if (turn->measured &&
        turn->driver.last.served < turn->scenario->load.clients) {
        return unserved;
    }
    memset(&counted, 0, sizeof counted);
    why = count_run(turn, FEW_MS, -1);
    why = why ? why : count_run(turn, MANY_MS, 1);
    if (!why && counted.echoes <= 0) {
        why = "it is too slow to be counted";
    }
    if (!why) {
        instructions_sum(counted.echoes, &turn->code);
    }
    return why;
}

/* ---- all servers of a scenario ----------------------------------------- */

/* Count what is asked for of a server; or, if there is a `why`, say so. What
 * an open loop calls says more of the rate than of the server; work itself is
 * a call that reads the clock. */
static void
count(struct turn *turn, const char *why)
{
    const struct lives *lives = turn->lives;

    if (turn->measured && !turn->scenario->open_loop &&
        turn->scenario->work_us == 0 && !lives->interrupted) {
        complete(turn, &turn->calls, why ? why : count_syscalls(turn));
    }
    if (lives->cell->reads_code && !lives->interrupted) {
        complete(turn, &turn->code, why ? why : count_instructions(turn));
    }
}

/* The process of one lane: every so many-th server, with its clients on the
 * same CPU. Who is counted has its number written to `done_fd`. Ctrl-C is for
 * the parent. */
static _Noreturn void
run_lane(struct lives *lives, int lane, int done_fd, pid_t parent)
{
    const struct plan_cell *cell = lives->cell;
    cpu_set_t cpus = cell->layout.server;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signals_catch(SIG_IGN);
    if (cell->lanes > 1) {
        CPU_ZERO(&cpus);
        CPU_SET(plan_cpu(&lives->plan->allowed, lane), &cpus);
        sched_setaffinity(0, sizeof cpus, &cpus);
    }
    for (struct turn *turn = lives->turns + lane;
         turn < lives->turns_end && getppid() == parent;
         turn += cell->lanes) {
        unsigned char number = (unsigned char)(turn - lives->turns);

        turn->cpus = cpus;
        count(turn, NULL);
        if (write(done_fd, &number, 1) != 1) {
            break;
        }
    }
    _exit(0);
}

/* Keep what was counted of a server. */
static void
keep(struct turn *turn)
{
    struct lives *lives = turn->lives;

    if (turn->calls.scenario[0] != '\0') {
        lives_keep(lives, RECORD_CALLS, &turn->calls);
    }
    if (turn->code.scenario[0] != '\0') {
        if (lives->options->mode->bit == MODE_COUNT) {
            turn_keep_reason(
                turn, isnan(turn->code.per_echo) ? LIFE_SKIPPED : LIFE_OK,
                turn->code.reason);
        }
        lives_keep(lives, RECORD_CODE, &turn->code);
    }
}

void
counts_take(struct lives *lives)
{
    bool done[CONTENDERS_MAX] = {false};
    pid_t parent = getpid();
    int fds[2] = {-1, -1};
    unsigned char number;

    for (int lane = 0; lane < lives->cell->lanes &&
                       (lane > 0 || pipe2(fds, O_CLOEXEC) == 0);
         lane++) {
        if (fork() == 0) {
            run_lane(lives, lane, fds[1], parent);
        }
    }
    close(fds[1]);
    for (struct turn *turn = lives->turns; turn < lives->turns_end; turn++) {
        while (!done[turn - lives->turns] && read(fds[0], &number, 1) == 1) {
            done[number] = true;
        }
        if (!done[turn - lives->turns]) {
            count(turn, "the process that counts it ended early");
        }
        keep(turn);
    }
    close(fds[0]);
    /* All servers have ended, and so have those who drove them. */
    while (wait(NULL) > 0) {
    }
}
