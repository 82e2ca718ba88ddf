/*
 * test_lanes.c: who waits for whom, of steps that were made up: what is in no
 * scene of which report_golden.sh looks at each letter.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/internal.h"
#include "tests/unit/made.h"
#include "tests/unit/run_suite.h"

CASE(lanes, NULL, made_end)

static void
add(const char *model, int thread, const char *client, const char *call,
    double begin_ms, double lasted_ms, double result)
{
    struct step step = {.thread = thread,
                        .begin_ms = begin_ms,
                        .lasted_ms = lasted_ms,
                        .result = result};

    snprintf(step.model, sizeof step.model, "%s", model);
    snprintf(step.client, sizeof step.client, "%s", client);
    snprintf(step.call, sizeof step.call, "%s", call);
    results_add(&made.results, RECORD_STEP, &step);
}

/* A is answered, and B is not. */
static void
add_scene(const char *model)
{
    add(model, 1, "A", "recvfrom", 0, 20, 3);
    add(model, 1, "A", "sendto", 20, 0.1, 3);
    add(model, 1, "A", "recvfrom", 20.2, 79.8, NAN);
    add(model, 0, "A", "connects", 0, 0.1, 0);
    add(model, 0, "A", "says", 20, 0.3, 0);
    add(model, 0, "A", "echo", 20.3, 0, 0);
    add(model, 0, "B", "connects", 30, 0.1, 0);
    add(model, 0, "B", "says", 40, 60, NAN);
    add(model, 0, "B", "never", 100, 0, NAN);
}

static const char *
printed(int width, bool colour)
{
    const struct report_paper paper = {.width = width, .colour = colour};
    FILE *file = made_print();

    report_trace(file, &made.results, &paper);
    fclose(file);
    return made.text;
}

/* In colour only what waits in vain, or long, is red; and all is the same
 * without the colours. */
TEST(colours_add_nothing)
{
    char *plain;

    add_scene("blocking");
    add("blocking", 1, "", "close", 70, 0.1, 0);
    plain = strdup(printed(60, false));
    assert_has("|\n");
    printed(60, true);
    assert_has_times("\33[31m|", 1);
    for (char *from = made.text, *to = made.text; (*to = *from) != '\0';
         from++) {
        if (*from == '\33') {
            from = strchr(from, 'm');
        } else {
            to++;
        }
    }
    ck_assert_str_eq(made.text, plain);
    free(plain);
}

/* No line is too long, whatever comes; nothing steers a terminal or is taken
 * for a tag; the picture is no larger than it may be. */
TEST(strangers_steps)
{
    static const char *const names[] = {"<script>alert(1)</script>", "\33[2J",
                                        "\xff\xfe\"'&", "a\nb",
                                        "\xe2\x80\xae"};
    static const double numbers[] = {NAN, -1, 1e300, INFINITY, 0};

    for (int i = 0; i < 20000; i++) {
        char model[RESULTS_NAME_BYTES], client[2] = {(char)(i % 256)};

        snprintf(model, sizeof model, "%.15s%d", names[i % 5], i % 100);
        add(model, i % 1000, client, names[i % 4], i % 500,
            i % 7 == 0 ? numbers[i % 5] : i % 100, NAN);
        add(model, 0, client, i % 2 ? "says" : "leaves", numbers[i % 5], 1,
            NAN);
    }
    for (int width = 60; width <= 100; width += 20) {
        printed(width, false);
        for (const char *line = made.text; *line != '\0';) {
            size_t length = strcspn(line, "\n");

            ck_assert_msg((int)length <= 3 * width, "%.*s", (int)length,
                          line);
            ck_assert_ptr_null(memchr(line, '\33', length));
            ck_assert(length == 0 || line[length - 1] != ' ');
            line += length + 1;
        }
    }
    assert_has_times("Not all that happened", 1);
    free(made.text);
    made.text = lanes_draw(&made.results, false);
    assert_has_not("<script");
    assert_has_not("\33");
    assert_has_not("nan");
    assert_has_not("inf");
    assert_has_times("Not all that happened", 1);
    ck_assert_uint_lt(strlen(made.text), 8 << 20);
}

static const char *
worst(void)
{
    const struct summary summary = {.results = &made.results};
    struct document document = {0};

    lanes_say(&document, &(struct sweep){.summary = &summary});
    free(made.text);
    made.text = strdup(document.blocks[0].words);
    document_free(&document);
    return made.text;
}

/* In vain is longer than any. */
TEST(the_longest_wait_of_all_is_said)
{
    add("threaded", 0, "A", "says", 20, 0.3, 0);
    add("threaded", 0, "B", "says", 40, 60, 0);
    ck_assert_str_eq(worst(), "Worst: threaded, longest wait for an echo: B "
                              "60 ms.");
    add_scene("blocking");
    add("libevent", 0, "A", "says", 40, 90, 0);
    ck_assert_str_eq(worst(), "Worst: blocking, longest wait for an echo: A "
                              "0.3 ms; in vain: B.");
}

TEST(nothing_is_no_picture)
{
    ck_assert_ptr_null(lanes_draw(&made.results, false));
    ck_assert_str_eq(printed(80, false), "");
    add("blocking", 0, "?", "says", 0, 1, 0);
    ck_assert_ptr_null(lanes_draw(&made.results, false));
}
