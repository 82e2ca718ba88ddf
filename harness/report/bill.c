/*
 * bill.c: what an echo is made of: instructions by function, and CPU time by
 * what it is paid for. See internal.h.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/internal.h"

#define FUNCTIONS_SHOWN 8 /* of a model; what else there is is one */

/* ---- instructions ------------------------------------------------------ */

static void
put_functions(struct text *text, const struct calls *code)
{
    double rest = code->per_echo;

    text_add(text, "%.6g", rint(10 * code->per_echo) / 10);
    for (int i = 0; i < code->nnames && i < FUNCTIONS_SHOWN &&
                    code->names[i].per_echo >= 0.5;
         i++) {
        text_item(text, i > 0 ? ", " : ": ", "%s %.6g", code->names[i].name,
                  rint(code->names[i].per_echo));
        rest -= code->names[i].per_echo;
    }
    if (rest >= 0.5) {
        text_item(text, ", ", "others %.6g", rint(rest));
    }
}

void
code_build(struct document *document, const struct summary_group *group)
{
    bool begun = false;

    for (size_t i = 0; i < group->nrows; i++) {
        const struct calls *code = group->rows[i].code;
        struct text text = {0};

        if (!code) {
            continue;
        }
        if (!begun) {
            document_paragraph(document,
                               "Instructions of an echo, outside of the "
                               "kernel, by function:");
            begun = true;
        }
        if (isfinite(code->per_echo)) {
            put_functions(&text, code);
        } else {
            text_add(&text, "not counted: %s", code->reason);
        }
        document_item(document, group->rows[i].life->model, "%s", text.bytes);
    }
}

/* ---- CPU time ---------------------------------------------------------- */

static const char *const part_names[BILL_PARTS] = {
    [BILL_FLOOR] = "recv + send", [BILL_SOCKETS] = "many sockets",
    [BILL_CALLS] = "other calls", [BILL_SWITCHES] = "switches",
    [BILL_USER] = "user code",    [BILL_REST] = "unexplained",
};

/* How calls begin, as strace calls them, and what their price is called. The
 * first recv and the first send of an echo are the floor; of one more the
 * price is that of a recv in vain. */
static const char *const priced[][2] = {
    {"epoll_wait", "epoll_wait"},
    {"epoll_pwait", "epoll_wait"},
    {"select", "select"},
    {"pselect", "select"},
    {"poll", "poll"},
    {"ppoll", "poll"},
    {"ioctl", "ioctl"},
    {"recv", "recv"},
    {"read", "recv"},
    {"send", "send"},
    {"write", "send"},
};

/* What something costs in a group, the median of its slices; NAN if that was
 * not measured. */
static double
price_us(const struct results *results, const struct summary_group *group,
         const char *name)
{
    double *values = given(calloc(results->nslices + 1, sizeof *values));
    double median;
    size_t n = 0;

    for (size_t i = 0; i < results->nslices; i++) {
        const struct slice *slice = &results->slices[i];
        double us = slice->server_cpu_us / slice->echoes;

        if (strncmp(slice->model, RESULTS_PRICE, strlen(RESULTS_PRICE)) ==
                0 &&
            strcmp(slice->model + strlen(RESULTS_PRICE), name) == 0 &&
            RECORDS_GO_TOGETHER(slice, group_life(group)) && isfinite(us)) {
            values[n++] = us;
        }
    }
    median = statistics_median(values, n);
    free(values);
    return median;
}

/* Add all calls but those of the floor. */
static void
add_calls(struct bill *bill, const struct results *results,
          const struct summary_group *group, const struct calls *calls)
{
    double recvs = 1, sends = 1; /* that the floor holds */

    for (int i = 0; i < calls->nnames; i++) {
        const char *name = calls->names[i].name;
        const char *price = "";
        double often = calls->names[i].per_echo;
        double *floor;
        double us;

        for (size_t j = 0; j < COUNT(priced); j++) {
            if (strncmp(name, priced[j][0], strlen(priced[j][0])) == 0) {
                price = priced[j][1];
            }
        }
        floor = strcmp(price, "recv") == 0   ? &recvs
                : strcmp(price, "send") == 0 ? &sends
                                             : NULL;
        if (floor) {
            double held = fmin(*floor, often);

            *floor -= held;
            often -= held;
        }
        us = often * price_us(results, group, price);
        if (isfinite(us)) {
            bill->parts[BILL_CALLS].us += us;
        }
        if (often >= 0.005) {
            text_item(&bill->calls, ", ",
                      isfinite(us) ? "%s %.2f us" : "%s without a price",
                      name, us);
        }
    }
}

/* Code is its instructions at the price of one. The kernel's own account of
 * what is user time looks at the clock's ticks, of which a server has some
 * ten in its code and two hundred in all: a third more or less is luck. What
 * surrounds recv and send is in the floor as well: 20 instructions. */
