/*
 * lanes.c: who waits for whom: the scene that compare plays with each server
 * (see compare/scene.c), and its columns.
 *
 * A column is a client or a thread. What sleeps is drawn as sleeping, all the
 * time that it does.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "harness/report/internal.h"

enum {
    END_MS = 100000,  /* no scene lasts as long */
    SLEEP_MS = 1,     /* what lasts as long sleeps */
    TIME_WIDTH = 4,   /* columns of a terminal, as are the next two */
    CLIENT_WIDTH = 9, /* "says echo" */
    THREAD_WIDTH = 8, /* "accept A", at least */
    GAP = 2,          /* between them */
    LINE_MS = 5,      /* what is further apart stands in another line */
};

/* ---- scenes -------------------------------------------------------------
 */

/* What an act says: a call by the name that POSIX has for it, and for whom.
 */
static void
name_act(struct act *act)
{
    static const char *const names[][2] = {
        {"accept4", "accept"},
        {"recvfrom", "recv"},
        {"sendto", "send"},
        {"pselect6", "select"},
        {"epoll_pwait2", "epoll_wait"},
        {"clone3", "clone"},
    };
    const char *client = act->step->thread > 0 ? act->step->client : "";
    const char *name = act->step->call;

    for (size_t i = 0; i < COUNT(names); i++) {
        name = strcmp(act->step->call, names[i][0]) == 0 ? names[i][1] : name;
    }
    PUT(act->words, "%s%s%s", name, client[0] != '\0' ? " " : "", client);
    text_clean(act->words);
}

/* Put it behind what began before it. */
static void
add_act(struct lanes *scene, const struct step *step, int lane)
{
    struct act *act = &scene->acts[scene->nacts++];

    for (; act > scene->acts && act[-1].step->begin_ms > step->begin_ms;
         act--) {
        act[0] = act[-1];
    }
    *act = (struct act){
        .step = step,
        .lane = lane,
        .end_ms = step->begin_ms + step->lasted_ms,
        .sleeps = step->lasted_ms >= SLEEP_MS,
    };
    name_act(act);
    scene->nclients += !scene->there[lane] && lane < LANES_CLIENTS;
    scene->nthreads += !scene->there[lane] && lane >= LANES_CLIENTS;
    scene->there[lane] = true;
    scene->end_ms = fmax(scene->end_ms, act->end_ms);
}

struct scenes *
lanes_find(const struct results *results)
{
    struct scenes *scenes = given(calloc(1, sizeof *scenes));

    for (size_t i = 0; i < results->nsteps; i++) {
        const struct step *step = &results->steps[i];
        double end_ms = step->begin_ms + step->lasted_ms;
        int client = step->client[0] - 'A';
        int lane =
            step->thread == 0 ? client : LANES_CLIENTS - 1 + step->thread;
        size_t at = 0;

        if (!(step->begin_ms >= 0 && step->lasted_ms >= 0 &&
              end_ms < END_MS) ||
            ((client < 0 || client >= LANES_CLIENTS) &&
             (step->thread == 0 || step->client[0] != '\0'))) {
            continue;
        }
        while (at < scenes->n &&
               strcmp(scenes->lanes[at].model, step->model) != 0) {
            at++;
        }
        if (at == LANES_SCENES || lane < 0 || lane >= LANES_MAX ||
            scenes->lanes[at].nacts == LANES_ACTS) {
            scenes->more = true;
            continue;
        }
        scenes->n = MAX(scenes->n, at + 1);
        scenes->lanes[at].model = step->model;
        add_act(&scenes->lanes[at], step, lane);
    }
    return scenes;
}

void
lanes_waits(struct text *text, const struct lanes *scene)
{
    const struct step *longest = NULL;
    struct text never = {0};

    for (size_t i = 0; i < scene->nacts; i++) {
        const struct step *step = scene->acts[i].step;

        if (step->thread > 0 || (strcmp(step->call, "says") != 0 &&
                                 strcmp(step->call, "greets") != 0)) {
            continue;
        }
        if (isnan(step->result)) {
            text_item(&never, ", ", "%s", step->client);
        } else if (!longest || longest->lasted_ms < step->lasted_ms) {
            longest = step;
        }
    }
    if (longest) {
        text_add(text, "longest wait for an echo: %s %.*f ms",
                 longest->client, longest->lasted_ms < 10,
                 longest->lasted_ms);
    }
    if (never.bytes[0] != '\0') {
        text_item(text, "; ", "in vain: %.99s", never.bytes);
    }
}

