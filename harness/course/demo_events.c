/*
 * demo_events.c: what has happened in the demonstration: in a file, and what
 * it says. See demo.h.
 *
 * The first line says how many scenes there are, so that a file that was cut
 * off anywhere is known to be. A line is read into an array: a strange file
 * takes no more memory than ours.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "harness/course/demo.h"
#include "harness/load/fields.h"

enum {
    VERSION = 1,
    LINE_BYTES = 256, /* of the file, more than we write */
    AT_ONCE_MS = 100, /* who waits no longer hardly sees it */
    LONG_MS = 1000,   /* who waits longer does */
};

const char *const demo_ideas[COURSE_MODELS] = {
    "one client until it leaves, then the next",
    "a thread for each client",
    "one thread, a callback for each event",
    "one thread, a stack for each client",
    "callbacks as well, on a library's loop",
};
const char *const demo_clients[DEMO_CLIENTS] = {
    "A silent", "B slow", "C", "D", "E", "F", "G", "H"};

static const char *const names[DEMO_WHATS] = {
    "begins", "connects", "says", "echo", "leaves", "never", "ends"};

/* ---- in a file ----------------------------------------------------------
 */

static json_t *
write_model(const void *at)
{
    return json_string(course_models[*(const int *)at]);
}

static bool
read_model(json_t *value, void *at)
{
    const char *name = json_string_value(value);

    *(int *)at = name ? course_model(name) : -1;
    return *(int *)at != -1;
}

static json_t *
write_client(const void *at)
{
    int client = *(const int *)at;

    return client < 0 ? json_null() : json_sprintf("%c", 'A' + client);
}

static bool
read_client(json_t *value, void *at)
{
    const char *name = json_string_value(value);

    *(int *)at = name && strlen(name) == 1 ? name[0] - 'A' : -1;
    return json_is_null(value) ||
           (*(int *)at >= 0 && *(int *)at < DEMO_CLIENTS);
}

static json_t *
write_what(const void *at)
{
    return json_string(names[*(const enum demo_what *)at]);
}

static bool
read_what(json_t *value, void *at)
{
    const char *name = json_string_value(value);
    enum demo_what what = 0;

    while (name && what < DEMO_WHATS && strcmp(name, names[what]) != 0) {
        what++;
    }
    *(enum demo_what *)at = what;
    return name && what < DEMO_WHATS;
}

#define BY(name) .write = write_##name, .read = read_##name

static const struct field head_fields[] = {
    FIELD_AS("demo", demo, version, .flags = FIELD_STRICT),
    FIELD(demo, date, .flags = FIELD_STRICT),
    FIELD_AS("scenes", demo, nscenes, .flags = FIELD_STRICT),
    {0},
};

static const struct field event_fields[] = {
    FIELD(demo_event, t_ms, .flags = FIELD_STRICT),
    FIELD(demo_event, model, BY(model)),
    FIELD(demo_event, client, BY(client)),
    FIELD_AS("event", demo_event, what, BY(what)),
    {0},
};

