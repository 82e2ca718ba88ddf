/*
 * demo.h: the demonstration: who waits and who is served, from real sockets.
 *
 * Who plays a scene makes events. Who draws it knows nothing but events, so
 * that a file of them looks as the scene itself did. It is a picture and no
 * measurement.
 */
#ifndef FIVEWAYS_COURSE_DEMO_H
#define FIVEWAYS_COURSE_DEMO_H

#include "harness/compare/server.h"
#include "harness/course/course.h"

enum {
    DEMO_CLIENTS = 8,      /* A is silent, B slow */
    DEMO_MOST_MS = 3000,   /* no scene is longer */
    DEMO_FRAME_MS = 66,    /* from one picture to the next */
    DEMO_EVENTS_MAX = 256, /* of a scene */
    DEMO_TEXT_BYTES = 80,  /* a line */
};

/* What happens to a client, and first and last to the scene. */
enum demo_what {
    DEMO_BEGINS,
    DEMO_CONNECTS,
    DEMO_SAYS,
    DEMO_ECHO, /* all that it has said is back */
    DEMO_LEAVES,
    DEMO_NEVER, /* it has waited in vain */
    DEMO_ENDS,
    DEMO_WHATS,
};

/* The scene of a model. */
struct demo_scene {
    int model; /* of course_models */
    struct demo_event {
        double t_ms;           /* since it began */
        int who;               /* 0 is A; -1: the scene */
        enum demo_what what;   /* has happened */
    } events[DEMO_EVENTS_MAX]; /* from its begin to its end */
    size_t n;                  /* how many so far */
};

/* All scenes. */
struct demo {
    int nscenes;                             /* how many there are */
    struct demo_scene scenes[COURSE_MODELS]; /* they */
};

/* "connects" ...; "A silent" ... "H"; what each model does, in a few words.
 */
extern const char *const demo_words[DEMO_WHATS];
extern const char *const demo_clients[DEMO_CLIENTS];
extern const char *const demo_ideas[COURSE_MODELS];

/* Play the scene of scene->model with a program of ours, and call `frame`
 * every DEMO_FRAME_MS or sooner, and at its end. Blocks for DEMO_MOST_MS and
 * a little. Returns 0; or -1, and in `reason` what was wrong with the server.
 */
int demo_play(struct demo_scene *scene, const char *program,
              const volatile sig_atomic_t *interrupted,
              void (*frame)(const struct demo_scene *scene, double now_ms),
              char reason[SERVER_REASON_BYTES]);

/* Write all, a line of JSON for each event. Errors are left for ferror(). */
void demo_write(FILE *file, const struct demo *demo);

/* Read that. Returns NULL, or what is wrong, to stand behind the name. */
const char *demo_load(const char *path, struct demo *demo);

/* What a client does until its next event. All zero is before the first. */
enum {
    DEMO_AWAY,
    DEMO_THERE,
    DEMO_WAITS, /* for its echo */
};
struct demo_span {
    double from_ms, to_ms; /* when */
    int does;              /* DEMO_AWAY ... */
    enum demo_what end;    /* what ends it; DEMO_ENDS: nothing so far */
    size_t next;           /* event of the scene */
};

/* Go on to its next span, as of `now_ms`. False: there is none. */
bool demo_next(struct demo_span *span, const struct demo_scene *scene,
               int who, double now_ms);

/* Write what a scene has shown: coarse, since it is no measurement. */
void demo_verdict(const struct demo_scene *scene, char text[DEMO_TEXT_BYTES]);

/* Get standard output ready for pictures, where that is a terminal with room
 * for them, else for lines; true for pictures. The second gives the terminal
 * back as it was, at any time, from a signal's handler too. */
bool demo_view_open(void);
void demo_view_close(void);

/* Draw a scene as it is then, over what was drawn of it before; or print what
 * has happened since. The first call with its end must be the last. */
void demo_draw(const struct demo_scene *scene, double now_ms);

/* Write all scenes as an SVG that moves, without a script. */
void demo_svg(FILE *file, const struct demo *demo);

#endif
