/*
 * rate.c: what stands in the table of an open loop. See rate.h.
 */
#include "harness/report/rate.h"

#include <math.h>
#include <string.h>

#include "harness/report/cells.h"

static char *write_time(char cell[TEXT_CELL_BYTES],
                        const struct summary_row *row,
                        enum window_figure figure, bool milliseconds);
static char *write_state(char cell[TEXT_CELL_BYTES],
                         const struct summary_row *row);
static bool served_too_few(const struct summary_row *row, double share);

/* A column and its heading; `unit` is NULL where it is a unit of time. */
static const struct {
    const char *heading; /* first line */
    const char *unit;    /* second line */
    int width;           /* columns of the terminal; below 0: to the left */
} columns[RATE_COLUMNS] = {
    [RATE_ASKED] = {"asked", "/s", 6},
    [RATE_MODEL] = {"model", "", -14},
    [RATE_REACHED] = {"reached", "/s", 7},
    [RATE_RESPONSE_P50] = {"resp50", NULL, 6},
    [RATE_RESPONSE_P99] = {"resp99", NULL, 6},
    [RATE_SERVICE_P50] = {"serv50", NULL, 6},
    [RATE_SERVICE_P99] = {"serv99", NULL, 6},
    [RATE_LAG] = {"lag99", NULL, 6},
    [RATE_UNFINISHED] = {"unfinished", "", 10},
    [RATE_STATE] = {"state", "", -16},
};

bool
rate_is_table(const struct summary_row *rows)
{
    return rows[0].window.rate_per_s > 0;
}

bool
rate_in_milliseconds(const struct summary_row *rows, size_t nrows)
{
    double highest = 0;

    for (size_t i = 0; i < nrows; i++) {
        const struct estimate *figure = rows[i].figure;

        highest = fmax(highest, figure[WINDOW_SERVICE_P99_US].median);
        if (!rows[i].saturated) {
            highest = fmax(highest, figure[WINDOW_P99_US].median);
        }
    }
    return highest >= 10000;
}

const char *
rate_heading(enum rate_column column)
{
    return columns[column].heading;
}

const char *
rate_unit(enum rate_column column, bool milliseconds)
{
    if (columns[column].unit) {
        return columns[column].unit;
    }
    return milliseconds ? "ms" : "us";
}

int
rate_width(enum rate_column column)
{
    return columns[column].width;
}

char *
rate_write(char cell[TEXT_CELL_BYTES], enum rate_column column,
           const struct summary_row *row, bool milliseconds)
{
    switch (column) {
    case RATE_ASKED:
        return text_count(cell, row->window.rate_per_s, "-");
    case RATE_MODEL:
        snprintf(cell, TEXT_CELL_BYTES, "%s", row->window.model);
        text_clean(cell);
        return cell;
    case RATE_REACHED:
        return text_count(cell, row->figure[WINDOW_ECHOES_PER_S].median, "-");
    case RATE_RESPONSE_P50:
        return write_time(cell, row, WINDOW_P50_US, milliseconds);
    case RATE_RESPONSE_P99:
        return write_time(cell, row, WINDOW_P99_US, milliseconds);
    case RATE_SERVICE_P50:
        return write_time(cell, row, WINDOW_SERVICE_P50_US, milliseconds);
    case RATE_SERVICE_P99:
        return write_time(cell, row, WINDOW_SERVICE_P99_US, milliseconds);
    case RATE_LAG:
        return write_time(cell, row, WINDOW_LAG_P99_US, milliseconds);
    case RATE_UNFINISHED:
        return text_count(cell, row->figure[WINDOW_UNFINISHED].median, "-");
    default:
        return write_state(cell, row);
    }
}

/* A client that never got an echo waited longer than all that are counted:
 * where more than 1 of 100 did not, p99 of the response time is "never". */
static char *
write_time(char cell[TEXT_CELL_BYTES], const struct summary_row *row,
           enum window_figure figure, bool milliseconds)
{
    bool response = figure == WINDOW_P50_US || figure == WINDOW_P99_US;
    double value = row->figure[figure].median;

    if (response && row->figure[WINDOW_ECHOES].median == 0) {
        snprintf(cell, TEXT_CELL_BYTES, "never");
        return cell;
    }
    if (response && row->saturated) {
        snprintf(cell, TEXT_CELL_BYTES, "grows");
        return cell;
    }
    if (figure == WINDOW_P99_US && served_too_few(row, 0.99)) {
        snprintf(cell, TEXT_CELL_BYTES, "never");
        return cell;
    }
    return text_fit(cell, milliseconds ? value / 1000 : value,
                    columns[RATE_LAG].width, "-");
}

static char *
write_state(char cell[TEXT_CELL_BYTES], const struct summary_row *row)
{
    size_t length = 0;

    if (cells_starved(row)) {
        length = (size_t)snprintf(cell, TEXT_CELL_BYTES, "%.0f/%d%s",
                                  row->served_least, row->window.clients,
                                  row->saturated ? " " : " served");
    }
    if (row->saturated) {
        snprintf(cell + length, TEXT_CELL_BYTES - length, "saturated");
    } else if (length == 0) {
        snprintf(cell, TEXT_CELL_BYTES, "kept");
    }
    return cell;
}

/* In the worst round, at most that share of the clients. */
static bool
served_too_few(const struct summary_row *row, double share)
{
    return cells_starved(row) &&
           row->served_least <= share * row->window.clients;
}
