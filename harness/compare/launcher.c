/*
 * launcher.c: from an order to a command line. See launcher.h.
 */
#include "harness/compare/launcher.h"

#include <stdio.h>
#include <string.h>

/* What makes a command more than the name of a program and its arguments. */
#define SHELL_SIGNS ";&|<>()`\n"

static const char *exec_prefix(const char *command);
static const char *env_prefix(const char *command);

const char *
launcher_make_line(const struct server_order *order, const char *command,
                   struct launcher_line *line)
{
    int n = 0;
    int length = 0;

    /* Half of such a command would run here, in front of the launcher. */
    if (order->launcher && command && strpbrk(command, SHELL_SIGNS)) {
        return "a command for the shell cannot be put behind a launcher; "
               "make a script of it";
    }
    if (order->launcher) {
        length = snprintf(line->text, sizeof line->text, "%s%s \"$@\" %s%s",
                          exec_prefix(order->launcher), order->launcher,
                          command ? env_prefix(command) : "",
                          command ? command : "");
    } else if (command) {
        length = snprintf(line->text, sizeof line->text, "%s%s",
                          exec_prefix(command), command);
    }
    if (length >= (int)sizeof line->text) {
        return "its command is too long";
    }
    if (length > 0) {
        line->arguments[n++] = "/bin/sh";
        line->arguments[n++] = "-c";
        line->arguments[n++] = line->text;
        line->arguments[n++] = "sh";
    }
    if (order->launcher) {
        line->arguments[n++] = order->leash;
    }
    for (int i = 0; !command && order->arguments[i]; i++) {
        line->arguments[n++] = order->arguments[i];
    }
    line->arguments[n] = NULL;
    return NULL;
}

/* What makes the shell become the server, if the command is a single one. */
static const char *
exec_prefix(const char *command)
{
    if (strpbrk(command, SHELL_SIGNS)) {
        return "";
    }
    return env_prefix(command)[0] != '\0' ? "exec env " : "exec ";
}

/* Only a shell takes A=1 before a command; elsewhere env must be the program,
 * which becomes the server in its turn. */
static const char *
env_prefix(const char *command)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_";
    const char *word = command + strspn(command, " \t");

    return word[strspn(word, letters)] == '=' ? "env " : "";
}
