/*
 * demo.c: the command, and events in a file. See demo.h.
 */
#include <err.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "harness/course/demo.h"

#define READING_MS 1300 /* for what a scene has shown */

static const char about[] =
    "Eight clients of each server, in real time: A says nothing, B a byte at "
    "a time, the others a line. Who waits, and who is served? It is a "
    "picture and no measurement.\vWithout a terminal it is told in lines.\n\n"
    "Exit status: 0 good; 1 a server was not as it should be; 2 wrong usage; "
    "3 a file cannot be read or written, or there is nothing to show.";

static const char *names = MODEL_NAMES, *replay, *svg;
static bool enter, pictures;
static struct demo_scene scenes[MODELS_COUNT];

/* A server that runs is ended by its keeper. */
static void
on_signal(int number)
{
    static const char words[] =
        "course demo: interrupted, so nothing is kept\n";

    (void)number;
    demo_view_close();
    _exit(write(STDERR_FILENO, words, sizeof words - 1) > 0
              ? COURSE_INTERRUPTED
              : COURSE_CANNOT);
}

/* The last line is the end, so that a file that was cut off anywhere is known
 * to be. */
static void
write_events(FILE *file)
{
    for (int i = 0; i < MODELS_COUNT; i++) {
        for (size_t j = 0; j < scenes[i].n; j++) {
            const struct demo_event *event = &scenes[i].events[j];

            fprintf(file,
                    "{\"t_ms\":%.3f,\"model\":\"%s\",\"client\":\"%c\","
                    "\"event\":\"%s\"}\n",
                    event->t_ms, known_models[i].name, 'A' + event->who,
                    demo_words[event->what]);
        }
    }
    fputs("{\"end\":true}\n", file);
}

/* Take an event. False: it cannot be. */
static bool
take(json_t *object)
{
    const char *name, *client, *word;
    struct demo_event event = {0};

    if (json_unpack(object, "{s:F, s:s, s:s, s:s}", "t_ms", &event.t_ms,
                    "model", &name, "client", &client, "event", &word) != 0) {
        return false;
    }
    int model = model_index(name);
    event.who = client[0] - 'A';
    while (event.what < DEMO_WHATS &&
           strcmp(word, demo_words[event.what]) != 0) {
        event.what++;
    }
    if (model == -1 || event.who < 0 || event.who >= DEMO_CLIENTS ||
        event.what == DEMO_WHATS || event.t_ms < 0 ||
        event.t_ms > DEMO_MOST_MS || scenes[model].n == DEMO_EVENTS_MAX) {
        return false;
    }
    scenes[model].events[scenes[model].n++] = event;
    return true;
}

/* What is wrong ends the program. A line is read into an array: a strange
 * file takes no more memory than ours. */
static void
read_events(const char *path)
{
    FILE *file = fopen(path, "re");
    bool good = true, whole = false;
    char line[256];
    int number = 0;

    if (!file) {
        err(COURSE_CANNOT, "%s", path);
    }
    while (good && fgets(line, sizeof line, file)) {
        json_t *object = json_loads(line, 0, NULL);

        number++;
        good = !whole && (take(object) || json_object_get(object, "end"));
        whole = json_object_get(object, "end");
        json_decref(object);
    }
    if (!good || !whole) {
        errx(COURSE_CANNOT,
             feof(file) ? "%s: cut off at line %d; 'make demo' writes a "
                          "whole one"
                        : "%s: line %d is not what 'make demo' writes there",
             path, number);
    }
    fclose(file);
}

/* Show a scene, if there is its program. Returns the exit status. */
static int
show(int model)
{
    const char *name = known_models[model].name;
    struct demo_scene *scene = &scenes[model];
    char program[PATH_MAX], reason[SERVER_REASON_BYTES];

    PUT(program, "%s/%s", course_bin(), name);
    if (!replay && access(program, X_OK) != 0) {
        printf("\n%s: left out, it is not built\n", name);
        return 0;
    }
    if (enter) {
        printf("Enter shows %s ", name);
        fflush(stdout);
        for (int c = 0; c != '\n' && c != EOF; c = getchar()) {
        }
        printf(pictures ? "\r\033[K" : "\n");
    } else if (pictures) {
        poll(NULL, 0, READING_MS);
    }
    printf("\n%s: %s\n", name, known_models[model].idea);
    if (replay) { /* at its own speed, or told at once */
        double end_ms = pictures ? scene->events[scene->n - 1].t_ms : 0;

        for (int now_ms = 0; now_ms < end_ms; now_ms += DEMO_FRAME_MS) {
            demo_draw(scene, now_ms);
            poll(NULL, 0, DEMO_FRAME_MS);
        }
        demo_draw(scene, DEMO_MOST_MS);
    } else if (demo_play(scene, program, reason) != 0) {
        printf("%s: %s\n", name, reason);
        return COURSE_OTHERWISE;
    }
    return 0;
}

/* Show all that are asked for, and in the end what they have shown. */
static int
show_all(void)
{
    int status = 0, shown = 0;

    printf("Eight clients. A says nothing, B a byte at a time; the others "
           "say a line and\nwait for its echo. Who waits, and who is "
           "served?\n");
    for (int i = 0; i < MODELS_COUNT; i++) {
        if (names_have(names, known_models[i].name) &&
            (!replay || scenes[i].n > 0)) {
            status |= show(i);
        }
    }
    printf("\n");
    for (int i = 0; i < MODELS_COUNT; i++) {
        if (names_have(names, known_models[i].name) && scenes[i].n > 0) {
            printf("%-10s  %s\n", known_models[i].name,
                   demo_verdict(&scenes[i]));
            shown++;
        }
    }
    printf("\nA picture, not a measurement: 'make compare' measures.\n");
    fflush(stdout);
    demo_view_close();
    if (shown == 0) {
        errx(COURSE_CANNOT, "there is nothing to show");
    }
    return status;
}

/* What was written is whole; say where it is, behind `words`. */
static void
saved(FILE *file, const char *words, const char *path)
{
    if ((ferror(file) | fclose(file)) != 0) {
        err(COURSE_CANNOT, "%s cannot be written", path);
    }
    printf("%s%s\n", words, path);
}

int
course_demo(int argc, char **argv)
{
    static const struct flag flags[] = {
        FLAG_TEXT("models", 0, "NAMES", &names,
                  "Only these: \"blocking threaded\" (all)"),
        FLAG_ON("pause", 0, &enter, "Wait for Enter before each scene"),
        FLAG_TEXT("replay", 0, "FILE", &replay,
                  "Draw what is in this file of events, without servers"),
        FLAG_TEXT("svg", 0, "FILE", &svg,
                  "Write one animated picture into this file; with --replay "
                  "do nothing else"),
        {0},
    };
    char path[CHILD_LINE_BYTES];
    int status = 0;

    flags_parse("course demo", about, flags, NULL, argc, argv);
    flags_check_names("models", names, &(MODEL_NAMES)[1]);
    if (replay) {
        read_events(replay);
    }
    FILE *picture = svg ? fopen(svg, "we") : NULL;
    if (svg && !picture) {
        err(COURSE_CANNOT, "%s cannot be written", svg);
    }
    if (!replay || !svg) {
        course_begin();
        signals_catch(on_signal);
        pictures = demo_view_open();
        status = show_all();
    }
    if (!replay) {
        FILE *file = course_file("demo.jsonl", "we", path);
        write_events(file);
        saved(file, "once more: make demo REPLAY=", path);
    }
    if (svg) {
        demo_svg(picture, scenes);
        saved(picture, "open ", svg);
    }
    return status;
}
