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

/* ---- the picture --------------------------------------------------------
 */

enum {
    PICTURE_WIDTH = 720, /* units, as are all of these */
    LEFT = 76,           /* where time begins */
    RIGHT = 16,          /* beside it */
    HEAD = 26,           /* of a scene, above its lanes */
    THREAD = 25,         /* height of a thread's lane, with its words */
    CLIENT = 15,         /* of a client's */
    BAR = 9,             /* of what is drawn in either */
    SIGN = 7,            /* width of a letter, more or less */
};

/* A picture under construction. */
struct picture {
    struct svg svg;      /* it */
    double y;            /* of what comes next */
    double units_per_ms; /* along it */
};

static double
x_of(const struct picture *picture, double ms)
{
    return LEFT + ms * picture->units_per_ms;
}

/* For whom a thread has worked, and then what it sleeps in, where there is
 * room for that. */
static void
draw_words(struct picture *picture, const struct lanes *scene, int lane)
{
    const char *client = "";
    double free_x = 0;

    for (size_t i = 0; i < scene->nsteps; i++) {
        const struct step *step = scene->steps[i];
        double x = x_of(picture, step->begin_ms);
        const char *name = step_name(step);

        if (lanes_of(scene, step) != lane) {
            continue;
        }
        client = step->client[0] != '\0' ? step->client : client;
        if (step->lasted_ms < LANES_SLEEP_MS) {
            continue;
        }
        if (x >= free_x) {
            svg_text(&picture->svg, x, picture->y - 3, "bold", "%s", client);
            free_x = x + (client[0] != '\0' ? 2 * SIGN : 0);
            if ((double)(strlen(name) + 3) * SIGN <
                step->lasted_ms * picture->units_per_ms) {
                svg_text(&picture->svg, free_x, picture->y - 3, "soft", "%s",
                         name);
            }
        }
        client = "";
    }
}

/* All steps of a lane; of a client also that it is connected. */
static void
draw_lane(struct picture *picture, const struct lanes *scene, int lane)
{
    struct svg *svg = &picture->svg;
    double y = picture->y, since = NAN;
    int slot = svg_slot(scene->model);
    char classes[16];

    for (size_t i = 0; i < scene->nsteps; i++) {
        const struct step *step = scene->steps[i];
        double x = x_of(picture, step->begin_ms);
        double end = x_of(picture, step_end_ms(step));
        struct text tip = step_words(step, true);

        if (lanes_of(scene, step) != lane) {
            continue;
        }
        if (strcmp(step->call, "connects") == 0) {
            since = x;
        } else if (step->thread == 0 && !isnan(since)) {
            PUT(classes, "m%d axis", slot);
            svg_line(svg, since, y + BAR / 2.0, x, y + BAR / 2.0, classes);
            since = strcmp(step->call, "leaves") == 0 ? NAN : end;
        }
        text_add(&tip, ", %.1f to %.1f ms", step->begin_ms,
                 step_end_ms(step));
        PUT(classes, "m%d %s", slot,
            step->lasted_ms < LANES_SLEEP_MS ? "bar" : "wait");
        svg_rect(svg, x, y, fmax(end - x, 1.5), BAR, classes, tip.bytes);
        if (step->thread == 0 && isnan(step->result)) {
            svg_line(svg, end - 4, y, end + 5, y + BAR, "cross");
            svg_line(svg, end - 4, y + BAR, end + 5, y, "cross");
        }
    }
    if (!isnan(since)) {
        PUT(classes, "m%d axis", slot);
        svg_line(svg, since, y + BAR / 2.0, PICTURE_WIDTH - RIGHT,
                 y + BAR / 2.0, classes);
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
    svg_text(svg, PICTURE_WIDTH - RIGHT, picture->y - 6, "soft end", "%s",
             waits.bytes);
    for (int i = 0; i < scene->nlanes; i++) {
        bool client = i < scene->nclients;

        picture->y += (client ? CLIENT : THREAD) - BAR;
        svg_text(svg, LEFT - 6, picture->y + BAR, "end",
                 client ? "client %c" : "thread %d",
                 scene->lanes[i] - (client ? 0 : 'Z'));
        if (!client) {
            draw_words(picture, scene, i);
        }
        draw_lane(picture, scene, i);
        picture->y += BAR;
    }
}

char *
lanes_draw(const struct results *results)
{
    struct picture picture = {.y = 0};
    double end_ms = 1, height = HEAD;
    int tick_ms = 50;
    bool more = false;
    size_t n;
    struct lanes *scenes = lanes_find(results, &n);

    for (size_t i = 0; i < n; i++) {
        const struct lanes *scene = &scenes[i];

        height += HEAD + CLIENT * scene->nclients +
                  THREAD * (scene->nlanes - scene->nclients);
        more |= scene->more;
        for (size_t j = 0; j < scene->nsteps; j++) {
            end_ms = fmax(end_ms, step_end_ms(scene->steps[j]));
        }
    }
    while (end_ms / tick_ms > 11) {
        tick_ms *= 2;
    }
    picture.units_per_ms = (PICTURE_WIDTH - LEFT - RIGHT) / end_ms;
    if (n == 0) {
        free(scenes);
        return NULL;
    }
    svg_begin(&picture.svg, PICTURE_WIDTH, height + HEAD,
              "Who waits for whom",
              "For each server a lane for each client and thread: hatched "
              "while it sleeps or waits for an echo, solid while it works. "
              "Letters say for which client it did.");
    for (int ms = 0; ms <= end_ms; ms += tick_ms) {
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
