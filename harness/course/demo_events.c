/*
 * demo_events.c: what has happened, in a file; and what it says. See demo.h.
 *
 * The first line tells how many scenes there are, so that a file that was cut
 * off anywhere is known to be. Each line is read into an array: a strange
 * file takes no more memory than ours.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "harness/course/demo.h"
#include "harness/load/fields.h"

enum {
    VERSION = 1,
    LINE_BYTES = 256,
    LONG_MS = 1000, /* who waits longer is counted */
};

const char *const demo_clients[DEMO_CLIENTS] = {
    "A silent", "B slow", "C", "D", "E", "F", "G", "H"};

static const char *const words[DEMO_WHATS] = {
    "begins", "connects", "says", "echo", "leaves", "never", "ends"};

const char *
demo_idea(const struct demo_scene *scene)
{
    static const char *const ideas[COURSE_MODELS] = {
        "one client until it leaves, then the next",
        "a thread for each client",
        "one thread, a callback for each event",
        "one thread, a stack for each client",
        "callbacks as well, on a library's loop",
    };

    return ideas[course_model(scene->events[0].model)];
}

/* ---- in a file ----------------------------------------------------------
 */

static const struct field head_fields[] = {
    FIELD_AS("demo", demo, version, .flags = FIELD_STRICT),
    FIELD(demo, date, .flags = FIELD_STRICT),
    FIELD_AS("scenes", demo, nscenes, .flags = FIELD_STRICT),
    {0},
};

static const struct field event_fields[] = {
    FIELD(demo_event, t_ms, .flags = FIELD_STRICT),
    FIELD(demo_event, model, .flags = FIELD_STRICT),
    FIELD(demo_event, client, .flags = FIELD_STRICT),
    FIELD_AS("event", demo_event, word, .flags = FIELD_STRICT),
    {0},
};

void
demo_add(struct demo_scene *scene, double t_ms, const char *model, int who,
         enum demo_what what)
{
    struct demo_event *event = &scene->events[scene->n];

    if (scene->n < DEMO_EVENTS_MAX) {
        *event = (struct demo_event){.t_ms = t_ms, .what = what};
        snprintf(event->model, sizeof event->model, "%s", model);
        snprintf(event->word, sizeof event->word, "%s", words[what]);
        event->client[0] = (char)(who < 0 ? '\0' : 'A' + who);
        scene->n++;
    }
}

