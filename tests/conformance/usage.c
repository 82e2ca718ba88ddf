/*
 * usage.c: what a server says when it is started wrongly.
 *
 * Row G11. Wrong usage is answered by one sentence and status 2, a machine
 * that does not allow what was asked for by one sentence and status 1; a
 * server never starts with something else than it was told.
 */
#include "tests/conformance/client.h"
#include "tests/conformance/expect.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/plan.h"
#include "tests/conformance/verdict.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* A command line that is wrong, and what the answer must mention. */
struct wrong_usage {
    const char *flag;     /* the whole of the command line */
    const char *words[4]; /* the flag, the value, the range, the unit */
};

static const struct wrong_usage wrong_usages[] = {
    {"--port=70000", {"--port", "70000", "65535"}},
    {"--port=-1", {"--port", "-1", "0"}},
    {"--port=http", {"--port", "http", "65535"}},
    {"--port=", {"--port", "0", "65535"}},
    {"--port=55 66", {"--port", "55 66", "65535"}},
    {"--port=80x", {"--port", "80x", "65535"}},
    {"--port=99999999999999999999", {"--port", "99999999999999999999"}},
    {"-p70000", {"--port", "70000", "65535"}},
    {"--backlog=0", {"--backlog", "0", "1", "clients"}},
    {"--backlog=-5", {"--backlog", "-5", "1"}},
    {"--handshake-timeout=0",
     {"--handshake-timeout", "0", "1", "milliseconds"}},
    {"--handshake-timeout=1e3", {"--handshake-timeout", "1e3"}},
    {"--idle-timeout=-1", {"--idle-timeout", "-1", "0", "milliseconds"}},
    {"--delay=-1", {"--delay", "-1", "0"}},
    {"--delay=5ms", {"--delay", "5ms", "0", "milliseconds"}},
    {"--work=x", {"--work", "x", "0", "microseconds"}},
    {"--max-clients=-1", {"--max-clients", "-1", "0", "clients"}},
    {"--sndbuf=-1", {"--sndbuf", "-1", "0", "bytes"}},
    {"--rcvbuf=4k", {"--rcvbuf", "4k", "0", "bytes"}},
    {"--grace=-1", {"--grace", "-1", "0", "milliseconds"}},
    {"--address=localhost", {"--address", "localhost", "numeric"}},
    {"--address=127.0.0.1.1", {"--address", "127.0.0.1.1", "numeric"}},
    {"--address=", {"--address", "numeric"}},
    {"--no-such-flag", {"--no-such-flag"}},
    {"--handshake=yes", {"--handshake"}},
    {"5566", {"5566"}},
};
enum {
    WRONG_USAGES = sizeof wrong_usages / sizeof wrong_usages[0],
};

/* Flags of one model only; the others do not know them. */
static const struct {
    const char *program;      /* whose it is */
    struct wrong_usage usage; /* wrong even there */
} own_wrong_usages[] = {
    {"threaded", {"--stack-size=0", {"--stack-size", "0", "32", "KiB"}}},
    {"threaded", {"--stack-size=big", {"--stack-size", "big"}}},
    {"coroutine", {"--stack-size=0", {"--stack-size", "0", "32", "KiB"}}},
    {"coroutine", {"--switch=magic", {"--switch", "magic", "jump"}}},
    {"libevent", {"--backend=kqueue", {"--backend", "kqueue", "epoll"}}},
};
enum {
    OWN_WRONG_USAGES = sizeof own_wrong_usages / sizeof own_wrong_usages[0],
};

/* Start a server that cannot start. Require `status` and copy what it says
 * to `text`. */
static void
expect_failure(struct server_setup setup, int status, char *text,
               size_t text_bytes)
{
    struct server server = server_spawn(setup);
    char line[128];
    bool ready = server_read_line(&server, line, sizeof line, PATIENCE_MS);
    int wait_status;

    require(!ready, "with %s it starts and says \"%s\"", setup.flags[0],
            line);
    wait_status = server_wait(&server, PATIENCE_MS);
    server_stderr(&server, text, text_bytes);
    require(WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == status,
            "with %s it %s, not with status %d", setup.flags[0],
            server_status_words(wait_status), status);
}

/* Require one line that begins with the program's name; argp may add a
 * second one that points to --help. */
static void
expect_one_sentence(const char *flag, const char *text)
{
    const char *newline = strchr(text, '\n');
    const char *second = newline == NULL ? "" : newline + 1;
    bool one = second[0] == '\0' ||
               (strncmp(second, "Try `", 5) == 0 &&
                strchr(second, '\n') == second + strlen(second) - 1);

    require(newline != NULL && one &&
                strstr(text, model_current()->program) != NULL,
            "with %s it does not answer in one sentence: \"%s\"", flag, text);
}

