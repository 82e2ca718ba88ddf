/*
 * csv.c: lives and rows as comma-separated values. See results.h.
 */
#include "harness/results/results.h"

#include <math.h>
#include <string.h>

/* Behind `before`, quoted where it must be; a quote inside is doubled. */
static void
put_text(FILE *file, const char *before, const char *text)
{
    bool quoted = strpbrk(text, ",\"\r\n") != NULL;

    fprintf(file, "%s%s", before, quoted ? "\"" : "");
    for (; *text != '\0'; text++) {
        fputs(*text == '"' ? "\"" : "", file);
        fputc(*text, file);
    }
    fputs(quoted ? "\"" : "", file);
}

/* A comma, and nothing for NAN, a whole number, or nine digits as in JSON. */
static void
put_number(FILE *file, double value)
{
    if (!isfinite(value)) {
        fputc(',', file);
    } else if (value == trunc(value) && fabs(value) < 1e15) {
        fprintf(file, ",%.0f", value);
    } else {
        fprintf(file, ",%.9g", value);
    }
}

#define INTERVAL(key)                                                        \
    {key "_low", CSV_SUMMARY, "... its 95 % interval, for all pairs: from"}, \
    {                                                                        \
        key "_high", CSV_SUMMARY, "... to"                                   \
    }

/* How the lives of a figure are drawn together, behind what it means. */
#define HOW_MEDIAN " (median)"
#define HOW_LEAST  " (least)"
#define HOW_MOST   " (most)"
#define HOW_SUM    " (sum)"

/* In the order in which put_...() below write them. */
const struct csv_column csv_columns[] = {
    {"scenario", CSV_BOTH, "the kind of load"},
    {"clients", CSV_BOTH, "that are meant to be asked for an echo"},
    {"rate_per_s", CSV_BOTH, "messages due in an open loop; 0: a closed one"},
    {"model", CSV_BOTH, "the server; yardstick: a bare epoll loop"},
    {"life", CSV_LIVES, "which of its fresh processes, from 1"},
    {"lives", CSV_SUMMARY, "fresh processes that were measured"},
    {"layout", CSV_BOTH, "CPUs of client and server: shared, split or all"},
    {"bound_by", CSV_BOTH,
     "what was used up: CPU, that of server or client, or none: waiting"},
    {"status", CSV_BOTH,
     "ok; failed: by the server; invalid: by the client; skipped"},
    {"starved", CSV_BOTH,
     "yes: not all were served. Response times are empty, where the table "
     "says never"},
    {"saturated", CSV_BOTH,
     "yes: an open loop that it did not keep up with. Response times are "
     "empty, where the table says grows"},
#define FIGURE(name, how, key, meaning, ...)                                 \
    {key, CSV_BOTH, meaning HOW_##how},
#include "harness/results/figures.h"
    {"cpu_over_least", CSV_SUMMARY,
     "server CPU per echo over the cheapest one's"},
    INTERVAL("cpu_over_least"),
    {"cpu_over_least_verdict", CSV_SUMMARY,
     "least: it is the cheapest; x1.52: it costs so much more; same: within "
     "3 %; ~: too close to tell"},
    {"cpu_over_yardstick", CSV_SUMMARY, "... over the yardstick's"},
    INTERVAL("cpu_over_yardstick"),
    {"echoes_per_s_over_most", CSV_SUMMARY,
     "echoes per second over the fastest one's"},
    INTERVAL("echoes_per_s_over_most"),
    {"echoes_per_s_over_most_verdict", CSV_SUMMARY,
     "most: it is the fastest; the others as above"},
    {"kib_per_client", CSV_SUMMARY,
     "rss_kib_per_client and the kernel's stack"},
    {"kib_per_client_noise", CSV_SUMMARY,
     "less than that is too little to tell"},
    {"reason", CSV_BOTH, "why the status is not ok"},
    {0},
};

static void
put_headings(FILE *file, unsigned which)
{
    const char *comma = "";

    for (const struct csv_column *c = csv_columns; c->files != 0; c++) {
        if (c->files & which) {
            fprintf(file, "%s%s", comma, c->key);
            comma = ",";
        }
    }
    fputc('\n', file);
}

/* Up to the figures, and these, which a row has only if it is `ok`. Response
 * times are left out of who left clients out, and of an open loop that was
 * not kept up with: they are those of a queue that grows, and depend on how
 * long one has looked. */
static void
put_life(FILE *file, const struct life *life, int number,
         enum life_status status, const double *figure, bool ok)
{
    bool starved = figure[LIFE_SERVED] < figure[LIFE_ASKED];
    bool saturated = figure[LIFE_REACHED_SHARE] < SUMMARY_KEPT_SHARE;

    put_text(file, "", life->scenario);
    fprintf(file, ",%d,%d", life->clients, life->rate_per_s);
    put_text(file, ",", life->model);
    fprintf(file, ",%d", number);
    put_text(file, ",", life->layout);
    put_text(file, ",", life->bound_by);
    fprintf(file, ",%s,%s,%s", life_status_name(status),
            !ok || isnan(figure[LIFE_SERVED]) ? ""
            : starved                         ? "yes"
                                              : "no",
            !ok || isnan(figure[LIFE_REACHED_SHARE]) ? ""
            : saturated                              ? "yes"
                                                     : "no");
    for (int i = 0; i < LIFE_FIGURES; i++) {
        bool hidden =
            (figures[i].where & FIGURE_TIME) && (saturated || starved);

        put_number(file, ok && !hidden ? figure[i] : NAN);
    }
}

int
csv_write_lives(FILE *file, const struct results *results)
{
    put_headings(file, CSV_LIVES);
    for (size_t n = 0; n < results->nlives; n++) {
        const struct life *life = &results->lives[n];

        put_life(file, life, life->life, life->status, life->figure, true);
        put_text(file, ",", life->reason);
        fputc('\n', file);
    }
    return fflush(file) == 0 && !ferror(file) ? 0 : -1;
}

static void
put_ratio(FILE *file, const struct comparison *ratio)
{
    put_number(file, ratio->ratio);
    put_number(file, ratio->low);
    put_number(file, ratio->high);
}

static void
put_over_best(FILE *file, const struct summary_row *row, enum fitted what)
{
    bool unknown = row->over_best[what].verdict == VERDICT_UNKNOWN;

    if (row == row->group->best[what]) {
        fprintf(file, ",1,,,%s", fitted_best[what]);
        return;
    }
    put_ratio(file, &row->over_best[what]);
    fprintf(file, ",%s",
            unknown ? ""
                    : comparison_word(&row->over_best[what], UNITS_TEXT));
}

/* A row that is not ok has no figures: its good lives are no result. */
static void
put_row(FILE *file, const struct summary_row *row)
{
    bool ok = row->status == LIFE_OK;

    put_life(file, row->life, row->ok, row->status, row->figure, ok);
    put_over_best(file, row, FIT_CPU);
    put_ratio(file, &row->over_yardstick);
    put_over_best(file, row, FIT_RATE);
    put_number(file, ok ? summary_memory(row) : NAN);
    put_number(file, ok ? summary_memory_noise(row) : NAN);
    put_text(file, ",", ok ? "" : row->life->reason);
    fputc('\n', file);
}

int
csv_write_summary(FILE *file, const struct summary *summary)
{
    put_headings(file, CSV_SUMMARY);
    for (size_t i = 0; i < summary->nrows; i++) {
        put_row(file, &summary->rows[i]);
    }
    return fflush(file) == 0 && !ferror(file) ? 0 : -1;
}
