/*
 * call_errors.c: any other call of a server fails.
 *
 * Rows A3, A9, A12, A13, B4, B9, C1, E3: what recv, send, the poller and the
 * calls that find memory may answer. An error is the business of the one
 * client that it concerns; one that passes is nobody's.
 */
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/verdict.h"
#include "tests/faults/faults.h"
#include "tests/faults/injection.h"
#include "tests/faults/victims.h"

#include <string.h>
#include <sys/wait.h>

/* Sets of models, by how they work. */
#define ONE     MODEL_ONE_AT_A_TIME
#define THREADS MODEL_THREAD_EACH
#define SELECT  MODEL_SELECT
#define STACKS  MODEL_STACK_EACH
#define LIBRARY MODEL_LIBEVENT
#define CALLERS (ONE | THREADS)    /* the call itself waits */
#define LEVELS  (SELECT | LIBRARY) /* what is ready is reported again */
#define ALL     (~0U)

/* A call that fails. */
struct call_error {
    unsigned models;   /* those that make this call and may see this */
    const char *calls; /* as strace names them */
    const char *error; /* its errno */
    const char *when;  /* which of the calls fail, see injection.h */
    enum fate fate;    /* of the clients that it meets */
    const char *flag;  /* that the server needs to make the call; or NULL */
};

#define RECV "recvfrom,?recv,readv"
#define SEND "sendto,?send,writev"
/* The third recv of a thread, not the first two: a client that comes
 * afterwards needs no more. Single threads pass the twelfth soon. */
#define AT_RECV "3..12+3"
#define AT_SEND "2..8+2"

/* EAGAIN is a time limit to those whose calls wait, and for the next look to
 * those that are told again. Who waits for edges is never told again: the
 * kernel does not lie like that, so coroutine is left out. */
static const struct call_error recv_errors[] = {
    {ALL, RECV, "EINTR", AT_RECV, FATE_UNHARMED, NULL},
    {LEVELS, RECV, "EAGAIN", AT_RECV, FATE_UNHARMED, NULL},
    {CALLERS, RECV, "EAGAIN", AT_RECV, FATE_CUT, NULL},
    {ALL, RECV, "ECONNRESET", AT_RECV, FATE_CUT, NULL},
    {ALL, RECV, "ECONNABORTED", AT_RECV, FATE_CUT, NULL},
    {ALL, RECV, "ETIMEDOUT", AT_RECV, FATE_CUT, NULL},
    {ALL, RECV, "EHOSTUNREACH", AT_RECV, FATE_CUT, NULL},
    {ALL, RECV, "ENOMEM", AT_RECV, FATE_CUT, NULL},
};

static const struct call_error send_errors[] = {
    {ALL, SEND, "EINTR", AT_SEND, FATE_UNHARMED, NULL},
    {LEVELS, SEND, "EAGAIN", AT_SEND, FATE_UNHARMED, NULL},
    {CALLERS, SEND, "EAGAIN", AT_SEND, FATE_CUT, NULL},
    {ALL, SEND, "EPIPE", AT_SEND, FATE_CUT, NULL},
    {ALL, SEND, "ECONNRESET", AT_SEND, FATE_CUT, NULL},
    {ALL, SEND, "ETIMEDOUT", AT_SEND, FATE_CUT, NULL},
    {ALL, SEND, "EHOSTUNREACH", AT_SEND, FATE_CUT, NULL},
    {ALL, SEND, "ENOBUFS", AT_SEND, FATE_CUT, NULL},
};

static const struct call_error other_errors[] = {
    {SELECT, "?select,pselect6", "EINTR", "2..20+2", FATE_UNHARMED, NULL},
    {SELECT, "?select,pselect6", "ENOMEM", "2..20+2", FATE_UNHARMED, NULL},
    {STACKS, "epoll_pwait2", "EINTR", "2..20+2", FATE_UNHARMED, NULL},
    {STACKS, "epoll_pwait2", "ENOSYS", "1+", FATE_UNHARMED, NULL},
    {STACKS, "epoll_pwait2", "EPERM", "1+", FATE_UNHARMED, NULL},
    {LIBRARY, "epoll_wait,epoll_pwait2", "EINTR", "2..20+2", FATE_UNHARMED,
     NULL},
    /* The first is the listener's, and what comes behind belongs to the
     * clients; a quarter of them is refused or cut. */
    {STACKS, "epoll_ctl", "ENOMEM", "3..9+2", FATE_CUT, NULL},
    {STACKS, "epoll_ctl", "ENOSPC", "3..9+2", FATE_CUT, NULL},
    /* Two for each stack: first its guard, then its pages. */
    {STACKS, "madvise", "ENOMEM", "3..7+4", FATE_CUT, NULL},
    {STACKS, "madvise", "EINVAL", "3..7+4", FATE_UNHARMED, NULL},
    {LIBRARY, "epoll_ctl", "ENOMEM", "3..5+2", FATE_CUT, NULL},
    {THREADS, "clone,clone3", "EAGAIN", "2..4+2", FATE_CUT, NULL},
    {ONE, "setsockopt", "ENOMEM", "6..20+2", FATE_UNHARMED,
     "--idle-timeout=600000"},
    {CALLERS, "clock_nanosleep", "EINTR", "2..20+2", FATE_UNHARMED,
     "--delay=1"},
    {ALL, "getpeername", "ENOBUFS", "1..20+2", FATE_UNHARMED, "--verbose"},
    /* The ready line is the first write and the counters the last. */
    {ALL, "write", "ENOSPC", "2..10+2", FATE_UNHARMED, "--verbose"},
};

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

