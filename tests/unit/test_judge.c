/*
 * test_judge.c: what a window says of a server, from measurements made up
 * by hand: each is one that a real server would leave.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/compare/measure.h"
#include "tests/unit/run_suite.h"

static struct life window;
static struct turn turn;
static struct driver *driver;
static struct engine_result *first;   /* what the first client saw */
static struct engine_result *result;  /* ... all of them, in the slices */
static struct engine_result *leaving; /* ... before and after */
static const struct contender own;
static const struct contender foreign = {.command = "foreign"};

/* What was seen of 16 clients, all served, nothing wrong. */
static void
setup(void)
{
    memset(&turn, 0, sizeof turn);
    driver = &turn.driver;
    turn.server.pid = 1;
    first = &driver->alone;
    result = &driver->sums[0].result;
    leaving = &driver->rest;
    life_clear(&window);
    strcpy(window.scenario, "echo");
    strcpy(window.layout, "shared");
    window.clients = 16;
    window.cpus = 1;
    window.message_bytes = 64;
    first->asked = first->served = 1;
    first->echoes_total = 100;
    leaving->asked = leaving->served = leaving->connected = 16;
    result->echoes = result->echoes_total = 1000;
    driver->echoes = 1100; /* the first client's among them */
    result->window_ns = 100000000;
}

CASE(judge, setup, NULL)

/* Judge what has been made up; `ours` is whose server it is. */
static void
judge_it(bool ours)
{
    window.status = LIFE_OK;
    window.note[0] = window.reason[0] = '\0';
    turn.contender = ours ? &own : &foreign;
    judge(&window, &turn, 0);
}

static void
expect(enum life_status status, const char *words)
{
    ck_assert_msg(window.status == status && strstr(window.reason, words),
                  "%s: %s", life_status_name(window.status), window.reason);
}

/* What clients saw of a server, and what is said of it. */
static const struct {
    const char *words;       /* part of the reason */
    enum life_status status; /* what it comes to */
    bool ours;               /* whose server it is */
    bool first_mute;         /* it did not serve even the first client */
    bool killed;             /* it did not end by itself */
    int unserved;            /* clients without an echo, of 16 */
    int silent;              /* clients that keep quiet */
    int stalled;             /* clients that wait for more */
    int inside;              /* of these: in the middle of an echo */
    int behind;              /* of these: for the end of the connection */
    int first_stalled;       /* the same of the first client */
    uint64_t errors[ENGINE_ERRORS];       /* by kind */
    uint64_t first_errors[ENGINE_ERRORS]; /* the same of the first client */
    uint64_t turned_away;                 /* before they were served */
    const char *stats; /* what the server said at its end */
    const char *note;  /* what is said beside it, if that is looked at */
} cases[] = {
    {"", LIFE_OK, .silent = 0},
    /* Serving one after the other is no failure. */
    {"", LIFE_OK, .unserved = 15},
    {"3 of 16 clients wait for the rest of an echo", LIFE_FAILED, true,
     .stalled = 3, .inside = 3},
    {"1 of 16 clients wait for their next echo", LIFE_FAILED,
     .first_stalled = 1},
    {"16 of 16 clients wait for their next echo, 2 of them for the rest of "
     "it",
     LIFE_FAILED, .stalled = 16, .inside = 2},
    {"does not end connections: 16 of 16 clients have ended their side",
     LIFE_FAILED, .stalled = 16, .behind = 16},
    {"stopped answering: 4 of 16 clients wait for their next echo",
     LIFE_FAILED, .stalled = 20, .behind = 16},
    {"never answered", LIFE_FAILED, .unserved = 16},
    /* Who answered before is excused by a silent client. */
    {"", LIFE_OK, true, .unserved = 16, .silent = 1},
    {"never answered", LIFE_FAILED, true, .unserved = 16, .first_mute = true,
     .silent = 1},
    /* Ours may turn away whom it cannot hold, but none whom it served. */
    {"", LIFE_OK, true, .errors[ENGINE_EARLY_EOF] = 5, .turned_away = 5,
     .stats = "{\"refused\": 5}\n"},
    {"broke connections: 5 reset", LIFE_FAILED, true,
     .errors[ENGINE_RESET] = 5, .turned_away = 4,
     .stats = "{\"refused\": 1000}\n"},
    {"broke connections: 5 early_eof", LIFE_FAILED, false,
     .errors[ENGINE_EARLY_EOF] = 5, .turned_away = 5,
     .stats = "{\"refused\": 5}\n"},
    /* The client's own trouble charges nobody, at any time. */
    {"1 no_ports", LIFE_INVALID, true, .first_errors[ENGINE_NO_PORTS] = 1},
    {"1 no_ports, 1 client_late", LIFE_INVALID, true,
     .errors[ENGINE_NO_PORTS] = 1, .errors[ENGINE_CLIENT_LATE] = 1},
    /* But what is wrong is wrong at any time. */
    {"wrong byte", LIFE_FAILED, true, .errors[ENGINE_MISMATCH] = 1,
     .errors[ENGINE_CLIENT_LATE] = 1},
    /* Who could not connect was not broken. */
    {"", LIFE_OK, .errors[ENGINE_CONNECT_TIMEOUT] = 3,
     .note = "3 clients could not connect, most likely its backlog is full"},
    /* Only ours must end well. */
    {"", LIFE_OK, .killed = true},
    {"at the stop: still ran", LIFE_FAILED, true, .killed = true},
};
TEST_EACH(a_server_is_judged_by_what_clients_saw, cases)
{
    window.silent = cases[_i].silent;
    leaving->served = 16 - cases[_i].unserved;
    leaving->unfinished = (uint64_t)cases[_i].unserved;
    leaving->stalled = cases[_i].stalled;
    leaving->stalled_inside = cases[_i].inside;
    leaving->stalled_behind = cases[_i].behind;
    leaving->turned_away = cases[_i].turned_away;
    memcpy(result->errors, cases[_i].errors, sizeof result->errors);
    memcpy(first->errors, cases[_i].first_errors, sizeof first->errors);
    first->served = !cases[_i].first_mute;
    first->stalled = cases[_i].first_stalled;
    turn.server.killed = cases[_i].killed;
    if (cases[_i].killed) {
        strcpy(turn.server.reason, "still ran");
    }
    if (cases[_i].stats) {
        snprintf(turn.server.output, sizeof turn.server.output, "%s",
                 cases[_i].stats);
    }
    judge_it(cases[_i].ours);
    expect(cases[_i].status, cases[_i].words);
    if (cases[_i].note) {
        ck_assert_str_eq(window.note, cases[_i].note);
        ck_assert_double_eq(window.figure[LIFE_ERRORS], 0);
    }
}

