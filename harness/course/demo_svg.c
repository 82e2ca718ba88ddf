/*
 * demo_svg.c: all scenes as one animated picture. See demo.h.
 *
 * A curtain in front of each scene is drawn aside in slow motion, all at the
 * same time. It is only there while it moves: where nothing does, or shall,
 * the whole picture stands.
 */
#include <math.h>
#include <stdlib.h>

#include "harness/course/demo.h"
#include "harness/report/picture.h"

enum {
    WIDTH = 860, /* units, as are all of these */
    LEFT = 72,   /* where time begins */
    RIGHT = 840, /* where it ends */
    TOP = 24,    /* above the first scene */
    HEAD = 26,   /* of a scene, above its clients */
    ROW = 13,    /* of a client */
    BAR = 8,     /* of what is drawn in it */
    ECHO = 2,    /* how wide an echo is */
    FOOT = 46,   /* below the last scene */
    SCENE = HEAD + ROW * DEMO_CLIENTS,
    TICK_MS = 500,
};

static const char moves[] =
    "<style>.curtain{fill:var(--back);visibility:hidden}"
    "@keyframes aside{from,72%{visibility:visible}from{transform:none}"
    "72%,to{transform:translateX(790px)}}"
    "@keyframes then{from,72%{opacity:0}75%,to{opacity:1}}"
    "@media (prefers-reduced-motion:no-preference){"
    ".curtain{animation:aside 14s linear infinite}"
    ".then{animation:then 14s infinite}}</style>\n";

static double
x_of(double ms)
{
    return LEFT + ms * (RIGHT - LEFT) / DEMO_MOST_MS;
}

/* The row of a client, whose bars end at `y`. */
static void
draw_client(struct svg *svg, const struct demo_scene *scene, int client,
            double y, const char *const classes[3])
{
    struct demo_span span = {0};
    double middle = y - BAR / 2.0, came_ms = NAN;

    /* Twice, because what is drawn first is behind the rest. */
    while (demo_next(&span, scene, client, DEMO_MOST_MS)) {
        if (span.end == DEMO_CONNECTS) {
            came_ms = span.to_ms;
        } else if (span.end == DEMO_LEAVES || span.end == DEMO_NEVER) {
            svg_line(svg, x_of(came_ms), middle, x_of(span.to_ms), middle,
                     classes[0]);
        }
    }
    span = (struct demo_span){0};
    while (demo_next(&span, scene, client, DEMO_MOST_MS)) {
        double x = x_of(span.from_ms), end = x_of(span.to_ms);

        if (span.state == DEMO_WAITS && end - x > ECHO) {
            svg_rect(svg, x, y - BAR, end - x, BAR, classes[1], NULL);
        }
        if (span.end == DEMO_ECHO) {
            svg_rect(svg, end, y - BAR, ECHO, BAR, classes[2], NULL);
        } else if (span.end == DEMO_NEVER) {
            svg_cross(svg, end, middle, BAR / 2.0);
        }
    }
}

static void
draw_scene(struct svg *svg, const struct demo_scene *scene, double y)
{
    int model = scene->events[0].model, slot = svg_slot(course_models[model]);
    char there[16], waits[16], echo[16], verdict[DEMO_TEXT_BYTES];
    const char *const classes[] = {there, waits, echo};
    double top = y + HEAD - ROW / 2.0, bottom = y + SCENE + 1;

    snprintf(there, sizeof there, "m%d axis", slot);
    snprintf(waits, sizeof waits, "m%d wait", slot);
    snprintf(echo, sizeof echo, "m%d bar", slot);
    for (int i = 0; i < DEMO_CLIENTS; i++) {
        double row = y + HEAD + ROW * (i + 1);

        svg_text(svg, 14, row, "soft", "%s", demo_clients[i]);
        draw_client(svg, scene, i, row, classes);
    }
    svg_rect(svg, LEFT - 1, top, WIDTH - LEFT, bottom - top, "curtain", NULL);
    svg_line(svg, LEFT - 1, top, LEFT - 1, bottom, "axis curtain");
    svg_mark(svg, 7, y + HEAD - 11, slot, NULL);
    svg_text(svg, 16, y + HEAD - 7, "bold", "%s", course_models[model]);
    svg_text(svg, LEFT + 20, y + HEAD - 7, "soft", "%s", demo_ideas[model]);
    demo_verdict(scene, verdict);
    svg_text(svg, RIGHT, y + HEAD - 7, "end then", "%s", verdict);
}

void
demo_svg(FILE *file, const struct demo *demo)
{
    double bottom = TOP + SCENE * demo->nscenes + ROW / 2.0;
    struct svg svg;
    char *picture;

    svg_begin(&svg, WIDTH, bottom + FOOT, "Who waits and who is served",
              "Eight clients of each server, a row for each: hatched while "
              "it waits for its echo, a stroke when it has it.");
    fputs(moves, svg.file);
    for (int ms = 0; ms <= DEMO_MOST_MS; ms += TICK_MS) {
        svg_line(&svg, x_of(ms), TOP, x_of(ms), bottom, "rule");
        svg_text(&svg, x_of(ms), bottom + 16, "soft middle", "%.1f s",
                 ms / 1e3);
    }
    svg_text(&svg, 0, 14, "bold",
             "Eight clients: A says nothing, B a byte at a time. Who waits, "
             "and who is served?");
    for (int i = 0; i < demo->nscenes; i++) {
        draw_scene(&svg, &demo->scenes[i], TOP + SCENE * i);
    }
    svg_text(&svg, 0, bottom + FOOT - 8, "soft",
             "A line: connected. Hatched: waits for its echo. A stroke: has "
             "it. A cross: in vain. A picture, not a measurement.");
    picture = svg_alone(svg_end(&svg));
    fputs(picture, file);
    free(picture);
}
