/*
 * The table of idle clients by their number, from results made for it: the
 * price only of who held them all, the kernel's stacks beside resident
 * memory, and why the others stop.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/scale.h"
#include "tests/unit/run_suite.h"

static struct results results; /* of the test that runs */

/* A window of scenario idle with 16 busy clients; `served` of all. */
static void
add(const char *model, int silent, double served, double over_floor)
{
    struct window window;

    window_clear(&window);
    snprintf(window.scenario, sizeof window.scenario, "idle");
    snprintf(window.model, sizeof window.model, "%s", model);
    snprintf(window.layout, sizeof window.layout, "shared");
    window.clients = silent + 16;
    window.silent = silent;
    window.message_bytes = 64;
    window.round = 1;
    window.figure[WINDOW_ASKED] = silent + 16;
    window.figure[WINDOW_SERVED] = served;
    window.figure[WINDOW_ECHOES] = 1000;
    window.figure[WINDOW_SERVER_CPU_US_PER_ECHO] = 4 * over_floor;
    window.figure[WINDOW_FLOOR_US] = 4;
    window.figure[WINDOW_CPU_OVER_FLOOR] = over_floor;
    window.figure[WINDOW_RSS_KIB_PER_CLIENT] = silent > 0 ? 12.5 : NAN;
    window.figure[WINDOW_STACK_KIB_PER_CLIENT] =
        strcmp(model, "threaded") == 0 ? 16 : 0;
    ck_assert_int_eq(results_add(&results, &window), 0);
}

static void
begin(void)
{
    memset(&results, 0, sizeof results);
    results.run = (struct run){.rounds = 1,
                               .mode = "c10k",
                               .models = "blocking selectloop threaded"};
}

static void
end(void)
{
    results_free(&results);
}

/* What `print` prints; the caller frees it. */
static char *
printed(void (*print)(FILE *file, const struct summary *summary))
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&text, &bytes);
    struct summary summary;

    ck_assert_int_eq(summary_make(&results, &summary), 0);
    print(file, &summary);
    fclose(file);
    summary_free(&summary);
    return text;
}

static bool
known(void)
{
    struct summary summary;
    bool is_known;

    ck_assert_int_eq(summary_make(&results, &summary), 0);
    is_known = scale_known(&summary);
    summary_free(&summary);
    return is_known;
}

/* The sizes come in the wrong order on purpose. */
static void
add_three(void)
{
    add("blocking", 10000, 1, 2);
    add("threaded", 10000, 10016, 2.25);
    add("selectloop", 10000, 1018, 3);
    add("threaded", 0, 16, 1.5);
    add("selectloop", 0, 16, 1.25);
}

START_TEST(the_table_is_the_expected_one)
{
    char *text;

    add_three();
    text = printed(scale_print);
    ck_assert_str_eq(
        text,
        "model              0 idle 10000 idle         held     resident "
        "thread stack\n"
        "blocking                -          -      1/10016          <20 "
        "        none\n"
        "selectloop           1.25          -   1018/10016         12.5 "
        "        none\n"
        "threaded             1.50       2.25  10016/10016         12.5 "
        "        16.0\n");
    free(text);
    text = printed(scale_print_markdown);
    ck_assert_ptr_nonnull(strstr(text, "| threaded | 1.50 | 2.25 | 10016/"));
    ck_assert_ptr_nonnull(strstr(text, "| --- | ---: |"));
    free(text);
}
END_TEST

START_TEST(the_sentence_follows_the_numbers)
{
    struct text text = {0};
    struct summary summary;

    add_three();
    ck_assert_int_eq(summary_make(&results, &summary), 0);
    scale_sentence(&text, &summary);
    ck_assert_ptr_nonnull(strstr(text_string(&text),
                                 "threaded holds all 10016 clients, of which "
                                 "each idle one keeps 28.5 KiB in threaded"));
    ck_assert_ptr_nonnull(strstr(text_string(&text),
                                 "selectloop stops at 1018: select(2) takes "
                                 "no descriptor of FD_SETSIZE = 1024"));
    ck_assert_ptr_nonnull(
        strstr(text_string(&text), "blocking stops at 1: "));
    text_free(&text);
    summary_free(&summary);
}
END_TEST

/* Where nobody stops, nothing hangs in the air behind the holders. */
START_TEST(the_sentence_ends)
{
    struct text text = {0};
    struct summary summary;

    add("threaded", 10000, 10016, 2.25);
    add("threaded", 0, 16, 1.5);
    ck_assert_int_eq(summary_make(&results, &summary), 0);
    scale_sentence(&text, &summary);
    ck_assert_str_eq(text_string(&text),
                     "threaded holds all 10016 clients, of which each idle "
                     "one keeps 28.5 KiB in threaded. ");
    text_free(&text);
    summary_free(&summary);
}
END_TEST

START_TEST(one_size_is_no_table)
{
    add("threaded", 1000, 1016, 2);
    ck_assert(!known());
    add("threaded", 0, 16, 2);
    ck_assert(known());
}
END_TEST

START_TEST(many_sizes_fit)
{
    char *text;

    for (int i = 0; i < 8; i++) {
        add("a-very-long-name", 20000 * i, 20000 * i + 16, 2);
    }
    text = printed(scale_print);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        ck_assert_uint_le(strlen(line), TEXT_WIDTH);
    }
    free(text);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("scale");
    TCase *cases = tcase_create("all");

    tcase_add_checked_fixture(cases, begin, end);
    tcase_add_test(cases, the_table_is_the_expected_one);
    tcase_add_test(cases, the_sentence_follows_the_numbers);
    tcase_add_test(cases, the_sentence_ends);
    tcase_add_test(cases, one_size_is_no_table);
    tcase_add_test(cases, many_sizes_fit);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
