/*
 * lanes.c: who waits for whom: the scene that compare plays with each server
 * (see compare/scene.c), in columns for a terminal and as a picture.
 *
 * A column, or a lane, is a client or a thread. What sleeps is drawn as
 * sleeping, all the time that it does.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "harness/report/internal.h"

enum {
    SCENES_MAX = 12,  /* servers that are shown */
    END_MS = 100000,  /* no scene lasts as long */
    TIME_WIDTH = 5,   /* columns */
    CLIENT_WIDTH = 9, /* ... "says echo" */
    NARROW_WIDTH = 3, /* ... where there are many */
    THREAD_WIDTH = 8, /* ... "accept A" */
    LINE_MS = 5,      /* what is further apart stands in another line */
};

/* ---- scenes -------------------------------------------------------------
 */

double
step_end_ms(const struct step *step)
{
    return step->begin_ms + step->lasted_ms;
}

/* Is it a client's, and lasts until an echo is there? */
static bool
step_waits(const struct step *step)
{
    return step->thread == 0 && (strcmp(step->call, "says") == 0 ||
                                 strcmp(step->call, "greets") == 0);
}

static int
by_begin(const void *left, const void *right)
{
    const struct step *a = *(const struct step *const *)left;
    const struct step *b = *(const struct step *const *)right;

    return a->begin_ms < b->begin_ms   ? -1
           : a->begin_ms > b->begin_ms ? 1
                                       : (a > b) - (a < b);
}

static int
by_number(const void *left, const void *right)
{
    return *(const int *)left - *(const int *)right;
}

int
lanes_of(const struct lanes *scene, const struct step *step)
{
    int lane = step->thread > 0 ? 'Z' + step->thread : step->client[0];
    int i = 0;

    while (i < scene->nlanes && scene->lanes[i] != lane) {
        i++;
    }
    return i;
}

static void
add_step(struct lanes *scene, const struct step *step)
{
    int i = lanes_of(scene, step);

    if (i == LANES_MAX || scene->nsteps == LANES_STEPS) {
        scene->more = true;
        return;
    }
    scene->model = step->model;
    scene->steps[scene->nsteps++] = step;
    if (i == scene->nlanes) {
        scene->lanes[scene->nlanes++] =
            step->thread > 0 ? 'Z' + step->thread : step->client[0];
        scene->nclients += step->thread == 0;
    }
}

struct lanes *
lanes_find(const struct results *results, size_t *n)
{
    struct lanes *scenes = given(calloc(SCENES_MAX, sizeof *scenes));

    *n = 0;
    for (size_t i = 0; i < results->nsteps; i++) {
        const struct step *step = &results->steps[i];
        size_t at = 0;

        if (!(step->begin_ms >= 0 && step->lasted_ms >= 0 &&
              step_end_ms(step) < END_MS) ||
            (step->client[0] == '\0'
                 ? step->thread == 0
                 : step->client[0] < 'A' || step->client[0] > 'H')) {
            continue;
        }
        while (at < *n && strcmp(scenes[at].model, step->model) != 0) {
            at++;
        }
        if (at < SCENES_MAX) {
            *n = MAX(*n, at + 1);
            add_step(&scenes[at], step);
        } else {
            scenes[0].more = true;
        }
    }
    for (size_t i = 0; i < *n; i++) {
        qsort(scenes[i].steps, scenes[i].nsteps, sizeof(void *), by_begin);
        qsort(scenes[i].lanes, (size_t)scenes[i].nlanes, sizeof(int),
              by_number);
    }
    return scenes;
}

const char *
step_name(const struct step *step)
{
    static const char *const names[][2] = {
        {"accept4", "accept"},
        {"recvfrom", "recv"},
        {"sendto", "send"},
        {"pselect6", "select"},
        {"ppoll", "poll"},
        {"epoll_pwait", "epoll_wait"},
        {"epoll_pwait2", "epoll_wait"},
        {"clone3", "clone"},
        {"clock_nanosleep", "nanosleep"},
    };

    for (size_t i = 0; i < COUNT(names); i++) {
        if (strcmp(step->call, names[i][0]) == 0) {
            return names[i][1];
        }
    }
    return step->call;
}

struct text
step_words(const struct step *step, bool whom)
{
    struct text text = {0};

    text_add(&text, "%s%s%s", step_name(step),
             whom && step->client[0] != '\0' ? " " : "",
             whom ? step->client : "");
    text_clean(text.bytes);
    return text;
}

