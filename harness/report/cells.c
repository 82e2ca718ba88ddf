/*
 * cells.c: what stands in each cell of a table. See cells.h.
 */
#include "harness/report/cells.h"

#include <math.h>
#include <string.h>

#include "harness/load/units.h"

static void add_rounds(struct text *text, const struct summary_row *rows,
                       size_t nrows);
static char *write_served(char *cell, const struct summary_row *row);
static char *write_latency(char *cell, const struct summary_row *row,
                           enum window_figure figure,
                           const struct cells_style *style);
static char *write_memory(char *cell, const struct summary_row *row);
static double plain_number(const struct summary_row *row,
                           enum cells_column column);
static char *write_spread(char *cell, const struct estimate *estimate);
static double median(const struct summary_row *row,
                     enum window_figure figure);

static const char *const headings[CELLS_COLUMNS] = {
    [CELLS_MODEL] = "model",     [CELLS_SERVED] = "served",
    [CELLS_RATE] = "echoes",     [CELLS_P50] = "p50",
    [CELLS_P99] = "p99",         [CELLS_CPU] = "CPU",
    [CELLS_SPREAD] = "+-",       [CELLS_FLOOR] = "over",
    [CELLS_YARDSTICK] = "over",  [CELLS_SYSCALLS] = "calls",
    [CELLS_SWITCHES] = "switch", [CELLS_MEMORY] = "memory",
    [CELLS_BOUND] = "bound",
};

static const char *const unit_names[CELLS_COLUMNS] = {
    [CELLS_MODEL] = "",         [CELLS_SERVED] = "",
    [CELLS_RATE] = "/s",        [CELLS_P50] = "us",
    [CELLS_P99] = "us",         [CELLS_CPU] = "us/echo",
    [CELLS_SPREAD] = "%",       [CELLS_FLOOR] = "floor",
    [CELLS_YARDSTICK] = "yard", [CELLS_SYSCALLS] = "/echo",
    [CELLS_SWITCHES] = "/echo", [CELLS_MEMORY] = "KiB/cl",
    [CELLS_BOUND] = "by",
};

/* Columns of the terminal that a cell may take. */
static const int widths[CELLS_COLUMNS] = {
    [CELLS_MODEL] = 14,   [CELLS_SERVED] = 11,  [CELLS_RATE] = 6,
    [CELLS_P50] = 6,      [CELLS_P99] = 6,      [CELLS_CPU] = 7,
    [CELLS_SPREAD] = 3,   [CELLS_FLOOR] = 5,    [CELLS_YARDSTICK] = 5,
    [CELLS_SYSCALLS] = 6, [CELLS_SWITCHES] = 6, [CELLS_MEMORY] = 6,
    [CELLS_BOUND] = 7,
};

enum {
    /* Pages that a process may gain or lose for reasons of its own. */
    MEMORY_NOISE_KIB = 16,
};

struct cells_style
cells_style_for(const struct summary_row *rows, size_t nrows)
{
    struct cells_style style = {.milliseconds = false};
    double highest = 0;

    for (size_t i = 0; i < nrows; i++) {
        highest = fmax(highest, median(&rows[i], WINDOW_P99_US));
        highest = fmax(highest, median(&rows[i], WINDOW_P50_US));
    }
    style.milliseconds = highest >= 10000;
    return style;
}

const char *
cells_heading(enum cells_column column)
{
    return headings[column];
}

const char *
cells_unit(enum cells_column column, const struct cells_style *style)
{
    if (style->milliseconds && (column == CELLS_P50 || column == CELLS_P99)) {
        return "ms";
    }
    return unit_names[column];
}

bool
cells_left(enum cells_column column)
{
    return column == CELLS_MODEL || column == CELLS_BOUND;
}

int
cells_width(enum cells_column column)
{
    return widths[column];
}

