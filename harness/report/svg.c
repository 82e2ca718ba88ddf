/*
 * svg.c: pictures, of rectangles, lines, marks and text. See picture.h.
 *
 * A picture has classes and no colours: how a class looks stands in
 * picture.css once, for light and dark. A model keeps its colour, dash and
 * mark everywhere, and nothing is told by its colour alone.
 */
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
