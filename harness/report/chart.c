/*
 * chart.c: the three charts that all pages are made of. See picture.h.
 *
 * All are narrow, so that one fills a phone and two stand side by side on a
 * projector, and their text keeps its size. What a model is called stands
 * beside its line or its row, with its mark: there is no legend to go back
 * to. A value that is none is left out, and a chart without any is none.
 */
#include <math.h>
#include <stdlib.h>
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
};

/* ---- a frame around a chart ---------------------------------------------
 */

/* Where it is. */
struct frame {
    struct svg svg;                  /* on which it is drawn */
    double left, right, top, bottom; /* of the plot */
    struct axis_scale x, y;          /* its axes */
};

static double
at_x(const struct frame *frame, double value)
{
    return frame->left +
           (frame->right - frame->left) * axis_at(&frame->x, value);
}

static double
at_y(const struct frame *frame, double value)
{
    return frame->bottom -
           (frame->bottom - frame->top) * axis_at(&frame->y, value);
}

/* Begin a chart of that height; `above` is measured upwards, `below` along.
 */
static void
frame_begin(struct frame *frame, const struct chart *chart, double height)
{
    struct svg *svg = &frame->svg;
    double free_from = 0; /* of other words */

    svg_begin(svg, WIDTH, height, chart->title,
              chart->description ? chart->description : chart->above);
    svg_text(svg, 0, 13, "bold", "%s", chart->title);
    svg_text(svg, 0, 30, "soft", "%s", chart->above);
    for (int i = 0; i < frame->x.nticks; i++) {
        char word[AXIS_WORD_BYTES];
        double x = at_x(frame, frame->x.ticks[i]);
        int length = (int)strlen(axis_word(word, frame->x.ticks[i]));
        double half = LETTER * length / 2.0;

        svg_line(svg, x, frame->top, x, frame->bottom, "rule");
        if (x - half >= free_from && x + half <= WIDTH) {
            svg_text(svg, x, frame->bottom + LINE, "middle", "%s", word);
            free_from = x + half + EDGE / 2.0;
        }
    }
    for (int i = 0; i < frame->y.nticks; i++) {
        char word[AXIS_WORD_BYTES];
        double y = at_y(frame, frame->y.ticks[i]);

        svg_line(svg, frame->left, y, frame->right, y, "rule");
        svg_text(svg, frame->left - 6, y + 4, "end", "%s",
                 axis_word(word, frame->y.ticks[i]));
    }
    svg_line(svg, frame->left, frame->bottom, frame->right, frame->bottom,
             "axis");
    svg_text(svg, (frame->left + frame->right) / 2, frame->bottom + 2 * LINE,
             "soft middle", "%s", chart->below);
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

    svg_text(svg, x, y, classes, "%.*s%s", cut ? fit - 2 : fit, words,
             cut ? ".." : "");
}

static void
put_cross(struct svg *svg, double x, double y)
{
    svg_line(svg, x - 4, y - 4, x + 4, y + 4, "cross");
    svg_line(svg, x - 4, y + 4, x + 4, y - 4, "cross");
}

/* ---- lines --------------------------------------------------------------
 */

/* Where the name of a line goes. */
struct label {
    const struct series *series; /* of which */
    double x, y;                 /* where that ends; then its middle */
    double height;               /* that it takes */
};

static int
compare_labels(const void *left, const void *right)
{
    const struct label *a = left;
    const struct label *b = right;
    double order =
        a->y != b->y ? a->y - b->y : (double)(a->series - b->series);

    return (order > 0) - (order < 0);
}

/* Draw a line, broken where a value is none. Returns where it ends. */
static struct label
draw_series(struct frame *frame, const struct series *series)
{
    struct label label = {.series = series, .y = frame->bottom};
    double(*run)[2] = given(calloc(series->n + 1, sizeof *run));
    size_t n = 0;
    char classes[24];

    PUT(classes, "m%d line", series->slot);
    for (size_t i = 0; i <= series->n; i++) {
        const double *point = series->points[i < series->n ? i : 0];

        if (i < series->n && axis_has(frame->x.scale, point[0]) &&
            axis_has(frame->y.scale, point[1])) {
            label.x = run[n][0] = at_x(frame, point[0]);
            label.y = run[n++][1] = at_y(frame, point[1]);
        } else if (n > 0) {
            svg_path(&frame->svg, (const double(*)[2])run, n, classes);
            for (size_t j = 0; j < n && !series->bare; j++) {
                svg_mark(&frame->svg, run[j][0], run[j][1], series->slot,
                         series->name);
            }
            n = 0;
        }
    }
    free(run);
    label.height = series->end ? 2 * LINE : LINE;
    return label;
}

