/*
 * instructions.c: how many instructions an echo takes outside of the kernel.
 * See measure.h.
 *
 * callgrind, a tool of valgrind's, counts every one of them, by function. The
 * same program takes the same number of them on any machine, busy or not, so
 * that all servers can be counted at the same time, and without privileges.
 *
 * Each server runs twice, for some echoes and for many more. What the second
 * run takes beyond the first is what those echoes take that it has more:
 * start, connections and end are in both.
 */
#include "harness/compare/measure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/base.h"

enum {
    FEW_ECHOES = 128,        /* of the first run, or a round more */
    MORE_ECHOES = 1024,      /* that the second one has beyond them */
    PATIENCE_MS = 2000,      /* for an answer */
    FUNCTIONS_MAX = 1 << 14, /* of one server */
};

/* Our servers are built as we are, and valgrind cannot run these. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED true
#else
#define SANITIZED false
#endif

/* What is less in each echo is of a start or an end that differed. */
#define INSTRUCTIONS_LEAST 0.5

/* ---- what callgrind writes --------------------------------------------- */

/* The place of a function; that of CALLS_OTHER once there is no more room. */
static struct calls_name *
find_function(struct functions *functions, const char *name)
{
    size_t i = 0;

    name = strncmp(name, "0x", 2) == 0       ? "(no name)"
           : functions->n == functions->room ? CALLS_OTHER
                                             : name;
    while (i < functions->n &&
           strncmp(functions->list[i].name, name,
                   sizeof functions->list[i].name - 1) != 0) {
        i++;
    }
    i -= i == functions->room;
    functions->n += i == functions->n;
    snprintf(functions->list[i].name, sizeof functions->list[i].name, "%s",
             name);
    return &functions->list[i];
}

/* Neither names nor positions are compressed: see count_run(). */
void
instructions_read(FILE *file, double times, struct functions *functions)
{
    struct calls_name *function = NULL;
    char *line = NULL;
    size_t room = 0;
    double taken;

    while (getline(&line, &room, file) > 0) {
        if (strncmp(line, "fn=", 3) == 0) {
            line[strcspn(line, "\n")] = '\0';
            function = find_function(functions, text_clean(line + 3));
        } else if (strncmp(line, "calls=", 6) == 0) {
            /* What the called function has taken is said there as well. */
            if (getline(&line, &room, file) <= 0) {
                break;
            }
        } else if (function && strchr("0123456789+-*", line[0]) &&
                   sscanf(line, "%*s %lf", &taken) == 1) {
            function->per_echo += times * taken;
        }
    }
    free(line);
}

static int
most_first(const void *left, const void *right)
{
    const struct calls_name *a = left;
    const struct calls_name *b = right;

    return (a->per_echo < b->per_echo) - (a->per_echo > b->per_echo);
}

void
instructions_sum(struct functions *functions, double echoes,
                 struct calls *code)
{
    qsort(functions->list, functions->n, sizeof *functions->list, most_first);
    code->echoes = echoes;
    code->per_echo = 0;
    for (size_t i = 0; i < functions->n; i++) {
        double per_echo = functions->list[i].per_echo / echoes;

        code->per_echo += per_echo;
        if (per_echo >= INSTRUCTIONS_LEAST) {
            calls_add(code, functions->list[i].name, per_echo);
        }
    }
    calls_finish(code);
}

/* ---- one server -------------------------------------------------------- */

/* So often each of the clients says something, and then all hear it. Returns
 * NULL, or why that is not to be counted. */
static const char *
talk(const struct turn *turn, int rounds)
{
    static char message[SCENARIO_BARE_BYTES];
    const size_t bytes = (size_t)turn->scenario->load.message_bytes;
    int fds[SCENARIO_BARE_CLIENTS];
    bool good = true;
    bool forks;
    int n = 0;

    while (good && n < turn->scenario->load.clients) {
        fds[n] = server_connect(&turn->server, PATIENCE_MS);
        good = fds[n++] != -1;
    }
    for (int round = 0; round < rounds && good; round++) {
        for (int i = 0; i < n; i++) {
            send(fds[i], message, bytes, MSG_NOSIGNAL);
        }
        for (int i = 0; i < n && good; i++) {
            good =
                recv(fds[i], message, bytes, MSG_WAITALL) == (ssize_t)bytes;
        }
    }
    forks = server_forks(&turn->server);
    while (n > 0) {
        close(fds[--n]);
    }
    return !good   ? "not all clients are served"
           : forks ? "what its child processes take is not seen"
                   : NULL;
}