/* The error of the table that is number `index` for the model under test. */
static const struct call_error *
pick(const struct call_error *table, int count, int index)
{
    int i;

    for (i = 0; i < count; i++) {
        if ((table[i].models == ALL || model_works(table[i].models)) &&
            index-- == 0) {
            return &table[i];
        }
    }
    return NULL;
}

/* How many errors of the table the model under test has. */
static int
count_for_model(const struct call_error *table, int count)
{
    int found = 0;

    while (pick(table, count, found) != NULL) {
        found++;
    }
    return found;
}

static void
check(const struct call_error *fault)
{
    struct server_setup setup = {.flags = {fault->flag}};
    struct injection injection =
        injection_by_strace(setup, fault->calls, fault->error, fault->when);
    struct server_stats stats;
    int cut = victims_run(&injection.server, 16, model_crowd(8), fault->fate);

    stats = injection_end(&injection);
    if (fault->fate == FATE_UNHARMED) {
        require(stats.closed_eof == stats.accepted && stats.refused == 0,
                "%s %s: %jd of %jd clients ended well", fault->calls,
                fault->error, (intmax_t)stats.closed_eof,
                (intmax_t)stats.accepted);
    } else {
        /* Each thread has its own count of calls, so each is met. */
        require(cut > 0 && (cut < 16 || model_works(MODEL_THREAD_EACH)),
                "%s %s cuts off %d of 16 clients", fault->calls, fault->error,
                cut);
        require(stats.closed_error + stats.closed_timeout + stats.refused ==
                    cut,
                "%s %s: %jd errors, %jd timeouts, %jd refused are counted "
                "for %d who were cut off",
                fault->calls, fault->error, (intmax_t)stats.closed_error,
                (intmax_t)stats.closed_timeout, (intmax_t)stats.refused, cut);
    }
}

START_TEST(test_A12_recv_fails)
{
    check(pick(recv_errors, COUNT(recv_errors), _i));
}
END_TEST

START_TEST(test_A09_send_fails)
{
    check(pick(send_errors, COUNT(send_errors), _i));
}
END_TEST

/* A sanitizer's own calls of this kind come between the server's, so that
 * nobody knows which is hit; and its build may avoid epoll_pwait2. */
static bool
is_disturbed(const struct call_error *fault)
{
    return patience_sanitized() &&
           (strcmp(fault->calls, "madvise") == 0 ||
            strcmp(fault->calls, "write") == 0 ||
            (patience_delays_signals() &&
             strcmp(fault->calls, "epoll_pwait2") == 0));
}

START_TEST(test_B04_other_call_fails)
{
    const struct call_error *fault =
        pick(other_errors, COUNT(other_errors), _i);

    if (is_disturbed(fault)) {
        verdict_inconclusive(__func__, "the sanitizer makes such calls too");
        return;
    }
    check(fault);
}
END_TEST

/* A descriptor that is none can only be the server's own mistake. It must
 * say so and end, for select would say the same again at once, for ever. */
START_TEST(test_D03_bad_descriptor_ends_loudly)
{
    struct injection injection = injection_by_strace(
        (struct server_setup){0}, "?select,pselect6", "EBADF", "3");
    struct client client = client_connect(&injection.server);
    char text[512];
    int wait_status;

    client_send_some(&client, 100);
    client_wait_end(&client, PATIENCE_MS);
    wait_status = server_wait(&injection.server, PATIENCE_MS);
    server_stderr(&injection.server, text, sizeof text);
    require(WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 1 &&
                strstr(text, "select: Bad file descriptor") != NULL,
            "on EBADF it %s and says \"%s\"",
            server_status_words(wait_status), text);
    client_close(&client);
}
END_TEST

void
add_call_error_cases(struct plan *plan)
{
    const char *no_strace = injection_no_strace();

    plan_group(plan, "call errors");
    plan_add_each_unless(plan, no_strace, test_A12_recv_fails,
                         count_for_model(recv_errors, COUNT(recv_errors)));
    plan_add_each_unless(plan, no_strace, test_A09_send_fails,
                         count_for_model(send_errors, COUNT(send_errors)));
    plan_add_each_unless(plan, no_strace, test_B04_other_call_fails,
                         count_for_model(other_errors, COUNT(other_errors)));
    if (model_works(MODEL_SELECT)) {
        plan_add_unless(plan, no_strace, test_D03_bad_descriptor_ends_loudly);
    }
}
