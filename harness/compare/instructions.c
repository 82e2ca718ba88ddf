/*
 * instructions.c: how many instructions an echo takes outside of the kernel.
 * See measure.h.
 *
 * callgrind, a tool of valgrind's, counts every one of them, by function,
 * without privileges. The same program takes the same number of them on any
 * machine, busy or not.
 *
 * Each server runs twice, for some echoes and for many more. What the second
 * run takes beyond the first is what those echoes take that it has more:
 * start, connections and end are in both.
 */
#include "harness/compare/measure.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/base.h"

enum {
    FEW_MS = 10,             /* of the slice in the first run */
    MANY_MS = 100,           /* of that in the second one */
    FUNCTIONS_MAX = 1 << 13, /* of one server */
};

/* Our servers are built as we are, and valgrind cannot run these. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED true
#else
#define SANITIZED false
#endif

/* ---- what callgrind writes --------------------------------------------- */

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

/* ---- one server -------------------------------------------------------- */

/* Drive it for one slice, in which all clients are served, from when it has
 * accepted them all. Returns NULL, or why that is not to be counted. */
static const char *
drive(struct turn *turn, int slice_ms)
{
    struct driver *driver = &turn->driver;
    bool driven =
        driver_start(turn) == 0 && driver_tell(driver, driver_connect) == 0;
    bool forks;

    turn_settle(turn);
    driven =
        driven && driver_slice(driver, slice_ms * NS_PER_MS, SUM_WARMUP) == 0;
    forks = server_forks(&turn->server);
    driver_stop(driver);
    return !driven ? "the client could not be started"
           : driver->last.served < driver->options.clients
               ? "not all clients are served"
           : forks ? "it has child processes"
                   : NULL;
}

/* One run of a server; what it takes counts so many times. Its standard error
 * is a file in memory, which callgrind overwrites at the end. Returns NULL,
 * or why it could not be counted. */
static const char *
count_run(struct turn *turn, int slice_ms, double times)
{
    /* The pipes of a vgdb would stay when it is killed. */
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
    const char *why;
    FILE *file;

    if (turn_start_server(turn, words) != 0) {
        return turn->server.reason;
    }
    why = drive(turn, slice_ms);
    counted.echoes += times * (double)turn->driver.last.echoes_total;
    file = fdopen(dup(turn->server.error_fd), "r");
    server_stop(&turn->server);
    if (file) {
        rewind(file);
        if (!instructions_read(file, times) && !why) {
            why = "valgrind did not say what it counted";
        }
        fclose(file);
    }
    return why;
}

/* Both runs. Returns NULL, or why it could not be counted. */
static const char *
count(struct turn *turn)
{
    const struct options *options = turn->lives->options;
    const char *command = turn->contender->command;
    const char *why;

    if (options->uncounted || (!turn->contender->path && !command)) {
        return options->uncounted ? "not asked for" : "not built";
    }
    if (options->order.launcher ||
        (command ? strpbrk(command, SERVER_SHELL_SIGNS) != NULL
                 : SANITIZED)) {
        return "not through a launcher, a shell or a sanitizer";
    }
    if (turn->measured &&
        turn->driver.last.served < turn->scenario->load.clients) {
        return "not all clients are served";
    }
    memset(&counted, 0, sizeof counted);
    why = count_run(turn, FEW_MS, -1);
    why = why ? why : count_run(turn, MANY_MS, 1);
    return why || counted.echoes > 0 ? why : "it is too slow to be counted";
}

void
instructions_count(struct turn *turn)
{
    struct calls code;
    const char *why = count(turn);

    calls_clear(&code);
    if (!why) {
        instructions_sum(counted.echoes, &code);
    }
    if (turn->lives->options->mode->bit == MODE_COUNT &&
        !turn->lives->interrupted) {
        turn_keep_reason(turn, why ? LIFE_SKIPPED : LIFE_OK, why ? why : "");
    }
    turn_keep_calls(turn, RECORD_CODE, &code, why);
}