static void
check_wrong_usage(const struct wrong_usage *usage)
{
    char text[1024];
    int i;

    expect_failure(
        (struct server_setup){.flags = {usage->flag}, .bare = true}, 2, text,
        sizeof text);
    expect_one_sentence(usage->flag, text);
    for (i = 0; i < 4 && usage->words[i] != NULL; i++) {
        require(strstr(text, usage->words[i]) != NULL,
                "with %s the answer does not mention \"%s\": \"%s\"",
                usage->flag, usage->words[i], text);
    }
}

START_TEST(test_G11_wrong_usage)
{
    check_wrong_usage(&wrong_usages[_i]);
}
END_TEST

START_TEST(test_G11_wrong_usage_of_own_flags)
{
    const struct wrong_usage *usage = &own_wrong_usages[_i].usage;

    if (strcmp(own_wrong_usages[_i].program, model_current()->program) == 0) {
        check_wrong_usage(usage);
    } else if (strncmp(usage->flag, "--stack-size", 12) != 0 ||
               !model_works(MODEL_THREAD_EACH | MODEL_STACK_EACH)) {
        const struct wrong_usage unknown = {.flag = usage->flag};

        check_wrong_usage(&unknown);
    }
}
END_TEST

/* What a companion does not offer is refused, not left out in silence. */
static const struct wrong_usage not_offered[] = {
    {"--handshake", {"--handshake", "plain echo"}},
    {"--idle-timeout=5", {"--idle-timeout", "plain echo"}},
    {"--delay=5", {"--delay", "plain echo"}},
    {"--work=5", {"--work", "plain echo"}},
};

START_TEST(test_G11_what_is_not_offered_is_refused)
{
    check_wrong_usage(&not_offered[_i]);
}
END_TEST

START_TEST(test_G11_port_in_use)
{
    struct server first = server_start((struct server_setup){0});
    struct server_setup setup = {.bare = true};
    char flag[32];
    char text[1024];

    snprintf(flag, sizeof flag, "--port=%d", first.port);
    setup.flags[0] = flag;
    expect_failure(setup, 1, text, sizeof text);
    expect_one_sentence(flag, text);
    require(strstr(text, first.where) != NULL &&
                strstr(text, "in use") != NULL,
            "it does not say which address is in use: \"%s\"", text);
    expect_alive(&first);
    server_stop(&first);
}
END_TEST

START_TEST(test_G11_address_not_ours)
{
    char text[1024];

    /* 192.0.2.0/24 is kept for examples: nobody has such an address. */
    expect_failure(
        (struct server_setup){.flags = {"--address=192.0.2.1", "--port=0"},
                              .bare = true},
        1, text, sizeof text);
    expect_one_sentence("--address=192.0.2.1", text);
    require(strstr(text, "192.0.2.1") != NULL &&
                strstr(text, "assign") != NULL,
            "it does not say which address cannot be had: \"%s\"", text);
}
END_TEST

static const char *const questions[] = {"--help", "--usage", "--version"};

START_TEST(test_G11_questions_are_answered)
{
    struct server server = server_spawn(
        (struct server_setup){.flags = {questions[_i]}, .bare = true});
    char line[256];
    bool answered = server_read_line(&server, line, sizeof line, PATIENCE_MS);
    int wait_status = server_wait(&server, PATIENCE_MS);

    require(WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0,
            "with %s it %s", questions[_i], server_status_words(wait_status));
    require(answered && strstr(line, model_current()->program) != NULL,
            "%s is answered by \"%s\"", questions[_i], line);
}
END_TEST

START_TEST(test_G11_ipv6)
{
    struct server server =
        server_start((struct server_setup){.flags = {"--address=::1"}});
    struct client client;

    require(strncmp(server.where, "[::1]:", 6) == 0,
            "the ready line has %s, not [::1]:PORT", server.where);
    client = client_connect(&server);
    client_exchange_and_finish(&client, 100000);
    server_stop(&server);
}
END_TEST

START_TEST(test_G11_any_address)
{
    struct server server =
        server_start((struct server_setup){.flags = {"--address=0.0.0.0"}});

    require(strncmp(server.where, "0.0.0.0:", 8) == 0,
            "the ready line has %s, not 0.0.0.0:PORT", server.where);
    expect_alive(&server);
    server_stop(&server);
}
END_TEST

void
add_usage_cases(struct plan *plan)
{
    plan_group(plan, "usage");
    if (model_current()->companion) {
        plan_add_each(plan, test_G11_what_is_not_offered_is_refused,
                      sizeof not_offered / sizeof not_offered[0]);
    }
    plan_add_each(plan, test_G11_wrong_usage, WRONG_USAGES);
    plan_add_each(plan, test_G11_wrong_usage_of_own_flags, OWN_WRONG_USAGES);
    plan_add(plan, test_G11_port_in_use);
    plan_add(plan, test_G11_address_not_ours);
    plan_add_each(plan, test_G11_questions_are_answered, 3);
    plan_add_unless(plan, plan_no_ipv6(), test_G11_ipv6);
    plan_add(plan, test_G11_any_address);
}
