/*
 * demo_draw.c: a scene on a terminal, or in lines. See demo.h.
 *
 * A picture is drawn again and again in its place, and the last one stays.
 * Meanwhile the terminal shows no cursor, breaks no line and does not echo
 * what is typed, and Ctrl-C is the only key that stops us.
 */
#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "harness/course/demo.h"
#include "harness/load/load.h"

enum {
    CELL_MS = 50,
    CELLS = DEMO_MOST_MS / CELL_MS,
    SECOND = 1000 / CELL_MS, /* cells */
    HEIGHT = 11,             /* lines of a picture */
    WIDTH_LEAST = 80,        /* of the terminal, as is the next */
    HEIGHT_LEAST = HEIGHT + 5,
};

/* What a cell shows: what has happened in it, or, the first three, what a
 * client has done last. */
static const char *const utf8[DEMO_WHATS] = {" ", "─", "░", "█", "x"};
static const char *const ascii[DEMO_WHATS] = {" ", "-", ":", "#", "x"};
static const char *const colours[DEMO_WHATS] = {"", "", "\033[33m",
                                                "\033[32m", "\033[31m"};
static const char *const means[DEMO_WHATS] = {
    "", "connected", "waits for its echo", "has it", "in vain"};

#define END_LINE "\033[K\n" /* over what was there */

static struct {
    struct termios before;      /* the terminal as it was */
    volatile sig_atomic_t ours; /* it is changed */
    bool pictures;              /* else lines */
    bool utf8, colour;          /* it has them */
    size_t shown;               /* pictures, or events, of the scene so far */
} view;

bool
demo_view_open(void)
{
    static char frame[1 << 14];
    struct winsize size = {0};
    struct termios wanted;

    /* Who is in the background may not change a terminal. */
    view.pictures = is_terminal(stdout) &&
                    tcgetpgrp(STDOUT_FILENO) == getpgrp() &&
                    tcgetattr(STDOUT_FILENO, &view.before) == 0;
    view.colour = wants_colour(stdout);
    view.utf8 =
        setlocale(LC_CTYPE, "") && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    /* One that does not know its size has 0, and room. */
    if (view.pictures && size.ws_col > 0 &&
        (size.ws_col < WIDTH_LEAST || size.ws_row < HEIGHT_LEAST)) {
        fprintf(stderr,
                "course demo: %dx%d is too small for a picture, which takes "
                "%dx%d; here are lines\n",
                size.ws_col, size.ws_row, WIDTH_LEAST, HEIGHT_LEAST);
        view.pictures = false;
    }
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

static void
put_sign(enum demo_what sign)
{
    bool colour = view.colour && colours[sign][0] != '\0';

    printf("%s%s%s", colour ? colours[sign] : "",
           view.utf8 ? utf8[sign] : ascii[sign], colour ? "\033[0m" : "");
}

/* A cell shows the echo that is in it, else what was so at its begin. */
static void
draw_client(const struct demo_scene *scene, int who, double now_ms)
{
    enum demo_what cells[CELLS + 1] = {DEMO_LEAVES};

    for (size_t i = 0; i < scene->n; i++) {
        const struct demo_event *event = &scene->events[i];
        enum demo_what then = event->what;
        int cell = (int)event->t_ms / CELL_MS;

        if (event->who != who || event->t_ms > now_ms) {
            continue;
        }
        if (event->what == DEMO_ECHO || event->what == DEMO_NEVER) {
            cells[cell] = event->what;
            then = event->what == DEMO_ECHO ? DEMO_CONNECTS : DEMO_LEAVES;
        }
        while (++cell * CELL_MS < now_ms) {
            cells[cell] = then;
        }
    }
    printf("%-10s", demo_clients[who]);
    for (int i = 0; i <= CELLS; i++) {
        put_sign(cells[i]);
    }
    printf(END_LINE);
}

static void
draw(const struct demo_scene *scene, double now_ms, const char *verdict)
{
    if (view.shown++ > 0) {
        printf("\r\033[%dA", HEIGHT);
    }
    printf("%7s", "");
    for (int i = 0; i <= CELLS; i += SECOND) {
        printf("%*d s", i == 0 ? 4 : SECOND - 2, i / SECOND);
    }
    printf(END_LINE);
    for (int i = 0; i < DEMO_CLIENTS; i++) {
        draw_client(scene, i, now_ms);
    }
    printf("%7s", "");
    for (int i = DEMO_CONNECTS; i < DEMO_WHATS; i++) {
        printf("   ");
        put_sign(i);
        printf(" %s", means[i]);
    }
    printf(END_LINE "%s" END_LINE, verdict);
}

void
demo_draw(const struct demo_scene *scene, double now_ms)
{
    bool over = now_ms >= DEMO_MOST_MS;
    char verdict[DEMO_TEXT_BYTES] = "";

    if (over) {
        demo_verdict(scene, verdict);
    }
    if (view.pictures) {
        draw(scene, now_ms, verdict);
    } else {
        for (; view.shown < scene->n; view.shown++) {
            const struct demo_event *event = &scene->events[view.shown];

            if (event->what != DEMO_SAYS) {
                printf("%7.3f s  %c  %s\n", event->t_ms / 1000,
                       'A' + event->who, demo_words[event->what]);
            }
        }
        printf(over ? "%s\n" : "", verdict);
    }
    view.shown = over ? 0 : view.shown;
    fflush(stdout);
}