TEST(a_good_server_has_figures)
{
    judge_it(false);
    expect(LIFE_OK, "");
    ck_assert_str_eq(window.reason, "");
    ck_assert_double_eq(window.figure[LIFE_ECHOES_PER_S], 10000);
    ck_assert_double_eq(window.figure[LIFE_CLIENT_BYTES], 1100 * 64);
    ck_assert(isnan(window.figure[LIFE_P99_US]));
}

TEST(a_wrong_byte_of_the_first_run_fails)
{
    first->errors[ENGINE_MISMATCH] = 1;
    first->mismatch.offset = 7;
    first->mismatch.got = 'x';
    result->errors[ENGINE_MISMATCH] = 1;
    result->mismatch.offset = 9;
    judge_it(true);
    expect(LIFE_FAILED, "at offset 7: 0x00 was sent, 0x78 came back");
    ck_assert_double_eq(window.figure[LIFE_ERRORS], 2);
    first->mismatch.expected = 'x'; /* the right one, too early */
    judge_it(true);
    expect(LIFE_FAILED, "at offset 7: 0x78 came back");
}

TEST(switches_are_those_of_the_window)
{
    turn.server.end.switches = 90000;
    turn.begin.switches = 500;
    turn.end.switches = 2500;
    driver->slices_echoes = 1000;
    judge_it(true);
    ck_assert_double_eq(window.figure[LIFE_SWITCHES_PER_ECHO], 2);
    turn.end.switches = NAN;
    judge_it(true);
    ck_assert_double_eq_tol(window.figure[LIFE_SWITCHES_PER_ECHO],
                            90000 / 1100.0, 0.001);
    result->echoes = 0;
    driver->slices_echoes = 0;
    judge_it(true);
    ck_assert(isnan(window.figure[LIFE_SWITCHES_PER_ECHO]));
    ck_assert(isnan(window.figure[LIFE_FAULTS_PER_ECHO]));
}

