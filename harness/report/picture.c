/*
 * picture.c: pictures, of rectangles, lines, marks and text; where a value is
 * on an axis, and round numbers along it. See picture.h.
 *
 * A picture has classes and no colours: how a class looks stands in
 * picture.css once, for light and dark. A model keeps its colour, dash and
 * mark everywhere, and nothing is told by its colour alone.
 */
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/internal.h"

#define HATCH_STEP 7 /* between two strokes of what waits */

/* ---- words ------------------------------------------------------------- */

void
xml_put(FILE *file, const char *before, const char *words, const char *after)
{
    char *clean = text_clean(given(strdup(words)));

    fputs(before, file);
    for (const char *c = clean; *c != '\0'; c++) {
        const char *escaped = *c == '&'   ? "&amp;"
                              : *c == '<' ? "&lt;"
                              : *c == '>' ? "&gt;"
                              : *c == '"' ? "&quot;"
                                          : NULL;

        escaped ? fputs(escaped, file) : fputc(*c, file);
    }
    fputs(after, file);
    free(clean);
}

/* End an element, which has nothing in it but its tip. */
static void
put_tip(FILE *file, const char *name, const char *tip)
{
    if (tip) {
        xml_put(file, "><title>", tip, "</title></");
        fprintf(file, "%s>\n", name);
    } else {
        fputs("/>\n", file);
    }
}

/* ---- pictures ---------------------------------------------------------- */

int
svg_slot(const char *model)
{
    int i = model_index(model);

    return strcmp(model, RESULTS_YARDSTICK) == 0 ? SVG_YARDSTICK
           : i < 0 || i > SVG_OTHER              ? SVG_OTHER
                                                 : i;
}

void
svg_begin(struct svg *svg, bool alone, double width, double height,
          const char *title, const char *description)
{
    svg->file = given(open_memstream(&svg->bytes, &svg->length));
    fprintf(svg->file, "<svg viewBox=\"0 0 %.5g %.5g\"%s role=\"img\"", width,
            height, width > SVG_NARROW ? " class=\"wide\"" : "");
    xml_put(svg->file, " aria-label=\"", title, "\"");
    fprintf(svg->file,
            alone ? " xmlns=\"http://www.w3.org/2000/svg\"><style>%s</style>"
                  : ">",
            svg_style);
    xml_put(svg->file, "<title>", title, "</title>");
    xml_put(svg->file, "<desc>", description, "</desc>\n");
}

/* Strokes from the lower left to the upper right, each ending at an edge. */
static void
put_hatch(FILE *file, double x, double y, double width, double height)
{
    fputs("<path class=\"hatch\" d=\"", file);
    for (int at = HATCH_STEP; at < width + height; at += HATCH_STEP) {
        double left = fmax(at - height, 0);
        double right = fmin(at, width);

        fprintf(file, "M%.5g %.5gL%.5g %.5g", x + left, y + at - left,
                x + right, y + at - right);
    }
    fputs("\"/>\n", file);
}

void
svg_rect(struct svg *svg, double x, double y, double width, double height,
         const char *classes, const char *tip)
{
    width = fmax(width, 0);
    fprintf(svg->file,
            "<rect class=\"%s\" x=\"%.5g\" y=\"%.5g\" width=\"%.5g\" "
            "height=\"%.5g\"",
            classes, x, y, width, height);
    put_tip(svg->file, "rect", tip);
    if (strstr(classes, "wait")) {
        put_hatch(svg->file, x, y, width, height);
    }
}

void
svg_line(struct svg *svg, double x1, double y1, double x2, double y2,
         const char *classes)
{
    if (isfinite(x1 + y1 + x2 + y2)) {
        fprintf(svg->file,
                "<path class=\"%s\" d=\"M%.5g %.5gL%.5g %.5g\"/>\n", classes,
                x1, y1, x2, y2);
    }
}

void
svg_cross(struct svg *svg, double x, double y, double half)
{
    svg_line(svg, x - half, y - half, x + half, y + half, "cross");
    svg_line(svg, x - half, y + half, x + half, y - half, "cross");
}

void
svg_mark(struct svg *svg, double x, double y, int slot, const char *tip)
{
    /* Square, disc, triangle, diamond, plus, all of which the others have
     * hollow; hollow disc, hollow triangle that points down; strokes. */
    static const char *const shapes[] = {
        "m-4-4h8v8h-8z",
        "m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z",
        "m0-5l5 9h-10z",
        "m0-6l5 6l-5 6l-5-6z",
        "m-1.5-5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5v-3h3.5z",
        "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
        "m0 5l5-9h-10z",
        "m-7 0h14",
        "m-7 0h5m4 0h5",
    };

    if (isfinite(x + y)) {
        fprintf(svg->file, "<path class=\"m%d mark%s\" d=\"M%.5g %.5g%s\"",
                slot, slot >= SVG_OTHER ? " hollow" : "", x, y,
                shapes[slot % SVG_MORE]);
        put_tip(svg->file, "path", tip);
    }
}

