/*
 * explain.c: the sentences that belong to one scenario each. See explain.h.
 */
#include "harness/report/explain.h"

#include <math.h>
#include <string.h>
#include <sys/select.h>

#include "harness/report/ranking.h"

static void how_starved(struct text *text, const struct summary_row *row);
static void why_starved(struct text *text, const struct summary_row *row);
static bool overlap(const struct summary_row *a, const struct summary_row *b,
                    enum window_figure figure);

void
explain_served(struct text *text, const struct explain_group *group)
{
    struct ranking ranking;
    size_t all;

    ranking_make(&ranking, group->rows, group->nrows, ranking_missed);
    if (ranking.n == 0) {
        return;
    }
    all = ranking_above(&ranking, 0);
    if (all == ranking.n) {
        if (group->rows[0].window.clients == 1) {
            text_add(text, "All serve the one client. ");
        } else {
            text_add(text, "All serve all %d clients. ",
                     group->rows[0].window.clients);
        }
        return;
    }
    if (all > 0) {
        ranking_names(text, &ranking, 0, all);
        text_add(text, " serve%s %s. ", all == 1 ? "s" : "",
                 group->rows[0].window.clients == 1 ? "the client"
                                                    : "all clients");
    }
    for (size_t i = all; i < ranking.n; i++) {
        const struct summary_row *row = ranking.places[i].row;

        how_starved(text, row);
        why_starved(text, row);
        text_add(text, ". ");
    }
}

void
explain_cost(struct text *text, const struct explain_group *group)
{
    struct ranking cpu;
    const struct summary_row *least;
    const struct summary_row *most;
    const char *per =
        strcmp(group->rows[0].window.scenario, "churn") == 0 ||
                strcmp(group->rows[0].window.scenario, "handshake") == 0
            ? "connection with one echo"
            : "echo";

    ranking_make(&cpu, group->rows, group->nrows, ranking_cpu);
    if (cpu.n == 0) {
        return;
    }
    least = cpu.places[0].row;
    most = cpu.places[cpu.n - 1].row;
    text_add(text, "Server CPU for each %s: ", per);
    if (cpu.n > 1 && overlap(least, most, WINDOW_SERVER_CPU_US_PER_ECHO)) {
        text_add(text, "no clear difference, ");
        ranking_values(text, &cpu, 0, cpu.n, 1);
        text_add(text, " us. ");
        return;
    }
    for (size_t i = 0; i<cpu.n; i += cpu.n> 1 ? cpu.n - 1 : 1) {
        const struct summary_row *row = cpu.places[i].row;
        char number[TEXT_CELL_BYTES];

        text_add(text, "%s %s with %s us", i > 0 ? ", most" : "least",
                 row->window.model,
                 text_number(number, cpu.places[i].value, "-"));
        if (isfinite(row->over_yardstick.median)) {
            text_add(text, " (%s times the yardstick)",
                     text_number(number, row->over_yardstick.median, "-"));
        }
    }
    text_add(text, ". ");
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

/* The model's own reason where the numbers fit it, else what was seen. */
static void
why_starved(struct text *text, const struct summary_row *row)
{
    const struct window *window = &row->window;
    double served = row->figure[WINDOW_SERVED].median;
    double held =
        served +
        (strcmp(window->scenario, "idle") == 0 ? 0 : (double)window->silent);

    if (strcmp(window->model, "blocking") == 0 && served == 0 &&
        window->silent > 0) {
        text_add(text, "it waits for the silent client that came first");
    } else if (strcmp(window->model, "blocking") == 0 && served <= 1) {
        text_add(text, "it serves one client until that one leaves, the "
                       "others wait in the kernel's queue");
    } else if (strcmp(window->model, "selectloop") == 0 &&
               held < FD_SETSIZE && held > FD_SETSIZE - 64) {
        text_add(text,
                 "select(2) takes no descriptor of FD_SETSIZE = %d or "
                 "above",
                 FD_SETSIZE);
    } else if (row->figure[WINDOW_ERRORS].median > 0) {
        text_add(text, "it broke %.0f connections",
                 row->figure[WINDOW_ERRORS].median);
    } else {
        text_add(text, "the others got no answer while the window lasted");
    }
}

/* True if the intervals of both are known and touch. Without intervals, in
 * a run of few rounds, the medians must speak for themselves. */
static bool
overlap(const struct summary_row *a, const struct summary_row *b,
        enum window_figure figure)
{
    return isfinite(a->figure[figure].low) &&
           isfinite(b->figure[figure].low) &&
           !statistics_differ(&a->figure[figure], &b->figure[figure]);
}
