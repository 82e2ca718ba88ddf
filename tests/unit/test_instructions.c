/*
 * test_instructions.c: what is read of callgrind's files.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/compare/measure.h"
#include "tests/unit/run_suite.h"

static void
given_file(const char *text, double times)
{
    FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

    ck_assert_int_eq(instructions_read(file, times),
                     strncmp(text, "calls", 5) != 0);
    fclose(file);
}

/* What a record of so many echoes says of a function, or of NULL, all of
 * them; NAN: nothing. */
static double
taken(const char *name, double echoes)
{
    struct calls code;

    calls_clear(&code);
    instructions_sum(echoes, &code);
    for (int i = 0; name && i < code.nnames; i++) {
        if (strcmp(code.names[i].name, name) == 0) {
            return code.names[i].per_echo;
        }
    }
    return name ? NAN : code.per_echo;
}

/* Positions may be compressed, which changes nothing; what a called function
 * took is not the caller's, nor is a jump anything. */
TEST(only_what_a_function_takes_itself_is_its)
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
    ck_assert_double_eq(taken(NULL, 10), 67);
}

TEST(two_runs_are_subtracted_function_by_function)
{
    given_file("fn=start\n0 5000\nfn=echo\n0 300\nfn=main\n0 7\n", -1);
    given_file("fn=echo\n0 2300\nfn=start\n0 5003\nfn=echo\n0 100\n", 1);
    ck_assert_double_eq(taken("echo", 100), 21);
    ck_assert_double_eq(taken("start", 100), 0.03);
    ck_assert(isnan(taken("main", 100)));
    ck_assert_double_eq_tol(taken(NULL, 100), 20.96, 1e-9);
}

TEST(nothing_in_a_file_breaks_anything)
{
    char file[4096];
    char name[3000];

    memset(name, 'x', sizeof name);
    snprintf(file, sizeof file,
             "fn=%.*s\n0 100\nfn=operator()(int, \33[2J)\n0 200\nfn=\n0 300\n"
             "fn=0x0000000000020fd0\n0 400\nfn=0x12\n0 500\n"
             "calls=1 2\n0 7\n0 x\n+\n0\n\ncalls=1",
             (int)sizeof name, name);
    given_file(file, 1);
    given_file("calls=", 1);
    ck_assert_double_eq(taken("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 1),
                        100);
    ck_assert_double_eq(taken("operator()(int, ?[2J)", 1), 200);
    ck_assert_double_eq(taken("without a name", 1), 900);
    ck_assert_double_eq(taken(NULL, 1), 1500);
}

TEST(functions_beyond_the_room_are_counted_without_their_names)
{
    char line[32];

    for (int i = 0; i < 2 * 8200; i++) {
        snprintf(line, sizeof line, "fn=f%d\n0 %d\n", i % 8200, i);
        given_file(line, i < 8200 ? -1 : 1 + i % 8200 / 8191);
    }
    ck_assert_double_eq(taken("f8191", 1), 2 * 8200 + 8191);
    ck_assert(isnan(taken("f8199", 1)));
    ck_assert_double_eq(taken(NULL, 1), 8200. * 8200 + 9 * 8200 + 9 * 8195);
}
