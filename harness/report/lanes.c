/*
 * lanes.c: who waits for whom: the scene that compare plays with each server
 * (see compare/scene.c), in columns and as a picture. See internal.h.
 *
 * A lane is a client or a thread, and so is a column. What sleeps is shown as
 * sleeping, all the time that it does: "|" in a column, hatched in the
 * picture, where what works is solid, however short it is.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "harness/report/internal.h"

enum {
    CLIENTS_MAX = 8,  /* of a server: the first lanes; then its threads */
    LANES_MAX = 24,   /* with these */
    ACTS_MAX = 600,   /* in them */
    SCENES_MAX = 12,  /* servers that are shown */
    SLEEP_MS = 1,     /* what lasts as long sleeps, or waits */
    END_MS = 100000,  /* no scene lasts as long */
    TIME_WIDTH = 4,   /* columns of a terminal, as are the next three */
    CLIENT_WIDTH = 9, /* "says echo" */
    THREAD_WIDTH = 8, /* "accept A", at least */
    GAP = 1,          /* between them, at least */
    LINE_MS = 5,      /* what is further apart stands in another line */
};

/* Sizes of the picture, in units. */
enum {
    PICTURE_WIDTH = 720,
    LEFT = 76,                  /* where time begins */
    RIGHT = PICTURE_WIDTH - 16, /* where it ends */
    HEAD = 26,                  /* of a scene, above its lanes */
    THREAD = 25, /* height of a thread's lane, with its words */
    CLIENT = 15, /* of a client's */
    BAR = 9,     /* of what is drawn in either */
    SIGN = 7,    /* width of a letter, more or less */
};

static const char left_out[] = "Not all that happened can be shown.";

/* ---- scenes ------------------------------------------------------------ */

/* One server's scene, and where it is in the results; all zero at first. */
struct scene {
    struct step acts[ACTS_MAX]; /* by their begin; `thread` is the lane, and
                                 * `call` what is said of it: "recv A" */
    size_t nacts;               /* how many */
    bool there[LANES_MAX];      /* somebody acts in that lane */
    int nclients;               /* in how many of them a client */
    int nthreads;               /* ... or a thread */
    double end_ms;              /* when it is over */
    struct text waits;          /* how long one waits for an echo at most, and
                                 * who does so in vain, in words */
    double wait_ms;             /* the same; INFINITY then */
    size_t next;                /* step in the results */
    int number;                 /* of this scene, from 1 */
    bool more;                  /* something was left out, up to here */
};

/* What is said of a step: a call by its name in POSIX, and for whom. */
static void
name_act(struct step *act, const struct step *step)
{
    static const char *const names[][2] = {
        {"accept4", "accept"}, {"recvfrom", "recv"},
        {"sendto", "send"},    {"pselect6", "select"},
        {"clone3", "clone"},   {"epoll_pwait2", "epoll_wait"},
    };
    const char *client = step->thread > 0 ? step->client : "";
    const char *name = step->call;

    for (size_t i = 0; i < COUNT(names); i++) {
        name = strcmp(step->call, names[i][0]) == 0 ? names[i][1] : name;
    }
    PUT(act->call, "%.20s%s%s", name, client[0] != '\0' ? " " : "", client);
}

/* Put it behind what began before it, if there is room, and it is one. */
static void
add_act(struct scene *scene, const struct step *step)
{
    double end_ms = step->begin_ms + step->lasted_ms;
    int client = step->client[0] - 'A', thread = step->thread;
    bool nobody = thread > 0 && step->client[0] == '\0';
    int lane = thread > 0 ? CLIENTS_MAX - 1 + MIN(thread, LANES_MAX) : client;
    struct step *act = &scene->acts[scene->nacts];

    if (!(step->begin_ms >= 0 && step->lasted_ms >= 0 && end_ms < END_MS) ||
        (!nobody && (client < 0 || client >= CLIENTS_MAX)) ||
        lane >= LANES_MAX || scene->nacts == ACTS_MAX) {
        scene->more = true;
        return;
    }
    for (; act > scene->acts && act[-1].begin_ms > step->begin_ms; act--) {
        act[0] = act[-1];
    }
    *act = *step;
    act->thread = lane;
    name_act(act, step);
    *(lane < CLIENTS_MAX ? &scene->nclients : &scene->nthreads) +=
        !scene->there[lane];
    scene->there[lane] = true;
    scene->end_ms = fmax(scene->end_ms, end_ms);
    scene->nacts++;
}

