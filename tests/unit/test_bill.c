/*
 * test_bill.c: of what an echo is made. The prices are made up, and so is
 * what they are held against.
 */
#include <check.h>
#include <math.h>
#include <string.h>

#include "harness/report/internal.h"
#include "tests/unit/made.h"
#include "tests/unit/run_suite.h"

static struct bill bill;

/* What something costs: slices where the machine is slow, of which one is far
 * off. */
static void
price(const char *model, double us)
{
    for (int i = 1; i <= 60; i++) {
        struct slice slice = {.scenario = "echo",
                              .clients = 64,
                              .life = i > 30 ? 2 : 1,
                              .block = i,
                              .echoes = 10,
                              .server_cpu_us =
                                  i == 1 ? 9000 : 10 * us * made_machine(i)};

        snprintf(slice.model, sizeof slice.model, "%s", model);
        if (made_machine(i) > 1.05) {
            results_add(&made.results, RECORD_SLICE, &slice);
        }
    }
}

static void
prices(void)
{
    price(RESULTS_FLOOR, 4);
    price("price sockets", 4.25);
    price("price switch", 2);
    price("price epoll_wait", 8);
    price("price edges", 4);
    price("price recv", 0.25);
    price("price instruction", 0.0005);
}

/* A model that takes `us`, with calls and code that are known. */
static void
model(const char *name, double us, double switches, const char *call,
      double often)
{
    struct life life = made_life(name);
    struct calls calls;

    life.figure[LIFE_SWITCHES_PER_ECHO] = switches;
    made_add(&made.results, &life, us);
    calls_clear(&calls);
    strcpy(calls.scenario, "echo");
    memcpy(calls.model, life.model, sizeof calls.model);
    calls.clients = 64;
    calls.per_echo = 2 + often;
    calls_add(&calls, "sendmsg", 1);
    calls_add(&calls, "recvfrom", 1);
    calls_add(&calls, call, often);
    results_add(&made.results, RECORD_CALLS, &calls);
    memset(calls.names, 0, sizeof calls.names);
    calls.nnames = 0;
    calls.per_echo = 400;
    results_add(&made.results, RECORD_CODE, &calls);
}

static bool
make_bill(void)
{
    made_summary();
    return bill_of(&bill, made.summary.rows);
}

/* Are these two the same but for noise? */
static void
assert_near(double us, double want_us)
{
    ck_assert_double_eq_tol(us, want_us, 0.02 * want_us);
}

/* Print what --why says. */
static void
say(void)
{
    const struct report_paper paper = {.width = 100};
    struct document document = {0};
    FILE *file = made_print();

    bill_build(&document, made.summary.groups);
    document_print_text(file, &document, &paper);
    fclose(file);
}

CASE(bill, made_begin, made_end)

TEST(the_parts_are_what_they_cost_and_add_up)
{
    double sum = 0;

    prices();
    model("a", 6, 0.5, "epoll_pwait2", 0.03125);
    ck_assert(make_bill());
    assert_near(bill.us[BILL_FLOOR], 4);
    assert_near(bill.us[BILL_SOCKETS], 0.25);
    assert_near(bill.us[BILL_CALLS], 0.25);
    assert_near(bill.us[BILL_SWITCHES], 1);
    assert_near(bill.us[BILL_USER], 0.2);
    for (int i = 0; i < BILL_PARTS; i++) {
        sum += bill.us[i];
    }
    ck_assert_double_eq_tol(sum, bill.total_us, 1e-9);
    ck_assert_double_eq_tol(bill.total_us, 6, 0.5);
    say();
    assert_has("epoll_pwait2 0.25 us");
    assert_has_not("left unexplained");
}

/* What a model takes, and what comes of it. */
static const struct {
    const char *name;
    double us, switches;
    const char *call; /* that it makes besides, and how often */
    double often;
    enum bill_kind part; /* of the bill, and what it is in us */
    double want_us;
    const char *words; /* that are said */
} models[] = {
    /* A recv more than the first is one in vain. */
    {"a", 5, 0, "readv", 1, BILL_CALLS, 0.25, "readv 0.25 us"},
    /* A call without a price stays unexplained, and is named. */
    {"a", 5, 0, "mad<vise>", 0.5, BILL_CALLS, 0, "mad<vise> without a price"},
    {"a", 8, 0, "epoll_wait", 0.03125, BILL_REST, 3.3,
     "% of it are left unexplained"},
    {"a", 6, 2, "epoll_wait", 0.03125, BILL_REST, -2.7, "% too much"},
};

TEST_EACH(calls_are_those_that_the_floor_does_not_hold, models)
{
    prices();
    model(models[_i].name, models[_i].us, models[_i].switches,
          models[_i].call, models[_i].often);
    ck_assert(make_bill());
    ck_assert_double_eq_tol(bill.us[models[_i].part], models[_i].want_us,
                            models[_i].part == BILL_REST ? 0.7 : 0.005);
    say();
    assert_has(models[_i].words);
}

/* Who is told once of what is new looks at nothing that is old. */
TEST(edges_have_a_price_of_their_own)
{
    prices();
    model("coroutine", 5, 0, "epoll_pwait2", 0.03125);
    ck_assert(make_bill());
    assert_near(bill.us[BILL_CALLS], 0.125);
    made_end();
    made_begin();
    price(RESULTS_FLOOR, 4); /* as files were before it was known */
    price("price switch", 2);
    price("price epoll_wait", 8);
    model("coroutine", 5, 0, "epoll_pwait2", 0.03125);
    ck_assert(make_bill());
    assert_near(bill.us[BILL_CALLS], 0.25);
}

TEST(who_costs_more_is_told_for_what)
{
    prices();
    model("a", 4.8, 0, "epoll_wait", 0.03125);
    model("b", 8, 1.6, "futex", 0);
    ck_assert(make_bill());
    say();
    assert_has("us more than a, most of it switches");
}

TEST(without_prices_there_is_no_bill)
{
    price(RESULTS_FLOOR, 4);
    price("price epoll_wait", 8);
    model("a", 6, 0.5, "epoll_wait", 0.03125);
    ck_assert(!make_bill());
    say();
    assert_has("is known with");
    assert_has_not("recv + send");
}

/* Of numbers that no compare has written nothing is made. */
static const double absurd[] = {1e300, -1e300, INFINITY, NAN, 2};

TEST_EACH(absurd_prices_make_no_bill, absurd)
{
    price(RESULTS_FLOOR, 4);
    price("price switch", absurd[_i]);
    model("a", absurd[_i] == 2 ? 1e30 : 6, 0.5, "epoll_wait", 0.03125);
    ck_assert(!make_bill());
}

TEST(code_that_was_not_counted_is_said)
{
    prices();
    model("a", 6.5, 0.5, "epoll_wait", 0.03125);
    made.results.ncode = 0;
    ck_assert(make_bill());
    ck_assert_double_eq(bill.us[BILL_USER], 0);
    say();
    assert_has("its code was not counted: unexplained");
}
