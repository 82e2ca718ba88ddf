/*
 * cells.c: what stands in a cell. See cells.h.
 */
#include "harness/report/cells.h"

#include <math.h>
#include <string.h>

enum {
    NAME_WIDTH = 22,        /* of a model; the middle of a longer one goes */
    MEMORY_NOISE_KIB = 16,  /* pages that a process may gain or lose for
                             * reasons of its own */
    BULK_BYTES = 16 * 1024, /* longer messages are bulk */
};

/* From here on a time reads better in milliseconds. */
#define MILLISECONDS_FROM_US 20000

enum cells_kind
cells_kind(const struct life *life)
{
    if (life->rate_per_s > 0) {
        return KIND_RATE;
    }
    if (life->churn || life->handshake) {
        return KIND_CONNECT;
    }
    if (life->ask_silent || life->silent > 0) {
        return life->ask_silent ? KIND_IDLE : KIND_SILENT;
    }
    if (life->delay_ms > 0) {
        return KIND_WAIT;
    }
    if (life->work_us > 0) {
        return KIND_WORK;
    }
    if (life->message_bytes > BULK_BYTES) {
        return KIND_BULK;
    }
    return life->clients == 1 ? KIND_ONE : KIND_MANY;
}

void
cells_label(struct text *text, const struct life *life)
{
    const char *plural = life->clients == 1 ? "" : "s";

    switch (cells_kind(life)) {
    case KIND_RATE:
        text_add(text, "%d messages/s", life->rate_per_s);
        break;
    case KIND_CONNECT:
        text_add(text, "connect%s + echo", life->handshake ? ", greet" : "");
        break;
    case KIND_IDLE:
        text_add(text, "%d busy + %d idle", life->clients - life->silent,
                 life->silent);
        break;
    case KIND_SILENT:
        text_add(text, "%d behind %d silent", life->clients, life->silent);
        break;
    case KIND_WAIT:
        text_add(text, "%d ms wait", life->delay_ms);
        break;
    case KIND_WORK:
        text_add(text, "%d us work, %d CPU%s", life->work_us, life->cpus,
                 life->cpus == 1 ? "" : "s");
        break;
    case KIND_BULK:
        text_add(text, "%.0f KiB messages",
                 (double)life->message_bytes / 1024);
        break;
    default:
        text_add(text, "%d client%s", life->clients, plural);
        break;
    }
}

bool
cells_in_milliseconds(const struct summary_group *group)
{
    for (size_t i = 0; i < group->nrows; i++) {
        if (group->rows[i].figure[LIFE_P50_US] >= MILLISECONDS_FROM_US) {
            return true;
        }
    }
    return false;
}

/* ---- the cells that are more than a number ------------------------------
 */

static enum mark
put_served(struct text *text, const struct summary_row *row)
{
    if (isnan(row->figure[LIFE_SERVED])) {
        text_add(text, "-");
        return MARK_NONE;
    }
    text_add(text, "%.0f/%.0f", row->figure[LIFE_SERVED],
             row->figure[LIFE_ASKED]);
    return row->starved ? MARK_BAD : MARK_NONE;
}

/* "x1.52", "~", "same", or `best` for the reference itself. */
static enum mark
put_verdict(struct text *text, const struct summary_group *group,
            const struct summary_row *row, enum fitted what, const char *best)
{
    const struct comparison *over = &row->over_best[what];

    if (row == group->best[what]) {
        text_add(text, "%s", best);
        return group->clear[what] ? MARK_BEST : MARK_NONE;
    }
    switch (over->verdict) {
    case VERDICT_DIFFERENT:
        text_add(text, over->ratio < 9.995 ? "x%.2f" : "x%.1f", over->ratio);
        break;
    case VERDICT_SAME:
        text_add(text, "same");
        break;
    case VERDICT_UNCLEAR:
        text_add(text, "~");
        break;
    default:
        text_add(text, "-");
        break;
    }
    return MARK_NONE;
}

/* What the clients add is a difference of two sizes that the kernel counts in
 * pages. A few pages are no result, so less than that is a bound. */
static void
put_memory(struct text *text, const struct summary_row *row)
{
    double value = summary_memory(row);
    double held = fmax(row->served_most, 1) +
                  (row->life->ask_silent ? 0 : row->life->silent);
    double bound = MEMORY_NOISE_KIB / held;

    if (!isfinite(value)) {
        text_add(text, "-");
    } else if (value < bound) {
        double step = pow(10, floor(log10(bound)));

        text_add(text, "<%g", ceil(bound / step) * step);
    } else {
        text_add(text, value < 9.95 ? "%.1f" : "%.0f", value);
    }
}