/* Say who waits for an echo: the longest of those that come. */
static void
find_waits(struct scene *scene)
{
    const struct step *longest = NULL;
    struct text never = {0};

    for (size_t i = 0; i < scene->nacts; i++) {
        const struct step *act = &scene->acts[i];

        if (act->thread >= CLIENTS_MAX ||
            (strcmp(act->call, "says") != 0 &&
             strcmp(act->call, "greets") != 0)) {
            continue;
        }
        if (isnan(act->result)) {
            text_item(&never, ", ", "%s", act->client);
        } else if (!longest || longest->lasted_ms < act->lasted_ms) {
            longest = act;
        }
    }
    if (longest) {
        scene->wait_ms = longest->lasted_ms;
        text_add(&scene->waits, "longest wait for an echo: %s %.*f ms",
                 longest->client, longest->lasted_ms < 10,
                 longest->lasted_ms);
    }
    if (never.bytes[0] != '\0') {
        scene->wait_ms = INFINITY;
        text_item(&scene->waits, "; ", "in vain: %.99s", never.bytes);
    }
}

/* Find the next one. False if there is none. */
static bool
next_scene(struct scene *scene, const struct results *results)
{
    size_t i = scene->next;

    *scene = (struct scene){.number = scene->number + 1, .more = scene->more};
    for (; i < results->nsteps; i++) {
        if (scene->nacts > 0 &&
            strcmp(scene->acts[0].model, results->steps[i].model) != 0) {
            break;
        }
        add_act(scene, &results->steps[i]);
    }
    find_waits(scene);
    scene->next = i;
    scene->more |= scene->nacts > 0 && scene->number > SCENES_MAX;
    return scene->nacts > 0 && scene->number <= SCENES_MAX;
}

/* ---- columns ----------------------------------------------------------- */

/* What there is to say in a column. */
struct words {
    char bytes[128];         /* in this line */
    const struct step *last; /* that its client or thread did, or does yet */
};

/* End the line that began then: "|" is who still does what it did before. */
static void
end_line(struct block *table, struct words columns[LANES_MAX], double at_ms)
{
    table_add(table, MARK_NONE, "%.0f", at_ms);
    for (size_t i = 0; i < LANES_MAX; i++) {
        struct words *column = &columns[i];
        const struct step *last = column->last;
        bool bar = column->bytes[0] == '\0' && last &&
                   last->begin_ms + last->lasted_ms > at_ms;

        table_add(table, bar && i < CLIENTS_MAX ? MARK_BAD : MARK_NONE, "%s",
                  bar ? "|" : column->bytes);
        column->bytes[0] = '\0';
    }
}

/* In one line stands what happens at about the same time, and of each what
 * goes on until it sleeps, as far as there is room; what a thread does again
 * only once. */
static void
put_acts(struct block *table, const struct scene *scene, int room)
{
    struct words columns[LANES_MAX] = {0};
    double at_ms = scene->acts[0].begin_ms;

    for (const struct step *act = scene->acts;
         act < scene->acts + scene->nacts; act++) {
        struct words *column = &columns[act->thread];
        bool thread = act->thread >= CLIENTS_MAX;
        int length = (int)strlen(column->bytes);
        bool slept =
            length > 0 && column->last && column->last->lasted_ms >= SLEEP_MS;

        if (thread && act->lasted_ms < SLEEP_MS && !slept &&
            strstr(column->bytes, act->call)) {
            continue;
        }
        if (slept || act->begin_ms - at_ms > LINE_MS ||
            (length > 0 && length + (int)strlen(act->call) + 1 + thread >
                               (thread ? room : CLIENT_WIDTH))) {
            end_line(table, columns, at_ms);
            at_ms = act->begin_ms;
        }
        APPEND(column->bytes, thread ? ", " : " ", "%s", act->call);
        column->last = act;
    }
    end_line(table, columns, at_ms);
}

