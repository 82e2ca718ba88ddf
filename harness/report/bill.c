/*
 * bill.c: what an echo is made of: instructions by function, and CPU time by
 * what it is paid for. See internal.h.
 */
#include <math.h>
#include <string.h>

#include "harness/report/internal.h"

#define FUNCTIONS_SHOWN 8    /* of a model; what else there is is one */
#define REST_SHARE      0.15 /* of the total: may be left unexplained */

/* ---- instructions ------------------------------------------------------ */

static void
put_functions(struct text *text, const struct calls *code)
{
    double rest = code->per_echo;

    if (!isfinite(rest)) {
        text_add(text, "not counted: %s", code->reason);
        return;
    }
    text_add(text, "%.6g", rint(rest));
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
    bool first = true;

    for (size_t i = 0; i < group->nrows; i++) {
        const struct summary_row *row = &group->rows[i];
        struct text text = {0};

        if (row->code) {
            document_paragraph(document,
                               first ? "Instructions of an echo outside of "
                                       "the kernel, %s, by function:"
                                     : "",
                               group_label(group).bytes);
            first = false;
            put_functions(&text, row->code);
            document_item(document, row->life->model, "%s", text.bytes);
        }
    }
}

/* ---- CPU time ---------------------------------------------------------- */

const char *const bill_parts[BILL_PARTS] = {
    [BILL_FLOOR] = "recv + send", [BILL_SOCKETS] = "many sockets",
    [BILL_CALLS] = "other calls", [BILL_SWITCHES] = "switches",
    [BILL_USER] = "user code",    [BILL_REST] = "unexplained",
};

/* The prices of calls, and how such calls begin, as strace calls them. */
static const char *const priced[][2] = {
    {"recv", "read"},
    {"send", "write"},
    {"epoll_wait", "epoll_pwait"}, /* by edge: "edges" */
    {"select", "pselect"},
    {"poll", "ppoll"},
    {"ioctl", "ioctl"},
    {""}, /* all others, for which there is none */
};

/* What something costs in a group; NAN: unknown. */
static double
price_us(const struct summary_group *group, const char *name)
{
    char model[RESULTS_NAME_BYTES];

    PUT(model, RESULTS_PRICE "%s", name);
    return summary_price_us(group, model);
}

/* What all calls cost but those of the floor, and what each of them does. One
 * recv more than that has is priced as one in vain. */
static double
add_calls(struct text *text, const struct summary_row *row)
{
    const struct calls *calls = row->calls;
    double floor[COUNT(priced)] = {1, 1};
    double sum_us = 0;

    for (int i = 0; i < calls->nnames; i++) {
        const char *name = calls->names[i].name;
        double often = calls->names[i].per_echo;
        double held, us;
        size_t j = 0;
        bool edges;

        while (strncmp(name, priced[j][0], strlen(priced[j][0])) != 0 &&
               strncmp(name, priced[j][1], strlen(priced[j][1])) != 0) {
            j++;
        }
        held = fmin(floor[j], often);
        floor[j] -= held;
        often -= held;
        edges = strcmp(priced[j][0], "epoll_wait") == 0 &&
                facts_model(calls->model) & MODEL_EDGES;
        us = edges ? price_us(row->group, "edges") : NAN;
        /* Older files have but one price. */
        us = isnan(us) ? price_us(row->group, priced[j][0]) : us;
        us *= often;
        sum_us += isfinite(us) ? us : 0;
        if (often >= 0.005) {
            text_item(text, ", ",
                      isfinite(us) ? "%s %.2f us" : "%s without a price",
                      name, us);
        }
    }
    return sum_us;
}

/* Code is its instructions at the price of one. The kernel's own account of
 * what is user time looks at the clock's ticks, of which a server has some
 * ten in its code and two hundred in all: a third more or less is luck. What
 * surrounds recv and send is in the floor as well: 20 instructions. */
