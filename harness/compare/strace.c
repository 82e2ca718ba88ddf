/*
 * strace.c: system calls counted by strace. See syscalls.h.
 */
#include "harness/compare/syscalls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -I 3: a SIGTERM for the group is the server's to obey, and strace prints
 * its table once the server has ended. setpriv lets the server die should
 * strace be killed; what it and the start cost is subtracted later. */
static const char *const words[] = {
    "strace", "-f",      "-c",          "-q",   "-q", "-I",
    "3",      "setpriv", "--pdeathsig", "KILL", "--",
};
enum {
    WORDS = sizeof words / sizeof words[0]
};

/* True if PATH has the program. */
static bool
installed(const char *program)
{
    const char *folder = getenv("PATH");

    while (folder && *folder != '\0') {
        int length = (int)strcspn(folder, ":");
        char path[4096];

        snprintf(path, sizeof path, "%.*s/%s", length, folder, program);
        if (access(path, X_OK) == 0) {
            return true;
        }
        folder += length;
        folder += *folder == ':';
    }
    return false;
}

const char *
strace_wrap(struct server_order *order, char command[SERVER_COMMAND_BYTES])
{
    int count = 0;
    size_t length = 0;

    if (!installed("strace")) {
        return "strace is not installed (on Debian: apt-get install strace)";
    }
    if (!installed("setpriv")) {
        return "setpriv, which strace is run with, is not installed";
    }
    if (order->command) {
        if (strpbrk(order->command, ";&|<>()`\n")) {
            return "a command for the shell cannot be put under strace";
        }
        for (int i = 0; i < WORDS; i++) {
            length += (size_t)snprintf(command + length,
                                       SERVER_COMMAND_BYTES - length, "%s ",
                                       words[i]);
        }
        snprintf(command + length, SERVER_COMMAND_BYTES - length, "%s",
                 order->command);
        order->command = command;
        return NULL;
    }
    while (order->arguments[count]) {
        count++;
    }
    if (count + WORDS >= SERVER_ARGUMENTS_MAX) {
        return "its command line is too long for strace";
    }
    memmove(order->arguments + WORDS, order->arguments,
            (size_t)(count + 1) * sizeof order->arguments[0]);
    memcpy(order->arguments, words, sizeof words);
    return NULL;
}

/* One row: share, seconds, us per call, calls, perhaps errors, name. The
 * rulers and the total are no rows. */
static bool
read_row(const char *line, char name[STRACE_NAME_BYTES], int64_t *calls)
{
    char fields[6][STRACE_NAME_BYTES];
    char row[128];
    char *end;
    int n;

    snprintf(row, sizeof row, "%.*s", (int)strcspn(line, "\n"), line);
    n = sscanf(row, "%23s %23s %23s %23s %23s %23s", fields[0], fields[1],
               fields[2], fields[3], fields[4], fields[5]);
    if (n < 5) {
        return false;
    }
    *calls = strtoll(fields[3], &end, 10);
    snprintf(name, STRACE_NAME_BYTES, "%s", fields[n - 1]);
    return *end == '\0' && strcmp(name, "total") != 0;
}

int
strace_parse(const char *text, struct strace_table *table)
{
    const char *line = strstr(text, "% time");

    table->nrows = 0;
    while (line && (line = strchr(line, '\n'))) {
        char *name = table->rows[table->nrows].name;

        line++;
        if (table->nrows < STRACE_CALLS_MAX - 1 &&
            read_row(line, name, &table->rows[table->nrows].calls)) {
            table->nrows++;
        }
    }
    return table->nrows > 0 ? 0 : -1;
}

int64_t
strace_calls(const struct strace_table *table, const char *name)
{
    for (int i = 0; i < table->nrows; i++) {
        if (strcmp(table->rows[i].name, name) == 0) {
            return table->rows[i].calls;
        }
    }
    return 0;
}
