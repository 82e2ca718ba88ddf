/*
 * test_report.c: what a reader gets: width, length, and what is in no run of
 * tests/harness/golden/, which has the words.
 */
#include <check.h>
#include <math.h>
#include <string.h>

#include "harness/report/internal.h"
#include "tests/unit/made.h"
#include "tests/unit/run_suite.h"

CASE(report, made_begin, made_end)

/* Print with `print` on paper of so many columns. */
static void
print_by(void (*print)(FILE *file, const struct summary *,
                       const struct report_paper *),
         int width)
{
    const struct report_paper paper = {.width = width};
    FILE *file = made_print();

    made_summary();
    print(file, &made.summary, &paper);
    fclose(file);
}

static void
print_all(FILE *file, const struct summary *of,
          const struct report_paper *paper)
{
    report_scenarios(file, of, &(struct report_views){.all = true}, paper);
}

static void
print_echo_65(FILE *file, const struct summary *of,
              const struct report_paper *paper)
{
    (void)of;
    report_scenario_lines(file, &made.results, "echo", 65, paper);
}

/* No line is longer, none ends in a blank. Returns how many there are. */
static int
assert_width(int width)
{
    int lines = 0;

    for (const char *line = made.text; *line != '\0'; lines++) {
        size_t length = strcspn(line, "\n");

        ck_assert_msg((int)length <= width, "%d: %.*s", width, (int)length,
                      line);
        ck_assert_msg(length == 0 || line[length - 1] != ' ', "blank: %.*s|",
                      (int)length, line);
        line += length + 1;
    }
    return lines;
}

/* The five models and the yardstick in so many scenarios. */
static void
add_all(int scenarios)
{
    static const struct {
        const char *model;
        double us;
    } models[] = {
        {"blocking", 5.2},  {"threaded", 9}, {"selectloop", 6},
        {"coroutine", 5.9}, {"libevent", 6}, {RESULTS_YARDSTICK, 5.8},
    };

    for (int i = 0; i < scenarios; i++) {
        for (int j = 0; j < 6; j++) {
            struct life life = made_life(models[j].model);

            life.clients = 64 + i;
            life.figure[LIFE_ASKED] = life.clients;
            life.figure[LIFE_SERVED] = j == 0 ? 1 : life.clients;
            life.figure[LIFE_SWITCHES_PER_ECHO] = j == 1 ? 1 : 0.1;
            made_add(&made.results, &life, models[j].us);
        }
    }
}

TEST(all_fits_on_narrow_paper_and_a_headline_on_a_screen)
{
    add_all(20);
    for (int width = 60; width <= 100; width += 10) {
        print_by(report_headline, width);
        ck_assert_int_le(assert_width(width), REPORT_LINES_MAX);
        assert_has("more: the same with --all");
    }
    results_free(&made.results);
    add_all(2);
    for (int width = 60; width <= 100; width += 10) {
        print_by(print_all, width);
        assert_width(width);
    }
}

TEST(a_line_to_be_typed_is_right_for_a_shell)
{
    const struct report_paper odd = {
        .width = 100, .bin = "it's here", .folder = "{a,b}"};

    add_all(1);
    made_summary();
    FILE *file = made_print();
    report_headline(file, &made.summary, &odd);
    fclose(file);
    assert_has("more: it\\'s\\ here/");
    assert_has("report \\{a\\,b\\}/results.jsonl --all");
}

/* Facts hang on how a model works; a foreign one gets what its numbers say.
 */
TEST(facts_hang_on_the_model)
{
    ck_assert_uint_eq(facts_model("threaded-8192") & MODEL_THREAD_EACH,
                      MODEL_THREAD_EACH);
    ck_assert_uint_eq(facts_model("libevent-select"), MODEL_SELECT);
    ck_assert_uint_eq(facts_model("thread"), 0);
    ck_assert_uint_eq(facts_model("node"), 0);
}

/* A results file may be anybody's. */
TEST(how_many_were_asked_may_be_unknown_or_absurd)
{
    struct life unknown = made_life("unknown");
    struct life absurd = made_life("absurd");

    unknown.figure[LIFE_ASKED] = NAN;
    absurd.figure[LIFE_ASKED] = -1e308;
    made_add(&made.results, &unknown, 6);
    made_add(&made.results, &absurd, 6);
    print_by(report_headline, 100);
    assert_width(100);
    assert_has_not("nan");
}

TEST(a_stall_without_a_time_has_none)
{
    made_model("held-up", 6);
    made.results.slices[0].stalled = true;
    made.results.slices[0].gap_ms = NAN;
    print_by(print_all, 100);
    assert_has("held-up     stalled in echo 64, life 1");
    assert_has_not("nan");
}

TEST(a_failure_is_said_where_it_happened)
{
    struct life bad = made_life("bad");

    made_model("good", 6);
    life_fail(&bad, LIFE_FAILED, "it died of signal 11");
    made_add(&made.results, &bad, 6);
    print_by(report_headline, 100);
    assert_has("bad   failed: it died of signal 11");
    ck_assert_int_eq(made.summary.groups[0].nrows, 2);
    assert_has_not("bad failed in");
    strcpy(bad.model, "worse");
    bad.clients = 512;
    made_add(&made.results, &bad, 6);
    print_by(report_headline, 100);
    assert_has("worse failed in echo 512: it died of signal 11");
}

TEST(a_scenario_is_a_few_lines_as_soon_as_it_is_measured)
{
    add_all(2);
    print_by(print_echo_65, 80);
    assert_has("echo 65: 65 clients");
    assert_has("x1.5");
    ck_assert_int_le(assert_width(80), 6 + 3);
    results_free(&made.results);
    add_all(1);
    print_by(print_echo_65, 80);
    ck_assert_str_eq(made.text, "");
}

/* A client that waits is a property, and so is what belongs to it. */
TEST(kinds_hang_on_properties_and_not_on_names)
{
    struct life life = made_life("a");

    ck_assert_int_eq(cells_kind(&life), KIND_MANY);
    life.clients = 1;
    ck_assert_int_eq(cells_kind(&life), KIND_ONE);
    life.message_bytes = 1 << 20;
    ck_assert_int_eq(cells_kind(&life), KIND_BULK);
    life.work_us = 200;
    ck_assert_int_eq(cells_kind(&life), KIND_WORK);
    life.delay_ms = 5;
    ck_assert_int_eq(cells_kind(&life), KIND_WAIT);
    life.silent = 1;
    ck_assert_int_eq(cells_kind(&life), KIND_SILENT);
    life.ask_silent = true;
    ck_assert_int_eq(cells_kind(&life), KIND_IDLE);
    life.churn = true;
    ck_assert_int_eq(cells_kind(&life), KIND_CONNECT);
    life.rate_per_s = 100;
    ck_assert_int_eq(cells_kind(&life), KIND_RATE);
}

TEST(nothing_in_a_name_breaks_terminal_or_markdown)
{
    made_model("a|b<c>\33[31m", 6);
    made_model("d\33[2J", 9);
    print_by(print_all, 100);
    assert_has_not("\33");
    FILE *file = made_print();
    ck_assert_int_eq(report_markdown(file, &made.summary), 0);
    fclose(file);
    assert_has("a\\|b\\<c\\>?\\[31m");
    assert_has("| ---: |");
    assert_has("### ");
}

TEST(nothing_measured_is_said)
{
    print_by(report_headline, 100);
    assert_has("Nothing was measured.");
}
