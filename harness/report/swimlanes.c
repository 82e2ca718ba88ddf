/*
 * swimlanes.c: who waits for whom, as a picture. See lanes.c.
 *
 * What sleeps is hatched, what works is solid, however short it is. All
 * servers stand above each other on one axis of time.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/internal.h"

enum {
    PICTURE_WIDTH = 720,        /* units, as are all of these */
    LEFT = 76,                  /* where time begins */
    RIGHT = PICTURE_WIDTH - 16, /* where it ends */
    HEAD = 26,                  /* of a scene, above its lanes */
    THREAD = 25, /* height of a thread's lane, with its words */
    CLIENT = 15, /* of a client's */
    BAR = 9,     /* of what is drawn in either */
    SIGN = 7,    /* width of a letter, more or less */
};

/* A picture under construction. */
struct picture {
    struct svg svg; /* it */
    double y;       /* where a lane ends */
    double end_ms;  /* of the time at its right */
    char bar[8];    /* how a server's acts look */
    char wait[8];   /* ... while it sleeps */
    char axis[8];   /* ... and who is there, but idle */
};

static double
x_of(const struct picture *picture, double ms)
{
    return LEFT + ms * (RIGHT - LEFT) / picture->end_ms;
}

/* A client is there from then, unless it is NAN, to then. */
static void
draw_idle(struct picture *picture, double from_x, double to_x)
{
    double y = picture->y - BAR / 2.0;

    if (from_x < to_x) {
        svg_line(&picture->svg, from_x, y, to_x, y, picture->axis);
    }
}

/* All acts of a lane. Above a thread's sleep stands for whom it has worked
 * before, and in what it sleeps, where there is room for that. */
static void
draw_lane(struct picture *picture, const struct lanes *scene, int lane)
{
    struct svg *svg = &picture->svg;
    const char *client = "";
    double top = picture->y - BAR, idle_x = NAN, free_x = 0;

    for (const struct step *act = scene->acts;
         act < scene->acts + scene->nacts; act++) {
        double end_ms = act->begin_ms + act->lasted_ms;
        double x = x_of(picture, act->begin_ms), end = x_of(picture, end_ms);
        bool sleeps = act->lasted_ms >= LANES_SLEEP_MS;
        int name = (int)strcspn(act->call, " ");
        struct text tip = {0};

        if (act->thread != lane) {
            continue;
        }
        draw_idle(picture, idle_x, x);
        text_add(&tip, "%s, %.1f to %.1f ms", act->call, act->begin_ms,
                 end_ms);
        svg_rect(svg, x, top, fmax(end - x, 1.5), BAR,
                 sleeps ? picture->wait : picture->bar, tip.bytes);
        if (strcmp(act->call, "never") == 0) {
            svg_cross(svg, end + 0.5, top + BAR / 2.0, BAR / 2.0);
        }
        if (lane < LANES_CLIENTS) {
            idle_x = strcmp(act->call, "leaves") == 0 ||
                             strcmp(act->call, "ends") == 0
                         ? NAN
                         : end;
            continue;
        }
        client = sleeps && act->call[0] == 'a' ? "" /* accepts: who knows? */
                 : act->client[0] != '\0'      ? act->client
                                               : client;
        if (sleeps && x >= free_x) {
            svg_text(svg, x, top - 3, "bold", "%s", client);
            free_x = x + (client[0] != '\0' ? 2 * SIGN : 0);
            if (free_x + (name + 1) * SIGN < end) {
                svg_text(svg, free_x, top - 3, "soft", "%.*s", name,
                         act->call);
            }
        }
        client = sleeps ? "" : client;
    }
    draw_idle(picture, idle_x, x_of(picture, scene->end_ms));
}

static void
draw_scene(struct picture *picture, const struct lanes *scene)
{
    struct svg *svg = &picture->svg;
    int slot = svg_slot(scene->model);
    struct text waits = {0};

    lanes_waits(&waits, scene);
    picture->y += HEAD;
    PUT(picture->bar, "m%d bar", slot);
    PUT(picture->wait, "m%d wait", slot);
    PUT(picture->axis, "m%d axis", slot);
    svg_mark(svg, 6, picture->y - 10, slot, NULL);
    svg_text(svg, 16, picture->y - 6, "bold", "%s", scene->model);
    svg_text(svg, RIGHT, picture->y - 6, "soft end", "%s", waits.bytes);
    for (int i = 0; i < LANES_MAX; i++) {
        bool client = i < LANES_CLIENTS;

        if (scene->there[i]) {
            picture->y += client ? CLIENT : THREAD;
            svg_text(svg, LEFT - 6, picture->y, "end",
                     client ? "client %c" : "thread %d",
                     client ? 'A' + i : i - LANES_CLIENTS + 1);
            draw_lane(picture, scene, i);
        }
    }
}

char *
lanes_draw(const struct results *results)
{
    struct lanes scene = {0};
    struct picture picture = {.end_ms = 1};
    double height = HEAD;
    int tick_ms = 50;

    while (lanes_next(&scene, results)) {
        picture.end_ms = fmax(picture.end_ms, scene.end_ms);
        height += HEAD + CLIENT * scene.nclients + THREAD * scene.nthreads;
    }
    if (height == HEAD) {
        return NULL;
    }
    while (picture.end_ms / tick_ms > 11) {
        tick_ms *= 2;
    }
    svg_begin(&picture.svg, PICTURE_WIDTH, height + HEAD,
              "Who waits for whom",
              "A lane for each client and thread: hatched while it sleeps or "
              "waits for an echo, solid while it works.");
    for (int ms = 0; ms <= picture.end_ms; ms += tick_ms) {
        double x = x_of(&picture, ms);

        svg_line(&picture.svg, x, HEAD, x, height - HEAD, "rule");
        svg_text(&picture.svg, x, height - 8, "soft middle",
                 ms == 0 ? "%d ms" : "%d", ms);
    }
    scene = (struct lanes){0};
    while (lanes_next(&scene, results)) {
        draw_scene(&picture, &scene);
    }
    svg_text(&picture.svg, 0, height + 14, "soft",
             "Hatched: sleeps or waits. A stroke: a call. A letter: whom it "
             "serves. A cross: in vain. %s",
             scene.more ? LANES_LEFT_OUT : "");
    return svg_end(&picture.svg);
}

int
report_trace_svg(FILE *file, const struct results *results)
{
    char *svg = lanes_draw(results);

    svg = svg ? svg_alone(svg) : NULL;
    fputs(svg ? svg : "", file);
    free(svg);
    return fflush(file) == 0 && !ferror(file) ? 0 : -1;
}
