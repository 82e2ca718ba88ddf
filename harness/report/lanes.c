/*
 * lanes.c: who waits for whom: the scene that compare plays with each server
 * (see compare/scene.c), and its columns for a terminal.
 *
 * A column is a client or a thread. What sleeps is drawn as sleeping, all the
 * time that it does.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "harness/report/internal.h"

enum {
    SCENES_MAX = 12, /* servers that are shown */
    END_MS = 100000, /* no scene lasts as long */
    SLEEP_MS = 1,    /* what lasts as long sleeps */
};

/* ---- scenes -------------------------------------------------------------
 */

static int
by_begin(const void *left, const void *right)
{
    const struct act *a = left, *b = right;
    double before = a->begin_ms - b->begin_ms;

    return before != 0 ? (before > 0) - (before < 0)
                       : (a->step > b->step) - (a->step < b->step);
}

/* What an act says: a call by the name that POSIX has for it, and for whom.
 */
static void
name_act(struct act *act)
{
    static const char *const names[][2] = {
        {"accept4", "accept"},
        {"recvfrom", "recv"},
        {"sendto", "send"},
        {"pselect6", "select"},
        {"epoll_pwait2", "epoll_wait"},
        {"clone3", "clone"},
    };
    const struct step *step = act->step;
    const char *name = step->call;

    for (size_t i = 0; i < COUNT(names); i++) {
        name = strcmp(step->call, names[i][0]) == 0 ? names[i][1] : name;
    }
    PUT(act->words, "%s%s%s", name,
        step->thread > 0 && step->client[0] != '\0' ? " " : "",
        step->thread > 0 ? step->client : "");
    text_clean(act->words);
}

static void
add_act(struct lanes *scene, const struct step *step)
{
    int who =
        step->thread > 0 ? LANES_THREAD + step->thread : step->client[0];
    struct act *act = &scene->acts[scene->nacts];
    int lane = 0;

    while (lane < scene->nlanes && scene->lanes[lane] != who) {
        lane++;
    }
    if (lane == LANES_MAX || scene->nacts == LANES_ACTS) {
        scene->more = true;
        return;
    }
    scene->lanes[lane] = who;
    scene->nlanes = MAX(scene->nlanes, lane + 1);
    scene->nacts++;
    *act = (struct act){
        .step = step,
        .who = who,
        .begin_ms = step->begin_ms,
        .end_ms = step->begin_ms + step->lasted_ms,
        .sleeps = step->lasted_ms >= SLEEP_MS,
        .waits = step->thread == 0 && (strcmp(step->call, "says") == 0 ||
                                       strcmp(step->call, "greets") == 0),
    };
    name_act(act);
}

static int
by_number(const void *left, const void *right)
{
    return *(const int *)left - *(const int *)right;
}

/* Clients come first, and all in the order of time. */
static void
put_in_order(struct lanes *scene)
{
    qsort(scene->acts, scene->nacts, sizeof scene->acts[0], by_begin);
    qsort(scene->lanes, (size_t)scene->nlanes, sizeof(int), by_number);
    while (scene->nclients < scene->nlanes &&
           scene->lanes[scene->nclients] <= LANES_THREAD) {
        scene->nclients++;
    }
}

struct lanes *
lanes_find(const struct results *results, size_t *n)
{
    struct lanes *scenes = given(calloc(SCENES_MAX, sizeof *scenes));

    *n = 0;
    for (size_t i = 0; i < results->nsteps; i++) {
        const struct step *step = &results->steps[i];
        char client = step->client[0];
        size_t at = 0;

        if (!(step->begin_ms >= 0 && step->lasted_ms >= 0 &&
              step->begin_ms + step->lasted_ms < END_MS) ||
            (client == '\0' ? step->thread == 0
                            : client < 'A' || client > 'H')) {
            continue;
        }
        while (at < *n && strcmp(scenes[at].model, step->model) != 0) {
            at++;
        }
        if (at == SCENES_MAX) {
            scenes[0].more = true;
            continue;
        }
        *n = MAX(*n, at + 1);
        scenes[at].model = step->model;
        add_act(&scenes[at], step);
    }
    for (size_t i = 0; i < *n; i++) {
        put_in_order(&scenes[i]);
    }
    return scenes;
}

void
lanes_waits(struct text *text, const struct lanes *scene)
{
    const struct step *longest = NULL;
    struct text never = {0};

    for (const struct act *act = scene->acts;
         act < scene->acts + scene->nacts; act++) {
        if (act->waits && isnan(act->step->result)) {
            text_item(&never, ", ", "%s", act->step->client);
        } else if (act->waits &&
                   !(longest && longest->lasted_ms >= act->step->lasted_ms)) {
            longest = act->step;
        }
    }
    if (longest) {
        text_add(text, "longest wait for an echo: %s %.*f ms",
                 longest->client, longest->lasted_ms < 10,
                 longest->lasted_ms);
    }
    if (never.bytes[0] != '\0') {
        text_item(text, "; ", "in vain: %.99s", never.bytes);
    }
}

/* ---- columns ------------------------------------------------------------
 */

enum {
    TIME_WIDTH = 5,   /* columns of the terminal */
    CLIENT_WIDTH = 9, /* "says echo" */
    NARROW_WIDTH = 3, /* ... where there are many */
    THREAD_WIDTH = 8, /* "accept A", at least */
    LINE_MS = 5,      /* what is further apart stands in another line */
};