/* ---- columns ------------------------------------------------------------
 */

/* What there is to say in a column. */
struct words {
    char bytes[128]; /* in this line */
    bool sleeps;     /* behind these */
    double until_ms; /* whoever it is sleeps, or waits, until then */
};

/* End the line that began then, if there is anything in it. */
static void
end_line(struct block *table, struct words *columns, double at_ms)
{
    size_t row = table->ncells / table->ncolumns;

    if (isnan(at_ms)) {
        return;
    }
    table->ncells += table->ncolumns;
    table_put(table, row, 0, MARK_NONE, "%.0f", at_ms);
    for (size_t i = 0; i < LANES_MAX; i++) {
        struct words *column = &columns[i];
        bool bar = column->bytes[0] == '\0' && column->until_ms > at_ms;

        table_put(table, row, i + 1,
                  bar && i < LANES_CLIENTS ? MARK_BAD : MARK_NONE, "%s",
                  bar ? "|" : column->bytes);
        column->bytes[0] = '\0';
        column->sleeps = false;
    }
}

/* In one line stands what happens at about the same time, and of each what
 * goes on until it sleeps, as far as there is room; what a thread does again
 * only once. */
static void
put_acts(struct block *table, const struct lanes *scene, size_t room)
{
    struct words columns[LANES_MAX] = {0};
    double at_ms = NAN;

    for (size_t i = 0; i < scene->nacts; i++) {
        const struct act *act = &scene->acts[i];
        struct words *column = &columns[act->lane];
        bool thread = act->lane >= LANES_CLIENTS;
        size_t length = strlen(column->bytes);

        if (thread && !act->sleeps && !column->sleeps &&
            strstr(column->bytes, act->words)) {
            continue;
        }
        if (column->sleeps || act->step->begin_ms - at_ms > LINE_MS ||
            (length > 0 && length + strlen(act->words) + 1 + thread >
                               (thread ? room : CLIENT_WIDTH))) {
            end_line(table, columns, at_ms);
            at_ms = NAN;
        }
        at_ms = fmin(at_ms, act->step->begin_ms);
        text_append(column->bytes, sizeof column->bytes, thread ? ", " : " ",
                    "%s", act->words);
        column->sleeps = act->sleeps;
        column->until_ms = act->end_ms;
    }
    end_line(table, columns, at_ms);
}

static void
add_columns(struct document *document, const struct lanes *scene, int width)
{
    struct block *table =
        document_table(document, LANES_MAX + 1, scene->nacts);
    int room = width - TIME_WIDTH - scene->nclients * (CLIENT_WIDTH + GAP);

    room = MAX(room / MAX(scene->nthreads, 1) - GAP, THREAD_WIDTH);
    PUT(table->columns[0].heading, "ms");
    table->ncells = 0;
    put_acts(table, scene, (size_t)room);
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
    struct scenes *scenes = lanes_find(results);

    document_paragraph(
        document, "%s",
        scenes->n == 0 ? ""
                       : "Call by call: a line is a moment, in ms; |: it "
                         "sleeps in its last call, or waits for an echo.");
    for (size_t i = 0; i < scenes->n; i++) {
        struct text text = {0};

        lanes_waits(&text, &scenes->lanes[i]);
        document_say(document, heading, "", "%s", scenes->lanes[i].model);
        document_paragraph(document, "%s", text.bytes);
        add_columns(document, &scenes->lanes[i], width);
    }
    document_paragraph(document, "%s", scenes->more ? LANES_LEFT_OUT : "");
    free(scenes);
}

void
report_trace(FILE *file, const struct results *results,
             const struct report_paper *paper)
{
    struct document document = {0};

    lanes_build(&document, results, BLOCK_HEADING, paper->width);
    document_print_text(file, &document, paper);
}
