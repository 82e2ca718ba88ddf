/*
 * demo.c: who waits and who is served, live. See demo.h.
 */
#include <err.h>
#include <errno.h>
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
    READING_MS = 1300, /* to read what a scene has shown */
    INTERRUPTED = 130, /* exit status, as of a shell's */
};

static const char about[] =
    "Eight clients of each server, in real time: A says nothing, B says a "
    "byte at a time, and the others say a line and wait for its echo. Who "
    "waits, and who is served?\vWithout a terminal it is told in lines. It "
    "is a picture and no measurement; 'make compare' measures.\n\n"
    "Exit status: 0 good; 1 a server was not as it should be; 2 wrong usage; "
    "3 a file cannot be read or written, or there is nothing to show.";

static volatile sig_atomic_t interrupted;

/* The first Ctrl-C ends the scene, the second one all. */
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

/* ---- files --------------------------------------------------------------
 *
 * Each is written beside its place, and gets there when it is whole.
 */

struct output {
    char path[PATH_MAX];   /* its place, or "": there is none */
    char beside[PATH_MAX]; /* where it is written */
    FILE *file;            /* open from the start, so that what cannot be
                            * written is known before anything is shown */
};

static void
output_open(struct output *output, const char *path)
{
    struct stat there;
    int n = snprintf(output->beside, PATH_MAX, "%s.new", path);

    snprintf(output->path, PATH_MAX, "%s", path);
    if (lstat(path, &there) == 0 && !S_ISREG(there.st_mode)) {
        errx(COURSE_CANNOT, "%s: what is there is no file; name another one",
             path);
    }
    output->file = n < PATH_MAX ? fopen(output->beside, "we") : NULL;
    if (!output->file) {
        err(COURSE_CANNOT, "%s cannot be written", path);
    }
}

/* Write it, or with NULL drop it. Returns the exit status. */
static int
output_close(struct output *output, const struct demo *demo,
             void (*write)(FILE *file, const struct demo *demo))
{
    int status = 0;

    if (!output->file) {
        return 0;
    }
    if (write) {
        write(output->file, demo);
    }
    status = ferror(output->file) ? -1 : 0;
    status |= fclose(output->file);
    if (write && status == 0) {
        status = rename(output->beside, output->path);
    }
    if (write && status != 0) {
        warn("%s cannot be written", output->path);
    }
    if (!write || status != 0) {
        unlink(output->beside);
    }
    return write && status != 0 ? COURSE_CANNOT : 0;
}

/* build/demo/events.jsonl, with the programs in build/bin. */
static void
open_events(struct output *output)
{
    const char *bin = course_bin(), *slash = strrchr(bin, '/');
    char path[PATH_MAX];
    int length = slash ? (int)(slash - bin) : 0;

    snprintf(path, sizeof path, "%.*s/demo", length, bin);
    mkdir(path, 0777);
    text_append(path, sizeof path, "/", "events.jsonl");
    output_open(output, path);
}

/* ---- scenes -------------------------------------------------------------
 */

/* Draw what is known in advance: at its own speed, or told at once. */
static void
draw_again(const struct demo_scene *scene, bool pictures)
{
    int64_t begin_ns = clock_now_ns();
    double now_ms = pictures ? 0 : DEMO_MOST_MS;
    double end_ms = scene->events[scene->n - 1].t_ms;

    for (; now_ms < end_ms && !interrupted;
         now_ms = (double)(clock_now_ns() - begin_ns) / NS_PER_MS) {
        demo_draw(scene, now_ms);
        poll(NULL, 0, (int)fmin(end_ms - now_ms + 1, DEMO_FRAME_MS));
    }
    if (!interrupted) {
        demo_draw(scene, DEMO_MOST_MS);
    }
}

/* Let people read, or have them press Enter: what comes next they may want to
 * guess. The end of standard input is an Enter. */
static void
wait_between(int model, bool enter, bool pictures)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    char c = '\0';

    if (!enter) {
        poll(NULL, 0, pictures ? READING_MS : 0);
        return;
    }
    printf("Enter: %s, %s ", course_models[model], demo_ideas[model]);
    fflush(stdout);
    while (!interrupted && c != '\n' &&
           (poll(&in, 1, -1) != 1 || read(STDIN_FILENO, &c, 1) == 1)) {
    }
    printf(pictures ? "\r\033[K" : "\n");
}

/* Show the scenes of these models, played, or with `again` from there. Those
 * that were shown are then in `demo`. Returns the exit status. */
