/*
 * csv.c: lives and rows as comma-separated values, by table. See results.h.
 */
#include "harness/results/results.h"

#include <math.h>
#include <string.h>

/* Quoted where it must be; a quote inside is doubled. */
static void
put_text(FILE *file, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            fputc('"', file);
        }
        fputc(*text, file);
    }
    fputc('"', file);
}

/* A comma, and nothing for NAN; whole numbers in full, others to nine digits,
 * as in JSON. */
static void
put_number(FILE *file, double value)
{
    fputc(',', file);
    if (!isfinite(value)) {
        return;
    }
    if (value == trunc(value) && fabs(value) < 1e15) {
        fprintf(file, "%.0f", value);
    } else {
        fprintf(file, "%.9g", value);
    }
}

/* The fields that are columns with `flag`, or without a life their names. The
 * first of them has no comma before it. */
static void
put_fields(FILE *file, const struct life *life, unsigned flag)
{
    for (const struct field *field = life_fields; field->key; field++) {
        const char *at = (const char *)life + field->offset;

        if (!(field->flags & flag)) {
            continue;
        }
        fputs(field == life_fields ? "" : ",", file);
        if (!life) {
            fputs(field->key, file);
        } else if (field->kind == FIELD_TEXT) {
            put_text(file, at);
        } else if (field->kind == FIELD_INT) {
            fprintf(file, "%d", *(const int *)at);
        } else {
            fputs(life_status_name(*(const enum life_status *)at), file);
        }
    }
}

static void
put_headings(FILE *file)
{
    for (int i = 0; i < LIFE_FIGURES; i++) {
        fprintf(file, ",%s", figures[i].key);
    }
}

int
csv_write_lives(FILE *file, const struct results *results)
{
    put_fields(file, NULL, FIELD_LIFE);
    put_headings(file);
    fputc('\n', file);
    for (size_t n = 0; n < results->nlives; n++) {
        put_fields(file, &results->lives[n], FIELD_LIFE);
        for (int i = 0; i < LIFE_FIGURES; i++) {
            put_number(file, results->lives[n].figure[i]);
        }
        fputc('\n', file);
    }
    return fflush(file) == 0 && !ferror(file) ? 0 : -1;
}

/* What rows are held against, and the columns of that. */
static const struct {
    const char *key; /* of the ratio; _low and _high and, if it has a verdict,
                      * _verdict stand behind it */
    size_t offset;   /* of the comparison in a row */
    enum fitted what;
    bool verdict; /* is shown, too */
} ratios[] = {
    {"cpu_over_least", offsetof(struct summary_row, over_best[FIT_CPU]),
     FIT_CPU, true},
    {"cpu_over_yardstick", offsetof(struct summary_row, over_yardstick),
     FIT_CPU, false},
    {"echoes_per_s_over_most",
     offsetof(struct summary_row, over_best[FIT_RATE]), FIT_RATE, true},
};
enum {
    RATIOS = sizeof ratios / sizeof ratios[0],
};

static void
put_ratio(FILE *file, const struct summary_group *group,
          const struct summary_row *row, int i)
{
    static const char *const words[] = {
        [VERDICT_UNKNOWN] = "",
        [VERDICT_UNCLEAR] = "~",
        [VERDICT_SAME] = "same",
        [VERDICT_DIFFERENT] = "different",
    };
    const struct comparison *ratio =
        (const void *)((const char *)row + ratios[i].offset);

    put_number(file, ratio->ratio);
    put_number(file, ratio->low);
    put_number(file, ratio->high);
    if (ratios[i].verdict) {
        fprintf(file, ",%s",
                row == group->best[ratios[i].what] ? "best"
                                                   : words[ratio->verdict]);
    }
}

/* A row that is not ok has no figures: those of its good lives would be taken
 * for its result. Nor has a saturated one response times: they are those of a
 * queue that grows, and depend on how long one has looked. Nor has one that
 * left clients out. */
static void
put_row(FILE *file, const struct summary_group *group,
        const struct summary_row *row)
{
    put_fields(file, row->life, FIELD_ROW);
    fprintf(file, ",%d,%s", row->ok, life_status_name(row->status));
    for (int i = 0; i < LIFE_FIGURES; i++) {
        bool grows = (figures[i].where & FIGURE_TIME) &&
                     (row->saturated || row->starved);

        put_number(file,
                   row->status == LIFE_OK && !grows ? row->figure[i] : NAN);
    }
    for (int i = 0; i < RATIOS; i++) {
        put_ratio(file, group, row, i);
    }
    fprintf(file, ",%s\n",
            isnan(row->figure[LIFE_REACHED_SHARE]) ? ""
            : row->saturated                       ? "yes"
                                                   : "no");
}

int
csv_write_summary(FILE *file, const struct summary *summary)
{
    put_fields(file, NULL, FIELD_ROW);
    fputs(",lives,status", file);
    put_headings(file);
    for (int i = 0; i < RATIOS; i++) {
        fprintf(file, ",%s,%s_low,%s_high", ratios[i].key, ratios[i].key,
                ratios[i].key);
        if (ratios[i].verdict) {
            fprintf(file, ",%s_verdict", ratios[i].key);
        }
    }
    fputs(",saturated\n", file);
    for (size_t i = 0; i < summary->ngroups; i++) {
        const struct summary_group *group = &summary->groups[i];

        for (size_t j = 0; j < group->nrows; j++) {
            put_row(file, group, &group->rows[j]);
        }
    }
    return fflush(file) == 0 && !ferror(file) ? 0 : -1;
}