TEST(the_kernel_has_its_share_of_the_ticks)
{
    turn.begin.user_ticks = 3;
    turn.begin.kernel_ticks = 40;
    turn.end.user_ticks = 13;
    turn.end.kernel_ticks = 70;
    judge_it(true);
    ck_assert_double_eq(window.figure[LIFE_KERNEL_PERCENT], 75);
    turn.end.user_ticks = 6;
    turn.end.kernel_ticks = 46; /* too few to tell */
    judge_it(true);
    ck_assert_double_nan(window.figure[LIFE_KERNEL_PERCENT]);
}

/* An open loop in which responses took three times as long as the service,
 * because messages waited for a client. */
static void
make_open_loop(void)
{
    window.rate_per_s = 11000;
    result->arrivals = 1100;
    leaving->unfinished = 5;
    result->client_cpu_ns = 50000000;
    for (int i = 1; i <= 1100; i++) {
        histogram_record(&result->latency, i * INT64_C(1000));
        histogram_record(&result->response, i * INT64_C(3000));
        histogram_record(&result->lag, 2000);
    }
}

/* What is said of it, within 1 %; NAN: nothing. */
static const struct {
    enum life_figure figure;
    double open;   /* in an open loop */
    double closed; /* the same without a rate */
} times[] = {
    {LIFE_P50_US, 1650, 550},           {LIFE_P99_US, 3267, 1089},
    {LIFE_SERVICE_P50_US, 550, NAN},    {LIFE_SERVICE_P99_US, 1089, NAN},
    {LIFE_LAG_P99_US, 2, NAN},          {LIFE_OFFERED_PER_S, 11000, NAN},
    {LIFE_REACHED_SHARE, 1 / 1.1, NAN}, {LIFE_UNFINISHED, 5, 5},
};

TEST_EACH(an_open_loop_has_three_times_and_a_closed_one_has_one, times)
{
    make_open_loop();
    judge_it(true);
    expect(LIFE_OK, "");
    ck_assert_double_eq_tol(window.figure[times[_i].figure], times[_i].open,
                            times[_i].open / 100);
    life_clear(&window);
    judge_it(true);
    if (isnan(times[_i].closed)) {
        ck_assert(isnan(window.figure[times[_i].figure]));
    } else {
        ck_assert_double_eq_tol(window.figure[times[_i].figure],
                                times[_i].closed, times[_i].closed / 100);
    }
}

/* Late with some: the median is the server's, and no time beyond it; and so
 * is what it did wrong. */
TEST(a_late_client_charges_nobody)
{
    make_open_loop();
    result->errors[ENGINE_CLIENT_LATE] = 1;
    for (int i = 0; i < 100; i++) {
        histogram_record(&result->lag, 2000000);
    }
    judge_it(true);
    expect(LIFE_INVALID, "late itself (messages waited for it: p50 1.1");
    result->response = result->latency;
    judge_it(true);
    expect(LIFE_OK, "");
    ck_assert_double_eq_tol(window.figure[LIFE_P50_US], 550, 6);
    ck_assert_double_eq_tol(window.figure[LIFE_SERVICE_P50_US], 550, 6);
    ck_assert_double_eq_tol(window.figure[LIFE_LAG_P99_US], 2000, 20);
    ck_assert_double_nan(window.figure[LIFE_P99_US]);
    ck_assert_double_nan(window.figure[LIFE_MEAN_US]);
    ck_assert_double_nan(window.figure[LIFE_SERVICE_P99_US]);
    result->errors[ENGINE_RESET] = 7;
    judge_it(true);
    expect(LIFE_FAILED, "broke connections: 7 reset");
    result->errors[ENGINE_RESET] = 0;
    for (int i = 0; i < 100; i++) {
        histogram_record(&result->lag, 2000000);
    }
    judge_it(true);
    expect(LIFE_INVALID, "the client was late itself (p90 of its lag: 2.0");
    result->client_cpu_ns = 96000000;
    judge_it(true);
    expect(LIFE_INVALID, "late itself (it used 96 % of its CPU)");
}

TEST(a_client_costs_memory)
{
    turn.base.rss_kib = 1000;
    turn.connected.rss_kib = 1150;
    judge_it(true);
    ck_assert_double_eq(window.figure[LIFE_RSS_KIB_PER_CLIENT], 10);
    window.silent = 15;
    judge_it(true);
    ck_assert_double_eq(window.figure[LIFE_RSS_KIB_PER_CLIENT], 5);
    window.ask_silent = true;
    judge_it(true);
    ck_assert_double_eq(window.figure[LIFE_RSS_KIB_PER_CLIENT], 10);
}
