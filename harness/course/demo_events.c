/*
 * demo_events.c: events in a file, and what they say. See demo.h.
 *
 * The first line tells how many scenes there are, so that a file that was cut
 * off anywhere is known to be. A line is read into an array: a strange file
 * takes no more memory than ours.
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>
#include <sys/param.h>
#include <time.h>

#include "harness/course/demo.h"

enum {
    VERSION = 1,      /* of the file's form */
    LINE_BYTES = 256, /* of it */
    LONG_MS = 1000,   /* who waits longer is counted */
};

const char *const demo_words[DEMO_WHATS] = {
    "begins", "connects", "says", "echo", "leaves", "never", "ends"};
const char *const demo_clients[DEMO_CLIENTS] = {
    "A silent", "B slow", "C", "D", "E", "F", "G", "H"};
const char *const demo_ideas[COURSE_MODELS] = {
    "one client until it leaves, then the next",
    "a thread for each client",
    "one thread, a callback for each event",
    "one thread, a stack for each client",
    "callbacks as well, on a library's loop",
};

/* ---- in a file ----------------------------------------------------------
 */

static void
write_line(FILE *file, json_t *object)
{
    json_dumpf(object, file, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(object);
    fputc('\n', file);
}

void
demo_write(FILE *file, const struct demo *demo)
{
    time_t now = time(NULL);
    char date[32];

    strftime(date, sizeof date, "%FT%TZ", gmtime(&now));
    write_line(file, json_pack("{s:i, s:s, s:i}", "demo", VERSION, "date",
                               date, "scenes", demo->nscenes));
    for (int i = 0; i < demo->nscenes; i++) {
        const struct demo_scene *scene = &demo->scenes[i];

        for (size_t j = 0; j < scene->n; j++) {
            const struct demo_event *event = &scene->events[j];
            char who[] = {(char)(event->who < 0 ? 0 : 'A' + event->who), 0};

            write_line(file,
                       json_pack("{s:f, s:s, s:s, s:s}", "t_ms", event->t_ms,
                                 "model", course_models[scene->model],
                                 "client", who, "event",
                                 demo_words[event->what]));
        }
    }
}

static bool
has_ended(const struct demo_scene *scene)
{
    return scene->n > 0 && scene->events[scene->n - 1].what == DEMO_ENDS;
}

/* Take an event, of which there are so many scenes. False: it cannot be. */
static bool
take(struct demo *demo, int nscenes, json_t *object)
{
    struct demo_scene *scene = &demo->scenes[MAX(demo->nscenes - 1, 0)];
    const char *model, *client, *word;
    struct demo_event event = {0};

    if (json_unpack(object, "{s:F, s:s, s:s, s:s}", "t_ms", &event.t_ms,
                    "model", &model, "client", &client, "event",
                    &word) != 0) {
        return false;
    }
    while (event.what < DEMO_WHATS &&
           strcmp(word, demo_words[event.what]) != 0) {
        event.what++;
    }
    if (event.what == DEMO_BEGINS && demo->nscenes < nscenes &&
        (demo->nscenes == 0 || has_ended(scene))) {
        scene = &demo->scenes[demo->nscenes++];
        scene->model = course_model(model);
    }
    event.who = client[0] == '\0' ? -1 : client[0] - 'A';
    bool of_scene = event.what == DEMO_BEGINS || event.what == DEMO_ENDS;
    double last_ms = scene->n > 0 ? scene->events[scene->n - 1].t_ms : 0;
    if (event.what == DEMO_WHATS || has_ended(scene) || scene->model < 0 ||
        scene->model != course_model(model) || scene->n == DEMO_EVENTS_MAX ||
        event.t_ms < last_ms || event.t_ms > DEMO_MOST_MS ||
        (event.what == DEMO_BEGINS) != (scene->n == 0) ||
        event.who < -of_scene || event.who >= (of_scene ? 0 : DEMO_CLIENTS)) {
        return false;
    }
    scene->events[scene->n++] = event;
    return true;
}

const char *
demo_load(const char *path, struct demo *demo)
{
    static char problem[DEMO_TEXT_BYTES];
    FILE *file = fopen(path, "re");
    int number = 0, version = 0, nscenes = 0;
    char line[LINE_BYTES];
    bool good = true;

    if (!file) {
        return strerror(errno);
    }
    while (good && fgets(line, sizeof line, file)) {
        json_t *object = json_loads(line, 0, NULL);

        good = number++ > 0
                   ? take(demo, nscenes, object)
                   : json_unpack(object, "{s:i, s:i}", "demo", &version,
                                 "scenes", &nscenes) == 0 &&
                         version == VERSION && nscenes > 0 &&
                         nscenes <= COURSE_MODELS;
        json_decref(object);
    }
    snprintf(problem, sizeof problem,
             feof(file) ? "cut off at line %d; 'make demo' writes a whole one"
                        : "line %d is not what 'make demo' writes there",
             number);
    fclose(file);
    return good && demo->nscenes == nscenes && nscenes > 0 &&
                   has_ended(&demo->scenes[nscenes - 1])
               ? NULL
               : problem;
}

/* ---- what they say ------------------------------------------------------
 */

bool
demo_next(struct demo_span *span, const struct demo_scene *scene, int who,
          double now_ms)
{
    enum demo_what last = span->end;

    if (last == DEMO_ENDS) {
        return false;
    }
    span->does = last == DEMO_SAYS                            ? DEMO_WAITS
                 : last == DEMO_CONNECTS || last == DEMO_ECHO ? DEMO_THERE
                                                              : DEMO_AWAY;
    span->from_ms = span->to_ms;
    span->to_ms = now_ms;
    span->end = DEMO_ENDS;
    while (span->end == DEMO_ENDS && span->next < scene->n &&
           scene->events[span->next].t_ms <= now_ms) {
        const struct demo_event *event = &scene->events[span->next++];

        /* Who says more while it waits still waits for the first of it. */
        if (event->who == who &&
            !(event->what == DEMO_SAYS && span->does == DEMO_WAITS)) {
            span->end = event->what;
            span->to_ms = event->t_ms;
        }
    }
    return true;
}

void
demo_verdict(const struct demo_scene *scene, char text[DEMO_TEXT_BYTES])
{
    double longest_ms = 0;
    int waited = 0;

    for (int who = 0; who < DEMO_CLIENTS; who++) {
        struct demo_span span = {0};
        double wait_ms = 0;

        while (demo_next(&span, scene, who, DEMO_MOST_MS)) {
            if (span.does == DEMO_WAITS) {
                wait_ms = fmax(wait_ms, span.to_ms - span.from_ms);
            }
            wait_ms += span.end == DEMO_NEVER ? INFINITY : 0;
        }
        waited += wait_ms > LONG_MS;
        longest_ms = fmax(longest_ms, wait_ms);
    }
    if (waited == 0) {
        snprintf(text, DEMO_TEXT_BYTES, "nobody waited longer than %.1f s",
                 ceil(fmax(longest_ms, 1) / 100) / 10);
    } else {
        snprintf(text, DEMO_TEXT_BYTES,
                 isinf(longest_ms)
                     ? "%d of %d waited longer than 1 s, or even in vain"
                     : "%d of %d waited longer than 1 s, %.1f s at most",
                 waited, DEMO_CLIENTS, longest_ms / 1000);
    }
}
