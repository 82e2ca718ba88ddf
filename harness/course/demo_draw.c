/*
 * demo_draw.c: a scene on a terminal, or as lines. See demo.h.
 *
 * A picture is drawn again and again in its place, which stays within 80
 * columns, and the last one stays on the screen. Only what is needed for that
 * is changed of the terminal: no cursor, no line is broken, what is typed is
 * not shown, and nothing but Ctrl-C ends the program.
 */
#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "harness/course/demo.h"
#include "harness/load/load.h"

enum {
    CELLS = 60,       /* of the axis of time */
    TICK_CELLS = 20,  /* from one of its words to the next */
    WIDTH_LEAST = 80, /* of the terminal */
    HEIGHT_LEAST = 16,
    AT_ONCE_MS = 10, /* such a wait is none, in words */
    SHOWN_MS = 100,  /* such a one is, in a picture */
};

/* What a cell shows. */
enum sign {
    SIGN_AWAY,
    SIGN_THERE,
    SIGN_WAITS,
    SIGN_ECHO,
    SIGN_NEVER,
    SIGNS
};
static const struct {
    const char *utf8, *ascii; /* how it looks */
    const char *colour;       /* beside that */
} signs[SIGNS] = {
    [SIGN_AWAY] = {" ", " ", ""},
    [SIGN_THERE] = {"─", "-", ""},
    [SIGN_WAITS] = {"░", ":", "\033[33m"},
    [SIGN_ECHO] = {"█", "#", "\033[32m"},
    [SIGN_NEVER] = {"x", "x", "\033[31m"},
};

/* Where it is drawn. */
static struct {
    volatile sig_atomic_t ours; /* the terminal is as we need it */
    struct termios before;      /* as it was */
    bool pictures;              /* else lines */
    bool utf8, colour;          /* it has these */
    int height;                 /* of the picture that is there; 0: none */
    size_t told;                /* events that are lines by now */
} view;

/* ---- the terminal -------------------------------------------------------
 */

/* Who is in the background may not change it. */
static bool
takes_pictures(void)
{
    struct winsize size = {0};

    if (!is_terminal(stdout) || tcgetpgrp(STDOUT_FILENO) != getpgrp() ||
        tcgetattr(STDOUT_FILENO, &view.before) != 0) {
        return false;
    }
    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    /* One that does not know its size has room. */
    if (size.ws_col > 0 &&
        (size.ws_col < WIDTH_LEAST || size.ws_row < HEIGHT_LEAST)) {
        fprintf(stderr,
                "course demo: pictures take a terminal of %d x %d, and this "
                "one has %d x %d; here are lines instead\n",
                WIDTH_LEAST, HEIGHT_LEAST, size.ws_col, size.ws_row);
        return false;
    }
    return true;
}

bool
demo_view_open(void)
{
    static char buffer[1 << 14];

    view.pictures = takes_pictures();
    view.colour = wants_colour(stdout);
    view.utf8 =
        setlocale(LC_CTYPE, "") && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    if (view.pictures) {
        struct termios wanted = view.before;

        wanted.c_lflag &= ~(tcflag_t)ECHO;
        wanted.c_cc[VSUSP] = wanted.c_cc[VQUIT] = _POSIX_VDISABLE;
        view.ours = true;
        tcsetattr(STDOUT_FILENO, TCSADRAIN, &wanted);
        /* A frame is one write. */
        setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
        fputs("\033[?25l\033[?7l", stdout);
    }
    return view.pictures;
}

void
demo_view_close(void)
{
    static const char words[] = "\033[0m\033[?7h\033[?25h";

    if (view.ours) {
        view.ours = false;
        if (write(STDOUT_FILENO, words, sizeof words - 1) >= 0) {
            tcsetattr(STDOUT_FILENO, TCSADRAIN, &view.before);
        }
    }
}

/* ---- a picture ----------------------------------------------------------
 */

static int
cell_of(double ms)
{
    return (int)fmin(ms * CELLS / DEMO_MOST_MS, CELLS - 1);
}

/* A cell shows an echo in it; else what is in its middle. */
static void
fill_cells(enum sign cells[CELLS], const struct demo_scene *scene, int client,
           double now_ms)
{
    static const enum sign states[] = {SIGN_AWAY, SIGN_THERE, SIGN_WAITS};
    struct demo_span span = {0};

    memset(cells, 0, CELLS * sizeof *cells);
    while (demo_next(&span, scene, client, now_ms)) {
        for (int i = cell_of(span.from_ms); i <= cell_of(span.to_ms); i++) {
            double middle_ms = (i + 0.5) * DEMO_MOST_MS / CELLS;

            if (cells[i] == SIGN_AWAY && middle_ms >= span.from_ms &&
                middle_ms < span.to_ms) {
                cells[i] = states[span.state];
            }
        }
        if (span.end == DEMO_ECHO || span.end == DEMO_NEVER) {
            cells[cell_of(span.to_ms)] =
                span.end == DEMO_ECHO ? SIGN_ECHO : SIGN_NEVER;
        }
    }
}