/* One run of a server; what it takes counts so many times. Its standard error
 * is a file in memory, which callgrind overwrites at the end. Returns NULL,
 * or why it could not be counted, perhaps in `reason`. */
static const char *
count_run(struct turn *turn, int rounds, double times,
          struct functions *functions, char reason[SERVER_REASON_BYTES])
{
    static const char *const words[] = {
        "valgrind",
        "-q",
        "--tool=callgrind",
        "--trace-children=yes",
        "--separate-recs=1",
        "--compress-strings=no",
        "--compress-pos=no",
        "--callgrind-out-file=/proc/self/fd/2",
        "--",
        NULL,
    };
    const char *why;
    FILE *file;

    if (turn_start_server(turn, words, reason) != 0) {
        return turn->server.end.wait_status == W_EXITCODE(127, 0)
                   ? "valgrind is not installed (on Debian: apt-get install "
                     "valgrind)"
                   : reason;
    }
    why = talk(turn, rounds);
    file = fdopen(dup(turn->server.error_fd), "r");
    server_stop(&turn->server);
    if (file) {
        rewind(file);
        instructions_read(file, times, functions);
        fclose(file);
    }
    return functions->n == 0 && !why ? "valgrind did not say what it counted"
                                     : why;
}

static const char *
count_server(struct turn *turn, char reason[SERVER_REASON_BYTES])
{
    static struct calls_name list[FUNCTIONS_MAX];
    struct functions functions = {.list = list, .room = FUNCTIONS_MAX};
    const struct options *options = turn->lives->options;
    const char *command = turn->contender->command;
    int clients = turn->scenario->load.clients;
    int few = 1 + FEW_ECHOES / clients;
    int more = MORE_ECHOES / clients;
    const char *why;

    if (options->uncounted || (!turn->contender->path && !command)) {
        return options->uncounted ? "not asked for" : "not built";
    }
    if (SANITIZED && !command) {
        return "valgrind cannot run what is built with a sanitizer";
    }
    if (turn->measured && turn->driver.last.served < clients) {
        return "not all clients are served";
    }
    if (options->order.launcher ||
        (command && strpbrk(command, SERVER_SHELL_SIGNS))) {
        return "a launcher or the shell cannot be put under valgrind";
    }
    why = count_run(turn, few, -1, &functions, reason);
    why = why ? why : count_run(turn, few + more, 1, &functions, reason);
    if (!why) {
        instructions_sum(&functions, more * clients, &turn->code);
    }
    return why;
}

/* ---- all of them ------------------------------------------------------- */

/* In a process of its own. */
static pid_t
start_counting(struct turn *turn)
{
    char reason[SERVER_REASON_BYTES];
    const char *why;
    pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        /* They are for the process that started us. */
        signal(SIGINT, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
        signal(SIGHUP, SIG_IGN);
        why = count_server(turn, reason);
        snprintf(turn->code.reason, sizeof turn->code.reason, "%s",
                 why ? why : "");
        _exit(0);
    }
    return pid;
}

void
instructions_count(struct lives *lives)
{
    const struct plan_cell *cell = lives->cell;
    const cpu_set_t *allowed = &lives->plan->allowed;
    struct plan_cell anywhere = *cell;
    size_t n = lives->options->ncontenders;
    pid_t pids[CONTENDERS_MAX];

    anywhere.layout = (struct layout){"all", *allowed, *allowed};
    lives->cell = &anywhere;
    sched_setaffinity(0, sizeof *allowed, allowed);
    for (size_t i = 0; i < n; i++) {
        struct calls *code = &lives->turns[i].code;

        calls_clear(code);
        snprintf(code->scenario, sizeof code->scenario, "%s",
                 cell->scenario.name);
        snprintf(code->model, sizeof code->model, "%s",
                 lives->turns[i].contender->name);
        code->clients = scenario_asked(&cell->scenario);
        pids[i] = start_counting(&lives->turns[i]);
    }
    for (size_t i = 0; i < n; i++) {
        while (waitpid(pids[i], NULL, 0) == -1 && errno == EINTR) {
        }
    }
    lives->cell = cell;
    for (size_t i = 0; i < n && !lives->interrupted; i++) {
        struct turn *turn = &lives->turns[i];

        if (lives->options->mode->bit == MODE_COUNT) {
            turn_keep_reason(
                turn, turn->code.reason[0] == '\0' ? LIFE_OK : LIFE_SKIPPED,
                turn->code.reason);
        }
        lives_keep(lives, RECORD_CODE, &turn->code);
    }
}