void
demo_add(struct demo_scene *scene, double t_ms, int model, int client,
         enum demo_what what)
{
    if (scene->n < DEMO_EVENTS_MAX) {
        scene->events[scene->n++] =
            (struct demo_event){t_ms, model, client, what};
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

/* Take a line, the first one as the head; `begun` scenes have begun. False:
 * it is not what it must be there. */
static bool
take(struct demo *demo, const json_t *object, bool first, int *begun)
{
    struct demo_scene *scene = &demo->scenes[*begun > 0 ? *begun - 1 : 0];
    struct demo_event event = {0};

    if (first) {
        return !fields_read(object, head_fields, demo) &&
               demo->version == VERSION && demo->nscenes > 0 &&
               demo->nscenes <= COURSE_MODELS;
    }
    if (fields_read(object, event_fields, &event) ||
        (event.client < 0) !=
            (event.what == DEMO_BEGINS || event.what == DEMO_ENDS)) {
        return false;
    }
    if (event.what == DEMO_BEGINS) {
        if (*begun == demo->nscenes || (*begun > 0 && !has_ended(scene))) {
            return false;
        }
        scene = &demo->scenes[(*begun)++];
    } else if (scene->n == 0 || scene->n == DEMO_EVENTS_MAX ||
               has_ended(scene) || event.model != scene->events[0].model ||
               event.t_ms < scene->events[scene->n - 1].t_ms ||
               event.t_ms > DEMO_MOST_MS) {
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
    char line[LINE_BYTES];
    bool good = true;
    long number = 0;
    int begun = 0;

    if (!file) {
        return strerror(errno);
    }
    memset(demo, 0, sizeof *demo);
    errno = 0;
    while (good && fgets(line, sizeof line, file)) {
        json_t *object = json_loads(line, 0, NULL);

        number++;
        good = object && take(demo, object, number == 1, &begun);
        json_decref(object);
    }
    if (ferror(file)) {
        snprintf(problem, sizeof problem, "%s", strerror(errno));
    } else if (!good) {
        snprintf(problem, sizeof problem,
                 "line %ld is no event that could stand there; 'make demo' "
                 "writes such a file",
                 number);
    } else if (begun == 0 || begun < demo->nscenes ||
               !has_ended(&demo->scenes[begun - 1])) {
        good = false;
        snprintf(problem, sizeof problem,
                 "cut off behind line %ld; 'make demo' writes a whole one",
                 number);
    }
    good &= !ferror(file);
    fclose(file);
    return good ? NULL : problem;
}

/* ---- what they say ------------------------------------------------------
 */

bool
demo_next(struct demo_span *span, const struct demo_scene *scene, int client,
          double now_ms)
{
    if (span->end == DEMO_ENDS) {
        return false;
    }
    span->from_ms = span->to_ms;
    span->state = span->end == DEMO_SAYS       ? DEMO_WAITS
                  : span->end == DEMO_CONNECTS ? DEMO_THERE
                  : span->end == DEMO_ECHO     ? DEMO_THERE
                                               : DEMO_AWAY;
    span->end = DEMO_ENDS;
    span->to_ms = now_ms;
    for (; span->next < scene->n && span->end == DEMO_ENDS; span->next++) {
        const struct demo_event *event = &scene->events[span->next];

        if (event->t_ms > now_ms) {
            break;
        }
        /* Who says more while it waits still waits for the first of it. */
        if (event->client == client &&
            !(event->what == DEMO_SAYS && span->state == DEMO_WAITS)) {
            span->end = event->what;
            span->to_ms = event->t_ms;
        }
    }
    return true;
}

double
demo_longest(const struct demo_scene *scene, int client, double now_ms)
{
    struct demo_span span = {0};
    double longest_ms = 0;

    while (demo_next(&span, scene, client, now_ms)) {
        if (span.state == DEMO_WAITS) {
            longest_ms = span.end == DEMO_NEVER
                             ? INFINITY
                             : fmax(longest_ms, span.to_ms - span.from_ms);
        }
    }
    return longest_ms;
}

/* The sentence is coarse on purpose: whoever wants figures shall measure. */
void
demo_verdict(const struct demo_scene *scene, char text[DEMO_TEXT_BYTES])
{
    static const int round_ms[] = {1, 2, 5, 10, 20, 50, AT_ONCE_MS};
    int waited = 0, waited_long = 0, i = 0;
    char never[3 * DEMO_CLIENTS] = "";
    double longest_ms = 0;

    for (int client = 0; client < DEMO_CLIENTS; client++) {
        double wait_ms = demo_longest(scene, client, DEMO_MOST_MS);

        waited += wait_ms > AT_ONCE_MS;
        waited_long += wait_ms > LONG_MS;
        if (isinf(wait_ms)) {
            text_append(never, sizeof never, ", ", "%c", 'A' + client);
        } else {
            longest_ms = fmax(longest_ms, wait_ms);
        }
    }
    text[0] = '\0';
    if (waited == 0) {
        while (longest_ms > round_ms[i]) {
            i++;
        }
        text_append(text, DEMO_TEXT_BYTES, "",
                    "nobody waited longer than %d ms", round_ms[i]);
        return;
    }
    text_append(text, DEMO_TEXT_BYTES, "", "%d of %d waited more than %s",
                waited_long > 0 ? waited_long : waited, DEMO_CLIENTS,
                waited_long > 0 ? "1 s" : "0.1 s");
    if (longest_ms > AT_ONCE_MS) {
        text_append(text, DEMO_TEXT_BYTES, "; ",
                    "the longest wait was %.1f s", longest_ms / 1e3);
    }
    if (never[0] != '\0') {
        text_append(text, DEMO_TEXT_BYTES, "; ", "in vain: %s", never);
    }
}
