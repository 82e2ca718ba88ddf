/*
 * explain.c: the sentences that belong to one scenario each. See explain.h.
 */
#include "harness/report/explain.h"

#include <math.h>
#include <string.h>
#include <sys/select.h>

#include "harness/report/ranking.h"

static void why_starved(struct text *text, const struct summary_row *row);
static void explain_pair(struct text *text, const struct summary_row *row);
static void add_interval(struct text *text, const char *format,
                         const struct estimate *ratio);

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

        text_add(text, "%s serves %.0f of %.0f: ", row->window.model,
                 row->figure[WINDOW_SERVED].median,
                 row->figure[WINDOW_ASKED].median);
        why_starved(text, row);
        text_add(text, ". ");
    }
}

void
explain_cost(struct text *text, const struct explain_group *group)
{
    const struct summary_row *least =
        summary_least(group->rows, group->nrows);
    const char *per =
        strcmp(group->rows[0].window.scenario, "churn") == 0 ||
                strcmp(group->rows[0].window.scenario, "handshake") == 0
            ? "connection with one echo"
            : "echo";
    struct ranking cpu;
    char number[TEXT_CELL_BYTES];

    ranking_make(&cpu, group->rows, group->nrows, ranking_cpu);
    if (cpu.n == 0 || !least) {
        return;
    }
    text_add(text, "Server CPU for each %s: ", per);
    if (cpu.n > 1 && !isfinite(least->over_yardstick.low) &&
        !isfinite(cpu.places[1].row->over_least.ratio.low)) {
        ranking_values(text, &cpu, 0, cpu.n, 1);
        text_add(text, " us, with fewer than %d rounds no ranking. ",
                 STATISTICS_INTERVAL_VALUES);
        return;
    }
    text_add(text, "%s%s %s us",
             summary_clearly_least(group->rows, group->nrows) ? "least " : "",
             least->window.model,
             text_number(number, cpu.places[0].value, "-"));
    add_interval(text, ", %s the yardstick", &least->over_yardstick);
    for (size_t i = 0; i < cpu.n; i++) {
        if (cpu.places[i].row != least) {
            explain_pair(text, cpu.places[i].row);
        }
    }
    text_add(text, ". ");
}

/* What a row costs beside the one named first. */
static void
explain_pair(struct text *text, const struct summary_row *row)
{
    static const char *const formats[] = {
        [VERDICT_UNCLEAR] = "~ (no clear difference, %s)",
        [VERDICT_SAME] = "the same within 3 % (%s)",
        [VERDICT_LESS] = "%s of that",
        [VERDICT_MORE] = "%s that",
    };

    text_add(text, "; %s ", row->window.model);
    add_interval(text, formats[row->over_least.verdict],
                 &row->over_least.ratio);
}

/* Append a ratio with its interval: "1.04x [1.03, 1.05]", put in the place
 * of %s of `format`; nothing if there is no ratio. */
static void
add_interval(struct text *text, const char *format,
             const struct estimate *ratio)
{
    const char *mark = strstr(format, "%s");
    struct text number = {0};

    if (!isfinite(ratio->median)) {
        return;
    }
    text_add(&number, "%.2fx", ratio->median);
    if (isfinite(ratio->low)) {
        text_add(&number, " [%.2f, %.2f]", ratio->low, ratio->high);
    }
    text_add(text, "%.*s%s%s", (int)(mark - format), format, number.bytes,
             mark + 2);
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
