/*
 * demo.c: the command: who waits and who is served, live. See demo.h.
 */
#include <err.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "harness/course/demo.h"

enum {
    READING_MS = 1300, /* for what a scene has shown */
    INTERRUPTED = 130, /* exit status */
};

static const char about[] =
    "Eight clients of each server, in real time: A says nothing, B says a "
    "byte at a time, and the others say a line and wait for its echo. Who "
    "waits, and who is served?\vWithout a terminal it is told in lines. It "
    "is a picture and no measurement; 'make compare' measures.\n\n"
    "Exit status: 0 good; 1 a server was not as it should be; 2 wrong usage; "
    "3 a file cannot be read or written, or there is nothing to show.";

static const char *replay;
static bool enter;
static bool pictures;
static struct demo demo;
static volatile sig_atomic_t interrupted;

/* The first Ctrl-C ends the scene, the second one everything. */
static void
on_signal(int number)
{
    (void)number;
    if (interrupted) {
        demo_view_close();
        _exit(INTERRUPTED);
    }
    interrupted = 1;
}

/* A bit for each model that is named; an unknown one ends the program. */
static unsigned
read_models(const char *names)
{
    unsigned models = 0;
    char *rest = names ? strdupa(names) : NULL, *name;

    while ((name = strsep(&rest, " ,")) != NULL) {
        int model = course_model(name);

        if (name[0] != '\0' && model == -1) {
            flags_refuse("course demo", "models", names,
                         "some of blocking, threaded, selectloop, coroutine "
                         "and libevent");
        }
        models |= name[0] != '\0' ? 1U << model : 0;
    }
    return names ? models : ~0U;
}

/* Write a file as a whole or not at all. Returns the exit status. */
static int
save(const char *path, void (*write_it)(FILE *file, const struct demo *demo))
{
    char beside[PATH_MAX] = "";
    struct stat there;
    FILE *file;
    bool good;

    if (lstat(path, &there) == 0 && !S_ISREG(there.st_mode)) {
        warnx("%s: what is there is no file; name another one", path);
        return COURSE_CANNOT;
    }
    text_append(beside, sizeof beside, "", "%s.new", path);
    file = fopen(beside, "we");
    if (file) {
        write_it(file, &demo);
    }
    good = file && !ferror(file);
    good = file && fclose(file) == 0 && good && rename(beside, path) == 0;
    if (!good) {
        warn("%s cannot be written", path);
        unlink(beside);
    }
    return good ? 0 : COURSE_CANNOT;
}

/* Draw what is known in advance, at its own speed or told at once. */
static void
draw_again(const struct demo_scene *scene)
{
    int64_t begin_ns = clock_now_ns();
    double now_ms = pictures ? 0 : DEMO_MOST_MS;
    double end_ms = scene->events[scene->n - 1].t_ms;

    while (now_ms < end_ms && !interrupted) {
        demo_draw(scene, now_ms);
        poll(NULL, 0, (int)fmin(end_ms - now_ms + 1, DEMO_FRAME_MS));
        now_ms = (double)(clock_now_ns() - begin_ns) / NS_PER_MS;
    }
    if (!interrupted) {
        demo_draw(scene, DEMO_MOST_MS);
    }
}

/* Before a scene let people read; or guess, until Enter or the end of
 * standard input. */
static void
wait_for_people(const char *model, bool first)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    char c = '\0';

    if (!enter) {
        poll(NULL, 0, pictures && !first ? READING_MS : 0);
        return;
    }
    printf("Enter shows %s ", model);
    fflush(stdout);
    while (!interrupted && c != '\n' &&
           (poll(&in, 1, -1) != 1 || read(STDIN_FILENO, &c, 1) == 1)) {
    }
    printf(pictures ? "\r\033[K" : "\n");
}

static void
sum_up(void)
{
    char verdict[DEMO_TEXT_BYTES];

    printf("\n");
    for (int i = 0; i < demo.nscenes; i++) {
        demo_verdict(&demo.scenes[i], verdict);
        printf("%-10s  %s\n", demo.scenes[i].events[0].model, verdict);
    }
    printf("A picture, not a measurement: 'make compare' measures.\n");
}

/* Play a scene of each of these models, or draw those there are. Returns the
 * exit status. */
static int
show(unsigned models)
{
    int status = 0, n = replay ? demo.nscenes : COURSE_MODELS;

    printf("Eight clients. A says nothing, B a byte at a time; the others "
           "say a line and\nwait for its echo. Who waits, and who is "
           "served?\n");
    for (int i = 0; i < n && !interrupted; i++) {
        struct demo_scene *scene = &demo.scenes[replay ? i : demo.nscenes];
        const char *model =
            replay ? scene->events[0].model : course_models[i];
        char reason[DEMO_TEXT_BYTES], path[PATH_MAX];

        snprintf(path, sizeof path, "%s/%s", course_bin(), model);
        if (!replay && (models & 1U << i) == 0) {
            continue;
        } else if (!replay && access(path, X_OK) != 0) {
            printf("\n%s: left out, it is not built\n", model);
            continue;
        }
        wait_for_people(model, i == 0);
        if (replay) {
            draw_again(scene);
        } else if (demo_play(scene, model, &interrupted, demo_draw, reason) !=
                       0 &&
                   !interrupted) {
            printf("%s: %s\n", model, reason);
            status = COURSE_OTHERWISE;
        }
        demo.nscenes += !replay && scene->n > 0;
    }
    if (!interrupted) {
        sum_up();
    }
    return status;
}

/* Keep them in build/demo, with the programs in build/bin. */
static int
keep_events(void)
{
    char folder[PATH_MAX], path[PATH_MAX];
    time_t now = time(NULL);
    int status;

    strftime(demo.date, sizeof demo.date, "%FT%TZ", gmtime(&now));
    snprintf(folder, sizeof folder, "%s/../demo", course_bin());
    mkdir(folder, 0777);
    if (!realpath(folder, path)) {
        snprintf(path, sizeof path, "%s", folder);
    }
    text_append(path, sizeof path, "/", "events.jsonl");
    status = save(path, demo_write);
    printf(status == 0 ? "Once more: make demo REPLAY=%s\n" : "", path);
    return status;
}

/* Read the scenes of these models; what is wrong ends the program. */
static void
load(unsigned models)
{
    const char *problem = demo_load(replay, &demo);
    int n = 0;

    if (problem) {
        errx(COURSE_CANNOT, "%s: %s", replay, problem);
    }
    for (int i = 0; i < demo.nscenes; i++) {
        if (models & 1U << course_model(demo.scenes[i].events[0].model)) {
            demo.scenes[n++] = demo.scenes[i];
        }
    }
    demo.nscenes = n;
}

int
course_demo(int argc, char **argv)
{
    const char *names = NULL, *svg = NULL;
    const struct flag flags[] = {
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
    unsigned models = read_models(names);
    if (replay) {
        load(models);
    }
    if (!replay || !svg) {
        signals_catch(on_signal);
        pictures = demo_view_open();
        status = show(models);
        fflush(stdout);
        demo_view_close();
    }
    if (interrupted || demo.nscenes == 0) {
        warnx(interrupted ? "interrupted, so nothing is kept"
                          : "there is no scene of these models");
        return interrupted ? INTERRUPTED : COURSE_CANNOT;
    }
    if (!replay) {
        status |= keep_events();
    }
    return svg ? status | save(svg, demo_svg) : status;
}
