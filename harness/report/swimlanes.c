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

/* From where a client connects to where it leaves, or the scene ends. */
static void
draw_presence(struct picture *picture, const struct lanes *scene,
              const struct act *connects)
{
    double end_ms = 0, y = picture->y + BAR / 2.0;
    char classes[16];

    for (size_t i = 0; i < scene->nacts; i++) {
        end_ms = fmax(end_ms, scene->acts[i].end_ms);
    }
    for (const struct act *act = connects; act < scene->acts + scene->nacts;
         act++) {
        if (act->who == connects->who && strcmp(act->words, "leaves") == 0) {
            end_ms = act->begin_ms;
            break;
        }
    }
    PUT(classes, "m%d axis", svg_slot(scene->model));
    svg_line(&picture->svg, x_of(picture, connects->begin_ms), y,
             x_of(picture, end_ms), y, classes);
}

/* All acts of a lane. Above a thread's stands for whom it has worked, and
 * what it sleeps in then, where there is room for that. */
static void
draw_lane(struct picture *picture, const struct lanes *scene, int who)
{
    struct svg *svg = &picture->svg;
    const char *client = "";
    double free_x = 0, y = picture->y;
    char classes[16];

    for (const struct act *act = scene->acts;
         act < scene->acts + scene->nacts; act++) {
        double x = x_of(picture, act->begin_ms);
        double end = x_of(picture, act->end_ms);
        int name = (int)strcspn(act->words, " ");
        struct text tip = {0};

        if (act->who != who) {
            continue;
        }
        if (strcmp(act->words, "connects") == 0) {
            draw_presence(picture, scene, act);
        }
        text_add(&tip, "%s, %.1f to %.1f ms", act->words, act->begin_ms,
                 act->end_ms);
        PUT(classes, "m%d %s", svg_slot(scene->model),
            act->sleeps ? "wait" : "bar");
        svg_rect(svg, x, y, fmax(end - x, 1.5), BAR, classes, tip.bytes);
        if (strcmp(act->words, "never") == 0) {
            svg_line(svg, end - 4, y, end + 5, y + BAR, "cross");
            svg_line(svg, end - 4, y + BAR, end + 5, y, "cross");
        }
        client = act->step->client[0] != '\0' ? act->step->client : client;
        if (who < LANES_THREAD || !act->sleeps) {
            continue;
        }
        if (x >= free_x) {
            svg_text(svg, x, y - 3, "bold", "%s", client);
            free_x = x + (client[0] != '\0' ? 2 * SIGN : 0);
            if (free_x + (name + 1) * SIGN < end) {
                svg_text(svg, free_x, y - 3, "soft", "%.*s", name,
                         act->words);
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
    for (int i = 0; i < scene->nlanes; i++) {
        bool client = i < scene->nclients;

        picture->y += (client ? CLIENT : THREAD) - BAR;
        svg_text(svg, LEFT - 6, picture->y + BAR, "end",
                 client ? "client %c" : "thread %d",
                 scene->lanes[i] - (client ? 0 : LANES_THREAD));
        draw_lane(picture, scene, scene->lanes[i]);
        picture->y += BAR;
    }
}

char *
lanes_draw(const struct results *results)
{
    struct picture picture = {.end_ms = 1};
    double height = HEAD;
    int tick_ms = 50;
    bool more = false;
    size_t n;
    struct lanes *scenes = lanes_find(results, &n);

    for (size_t i = 0; i < n; i++) {
        const struct lanes *scene = &scenes[i];

        height += HEAD + CLIENT * scene->nclients +
                  THREAD * (scene->nlanes - scene->nclients);
        more |= scene->more;
        for (size_t j = 0; j < scene->nacts; j++) {
            picture.end_ms = fmax(picture.end_ms, scene->acts[j].end_ms);
        }
    }
    while (picture.end_ms / tick_ms > 11) {
        tick_ms *= 2;
    }
    if (n == 0) {
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
    for (size_t i = 0; i < n; i++) {
        draw_scene(&picture, &scenes[i]);
    }
    svg_text(&picture.svg, 0, height + 14, "soft", "%s %s",
             "Hatched: sleeps, or waits for an echo. A letter: for whom.",
             more ? LANES_LEFT_OUT : "");
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
