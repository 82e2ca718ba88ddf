/*
 * chart.c: the two charts that all pages are made of: lines, and rows of dots
 * or bars. See picture.h.
 *
 * All are narrow, so that one fills a phone and two stand side by side on a
 * projector, and their text keeps its size. What a model is called stands
 * beside its line or its row, with its mark: there is no legend to go back
 * to. A value that is none is left out, and a chart without any is none.
 */
#include <math.h>
#include <string.h>

#include "harness/report/internal.h"

/* Sizes, in units. */
enum {
    WIDTH = 360,
    PLOT_HEIGHT = 180, /* of lines */
    TOP = 40,          /* a title and what is measured */
    BELOW = 38,        /* ticks and what they are */
    LETTER = 8,        /* at most, on average */
    LINE = 15,         /* from one line of text to the next */
    ROW = 24,          /* from one row to the next */
    EDGE = 10,         /* without text */
    CROSS = 4,         /* half the width of one */
};

/* ---- a frame around a chart -------------------------------------------- */

/* Begin a chart of that height; `above` is measured up, `below` along. */
static void
frame_begin(struct svg *svg, const struct chart *chart, double height)
{
    static const char scaled[][16] = {
        [SCALE_LOG10] = ", logarithmic", [SCALE_LOG2] = ", logarithmic"};
    double left = svg->x.from, right = svg->x.to;
    double top = svg->y.to, bottom = svg->y.from;
    double free_from = 0; /* of other words */

    svg_begin(svg, false, WIDTH, height, chart->title, chart->above);
    svg_text(svg, 0, 13, "bold", "%s", chart->title);
    svg_text(svg, 0, 30, "soft", "%s%s", chart->above, scaled[chart->y]);
    for (int i = 0; i < svg->x.nticks; i++) {
        char word[AXIS_WORD_BYTES];
        double x = axis_at(&svg->x, svg->x.ticks[i]);
        int length = (int)strlen(axis_word(word, svg->x.ticks[i]));
        double half = LETTER * length / 2.0;

        svg_line(svg, x, top, x, bottom, "rule");
        if (x - half >= free_from && x + half <= WIDTH) {
            svg_text(svg, x, bottom + LINE, "middle", "%s", word);
            free_from = x + half + EDGE / 2.0;
        }
    }
    for (int i = 0; i < svg->y.nticks; i++) {
        char word[AXIS_WORD_BYTES];
        double y = axis_at(&svg->y, svg->y.ticks[i]);

        svg_line(svg, left, y, right, y, "rule");
        svg_text(svg, left - 6, y + 4, "end", "%s",
                 axis_word(word, svg->y.ticks[i]));
    }
    svg_line(svg, left, bottom, right, bottom, "axis");
    svg_text(svg, (left + right) / 2, bottom + 2 * LINE, "soft middle",
             "%s%s", chart->below, scaled[chart->x]);
}

/* How wide the longest of these words can be, within reason. */
static double
wider(double width, const char *words)
{
    return fmin(fmax(width, LETTER * (double)strlen(words)), WIDTH / 3.0);
}

/* Words in a width; what does not fit is cut off. */
static void
put_words(struct svg *svg, double x, double y, const char *classes,
          const char *words, double width)
{
    int fit = (int)(width / LETTER + 0.01);
    bool cut = (int)strlen(words) > fit;

    if (words[0] != '\0') {
        svg_text(svg, x, y, classes, "%.*s%s", cut ? fit - 2 : fit, words,
                 cut ? ".." : "");
    }
}

/* ---- lines ------------------------------------------------------------- */

/* Where a line ends, and its name goes. */
struct label {
    const struct series *series; /* which one */
    double x, y;                 /* where it ends */
};

/* Of a name, with why the line ends. */
static double
name_height(const struct series *series)
{
    return series->end[0] != '\0' ? 2 * LINE : LINE;
}

/* Draw a line, broken where a value is none. Returns where it ends. */
static struct label
draw_series(struct svg *svg, const struct series *series)
{
    struct label label = {series, 0, svg->y.from};
    const char *pen = "M";

    fprintf(svg->file, "<path class=\"m%d line\" d=\"", series->slot);
    for (size_t i = 0; i < series->n; i++) {
        double x = axis_at(&svg->x, series->points[i][0]);
        double y = axis_at(&svg->y, series->points[i][1]);

        if (isfinite(x + y)) {
            fprintf(svg->file, "%s%.5g %.5g", pen, x, y);
            label.x = x;
            label.y = y;
        }
        pen = isfinite(x + y) ? "L" : "M";
    }
    fputs("\"/>\n", svg->file);
    for (size_t i = 0; i < series->n && !series->bare; i++) {
        svg_mark(svg, axis_at(&svg->x, series->points[i][0]),
                 axis_at(&svg->y, series->points[i][1]), series->slot,
                 series->name);
    }
    return label;
}