/* Crosses where lines stop early, above all of them; and names beside the
 * ends, moved apart where they would lie on each other. */
static void
draw_labels(struct frame *frame, struct label *labels, size_t n)
{
    double from = frame->top;
    double x = frame->right + 2 * EDGE;

    qsort(labels, n, sizeof *labels, compare_labels);
    for (size_t i = 0; i < n; i++) {
        if (labels[i].x > 0 && labels[i].series->end) {
            put_cross(&frame->svg, labels[i].x + EDGE, labels[i].y);
        }
        labels[i].y = fmax(labels[i].y, from + labels[i].height / 2);
        from = labels[i].y + labels[i].height / 2;
    }
    from = frame->bottom;
    for (size_t i = n; i-- > 0;) {
        const struct series *series = labels[i].series;
        double y;

        labels[i].y = fmin(labels[i].y, from - labels[i].height / 2);
        from = labels[i].y - labels[i].height / 2;
        y = from + LINE - 3;
        svg_mark(&frame->svg, x, y - 4, series->slot, NULL);
        put_words(&frame->svg, x + EDGE, y, "text", series->name,
                  WIDTH - x - EDGE);
        if (series->end) {
            put_words(&frame->svg, x + EDGE, y + LINE - 1, "soft",
                      series->end, WIDTH - x - EDGE);
        }
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
        wide = wider(wide, series[i].name);
        wide = wider(wide, series[i].end ? series[i].end : "");
        high += series[i].end ? 2 * LINE : LINE;
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
    frame.left = 5 * LETTER;
    frame.right = WIDTH - wide - 3 * EDGE;
    frame.top = TOP + EDGE;
    frame.bottom = frame.top + fmax(PLOT_HEIGHT, high);
    frame_begin(&frame, chart, frame.bottom + BELOW);
    for (size_t i = 0; i < n; i++) {
        labels[i] = draw_series(&frame, &series[i]);
    }
    draw_labels(&frame, labels, n);
    return svg_end(&frame.svg);
}

/* ---- rows: dots with intervals, and bars ---------------------------------
 */

/* The names of rows on the left and what is to be said of them on the right,
 * and room for them. */
static void
frame_rows(struct frame *frame, const struct chart *chart,
           const struct chart_row *rows, size_t n, double more)
{
    double left = 0;
    double right = 0;

    for (size_t i = 0; i < n; i++) {
        left = wider(left, rows[i].name);
        right = wider(right, rows[i].note ? rows[i].note : "");
    }
    frame->left = left + 3 * EDGE;
    frame->right = WIDTH - right - EDGE;
    frame->top = TOP;
    frame->bottom = TOP + ROW * (double)n;
    frame_begin(frame, chart, frame->bottom + BELOW + more);
    for (size_t i = 0; i < n; i++) {
        double y = frame->top + ROW * ((double)i + 0.5);

        if (rows[i].slot >= 0) {
            svg_mark(&frame->svg, 7, y, rows[i].slot, NULL);
        }
        put_words(&frame->svg, 2 * EDGE, y + 4, "text", rows[i].name, left);
        put_words(&frame->svg, WIDTH, y + 4, "soft end",
                  rows[i].note ? rows[i].note : "", right);
    }
}

/* All of a row that are no more than a point, as one. */
static void
draw_dust(struct frame *frame, int row, int slot, const struct dot *dots,
          size_t n)
{
    double(*points)[2] = given(calloc(n + 1, sizeof *points));
    size_t found = 0;
    char classes[24];

    for (size_t i = 0; i < n; i++) {
        if (dots[i].kind == DOT_DUST && dots[i].row == row &&
            axis_has(frame->x.scale, dots[i].value)) {
            points[found][0] = at_x(frame, dots[i].value);
            /* Spread over the row, always in the same way. */
            points[found++][1] = frame->top + ROW * (row + 0.5) - ROW / 3.0 +
                                 (double)(7 * i % 17);
        }
    }
    PUT(classes, "m%d dust", slot);
    if (found > 0) {
        svg_path(&frame->svg, (const double(*)[2])points, found, classes);
    }
    free(points);
}

char *
chart_dots(const struct chart *chart, const struct chart_row *rows, size_t n,
           const struct dot *dots, size_t ndots)
{
    struct frame frame = {.x.scale = chart->x};

    axis_take(&frame.x, chart->rule);
    for (size_t i = 0; i < ndots; i++) {
        /* Nobody far away makes the others small: see below. */
        axis_take(&frame.x, dots[i].kind == DOT_CROSS ? NAN : dots[i].value);
        axis_take(&frame.x, dots[i].low);
        axis_take(&frame.x, dots[i].high);
    }
    if (!axis_fit(&frame.x) || n == 0) {
        return NULL;
    }
    frame_rows(&frame, chart, rows, n, 0);
    if (axis_has(chart->x, chart->rule)) {
        double x = at_x(&frame, chart->rule);

        svg_line(&frame.svg, x, frame.top, x, frame.bottom, "axis");
    }
    for (size_t i = 0; i < n; i++) {
        draw_dust(&frame, (int)i, rows[i].slot, dots, ndots);
    }
    for (size_t i = 0; i < ndots; i++) {
        const struct dot *dot = &dots[i];
        double y = frame.top + ROW * (dot->row + 0.5);
        char classes[24];

        PUT(classes, "m%d axis", dot->slot);
        if (dot->kind == DOT_DUST || !axis_has(chart->x, dot->value)) {
            continue;
        }
        if (axis_has(chart->x, dot->low) && axis_has(chart->x, dot->high)) {
            svg_line(&frame.svg, at_x(&frame, dot->low), y,
                     at_x(&frame, dot->high), y, classes);
        }
        if (dot->kind == DOT_CROSS) {
            put_cross(
                &frame.svg,
                fmax(frame.left, fmin(at_x(&frame, dot->value), frame.right)),
                y);
        } else {
            svg_mark(&frame.svg, at_x(&frame, dot->value), y, dot->slot,
                     dot->tip);
        }
    }
    return svg_end(&frame.svg);
}

/* The place of a part's name among all names, in the order in which they
 * come; those that have no room share the last place. */
static int
name_place(const char **names, int *n, const char *name)
{
    int at = 0;

    while (at < *n && strcmp(names[at], name) != 0) {
        at++;
    }
    if (at == *n && *n < BAR_NAMES_MAX) {
        names[(*n)++] = name;
    }
    return at < BAR_NAMES_MAX ? at : BAR_NAMES_MAX - 1;
}

/* Draw a part of a bar, or the sample of it below; the number leads from one
 * to the other. */
static void
draw_part(struct svg *svg, double x, double y, double width, int place,
          const struct bar_part *part)
{
    struct text tip = {0};
    char classes[24];

    text_add(&tip, isfinite(part->value) ? "%s %.3g" : "%s", part->name,
             part->value);
    PUT(classes, "part p%d", place % 5);
    svg_rect(svg, x, y - 8, width, 16, part->rest ? "part rest" : classes,
             tip.bytes);
    if (width > LETTER) {
        svg_text(svg, x + width / 2, y + 4, "middle", "%d", place + 1);
    }
}

char *
chart_bars(const struct chart *chart, const struct chart_row *rows, size_t n,
           const struct bar_part *parts, size_t nparts)
{
    struct frame frame = {.x.scale = SCALE_ZERO};
    double *ends = given(calloc(nparts + n + 1, sizeof *ends));
    double *sums = ends + nparts; /* of each row so far */
    const char *names[BAR_NAMES_MAX];
    int nnames = 0;
    int shown = 0; /* of them */
    char *svg = NULL;

    for (size_t i = 0; i < nparts; i++) {
        name_place(names, &nnames, parts[i].name);
        if (axis_has(SCALE_ZERO, parts[i].value) && parts[i].value > 0) {
            ends[i] = sums[parts[i].row] += parts[i].value;
            axis_take(&frame.x, ends[i]);
        }
    }
    if (axis_fit(&frame.x)) {
        frame_rows(&frame, chart, rows, n, ROW * ((nnames + 1) / 2.0));
        for (size_t i = 0; i < nparts; i++) {
            int place = name_place(names, &nnames, parts[i].name);
            double x = at_x(&frame, ends[i] - parts[i].value);
            int line = place / 2;
            double below = frame.bottom + BELOW + ROW * (line + 0.5);

            if (ends[i] > 0) {
                draw_part(&frame.svg, x,
                          frame.top + ROW * (parts[i].row + 0.5),
                          at_x(&frame, ends[i]) - x, place, &parts[i]);
            }
            if (place == shown) {
                x = place % 2 * WIDTH / 2.0;
                draw_part(&frame.svg, x + 1, below, ROW, place,
                          &(struct bar_part){.name = parts[i].name,
                                             .value = NAN,
                                             .rest = parts[i].rest});
                put_words(&frame.svg, x + ROW + EDGE, below + 4, "text",
                          parts[i].name, WIDTH / 2.0 - ROW - EDGE);
                shown++;
            }
        }
        svg = svg_end(&frame.svg);
    }
    free(ends);
    return svg;
}
