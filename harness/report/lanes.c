/*
 * lanes.c: who waits for whom: the scene that compare plays with each server
 * (see compare/scene.c), and its columns.
 *
 * A column is a client or a thread. What sleeps is drawn as sleeping, all the
 * time that it does.
 */
#include <math.h>
#include <string.h>
#include <sys/param.h>

#include "harness/report/internal.h"

enum {
    SCENES_MAX = 12,  /* servers that are shown */
    END_MS = 100000,  /* no scene lasts as long */
    TIME_WIDTH = 4,   /* columns of a terminal, as are the next three */
    CLIENT_WIDTH = 9, /* "says echo" */
    THREAD_WIDTH = 8, /* "accept A", at least */
    GAP = 1,          /* between them, at least */
    LINE_MS = 5,      /* what is further apart stands in another line */
};

/* ---- scenes ------------------------------------------------------------ */

/* What is said of a step: a call by its name in POSIX, and for whom. */
static void
name_act(struct step *act, const struct step *step)
{
    static const char *const names[][2] = {
        {"accept4", "accept"}, {"recvfrom", "recv"},
        {"sendto", "send"},    {"pselect6", "select"},
        {"clone3", "clone"},   {"epoll_pwait2", "epoll_wait"},
    };
    const char *client = step->thread > 0 ? step->client : "";
    const char *name = step->call;

    for (size_t i = 0; i < COUNT(names); i++) {
        name = strcmp(step->call, names[i][0]) == 0 ? names[i][1] : name;
    }
    PUT(act->call, "%.20s%s%s", name, client[0] != '\0' ? " " : "", client);
}

/* Put it behind what began before it, if there is room, and it is one. */
static void
add_act(struct lanes *scene, const struct step *step)
{
    double end_ms = step->begin_ms + step->lasted_ms;
    int client = step->client[0] - 'A', thread = step->thread;
    bool nobody = thread > 0 && step->client[0] == '\0';
    int lane =
        thread > 0 ? LANES_CLIENTS - 1 + MIN(thread, LANES_MAX) : client;
    struct step *act = &scene->acts[scene->nacts];

    if (!(step->begin_ms >= 0 && step->lasted_ms >= 0 && end_ms < END_MS) ||
        (!nobody && (client < 0 || client >= LANES_CLIENTS)) ||
        lane >= LANES_MAX || scene->nacts == LANES_ACTS) {
        scene->more = true;
        return;
    }
    for (; act > scene->acts && act[-1].begin_ms > step->begin_ms; act--) {
        act[0] = act[-1];
    }
    *act = *step;
    act->thread = lane;
    name_act(act, step);
    *(lane < LANES_CLIENTS ? &scene->nclients : &scene->nthreads) +=
        !scene->there[lane];
    scene->there[lane] = true;
    scene->end_ms = fmax(scene->end_ms, end_ms);
    scene->model = step->model;
    scene->nacts++;
}

bool
lanes_next(struct lanes *scene, const struct results *results)
{
    size_t i = scene->next;

    *scene = (struct lanes){.number = scene->number + 1, .more = scene->more};
    for (; i < results->nsteps; i++) {
        if (scene->model &&
            strcmp(scene->model, results->steps[i].model) != 0) {
            break;
        }
        add_act(scene, &results->steps[i]);
    }
    scene->next = i;
    scene->more |= scene->model && scene->number > SCENES_MAX;
    return scene->model && scene->number <= SCENES_MAX;
}

double
lanes_waits(struct text *text, const struct lanes *scene)
{
    const struct step *longest = NULL;
    struct text never = {0};

    for (const struct step *act = scene->acts;
         act < scene->acts + scene->nacts; act++) {
        if (act->thread >= LANES_CLIENTS ||
            (strcmp(act->call, "says") != 0 &&
             strcmp(act->call, "greets") != 0)) {
            continue;
        }
        if (isnan(act->result)) {
            text_item(&never, ", ", "%s", act->client);
        } else if (!longest || longest->lasted_ms < act->lasted_ms) {
            longest = act;
        }
    }
    if (longest) {
        text_add(text, "longest wait for an echo: %s %.*f ms",
                 longest->client, longest->lasted_ms < 10,
                 longest->lasted_ms);
    }
    if (never.bytes[0] != '\0') {
        text_item(text, "; ", "in vain: %.99s", never.bytes);
        return INFINITY;
    }
    return longest ? longest->lasted_ms : 0;
}

