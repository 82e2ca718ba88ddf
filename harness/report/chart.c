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

/* Where it is. */
struct frame {
    struct svg svg;         /* on which it is drawn */
    struct axis_scale x, y; /* its axes; that of rows has no ticks */
};

/* Begin a chart of that height; `above` is measured up, `below` along. */
static void
frame_begin(struct frame *frame, const struct chart *chart, double height)
{
    static const char scaled[][16] = {
        [SCALE_LOG10] = ", logarithmic", [SCALE_LOG2] = ", logarithmic"};
    struct svg *svg = &frame->svg;
    double left = frame->x.from, right = frame->x.to;
    double top = frame->y.to, bottom = frame->y.from;
    double free_from = 0; /* of other words */

    svg_begin(svg, false, WIDTH, height, chart->title, chart->above);
    svg_text(svg, 0, 13, "bold", "%s", chart->title);
    svg_text(svg, 0, 30, "soft", "%s%s", chart->above, scaled[chart->y]);
    for (int i = 0; i < frame->x.nticks; i++) {
        char word[AXIS_WORD_BYTES];
        double x = axis_at(&frame->x, frame->x.ticks[i]);
        int length = (int)strlen(axis_word(word, frame->x.ticks[i]));
        double half = LETTER * length / 2.0;

        svg_line(svg, x, top, x, bottom, "rule");
        if (x - half >= free_from && x + half <= WIDTH) {
            svg_text(svg, x, bottom + LINE, "middle", "%s", word);
            free_from = x + half + EDGE / 2.0;
        }
    }
    for (int i = 0; i < frame->y.nticks; i++) {
        char word[AXIS_WORD_BYTES];
        double y = axis_at(&frame->y, frame->y.ticks[i]);

        svg_line(svg, left, y, right, y, "rule");
        svg_text(svg, left - 6, y + 4, "end", "%s",
                 axis_word(word, frame->y.ticks[i]));
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
draw_series(struct frame *frame, const struct series *series)
{
    struct label label = {series, 0, frame->y.from};
    const char *pen = "M";

    fprintf(frame->svg.file, "<path class=\"m%d line\" d=\"", series->slot);
    for (size_t i = 0; i < series->n; i++) {
        double x = axis_at(&frame->x, series->points[i][0]);
        double y = axis_at(&frame->y, series->points[i][1]);

        if (isfinite(x + y)) {
            fprintf(frame->svg.file, "%s%.5g %.5g", pen, x, y);
            label.x = x;
            label.y = y;
        }
        pen = isfinite(x + y) ? "L" : "M";
    }
    fputs("\"/>\n", frame->svg.file);
    for (size_t i = 0; i < series->n && !series->bare; i++) {
        svg_mark(&frame->svg, axis_at(&frame->x, series->points[i][0]),
                 axis_at(&frame->y, series->points[i][1]), series->slot,
                 series->name);
    }
    return label;
}

/* Crosses where lines stop early, above all of them; and names beside the
 * ends, from above, moved apart where they would lie on each other. */
static void
draw_labels(struct frame *frame, const struct label *labels, size_t n,
            double height)
{
    struct svg *svg = &frame->svg;
    double x = frame->x.to + 3 * EDGE;
    double from = frame->y.to;
    double to = frame->y.from - height; /* with room for what is below */

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
    struct frame frame = {.x.scale = chart->x, .y.scale = chart->y};
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
                axis_take(&frame.x, series[i].points[j][0]);
                axis_take(&frame.y, series[i].points[j][1]);
            }
        }
    }
    if (!axis_fit(&frame.x) || !axis_fit(&frame.y)) {
        return NULL;
    }
    frame.x.from = 5 * LETTER;
    frame.x.to = WIDTH - wide - 3 * EDGE;
    frame.y.to = TOP + EDGE;
    frame.y.from = frame.y.to + fmax(PLOT_HEIGHT, high);
    frame_begin(&frame, chart, frame.y.from + BELOW);
    for (size_t i = 0; i < n; i++) {
        struct label label = draw_series(&frame, &series[i]);
        size_t at = i;

        for (; at > 0 && labels[at - 1].y > label.y; at--) {
            labels[at] = labels[at - 1];
        }
        labels[at] = label;
    }
    draw_labels(&frame, labels, n, high);
    return svg_end(&frame.svg);
}

/* ---- rows of dots and bars --------------------------------------------- */

/* The names of rows on the left, what is said of them on the right. */
static void
frame_rows(struct frame *frame, const struct chart *chart,
           const struct chart_row *rows, size_t n, int samples)
{
    double left = 0;
    double right = 0;

    for (size_t i = 0; i < n; i++) {
        left = wider(left, rows[i].name);
        right = wider(right, rows[i].note);
    }
    frame->x.from = left + 3 * EDGE;
    frame->x.to = WIDTH - right - EDGE;
    frame->y.to = TOP;
    frame->y.from = TOP + ROW * (double)n;
    frame->y.high = -0.5; /* so that a row's number is its middle */
    frame->y.low = (double)n - 0.5;
    frame_begin(frame, chart,
                frame->y.from + BELOW +
                    (samples > 0 ? ROW * (samples + 1) / 2.0 : 0));
    for (size_t i = 0; i < n; i++) {
        double y = axis_at(&frame->y, (double)i);

        if (rows[i].slot >= 0) {
            svg_mark(&frame->svg, 7, y, rows[i].slot, NULL);
        }
        put_words(&frame->svg, 2 * EDGE, y + 4, "text", rows[i].name, left);
        put_words(&frame->svg, WIDTH, y + 4, "soft end", rows[i].note, right);
    }
}