bool
bill_of(struct bill *bill, const struct summary *summary,
        const struct summary_group *group, const struct summary_row *row)
{
    const struct results *results = summary->results;
    const double *figure = row->figure;
    double switches_us =
        price_us(results, group, "switch") * figure[LIFE_SWITCHES_PER_ECHO];
    double sockets_us = price_us(results, group, "sockets");
    double user_us = price_us(results, group, "instruction") *
                     figure[LIFE_INSTRUCTIONS_PER_ECHO];
    double rest_us = figure[LIFE_SERVER_CPU_US_PER_ECHO];

    *bill = (struct bill){.total_us = rest_us};
    for (int i = 0; i < BILL_PARTS; i++) {
        bill->parts[i].name = part_names[i];
    }
    if (row->status != LIFE_OK || row->starved || !row->calls ||
        !isfinite(rest_us) || !isfinite(switches_us) ||
        !isfinite(figure[LIFE_FLOOR_US]) ||
        row - group->rows >= RESULTS_MODELS_MAX) {
        return false;
    }
    bill->parts[BILL_FLOOR].us = figure[LIFE_FLOOR_US];
    bill->parts[BILL_SWITCHES].us = switches_us;
    if (isfinite(sockets_us)) {
        bill->parts[BILL_SOCKETS].us = sockets_us - figure[LIFE_FLOOR_US];
    }
    if (isfinite(user_us)) {
        bill->parts[BILL_USER].us = user_us;
    }
    add_calls(bill, results, group, row->calls);
    for (int i = 0; i < BILL_REST; i++) {
        rest_us -= bill->parts[i].us;
    }
    bill->parts[BILL_REST].us = rest_us;
    /* Else it is nothing that compare has written. */
    return fabs(rest_us) <= bill->total_us && bill->total_us < 1e6;
}

static bool
is_explained(const struct bill *bill)
{
    return fabs(bill->parts[BILL_REST].us) <=
           BILL_REST_SHARE * bill->total_us;
}

/* The parts as they are printed, so that what is printed adds up. */
static void
put_bill(struct block *table, size_t row, const struct bill *bill)
{
    double rest_us = rint(100 * bill->total_us) / 100;

    for (int i = 0; i < BILL_REST; i++) {
        double us = rint(100 * bill->parts[i].us) / 100;

        rest_us -= us;
        table_put(table, row, (size_t)i + 1, MARK_NONE,
                  bill->parts[i].us == 0 ? "-" : "%.2f", us);
    }
    table_put(table, row, BILL_REST + 1,
              is_explained(bill) ? MARK_NONE : MARK_BAD, "%.2f", rest_us);
    table_put(table, row, BILL_PARTS + 1, MARK_NONE, "%.2f", bill->total_us);
}

/* What the calls are; how much more than the cheapest it pays, and for what
 * most of that. */
static void
say_bill(struct document *document, const char *model,
         const struct bill *bill, const struct bill *least, const char *name)
{
    double more_us = bill->total_us - least->total_us;
    struct text text = {0};
    int most = 0;

    for (int i = 0; i < BILL_PARTS; i++) {
        if (bill->parts[i].us - least->parts[i].us >
            bill->parts[most].us - least->parts[most].us) {
            most = i;
        }
    }
    if (more_us > 0.03 * least->total_us) {
        text_item(&text, "; ", "%.2f us more than %s, most of it %s", more_us,
                  name, part_names[most]);
    }
    if (bill->calls.bytes[0] != '\0') {
        text_item(&text, "; ", "%s", bill->calls.bytes);
    }
    if (!is_explained(bill)) {
        double percent = 100 * bill->parts[BILL_REST].us / bill->total_us;

        text_item(&text, "; ",
                  percent > 0 ? "%.0f %% of it are left unexplained"
                              : "the parts make %.0f %% too much",
                  fabs(percent));
    }
    document_item(document, model, "%s", text.bytes);
}

void
bill_build(struct document *document, const struct summary *summary,
           const struct summary_group *group)
{
    struct bill bills[RESULTS_MODELS_MAX];
    const struct summary_row *rows[RESULTS_MODELS_MAX];
    struct block *table;
    size_t least = 0;
    size_t n = 0;

    for (size_t i = 0; i < group->nrows && i < RESULTS_MODELS_MAX; i++) {
        rows[n] = &group->rows[i];
        if (bill_of(&bills[n], summary, group, rows[n])) {
            least = bills[n].total_us < bills[least].total_us ? n : least;
            n++;
        }
    }
    if (n == 0) {
        document_paragraph(
            document, "%s",
            cells_kind(group_life(group)) & (KIND_ONE | KIND_MANY)
                ? "Of what an echo is made is known where its calls are "
                  "counted and prices measured: with 64 clients at most, "
                  "which share a CPU with the server."
                : "");
        return;
    }
    document_paragraph(document, "Of what the CPU time of an echo is made, "
                                 "us, each part at its price here:");
    table = document_table(document, BILL_PARTS + 2, n);
    table->columns[0].left = true;
    PUT(table->columns[BILL_PARTS + 1].heading, "in all");
    for (int i = 0; i < BILL_PARTS; i++) {
        PUT(table->columns[i + 1].heading, "%s", part_names[i]);
    }
    for (size_t i = 0; i < n; i++) {
        table_put(table, i, 0, MARK_NONE, "%s", rows[i]->life->model);
        put_bill(table, i, &bills[i]);
    }
    for (size_t i = 0; i < n; i++) {
        say_bill(document, rows[i]->life->model, &bills[i], &bills[least],
                 rows[least]->life->model);
    }
}
