/*
 * demo_draw.c: a scene on a terminal, or in lines. See demo.h.
 *
 * A picture is drawn again and again in its place, and the last one stays.
 * The terminal shows no cursor meanwhile, breaks no line and echoes nothing
 * that is typed, and only Ctrl-C is left of the keys that stop a program.
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
    CELLS = 60, /* of the axis of time */
    SECOND = CELLS * 1000 / DEMO_MOST_MS,
    WIDTH_LEAST = 80, /* of the terminal */
    HEIGHT_LEAST = 16,
    SHOWN_MS = 100, /* such a wait is told as a number */
};

/* What a cell shows; the first three are what a span says. */
static const struct sign {
    const char *utf8, *ascii, *colour; /* colour beside the sign */
    const char *means;
} signs[] =
    {
        [DEMO_AWAY] = {" ", " ", "", ""},
        [DEMO_THERE] = {"─", "-", "", "connected"},
        [DEMO_WAITS] = {"░", ":", "\033[33m", "waits for its echo"},
        {"█", "#", "\033[32m", "has it"},
        {"x", "x", "\033[31m", "in vain"},
},
  *const echo = &signs[3], *const never = &signs[4];

static struct {
    struct termios before;      /* the terminal as it was */
    volatile sig_atomic_t ours; /* it is changed */
    bool pictures;              /* else lines */
    bool utf8, colour;          /* it has them */
    int height;                 /* of the picture that is there; 0: none */
    size_t told;                /* events that are printed */
} view;

/* ---- the terminal -------------------------------------------------------
 */

/* Who is in the background may not change it; one that does not know its size
 * has room. */
static bool
takes_pictures(void)
{
    struct winsize size = {0};

    if (!is_terminal(stdout) || tcgetpgrp(STDOUT_FILENO) != getpgrp() ||
        tcgetattr(STDOUT_FILENO, &view.before) != 0) {
        return false;
    }
    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    if (size.ws_col > 0 &&
        (size.ws_col < WIDTH_LEAST || size.ws_row < HEIGHT_LEAST)) {
        fprintf(stderr,
                "course demo: this terminal has %dx%d and the picture takes "
                "%dx%d, so here are lines\n",
                size.ws_col, size.ws_row, WIDTH_LEAST, HEIGHT_LEAST);
        return false;
    }
    return true;
}

bool
demo_view_open(void)
{
    static char frame[1 << 14];
    struct termios wanted;

    view.pictures = takes_pictures();
    view.colour = wants_colour(stdout);
    view.utf8 =
        setlocale(LC_CTYPE, "") && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    if (view.pictures) {
        wanted = view.before;
        wanted.c_lflag &= ~(tcflag_t)ECHO;
        wanted.c_cc[VSUSP] = wanted.c_cc[VQUIT] = _POSIX_VDISABLE;
        view.ours = true;
        tcsetattr(STDOUT_FILENO, TCSADRAIN, &wanted);
        setvbuf(stdout, frame, _IOFBF, sizeof frame); /* in one write */
        printf("\033[?25l\033[?7l");
    }
    return view.pictures;
}

void
demo_view_close(void)
{
    static const char words[] = "\033[0m\033[?7h\033[?25h";

    if (view.ours && write(STDOUT_FILENO, words, sizeof words - 1) != 0) {
        tcsetattr(STDOUT_FILENO, TCSADRAIN, &view.before);
        view.ours = false;
    }
}

/* ---- a picture ----------------------------------------------------------
 */

/* A cell shows an echo that is in it, else what is in its middle. */
static void
fill(const struct sign *cells[CELLS], const struct demo_scene *scene, int who,
     double now_ms)
{
    const double cell_ms = (double)DEMO_MOST_MS / CELLS;
    struct demo_span span = {0};

    for (int i = 0; i < CELLS; i++) {
        cells[i] = NULL;
    }
    while (demo_next(&span, scene, who, now_ms)) {
        int from = (int)(span.from_ms / cell_ms + 0.5);
        int to = (int)(span.to_ms / cell_ms + 0.5);
        int end = (int)fmin(span.to_ms / cell_ms, CELLS - 1);

        for (int i = from; i < to; i++) {
            cells[i] = cells[i] ? cells[i] : &signs[span.does];
        }
        if (span.end == DEMO_ECHO || span.end == DEMO_NEVER) {
            cells[end] = span.end == DEMO_ECHO ? echo : never;
        }
    }
}

static void
put(const struct sign *sign)
{
    bool colour = view.colour && sign->colour[0] != '\0';

    printf("%s%s%s", colour ? sign->colour : "",
           view.utf8 ? sign->utf8 : sign->ascii, colour ? "\033[0m" : "");
}

/* A line of the picture, over what was there. */
static void
end_line(void)
{
    printf("\033[K\n");
    view.height++;
}

static void
draw_client(const struct demo_scene *scene, int who, double now_ms)
{
    double longest_ms = demo_longest(scene, who, now_ms);
    const struct sign *cells[CELLS];

    fill(cells, scene, who, now_ms);
    printf("%-10s", demo_clients[who]);
    for (int i = 0; i < CELLS; i++) {
        put(cells[i] ? cells[i] : &signs[DEMO_AWAY]);
    }
    if (longest_ms >= SHOWN_MS) {
        printf(isinf(longest_ms) ? "  never" : "  %.1f s", longest_ms / 1000);
    }
    end_line();
}

static void
draw(const struct demo_scene *scene, double now_ms, const char *verdict)
{
    if (view.height > 0) {
        printf("\r\033[%dA", view.height);
    }
    view.height = 0;
    end_line();
    printf("%s: %s", scene->events[0].model, demo_idea(scene));
    end_line();
    printf("%10s", "");
    for (int i = 0; i < CELLS / SECOND; i++) {
        printf("%d s%*s", i, SECOND - 3, "");
    }
    printf("  waited");
    end_line();
    for (int i = 0; i < DEMO_CLIENTS; i++) {
        draw_client(scene, i, now_ms);
    }
    printf("%7s", "");
    for (size_t i = DEMO_THERE; i < COUNT(signs); i++) {
        printf("   ");
        put(&signs[i]);
        printf(" %s", signs[i].means);
    }
    end_line();
    printf("%s", verdict);
    end_line();
}

void
demo_draw(const struct demo_scene *scene, double now_ms)
{
    const struct demo_event *event = &scene->events[scene->n - 1];
    bool over = event->what == DEMO_ENDS && event->t_ms <= now_ms;
    char verdict[DEMO_TEXT_BYTES] = "";

    if (over) {
        demo_verdict(scene, verdict);
    }
    if (view.pictures) {
        draw(scene, now_ms, verdict);
    }
    while (!view.pictures && view.told < scene->n &&
           scene->events[view.told].t_ms <= now_ms) {
        event = &scene->events[view.told++];
        if (event->what == DEMO_BEGINS) {
            printf("\n%s: %s\n", event->model, demo_idea(scene));
        } else if (event->what == DEMO_ENDS) {
            printf("%s\n", verdict);
        } else if (event->what != DEMO_SAYS) {
            printf("%7.3f s  %s  %s\n", event->t_ms / 1000, event->client,
                   event->word);
        }
    }
    if (over) {
        view.height = 0;
        view.told = 0;
    }
    fflush(stdout);
}
