/*
 * explain.c: the sentences that belong to one scenario each. See explain.h.
 */
#include "harness/report/explain.h"

#include <math.h>
#include <string.h>
#include <sys/select.h>

#include "harness/report/ranking.h"

enum {
    /* Descriptors below FD_SETSIZE that selectloop needs for itself, with
     * some to spare: standard streams, listener, signals. */
    SELECT_OWN_DESCRIPTORS = 12,
};

static void add_clients(struct text *text, int clients);
static void how_starved(struct text *text, const struct summary_row *row);
static bool no_echo(const struct summary_row *row);
static bool select_is_full(const struct summary_row *row);
static bool add_errors(struct text *text, const struct summary_row *row);
static void add_cost(struct text *text, const struct summary_row *row,
                     const char *peers);
static void add_costs(struct text *text, const struct ranking *cost);
static void add_ends(struct text *text, const struct ranking *cost);

void
explain_served(struct text *text, const struct explain_group *group)
{
    struct ranking ranking;
    size_t contenders = 0;
    size_t all;

    ranking_make(&ranking, group->rows, group->nrows, ranking_missed);
    for (size_t i = 0; i < group->nrows; i++) {
        contenders += !summary_is_yardstick(&group->rows[i]);
    }
    all = ranking_above(&ranking, 0);
    if (all > 1 && all == contenders) {
        text_add(text, "All serve ");
        add_clients(text, group->rows[0].window.clients);
    } else if (all > 0) {
        ranking_names(text, &ranking, 0, all);
        text_add(text, " serve%s ", all == 1 ? "s" : "");
        add_clients(text, group->rows[0].window.clients);
    }
    for (size_t i = all; i < ranking.n; i++) {
        how_starved(text, ranking.places[i].row);
        explain_starved(text, ranking.places[i].row);
        text_add(text, ". ");
    }
}

void
explain_cost(struct text *text, const struct explain_group *group)
{
    const char *scenario = group->rows[0].window.scenario;
    bool connects =
        strcmp(scenario, "churn") == 0 || strcmp(scenario, "handshake") == 0;
    enum ranking_claim claim;
    struct ranking cost;

    ranking_make_cost(&cost, group->rows, group->nrows);
    if (cost.n == 0) {
        return;
    }
    claim = ranking_ends(&cost, WINDOW_SERVER_CPU_US_PER_ECHO);
    text_add(text, "Server CPU for each %s: ",
             connects ? "connection with one echo" : "echo");
    if (cost.n == 1) {
        add_costs(text, &cost);
    } else if (claim == RANKING_DIFFERENT) {
        add_ends(text, &cost);
    } else {
        add_costs(text, &cost);
        text_add(text, claim == RANKING_SAME ? "; no clear difference (~)"
                                             : "; too few rounds to rank");
    }
    text_add(text, ". ");
}

/* The model's own reason where the numbers fit it, else what was seen. */
void
explain_starved(struct text *text, const struct summary_row *row)
{
    const struct window *window = &row->window;
    bool blocking = strcmp(window->model, "blocking") == 0;

    if (blocking && window->silent > 0 && no_echo(row)) {
        text_add(text, "a silent client holds it, and nobody else gets an "
                       "echo");
    } else if (blocking && window->silent == 0 && row->served_least == 1 &&
               row->served_most == 1) {
        text_add(text, "it serves one client until that one leaves, the "
                       "others wait in the kernel's queue");
    } else if (select_is_full(row)) {
        text_add(text,
                 "select(2) takes no descriptor of FD_SETSIZE = %d or "
                 "above",
                 FD_SETSIZE);
    } else if (!add_errors(text, row)) {
        text_add(text, "%s got no answer while the window lasted",
                 row->served_least > 0 ? "the others" : "the clients");
    }
}

static void
add_clients(struct text *text, int clients)
{
    if (clients == 1) {
        text_add(text, "the one client. ");
    } else {
        text_add(text, "all %d clients. ", clients);
    }
}

