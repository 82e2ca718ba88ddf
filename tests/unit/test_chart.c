/*
 * test_chart.c: axes against cases worked out by hand, and charts of what is
 * odd: nothing, one value, strangers' names, numbers that are none.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/internal.h"
#include "tests/unit/made.h"
#include "tests/unit/run_suite.h"

/* Axes, and the ticks that they must have. */
static const struct {
    enum scale scale;  /* of the axis */
    double values[3];  /* on it; NAN is left out */
    const char *ticks; /* their words, with blanks between them */
} axes[] = {
    {SCALE_ZERO, {0, 1, 5}, "0 1 2 3 4 5"},
    {SCALE_ZERO, {77100, 110000, 1}, "0 50k 100k 150k"},
    {SCALE_ZERO, {7, NAN, NAN}, "0 2 4 6 8"},
    {SCALE_ZERO, {0, 0, 0}, "0 0.2 0.4 0.6 0.8 1"},
    {SCALE_ZERO, {-3, 4, 0}, "-4 -2 0 2 4"},
    {SCALE_LINEAR, {10, 10, 10}, "9 9.5 10 10.5 11"},
    {SCALE_LINEAR,
     {0.001, 0.002, NAN},
     "0.001 0.0012 0.0014 0.0016 0.0018 "
     "0.002"},
    {SCALE_LINEAR, {4.2, 7.9, INFINITY}, "4 5 6 7 8"},
    {SCALE_LINEAR, {1e9, 3e9, -INFINITY}, "1G 1.5G 2G 2.5G 3G"},
    {SCALE_LOG10, {1e-3, 1e9, NAN}, "0.001 0.1 10 1k 100k 10M 1G"},
    {SCALE_LOG10, {12, 8160, NAN}, "10 100 1k 10k"},
    {SCALE_LOG10, {30, 200, 0}, "20 50 100 200"},
    {SCALE_LOG10, {6, 1000, NAN}, "5 10 20 50 100 200 500 1k"},
    {SCALE_LOG10, {7, 7, -1}, "5 10"},
    {SCALE_LOG10, {10, 10, 10}, "10 20"},
    {SCALE_LOG2, {1, 64, 512}, "1 8 64 512"},
    {SCALE_LOG2, {1, 64, NAN}, "1 2 4 8 16 32 64"},
    {SCALE_LOG2, {48, 48, NAN}, "32 64"},
    {SCALE_LOG2, {16, 16, NAN}, "16 32"},
    {SCALE_LOG2, {0, -1, NAN}, ""},
    {SCALE_LOG10, {0, -1, NAN}, ""},
    {SCALE_ZERO, {NAN, INFINITY, 1e300}, ""},
};

TEST_EACH(ticks_are_round_numbers, axes)
{
    struct axis_scale axis = {.scale = axes[_i].scale, .to = 1};
    struct text text = {0};
    char word[AXIS_WORD_BYTES];

    for (int i = 0; i < 3; i++) {
        axis_take(&axis, axes[_i].values[i]);
    }
    ck_assert_int_eq(axis_fit(&axis), axes[_i].ticks[0] != '\0');
    for (int i = 0; i < axis.nticks; i++) {
        text_item(&text, " ", "%s", axis_word(word, axis.ticks[i]));
    }
    ck_assert_str_eq(text.bytes, axes[_i].ticks);
    for (int i = 0; i < 3 && axis.any; i++) {
        if (axis_has(axis.scale, axes[_i].values[i])) {
            ck_assert_double_ge(axis_at(&axis, axes[_i].values[i]), 0);
            ck_assert_double_le(axis_at(&axis, axes[_i].values[i]), 1);
        }
    }
}

/* Whatever the numbers are, an axis ends, and has two ends. */
TEST(every_axis_has_ticks_and_room_for_them)
{
    srandom(1);
    for (int i = 0; i < 100000; i++) {
        struct axis_scale axis = {.scale = (enum scale)(random() % 4),
                                  .to = 1};
        double low = exp((double)(random() % 6000) / 100 - 30);

        axis_take(&axis, low);
        axis_take(&axis, low * exp((double)(random() % 3000) / 100));
        axis_take(&axis, random() % 2 ? -low : low);
        if (axis_fit(&axis)) {
            ck_assert_double_gt(axis.high, axis.low);
            ck_assert_int_ge(axis.nticks, 1);
            ck_assert_int_le(axis.nticks, TICKS_MAX);
            ck_assert_double_le(axis_at(&axis, axis.ticks[0]), 1.0001);
        }
    }
}

TEST(a_place_on_an_axis_is_a_share_of_it)
{
    struct axis_scale linear = {.scale = SCALE_ZERO, .from = 300, .to = 100};
    struct axis_scale logarithmic = {.scale = SCALE_LOG10, .to = 1};

    axis_take(&linear, 10);
    axis_take(&logarithmic, 1);
    axis_take(&logarithmic, 10000);
    ck_assert(axis_fit(&linear) && axis_fit(&logarithmic));
    ck_assert_double_eq_tol(axis_at(&linear, 2.5), 250, 1e-9);
    ck_assert_double_eq_tol(axis_at(&logarithmic, 100), 0.5, 1e-9);
}

