/*
 * demo.h: the demonstration: who waits and who is served, from real sockets.
 *
 * A scene is a list of events, and who draws it knows nothing else, so that
 * a file of them looks as the scene itself did.
 */
#ifndef FIVEWAYS_COURSE_DEMO_H
#define FIVEWAYS_COURSE_DEMO_H

#include "harness/base/models.h"
#include "harness/compare/server.h"
#include "harness/course/course.h"

enum {
    DEMO_CLIENTS = 8,      /* A is silent, B slow */
    DEMO_MOST_MS = 3000,   /* no scene is longer */
    DEMO_FRAME_MS = 60,    /* from one picture, or client, to the next */
    DEMO_EVENTS_MAX = 256, /* of a scene, which cannot have so many */
};

/* What a client does, from then on. */
enum demo_what {
    DEMO_LEAVES,
    DEMO_CONNECTS,
    DEMO_SAYS,
    DEMO_ECHO,  /* all that it has said is back */
    DEMO_NEVER, /* it leaves, and has waited in vain */
    DEMO_WHATS,
};

/* The scene of a model. */
struct demo_scene {
    struct demo_event {
        double t_ms;         /* since it began */
        int who;             /* 0 is A */
        enum demo_what what; /* has happened */
    } events[DEMO_EVENTS_MAX];
    size_t n; /* how many so far; of one that is not shown 0 */
};

extern const char *const demo_words[DEMO_WHATS];     /* "leaves" ... */
extern const char *const demo_clients[DEMO_CLIENTS]; /* "A silent" ... "H" */

/* Play and draw a scene, empty so far, with a program of ours. Blocks for
 * DEMO_MOST_MS and a little. Returns 0; or -1, and in `reason` what was wrong
 * with the server. */
int demo_play(struct demo_scene *empty, const char *program,
              char reason[SERVER_REASON_BYTES]);

/* What a scene has shown, coarsely. Stays until the next call. */
const char *demo_verdict(const struct demo_scene *scene);

/* Get standard output ready for pictures, where that is a terminal with room
 * for them, else for lines; true for pictures. The second gives the terminal
 * back as it was, at any time, from a signal's handler too. */
bool demo_view_open(void);
void demo_view_close(void);

/* Draw a scene as it is then, over what was drawn of it before; or print what
 * has happened since. At DEMO_MOST_MS, and not before, it is over. */
void demo_draw(const struct demo_scene *scene, double now_ms);

/* Write all scenes as an SVG that moves, without a script. */
void demo_svg(FILE *file, const struct demo_scene scenes[MODELS_COUNT]);

#endif
