/*
 * demo_svg.c: all scenes as one picture that moves. See demo.h.
 *
 * A curtain before each scene is drawn aside, in slow motion and for all at
 * the same time. It is there only while it moves: where nothing moves, or
 * shall, the whole picture stands.
 */
#include <stdlib.h>

#include "harness/course/demo.h"

enum {
    WIDTH = 860, /* units, as are all of these */
    LEFT = 72,   /* where time begins */
    RIGHT = 840, /* where it ends */
    TOP = 24,    /* above the first scene */
    HEAD = 26,   /* of a scene, above its clients */
    ROW = 13,    /* of a client */
    BAR = 8,     /* of what is drawn there */
    ECHO = 2,    /* width of an echo */
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

/* What a client has done since its event before, and what has ended it. */
static void
draw_event(struct svg *svg, const struct demo_event *before,
           const struct demo_event *event, double y)
{
    double x = x_of(before->t_ms), end = x_of(event->t_ms);
    double middle = y + BAR / 2.0;

    if (before->what == DEMO_SAYS && end - x > ECHO) {
        svg_rect(svg, x, y, end - x, BAR, "wait", NULL);
    } else if (before->what == DEMO_CONNECTS || before->what == DEMO_ECHO) {
        svg_line(svg, x, middle, end, middle, "axis");
    }
    if (event->what == DEMO_ECHO) {
        svg_rect(svg, end, y, ECHO, BAR, "bar", NULL);
    } else if (event->what == DEMO_NEVER) {
        svg_cross(svg, end, middle, BAR / 2.0);
    }
}

/* All that is in its group has the model's colour. */
static void
draw_scene(struct svg *svg, int model, const struct demo_scene *scene,
           double y)
{
    double words = y + HEAD - 7, top = words + 1, bottom = y + SCENE + 2;
    struct demo_event last[DEMO_CLIENTS] = {{0}};
    int slot = svg_slot(known_models[model].name);

    fprintf(svg->file, "<g class=\"m%d\">\n", slot);
    for (int i = 0; i < DEMO_CLIENTS; i++) {
        svg_text(svg, 14, y + HEAD + ROW * (i + 1), "soft", "%s",
                 demo_clients[i]);
    }
    for (size_t i = 0; i < scene->n; i++) {
        const struct demo_event *event = &scene->events[i];

        draw_event(svg, &last[event->who], event,
                   y + HEAD + ROW * (event->who + 1) - BAR);
        last[event->who] = *event;
    }
    svg_rect(svg, LEFT - 1, top, WIDTH, bottom - top, "curtain", NULL);
    svg_line(svg, LEFT - 1, top, LEFT - 1, bottom, "axis curtain");
    svg_mark(svg, 7, words - 4, slot, NULL);
    svg_text(svg, 16, words, "bold", "%s", known_models[model].name);
    svg_text(svg, LEFT + 20, words, "soft", "%s", known_models[model].idea);
    svg_text(svg, RIGHT, words, "end then", "%s", demo_verdict(scene));
    fputs("</g>\n", svg->file);
}

void
demo_svg(FILE *file, const struct demo_scene scenes[MODELS_COUNT])
{
    double bottom = TOP + ROW / 2.0, y = TOP;
    struct svg svg;

    for (int i = 0; i < MODELS_COUNT; i++) {
        bottom += scenes[i].n > 0 ? SCENE : 0;
    }
    svg_begin(&svg, true, WIDTH, bottom + FOOT, "Who waits and who is served",
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
    for (int i = 0; i < MODELS_COUNT; i++) {
        if (scenes[i].n > 0) {
            draw_scene(&svg, i, &scenes[i], y);
            y += SCENE;
        }
    }
    svg_text(&svg, 0, bottom + FOOT - 8, "soft",
             "A line: connected. Hatched: waits for its echo. A stroke: has "
             "it. A cross: in vain. A picture, not a measurement.");
    char *picture = svg_end(&svg);
    fputs(picture, file);
    free(picture);
}
