/*
 * demo.h: the demonstration: who waits and who is served, drawn from real
 * sockets. Eight clients of each model: A is silent, B slow.
 *
 * Who plays a scene makes events. Who draws it knows nothing but events, so
 * that a file of them looks as the scene itself did. It is a picture and no
 * measurement.
 *
 *   demo.c          the command
 *   demo_scene.c    plays a scene with a server
 *   demo_events.c   events in a file, and what they say
 *   demo_draw.c     draws on a terminal, or prints lines
 *   demo_svg.c      draws one animated picture of all scenes
 */
#ifndef FIVEWAYS_COURSE_DEMO_H
#define FIVEWAYS_COURSE_DEMO_H

#include <signal.h>

#include "harness/course/course.h"

enum {
    DEMO_CLIENTS = 8,
    DEMO_MOST_MS = 3000,   /* no scene is longer */
    DEMO_FRAME_MS = 66,    /* from one picture to the next */
    DEMO_EVENTS_MAX = 256, /* of a scene */
    DEMO_TEXT_BYTES = 128, /* a sentence */
};

enum demo_what {
    DEMO_BEGINS,   /* the scene */
    DEMO_CONNECTS, /* and from here on a client */
    DEMO_SAYS,
    DEMO_ECHO, /* all that it has said is back */
    DEMO_LEAVES,
    DEMO_NEVER, /* is it served */
    DEMO_ENDS,  /* the scene */
    DEMO_WHATS,
};

struct demo_event {
    double t_ms;         /* since the scene began */
    char model[16];      /* whose scene it is */
    char client[2];      /* "A" to "H", or "" */
    char word[10];       /* `what` in a file: "connects" */
    enum demo_what what; /* has happened */
};

/* The scene of a model. */
struct demo_scene {
    struct demo_event events[DEMO_EVENTS_MAX]; /* from its begin to its end */
    size_t n;                                  /* how many so far */
};

struct demo {
    int version;                             /* of the file's form */
    char date[24];                           /* of the first scene, UTC */
    int nscenes;                             /* how many there are */
    struct demo_scene scenes[COURSE_MODELS]; /* they */
};

/* "A silent" ... "H", and what a model does, in a few words. */
extern const char *const demo_clients[DEMO_CLIENTS];
const char *demo_idea(const struct demo_scene *scene);

/* Append an event, of the client `who` or, with -1, of the scene. */
void demo_add(struct demo_scene *scene, double t_ms, const char *model,
              int who, enum demo_what what);

/* Play a scene with a server, which is started and stopped, and call `frame`
 * every DEMO_FRAME_MS, and at its end. Blocks for DEMO_MOST_MS and a little.
 * Returns 0; or -1, and in `reason` what was wrong with the server. */
int demo_play(struct demo_scene *scene, const char *model,
              const volatile sig_atomic_t *interrupted,
              void (*frame)(const struct demo_scene *scene, double now_ms),
              char reason[DEMO_TEXT_BYTES]);

/* Write all, a line of JSON for each event. Errors are left for ferror(). */
void demo_write(FILE *file, const struct demo *demo);

/* Read that. Returns NULL, or what is wrong: a phrase to stand behind its
 * name. */
const char *demo_load(const char *path, struct demo *demo);

/* What a client does until its next event. All zero is before the first. */
struct demo_span {
    double from_ms, to_ms; /* when */
    enum {
        DEMO_AWAY,
        DEMO_THERE,
        DEMO_WAITS
    } does;             /* waits for its echo */
    enum demo_what end; /* with which it ends; DEMO_ENDS: it goes on */
    size_t next;        /* event of the scene */
};

/* Go on to the next span of a client, as of `now_ms`. False: none is left. */
bool demo_next(struct demo_span *span, const struct demo_scene *scene,
               int who, double now_ms);

/* The longest wait of a client so far, in ms; INFINITY: in vain. */
double demo_longest(const struct demo_scene *scene, int who, double now_ms);

/* Write in a sentence what a scene has shown. It is coarse on purpose: who
 * wants figures shall measure. */
void demo_verdict(const struct demo_scene *scene, char text[DEMO_TEXT_BYTES]);

/* Get standard output ready: for pictures, and then true, where that is a
 * terminal with room for them; else for lines. The second gives the terminal
 * back as it was, at any time, from a signal's handler too. */
bool demo_view_open(void);
void demo_view_close(void);

/* Draw a scene as it is then, in the place where it was drawn before; or
 * print what has happened since. The first call with its end is the last. */
void demo_draw(const struct demo_scene *scene, double now_ms);

/* Write all scenes as an SVG that moves without a script. */
void demo_svg(FILE *file, const struct demo *demo);

#endif