char *
cells_write(char cell[TEXT_CELL_BYTES], enum cells_column column,
            const struct summary_row *row, const struct cells_style *style)
{
    switch (column) {
    case CELLS_MODEL:
        snprintf(cell, TEXT_CELL_BYTES, "%s", row->window.model);
        text_clean(cell);
        return cell;
    case CELLS_SERVED:
        return write_served(cell, row);
    case CELLS_RATE:
        text_count(cell, median(row, WINDOW_ECHOES_PER_S), "-");
        if ((int)strlen(cell) > widths[column]) {
            snprintf(cell, TEXT_CELL_BYTES, "huge");
        }
        return cell;
    case CELLS_P50:
        return write_latency(cell, row, WINDOW_P50_US, style);
    case CELLS_P99:
        return write_latency(cell, row, WINDOW_P99_US, style);
    case CELLS_SPREAD:
        return write_spread(cell,
                            &row->figure[WINDOW_SERVER_CPU_US_PER_ECHO]);
    case CELLS_MEMORY:
        return write_memory(cell, row);
    case CELLS_BOUND:
        return text_clip(cell,
                         row->window.bound_by[0] ? row->window.bound_by : "-",
                         widths[column]);
    default:
        return text_fit(cell, plain_number(row, column), widths[column],
                        column == CELLS_SYSCALLS ? "n/a" : "-");
    }
}

bool
cells_measured(const struct summary_row *row)
{
    return row->status == WINDOW_OK;
}

bool
cells_starved(const struct summary_row *row)
{
    return row->starved_rounds > 0;
}

bool
cells_all_skipped(const struct summary_row *rows, size_t nrows)
{
    for (size_t i = 0; i < nrows; i++) {
        if (rows[i].status != WINDOW_SKIPPED ||
            strcmp(rows[i].reason, rows[0].reason) != 0) {
            return false;
        }
    }
    return nrows > 1;
}

int
cells_rounds(const struct summary_row *rows, size_t nrows)
{
    int rounds = 0;

    for (size_t i = 0; i < nrows; i++) {
        rounds = rows[i].rounds > rounds ? rows[i].rounds : rounds;
    }
    return rounds;
}

void
cells_title(struct text *text, const struct summary_row *rows, size_t nrows)
{
    const struct window *window = &rows[0].window;
    char bytes[UNITS_TEXT_BYTES];

    text_add(text, "%s: %d client%s x %s", window->scenario, window->clients,
             window->clients == 1 ? "" : "s",
             units_format_bytes(bytes, (double)window->message_bytes));
    if (window->rate_per_s > 0) {
        text_add(text, ", open loop");
    }
    if (strcmp(window->scenario, "idle") == 0 && window->silent > 0) {
        text_add(text, ", %d of them silent until the end", window->silent);
    } else if (window->silent > 0) {
        text_add(text, " behind %d silent", window->silent);
    }
    if (window->delay_ms > 0) {
        text_add(text, ", --delay=%d", window->delay_ms);
    }
    if (window->work_us > 0) {
        text_add(text, ", --work=%d", window->work_us);
    }
    if (strcmp(window->layout, "shared") == 0) {
        text_add(text, ", one CPU shared");
    } else if (strcmp(window->layout, "split") == 0) {
        text_add(text, ", one CPU each");
    } else if (strcmp(window->layout, "apart") == 0) {
        text_add(text, ", servers out of sight");
    } else {
        text_add(text, ", all %d CPU%s", window->cpus,
                 window->cpus == 1 ? "" : "s");
    }
    add_rounds(text, rows, nrows);
}

/* ", 8 rounds"; and for the row with most attempts, if any window was run
 * again, " (threaded: 8 used of 10 run)". */
static void
add_rounds(struct text *text, const struct summary_row *rows, size_t nrows)
{
    const struct summary_row *most = &rows[0];
    int rounds = cells_rounds(rows, nrows);

    for (size_t i = 0; i < nrows; i++) {
        if (rows[i].run - rows[i].rounds > most->run - most->rounds) {
            most = &rows[i];
        }
    }
    if (rounds > 0) {
        text_add(text, ", %d round%s", rounds, rounds == 1 ? "" : "s");
    }
    if (most->run > most->rounds) {
        text_add(text, " (%s: %d used of %d run)", most->window.model,
                 most->rounds, most->run);
    }
}