void
svg_text(struct svg *svg, double x, double y, const char *classes,
         const char *format, ...)
{
    struct text text = {0};
    va_list args;

    va_start(args, format);
    vsnprintf(text.bytes, sizeof text.bytes, format, args);
    va_end(args);
    fprintf(svg->file, "<text class=\"%s\" x=\"%.5g\" y=\"%.5g\"", classes, x,
            y);
    xml_put(svg->file, ">", text.bytes, "</text>\n");
}

char *
svg_end(struct svg *svg)
{
    fputs("</svg>\n", svg->file);
    given(fclose(svg->file) == 0 ? svg->bytes : NULL);
    return svg->bytes;
}

/* ---- axes -------------------------------------------------------------- */

bool
axis_has(enum scale scale, double value)
{
    return fabs(value) < 1e15 && (scale < SCALE_LOG10 || value > 1e-15);
}

void
axis_take(struct axis_scale *axis, double value)
{
    if (axis_has(axis->scale, value)) {
        axis->low = axis->any ? fmin(axis->low, value) : value;
        axis->high = axis->any ? fmax(axis->high, value) : value;
        axis->any = true;
    }
}

/* Round numbers have numbers themselves: powers of two; or 1, 2 and 5 times a
 * power of ten, which is every third. */
static double
rung(enum scale scale, int number)
{
    static const double in[] = {1, 2, 5};
    int ten = (number + 3000) / 3 - 1000;

    return scale == SCALE_LOG2 ? exp2(number)
                               : in[number - 3 * ten] * pow(10, ten);
}

/* The first one that is not below a value. */
static int
rung_from(enum scale scale, double value)
{
    int number;

    value = fmax(value, DBL_MIN); /* so that it has a logarithm */
    number =
        (int)floor(scale == SCALE_LOG2 ? log2(value) : 3 * log10(value)) - 1;
    while (rung(scale, number) < value) {
        number++;
    }
    return number;
}

static void
fit_linear(struct axis_scale *axis)
{
    double step;

    if (axis->scale == SCALE_ZERO) {
        axis_take(axis, 0);
    }
    if (!(axis->high - axis->low > 1e-9 * fabs(axis->high))) {
        double around = axis->high == 0 ? 1 : fabs(axis->high) / 10;

        axis->low -= axis->scale == SCALE_ZERO ? 0 : around;
        axis->high += around;
    }
    step = (axis->high - axis->low) / 5;
    step = rung(SCALE_LOG10, rung_from(SCALE_LOG10, 0.999 * step));
    axis->low = step * floor(axis->low / step + 1e-6);
    axis->high = step * ceil(axis->high / step - 1e-6);
    axis->nticks = 1 + (int)rint((axis->high - axis->low) / step);
    for (int i = 0; i < axis->nticks; i++) {
        axis->ticks[i] = step * rint(axis->low / step + i);
    }
}

static void
fit_logarithmic(struct axis_scale *axis)
{
    int power = axis->scale == SCALE_LOG2 ? 1 : 3;
    int low = rung_from(axis->scale, 1.0001 * axis->low) - 1;
    int high = rung_from(axis->scale, 0.9999 * axis->high);
    int step = 1;

    high += high == low;
    axis->low = rung(axis->scale, low);
    axis->high = rung(axis->scale, high);
    if (high - low > 8) {
        /* Whole powers; and one at both ends, if there is a way. */
        step = power * (1 + (high - low) / power / 7);
        while (step < 4 && (high - low) % step != 0) {
            step += power;
        }
        low += (3000 - low) % power;
    }
    for (axis->nticks = 0; low <= high; low += step) {
        axis->ticks[axis->nticks++] = rung(axis->scale, low);
    }
}

bool
axis_fit(struct axis_scale *axis)
{
    if (axis->any) {
        axis->scale < SCALE_LOG10 ? fit_linear(axis) : fit_logarithmic(axis);
    }
    return axis->any;
}

double
axis_at(const struct axis_scale *axis, double value)
{
    double share = !axis_has(axis->scale, value) ? NAN
                   : axis->scale < SCALE_LOG10
                       ? (value - axis->low) / (axis->high - axis->low)
                       : log(value / axis->low) / log(axis->high / axis->low);

    return axis->from + (axis->to - axis->from) * share;
}

char *
axis_word(char word[AXIS_WORD_BYTES], double value)
{
    static const char *const units[] = {"", "k", "M", "G"};
    int unit = 0;

    for (; unit < 3 && fabs(value) > 999.9; unit++) {
        value /= 1000;
    }
    snprintf(word, AXIS_WORD_BYTES, "%.4g%s", value, units[unit]);
    return word;
}