static void
write_line(FILE *file, const struct field *fields, const void *record)
{
    json_t *object = json_object();

    fields_write(object, fields, record);
    json_dumpf(object, file, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(object);
    fputc('\n', file);
}

void
demo_write(FILE *file, const struct demo *demo)
{
    struct demo head = *demo;

    head.version = VERSION;
    write_line(file, head_fields, &head);
    for (int i = 0; i < demo->nscenes; i++) {
        for (size_t j = 0; j < demo->scenes[i].n; j++) {
            write_line(file, event_fields, &demo->scenes[i].events[j]);
        }
    }
}

static bool
has_ended(const struct demo_scene *scene)
{
    return scene->n > 0 && scene->events[scene->n - 1].what == DEMO_ENDS;
}

/* Take an event of the scene, or of the next one. False: it cannot be. */
static bool
take(struct demo_scene **scene, const json_t *object)
{
    struct demo_event event = {0};
    const struct demo_event *last;

    if (fields_read(object, event_fields, &event)) {
        return false;
    }
    while (event.what < DEMO_WHATS &&
           strcmp(event.word, words[event.what]) != 0) {
        event.what++;
    }
    *scene += has_ended(*scene);
    last = &(*scene)->events[(*scene)->n - ((*scene)->n > 0)];
    if (course_model(event.model) == -1 || event.what == DEMO_WHATS ||
        event.t_ms < last->t_ms || event.t_ms > DEMO_MOST_MS ||
        (*scene)->n == DEMO_EVENTS_MAX ||
        (event.what == DEMO_BEGINS) != ((*scene)->n == 0) ||
        ((*scene)->n > 0 && strcmp(event.model, last->model) != 0) ||
        (event.what == DEMO_BEGINS || event.what == DEMO_ENDS
             ? event.client[0] != '\0'
             : event.client[0] < 'A' ||
                   event.client[0] >= 'A' + DEMO_CLIENTS)) {
        return false;
    }
    (*scene)->events[(*scene)->n++] = event;
    return true;
}

const char *
demo_load(const char *path, struct demo *demo)
{
    static char problem[DEMO_TEXT_BYTES];
    struct demo_scene *scene = demo->scenes;
    FILE *file = fopen(path, "re");
    char line[LINE_BYTES];
    bool good = true;
    int number = 0;

    if (!file) {
        return strerror(errno);
    }
    while (good && fgets(line, sizeof line, file)) {
        json_t *object = json_loads(line, 0, NULL);

        good =
            number++ > 0
                ? scene - demo->scenes + has_ended(scene) < demo->nscenes &&
                      take(&scene, object)
                : !fields_read(object, head_fields, demo) &&
                      demo->version == VERSION && demo->nscenes > 0 &&
                      demo->nscenes <= COURSE_MODELS;
        json_decref(object);
    }
    good &= number > 0 &&
            scene - demo->scenes + has_ended(scene) == demo->nscenes;
    snprintf(problem, sizeof problem,
             feof(file) ? "cut off at line %d; 'make demo' writes a whole one"
                        : "line %d is not what 'make demo' writes there",
             number);
    if (ferror(file)) {
        snprintf(problem, sizeof problem, "%s", strerror(errno));
    }
    fclose(file);
    return good ? NULL : problem;
}

/* ---- what it says -------------------------------------------------------
 */

bool
demo_next(struct demo_span *span, const struct demo_scene *scene, int who,
          double now_ms)
{
    static const int does[DEMO_WHATS] = {[DEMO_CONNECTS] = DEMO_THERE,
                                         [DEMO_SAYS] = DEMO_WAITS,
                                         [DEMO_ECHO] = DEMO_THERE};

    if (span->end == DEMO_ENDS) {
        return false;
    }
    span->does = does[span->end];
    span->from_ms = span->to_ms;
    span->to_ms = now_ms;
    span->end = DEMO_ENDS;
    for (; span->next < scene->n && span->end == DEMO_ENDS; span->next++) {
        const struct demo_event *event = &scene->events[span->next];

        if (event->t_ms > now_ms) {
            break;
        }
        /* Who says more while it waits still waits for the first of it. */
        if (event->client[0] == 'A' + who &&
            !(event->what == DEMO_SAYS && span->does == DEMO_WAITS)) {
            span->end = event->what;
            span->to_ms = event->t_ms;
        }
    }
    return true;
}

double
demo_longest(const struct demo_scene *scene, int who, double now_ms)
{
    struct demo_span span = {0};
    double longest_ms = 0;

    while (demo_next(&span, scene, who, now_ms)) {
        if (span.does == DEMO_WAITS) {
            longest_ms = fmax(longest_ms, span.to_ms - span.from_ms);
        }
        longest_ms = span.end == DEMO_NEVER ? INFINITY : longest_ms;
    }
    return longest_ms;
}

void
demo_verdict(const struct demo_scene *scene, char text[DEMO_TEXT_BYTES])
{
    double longest_ms = 0;
    double in_vain = 0;
    int waited = 0, round_ms = 1;

    for (int i = 0; i < DEMO_CLIENTS; i++) {
        double wait_ms = demo_longest(scene, i, DEMO_MOST_MS);

        waited += wait_ms > LONG_MS;
        in_vain += isinf(wait_ms);
        longest_ms = fmax(longest_ms, wait_ms);
    }
    while (round_ms < longest_ms && round_ms < LONG_MS) {
        round_ms *= 10;
    }
    snprintf(text, DEMO_TEXT_BYTES, "nobody waited longer than %d ms",
             round_ms);
    if (waited > 0) {
        snprintf(text, DEMO_TEXT_BYTES, "%d of %d waited more than 1 s",
                 waited, DEMO_CLIENTS);
        text_append(text, DEMO_TEXT_BYTES, "; ",
                    in_vain > 0 ? "%.0f in vain" : "the longest wait: %.1f s",
                    in_vain > 0 ? in_vain : longest_ms / 1000);
    }
}
