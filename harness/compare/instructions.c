/*
 * instructions.c: how many instructions an echo takes outside of the kernel.
 * See measure.h.
 *
 * callgrind, a tool of valgrind's, counts every one of them, by function. The
 * same program takes the same number of them on any machine, busy or not, so
 * that servers can be counted at the same time, and without any privilege.
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
    FEW_ECHOES = 128,    /* of the first run, at least */
    MORE_ECHOES = 1024,  /* that the second one has beyond them, at least */
    PATIENCE_MS = 2000,  /* for an answer */
    PARTS_MAX = 1 << 16, /* of functions in both files */
    WORKERS_MAX = 64,    /* servers that are counted at the same time */
};

/* What is less in each echo is of a start or an end that differed. */
#define INSTRUCTIONS_LEAST 0.5

/* ---- what callgrind writes --------------------------------------------- */

/* Names and positions are not compressed: see count_run(). */
void
instructions_read(FILE *file, double times, struct functions *functions)
{
    struct calls_name *function = NULL;
    char *line = NULL;
    size_t room = 0;
    double taken;

    while (getline(&line, &room, file) > 0) {
        if (strncmp(line, "fn=", 3) == 0) {
            bool full = functions->n >= functions->room;

            line[strcspn(line, "\n")] = '\0';
            functions->n += !full;
            function = &functions->list[functions->n - 1];
            snprintf(function->name, sizeof function->name, "%s",
                     full ? CALLS_OTHER
                     : strncmp(line + 3, "0x", 2) == 0
                         ? "(no name)"
                         : text_clean(line + 3));
        } else if (strncmp(line, "calls=", 6) == 0) {
            /* The next line is what the called function has taken, which is
             * said there. */
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
by_name(const void *left, const void *right)
{
    const struct calls_name *a = left;
    const struct calls_name *b = right;

    return strcmp(a->name, b->name);
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
    struct calls_name *list = functions->list;
    size_t n = 0;

    qsort(list, functions->n, sizeof *list, by_name);
    for (size_t i = 0; i < functions->n; i++) {
        if (n > 0 && by_name(&list[n - 1], &list[i]) == 0) {
            list[n - 1].per_echo += list[i].per_echo;
        } else {
            list[n++] = list[i];
        }
    }
    qsort(list, n, sizeof *list, most_first);
    code->echoes = echoes;
    code->per_echo = 0;
    for (size_t i = 0; i < n; i++) {
        code->per_echo += list[i].per_echo / echoes;
        if (list[i].per_echo >= INSTRUCTIONS_LEAST * echoes) {
            calls_add(code, list[i].name, list[i].per_echo / echoes);
        }
    }
    calls_finish(code);
}

/* ---- one server -------------------------------------------------------- */

/* So often each of the clients says something, and then all hear it. */
static bool
talk(const struct turn *turn, int rounds)
{
    static char message[SCENARIO_BARE_BYTES];
    const size_t bytes = (size_t)turn->scenario->load.message_bytes;
    int fds[SCENARIO_BARE_CLIENTS];
    int n = 0;
    bool good = true;

    while (good && n < turn->scenario->load.clients) {
        fds[n] = server_connect(&turn->server, PATIENCE_MS);
        good = fds[n++] != -1;
    }
    for (int i = 0; i < rounds * n && good; i++) {
        good = send(fds[i % n], message, bytes, MSG_NOSIGNAL) != -1;
        for (int j = 0; i % n == n - 1 && j < n && good; j++) {
            good =
                recv(fds[j], message, bytes, MSG_WAITALL) == (ssize_t)bytes;
        }
    }
    while (n > 0) {
        close(fds[--n]);
    }
    return good;
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
    size_t before = functions->n;
    FILE *file;
    bool good;

    if (turn_start_server(turn, words, reason) != 0) {
        return turn->server.end.wait_status == W_EXITCODE(127, 0)
                   ? "valgrind is not installed (on Debian: apt-get install "
                     "valgrind)"
                   : reason;
    }
    good = talk(turn, rounds);
    file = fdopen(dup(turn->server.error_fd), "r");
    server_stop(&turn->server);
    if (file) {
        rewind(file);
        instructions_read(file, times, functions);
        fclose(file);
    }
    return !good                    ? "not all clients are served"
           : functions->n == before ? "valgrind did not say what it counted"
                                    : NULL;
}

static const char *
count_server(struct turn *turn, struct calls *code,
             char reason[SERVER_REASON_BYTES])
{
    static struct calls_name list[PARTS_MAX];
    struct functions functions = {.list = list, .room = PARTS_MAX};
    const char *command = turn->contender->command;
    int clients = turn->scenario->load.clients;
    int few = 1 + FEW_ECHOES / clients;
    int more = MORE_ECHOES / clients;
    const char *why;

    if (turn->lives->options->uncounted) {
        return "not asked for";
    }
    if (!turn->contender->path && !command) {
        return "not built";
    }
    if (turn->measured && turn->driver.last.served < clients) {
        return "not all clients are served";
    }
    if (turn->lives->options->order.launcher ||
        (command && strpbrk(command, SERVER_SHELL_SIGNS))) {
        return "a launcher or the shell cannot be put under valgrind";
    }
    memset(list, 0, sizeof list);
    why = count_run(turn, few, -1, &functions, reason);
    why = why ? why : count_run(turn, few + more, 1, &functions, reason);
    if (!why) {
        instructions_sum(&functions, more * clients, code);
    }
    return why;
}

/* ---- all of them ------------------------------------------------------- */

/* Every so many servers, in a process of its own. */
static pid_t
start_worker(struct lives *lives, size_t first, size_t step)
{
    char reason[SERVER_REASON_BYTES];
    pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        /* They are for the process that started us. */
        signal(SIGINT, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
        signal(SIGHUP, SIG_IGN);
        for (size_t i = first;
             i < lives->options->ncontenders && !lives->interrupted;
             i += step) {
            struct turn *turn = &lives->turns[i];
            const char *why = count_server(turn, &turn->code, reason);

            snprintf(turn->code.reason, sizeof turn->code.reason, "%s",
                     why ? why : "");
        }
        _exit(0);
    }
    return pid;
}

void
instructions_count(struct lives *lives)
{
    const struct plan_cell *cell = lives->cell;
    struct plan_cell anywhere = *cell;
    pid_t workers[WORKERS_MAX];
    int n = CPU_COUNT(&lives->plan->allowed);

    n = n < WORKERS_MAX ? n : WORKERS_MAX;
    for (size_t i = 0; i < lives->options->ncontenders; i++) {
        struct calls *code = &lives->turns[i].code;

        calls_clear(code);
        snprintf(code->scenario, sizeof code->scenario, "%s",
                 cell->scenario.name);
        snprintf(code->model, sizeof code->model, "%s",
                 lives->options->contenders[i].name);
        code->clients = scenario_asked(&cell->scenario);
    }
    anywhere.layout =
        (struct layout){"all", lives->plan->allowed, lives->plan->allowed};
    lives->cell = &anywhere;
    sched_setaffinity(0, sizeof(cpu_set_t), &lives->plan->allowed);
    for (int i = 0; i < n; i++) {
        workers[i] = start_worker(lives, (size_t)i, (size_t)n);
    }
    for (int i = 0; i < n; i++) {
        while (waitpid(workers[i], NULL, 0) == -1 && errno == EINTR) {
        }
    }
    lives->cell = cell;
    for (size_t i = 0; i < lives->options->ncontenders && !lives->interrupted;
         i++) {
        struct turn *turn = &lives->turns[i];
        bool counted = turn->code.reason[0] == '\0';

        if (lives->options->mode->bit == MODE_COUNT) {
            turn_keep_reason(turn, counted ? LIFE_OK : LIFE_SKIPPED,
                             turn->code.reason);
        }
        lives_keep(lives, RECORD_CODE, &turn->code);
    }
}