static void
add_columns(struct document *document, const struct scene *scene, int width)
{
    struct block *table = document_table(document, LANES_MAX + 1);
    int threads = MAX(scene->nthreads, 1), left = width - TIME_WIDTH;
    int beside = left - scene->nclients * (CLIENT_WIDTH + GAP);
    int room = beside / threads - GAP;

    /* Where there is too little room beside the clients they stand below. */
    room = room < THREAD_WIDTH ? left / threads - GAP : room;
    PUT(table->columns[0].heading, "ms");
    put_acts(table, scene, room);
    for (int i = LANES_MAX; i-- > 0;) {
        struct column *column = &table->columns[i + 1];
        bool thread = i >= CLIENTS_MAX;

        column->left = true;
        PUT(column->heading, thread ? "thread %d" : "%c",
            thread ? i - CLIENTS_MAX + 1 : 'A' + i);
        if (!scene->there[i]) {
            table_drop(table, (size_t)i + 1);
        }
    }
}

void
lanes_columns(struct document *document, const struct results *results,
              enum block_kind heading, int width)
{
    struct scene scene = {0};

    while (next_scene(&scene, results)) {
        document_paragraph(document, "%s",
                           scene.number > 1
                               ? ""
                               : "Call by call: a line is a moment, in ms; "
                                 "|: it sleeps in its last call, or waits "
                                 "for an echo.");
        document_say(document, heading, "", "%s", scene.acts[0].model);
        document_paragraph(document, "%s", scene.waits.bytes);
        add_columns(document, &scene, width);
    }
    document_paragraph(document, "%s", scene.more ? left_out : "");
}

void
report_trace(FILE *file, const struct results *results,
             const struct report_paper *paper)
{
    struct document document = {0};

    lanes_columns(&document, results, BLOCK_HEADING, paper->width);
    document_print_text(file, &document, paper);
}

/* ---- the picture ------------------------------------------------------- */

/* A picture under construction. */
struct picture {
    struct svg svg;      /* it */
    double y;            /* where a lane ends */
    struct axis_scale x; /* ms */
    int slot;            /* how the server is drawn: see svg_slot() */
};

/* A client is there from then, unless it is NAN, to then. */
static void
draw_idle(struct picture *picture, double from_x, double to_x)
{
    double y = picture->y - BAR / 2.0;
    char classes[16];

    PUT(classes, "m%d axis", picture->slot);
    if (from_x < to_x) {
        svg_line(&picture->svg, from_x, y, to_x, y, classes);
    }
}

/* All acts of a lane. Above a thread's sleep stands for whom it has worked
 * before, and in what it sleeps, where there is room for that. */
