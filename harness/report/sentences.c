/*
 * sentences.c: what the numbers of this run say. See sentences.h.
 */
#include "harness/report/sentences.h"

#include <math.h>
#include <string.h>

#include "harness/report/explain.h"
#include "harness/report/ranking.h"
#include "harness/results/checks.h"

static const char *note_of(const struct summary_row *row);
static void warn_floor(struct text *text, const struct summary_row *row);
static void name_server(struct text *text, const struct summary_row *row);
static const struct summary_row *first_failed(const struct summary *summary);
static bool name_pair(struct text *text, const struct summary *summary);
static bool is_own(const char *model);

void
sentences_run(struct text *text, const struct run *run)
{
    text_add(text, "%s, %d CPU%s, %s, %s. %.10s %.5s UTC, ", run->cpu_model,
             run->cores, run->cores == 1 ? "" : "s", run->kernel,
             run->compiler, run->date,
             strlen(run->date) > 11 ? run->date + 11 : "");
    text_add(text, "%d round%s", run->rounds, run->rounds == 1 ? "" : "s");
    if (isfinite(run->seconds)) {
        text_add(text, " in %.0f s", run->seconds);
    }
    text_add(text, ".");
}

void
sentences_run_marks(struct text *text, const struct run *run)
{
    if (run->partial) {
        text_add(text, "partial: the run was cut short; what was measured "
                       "until then follows. ");
    }
    if (strcmp(run->mode, "quick") == 0) {
        text_add(text, "quick: do not quote these numbers. ");
    }
    text_add(text, "%s", run->note);
}

void
sentences_noise(struct text *text, const struct summary *summary)
{
    size_t named = 0;

    if (4 * summary->disturbed <= summary->used) {
        return;
    }
    text_add(text,
             "noisy machine: %d of the %d windows used were disturbed, by ",
             summary->disturbed, summary->used);
    for (int bit = 0; bit < WINDOW_CAUSES; bit++) {
        if (summary->cause[bit] > 0) {
            text_add(text, "%s%s (%d)", named++ > 0 ? ", " : "",
                     window_cause_name(bit), summary->cause[bit]);
        }
    }
    text_add(text, ". Trust served, over floor, over yard, calls and "
                   "memory; not echoes/s, p50, p99 and CPU. ");
}

void
sentences_group(struct text *text, const struct summary *summary,
                size_t begin, size_t end)
{
    struct explain_group group = {
        .rows = &summary->rows[begin],
        .nrows = end - begin,
        .summary = summary,
    };

    explain_served(text, &group);
    if (group.rows[0].window.delay_ms == 0 &&
        group.rows[0].window.work_us == 0) {
        explain_cost(text, &group);
    }
    explain_scenario(text, &group);
}

void
sentences_notes(struct text *text, const struct summary_row *rows,
                size_t nrows)
{
    for (size_t i = 0; i < nrows; i++) {
        const char *note = note_of(&rows[i]);
        bool known = note[0] == '\0';

        for (size_t j = 0; j < i && !known; j++) {
            known = strcmp(note_of(&rows[j]), note) == 0;
        }
        for (size_t j = i; j < nrows && !known; j++) {
            if (strcmp(note_of(&rows[j]), note) == 0) {
                text_add(text, "%s%s", j == i ? "note: " : ", ",
                         rows[j].window.model);
            }
        }
        if (!known) {
            text_add(text, ": %s. ", note);
        }
    }
}

/* Of the first good window that has one, else "". A row without numbers has a
 * reason in their place. */
static const char *
note_of(const struct summary_row *row)
{
    for (size_t i = 0; i < row->nwindows && row->status == WINDOW_OK; i++) {
        if (row->windows[i]->used && row->windows[i]->note[0] != '\0') {
            return row->windows[i]->note;
        }
    }
    return "";
}

void
sentences_warnings(struct text *text, const struct summary *summary)
{
    int failed = 0;

    for (size_t i = 0; i < summary->nrows; i++) {
        failed += summary->rows[i].status == WINDOW_FAILED;
        if (summary->rows[i].status == WINDOW_OK) {
            warn_floor(text, &summary->rows[i]);
        }
    }
    if (failed > 0) {
        text_add(text, "%d row%s failed; see above. ", failed,
                 failed == 1 ? "" : "s");
    }
}

bool
sentences_checks(struct text *text, const struct summary *summary)
{
    struct text held = {0};
    bool good = true;

    for (int i = 0; i < CHECKS; i++) {
        const struct check_result *check = &summary->checks[i];

        if (check->failed > 0) {
            text_add(text, "check failed, %s: %s", checks_name(i),
                     check->first);
            if (check->failed > 1) {
                text_add(text, " (and %d more)", check->failed - 1);
            }
            text_add(text, ". ");
            good = false;
        } else if (check->checked > 0) {
            text_add(&held, "%s%s", held.length > 0 ? ", " : "",
                     checks_name(i));
        }
    }
    if (held.length > 0) {
        text_add(text, "checks that hold: %s. ", held.bytes);
    }
    text_free(&held);
    return good;
}