static enum mark
put_state(struct text *text, const struct summary_row *row)
{
    if (row->starved) {
        put_served(text, row);
        text_add(text, " served");
        return MARK_BAD;
    }
    text_add(text, "%s",
             isnan(row->figure[LIFE_REACHED_SHARE]) ? "-"
             : row->saturated                       ? "saturated"
                                                    : "kept");
    return MARK_NONE;
}

/* A cell that is more than a number. */
static enum mark
put_words(struct text *text, enum cells_id id,
          const struct summary_group *group, const struct summary_row *row)
{
    const struct comparison *over = &row->over_best[FIT_CPU];
    double calls = row->figure[LIFE_SYSCALLS_PER_ECHO];
    char cell[TEXT_CELL_BYTES];

    switch (id) {
    case CELLS_MODEL:
        text_add(text, "%s", text_clip(cell, row->life->model, NAME_WIDTH));
        break;
    case CELLS_RATE_ASKED:
        text_add(text, "%d", row->life->rate_per_s);
        break;
    case CELLS_SERVED:
        return put_served(text, row);
    case CELLS_OVER_MOST:
        return put_verdict(text, group, row, FIT_RATE, "most");
    case CELLS_COST:
        return put_verdict(text, group, row, FIT_CPU, "least");
    case CELLS_RANGE:
        text_add(text, isnan(over->low) ? "-" : "[%.2f, %.2f]", over->low,
                 over->high);
        break;
    case CELLS_YARD:
        text_add(text, "%s",
                 text_number(cell,
                             row->yardstick ? NAN : row->over_yardstick.ratio,
                             "-"));
        break;
    case CELLS_CALLS:
        /* What could not be counted here has a reason, which --why tells. */
        if (isfinite(calls)) {
            text_add(text, "%.2f", calls);
            break;
        }
        text_add(text, "%s",
                 row->calls && row->calls->method[0] == '\0' ? "n/a" : "-");
        break;
    case CELLS_MEMORY:
        put_memory(text, row);
        break;
    case CELLS_BOUND:
        text_add(text, "%s",
                 row->life->bound_by[0] != '\0' ? row->life->bound_by : "-");
        break;
    default:
        return put_state(text, row);
    }
    return MARK_NONE;
}

/* ---- the table of all cells ----------------------------------------------
 */

/* How a number is written. */
enum form {
    FORM_NUMBER, /* three digits */
    FORM_FIXED,  /* two digits behind the point */
    FORM_COUNT,  /* with a unit: 94.8k */
    FORM_TIME,   /* us or ms, as the heading says */
    FORM_SHARED, /* a time that clients who are not served never get */
    FORM_WORDS,  /* more than a figure */
};