static void
draw_lane(struct picture *picture, const struct scene *scene, int lane)
{
    struct svg *svg = &picture->svg;
    const char *client = "";
    double top = picture->y - BAR, idle_x = NAN, free_x = 0;

    for (const struct step *act = scene->acts;
         act < scene->acts + scene->nacts; act++) {
        double end_ms = act->begin_ms + act->lasted_ms;
        double x = axis_at(&picture->x, act->begin_ms);
        double end = axis_at(&picture->x, end_ms);
        bool sleeps = act->lasted_ms >= SLEEP_MS;
        int name = (int)strcspn(act->call, " ");
        struct text tip = {0};
        char classes[16];

        if (act->thread != lane) {
            continue;
        }
        draw_idle(picture, idle_x, x);
        text_add(&tip, "%s, %.1f to %.1f ms", act->call, act->begin_ms,
                 end_ms);
        PUT(classes, sleeps ? "m%d wait" : "m%d bar", picture->slot);
        svg_rect(svg, x, top, fmax(end - x, 1.5), BAR, classes, tip.bytes);
        if (strcmp(act->call, "never") == 0) {
            svg_cross(svg, end + 0.5, top + BAR / 2.0, BAR / 2.0);
        }
        if (lane < CLIENTS_MAX) {
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
    draw_idle(picture, idle_x, axis_at(&picture->x, scene->end_ms));
}

static void
draw_scene(struct picture *picture, const struct scene *scene)
{
    struct svg *svg = &picture->svg;

    picture->slot = svg_slot(scene->acts[0].model);
    picture->y += HEAD;
    svg_mark(svg, 6, picture->y - 10, picture->slot, NULL);
    svg_text(svg, 16, picture->y - 6, "bold", "%s", scene->acts[0].model);
    svg_text(svg, RIGHT, picture->y - 6, "soft end", "%s",
             scene->waits.bytes);
    for (int i = 0; i < LANES_MAX; i++) {
        bool client = i < CLIENTS_MAX;

        if (scene->there[i]) {
            picture->y += client ? CLIENT : THREAD;
            svg_text(svg, LEFT - 6, picture->y, "end",
                     client ? "client %c" : "thread %d",
                     client ? 'A' + i : i - CLIENTS_MAX + 1);
            draw_lane(picture, scene, i);
        }
    }
}

char *
lanes_draw(const struct results *results, bool alone)
{
    struct scene scene = {0};
    struct picture picture = {.x = {.high = 1, .from = LEFT, .to = RIGHT}};
    double height = HEAD;
    int tick_ms = 50;

    while (next_scene(&scene, results)) {
        picture.x.high = fmax(picture.x.high, scene.end_ms);
        height += HEAD + CLIENT * scene.nclients + THREAD * scene.nthreads;
    }
    if (height == HEAD) {
        return NULL;
    }
    while (picture.x.high / tick_ms > 11) {
        tick_ms *= 2;
    }
    svg_begin(&picture.svg, alone, PICTURE_WIDTH, height + HEAD,
              "Who waits for whom",
              "A lane for each client and thread: hatched while it sleeps or "
              "waits for an echo, solid while it works.");
    for (int ms = 0; ms <= picture.x.high; ms += tick_ms) {
        double x = axis_at(&picture.x, ms);

        svg_line(&picture.svg, x, HEAD, x, height - HEAD, "rule");
        svg_text(&picture.svg, x, height - 8, "soft middle",
                 ms == 0 ? "%d ms" : "%d", ms);
    }
    scene = (struct scene){0};
    while (next_scene(&scene, results)) {
        draw_scene(&picture, &scene);
    }
    svg_text(&picture.svg, 0, height + 14, "soft",
             "Hatched: sleeps or waits. A stroke: a call. A letter: whom it "
             "serves. A cross: in vain. %s",
             scene.more ? left_out : "");
    return svg_end(&picture.svg);
}

int
report_trace_svg(FILE *file, const struct results *results)
{
    char *svg = lanes_draw(results, true);

    fputs(svg ? svg : "", file);
    free(svg);
    return fflush(file) == 0 && !ferror(file) ? 0 : -1;
}

/* ---- in words ---------------------------------------------------------- */

void
lanes_say(struct document *document, const struct sweep *sweep)
{
    struct scene scene = {0};
    struct text worst = {0};
    double most_ms = 0;

    while (next_scene(&scene, sweep->summary->results)) {
        if (scene.wait_ms > most_ms) {
            PUT(worst.bytes, "Worst: %s, %.999s.", scene.acts[0].model,
                scene.waits.bytes);
            most_ms = scene.wait_ms;
        }
    }
    document_paragraph(document, "%s", worst.bytes);
}
