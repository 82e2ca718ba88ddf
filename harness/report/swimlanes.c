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
    double y;       /* of what comes next */
    double end_ms;  /* of the time at its right */
};

static double
x_of(const struct picture *picture, double ms)
{
    return LEFT + ms * (RIGHT - LEFT) / picture->end_ms;
}

/* The first act of a lane, from that one on; or the end of all. */
static const struct step *
find_act(const struct lanes *scene, const struct step *act, int lane)
{
    while (act < scene->acts + scene->nacts && act->thread != lane) {
        act++;
    }
    return act;
}

/* One act, and after it a line while its client is there and does nothing. */
static void
draw_act(struct picture *picture, const struct lanes *scene,
         const struct step *act, double next_ms)
{
    struct svg *svg = &picture->svg;
    double x = x_of(picture, act->begin_ms), y = picture->y;
    double end_ms = act->begin_ms + act->lasted_ms;
    double end = x_of(picture, end_ms), middle = y + BAR / 2.0;
    int slot = svg_slot(scene->model);
    struct text tip = {0};
    char look[16];

    text_add(&tip, "%s, %.1f to %.1f ms", act->call, act->begin_ms, end_ms);
    PUT(look, "m%d %s", slot,
        act->lasted_ms >= LANES_SLEEP_MS ? "wait" : "bar");
    svg_rect(svg, x, y, fmax(end - x, 1.5), BAR, look, tip.bytes);
    if (strcmp(act->call, "never") == 0) {
        svg_line(svg, end - 4, y, end + 5, y + BAR, "cross");
        svg_line(svg, end - 4, y + BAR, end + 5, y, "cross");
    } else if (act->thread < LANES_CLIENTS && next_ms > end_ms &&
               strcmp(act->call, "leaves") != 0 &&
               strcmp(act->call, "ends") != 0) {
        PUT(look, "m%d axis", slot);
        svg_line(svg, end, middle, x_of(picture, next_ms), middle, look);
    }
}

/* All acts of a lane. Above a thread's sleep stands for whom it has worked
 * before, and in what it sleeps, where there is room for that. */
static void
draw_lane(struct picture *picture, const struct lanes *scene, int lane)
{
    const struct step *end = scene->acts + scene->nacts, *next;
    const char *client = "";
    double free_x = 0, y = picture->y - 3;

    for (const struct step *act = find_act(scene, scene->acts, lane);
         act < end; act = next) {
        double x = x_of(picture, act->begin_ms);
        int name = (int)strcspn(act->call, " ");

        next = find_act(scene, act + 1, lane);
        draw_act(picture, scene, act,
                 next < end ? next->begin_ms : scene->end_ms);
        client = act->client[0] != '\0' ? act->client : client;
        if (lane < LANES_CLIENTS || act->lasted_ms < LANES_SLEEP_MS) {
            continue;
        }
        if (x >= free_x) {
            svg_text(&picture->svg, x, y, "bold", "%s", client);
            free_x = x + (client[0] != '\0' ? 2 * SIGN : 0);
            if (free_x + (name + 1) * SIGN <
                x_of(picture, act->begin_ms + act->lasted_ms)) {
                svg_text(&picture->svg, free_x, y, "soft", "%.*s", name,
                         act->call);
            }
        }
        client = "";
    }
}

static void
draw_scene(struct picture *picture, const struct lanes *scene)
{
    struct svg *svg = &picture->svg;
    struct text waits = {0};

    lanes_waits(&waits, scene);
    picture->y += HEAD;
    svg_mark(svg, 6, picture->y - 10, svg_slot(scene->model), NULL);
    svg_text(svg, 16, picture->y - 6, "bold", "%s", scene->model);
    svg_text(svg, RIGHT, picture->y - 6, "soft end", "%s", waits.bytes);
    for (int i = 0; i < LANES_MAX; i++) {
        bool client = i < LANES_CLIENTS;

        if (scene->there[i]) {
            picture->y += (client ? CLIENT : THREAD) - BAR;
            svg_text(svg, LEFT - 6, picture->y + BAR, "end",
                     client ? "client %c" : "thread %d",
                     client ? 'A' + i : i - LANES_CLIENTS + 1);
            draw_lane(picture, scene, i);
            picture->y += BAR;
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
             "Hatched: sleeps, or waits for an echo. A letter: for whom. %s",
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