/* ---- columns ----------------------------------------------------------- */

/* What there is to say in a column. */
struct words {
    char bytes[128];         /* in this line */
    const struct step *last; /* that its client or thread did, or does yet */
};

/* End the line that began then: "|" is who still does what it did before. */
static void
end_line(struct block *table, struct words columns[LANES_MAX], double at_ms)
{
    size_t row = table->ncells / table->ncolumns;

    table->ncells += table->ncolumns;
    table_put(table, row, 0, MARK_NONE, "%.0f", at_ms);
    for (size_t i = 0; i < LANES_MAX; i++) {
        struct words *column = &columns[i];
        const struct step *last = column->last;
        bool bar = column->bytes[0] == '\0' && last &&
                   last->begin_ms + last->lasted_ms > at_ms;

        table_put(table, row, i + 1,
                  bar && i < LANES_CLIENTS ? MARK_BAD : MARK_NONE, "%s",
                  bar ? "|" : column->bytes);
        column->bytes[0] = '\0';
    }
}

/* In one line stands what happens at about the same time, and of each what
 * goes on until it sleeps, as far as there is room; what a thread does again
 * only once. */
static void
put_acts(struct block *table, const struct lanes *scene, int room)
{
    struct words columns[LANES_MAX] = {0};
    double at_ms = scene->acts[0].begin_ms;

    for (const struct step *act = scene->acts;
         act < scene->acts + scene->nacts; act++) {
        struct words *column = &columns[act->thread];
        bool thread = act->thread >= LANES_CLIENTS;
        int length = (int)strlen(column->bytes);
        bool slept = length > 0 && column->last &&
                     column->last->lasted_ms >= LANES_SLEEP_MS;

        if (thread && act->lasted_ms < LANES_SLEEP_MS && !slept &&
            strstr(column->bytes, act->call)) {
            continue;
        }
        if (slept || act->begin_ms - at_ms > LINE_MS ||
            (length > 0 && length + (int)strlen(act->call) + 1 + thread >
                               (thread ? room : CLIENT_WIDTH))) {
            end_line(table, columns, at_ms);
            at_ms = act->begin_ms;
        }
        text_append(column->bytes, sizeof column->bytes, thread ? ", " : " ",
                    "%s", act->call);
        column->last = act;
    }
    end_line(table, columns, at_ms);
}

static void
add_columns(struct document *document, const struct lanes *scene, int width)
{
    struct block *table =
        document_table(document, LANES_MAX + 1, scene->nacts);
    int threads = MAX(scene->nthreads, 1), left = width - TIME_WIDTH;
    int beside = left - scene->nclients * (CLIENT_WIDTH + GAP);
    int room = beside / threads - GAP;

    /* Where there is too little room beside the clients they stand below. */
    room = room < THREAD_WIDTH ? left / threads - GAP : room;
    PUT(table->columns[0].heading, "ms");
    table->ncells = 0;
    put_acts(table, scene, room);
    for (int i = LANES_MAX; i-- > 0;) {
        struct column *column = &table->columns[i + 1];
        bool thread = i >= LANES_CLIENTS;

        column->left = true;
        PUT(column->heading, thread ? "thread %d" : "%c",
            thread ? i - LANES_CLIENTS + 1 : 'A' + i);
        if (!scene->there[i]) {
            table_drop(table, (size_t)i + 1);
        }
    }
}

void
lanes_build(struct document *document, const struct results *results,
            enum block_kind heading, int width)
{
    struct lanes scene = {0};

    while (lanes_next(&scene, results)) {
        struct text text = {0};

        document_paragraph(document, "%s",
                           scene.number > 1
                               ? ""
                               : "Call by call: a line is a moment, in ms; "
                                 "|: it sleeps in its last call, or waits "
                                 "for an echo.");
        lanes_waits(&text, &scene);
        document_say(document, heading, "", "%s", scene.model);
        document_paragraph(document, "%s", text.bytes);
        add_columns(document, &scene, width);
    }
    document_paragraph(document, "%s", scene.more ? LANES_LEFT_OUT : "");
}

void
report_trace(FILE *file, const struct results *results,
             const struct report_paper *paper)
{
    struct document document = {0};

    lanes_build(&document, results, BLOCK_HEADING, paper->width);
    document_print_text(file, &document, paper);
}
