/*
 * csv.c: lives and rows as comma-separated values. See results.h.
 */
#include "harness/results/results.h"

#include <math.h>
#include <string.h>

/* Quoted where it must be; a quote inside is doubled. */
static void
put_text(FILE *file, const char *text)
{
    bool quoted = strpbrk(text, ",\"\r\n") != NULL;

    fputs(quoted ? "\"" : "", file);
    for (; *text != '\0'; text++) {
        fputs(*text == '"' ? "\"" : "", file);
        fputc(*text, file);
    }
    fputs(quoted ? "\"" : "", file);
}

/* A comma, and nothing for NAN; whole numbers in full, others to nine digits,
 * as in JSON. */
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

/* What both files begin their lines with. */
static void
put_model(FILE *file, const struct life *life)
{
    put_text(file, life->scenario);
    fprintf(file, ",%d,%d,", life->clients, life->rate_per_s);
    put_text(file, life->model);
}

static void
put_headings(FILE *file, const char *before)
{
    fprintf(file, "scenario,clients,rate_per_s,model,%s", before);
    for (int i = 0; i < LIFE_FIGURES; i++) {
        fprintf(file, ",%s", figures[i].key);
    }
}

int
csv_write_lives(FILE *file, const struct results *results)
{
    put_headings(file, "life,layout,status,bound_by");
    fputc('\n', file);
    for (size_t n = 0; n < results->nlives; n++) {
        const struct life *life = &results->lives[n];

        put_model(file, life);
        fprintf(file, ",%d,", life->life);
        put_text(file, life->layout);
        fprintf(file, ",%s,", life_status_name(life->status));
        put_text(file, life->bound_by);
        for (int i = 0; i < LIFE_FIGURES; i++) {
            put_number(file, life->figure[i]);
        }
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
put_over_best(FILE *file, const struct summary_group *group,
              const struct summary_row *row, enum fitted what)
{
    static const char *const words[] = {
        [VERDICT_UNKNOWN] = "",
        [VERDICT_UNCLEAR] = "~",
        [VERDICT_SAME] = "same",
        [VERDICT_DIFFERENT] = "different",
    };

    put_ratio(file, &row->over_best[what]);
    fprintf(file, ",%s",
            row == group->best[what] ? "best"
                                     : words[row->over_best[what].verdict]);
}

/* A row that is not ok has no figures: those of its good lives would be taken
 * for its result. Nor has a saturated one response times: they are those of a
 * queue that grows, and depend on how long one has looked. Nor has one that
 * left clients out. */
static void
put_row(FILE *file, const struct summary_group *group,
        const struct summary_row *row)
{
    put_model(file, row->life);
    fputc(',', file);
    put_text(file, row->life->layout);
    fputc(',', file);
    put_text(file, row->life->bound_by);
    fprintf(file, ",%d,%s", row->ok, life_status_name(row->status));
    for (int i = 0; i < LIFE_FIGURES; i++) {
        bool grows = (figures[i].where & FIGURE_TIME) &&
                     (row->saturated || row->starved);

        put_number(file,
                   row->status == LIFE_OK && !grows ? row->figure[i] : NAN);
    }
    put_over_best(file, group, row, FIT_CPU);
    put_ratio(file, &row->over_yardstick);
    put_over_best(file, group, row, FIT_RATE);
    fprintf(file, ",%s\n",
            isnan(row->figure[LIFE_REACHED_SHARE]) ? ""
            : row->saturated                       ? "yes"
                                                   : "no");
}

int
csv_write_summary(FILE *file, const struct summary *summary)
{
    put_headings(file, "layout,bound_by,lives,status");
    fputs(",cpu_over_least,cpu_over_least_low,cpu_over_least_high,"
          "cpu_over_least_verdict,cpu_over_yardstick,cpu_over_yardstick_low,"
          "cpu_over_yardstick_high,echoes_per_s_over_most,"
          "echoes_per_s_over_most_low,echoes_per_s_over_most_high,"
          "echoes_per_s_over_most_verdict,saturated\n",
          file);
    for (size_t i = 0; i < summary->ngroups; i++) {
        const struct summary_group *group = &summary->groups[i];

        for (size_t j = 0; j < group->nrows; j++) {
            put_row(file, group, &group->rows[j]);
        }
    }
    return fflush(file) == 0 && !ferror(file) ? 0 : -1;
}
