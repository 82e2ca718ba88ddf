/*
 * The table of scenarios: complete, explained, and what each mode runs.
 */
#include <check.h>
#include <string.h>

#include "harness/compare/plan.h"
#include "tests/unit/run_suite.h"

TEST(each_line_is_complete)
{
    for (const struct scenario *next = scenarios; next->name; next++) {
        ck_assert_int_ge(next->load.clients, 1);
        ck_assert_int_ge(next->load.message_bytes, 1);
        ck_assert_msg(next->seconds >= 1, "%s has no time", next->name);
        ck_assert_msg((next->modes & (MODE_FULL | MODE_C10K)) != 0,
                      "%s is in neither of the long runs", next->name);
        ck_assert(!next->load.ask_silent || next->load.silent_clients > 0 ||
                  next->modes == MODE_C10K);
        for (const struct scenario *other = scenarios; other < next;
             other++) {
            ck_assert_msg(strcmp(next->name, other->name) != 0 ||
                              scenario_asked(next) != scenario_asked(other),
                          "%s is there twice", next->name);
        }
    }
}

/* How many cells of a name the modes run. */
static const struct {
    const char *name;
    int cells[MODES]; /* default, quick, full, c10k, variants, trace, count */
} wanted[] = {
    {"echo", {3, 1, 3, 0, 2, 0, 1}}, {"churn", {1, 1, 1, 0, 0}},
    {"handshake", {0, 0, 1, 0, 0}},  {"idle", {1, 1, 2, 4, 1}},
    {"silent", {1, 1, 1, 0, 0}},     {"wait", {1, 1, 1, 0, 0}},
    {"work", {1, 1, 1, 0, 0}},       {"bulk", {0, 0, 1, 0, 0}},
    {"rate", {1, 0, 1, 0, 0}},
};
TEST_EACH(each_mode_has_what_the_design_says, wanted)
{
    for (int i = 0; i < MODES; i++) {
        int found = 0;

        for (const struct scenario *next = scenarios; next->name; next++) {
            found += strcmp(next->name, wanted[_i].name) == 0 &&
                     (next->modes & modes[i].bit) != 0;
        }
        ck_assert_msg(found == wanted[_i].cells[i], "%d of %s in mode %s",
                      found, wanted[_i].name, modes[i].name);
    }
}

TEST(who_is_asked_and_of_whom)
{
    const struct contender foreign = {.plain = true};
    const struct contender own = {.path = "threaded"};
    struct scenario idle = {
        .load = {.clients = 16, .silent_clients = 1000, .ask_silent = true}};
    struct scenario silent = {.load = {.clients = 16, .silent_clients = 1}};
    struct scenario wait = {.load.clients = 64, .delay_ms = 5};

    ck_assert_int_eq(scenario_asked(&idle), 1016);
    ck_assert_int_eq(scenario_asked(&silent), 16);
    ck_assert(contender_offers(&foreign, &idle));
    ck_assert(!contender_offers(&foreign, &wait));
    ck_assert(contender_offers(&own, &wait));
    wait.delay_ms = 0;
    wait.load.handshake = true;
    ck_assert(!contender_offers(&foreign, &wait));
}

/* The first is, and each of the others for one reason is not. */
static const struct scenario plain[] = {
    {.load = {.clients = 64, .message_bytes = 16384}},
    {.load = {.clients = 65, .message_bytes = 16384}},
    {.load = {.clients = 64, .message_bytes = 16385}},
    {.load = {.clients = 64, .message_bytes = 64, .silent_clients = 1}},
    {.load = {.clients = 64, .message_bytes = 64, .churn = true}},
    {.load = {.clients = 64, .message_bytes = 64, .handshake = true}},
    {.load = {.clients = 64, .message_bytes = 64}, .delay_ms = 5},
    {.load = {.clients = 64, .message_bytes = 64}, .work_us = 200},
    {.load = {.clients = 64, .message_bytes = 64}, .open_loop = true},
};

TEST_EACH(only_plain_echoes_to_a_few_are_bare, plain)
{
    ck_assert_int_eq(scenario_is_bare(&plain[_i]), _i == 0);
}
