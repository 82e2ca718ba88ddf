/*
 * server_words.c: how a server ended or did not start, in words, and what to
 * do about it. See server.h.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "harness/base/base.h"
#include "harness/compare/server.h"

/* Standard error's last line; else standard output's, if that is for people:
 * a usage, and neither counters nor what we have asked for. */
static void
last_words(const struct server *server, char *line, size_t line_bytes)
{
    server_last_line(server->errors, line, line_bytes);
    if (line[0] == '\0') {
        server_last_line(server->output, line, line_bytes);
    }
    if (line[0] == '{' || proc_behind(line, SERVER_READY_WORDS) ||
        proc_behind(line, SERVER_PID_WORDS)) {
        line[0] = '\0';
    }
}

void
server_describe_end(const struct server *server,
                    char reason[SERVER_REASON_BYTES])
{
    int status = server->wait_status;
    char line[160];
    char how[64];

    last_words(server, line, sizeof line);
    if (server->killed) {
        snprintf(how, sizeof how, "still ran 2 s after SIGTERM");
    } else if (WIFSIGNALED(status)) {
        snprintf(how, sizeof how, "died of signal %d, %s", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    } else {
        snprintf(how, sizeof how, "ended with status %d",
                 WEXITSTATUS(status));
    }
    snprintf(reason, SERVER_REASON_BYTES, "%s%s%s", how,
             line[0] ? "; its last words: " : ", without a word", line);
}

/* What to do about a command that has ended, "" if nothing is known. */
static const char *
advice(const struct server *server, const struct server_order *order)
{
    int status = server->wait_status;
    bool ran = proc_behind(server->output, SERVER_PID_WORDS);

    if (order->launcher && !ran) {
        return status == 0 ? "; standard input has not come through: the "
                             "launcher must pass it on"
                           : "; the launcher must start what stands behind "
                             "it and ask nothing: try it by hand, with true "
                             "behind it";
    }
    if (!order->command) {
        return "";
    }
    if (strstr(server->errors, "in use")) {
        return "; its port is taken: write {port} where its command has the "
               "number";
    }
    switch (WIFEXITED(status) ? WEXITSTATUS(status) : -1) {
    case 0:
        return server->left_behind
                   ? "; it went into the background: give it its flag to "
                     "stay in the foreground, such as -f, -F, --foreground "
                     "or nodaemon"
                   : "; it must serve client after client until SIGTERM "
                     "(socat: fork; ncat: -k)";
    case 126:
        return "; it may not be executed: chmod +x it, or put its "
               "interpreter before it";
    case 127:
        return "; there is no such program: make it, or give its path from "
               "this folder";
    default:
        return "; start it by hand to see more";
    }
}

/* Why it was not taken for ready though it ran. */
static void
describe_silence(const struct server *server,
                 const struct server_order *order,
                 char reason[SERVER_REASON_BYTES])
{
    const char *false_line = proc_behind(server->output, SERVER_READY_WORDS);
    bool silent = order->command && !strstr(order->command, "{port}");
    char line[100];

    snprintf(reason, SERVER_REASON_BYTES, "was not ready after %.0f ms",
             server->start_ms);
    if (false_line) {
        text_append(reason, SERVER_REASON_BYTES, ": ",
                    "\"" SERVER_READY_WORDS "%.*s\" names no address",
                    (int)strcspn(false_line, "\r\n"), false_line);
    } else if (server->listens[0] != '\0') {
        text_append(reason, SERVER_REASON_BYTES, ": ",
                    "it listens on %s; its command must give it {port}, or "
                    "{host} and {port}",
                    server->listens);
    } else if (silent) {
        text_append(reason, SERVER_REASON_BYTES, ": ",
                    "it printed no ready line, and its command has no "
                    "{port}");
    } else {
        text_append(reason, SERVER_REASON_BYTES, "; ",
                    "if it needs longer, give --start-timeout=%gs (make: "
                    "START_TIMEOUT=%gs)",
                    2e-9 * (double)order->start_timeout_ns,
                    2e-9 * (double)order->start_timeout_ns);
    }
    last_words(server, line, sizeof line);
    if (line[0] != '\0') {
        text_append(reason, SERVER_REASON_BYTES, "; ", "its last words: %s",
                    line);
    }
}

void
server_describe_start(const struct server *server,
                      const struct server_order *order,
                      char reason[SERVER_REASON_BYTES])
{
    if (server->ended_early) {
        server_describe_end(server, reason);
        text_append(reason, SERVER_REASON_BYTES, "", "%s",
                    advice(server, order));
    } else {
        describe_silence(server, order, reason);
    }
}
