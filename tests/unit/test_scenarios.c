/*
 * The table of scenarios: complete, explained, and what each mode runs.
 */
#include <check.h>
#include <string.h>

#include "harness/compare/plan.h"
#include "tests/unit/run_suite.h"

/* How many cells of that name a mode runs. */
static int
cells(const char *name, enum mode mode)
{
    size_t count;
    const struct scenario *all = scenarios_all(&count);
    int found = 0;

    for (size_t i = 0; i < count; i++) {
        found += strcmp(all[i].name, name) == 0 && (all[i].modes & mode) != 0;
    }
    return found;
}

START_TEST(each_line_is_complete)
{
    size_t count;
    const struct scenario *all = scenarios_all(&count);

    for (size_t i = 0; i < count; i++) {
        ck_assert_int_ge(all[i].clients, 1);
        ck_assert_int_ge(all[i].message_bytes, 1);
        ck_assert_msg(all[i].seconds >= 1, "%s has no time", all[i].name);
        ck_assert_msg((all[i].modes & (MODE_FULL | MODE_C10K)) != 0,
                      "%s is in neither of the long runs", all[i].name);
        ck_assert(!all[i].ask_silent || all[i].silent > 0 ||
                  all[i].modes == MODE_C10K);
        for (size_t j = 0; j < i; j++) {
            ck_assert_msg(strcmp(all[i].name, all[j].name) != 0 ||
                              scenario_asked(&all[i]) !=
                                  scenario_asked(&all[j]),
                          "%s is there twice", all[i].name);
        }
    }
}
END_TEST

START_TEST(the_default_run_has_what_the_design_says)
{
    static const char *const names[] = {"churn", "idle", "silent", "wait",
                                        "work"};

    ck_assert_int_eq(cells("echo", MODE_DEFAULT), 3);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert_msg(cells(names[i], MODE_DEFAULT) == 1, "%s", names[i]);
    }
    ck_assert_int_eq(cells("handshake", MODE_DEFAULT), 0);
    ck_assert_int_eq(cells("bulk", MODE_DEFAULT), 0);
    ck_assert_int_eq(cells("rate", MODE_DEFAULT), 1);
    ck_assert_int_eq(cells("rate", MODE_QUICK), 0);
    ck_assert_int_eq(cells("idle", MODE_FULL), 2);
    ck_assert_int_eq(cells("idle", MODE_C10K), 4);
    ck_assert_int_eq(cells("echo", MODE_C10K), 0);
    ck_assert_int_eq(cells("echo", MODE_VARIANTS), 2);
    ck_assert_int_eq(cells("idle", MODE_VARIANTS), 1);
    ck_assert_int_eq(cells("handshake", MODE_FULL), 1);
    ck_assert_int_eq(cells("bulk", MODE_FULL), 1);
    ck_assert_int_eq(cells("rate", MODE_FULL), 1);
}
END_TEST

START_TEST(names_are_known_whole)
{
    char text[256];
    char little[8];

    ck_assert_str_eq(scenarios_names(text, sizeof text),
                     "echo, churn, handshake, idle, silent, wait, work, "
                     "bulk, rate");
    ck_assert_uint_lt(strlen(scenarios_names(little, sizeof little)),
                      sizeof little);
}
END_TEST

START_TEST(who_is_asked_and_of_whom)
{
    struct scenario idle = {
        .clients = 16, .silent = 1000, .ask_silent = true};
    struct scenario silent = {.clients = 16, .silent = 1};
    struct scenario wait = {.clients = 64, .delay_ms = 5};

    ck_assert_int_eq(scenario_asked(&idle), 1016);
    ck_assert_int_eq(scenario_asked(&silent), 16);
    ck_assert(scenario_is_plain(&idle));
    ck_assert(!scenario_is_plain(&wait));
    wait.delay_ms = 0;
    wait.handshake = true;
    ck_assert(!scenario_is_plain(&wait));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("scenarios");
    TCase *cases_of_all = tcase_create("all");

    tcase_add_test(cases_of_all, each_line_is_complete);
    tcase_add_test(cases_of_all, the_default_run_has_what_the_design_says);
    tcase_add_test(cases_of_all, names_are_known_whole);
    tcase_add_test(cases_of_all, who_is_asked_and_of_whom);
    suite_add_tcase(suite, cases_of_all);
    return run_suite(suite);
}