static const struct {
    const char *group;       /* above the heading */
    const char *heading;     /* without the unit of a time */
    enum life_figure figure; /* unless it is words */
    enum form form;
    bool left; /* words */
} cells[CELLS] = {
    [CELLS_MODEL] = {"", "", 0, FORM_WORDS, true},
    [CELLS_RATE_ASKED] = {"", "asked/s", 0, FORM_WORDS, false},
    [CELLS_SERVED] = {"", "served", 0, FORM_WORDS, false},
    [CELLS_FAIRNESS] = {"", "fair", LIFE_FAIRNESS, FORM_FIXED, false},
    [CELLS_RATE] = {"", "echoes/s", LIFE_ECHOES_PER_S, FORM_COUNT, false},
    [CELLS_OVER_MOST] = {"", "of most", 0, FORM_WORDS, false},
    [CELLS_P50] = {"full turn", "p50", LIFE_P50_US, FORM_SHARED, false},
    [CELLS_P99] = {"full turn", "p99", LIFE_P99_US, FORM_SHARED, false},
    [CELLS_SERVER] = {"CPU us/echo", "server", LIFE_SERVER_CPU_US_PER_ECHO, 0,
                      false},
    [CELLS_CLIENT] = {"CPU us/echo", "client", LIFE_CLIENT_CPU_US_PER_ECHO, 0,
                      false},
    [CELLS_COST] = {"server CPU over", "least", 0, FORM_WORDS, false},
    [CELLS_RANGE] = {"server CPU over", "95 %", 0, FORM_WORDS, false},
    [CELLS_YARD] = {"server CPU over", "yard", 0, FORM_WORDS, false},
    [CELLS_FLOOR] = {"server CPU over", "floor", LIFE_CPU_OVER_FLOOR,
                     FORM_FIXED, false},
    [CELLS_CALLS] = {"", "calls", 0, FORM_WORDS, false},
    [CELLS_SWITCHES] = {"", "switch", LIFE_SWITCHES_PER_ECHO, FORM_FIXED,
                        false},
    [CELLS_MEMORY] = {"", "KiB/cl", 0, FORM_WORDS, false},
    [CELLS_RESIDENT] = {"KiB a client", "resident", LIFE_RSS_KIB_PER_CLIENT,
                        0, false},
    [CELLS_STACK] = {"KiB a client", "thread stack",
                     LIFE_STACK_KIB_PER_CLIENT, 0, false},
    [CELLS_BOUND] = {"", "bound by", 0, FORM_WORDS, false},
    [CELLS_RESPONSE_P50] = {"response", "p50", LIFE_P50_US, FORM_SHARED,
                            false},
    [CELLS_RESPONSE_P99] = {"response", "p99", LIFE_P99_US, FORM_SHARED,
                            false},
    [CELLS_SERVICE_P50] = {"service", "p50", LIFE_SERVICE_P50_US, FORM_TIME,
                           false},
    [CELLS_SERVICE_P99] = {"service", "p99", LIFE_SERVICE_P99_US, FORM_TIME,
                           false},
    [CELLS_LAG] = {"client", "lag p99", LIFE_LAG_P99_US, FORM_TIME, false},
    [CELLS_UNFINISHED] = {"", "unfin.", LIFE_UNFINISHED, FORM_COUNT, false},
    [CELLS_STATE] = {"", "state", 0, FORM_WORDS, true},
};

static enum mark
put_figure(struct text *text, enum cells_id id, const struct summary_row *row,
           bool milliseconds)
{
    double value = row->figure[cells[id].figure];
    enum form form = cells[id].form;
    char number[TEXT_CELL_BYTES];

    if (form == FORM_SHARED && row->starved) {
        text_add(text, "never");
        return MARK_BAD;
    }
    if (form == FORM_SHARED && row->saturated) {
        text_add(text, "grows");
        return MARK_NONE;
    }
    if ((form == FORM_TIME || form == FORM_SHARED) && milliseconds) {
        value /= 1000;
    }
    if (form == FORM_FIXED && isfinite(value) && fabs(value) < 99.5) {
        text_add(text, "%.2f", value);
        return MARK_NONE;
    }
    text_add(text, "%s",
             form == FORM_COUNT ? text_count(number, value, "-")
                                : text_number(number, value, "-"));
    return MARK_NONE;
}

void
cells_put(struct document *document, enum cells_id id,
          const struct summary_group *group, const struct summary_row *row,
          bool milliseconds)
{
    struct text text = {0};
    enum mark mark = cells[id].form == FORM_WORDS
                         ? put_words(&text, id, group, row)
                         : put_figure(&text, id, row, milliseconds);

    document_cell(document, mark, "%s", text_string(&text));
    text_free(&text);
}

void
cells_table(struct document *document, const struct cells_shown *shown,
            size_t n, bool milliseconds)
{
    static const char *const times[][2] = {
        {"p50 us", "p50 ms"}, {"p99 us", "p99 ms"}, {"lag us", "lag ms"}};
    struct column columns[CELLS];

    for (size_t i = 0; i < n; i++) {
        enum cells_id id = shown[i].id;

        columns[i] = (struct column){cells[id].group, cells[id].heading,
                                     shown[i].drop, cells[id].left};
        for (size_t j = 0; j < 3; j++) {
            if (strncmp(times[j][0], cells[id].heading, 3) == 0) {
                columns[i].heading = times[j][milliseconds];
            }
        }
    }
    document_table(document, columns, n);
}

void
cells_row(struct document *document, const struct cells_shown *shown,
          size_t n, const struct summary_group *group,
          const struct summary_row *row, bool milliseconds)
{
    for (size_t i = 0; i < n; i++) {
        if (row->status == LIFE_OK || shown[i].id == CELLS_MODEL ||
            shown[i].id == CELLS_RATE_ASKED) {
            cells_put(document, shown[i].id, group, row, milliseconds);
        } else {
            document_rest(document, "%s: %s", life_status_name(row->status),
                          row->life->reason);
            return;
        }
    }
}