void
lanes_waits(struct text *text, const struct lanes *scene)
{
    const struct step *longest = NULL;
    struct text never = {0};

    for (size_t i = 0; i < scene->nsteps; i++) {
        const struct step *step = scene->steps[i];

        if (step_waits(step) && isnan(step->result)) {
            text_item(&never, ", ", "%s", step->client);
        } else if (step_waits(step) &&
                   !(longest && longest->lasted_ms >= step->lasted_ms)) {
            longest = step;
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

/* A column, and what there is to say in it. */
struct column_now {
    int width;                /* of it; 0: there is no room for it */
    char words[128];          /* in this line */
    bool sleeps;              /* behind these */
    double until_ms;          /* whoever it is sleeps, or waits, until then */
    const struct step *waits; /* of a client: for this echo */
};

/* The lines of a scene under construction. */
struct lines {
    FILE *file;                           /* where they go */
    bool colour;                          /* it takes colours */
    const struct lanes *scene;            /* of which they are */
    struct column_now columns[LANES_MAX]; /* one for each lane */
    double at_ms;                         /* when this one begins */
    bool begun;                           /* there is something in it */
};

/* Print the line, if there is anything in it, behind its time; that of the
 * headings is none. */
static void
end_line(struct lines *lines)
{
    int blanks = 1;

    if (!lines->begun) {
        return;
    }
    fprintf(lines->file, isnan(lines->at_ms) ? "   ms" : "%5.0f",
            lines->at_ms);
    for (int i = 0; i < lines->scene->nlanes; i++) {
        struct column_now *column = &lines->columns[i];
        bool bar =
            column->words[0] == '\0' && column->until_ms > lines->at_ms;
        bool red = bar && lines->colour && i < lines->scene->nclients;
        int length = (int)strlen(bar ? "|" : column->words);

        if (length > 0 && column->width > 0) {
            length = MIN(length, column->width);
            fprintf(lines->file, "%*s%s%.*s%s", blanks, "",
                    red ? "\33[31m" : "", length, bar ? "|" : column->words,
                    red ? "\33[0m" : "");
            blanks = -length;
        }
        blanks += column->width > 0 ? column->width + 1 : 0;
        column->words[0] = '\0';
        column->sleeps = false;
    }
    fputc('\n', lines->file);
    lines->begun = false;
}

/* Somebody does something, and then sleeps until then. In one line stands
 * what happens at about the same time, and of each what goes on until it
 * sleeps, as far as there is room. */
static void
put_words(struct lines *lines, int lane, double at_ms, double until_ms,
          const char *words)
{
    struct column_now *column = &lines->columns[lane];
    const char *between = lane < lines->scene->nclients ? " " : ", ";
    size_t length = strlen(column->words);

    /* What a thread does again and again is said once. */
    if (lane >= lines->scene->nclients && !column->sleeps &&
        until_ms - at_ms < LANES_SLEEP_MS && strstr(column->words, words)) {
        return;
    }
    if (column->sleeps || at_ms - lines->at_ms > LINE_MS ||
        (length > 0 &&
         length + strlen(between) + strlen(words) > (size_t)column->width)) {
        end_line(lines);
    }
    if (!lines->begun) {
        lines->at_ms = at_ms;
        lines->begun = true;
    }
    text_append(column->words, sizeof column->words, between, "%s", words);
    column->sleeps = until_ms - at_ms >= LANES_SLEEP_MS;
    column->until_ms = until_ms;
}

/* The echoes that have come until then, one after the other. */
static void
put_echoes(struct lines *lines, double until_ms)
{
    struct column_now *next;

    do {
        next = NULL;
        for (int i = 0; i < lines->scene->nclients; i++) {
            struct column_now *column = &lines->columns[i];

            if (column->waits && column->until_ms <= until_ms) {
                until_ms = column->until_ms;
                next = column;
            }
        }
        if (next) {
            put_words(lines, (int)(next - lines->columns), until_ms, 0,
                      isnan(next->waits->result) ? "never" : "echo");
            next->waits = NULL;
        }
    } while (next);
}

/* Columns for all clients, and for as many threads as fit. Returns these. */
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
        struct column_now *column = &lines->columns[i];

        column->width = i < nclients ? client : left / shown - 1;
        PUT(column->words, i < nclients ? "%c" : "thread %d",
            lines->scene->lanes[i] - (i < nclients ? 0 : 'Z'));
    }
    lines->at_ms = NAN;
    lines->begun = true;
    end_line(lines);
    return shown;
}

static void
print_scene(FILE *file, const struct lanes *scene,
            const struct report_paper *paper)
{
    struct lines lines = {
        .file = file, .colour = paper->colour, .scene = scene};
    struct document document = {0};
    struct text text = {0};
    int shown;

    lanes_waits(&text, scene);
    document_heading(&document, "%s", scene->model);
    document_paragraph(&document, "%s", text.bytes);
    document_print_text(file, &document, paper);
    shown = lay_out(&lines, paper->width);
    for (size_t i = 0; i < scene->nsteps; i++) {
        const struct step *step = scene->steps[i];
        int lane = lanes_of(scene, step);

        put_echoes(&lines, step->begin_ms);
        if (lines.columns[lane].width > 0) {
            text = step_words(step, step->thread > 0);
            put_words(&lines, lane, step->begin_ms, step_end_ms(step),
                      text.bytes);
            lines.columns[lane].waits = step_waits(step) ? step : NULL;
        }
    }
    put_echoes(&lines, INFINITY);
    end_line(&lines);
    if (shown < scene->nlanes - scene->nclients) {
        document_paragraph(&document, "%d more threads do not fit here.",
                           scene->nlanes - scene->nclients - shown);
        document_print_text(file, &document, paper);
    }
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