/* Crosses where lines stop early, above all of them; and names beside the
 * ends, from above, moved apart where they would lie on each other. */
static void
draw_labels(struct svg *svg, const struct label *labels, size_t n,
            double height)
{
    double x = svg->x.to + 3 * EDGE;
    double from = svg->y.to;
    double to = svg->y.from - height; /* with room for what is below */

    for (size_t i = 0; i < n; i++) {
        const struct series *series = labels[i].series;
        double high = name_height(series);

        if (labels[i].x > 0 && series->end[0] != '\0') {
            svg_cross(svg, labels[i].x + EDGE, labels[i].y, CROSS);
        }
        from = fmin(fmax(labels[i].y - high / 2, from), to);
        svg_mark(svg, x - EDGE, from + LINE - 7, series->slot, NULL);
        put_words(svg, x, from + LINE - 3, "text", series->name, WIDTH - x);
        put_words(svg, x, from + 2 * LINE - 4, "soft", series->end,
                  WIDTH - x);
        from += high;
        to += high;
    }
}

char *
chart_lines(const struct chart *chart, const struct series *series, size_t n)
{
    struct svg svg = {.x.scale = chart->x, .y.scale = chart->y};
    struct label labels[SERIES_MAX];
    double wide = 0;
    double high = 0; /* all names */

    n = n < SERIES_MAX ? n : SERIES_MAX;
    for (size_t i = 0; i < n; i++) {
        wide = wider(wider(wide, series[i].name), series[i].end);
        high += name_height(&series[i]);
        for (size_t j = 0; j < series[i].n; j++) {
            if (axis_has(chart->x, series[i].points[j][0]) &&
                axis_has(chart->y, series[i].points[j][1])) {
                axis_take(&svg.x, series[i].points[j][0]);
                axis_take(&svg.y, series[i].points[j][1]);
            }
        }
    }
    if (!axis_fit(&svg.x) || !axis_fit(&svg.y)) {
        return NULL;
    }
    svg.x.from = 5 * LETTER;
    svg.x.to = WIDTH - wide - 3 * EDGE;
    svg.y.to = TOP + EDGE;
    svg.y.from = svg.y.to + fmax(PLOT_HEIGHT, high);
    frame_begin(&svg, chart, svg.y.from + BELOW);
    for (size_t i = 0; i < n; i++) {
        struct label label = draw_series(&svg, &series[i]);
        size_t at = i;

        for (; at > 0 && labels[at - 1].y > label.y; at--) {
            labels[at] = labels[at - 1];
        }
        labels[at] = label;
    }
    draw_labels(&svg, labels, n, high);
    return svg_end(&svg);
}

/* ---- rows of dots and bars --------------------------------------------- */

/* The names of rows on the left, what is said of them on the right. */
static void
frame_rows(struct svg *svg, const struct chart *chart,
           const struct chart_row *rows, size_t n, int samples)
{
    double left = 0;
    double right = 0;

    for (size_t i = 0; i < n; i++) {
        left = wider(left, rows[i].name);
        right = wider(right, rows[i].note);
    }
    svg->x.from = left + 3 * EDGE;
    svg->x.to = WIDTH - right - EDGE;
    svg->y.to = TOP;
    svg->y.from = TOP + ROW * (double)n;
    svg->y.high = -0.5; /* so that a row's number is its middle */
    svg->y.low = (double)n - 0.5;
    frame_begin(svg, chart,
                svg->y.from + BELOW +
                    (samples > 0 ? ROW * (samples + 1) / 2.0 : 0));
    for (size_t i = 0; i < n; i++) {
        double y = axis_at(&svg->y, (double)i);

        if (rows[i].slot >= 0) {
            svg_mark(svg, 7, y, rows[i].slot, NULL);
        }
        put_words(svg, 2 * EDGE, y + 4, "text", rows[i].name, left);
        put_words(svg, WIDTH, y + 4, "soft end", rows[i].note, right);
    }
}