void
sentences_legend(struct text *text, const struct summary *summary)
{
    bool numbers = false;
    bool open_loop = false;

    for (size_t i = 0; i < summary->nrows; i++) {
        open_loop = open_loop || summary->rows[i].window.rate_per_s > 0;
        numbers = numbers || summary->rows[i].status == WINDOW_OK;
    }
    if (numbers) {
        text_add(text,
                 "served: in the worst round. +-: half the 95 %% interval, "
                 "from %d rounds on. over floor: times what the kernel "
                 "alone takes for a recv and a send; over yard: times a "
                 "bare epoll echo. switch: context switches. memory: what a "
                 "client adds. bound by: whose CPU was used up. never: no "
                 "echo came. -: not measured. n/a: not possible here. ~: no "
                 "clear difference.",
                 STATISTICS_INTERVAL_VALUES);
    }
    if (open_loop) {
        text_add(text,
                 " resp: response time, from when a message was due; serv: "
                 "from when it was sent; lag: how late the client was; 50 "
                 "and 99 of 100. grows: for as long as the rate lasts.");
    }
}

void
sentences_next(struct text *text, const struct run *run,
               const struct summary *summary)
{
    const struct summary_row *failed = first_failed(summary);

    if (failed) {
        name_server(text, failed);
    } else if (strcmp(run->mode, "quick") == 0 || run->partial) {
        text_add(text, "make compare");
    } else if (name_pair(text, summary)) {
        return;
    } else if (strcmp(run->mode, "full") != 0) {
        text_add(text, run->rounds < STATISTICS_INTERVAL_VALUES
                           ? "make compare"
                           : "make compare-full");
    } else {
        text_add(text, "build/bin/report --markdown");
    }
}

/* Tried by hand, a server says more than its row. How a foreign one was
 * started is known to the user alone. */
static void
name_server(struct text *text, const struct summary_row *row)
{
    const struct window *window = &row->window;
    bool idle = strcmp(window->scenario, "idle") == 0;

    if (!is_own(window->model)) {
        text_add(text, "start %s by hand, then build/bin/load HOST:PORT",
                 window->model);
        return;
    }
    text_add(text, "build/bin/%s -v", window->model);
    if (strcmp(window->scenario, "handshake") == 0) {
        text_add(text, " --handshake");
    }
    if (window->delay_ms > 0) {
        text_add(text, " --delay=%d", window->delay_ms);
    }
    if (window->work_us > 0) {
        text_add(text, " --work=%d", window->work_us);
    }
    text_add(text, " & build/bin/load 127.0.0.1:5566 -c %d",
             window->clients - (idle ? window->silent : 0));
    if (window->silent > 0) {
        text_add(text, " --silent=%d", window->silent);
    }
    if (window->rate_per_s > 0) {
        text_add(text, " --rate=%d", window->rate_per_s);
    }
    if (strcmp(window->scenario, "churn") == 0) {
        text_add(text, " --churn");
    } else if (strcmp(window->scenario, "handshake") == 0) {
        text_add(text, " --churn --handshake");
    }
}

/*
 * The floor is what the kernel alone charges for one recv and one send. A
 * server that echoes each message with less than that either did not do it,
 * or was measured wrongly.
 */
static void
warn_floor(struct text *text, const struct summary_row *row)
{
    const struct estimate *ratio = &row->figure[WINDOW_CPU_OVER_FLOOR];
    bool below =
        isfinite(ratio->high) ? ratio->high < 1 : ratio->median < 0.95;

    if (below && row->window.message_bytes <= WINDOW_FLOOR_PIECE_BYTES) {
        text_add(text,
                 "Measuring bug: %s in %s (%d client%s) used %.2f of the CPU "
                 "that the kernel alone needs; do not trust that row. ",
                 row->window.model, row->window.scenario, row->window.clients,
                 row->window.clients == 1 ? "" : "s", ratio->median);
    }
}

/* The first row that failed, one of our own if there is one. */
static const struct summary_row *
first_failed(const struct summary *summary)
{
    const struct summary_row *foreign = NULL;

    for (size_t i = 0; i < summary->nrows; i++) {
        const struct summary_row *row = &summary->rows[i];

        if (row->status == WINDOW_FAILED && is_own(row->window.model)) {
            return row;
        }
        if (row->status == WINDOW_FAILED && !foreign) {
            foreign = row;
        }
    }
    return foreign;
}

/* The cheapest and the dearest of the first group of several clients where
 * they differ: to read the two side by side shows where that comes from.
 * Only our own models have a folder to read. */
static bool
name_pair(struct text *text, const struct summary *summary)
{
    for (size_t i = 0; i < summary->nrows;) {
        size_t end = summary_group_end(summary, i);
        struct ranking own = {.n = 0};
        struct ranking cost;

        ranking_make_cost(&cost, &summary->rows[i], end - i);
        for (size_t place = 0; place < cost.n; place++) {
            if (is_own(cost.places[place].row->window.model)) {
                own.places[own.n++] = cost.places[place];
            }
        }
        if (summary->rows[i].window.clients > 1 &&
            ranking_ends(&own, WINDOW_SERVER_CPU_US_PER_ECHO) ==
                RANKING_DIFFERENT) {
            text_add(text, "diff -y -t -W 160 %s/server.c %s/server.c",
                     own.places[0].row->window.model,
                     own.places[own.n - 1].row->window.model);
            return true;
        }
        i = end;
    }
    return false;
}

/* True for a model that this repository holds. */
static bool
is_own(const char *model)
{
    static const char *const own[] = {"blocking", "threaded", "selectloop",
                                      "coroutine", "libevent"};

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (strcmp(model, own[i]) == 0) {
            return true;
        }
    }
    return false;
}