/* The number of a column that needs no rule of its own. */
static double
plain_number(const struct summary_row *row, enum cells_column column)
{
    switch (column) {
    case CELLS_CPU:
        return median(row, WINDOW_SERVER_CPU_US_PER_ECHO);
    case CELLS_FLOOR:
        return median(row, WINDOW_CPU_OVER_FLOOR);
    case CELLS_YARDSTICK:
        return row->over_yardstick.median;
    case CELLS_SYSCALLS:
        return median(row, WINDOW_SYSCALLS_PER_ECHO);
    default:
        return median(row, WINDOW_SWITCHES_PER_ECHO);
    }
}

/* Of the worst round. */
static char *
write_served(char *cell, const struct summary_row *row)
{
    if (isnan(row->served_least)) {
        snprintf(cell, TEXT_CELL_BYTES, "-");
        return cell;
    }
    snprintf(cell, TEXT_CELL_BYTES, "%.0f/%.0f", row->served_least,
             median(row, WINDOW_ASKED));
    if ((int)strlen(cell) > widths[CELLS_SERVED]) {
        char served[TEXT_CELL_BYTES];
        char asked[TEXT_CELL_BYTES];

        snprintf(cell, TEXT_CELL_BYTES, "%.5s/%.5s",
                 text_count(served, row->served_least, "-"),
                 text_count(asked, median(row, WINDOW_ASKED), "-"));
    }
    return cell;
}

/*
 * The percentiles are those of the echoes that came, but a client that never
 * got one waited longer than all of them: where more than one client in a
 * hundred was never served, the 99th percentile is "never".
 */
static char *
write_latency(char *cell, const struct summary_row *row,
              enum window_figure figure, const struct cells_style *style)
{
    double asked = median(row, WINDOW_ASKED);
    double served = median(row, WINDOW_SERVED);
    double value = median(row, figure);
    double share = figure == WINDOW_P99_US ? 0.99 : 0;

    if ((served <= share * asked && served < asked) ||
        median(row, WINDOW_ECHOES) == 0) {
        snprintf(cell, TEXT_CELL_BYTES, "never");
        return cell;
    }
    return text_fit(cell, style->milliseconds ? value / 1000 : value,
                    widths[CELLS_P50], "-");
}

static char *
write_spread(char *cell, const struct estimate *estimate)
{
    double percent = 50 * (estimate->high - estimate->low) / estimate->median;

    if (!isfinite(percent)) {
        snprintf(cell, TEXT_CELL_BYTES, "-");
    } else if (percent >= 999.5) {
        snprintf(cell, TEXT_CELL_BYTES, ">1k");
    } else {
        snprintf(cell, TEXT_CELL_BYTES, percent < 9.5 ? "%.1f" : "%.0f",
                 percent);
    }
    return cell;
}

/*
 * What the clients add is a difference of two sizes that the kernel counts
 * in pages. A few pages are no result, so less than that is a bound; less
 * than nothing is no number at all.
 */
static char *
write_memory(char *cell, const struct summary_row *row)
{
    const struct window *window = &row->window;
    bool asked_all = strcmp(window->scenario, "idle") == 0;
    double value = median(row, WINDOW_RSS_KIB_PER_CLIENT);
    double held =
        fmax(row->served_most, 1) + (asked_all ? 0 : window->silent);
    double bound = MEMORY_NOISE_KIB / held;

    if (isfinite(value) && value >= 0 && value < bound) {
        double step = pow(10, floor(log10(bound)));

        snprintf(cell, TEXT_CELL_BYTES, "<%g", ceil(bound / step) * step);
        return cell;
    }
    return text_fit(cell, value < 0 ? NAN : value, widths[CELLS_MEMORY], "-");
}

static double
median(const struct summary_row *row, enum window_figure figure)
{
    return row->figure[figure].median;
}