static const struct chart chart = {.title = "<title> & \"more\"",
                                   .above = "above",
                                   .below = "below",
                                   .x = SCALE_LOG2,
                                   .y = SCALE_LOG10};

CASE(chart, NULL, made_end)

TEST(nothing_to_draw_is_no_chart)
{
    const struct series series = {
        .name = "a", .points = {{1, NAN}, {0, 5}, {4, -1}, {NAN, 1}}, .n = 4};
    const struct chart_row row = {"a", 0, ""};
    const struct dot dot = {.value = INFINITY};
    const struct dot part = {0, 0, NAN, NAN, 1, DOT_PART, "a"};

    ck_assert_ptr_null(chart_lines(&chart, &series, 1));
    ck_assert_ptr_null(chart_lines(&chart, NULL, 0));
    ck_assert_ptr_null(chart_dots(&chart, &row, 1, &dot, 1));
    ck_assert_ptr_null(chart_dots(&chart, NULL, 0, &part, 1));
}

TEST(a_line_is_broken_where_a_value_is_none)
{
    const struct series series = {
        .name = "<b>",
        .points = {{1, 5}, {2, 6}, {4, NAN}, {8, 7}},
        .n = 4,
        .end = "stops"};
    double at[6];

    made.text = chart_lines(&chart, &series, 1);
    ck_assert_int_eq(sscanf(strstr(made.text, "m0 line"),
                            "m0 line\" d=\"M%lf %lfL%lf %lfM%lf %lf\"/>",
                            &at[0], &at[1], &at[2], &at[3], &at[4], &at[5]),
                     6);
    /* Its name has one, too. */
    assert_has_times("class=\"m0 mark\"", 3 + 1);
    assert_has_times("class=\"cross\"", 2);
    assert_has_times("&lt;title&gt; &amp; &quot;more&quot;", 3);
    assert_has_times("&lt;b&gt;", 3 + 1);
    assert_has_times(">above, logarithmic<", 1);
    assert_has_times(">below, logarithmic<", 1);
    assert_has_not("<b>");
}

/* The base lines of the names of nine lines that end at one place, and have
 * two lines each. */
TEST(names_do_not_lie_on_each_other)
{
    struct series series[SERIES_MAX + 3];
    double seen[2 * SERIES_MAX + 6];
    int n = 0;

    for (size_t i = 0; i < COUNT(series); i++) {
        series[i] = (struct series){.name = "same",
                                    .slot = SVG_OTHER,
                                    .points = {{1, 5}, {2, 6}},
                                    .n = 2,
                                    .end = "ends"};
    }
    made.text = chart_lines(&chart, series, COUNT(series));
    for (const char *at = made.text;
         (at = strstr(at, "<text class=\"")) != NULL; at++) {
        double y = strtod(strstr(at, " y=\"") + 4, NULL);
        const char *words = strchr(at, '>') + 1;

        if (strncmp(words, "same", 4) == 0 ||
            strncmp(words, "ends", 4) == 0) {
            for (int i = 0; i < n; i++) {
                ck_assert_double_ge(fabs(y - seen[i]), 12);
            }
            seen[n++] = y;
        }
    }
    ck_assert_int_eq(n, (int)(2 * SERIES_MAX));
}

TEST(bars_add_up_and_what_is_none_has_no_length)
{
    const struct chart_row rows[] = {{"a", 0, "6"}, {"b", -1, ""}};
    const struct dot parts[] = {
        {0, 0, 3, 0, 3, DOT_PART, "recv"},
        {0, 2, 2.5, 3, 5, DOT_PART, "wake"},
        {0, 9, 1, 5, 6, DOT_REST, "left"},
        {1, 0, 4, 0, 4, DOT_PART, "recv"},
        {1, 3, NAN, 4, NAN, DOT_PART, "none"},
    };
    const struct chart bars = {.title = "t", .above = "", .below = ""};

    made.text = chart_dots(&bars, rows, 2, parts, COUNT(parts));
    /* Each name that is there has a sample. */
    assert_has_times("<rect", 4 + 3);
    assert_has_times("class=\"part p0\"", 2 + 1);
    assert_has_times("class=\"part rest\"", 1 + 1);
    assert_has_times(">left 1<", 1);
    /* What it is, though the bar ends before. */
    assert_has_times(">wake 2.5<", 1);
    assert_has_times(">left<", 1);
}

TEST(a_picture_alone_brings_its_style)
{
    struct svg svg;

    svg_begin(&svg, true, 100, 50, "t", "d");
    svg_rect(&svg, 1.25, 2, -3, 4, "wait", "\xed\xa0\x80\x1b[31m");
    svg_rect(&svg, 0, 0, 20, 14, "wait", NULL);
    svg_mark(&svg, 1, NAN, 0, "'");
    made.text = svg_end(&svg);
    assert_has_times("<svg ", 1);
    assert_has_times("xmlns=\"http://www.w3.org/2000/svg\"", 1);
    assert_has_times("<style>", 1);
    assert_has_times("<title>????[31m</title>", 1);
    assert_has_times("width=\"0\"", 1);
    assert_has_not("mark\" d=");
    /* Of the second one alone, all of it within. */
    assert_has_times(
        "class=\"hatch\" d=\"M0 7L7 0M0 14L14 0M7 14L20 1M14 14L20 "
        "8\"",
        1);
}
