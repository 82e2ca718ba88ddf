/*
 * server_line.c: what a server is told, what it says, and how it ended.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "harness/base/base.h"
#include "harness/compare/server.h"

#define PORT_MAX  65535
#define WORDS_MAX 160 /* bytes of its last words that are told */

/* In braces, so that a shell that reads byte by byte has read all of it
 * before the first `read` looks for what comes behind it. The server has a
 * session of its own, because what it starts must get the signals, too. Who
 * waits to kill it holds nothing open: some launchers, as one made of socat,
 * end when all of their streams have. */
const char server_leash[] =
    "{\n"
    "exec 3<&0\n"
    "setsid sh -c 'echo \"" SERVER_PID_WORDS "$$\"; exec \"$@\"' sh \"$@\" "
    "</dev/null 3<&- &\n"
    "server=$!\n"
    "{ read -r stop; exec <&- 3<&-; kill -TERM -$server; sleep 1.5; "
    "kill -KILL -$server; } <&3 >/dev/null 2>&1 &\n"
    "wait $server\n"
    "status=$?\n"
    "kill -KILL -$server $! 2>/dev/null\n"
    "exit $status\n"
    "}\n";

static void
put_command(FILE *text, const char *command, int port, const char *host)
{
    while (*command != '\0') {
        if (strncmp(command, "{port}", 6) == 0) {
            fprintf(text, "%d", port);
            command += 6;
        } else if (strncmp(command, "{host}", 6) == 0) {
            fputs(host ? host : "127.0.0.1", text);
            command += 6;
        } else {
            fputc(*command++, text);
        }
    }
}

const char *
server_make_line(const struct server_order *order, int port,
                 struct server_line *line)
{
    const char *launcher = order->launcher;
    const char *command = order->command;
    bool whole = command && strpbrk(command, SERVER_SHELL_SIGNS);
    char behind_word = '\0';
    FILE *text;
    int n = 0;

    /* Half of such a command would run here, in front of the launcher. */
    if (launcher && whole) {
        return "a command for the shell cannot be put behind a launcher; "
               "make a script of it";
    }
    if (launcher || command) {
        text = fmemopen(line->text, SERVER_LINE_BYTES, "w");
        if (launcher) {
            fprintf(text, "%s%s sh -s -- ",
                    strpbrk(launcher, SERVER_SHELL_SIGNS) ? "" : "exec env ",
                    launcher);
        } else if (!whole) {
            fputs("exec ", text);
        }
        if (!whole) {
            fputs("\"$@\"", text);
        }
        if (command) {
            /* "A=1 server": only a shell takes that; elsewhere env does. */
            sscanf(command, " %*[A-Za-z0-9_]%c", &behind_word);
            fputs(whole ? "" : behind_word == '=' ? " env " : " ", text);
            put_command(text, command, port, order->host);
        }
        fputc('\0', text);
        if (fclose(text) != 0) {
            return "its command is too long";
        }
        line->arguments[n++] = "/bin/sh";
        line->arguments[n++] = "-c";
        line->arguments[n++] = line->text;
        line->arguments[n++] = "sh";
    }
    for (int i = 0; order->arguments[i]; i++) {
        line->arguments[n++] = order->arguments[i];
    }
    line->arguments[n] = NULL;
    return NULL;
}

/* ---- what one says ----------------------------------------------------- */

void
server_last_line(const char *output, char *line, size_t line_bytes)
{
    const char *end = output + strlen(output);
    const char *begin;

    while (end > output && (end[-1] == '\n' || end[-1] == '\r')) {
        end--;
    }
    begin = memrchr(output, '\n', (size_t)(end - output));
    begin = begin ? begin + 1 : output;
    snprintf(line, line_bytes, "%.*s", (int)(end - begin), begin);
    text_clean(line);
}

int
server_read_ready(const char *output, const char *host,
                  struct sockaddr_storage *address)
{
    while ((output = proc_behind(output, SERVER_READY_WORDS)) &&
           strchr(output, '\n')) {
        char said[64];
        int port;
        int end;

        if ((sscanf(output, "%63[0-9.]:%5d%n", said, &port, &end) == 2 ||
             sscanf(output, "[%63[0-9A-Fa-f:.]]:%5d%n", said, &port, &end) ==
                 2) &&
            port >= 1 && port <= PORT_MAX && strchr(" \r\n", output[end]) &&
            address_parse(host ? host : said, port, address)) {
            return 0;
        }
    }
    return -1;
}

