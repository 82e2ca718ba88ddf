/*
 * demo_events.c: events in a file, and what they say. See demo.h.
 *
 * The first line tells how many there are, so that a file that was cut off
 * anywhere is known to be. A line is read into an array: a strange file takes
 * no more memory than ours.
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "harness/course/demo.h"

enum {
    LINE_BYTES = 256, /* of a file */
    LONG_MS = 1000,   /* who waits longer is counted */
};

const char *const demo_words[DEMO_WHATS] = {"leaves", "connects", "says",
                                            "echo", "never"};
const char *const demo_clients[DEMO_CLIENTS] = {
    "A silent", "B slow", "C", "D", "E", "F", "G", "H"};
const char *const demo_ideas[COURSE_MODELS] = {
    "one client until it leaves, then the next",
    "a thread for each client",
    "one thread, a callback for each event",
    "one thread, a stack for each client",
    "callbacks as well, on a library's loop",
};

void
demo_write(FILE *file, const struct demo_scene scenes[COURSE_MODELS])
{
    size_t n = 0;

    for (int i = 0; i < COURSE_MODELS; i++) {
        n += scenes[i].n;
    }
    fprintf(file, "{\"demo_events\":%zu}\n", n);
    for (int i = 0; i < COURSE_MODELS; i++) {
        for (size_t j = 0; j < scenes[i].n; j++) {
            const struct demo_event *event = &scenes[i].events[j];

            fprintf(file,
                    "{\"t_ms\":%.3f,\"model\":\"%s\",\"client\":\"%c\","
                    "\"event\":\"%s\"}\n",
                    event->t_ms, course_models[i], 'A' + event->who,
                    demo_words[event->what]);
        }
    }
}

/* Take an event, of the same model as the last one or of one behind that.
 * False: it cannot be. */
static bool
take(struct demo_scene scenes[COURSE_MODELS], int *last, json_t *object)
{
    const char *name, *client, *word;
    struct demo_event event = {0};
    int model =
        json_unpack(object, "{s:F, s:s, s:s, s:s}", "t_ms", &event.t_ms,
                    "model", &name, "client", &client, "event", &word) == 0
            ? course_model(name)
            : -1;

    if (model < *last) {
        return false;
    }
    while (event.what < DEMO_WHATS &&
           strcmp(word, demo_words[event.what]) != 0) {
        event.what++;
    }
    event.who = client[0] - 'A';
    struct demo_scene *scene = &scenes[model];
    double last_ms = scene->n > 0 ? scene->events[scene->n - 1].t_ms : 0;
    if (event.what == DEMO_WHATS || event.who < 0 ||
        event.who >= DEMO_CLIENTS || event.t_ms < last_ms ||
        event.t_ms > DEMO_MOST_MS || scene->n == DEMO_EVENTS_MAX) {
        return false;
    }
    scene->events[scene->n++] = event;
    *last = model;
    return true;
}

const char *
demo_load(const char *path, struct demo_scene scenes[COURSE_MODELS])
{
    static char problem[DEMO_TEXT_BYTES];
    FILE *file = fopen(path, "re");
    int number = 0, left = 0, model = 0;
    char line[LINE_BYTES];
    bool good = true;

    if (!file) {
        return strerror(errno);
    }
    while (good && fgets(line, sizeof line, file)) {
        json_t *object = json_loads(line, 0, NULL);

        good = number++ > 0
                   ? left-- > 0 && take(scenes, &model, object)
                   : json_unpack(object, "{s:i}", "demo_events", &left) == 0;
        json_decref(object);
    }
    snprintf(problem, sizeof problem,
             feof(file) ? "cut off at line %d; 'make demo' writes a whole one"
                        : "line %d is not what 'make demo' writes there",
             number);
    fclose(file);
    return good && number > 1 && left == 0 ? NULL : problem;
}

void
demo_verdict(const struct demo_scene *scene, char text[DEMO_TEXT_BYTES])
{
    double longest_ms = 1;
    int waited = 0;

    for (int who = 0; who < DEMO_CLIENTS; who++) {
        double said_ms = 0, wait_ms = 0;

        for (size_t i = 0; i < scene->n; i++) {
            const struct demo_event *event = &scene->events[i];

            if (event->who == who && event->what == DEMO_SAYS) {
                said_ms = event->t_ms;
            } else if (event->who == who && event->what == DEMO_ECHO) {
                wait_ms = fmax(wait_ms, event->t_ms - said_ms);
            } else if (event->who == who && event->what == DEMO_NEVER) {
                wait_ms = INFINITY;
            }
        }
        waited += wait_ms > LONG_MS;
        longest_ms = fmax(longest_ms, wait_ms);
    }
    if (waited == 0) {
        snprintf(text, DEMO_TEXT_BYTES, "nobody waited longer than %.1f s",
                 ceil(longest_ms / 100) / 10);
    } else {
        snprintf(text, DEMO_TEXT_BYTES,
                 isinf(longest_ms)
                     ? "%d of %d waited longer than 1 s, or even in vain"
                     : "%d of %d waited longer than 1 s, %.1f s at most",
                 waited, DEMO_CLIENTS, longest_ms / 1000);
    }
}