static int
show(struct demo *demo, const struct demo *again, unsigned models, bool enter,
     bool pictures)
{
    int status = 0;
    time_t now = time(NULL);

    strftime(demo->date, sizeof demo->date, "%FT%TZ", gmtime(&now));
    printf("Eight clients. A says nothing, B a byte at a time; the others "
           "say a line and\nwait for its echo. Who waits, and who is "
           "served?\n");
    for (int i = 0, n = again ? again->nscenes : COURSE_MODELS;
         i < n && !interrupted; i++) {
        struct demo_scene *scene = &demo->scenes[demo->nscenes];
        int model = again ? again->scenes[i].events[0].model : i;
        char reason[DEMO_TEXT_BYTES];

        if ((models & 1U << model) == 0) {
            continue;
        }
        if (enter || demo->nscenes > 0) {
            wait_between(model, enter, pictures);
        }
        if (again) {
            *scene = again->scenes[i];
            draw_again(scene, pictures);
        } else if (demo_play(scene, model, &interrupted, demo_draw, reason,
                             sizeof reason) != 0 &&
                   !interrupted) {
            printf("%s: %s\n", course_models[model], reason);
            status = COURSE_OTHERWISE;
        }
        demo->nscenes += scene->n > 0;
    }
    return interrupted ? INTERRUPTED : status;
}

static void
sum_up(const struct demo *demo)
{
    char verdict[DEMO_TEXT_BYTES];

    printf("\n");
    for (int i = 0; i < demo->nscenes; i++) {
        demo_verdict(&demo->scenes[i], verdict);
        printf("%-10s  %s\n", course_models[demo->scenes[i].events[0].model],
               verdict);
    }
    printf("A picture, not a measurement: 'make compare' measures.\n");
}

/* ---- the command --------------------------------------------------------
 */

/* A bit for each model that is named; ends the program at an unknown one. */
static unsigned
read_models(const char *names)
{
    unsigned models = names ? 0 : (1U << COURSE_MODELS) - 1;
    char *rest = names ? strdup(names) : NULL;
    char *all = rest, *name;

    while ((name = strsep(&rest, " ,")) != NULL) {
        int model = course_model(name);

        if (name[0] != '\0' && model == -1) {
            flags_refuse("course demo", "models", names,
                         "blocking, threaded, selectloop, coroutine or "
                         "libevent, or several of them");
        }
        models |= name[0] != '\0' ? 1U << model : 0;
    }
    free(all);
    return models;
}

int
course_demo(int argc, char **argv)
{
    static struct demo demo, again;
    static struct output events, svg;
    const char *names = NULL, *replay = NULL, *svg_path = NULL;
    const char *problem;
    bool enter = false, pictures;
    int status;
    const struct flag flags[] = {
        FLAG_TEXT("models", 0, "NAMES", &names,
                  "Only these: \"blocking threaded\" (all five)"),
        FLAG_ON("pause", 0, &enter, "Wait for Enter before each scene"),
        FLAG_TEXT("replay", 0, "FILE", &replay,
                  "Draw what is in this file of events, without servers"),
        FLAG_TEXT("svg", 0, "FILE", &svg_path,
                  "Write one animated picture of all scenes into this file; "
                  "with --replay do nothing else"),
        {0},
    };

    flags_parse("course demo", about, flags, NULL, argc, argv);
    unsigned models = read_models(names);
    problem = replay ? demo_load(replay, &again) : NULL;
    if (problem) {
        errx(COURSE_CANNOT, "%s: %s", replay, problem);
    }
    if (svg_path) {
        output_open(&svg, svg_path);
    }
    if (svg_path && replay) {
        return output_close(&svg, &again, demo_svg);
    }
    if (!replay) {
        open_events(&events);
    }
    signals_catch(on_signal);
    pictures = demo_view_open();
    status = show(&demo, replay ? &again : NULL, models, enter, pictures);
    if (!interrupted && demo.nscenes > 0) {
        sum_up(&demo);
        if (!replay) {
            printf("Again: make demo REPLAY=%s\n", events.path);
        }
    }
    fflush(stdout);
    demo_view_close();
    bool keep = status != INTERRUPTED && demo.nscenes > 0;
    int kept = output_close(&events, &demo, keep ? demo_write : NULL) |
               output_close(&svg, &demo, keep ? demo_svg : NULL);
    return kept                               ? kept
           : demo.nscenes == 0 && status == 0 ? COURSE_CANNOT
                                              : status;
}
