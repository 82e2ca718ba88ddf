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

/* Above a thread's sleep stands for whom it has worked, and what it sleeps
 * in, where there is room for that. Returns where the letter ends. */
static double
put_words(struct picture *picture, const struct act *act, const char *client)
{
    int name = (int)strcspn(act->words, " ");
    double x = x_of(picture, act->step->begin_ms), y = picture->y - 3;
    double end = x + (client[0] != '\0' ? 2 * SIGN : 0);

    svg_text(&picture->svg, x, y, "bold", "%s", client);
    if (end + (name + 1) * SIGN < x_of(picture, act->end_ms)) {
        svg_text(&picture->svg, end, y, "soft", "%.*s", name, act->words);
    }
    return end;
}

/* All acts of a lane, and a line while a client is there and does nothing. */
static void
draw_lane(struct picture *picture, const struct lanes *scene, int lane)
{
    struct svg *svg = &picture->svg;
    const char *client = "";
    double y = picture->y, idle_x = NAN, words_x = 0;
    char bar[16], axis[16];

    PUT(axis, "m%d axis", svg_slot(scene->model));
    for (size_t i = 0; i < scene->nacts; i++) {
        const struct act *act = &scene->acts[i];
        double x = x_of(picture, act->step->begin_ms);
        double end = x_of(picture, act->end_ms);
        struct text tip = {0};

        if (act->lane != lane) {
            continue;
        }
        if (idle_x < x) {
            svg_line(svg, idle_x, y + BAR / 2.0, x, y + BAR / 2.0, axis);
        }
        idle_x = strcmp(act->words, "leaves") == 0 ||
                         strcmp(act->words, "ends") == 0 ||
                         lane >= LANES_CLIENTS
                     ? NAN
                     : end;
        text_add(&tip, "%s, %.1f to %.1f ms", act->words, act->step->begin_ms,
                 act->end_ms);
        PUT(bar, "m%d %s", svg_slot(scene->model),
            act->sleeps ? "wait" : "bar");
        svg_rect(svg, x, y, fmax(end - x, 1.5), BAR, bar, tip.bytes);
        if (strcmp(act->words, "never") == 0) {
            svg_line(svg, end - 4, y, end + 5, y + BAR, "cross");
            svg_line(svg, end - 4, y + BAR, end + 5, y, "cross");
        }
        client = act->step->client[0] != '\0' ? act->step->client : client;
        if (lane >= LANES_CLIENTS && act->sleeps) {
            words_x =
                x >= words_x ? put_words(picture, act, client) : words_x;
            client = "";
        }
    }
    if (idle_x < x_of(picture, scene->end_ms)) {
        svg_line(svg, idle_x, y + BAR / 2.0, x_of(picture, scene->end_ms),
                 y + BAR / 2.0, axis);
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
    struct scenes *scenes = lanes_find(results);
    struct picture picture = {.end_ms = 1};
    double height = HEAD;
    int tick_ms = 50;

    for (size_t i = 0; i < scenes->n; i++) {
        const struct lanes *scene = &scenes->lanes[i];

        picture.end_ms = fmax(picture.end_ms, scene->end_ms);
        height += HEAD + CLIENT * scene->nclients + THREAD * scene->nthreads;
    }
    while (picture.end_ms / tick_ms > 11) {
        tick_ms *= 2;
    }
    if (scenes->n == 0) {
        free(scenes);
        return NULL;
    }
    svg_begin(&picture.svg, PICTURE_WIDTH, height + HEAD,
              "Who waits for whom",
              "For each server a lane for each client and thread: hatched "
              "while it sleeps or waits for an echo, solid while it works. "
              "Letters say for which client it did.");
    for (int ms = 0; ms <= picture.end_ms; ms += tick_ms) {
        double x = x_of(&picture, ms);

        svg_line(&picture.svg, x, HEAD, x, height - HEAD, "rule");
        svg_text(&picture.svg, x, height - 8, "soft middle",
                 ms == 0 ? "%d ms" : "%d", ms);
    }
    for (size_t i = 0; i < scenes->n; i++) {
        draw_scene(&picture, &scenes->lanes[i]);
    }
    svg_text(&picture.svg, 0, height + 14, "soft", "%s %s",
             "Hatched: sleeps, or waits for an echo. A letter: for whom.",
             scenes->more ? LANES_LEFT_OUT : "");
    free(scenes);
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