/* ---- how it ended ------------------------------------------------------ */

#define ADD(...) APPEND(server->reason, "", __VA_ARGS__)

/* Add to the reason standard error's last line that speaks of an error,
 * behind which many languages say where, else its last one; else standard
 * output's, if that is for people: a usage, and neither counters nor what we
 * have asked for. */
static void
add_last_words(struct server *server, size_t most, const char *if_none)
{
    char *rest = strdupa(server->errors);
    char line[WORDS_MAX];

    server_last_line(server->errors, line, most);
    for (char *one; (one = strsep(&rest, "\n"));) {
        if (fnmatch("[! \t]*@(error: |exception|panic: )*", one,
                    FNM_EXTMATCH | FNM_CASEFOLD) == 0) {
            server_last_line(one, line, most);
        }
    }
    if (line[0] == '\0') {
        server_last_line(server->output, line, most);
    }
    if (line[0] == '{' || proc_behind(line, SERVER_READY_WORDS) ||
        proc_behind(line, SERVER_PID_WORDS)) {
        line[0] = '\0';
    }
    ADD("%s%s", line[0] ? "; its last words: " : if_none, line);
}

void
server_describe_end(struct server *server)
{
    int status = server->end.wait_status;

    if (server->killed) {
        PUT(server->reason, "still ran 2 s after SIGTERM");
    } else if (WIFSIGNALED(status)) {
        PUT(server->reason, "died of signal %d, %s", WTERMSIG(status),
            strsignal(WTERMSIG(status)));
    } else {
        PUT(server->reason, "ended with status %d", WEXITSTATUS(status));
    }
    add_last_words(server, WORDS_MAX, ", without a word");
}

/* What to do about a command that has ended, "" if nothing is known. */
static const char *
advice(const struct server *server)
{
    const struct server_order *order = &server->order;
    int status = server->end.wait_status;
    bool ran = proc_behind(server->output, SERVER_PID_WORDS);

    return order->launcher && !ran
               ? status == 0 ? "; the launcher must pass standard input on"
                             : "; the launcher must start what stands behind "
                               "it and ask nothing: try it by hand, with "
                               "true behind it"
           : !order->command ? ""
           : strstr(server->errors, "in use")
               ? "; its port is taken: write {port} for the number"
           : status == W_EXITCODE(126, 0)
               ? "; it may not be executed: chmod +x it, or write its "
                 "interpreter before it"
           : status == W_EXITCODE(127, 0)
               ? "; no such program: make it, or give its path from here"
           : status != 0 && strstr(order->command, "{port}")
               ? "; start it by hand to see more"
           : status != 0 ? "; start it by hand to see more: it printed no "
                           "ready line, and its command has no {port}"
           : server->end.left_behind
               ? "; it went into the background: give it its flag to stay in "
                 "the foreground, such as -f, -F, --foreground or nodaemon"
               : "; it must serve client after client until SIGTERM (socat: "
                 "fork; ncat: -k)";
}

void
server_describe_start(struct server *server)
{
    const char *command = server->order.command;
    const char *false_line = proc_behind(server->output, SERVER_READY_WORDS);
    double twice_s = 2e-9 * (double)server->order.start_timeout_ns;

    if (server->end.early) {
        ADD("%s", advice(server));
        return;
    }
    PUT(server->reason, "was not ready after %.0f ms", server->start_ms);
    if (false_line) {
        ADD(": \"" SERVER_READY_WORDS "%.*s\" names no address, or another "
            "port than {port}; write {port} in its command",
            (int)strcspn(false_line, "\r\n"), false_line);
    } else if (server->listens[0] != '\0') {
        ADD(": it listens on %s; its command must give it {port}, or {host} "
            "and {port}",
            server->listens);
    } else if (command && !strstr(command, "{port}")) {
        ADD(": it printed no ready line, and its command has no {port}");
    } else if (server->order.if_slow) {
        ADD("; if it needs longer, %s", server->order.if_slow);
    } else {
        ADD("; if it needs longer, give --start-timeout=%gs (make: "
            "START_TIMEOUT=%gs)",
            twice_s, twice_s);
    }
    add_last_words(server, 100, "");
    text_clean(server->reason);
}
