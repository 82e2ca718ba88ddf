/*
 * svg.c: pictures, of rectangles, lines, marks and text. See picture.h.
 *
 * A picture has classes and no colours: how a class looks stands in svg_style
 * once, for light and dark. A model keeps its colour, dash and mark
 * everywhere, and nothing is told by its colour alone.
 */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/internal.h"

#define HATCH_STEP 7 /* between two strokes of what waits */

const char svg_style[] =
    ":root{color-scheme:light dark;--back:#fff;--text:#1b1d22;--soft:#5c636d;"
    "--rule:#dfe2e7;--bad:#b3261e;--c0:#fc640c;--c1:#0850df;--c2:#23a391;"
    "--c3:#91165d;--c4:#000;--c5:#565023;--c6:#767c86;"
    "--p0:#e9edf3;--p1:#c5d2e3;--p2:#9db3d0;--p3:#e5e0cf;--p4:#cdbf8f}\n"
    "@media screen and (prefers-color-scheme:dark){"
    ":root{--back:#16181d;--text:#e6e8ec;--soft:#a2a9b4;--rule:#343840;"
    "--bad:#ff8a80;--c0:#fc9506;--c1:#77c4fb;--c2:#478c73;--c3:#c21dae;"
    "--c4:#ebebeb;--c5:#796d0b;--c6:#8b929d;"
    "--p0:#262b34;--p1:#34435a;--p2:#48628a;--p3:#3d3826;--p4:#645725}}\n"
    "svg{background:var(--back)}"
    "svg text{font:12px system-ui,sans-serif;fill:var(--text);"
    "font-variant-numeric:tabular-nums;unicode-bidi:isolate}"
    "svg .soft{fill:var(--soft)}svg .bold{font-weight:600}"
    ".end{text-anchor:end}.middle{text-anchor:middle}\n"
    ".m0{--c:var(--c0)}.m1{--c:var(--c1);--d:6 3}.m2{--c:var(--c2);--d:2 2}"
    ".m3{--c:var(--c3);--d:8 3 2 3}.m4{--c:var(--c4);--w:3}"
    ".m5,.m9,.m10,.m11,.m12,.m13{--c:var(--c5);--d:10 4}.m10{--d:3 6}"
    ".m11{--d:14 3 2 3}.m12{--d:1 4}.m13{--d:10 3 2 3 2 3}"
    ".m6{--c:var(--c6);--d:1 3}.m7{--d:12 2}.m8{--d:4 4}"
    ".name::before{color:var(--c);display:inline-block;width:1.25em}"
    ".m0::before{content:'\\25a0'}.m1::before{content:'\\25cf'}"
    ".m2::before{content:'\\25b2'}.m3::before{content:'\\25c6'}"
    ".m4::before{content:'\\271a'}.m6::before{content:'\\25bd'}\n"
    ".axis,.line,.dust,.hatch,.cross{fill:none;stroke:var(--c,var(--soft))}"
    ".line{stroke-width:var(--w,2);stroke-dasharray:var(--d,none);"
    "stroke-linejoin:round}"
    ".rule{stroke:var(--rule)}.dust{stroke-width:2.6;stroke-linecap:round;"
    "stroke-dasharray:none}.cross{stroke:var(--bad);stroke-width:2.2}"
    ".mark,.bar{fill:var(--c,var(--soft));stroke:var(--c,var(--soft))}"
    ".hollow{fill:var(--back);stroke-width:2}"
    ".wait{fill:var(--back);stroke:var(--c,var(--soft))}\n"
    ".p0{fill:var(--p0)}.p1{fill:var(--p1)}.p2{fill:var(--p2)}"
    ".p3{fill:var(--p3)}.p4{fill:var(--p4)}.rest{fill:var(--back);"
    "stroke-dasharray:3 2}.part{stroke:var(--soft)}\n";

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
svg_begin(struct svg *svg, double width, double height, const char *title,
          const char *description)
{
    svg->file = given(open_memstream(&svg->bytes, &svg->length));
    fprintf(svg->file, "<svg viewBox=\"0 0 %.5g %.5g\"%s role=\"img\"", width,
            height, width > SVG_NARROW ? " class=\"wide\"" : "");
    xml_put(svg->file, " aria-label=\"", title, "\">");
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

char *
svg_alone(char *svg)
{
    size_t head = strcspn(svg, ">");
    char *alone = NULL;

    given(asprintf(&alone,
                   "%.*s xmlns=\"http://www.w3.org/2000/svg\"><style>%s"
                   "</style>%s",
                   (int)head, svg, svg_style, svg + head + 1) >= 0
              ? alone
              : NULL);
    free(svg);
    return alone;
}
