/*
 * cells.c: what stands in a cell of a table, whichever table that is. See
 * internal.h.
 */
#include <math.h>

#include "harness/report/internal.h"

#define BULK_BYTES 16384 /* longer messages are bulk */

/* ---- scenarios --------------------------------------------------------- */

/* The first that is so decides. */
enum cells_kind
cells_kind(const struct life *life)
{
    return life->rate_per_s > 0               ? KIND_RATE
           : life->churn || life->handshake   ? KIND_CONNECT
           : life->ask_silent                 ? KIND_IDLE
           : life->silent > 0                 ? KIND_SILENT
           : life->delay_ms > 0               ? KIND_WAIT
           : life->work_us > 0                ? KIND_WORK
           : life->message_bytes > BULK_BYTES ? KIND_BULK
           : life->clients == 1               ? KIND_ONE
                                              : KIND_MANY;
}

const struct summary_group *
group_up_to(const struct summary *summary, enum cells_kind kind, int most)
{
    const struct summary_group *found = NULL;

    for (size_t i = 0; i < summary->ngroups; i++) {
        const struct summary_group *group = &summary->groups[i];
        int clients = group->life->clients;

        if (cells_kind(group->life) == kind && clients <= most &&
            (!found || clients > found->life->clients)) {
            found = group;
        }
    }
    return found;
}

const struct summary_group *
group_main(const struct summary *summary)
{
    const struct summary_group *group =
        group_up_to(summary, KIND_MANY, MAIN_CLIENTS);

    group = group ? group : group_largest(summary, KIND_MANY);
    group = group ? group : group_largest(summary, KIND_IDLE);
    return group ? group : summary->groups;
}

bool
row_keeps_up(const struct summary_row *row)
{
    return row->status == LIFE_OK && !row->saturated && !row->starved;
}

struct text
group_label(const struct summary_group *group)
{
    const struct life *life = group->life;
    struct text text = {0};

    switch (cells_kind(life)) {
    case KIND_RATE:
        text_add(&text, "%d messages/s", life->rate_per_s);
        break;
    case KIND_CONNECT:
        text_add(&text, "connect%s + echo", life->handshake ? ", greet" : "");
        break;
    case KIND_IDLE:
        text_add(&text, "%d busy + %d idle", life->clients - life->silent,
                 life->silent);
        break;
    case KIND_SILENT:
        text_add(&text, "%d behind %d silent", life->clients, life->silent);
        break;
    case KIND_WAIT:
        text_add(&text, "%d ms wait", life->delay_ms);
        break;
    case KIND_WORK:
        text_add(&text, "%d us work, %d CPU%s", life->work_us, life->cpus,
                 life->cpus == 1 ? "" : "s");
        break;
    case KIND_BULK:
        text_add(&text, "%.0f KiB messages",
                 (double)life->message_bytes / 1024);
        break;
    default:
        text_add(&text, "%d client%s", life->clients,
                 life->clients == 1 ? "" : "s");
        break;
    }
    return text;
}

/* ---- the table of all cells -------------------------------------------- */

/* How a cell is written. */
enum form {
    FORM_WORDS,  /* it is more than a figure */
    FORM_NUMBER, /* three digits */
    FORM_FIXED,  /* two digits behind the point */
    FORM_COUNT,  /* with a unit: 94.8k */
    FORM_TIME,   /* us or ms, as the heading says */
};