/* A column, and what there is to say in it. */
struct words {
    int width;       /* of it; 0: there is no room for it */
    char bytes[128]; /* in this line */
    bool sleeps;     /* behind these */
    double until_ms; /* whoever it is sleeps, or waits, until then */
};

/* The lines of a scene under construction. */
struct lines {
    FILE *file;                      /* where they go */
    bool colour;                     /* it takes colours */
    const struct lanes *scene;       /* of which they are */
    struct words columns[LANES_MAX]; /* one for each lane */
    double at_ms; /* when this one begins; below 0: headings; NAN: nothing */
};

/* Print the line, if there is anything in it, behind its time. */
static void
end_line(struct lines *lines)
{
    int blanks = 1;

    if (isnan(lines->at_ms)) {
        return;
    }
    fprintf(lines->file, lines->at_ms < 0 ? "   ms" : "%5.0f", lines->at_ms);
    for (int i = 0; i < lines->scene->nlanes; i++) {
        struct words *column = &lines->columns[i];
        bool bar =
            column->bytes[0] == '\0' && column->until_ms > lines->at_ms;
        bool red = bar && lines->colour && i < lines->scene->nclients;
        int length =
            MIN((int)strlen(bar ? "|" : column->bytes), column->width);

        if (length > 0) {
            fprintf(lines->file, "%*s%s%.*s%s", blanks, "",
                    red ? "\33[31m" : "", length, bar ? "|" : column->bytes,
                    red ? "\33[0m" : "");
            blanks = -length;
        }
        blanks += column->width > 0 ? column->width + 1 : 0;
        column->bytes[0] = '\0';
        column->sleeps = false;
    }
    fputc('\n', lines->file);
    lines->at_ms = NAN;
}

/* Somebody does something, and then sleeps until then. In one line stands
 * what happens at about the same time, and of each what goes on until it
 * sleeps, as far as there is room; what a thread does again only once. */
static void
put_words(struct lines *lines, int lane, double at_ms, double until_ms,
          const char *words)
{
    struct words *column = &lines->columns[lane];
    bool thread = lane >= lines->scene->nclients;
    const char *between = thread ? ", " : " ";
    size_t length = strlen(column->bytes);
    bool sleeps = until_ms - at_ms >= SLEEP_MS;

    if (thread && !sleeps && !column->sleeps &&
        strstr(column->bytes, words)) {
        return;
    }
    if (column->sleeps || at_ms - lines->at_ms > LINE_MS ||
        (length > 0 &&
         length + strlen(between) + strlen(words) > (size_t)column->width)) {
        end_line(lines);
    }
    lines->at_ms = isnan(lines->at_ms) ? at_ms : lines->at_ms;
    text_append(column->bytes, sizeof column->bytes, between, "%s", words);
    column->sleeps = sleeps;
    column->until_ms = until_ms;
}

/* Columns for all clients, and for as many threads as fit; returns for how
 * many there is no room. */
static int
lay_out(struct lines *lines, int width)
{
    int nclients = lines->scene->nclients;
    int nthreads = lines->scene->nlanes - nclients;
    int left = width - TIME_WIDTH;
    bool narrow = left - nclients * (CLIENT_WIDTH + 1) <
                  MIN(nthreads, 5) * (THREAD_WIDTH + 1);
    int client = narrow ? NARROW_WIDTH : CLIENT_WIDTH;
    int shown;

    left -= nclients * (client + 1);
    shown = MIN(nthreads, left / (THREAD_WIDTH + 1));
    for (int i = 0; i < nclients + shown; i++) {
        bool thread = i >= nclients;

        lines->columns[i].width = thread ? left / shown - 1 : client;
        PUT(lines->columns[i].bytes, thread ? "thread %d" : "%c",
            lines->scene->lanes[i] - (thread ? LANES_THREAD : 0));
    }
    lines->at_ms = -1;
    return nthreads - shown;
}

static void
print_scene(FILE *file, const struct lanes *scene,
            const struct report_paper *paper)
{
    struct lines lines = {
        .file = file, .colour = paper->colour, .scene = scene};
    struct document document = {0};
    struct text text = {0};
    int hidden = lay_out(&lines, paper->width);

    lanes_waits(&text, scene);
    if (hidden > 0) {
        text_item(&text, "; ", "no room for %d of the threads", hidden);
    }
    document_heading(&document, "%s", scene->model);
    document_paragraph(&document, "%s", text.bytes);
    document_print_text(file, &document, paper);
    end_line(&lines);
    for (const struct act *act = scene->acts;
         act < scene->acts + scene->nacts; act++) {
        int lane = 0;

        while (scene->lanes[lane] != act->who) {
            lane++;
        }
        if (lines.columns[lane].width > 0) {
            put_words(&lines, lane, act->begin_ms, act->end_ms, act->words);
        }
    }
    end_line(&lines);
}

void
report_trace(FILE *file, const struct results *results,
             const struct report_paper *paper)
{
    struct document document = {0};
    size_t n;
    struct lanes *scenes = lanes_find(results, &n);
    bool more = false;

    document_paragraph(&document, "%s",
                       n == 0 ? ""
                              : "Who waits for whom. A line is a moment, in "
                                "ms; |: it sleeps in its last call, or waits "
                                "for an echo.");
    document_print_text(file, &document, paper);
    for (size_t i = 0; i < n; i++) {
        fputc('\n', file);
        print_scene(file, &scenes[i], paper);
        more |= scenes[i].more;
    }
    document_paragraph(&document, "%s", more ? LANES_LEFT_OUT : "");
    document_print_text(file, &document, paper);
    free(scenes);
}
