/*
 * Variants beside their models, from results made for it: a figure only
 * where the rounds tell, and only in a run of variants.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/variants.h"
#include "tests/unit/rendering.h"
#include "tests/unit/run_suite.h"

enum {
    ROUNDS = 12
};

static struct results results; /* of the test that runs */

/* What a model costs in each round: `cpu` with 64 clients, three times that
 * beside silent ones; in every other round `swing` times of it. */
static void
add(const char *model, int rounds, double cpu, double swing, double kib)
{
    for (int i = 0; i < 2 * rounds; i++) {
        bool idle = i % 2 == 1;
        struct window window;

        window_clear(&window);
        snprintf(window.scenario, sizeof window.scenario, "%s",
                 idle ? "idle" : "echo");
        snprintf(window.model, sizeof window.model, "%s", model);
        snprintf(window.layout, sizeof window.layout, "shared");
        window.clients = idle ? 1016 : 64;
        window.silent = idle ? 1000 : 0;
        window.message_bytes = 64;
        window.round = i / 2 + 1;
        window.figure[WINDOW_ASKED] = window.clients;
        window.figure[WINDOW_SERVED] = window.clients;
        window.figure[WINDOW_ECHOES] = 1000;
        window.figure[WINDOW_SERVER_CPU_US_PER_ECHO] =
            cpu * (idle ? 3 : 1) * (window.round % 2 ? swing : 1);
        window.figure[WINDOW_SWITCHES_PER_ECHO] = 0.5;
        window.figure[WINDOW_RSS_KIB_PER_CLIENT] = kib;
        ck_assert_int_eq(results_add(&results, &window), 0);
    }
}

static void
add_all(int rounds)
{
    add("yardstick", rounds, 4, 1, 0.25);
    add("libevent", rounds, 4, 1, 0.25);
    add("libevent-poll", rounds, 4.04, 1, 0.25);
    add("libevent-select", rounds, 4, 1, 0.25);
    add("selectloop", rounds, 3, 1, 0.125);
    add("bufferevent", rounds, 5, 1, 1.5);
    add("coroutine", rounds, 4, 1, 8);
    add("coroutine-swapcontext", rounds, 3.6, 1.25, 8);
}

static void
begin(void)
{
    memset(&results, 0, sizeof results);
    results.run = (struct run){.rounds = ROUNDS, .mode = VARIANTS_MODE};
}

static void
end(void)
{
    results_free(&results);
}

/* The sentence of a variant must be the one expected. */
static void
assert_sentence(const char *name, const char *expected)
{
    struct text text = {0};
    struct summary summary;
    size_t i = 0;

    ck_assert_int_eq(summary_make(&results, &summary), 0);
    while (strcmp(variants[i].name, name) != 0) {
        i++;
    }
    ck_assert(variants_sentence(&text, &summary, i));
    ck_assert_str_eq(text_string(&text), expected);
    ck_assert(!variants_sentence(&text, &summary, VARIANTS));
    text_free(&text);
    summary_free(&summary);
}

START_TEST(the_table_has_those_that_were_measured)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&text, &bytes);
    struct summary summary;

    add_all(ROUNDS);
    ck_assert_int_eq(summary_make(&results, &summary), 0);
    variants_print(file, &summary, false);
    fclose(file);
    ck_assert_ptr_nonnull(strstr(text, "\nlibevent                         "
                                       "             - "));
    ck_assert_ptr_nonnull(
        strstr(text, "\nbufferevent           libevent                -     "
                     "1.25     1.25     1.50      n/a    0.500\n"));
    ck_assert_ptr_null(strstr(text, "threaded"));
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        ck_assert_uint_le(strlen(line), TEXT_WIDTH);
    }
    free(text);
    summary_free(&summary);
}
END_TEST

START_TEST(a_sentence_says_what_the_rounds_tell)
{
    add_all(ROUNDS);
    assert_sentence("bufferevent",
                    "bufferevent: compared with libevent's plain events, the "
                    "library's buffers cost 1.25 times the CPU with 64 "
                    "clients, 1.25 times the CPU beside 1000 silent clients "
                    "and 1.25 KiB more memory for each client.");
    assert_sentence("libevent-poll",
                    "libevent-poll: compared with libevent's epoll, poll(2) "
                    "cost the same CPU with 64 clients, CPU beside 1000 "
                    "silent clients and memory for each client.");
    assert_sentence("coroutine-swapcontext",
                    "coroutine-swapcontext: compared with coroutine's own "
                    "jump, swapcontext(3) cost the same memory for each "
                    "client; made no clear difference in CPU with 64 clients "
                    "and CPU beside 1000 silent clients.");
    assert_sentence(
        "selectloop",
        "selectloop: compared with the library's loop on the same "
        "select(2), our own cost 0.750 times the CPU with 64 "
        "clients, 0.750 times the CPU beside 1000 silent clients "
        "and 0.125 KiB less memory for each client.");
    assert_sentence("threaded-8192", "");
    assert_sentence("coroutine", "");
}
END_TEST

START_TEST(few_rounds_tell_nothing)
{
    add_all(2);
    assert_sentence("bufferevent",
                    "bufferevent: compared with libevent's plain events, the "
                    "library's buffers had too few rounds to be told apart "
                    "in CPU with 64 clients, CPU beside 1000 silent clients "
                    "and memory for each client.");
}
END_TEST

START_TEST(only_a_run_of_variants_has_them)
{
    const struct table_style style = {.folder = NULL};
    char *markdown;

    add_all(ROUNDS);
    rendering_assert(&results, &style, "bufferevent: compared with", true);
    markdown = rendering_markdown(&results);
    ck_assert_ptr_nonnull(
        strstr(markdown, "| bufferevent | libevent | - | 1.25 |"));
    free(markdown);
    snprintf(results.run.mode, sizeof results.run.mode, "default");
    rendering_assert(&results, &style, "bufferevent: compared with", false);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("variants");
    TCase *cases = tcase_create("all");

    tcase_add_checked_fixture(cases, begin, end);
    tcase_add_test(cases, the_table_has_those_that_were_measured);
    tcase_add_test(cases, a_sentence_says_what_the_rounds_tell);
    tcase_add_test(cases, few_rounds_tell_nothing);
    tcase_add_test(cases, only_a_run_of_variants_has_them);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