/* Where the rounds differ, the worst one and how many were short. */
static void
how_starved(struct text *text, const struct summary_row *row)
{
    text_add(text, "%s serves %.0f of %.0f", row->window.model,
             row->served_least, row->figure[WINDOW_ASKED].median);
    if (row->served_least < row->served_most) {
        text_add(text, " at worst, and not all in %d of %d rounds",
                 row->starved_rounds, row->rounds);
    }
    text_add(text, ": ");
}

/* True if no good window of the row saw an echo. */
static bool
no_echo(const struct summary_row *row)
{
    for (size_t i = 0; i < row->nwindows; i++) {
        if (row->windows[i]->status == WINDOW_OK &&
            row->windows[i]->figure[WINDOW_ECHOES] > 0) {
            return false;
        }
    }
    return row->figure[WINDOW_ECHOES].values > 0;
}

/* True if selectloop held as many as select(2) allows, and no more. */
static bool
select_is_full(const struct summary_row *row)
{
    const struct window *window = &row->window;
    bool asked_all = strcmp(window->scenario, "idle") == 0;
    double others = asked_all ? 0 : window->silent;

    return strcmp(window->model, "selectloop") == 0 &&
           row->served_most + others < FD_SETSIZE &&
           row->served_least + others >= FD_SETSIZE - SELECT_OWN_DESCRIPTORS;
}

/* What became of those who were not served, as far as their connections
 * tell. Returns false if nothing was wrong with these. */
static bool
add_errors(struct text *text, const struct summary_row *row)
{
    const uint64_t *errors = row->errors;
    const struct {
        uint64_t count;   /* connections */
        const char *what; /* happened to them */
    } kinds[] = {
        {errors[ENGINE_REFUSED] + errors[ENGINE_CONNECT_TIMEOUT],
         "could not connect"},
        {errors[ENGINE_RESET] + errors[ENGINE_EARLY_EOF],
         "lost the connection"},
        {errors[ENGINE_TIMEOUT], "waited too long for an echo"},
    };
    bool any = false;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].count > 0) {
            text_add(text, "%s%llu client%s %s", any ? ", " : "",
                     (unsigned long long)kinds[i].count,
                     kinds[i].count == 1 ? "" : "s", kinds[i].what);
            any = true;
        }
    }
    return any;
}

/* "threaded with 9.03 us (1.80 times the yardstick; ~ libevent)". */
static void
add_cost(struct text *text, const struct summary_row *row, const char *peers)
{
    double over = row->over_yardstick.median;
    char number[TEXT_CELL_BYTES];
    const char *open = " (";

    text_add(text, "%s with %s us", row->window.model,
             text_number(number,
                         row->figure[WINDOW_SERVER_CPU_US_PER_ECHO].median,
                         "-"));
    if (isfinite(over)) {
        text_add(text, " (%s times the yardstick",
                 text_number(number, over, "-"));
        open = "; ";
    }
    if (peers[0] != '\0') {
        text_add(text, "%s~ %s", open, peers);
    }
    if (isfinite(over) || peers[0] != '\0') {
        text_add(text, ")");
    }
}

static void
add_costs(struct text *text, const struct ranking *cost)
{
    for (size_t i = 0; i < cost->n; i++) {
        text_add_item(text, i, cost->n, "");
        add_cost(text, cost->places[i].row, "");
    }
}

/* The least and the most, each with those that cannot be told from it. */
static void
add_ends(struct text *text, const struct ranking *cost)
{
    const size_t ends[] = {0, cost->n - 1};

    for (int end = 0; end < 2; end++) {
        const struct summary_row *row = cost->places[ends[end]].row;
        struct ranking peers = {.n = 0};
        struct text names = {0};

        for (size_t i = 0; i < cost->n; i++) {
            if (i != ends[end] &&
                ranking_compare(cost->places[i].row, row,
                                WINDOW_SERVER_CPU_US_PER_ECHO) !=
                    RANKING_DIFFERENT) {
                peers.places[peers.n++] = cost->places[i];
            }
        }
        ranking_names(&names, &peers, 0, peers.n);
        text_add(text, end == 0 ? "least " : ", most ");
        add_cost(text, row, text_string(&names));
        text_free(&names);
    }
}
