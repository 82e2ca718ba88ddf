/*
 * demo.c: the command: who waits and who is served, live. See demo.h.
 */
#include <err.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/course/demo.h"

#define READING_MS 1300 /* for what a scene has shown */

static const char about[] =
    "Eight clients of each server, in real time: A says nothing, B a byte at "
    "a time, the others a line. Who waits, and who is served? It is a "
    "picture and no measurement.\vWithout a terminal it is told in lines.\n\n"
    "Exit status: 0 good; 1 a server was not as it should be; 2 wrong usage; "
    "3 a file cannot be read or written, or there is nothing to show.";

static const char *names, *replay, *svg;
static bool enter, pictures;
static struct demo demo;
static volatile sig_atomic_t interrupted;

/* The first Ctrl-C ends the scene, the second one everything. */
static void
on_signal(int number)
{
    (void)number;
    if (interrupted) {
        demo_view_close();
        _exit(COURSE_INTERRUPTED);
    }
    interrupted = 1;
}

/* A bit for each model that is asked for; an unknown one ends the program. */
static unsigned
read_models(void)
{
    unsigned models = names ? 0 : ~0U;

    for (char *name = names ? strtok(strdupa(names), " ,") : NULL; name;
         name = strtok(NULL, " ,")) {
        if (course_model(name) == -1) {
            flags_refuse("course demo", "models", names,
                         "some of blocking, threaded, selectloop, coroutine "
                         "and libevent");
        }
        models |= 1U << course_model(name);
    }
    return models;
}

/* Write a file as a whole or not at all, and say where it is, behind `words`.
 * Returns the exit status. */
static int
save(const char *path, const char *words,
     void (*write_it)(FILE *file, const struct demo *demo))
{
    char beside[PATH_MAX] = "";

    text_append(beside, sizeof beside, "", "%s.new", path);
    FILE *file = fopen(beside, "we");
    if (file) {
        write_it(file, &demo);
    }
    if (!file || (ferror(file) | fclose(file)) != 0 ||
        rename(beside, path) != 0) {
        warn("%s cannot be written", path);
        unlink(beside);
        return COURSE_CANNOT;
    }
    printf("%s%s\n", words, path);
    return 0;
}

/* Keep the events in build/demo, with the programs in build/bin. */
static int
save_events(void)
{
    const char *bin = course_bin();
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%.*s/demo", (int)(strrchr(bin, '/') - bin),
             bin);
    mkdir(path, 0777);
    text_append(path, sizeof path, "/", "events.jsonl");
    return save(path, "once more: make demo REPLAY=", demo_write);
}

/* Draw a scene that is known, at its own speed or told at once. */
static void
draw_again(const struct demo_scene *scene)
{
    int64_t begin_ms = clock_now_ms();
    double now_ms = 0;

    while (pictures && !interrupted &&
           now_ms < scene->events[scene->n - 1].t_ms) {
        demo_draw(scene, now_ms);
        poll(NULL, 0, DEMO_FRAME_MS);
        now_ms = (double)(clock_now_ms() - begin_ms);
    }
    demo_draw(scene, DEMO_MOST_MS);
}

/* Before a scene let people read; or guess, until Enter or the end of
 * standard input. */
static void
wait_for_people(const char *model)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    char c = '\0';

    if (!enter) {
        poll(NULL, 0, pictures ? READING_MS : 0);
        return;
    }
    printf("Enter shows %s ", model);
    fflush(stdout);
    while (!interrupted && c != '\n' &&
           (poll(&in, 1, -1) != 1 || read(STDIN_FILENO, &c, 1) == 1)) {
    }
    printf(pictures ? "\r\033[K" : "\n");
}

/* Show a scene, if there is its program. Returns the exit status. */
static int
show(struct demo_scene *scene)
{
    const char *model = course_models[scene->model];
    char program[PATH_MAX], reason[SERVER_REASON_BYTES];

    snprintf(program, sizeof program, "%s/%s", course_bin(), model);
    if (!replay && access(program, X_OK) != 0) {
        printf("\n%s: left out, it is not built\n", model);
        return 0;
    }
    wait_for_people(model);
    if (replay) {
        draw_again(scene);
    } else if (demo_play(scene, program, &interrupted, demo_draw, reason)) {
        printf("%s: %s\n", model, reason);
        return COURSE_OTHERWISE;
    }
    return 0;
}

/* Show all that are asked for, of which alone something is kept. */
static int
show_all(unsigned models)
{
    int n = replay ? demo.nscenes : COURSE_MODELS, status = 0;
    char verdict[DEMO_TEXT_BYTES];

    printf("Eight clients. A says nothing, B a byte at a time; the others "
           "say a line and\nwait for its echo. Who waits, and who is "
           "served?\n");
    demo.nscenes = 0;
    for (int i = 0; i < n && !interrupted; i++) {
        struct demo_scene *scene = &demo.scenes[demo.nscenes];

        *scene = replay ? demo.scenes[i] : (struct demo_scene){.model = i};
        if (models & 1U << scene->model) {
            status |= show(scene);
            demo.nscenes += scene->n > 0;
        }
    }
    printf("\n");
    for (int i = 0; i < demo.nscenes && !interrupted; i++) {
        demo_verdict(&demo.scenes[i], verdict);
        printf("%-10s  %s\n", course_models[demo.scenes[i].model], verdict);
    }
    printf("\nA picture, not a measurement: 'make compare' measures.\n");
    fflush(stdout);
    return status;
}

int
course_demo(int argc, char **argv)
{
    static const struct flag flags[] = {
        FLAG_TEXT("models", 0, "NAMES", &names,
                  "Only these: \"blocking threaded\" (all five)"),
        FLAG_ON("pause", 0, &enter, "Wait for Enter before each scene"),
        FLAG_TEXT("replay", 0, "FILE", &replay,
                  "Draw what is in this file of events, without servers"),
        FLAG_TEXT("svg", 0, "FILE", &svg,
                  "Write one animated picture into this file; with --replay "
                  "do nothing else"),
        {0},
    };
    int status = 0;

    flags_parse("course demo", about, flags, NULL, argc, argv);
    unsigned models = read_models();
    const char *problem = replay ? demo_load(replay, &demo) : NULL;
    if (problem) {
        errx(COURSE_CANNOT, "%s: %s", replay, problem);
    }
    if (!replay || !svg) {
        signals_catch(on_signal);
        pictures = demo_view_open();
        status = show_all(models);
        demo_view_close();
    }
    if (interrupted || demo.nscenes == 0) {
        warnx(interrupted ? "interrupted, so nothing is kept"
                          : "there is nothing to show");
        return interrupted ? COURSE_INTERRUPTED : COURSE_CANNOT;
    }
    status |= replay ? 0 : save_events();
    status |= svg ? save(svg, "open ", demo_svg) : 0;
    return fflush(stdout) == 0 && !ferror(stdout) ? status : COURSE_CANNOT;
}