static void
put_sign(enum sign sign)
{
    bool colour = view.colour && signs[sign].colour[0] != '\0';

    printf("%s%s%s", colour ? signs[sign].colour : "",
           view.utf8 ? signs[sign].utf8 : signs[sign].ascii,
           colour ? "\033[0m" : "");
}

/* End a line of the picture, whatever was there before. */
static void
end_line(void)
{
    fputs("\033[K\n", stdout);
    view.height++;
}

static void
draw_client(const struct demo_scene *scene, int client, double now_ms)
{
    double longest_ms = demo_longest(scene, client, now_ms);
    enum sign cells[CELLS];

    fill_cells(cells, scene, client, now_ms);
    printf("%-10s", demo_clients[client]);
    for (int i = 0; i < CELLS; i++) {
        put_sign(cells[i]);
    }
    if (isinf(longest_ms)) {
        printf("  never");
    } else if (longest_ms >= SHOWN_MS) {
        printf("  %.1f s", longest_ms / 1e3);
    }
    end_line();
}

static void
draw(const struct demo_scene *scene, double now_ms, const char *verdict)
{
    int model = scene->events[0].model;

    if (view.height > 0) {
        printf("\r\033[%dA", view.height);
        view.height = 0;
    }
    end_line();
    printf("%s: %s", course_models[model], demo_ideas[model]);
    end_line();
    printf("%10s", "");
    for (int i = 0; i < CELLS; i += TICK_CELLS) {
        printf("%d s%*s", i * DEMO_MOST_MS / CELLS / 1000, TICK_CELLS - 3,
               "");
    }
    printf("  waited");
    end_line();
    for (int i = 0; i < DEMO_CLIENTS; i++) {
        draw_client(scene, i, now_ms);
    }
    printf("%10s", "");
    put_sign(SIGN_THERE);
    printf(" connected   ");
    put_sign(SIGN_WAITS);
    printf(" waits for its echo   ");
    put_sign(SIGN_ECHO);
    printf(" has it   ");
    put_sign(SIGN_NEVER);
    printf(" in vain");
    end_line();
    printf("%s", verdict);
    end_line();
}

/* ---- lines --------------------------------------------------------------
 */

static void
tell_event(const struct demo_scene *scene, const struct demo_event *event)
{
    static const char *const words[DEMO_WHATS] = {
        [DEMO_CONNECTS] = "connects",
        [DEMO_ECHO] = "has its echo",
        [DEMO_LEAVES] = "leaves",
        [DEMO_NEVER] = "has waited in vain",
    };
    struct demo_span span = {0};
    double waited_ms;

    if (event->what == DEMO_BEGINS) {
        printf("\n%s: %s\n", course_models[event->model],
               demo_ideas[event->model]);
    } else if (words[event->what]) {
        /* One that is not held up says and has it in the same moment. */
        while (demo_next(&span, scene, event->client, event->t_ms) &&
               (span.to_ms < event->t_ms || span.end != event->what)) {
        }
        waited_ms = span.state == DEMO_WAITS ? span.to_ms - span.from_ms : 0;
        printf("%7.3f s  %c  %s", event->t_ms / 1e3, 'A' + event->client,
               words[event->what]);
        if (waited_ms >= AT_ONCE_MS) {
            printf(", after %.3f s", waited_ms / 1e3);
        } else if (event->what == DEMO_ECHO) {
            printf(" at once");
        }
        printf("\n");
    }
}

void
demo_draw(const struct demo_scene *scene, double now_ms)
{
    bool over = scene->events[scene->n - 1].what == DEMO_ENDS &&
                scene->events[scene->n - 1].t_ms <= now_ms;
    char verdict[DEMO_TEXT_BYTES] = "";

    if (over) {
        demo_verdict(scene, verdict);
    }
    if (view.pictures) {
        draw(scene, now_ms, verdict);
    } else {
        while (view.told < scene->n &&
               scene->events[view.told].t_ms <= now_ms) {
            tell_event(scene, &scene->events[view.told++]);
        }
        printf(over ? "%s\n" : "%s", verdict);
    }
    if (over) {
        view.height = 0;
        view.told = 0;
    }
    fflush(stdout);
}