/* All of a row that are no more than a point, as one. */
static void
draw_dust(struct frame *frame, int row, int slot, const struct dot *dots,
          size_t n)
{
    FILE *file = frame->svg.file;
    bool any = false;

    for (size_t i = 0; i < n; i++) {
        double x = axis_at(&frame->x, dots[i].value);

        if (dots[i].kind == DOT_DUST && dots[i].row == row && isfinite(x)) {
            if (!any) {
                fprintf(file, "<path class=\"m%d dust\" d=\"", slot);
            }
            any = true;
            /* Spread over the row, always in the same way. */
            fprintf(file, "M%.5g %.5gh0", x,
                    axis_at(&frame->y, row) - ROW / 3.0 +
                        (double)(7 * i % 17));
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

    PUT(classes, "part p%d", number % 5);
    svg_rect(svg, x, y - 8, width, 16,
             kind == DOT_REST ? "part rest" : classes, tip);
    if (width > LETTER) {
        svg_text(svg, x + width / 2, y + 4, "middle", "%d", number + 1);
    }
}

/* Draw the bars of these parts, a bit for each, and explain them. */
static void
draw_bars(struct frame *frame, const struct dot *dots, size_t n,
          unsigned parts)
{
    unsigned explained = 0;

    for (size_t i = 0; i < n; i++) {
        double x = axis_at(&frame->x, dots[i].low);
        double width = axis_at(&frame->x, dots[i].high) - x;
        struct text tip = {0};
        unsigned part;
        int number;

        if (dots[i].kind < DOT_PART || !isfinite(width)) {
            continue;
        }
        part = 1U << dots[i].slot;
        number = __builtin_popcount(parts & (part - 1));
        text_add(&tip, "%s %.3g", dots[i].tip, dots[i].value);
        draw_part(&frame->svg, x, axis_at(&frame->y, dots[i].row), width,
                  number, dots[i].kind, tip.bytes);
        if (!(explained & part)) {
            double y =
                axis_at(&frame->y, number / 2) - TOP + frame->y.from + BELOW;

            x = number % 2 * WIDTH / 2.0;
            draw_part(&frame->svg, x + 1, y, ROW, number, dots[i].kind, NULL);
            put_words(&frame->svg, x + ROW + EDGE, y + 4, "text", dots[i].tip,
                      WIDTH / 2.0 - ROW - EDGE);
        }
        explained |= part;
    }
}

static void
draw_dot(struct frame *frame, const struct dot *dot)
{
    double x = axis_at(&frame->x, dot->value);
    double y = axis_at(&frame->y, dot->row);
    char classes[24];

    if (dot->kind == DOT_MARK) {
        PUT(classes, "m%d axis", dot->slot);
        svg_line(&frame->svg, axis_at(&frame->x, dot->low), y,
                 axis_at(&frame->x, dot->high), y, classes);
        svg_mark(&frame->svg, x, y, dot->slot, dot->tip);
    } else if (dot->kind == DOT_CROSS && isfinite(x)) {
        svg_cross(&frame->svg, fmax(frame->x.from, fmin(x, frame->x.to)), y,
                  CROSS);
    }
}

char *
chart_dots(const struct chart *chart, const struct chart_row *rows, size_t n,
           const struct dot *dots, size_t ndots)
{
    struct frame frame = {.x.scale = chart->x};
    unsigned parts = 0;
    double rule = chart->rule != 0 ? chart->rule : NAN;

    axis_take(&frame.x, rule);
    for (size_t i = 0; i < ndots; i++) {
        /* Nobody far away makes the others small: see draw_dot(). */
        axis_take(&frame.x, dots[i].kind == DOT_CROSS ? NAN : dots[i].value);
        axis_take(&frame.x, dots[i].low);
        axis_take(&frame.x, dots[i].high);
        parts |= dots[i].kind >= DOT_PART ? 1U << dots[i].slot : 0;
    }
    if (!axis_fit(&frame.x) || n == 0) {
        return NULL;
    }
    frame_rows(&frame, chart, rows, n, __builtin_popcount(parts));
    rule = axis_at(&frame.x, rule);
    svg_line(&frame.svg, rule, frame.y.to, rule, frame.y.from, "axis");
    for (size_t i = 0; i < n; i++) {
        draw_dust(&frame, (int)i, rows[i].slot, dots, ndots);
    }
    for (size_t i = 0; i < ndots; i++) {
        draw_dot(&frame, &dots[i]);
    }
    draw_bars(&frame, dots, ndots, parts);
    return svg_end(&frame.svg);
}