static const struct {
    const char *above;       /* the heading */
    const char *heading;     /* without the unit of a time */
    enum form form;          /* of the cell */
    enum life_figure figure; /* that it shows */
    const char *meaning;     /* or NULL */
    bool left;               /* words */
} cells[CELLS] = {
#define CELL(name, above_, heading_, ...)                                    \
    [CELLS_##name] = {.above = above_, .heading = heading_, ##__VA_ARGS__},
#include "harness/report/cells.h"
};

/* ---- cells that are more than a figure --------------------------------- */

/* Over the best of the group, or what that is called. */
static enum mark
put_verdict(struct text *text, const struct summary_row *row,
            enum fitted what)
{
    bool best = row == row->group->best[what];

    text_add(text, "%s",
             best ? fitted_best[what]
                  : comparison_word(&row->over_best[what], UNITS_TEXT));
    return best && row->group->clear[what] ? MARK_BEST : MARK_NONE;
}

static enum mark
put_served(struct text *text, const struct summary_row *row)
{
    double served = row->figure[LIFE_SERVED];
    double asked = row->figure[LIFE_ASKED];

    text_add(text, isnan(served + asked) ? "-" : "%.9g/%.9g", served, asked);
    return row->starved ? MARK_BAD : MARK_NONE;
}

/* Less than the noise is a bound. */
static void
put_memory(struct text *text, const struct summary_row *row)
{
    double value = summary_memory(row);
    double bound = summary_memory_noise(row);

    if (value < bound) {
        double step = pow(10, floor(log10(bound)));

        text_add(text, "<%g", ceil(bound / step) * step);
    } else {
        text_add(text,
                 isnan(value)    ? "-"
                 : value < 0.095 ? "%.2f"
                 : value < 9.95  ? "%.1f"
                                 : "%.0f",
                 value);
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

/* Of a model in a scenario. */
static enum mark
put_row(struct text *text, enum cells_id id, const struct summary_row *row,
        const char *base)
{
    const struct comparison *over = &row->over_best[FIT_CPU];
    double yards = row->over_yardstick.ratio;
    struct comparison over_base;

    switch (id) {
    case CELLS_SERVED:
        return put_served(text, row);
    case CELLS_OVER_MOST:
        return put_verdict(text, row, FIT_RATE);
    case CELLS_COST:
        return put_verdict(text, row, FIT_CPU);
    case CELLS_RANGE:
        text_add(text, isnan(over->low) ? "-" : "[%.2f, %.2f]", over->low,
                 over->high);
        break;
    case CELLS_YARD:
        text_add(text, !row->yardstick && isfinite(yards) ? "%.2f" : "-",
                 yards);
        break;
    case CELLS_OVER_BASE:
        over_base =
            summary_compare(row, summary_find(row->group, base), FIT_CPU);
        text_add(text, "%s", comparison_word(&over_base, UNITS_TEXT));
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

/* If one model alone differs, which it is. */
static void
put_lives(struct text *text, const struct summary_group *group)
{
    bool differ = false;

    if (group->lives < 2 || group->blocks == 0) {
        text_add(text, "-");
        return;
    }
    for (int i = 0; i < FITS; i++) {
        for (size_t j = 0;
             j < group->nrows && j < RESULTS_MODELS_MAX && !differ; j++) {
            if (group->fit[i].wide[j] > 0) {
                text_add(text, "%s ", group->rows[j].life->model);
                differ = true;
            }
        }
        differ |= group->fit[i].lives_differ;
    }
    text_add(text, "%s", differ ? "differ" : "agree");
}

/* Of a scenario or a model alone. */
static void
put_outside(struct text *text, enum cells_id id, const struct at *at)
{
    const struct summary_group *group = at->group;
    const struct fit *fit;

    if (id >= CELLS_MODEL) {
        text_add(text, "%s", id == CELLS_MODEL ? at->model : at->base);
        return;
    }
    fit = &group->fit[id < CELLS_RATE_NOISE ? FIT_CPU : FIT_RATE];
    switch (id) {
    case CELLS_NAME:
        text_add(text, "%s %d", group->life->scenario, group->life->clients);
        if (group->life->rate_per_s > 0) {
            text_add(text, " at %d/s", group->life->rate_per_s);
        }
        break;
    case CELLS_LABEL:
        text_add(text, "%s", group_label(group).bytes);
        break;
    case CELLS_CPU_NOISE:
    case CELLS_RATE_NOISE:
        text_add(text, isfinite(fit->half) ? "%.1f" : "-", 100 * fit->noise);
        break;
    case CELLS_CPU_HALF:
    case CELLS_RATE_HALF:
        text_add(text, isfinite(fit->half) ? "%.1f" : "-",
                 100 * (exp(fit->half) - 1));
        break;
    case CELLS_LIVES:
        put_lives(text, group);
        break;
    default:
        text_add(text, "%d",
                 id == CELLS_BLOCKS    ? group->blocks
                 : id == CELLS_SLICES  ? group->slices
                 : id == CELLS_STALLED ? group->stalled
                                       : group->life->rate_per_s);
    }
}

/* ---- figures ----------------------------------------------------------- */

/* What there is instead of a figure of a row that was measured: a response
 * time that "never" comes to who is not served, or "grows" as long as the
 * rate lasts, or that is not known as the client was "late"; an echo rate
 * that is "stuck"; or NULL. */
static const char *
row_instead(const struct summary_row *row, enum life_figure figure)
{
    bool time = figures[figure].where & FIGURE_TIME;
    bool none = figure == LIFE_ECHOES_PER_S && !(row->figure[figure] > 0);

    return row->starved && time     ? "never"
           : row->starved && none   ? "stuck"
           : row->saturated && time ? "grows"
           : (figures[figure].where & FIGURE_TAIL) &&
                   isnan(row->figure[figure]) &&
                   row->errors[ENGINE_CLIENT_LATE] > 0
               ? "late"
               : NULL;
}

double
row_shown(const struct summary_row *row, enum life_figure figure)
{
    return !row || row->status != LIFE_OK || row->starved ||
                   row_instead(row, figure)
               ? NAN
           : figure == LIFE_RSS_KIB_PER_CLIENT ? summary_memory(row)
                                               : row->figure[figure];
}

static enum mark
put_figure(struct text *text, enum cells_id id, const struct summary_row *row,
           bool milliseconds)
{
    enum form form = id < CELLS ? cells[id].form : FORM_NUMBER;
    enum life_figure which = id < CELLS ? cells[id].figure : id - CELLS;
    const char *instead = row_instead(row, which);
    double value = row->figure[which];

    if (instead) {
        text_add(text, "%s", instead);
        return row->starved ? MARK_BAD : MARK_NONE;
    }
    value /= form == FORM_TIME && milliseconds ? 1000 : 1;
    if (form == FORM_FIXED && fabs(value) < 99.5) {
        text_add(text, "%.2f", value);
    } else if (id >= CELLS && fabs(value) < 1000) {
        text_add(text, "%.*g", figures[which].digits, value);
    } else {
        text_add(text, "%s",
                 form == FORM_COUNT ? COUNT_TEXT(value)
                                    : units_format_number(UNITS_TEXT, value));
    }
    return MARK_NONE;
}

enum mark
cells_put(struct text *text, enum cells_id id, const struct at *at,
          bool milliseconds)
{
    const struct summary_row *row = summary_find(at->group, at->model);

    if (id <= CELLS_BASE) {
        put_outside(text, id, at);
        return MARK_NONE;
    }
    if (!row || row->status != LIFE_OK) {
        bool bad = row && row->status != LIFE_SKIPPED;

        text_add(text, "%s", bad ? life_status_name(row->status) : "-");
        return bad ? MARK_BAD : MARK_NONE;
    }
    return id < CELLS && cells[id].form == FORM_WORDS
               ? put_row(text, id, row, at->base)
               : put_figure(text, id, row, milliseconds);
}

void
cells_heading(struct column *column, bool milliseconds)
{
    enum cells_id id = column->id;
    bool named = column->above[0] != '\0' || column->heading[0] != '\0';
    bool time = id < CELLS && cells[id].form == FORM_TIME;

    if (column->heading[0] == '\0') {
        PUT(column->heading, "%s%s",
            id < CELLS ? cells[id].heading : figures[id - CELLS].heading,
            !time          ? ""
            : milliseconds ? " ms"
                           : " us");
    }
    if (id < CELLS && !named) {
        PUT(column->above, "%s", cells[id].above);
        column->meaning = cells[id].meaning;
    }
    column->left = id < CELLS && cells[id].left;
}