bool
bill_of(struct bill *bill, const struct summary_row *row)
{
    const struct summary_group *group = row->group;
    const double *figure = row->figure;
    double *us = bill->us;

    *bill = (struct bill){.row = row,
                          .total_us = figure[LIFE_SERVER_CPU_US_PER_ECHO]};
    if (row->status != LIFE_OK || row->starved || !row->calls) {
        return false;
    }
    us[BILL_FLOOR] = figure[LIFE_FLOOR_US];
    us[BILL_SOCKETS] = price_us(group, "sockets") - figure[LIFE_FLOOR_US];
    us[BILL_CALLS] = add_calls(&bill->calls, row);
    us[BILL_SWITCHES] =
        price_us(group, "switch") * figure[LIFE_SWITCHES_PER_ECHO];
    us[BILL_USER] =
        price_us(group, "instruction") * figure[LIFE_INSTRUCTIONS_PER_ECHO];
    us[BILL_REST] = bill->total_us;
    for (int i = 0; i < BILL_REST; i++) {
        /* Some have nothing of these two. */
        if ((i == BILL_SOCKETS || i == BILL_USER) && !isfinite(us[i])) {
            us[i] = 0;
        }
        us[BILL_REST] -= us[i];
    }
    /* Else a price is not known, or no compare has written it. */
    return fabs(us[BILL_REST]) <= bill->total_us && bill->total_us < 1e6;
}

static bool
is_explained(const struct bill *bill)
{
    return fabs(bill->us[BILL_REST]) <= REST_SHARE * bill->total_us;
}

/* The parts as they are printed, so that what is printed adds up. */
static void
put_bill(struct block *table, const struct bill *bill)
{
    double rest_us = rint(100 * bill->total_us) / 100;

    table_add(table, MARK_NONE, "%s", bill->row->life->model);
    for (size_t i = 0; i < BILL_REST; i++) {
        double us = rint(100 * bill->us[i]) / 100;

        rest_us -= us;
        table_add(table, MARK_NONE, bill->us[i] == 0 ? "-" : "%.2f", us);
    }
    table_add(table, is_explained(bill) ? MARK_NONE : MARK_BAD, "%.2f",
              rest_us);
    table_add(table, MARK_NONE, "%.2f", bill->total_us);
}

/* How much more than the cheapest it pays, mostly for what; the calls. */
static void
say_bill(struct document *document, const struct bill *bill,
         const struct bill *least)
{
    double more_us = bill->total_us - least->total_us;
    double percent = 100 * bill->us[BILL_REST] / bill->total_us;
    struct text text = {0};
    int most = 0;

    for (int i = 0; i < BILL_PARTS; i++) {
        if (bill->us[i] - least->us[i] > bill->us[most] - least->us[most]) {
            most = i;
        }
    }
    /* What no part explains is in its column. */
    if (more_us > 0.03 * least->total_us && most != BILL_REST &&
        bill->us[most] - least->us[most] > more_us / 2) {
        text_item(&text, "; ", "%.2f us more than %s, most of it %s", more_us,
                  least->row->life->model, bill_parts[most]);
    }
    if (bill->calls.bytes[0] != '\0') {
        text_item(&text, "; ", "other calls: %s", bill->calls.bytes);
    }
    if (bill->us[BILL_USER] == 0) {
        text_item(&text, "; ", "its code was not counted: unexplained");
    }
    if (!is_explained(bill)) {
        text_item(&text, "; ",
                  percent > 0 ? "%.0f %% of it are left unexplained"
                              : "the parts make %.0f %% too much",
                  fabs(percent));
    }
    document_item(document, bill->row->life->model, "%s", text.bytes);
}

void
bill_build(struct document *document, const struct summary_group *group)
{
    struct bill bills[RESULTS_MODELS_MAX];
    const struct bill *least = bills;
    struct block *table;
    size_t n = 0;

    for (size_t i = 0; i < group->nrows && n < RESULTS_MODELS_MAX; i++) {
        if (bill_of(&bills[n], &group->rows[i])) {
            least = bills[n].total_us < least->total_us ? &bills[n] : least;
            n++;
        }
    }
    if (n == 0) {
        document_paragraph(
            document, "%s",
            cells_kind(group->life) & (KIND_ONE | KIND_MANY)
                ? "What an echo is made of is known with 64 clients at most, "
                  "which share a CPU with the server, if calls are counted."
                : "");
        return;
    }
    document_paragraph(document, "Of what the CPU time of an echo is made, "
                                 "us, each part at its price here:");
    table = document_table(document, BILL_PARTS + 2);
    table->columns[0].left = true;
    PUT(table->columns[BILL_PARTS + 1].heading, "in all");
    for (int i = 0; i < BILL_PARTS; i++) {
        PUT(table->columns[i + 1].heading, "%s", bill_parts[i]);
    }
    for (size_t i = 0; i < n; i++) {
        put_bill(table, &bills[i]);
    }
    for (size_t i = 0; i < n; i++) {
        say_bill(document, &bills[i], least);
    }
}
