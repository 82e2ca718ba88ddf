/*
 * ranking.c: rows in the order of one number. See ranking.h.
 */
#include "harness/report/ranking.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static enum ranking_claim decided(const struct summary_row *row);
static int compare_places(const void *left, const void *right);
static double if_all_served(const struct summary_row *row, double value);

void
ranking_make(struct ranking *ranking, const struct summary_row *rows,
             size_t nrows, ranking_number *number)
{
    ranking->n = 0;
    for (size_t i = 0; i < nrows && ranking->n < RANKING_ROWS; i++) {
        double value = number(&rows[i]);

        if (rows[i].status == WINDOW_OK && isfinite(value) &&
            !summary_is_yardstick(&rows[i])) {
            ranking->places[ranking->n].row = &rows[i];
            ranking->places[ranking->n].value = value;
            ranking->n++;
        }
    }
    qsort(ranking->places, ranking->n, sizeof ranking->places[0],
          compare_places);
}

void
ranking_make_cost(struct ranking *ranking, const struct summary_row *rows,
                  size_t nrows)
{
    struct ranking absolute;

    ranking_make(ranking, rows, nrows, ranking_yardstick);
    ranking_make(&absolute, rows, nrows, ranking_cpu);
    if (ranking->n < absolute.n) {
        *ranking = absolute;
    }
}

enum ranking_claim
ranking_compare(const struct summary_row *a, const struct summary_row *b,
                enum window_figure figure)
{
    struct estimate ratio;

    if (figure == WINDOW_SERVER_CPU_US_PER_ECHO &&
        ((a->least && b->comparable) || (b->least && a->comparable))) {
        return decided(a->least ? b : a);
    }
    ratio = summary_ratio(a, b, figure);
    if (ratio.values < STATISTICS_INTERVAL_VALUES) {
        return RANKING_TOO_FEW;
    }
    return statistics_excludes(&ratio, 1) ? RANKING_DIFFERENT : RANKING_SAME;
}

enum ranking_claim
ranking_ends(const struct ranking *ranking, enum window_figure figure)
{
    if (ranking->n < 2) {
        return RANKING_SAME;
    }
    return ranking_compare(ranking->places[0].row,
                           ranking->places[ranking->n - 1].row, figure);
}

double
ranking_cpu(const struct summary_row *row)
{
    return if_all_served(row,
                         row->figure[WINDOW_SERVER_CPU_US_PER_ECHO].median);
}

double
ranking_yardstick(const struct summary_row *row)
{
    return if_all_served(row, row->over_yardstick.median);
}

double
ranking_rate(const struct summary_row *row)
{
    return row->figure[WINDOW_ECHOES_PER_S].median;
}

double
ranking_memory(const struct summary_row *row)
{
    double kib = row->figure[WINDOW_RSS_KIB_PER_CLIENT].median;

    return kib < 0 ? NAN : kib;
}

double
ranking_missed(const struct summary_row *row)
{
    return row->figure[WINDOW_ASKED].median - row->served_least;
}

void
ranking_names(struct text *text, const struct ranking *ranking, size_t from,
              size_t to)
{
    for (size_t i = from; i < to; i++) {
        text_add_item(text, i - from, to - from,
                      ranking->places[i].row->window.model);
    }
}

void
ranking_values(struct text *text, const struct ranking *ranking, size_t from,
               size_t to, double factor)
{
    char low[TEXT_CELL_BYTES];
    char high[TEXT_CELL_BYTES];

    text_number(low, ranking->places[from].value * factor, "-");
    text_number(high, ranking->places[to - 1].value * factor, "-");
    if (strcmp(low, high) == 0) {
        text_add(text, "%s", low);
    } else {
        text_add(text, "%s to %s", low, high);
    }
}

size_t
ranking_above(const struct ranking *ranking, double value)
{
    size_t place = 0;

    while (place < ranking->n && ranking->places[place].value <= value) {
        place++;
    }
    return place;
}

/* What the verdict on a row and the least one says. */
static enum ranking_claim
decided(const struct summary_row *row)
{
    if (row->over_least.verdict == VERDICT_TOO_FEW) {
        return RANKING_TOO_FEW;
    }
    return row->over_least.verdict == VERDICT_MORE ? RANKING_DIFFERENT
                                                   : RANKING_SAME;
}

/* Equal values stay in the order of the table. */
static int
compare_places(const void *left, const void *right)
{
    const struct ranking_place *a = left;
    const struct ranking_place *b = right;

    if (a->value != b->value) {
        return a->value < b->value ? -1 : 1;
    }
    return (a->row > b->row) - (a->row < b->row);
}

static double
if_all_served(const struct summary_row *row, double value)
{
    return row->starved_rounds > 0 ? NAN : value;
}
