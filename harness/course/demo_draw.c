/*
 * demo_draw.c: a scene on a terminal, or in lines. See demo.h.
 *
 * A picture is drawn again and again in its place, and the last one stays.
 * Meanwhile the terminal shows no cursor, breaks no line and does not echo
 * what is typed, and Ctrl-C is the only key that stops us.
 */
#include <err.h>
#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "harness/course/demo.h"

enum {
    CELL_MS = 50,
    CELL_COUNT = DEMO_MOST_MS / CELL_MS,
    HEIGHT = 10,      /* lines of a picture */
    WIDTH_LEAST = 80, /* of the terminal, as is the next */
    LONG_MS = 1000,   /* who waits longer is counted */
    HEIGHT_LEAST = HEIGHT + 6,
};

/* What a cell shows: what has happened in it, or, the first three, what a
 * client has done last. */
static const char *const utf8[DEMO_WHATS] = {" ", "─", "░", "█", "x"};
static const char *const ascii[DEMO_WHATS] = {" ", "-", ":", "#", "x"};
static const char *const colours[DEMO_WHATS] = {"", "", "\033[33m",
                                                "\033[32m", "\033[31m"};
static const char *const means[DEMO_WHATS] = {
    "", "connected", "waits for its echo", "has it", "in vain"};

const char *const demo_words[DEMO_WHATS] = {"leaves", "connects", "says",
                                            "echo", "never"};
const char *const demo_clients[DEMO_CLIENTS] = {
    "A silent", "B slow", "C", "D", "E", "F", "G", "H"};

static struct {
    struct termios before;  /* the terminal as it was */
    volatile bool pictures; /* it is changed for them; else lines */
    bool utf8, colour;      /* it has them */
    size_t shown;           /* pictures, or events, of the scene so far */
} view;

bool
demo_view_open(void)
{
    struct winsize size = {0};

    view.colour = wants_colour(stdout);
    view.utf8 =
        setlocale(LC_CTYPE, "") && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    /* Who is in the background may not change a terminal. */
    if (!is_terminal(stdout) || tcgetpgrp(STDOUT_FILENO) != getpgrp() ||
        tcgetattr(STDOUT_FILENO, &view.before) != 0) {
        return false;
    }
    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    if (size.ws_col < WIDTH_LEAST || size.ws_row < HEIGHT_LEAST) {
        warnx("%dx%d is too small for a picture, which takes %dx%d; here are "
              "lines",
              size.ws_col, size.ws_row, WIDTH_LEAST, HEIGHT_LEAST);
        return false;
    }
    view.pictures = true;
    struct termios wanted = view.before;
    wanted.c_lflag &= ~(tcflag_t)ECHO;
    wanted.c_cc[VSUSP] = wanted.c_cc[VQUIT] = _POSIX_VDISABLE;
    tcsetattr(STDOUT_FILENO, TCSADRAIN, &wanted);
    printf("\033[?25l\033[?7l");
    return true;
}

void
demo_view_close(void)
{
    static const char words[] = "\033[0m\033[?7h\033[?25h";

    if (view.pictures && write(STDOUT_FILENO, words, sizeof words - 1) > 0) {
        tcsetattr(STDOUT_FILENO, TCSADRAIN, &view.before);
    }
}

static void
put_sign(enum demo_what sign)
{
    printf(view.colour ? "%s%s\033[0m" : "%.0s%s", colours[sign],
           view.utf8 ? utf8[sign] : ascii[sign]);
}

/* A cell shows the echo that is in it, else what was so at its begin. */
static void
fill(enum demo_what cells[CELL_COUNT + 1], const struct demo_event *event,
     double now_ms)
{
    int cell = (int)event->t_ms / CELL_MS;
    enum demo_what then = event->what;

    if (event->what == DEMO_ECHO || event->what == DEMO_NEVER) {
        cells[cell] = event->what;
        then = event->what == DEMO_ECHO ? DEMO_CONNECTS : DEMO_LEAVES;
    }
    while (++cell * CELL_MS < now_ms) {
        cells[cell] = then;
    }
}

static void
draw(const struct demo_scene *scene, double now_ms)
{
    enum demo_what cells[DEMO_CLIENTS][CELL_COUNT + 1] = {{DEMO_LEAVES}};

    for (size_t i = 0; i < scene->n && scene->events[i].t_ms <= now_ms; i++) {
        fill(cells[scene->events[i].who], &scene->events[i], now_ms);
    }
    if (view.shown++ > 0) {
        printf("\r\033[%dA", HEIGHT);
    }
    printf("%13s%20s%20s%20s\n", "0 s", "1 s", "2 s", "3 s");
    for (int who = 0; who < DEMO_CLIENTS; who++) {
        printf("%-10s", demo_clients[who]);
        for (int i = 0; i <= CELL_COUNT; i++) {
            put_sign(cells[who][i]);
        }
        printf("\n");
    }
    for (int i = DEMO_CONNECTS; i < DEMO_WHATS; i++) {
        printf("%*s", i == DEMO_CONNECTS ? 10 : 3, "");
        put_sign(i);
        printf(" %s", means[i]);
    }
    printf("\n");
}

static void
tell(const struct demo_scene *scene)
{
    for (; view.shown < scene->n; view.shown++) {
        const struct demo_event *event = &scene->events[view.shown];

        if (event->what != DEMO_SAYS) {
            printf("%7.3f s  %c  %s\n", event->t_ms / 1000, 'A' + event->who,
                   demo_words[event->what]);
        }
    }
}

void
demo_draw(const struct demo_scene *scene, double now_ms)
{
    view.pictures ? draw(scene, now_ms) : tell(scene);
    if (now_ms >= DEMO_MOST_MS) {
        printf("%s\n", demo_verdict(scene));
        view.shown = 0;
    }
    fflush(stdout);
}

const char *
demo_verdict(const struct demo_scene *scene)
{
    double last_ms[DEMO_CLIENTS] = {0}, longest_ms = 1;
    static char text[80];
    unsigned late = 0; /* a bit for each client */

    for (size_t i = 0; i < scene->n; i++) {
        const struct demo_event *event = &scene->events[i];
        double wait_ms = event->what == DEMO_NEVER ? INFINITY
                         : event->what == DEMO_ECHO
                             ? event->t_ms - last_ms[event->who]
                             : 0;

        last_ms[event->who] = event->t_ms;
        longest_ms = fmax(longest_ms, wait_ms);
        late |= (unsigned)(wait_ms > LONG_MS) << event->who;
    }
    if (late == 0) {
        PUT(text, "nobody waited longer than %.1f s",
            ceil(longest_ms / 100) / 10);
    } else {
        snprintf(text, sizeof text,
                 isinf(longest_ms)
                     ? "%d of %d waited longer than 1 s, or even in vain"
                     : "%d of %d waited longer than 1 s, %.1f s at most",
                 __builtin_popcount(late), DEMO_CLIENTS, longest_ms / 1000);
    }
    return text;
}
