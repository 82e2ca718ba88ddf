/*
 * demo.h: the demonstration, within its files: eight clients, one of whom is
 * silent and one slow, with each model; who waits and who is served.
 *
 * Whatever happens is an event. Who plays the scene makes events; who draws
 * it reads them and knows nothing else, so that a file of them is drawn as
 * the scene itself was. It is a picture and no measurement.
 *
 *   demo.c          the command
 *   demo_scene.c    plays a scene with a server
 *   demo_events.c   events in a file; what they say
 *   demo_draw.c     draws them on a terminal, or as lines
 *   demo_svg.c      draws them as one animated picture
 */
#ifndef FIVEWAYS_COURSE_DEMO_H
#define FIVEWAYS_COURSE_DEMO_H

#include <signal.h>

#include "harness/course/course.h"

enum {
    DEMO_CLIENTS = 8,      /* A, who is silent; B, who is slow; C to H */
    DEMO_MOST_MS = 3000,   /* no scene is longer */
    DEMO_EVENTS_MAX = 256, /* of a scene */
    DEMO_DATE_BYTES = 24,  /* "2026-11-28T17:30:00Z" */
    DEMO_TEXT_BYTES = 128, /* a sentence */
    DEMO_FRAME_MS = 66,    /* from one picture to the next */
};

enum demo_what {
    DEMO_BEGINS, /* the scene */
    DEMO_CONNECTS,
    DEMO_SAYS, /* a line, or a byte of one */
    DEMO_ECHO, /* all that it has said is back */
    DEMO_LEAVES,
    DEMO_NEVER, /* it has waited in vain */
    DEMO_ENDS,  /* the scene */
    DEMO_WHATS,
};

struct demo_event {
    double t_ms;         /* since the scene began */
    int model;           /* of course_models */
    int client;          /* 0 is A; -1: the scene itself */
    enum demo_what what; /* has happened */
};

/* One model's scene. The first event is its begin, the last one its end. */
struct demo_scene {
    struct demo_event events[DEMO_EVENTS_MAX]; /* by their time */
    size_t n;                                  /* how many there are so far */
};

/* All scenes. */
struct demo {
    int version;                             /* of the file's form */
    char date[DEMO_DATE_BYTES];              /* when they were played, UTC */
    int nscenes;                             /* how many are to be there */
    struct demo_scene scenes[COURSE_MODELS]; /* they */
};

/* What each model does, in a few words; "A silent" ... "H". */
extern const char *const demo_ideas[COURSE_MODELS];
extern const char *const demo_clients[DEMO_CLIENTS];

/* ---- a scene (demo_scene.c) ---------------------------------------------
 */

/* Play it with a server, which is started and stopped, and call `frame` each
 * time that something has changed or DEMO_FRAME_MS are over. Blocks for
 * DEMO_MOST_MS and a little. Returns 0; or -1, and in `reason` what was wrong
 * with the server, a phrase, or "" if it was interrupted. */
int demo_play(struct demo_scene *scene, int model,
              const volatile sig_atomic_t *interrupted,
              void (*frame)(const struct demo_scene *scene, double now_ms),
              char *reason, size_t reason_bytes);

/* ---- events (demo_events.c) ---------------------------------------------
 */

/* Append one; none where there is no room. */
void demo_add(struct demo_scene *scene, double t_ms, int model, int client,
              enum demo_what what);

/* Write all scenes, a line of JSON for each event. Errors are left for
 * ferror(). */
void demo_write(FILE *file, const struct demo *demo);

/* Read such a file. Returns NULL, or what is wrong with it: a phrase to stand
 * behind its name, until the next call. */
const char *demo_load(const char *path, struct demo *demo);

/* What a client does from one of its events to the next. All zero is before
 * the first one. */
struct demo_span {
    double from_ms, to_ms; /* when */
    enum {
        DEMO_AWAY,      /* not yet or no more connected */
        DEMO_THERE,     /* connected; nothing is due to it */
        DEMO_WAITS,     /* for its echo */
    } state;            /* what it does */
    enum demo_what end; /* what ends that; DEMO_ENDS: nothing up to now */
    size_t next;        /* event of the scene */
};

/* Go on to the next one, as of `now_ms`. False: there is none. */
bool demo_next(struct demo_span *span, const struct demo_scene *scene,
               int client, double now_ms);

/* The longest wait of a client so far, in ms; INFINITY: one in vain. */
double demo_longest(const struct demo_scene *scene, int client,
                    double now_ms);

/* Write a sentence: what a scene has shown. */
void demo_verdict(const struct demo_scene *scene, char text[DEMO_TEXT_BYTES]);

/* ---- drawn (demo_draw.c; demo_svg.c) ------------------------------------
 */

/* Get standard output ready: pictures where that is a terminal with room for
 * them, else lines; true for pictures. The second gives the terminal back as
 * it was, and may be called at any time, by a signal's handler too. */
bool demo_view_open(void);
void demo_view_close(void);

/* Draw a scene as it is at that time, in the place where it was drawn before;
 * as lines: print what has happened since. The frame that has its end is its
 * last one. */
void demo_draw(const struct demo_scene *scene, double now_ms);

/* Write all scenes as one animated SVG that needs no script, and that shows
 * all of them where nothing moves. */
void demo_svg(FILE *file, const struct demo *demo);

#endif