/* All of a row that are no more than a point, as one. */
static void
draw_dust(struct svg *svg, int row, int slot, const struct dot *dots,
          size_t n)
{
    FILE *file = svg->file;
    bool any = false;

    for (size_t i = 0; i < n; i++) {
        double x = axis_at(&svg->x, dots[i].value);

        if (dots[i].kind == DOT_DUST && dots[i].row == row && isfinite(x)) {
            if (!any) {
                fprintf(file, "<path class=\"m%d dust\" d=\"", slot);
            }
            any = true;
            /* Spread over the row, always in the same way. */
            fprintf(file, "M%.5g %.5gh0", x,
                    axis_at(&svg->y, row) - ROW / 3.0 + (double)(7 * i % 17));
        }
    }
    fputs(any ? "\"/>\n" : "", file);
}

/* Draw a part of a bar, or the sample of it below, which has no tip; the
 * number leads from one to the other. */
static void
draw_part(struct svg *svg, double x, double y, double width, int number,
          enum dot_kind kind, const char *tip)
{
    char classes[24];

    PUT(classes, kind == DOT_REST ? "part rest" : "part p%d", number % 5);
    svg_rect(svg, x, y - 8, width, 16, classes, tip);
    if (width > LETTER) {
        svg_text(svg, x + width / 2, y + 4, "middle", "%d", number + 1);
    }
}

/* Draw the bars of these parts, a bit for each, and explain them. */
static void
draw_bars(struct svg *svg, const struct dot *dots, size_t n, unsigned parts)
{
    unsigned explained = 0;

    for (size_t i = 0; i < n; i++) {
        double x = axis_at(&svg->x, dots[i].low);
        double width = axis_at(&svg->x, dots[i].high) - x;
        unsigned part = 1U << dots[i].slot;
        int number = __builtin_popcount(parts & (part - 1));
        struct text tip = {0};

        if (dots[i].kind < DOT_PART || !isfinite(width)) {
            continue;
        }
        text_add(&tip, "%s %.3g", dots[i].tip, dots[i].value);
        draw_part(svg, x, axis_at(&svg->y, dots[i].row), width, number,
                  dots[i].kind, tip.bytes);
        if (!(explained & part)) {
            double y =
                svg->y.from + BELOW + ROW * (floor(number / 2.0) + 0.5);

            x = number % 2 * WIDTH / 2.0;
            draw_part(svg, x + 1, y, ROW, number, dots[i].kind, NULL);
            put_words(svg, x + ROW + EDGE, y + 4, "text", dots[i].tip,
                      WIDTH / 2.0 - ROW - EDGE);
        }
        explained |= part;
    }
}

static void
draw_dot(struct svg *svg, const struct dot *dot)
{
    double x = axis_at(&svg->x, dot->value);
    double y = axis_at(&svg->y, dot->row);
    char classes[24];

    if (dot->kind == DOT_MARK) {
        PUT(classes, "m%d axis", dot->slot);
        svg_line(svg, axis_at(&svg->x, dot->low), y,
                 axis_at(&svg->x, dot->high), y, classes);
        svg_mark(svg, x, y, dot->slot, dot->tip);
    } else if (dot->kind == DOT_CROSS && isfinite(x)) {
        svg_cross(svg, fmax(svg->x.from, fmin(x, svg->x.to)), y, CROSS);
    }
}

char *
chart_dots(const struct chart *chart, const struct chart_row *rows, size_t n,
           const struct dot *dots, size_t ndots)
{
    struct svg svg = {.x.scale = chart->x};
    unsigned parts = 0;
    double rule = chart->rule != 0 ? chart->rule : NAN;

    axis_take(&svg.x, rule);
    for (size_t i = 0; i < ndots; i++) {
        /* Nobody far away makes the others small: see draw_dot(). */
        axis_take(&svg.x, dots[i].kind == DOT_CROSS ? NAN : dots[i].value);
        axis_take(&svg.x, dots[i].low);
        axis_take(&svg.x, dots[i].high);
        parts |= dots[i].kind >= DOT_PART ? 1U << dots[i].slot : 0;
    }
    if (!axis_fit(&svg.x) || n == 0) {
        return NULL;
    }
    frame_rows(&svg, chart, rows, n, __builtin_popcount(parts));
    rule = axis_at(&svg.x, rule);
    svg_line(&svg, rule, svg.y.to, rule, svg.y.from, "axis");
    for (size_t i = 0; i < n; i++) {
        draw_dust(&svg, (int)i, rows[i].slot, dots, ndots);
    }
    for (size_t i = 0; i < ndots; i++) {
        draw_dot(&svg, &dots[i]);
    }
    draw_bars(&svg, dots, ndots, parts);
    return svg_end(&svg);
}
