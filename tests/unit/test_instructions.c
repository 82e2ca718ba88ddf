/*
 * test_instructions.c: what is read of callgrind's files.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/compare/measure.h"
#include "tests/unit/run_suite.h"

static struct calls_name list[8];
static struct functions functions;

static void
begin(void)
{
    memset(list, 0, sizeof list);
    functions = (struct functions){.list = list, .room = 8};
}

static void
given_file(const char *text, double times)
{
    FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

    instructions_read(file, times, &functions);
    fclose(file);
}

/* What a record of so many echoes says of a function; NAN: nothing. */
static double
taken(const char *name, double echoes)
{
    struct functions copy = functions;
    struct calls_name scratch[8];
    struct calls code;

    memcpy(scratch, list, sizeof scratch);
    copy.list = scratch;
    calls_clear(&code);
    instructions_sum(&copy, echoes, &code);
    for (int i = 0; i < code.nnames; i++) {
        if (strcmp(code.names[i].name, name) == 0) {
            return code.names[i].per_echo;
        }
    }
    return name[0] == '\0' ? code.per_echo : NAN;
}

/* Positions may be compressed, which changes nothing; what a called function
 * took is not the caller's, nor is a jump anything. */
START_TEST(only_what_a_function_takes_itself_is_its)
{
    given_file("# callgrind format\nversion: 1\npositions: instr line\n"
               "events: Ir\nsummary: 99\n\n"
               "0 12345\n"
               "ob=/bin/a\nfl=a.c\nfn=main\n16 400\n+3 20\n* 1\n-2 0\n"
               "cob=/lib/b\ncfi=b.c\ncfn=recv\ncalls=7 30\n0x10 90000\n"
               "jump=3 20\n21\njcnd=1/2 5\n22\n+1 79\n"
               "fi=inline.h\n5 100\n\n"
               "fn=recv\n30 70\n\ntotals: 770\n",
               1);
    ck_assert_double_eq(taken("main", 10), 60);
    ck_assert_double_eq(taken("recv", 10), 7);
    ck_assert_double_eq(taken("", 10), 67);
}
END_TEST

START_TEST(two_runs_are_subtracted_function_by_function)
{
    given_file("fn=start\n0 5000\nfn=echo\n0 300\nfn=main\n0 7\n", -1);
    given_file("fn=echo\n0 2300\nfn=start\n0 5003\nfn=echo\n0 100\n", 1);
    ck_assert_double_eq(taken("echo", 100), 21);
    ck_assert(isnan(taken("start", 100)));
    ck_assert(isnan(taken("main", 100)));
    ck_assert_double_eq_tol(taken("", 100), 20.96, 1e-9);
}
END_TEST

START_TEST(nothing_in_a_file_breaks_anything)
{
    char file[4096];
    char name[3000];

    memset(name, 'x', sizeof name);
    snprintf(file, sizeof file,
             "fn=%.*s\n0 100\nfn=operator()(int, \33[2J)\n0 200\nfn=\n0 300\n"
             "fn=0x0000000000020fd0\n0 400\nfn=0x12\n0 500\n"
             "calls=1 2\n0 7\n0 nan\n+\n0\n\ncalls=1",
             (int)sizeof name, name);
    given_file(file, 1);
    given_file("calls=", 1);
    ck_assert_double_eq(taken("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 1),
                        100);
    ck_assert_double_eq(taken("operator()(int, ?[2J)", 1), 200);
    ck_assert(isnan(taken("(no name)", 1)));
    begin();
    for (int i = 0; i < 20; i++) {
        snprintf(file, sizeof file, "fn=f%d\n0 1\n", i);
        given_file(file, 1);
    }
    ck_assert_double_eq(taken("f6", 1), 1);
    ck_assert_double_eq(taken(CALLS_OTHER, 1), 13);
}
END_TEST

int
main(void)
{
    const struct test tests[] = {
        ONCE(only_what_a_function_takes_itself_is_its),
        ONCE(two_runs_are_subtracted_function_by_function),
        ONCE(nothing_in_a_file_breaks_anything),
        {0},
    };

    return run_tests("instructions", begin, NULL, tests);
}
