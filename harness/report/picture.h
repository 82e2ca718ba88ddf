/*
 * picture.h: pictures and charts, which know nothing of reports.
 */
#ifndef FIVEWAYS_REPORT_PICTURE_H
#define FIVEWAYS_REPORT_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* ---- axes (picture.c), and charts of them (chart.c) -----------------------
 *
 * Data in, picture out; NULL where there is nothing to draw. A value that is
 * none, or that its scale does not have, is left out.
 */

enum scale {
    SCALE_LINEAR, /* from the least to the most */
    SCALE_ZERO,   /* with 0 on it */
    SCALE_LOG10,  /* of what is above 0, this and the next */
    SCALE_LOG2,
};

enum {
    TICKS_MAX = 16,
    AXIS_WORD_BYTES = 16,
    SERIES_MAX = 14, /* lines of a chart; the others are not drawn */
    POINTS_MAX = 48, /* of a line */
};

/* An axis: take all values, then fit it. Its kind alone set is a new one. */
struct axis_scale {
    enum scale scale;        /* its kind */
    bool any;                /* value was there */
    double low, high;        /* its ends */
    double from, to;         /* where these lie: left, right; bottom, top */
    double ticks[TICKS_MAX]; /* round numbers on it */
    int nticks;              /* how many */
};

/* Does an axis of that kind have such a value? */
bool axis_has(enum scale scale, double value);
void axis_take(struct axis_scale *axis, double value);

/* Make its ends round. False if there is no value on it. */
bool axis_fit(struct axis_scale *axis);

/* Where a value lies; NAN if nowhere. */
double axis_at(const struct axis_scale *axis, double value);

/* Write a tick's number, short, and return it: "20k". */
char *axis_word(char word[AXIS_WORD_BYTES], double value);

/* What stands around a chart. */
struct chart {
    const char *title; /* the question */
    const char *above; /* what is measured upwards, or of the rows */
    const char *below; /* what is measured along, with its unit */
    enum scale x;      /* along */
    enum scale y;      /* upwards, of lines */
    double rule;       /* of dots: a line there; 0: none */
};

/* One line. */
struct series {
    const char *name;             /* beside its end */
    int slot;                     /* of the model: see svg_slot() */
    double points[POINTS_MAX][2]; /* x and y, by x; NAN is a gap */
    size_t n;                     /* how many */
    char end[24];                 /* why it stops at the last one, or "" */
    bool bare;                    /* a curve, without marks */
};
char *chart_lines(const struct chart *chart, const struct series *series,
                  size_t n);

/* A row of dots. */
struct chart_row {
    const char *name; /* on the left */
    int slot;         /* the mark before it, or -1 */
    const char *note; /* on the right, or "" */
};

/* A value in a row, or a part of its bar. */
struct dot {
    int row;          /* from 0 */
    int slot;         /* whose mark it gets; the part's number, below 32 */
    double value;     /* where it is; how much a part is */
    double low, high; /* its interval, or NAN; where a part begins and ends */
    enum dot_kind {
        DOT_MARK,  /* the mark of its model */
        DOT_DUST,  /* one of very many, in the colour of its row */
        DOT_CROSS, /* one apart, if need be at the edge */
        DOT_PART,  /* of a bar; the names are explained below */
        DOT_REST,  /* the same, of what the others do not explain */
    } kind;
    const char *tip; /* or NULL; the part's name */
};
char *chart_dots(const struct chart *chart, const struct chart_row *rows,
                 size_t n, const struct dot *dots, size_t ndots);

/* ---- pictures (picture.c) ------------------------------------------------
 *
 * SVG without script, for the page or alone. How things look hangs on their
 * classes: "m0" to "m13" with "line", "bar", "mark" or "dust" (each point
 * alone) are a model's; "wait" is hatched; "p0" to "p4" with "part" are what
 * something is made of, "rest" what is left of it; "axis" and "rule" are
 * lines, "cross" marks an end, "soft", "bold", "end" and "middle" are for
 * text. Tips, titles and text may be anybody's. What lies nowhere is left
 * out.
 */

enum {
    SVG_OTHER = 5,     /* the slot of models that are not ours */
    SVG_YARDSTICK = 6, /* its slot */
    SVG_THEORY = 7,    /* of what was not measured; and one more */
    SVG_MORE = 9,      /* of others that are told apart, as many as ours */
    SVG_NARROW = 480,  /* units: what is wider may be scrolled sideways */
};

/* A picture under construction, in memory. */
struct svg {
    FILE *file;             /* to which it is written */
    char *bytes;            /* what there is */
    size_t length;          /* of them */
    struct axis_scale x, y; /* of a chart: along and upwards */
};

/* Begin one of that size, for a page that has its style or as a whole file; a
 * unit is a pixel where there is room. */
void svg_begin(struct svg *svg, bool alone, double width, double height,
               const char *title, const char *description);

/* Add a rectangle. A tip, or NULL, is shown to who points at it. */
void svg_rect(struct svg *svg, double x, double y, double width,
              double height, const char *classes, const char *tip);
void svg_line(struct svg *svg, double x1, double y1, double x2, double y2,
              const char *classes);

/* A cross around a place, so far to all sides. */
void svg_cross(struct svg *svg, double x, double y, double half);

/* Add the mark of a model. */
void svg_mark(struct svg *svg, double x, double y, int slot, const char *tip);

/* Add text, whose base line begins, ends ("end") or has its middle there. */
void svg_text(struct svg *svg, double x, double y, const char *classes,
              const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Returns the picture, which the caller frees. */
char *svg_end(struct svg *svg);

/* How a model is drawn: the first five of the list by their place in it,
 * others as SVG_OTHER or SVG_YARDSTICK. */
int svg_slot(const char *model);

/* What all the classes mean, in CSS: picture.css (style.c). */
extern const char svg_style[];

/* Write words so that nothing in them is XML or HTML, between tags. */
void xml_put(FILE *file, const char *before, const char *words,
             const char *after);

#endif
