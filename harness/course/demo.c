/*
 * demo.c: the command: who waits and who is served, live. See demo.h.
 */
#include <err.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/course/demo.h"

#define READING_MS 1300 /* for what a scene has shown */
#define ALL_MODELS "blocking, threaded, selectloop, coroutine, libevent"

static const char about[] =
    "Eight clients of each server, in real time: A says nothing, B a byte at "
    "a time, the others a line. Who waits, and who is served? It is a "
    "picture and no measurement.\vWithout a terminal it is told in lines.\n\n"
    "Exit status: 0 good; 1 a server was not as it should be; 2 wrong usage; "
    "3 a file cannot be read or written, or there is nothing to show.";

static const char *names = ALL_MODELS, *replay, *svg;
static bool enter, pictures, wanted[COURSE_MODELS];
static struct demo_scene scenes[COURSE_MODELS];

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

static void
read_models(void)
{
    for (char *name = strtok(strdupa(names), " ,"); name;
         name = strtok(NULL, " ,")) {
        int model = course_model(name);

        if (model == -1) {
            flags_refuse("course demo", "models", names,
                         "some of " ALL_MODELS);
        }
        wanted[model] = true;
    }
}

/* Write a file and say where it is, behind `words`. */
static void
save(const char *path, const char *words,
     void (*write_it)(FILE *file, const struct demo_scene *scenes))
{
    FILE *file = fopen(path, "we");

    if (file) {
        write_it(file, scenes);
    }
    if (!file || (ferror(file) | fclose(file)) != 0) {
        err(COURSE_CANNOT, "%s cannot be written", path);
    }
    printf("%s%s\n", words, path);
}

/* Keep the events in build/demo, with the programs in build/bin. */
static void
save_events(void)
{
    char path[PATH_MAX], *bin = strdupa(course_bin());

    snprintf(path, sizeof path, "%s/demo", dirname(bin));
    mkdir(path, 0777);
    text_append(path, sizeof path, "/", "events.jsonl");
    save(path, "once more: make demo REPLAY=", demo_write);
}

/* Draw a scene that is known, at its own speed or told at once. */
static void
draw_again(const struct demo_scene *scene)
{
    double end_ms = pictures ? scene->events[scene->n - 1].t_ms : 0;

    for (int now_ms = 0; now_ms < end_ms; now_ms += DEMO_FRAME_MS) {
        demo_draw(scene, now_ms);
        poll(NULL, 0, DEMO_FRAME_MS);
    }
    demo_draw(scene, DEMO_MOST_MS);
}

/* Before a scene let people read; or guess, until Enter or the end of
 * standard input. */
static void
wait_for_people(const char *model)
{
    int c = '\0';

    if (!enter) {
        poll(NULL, 0, pictures ? READING_MS : 0);
        return;
    }
    printf("Enter shows %s ", model);
    fflush(stdout);
    while (c != '\n' && c != EOF) {
        c = getchar();
    }
    printf(pictures ? "\r\033[K" : "\n");
}

/* Show a scene, if there is its program. Returns the exit status. */
static int
show(int model)
{
    const char *name = course_models[model];
    char program[PATH_MAX], reason[SERVER_REASON_BYTES];

    snprintf(program, sizeof program, "%s/%s", course_bin(), name);
    if (!replay && access(program, X_OK) != 0) {
        printf("\n%s: left out, it is not built\n", name);
        return 0;
    }
    wait_for_people(name);
    printf("\n%s: %s\n", name, demo_ideas[model]);
    if (replay) {
        draw_again(&scenes[model]);
    } else if (demo_play(&scenes[model], program, reason) != 0) {
        printf("%s: %s\n", name, reason);
        return COURSE_OTHERWISE;
    }
    return 0;
}

/* Show all that are asked for, and in the end what they have shown. */
static int
show_all(void)
{
    char verdict[DEMO_TEXT_BYTES];
    int status = 0, shown = 0;

    printf("Eight clients. A says nothing, B a byte at a time; the others "
           "say a line and\nwait for its echo. Who waits, and who is "
           "served?\n");
    for (int i = 0; i < COURSE_MODELS; i++) {
        if (wanted[i] && (!replay || scenes[i].n > 0)) {
            status |= show(i);
        }
    }
    printf("\n");
    for (int i = 0; i < COURSE_MODELS; i++) {
        if (wanted[i] && scenes[i].n > 0) {
            demo_verdict(&scenes[i], verdict);
            printf("%-10s  %s\n", course_models[i], verdict);
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
    read_models();
    const char *problem = replay ? demo_load(replay, scenes) : NULL;
    if (problem) {
        errx(COURSE_CANNOT, "%s: %s", replay, problem);
    }
    if (svg && access(dirname(strdupa(svg)), W_OK) != 0) {
        err(COURSE_CANNOT, "%s cannot be written", svg);
    }
    if (!replay || !svg) {
        signals_catch(on_signal);
        pictures = demo_view_open();
        status = show_all();
    }
    if (!replay) {
        save_events();
    }
    if (svg) {
        save(svg, "open ", demo_svg);
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? status : COURSE_CANNOT;
}
