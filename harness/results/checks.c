/*
 * checks.c: whether the numbers can be true. See checks.h.
 */
#include "harness/results/checks.h"

#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the clients served, so many wait for an echo at any time: all of them
 * but for what the client itself takes to answer. */
#define LITTLE_LOW  0.95
#define LITTLE_HIGH 1.02
/* Fewer rounds have no median worth the name. */
#define LITTLE_ROUNDS 3
/* The ratio of the floor to what a server used. */
#define LIMIT_HIGH 1.05
/* Of one CPU, used by the client, which has one thread. */
#define CLIENT_HIGH 0.95

static void check_little(struct check_result *check,
                         const struct summary_row *row);
static double median_waiting(const struct summary_row *row);
static double speaking_clients(const struct summary_row *row);
static void check_limit(struct check_result *check,
                        const struct summary_row *row);
static void check_client(struct check_result *check,
                         const struct summary_row *row);
static void check_bytes(struct check_result *check,
                        const struct window *window);
static void check_kernel(struct check_result *check,
                         const struct window *window);
static void count(struct check_result *check, bool good,
                  const struct window *window, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

const char *
checks_name(enum check check)
{
    static const char *const names[CHECKS] = {
        [CHECK_LITTLE] = "Little's law",
        [CHECK_BYTES] = "bytes counted on both sides",
        [CHECK_LIMIT] = "nobody beats the kernel",
        [CHECK_CLIENT] = "client not saturated where it has its own CPU",
        [CHECK_KERNEL] = "no queue overflow, no retransmit",
    };

    return names[check];
}

void
checks_run(const struct results *results, const struct summary *summary,
           struct check_result checks[CHECKS])
{
    memset(checks, 0, CHECKS * sizeof *checks);
    for (size_t i = 0; i < summary->nrows; i++) {
        if (summary->rows[i].status == WINDOW_OK) {
            check_little(&checks[CHECK_LITTLE], &summary->rows[i]);
            check_limit(&checks[CHECK_LIMIT], &summary->rows[i]);
            check_client(&checks[CHECK_CLIENT], &summary->rows[i]);
        }
    }
    for (size_t i = 0; i < results->nwindows; i++) {
        if (results->windows[i].used) {
            check_bytes(&checks[CHECK_BYTES], &results->windows[i]);
            check_kernel(&checks[CHECK_KERNEL], &results->windows[i]);
        }
    }
}

/*
 * Only medians, since a window begins and ends with echoes half done, which
 * are as many as there are clients, and on a busy machine one of the two
 * ends may fall into a pause of all of them. Not where a client spends its
 * time with connecting, too.
 */
static void
check_little(struct check_result *check, const struct summary_row *row)
{
    double clients = speaking_clients(row);
    double waiting = median_waiting(row) / clients;
    double room = clients / row->figure[WINDOW_ECHOES].median;

    if (!isfinite(waiting) || room > 0.1 || row->rounds < LITTLE_ROUNDS) {
        return;
    }
    count(check,
          waiting >= LITTLE_LOW - room && waiting <= LITTLE_HIGH + room,
          &row->window, "%.2f", waiting);
}

/* Clients that waited at any time, in each window; the median of them. The
 * product of two medians would be another number. */
static double
median_waiting(const struct summary_row *row)
{
    double *values = calloc(row->nwindows + 1, sizeof *values);
    struct estimate estimate;
    size_t n = 0;

    for (size_t i = 0; values && i < row->nwindows; i++) {
        const double *figure = row->windows[i]->figure;

        if (row->windows[i]->used) {
            values[n++] =
                figure[WINDOW_ECHOES_PER_S] * figure[WINDOW_MEAN_US] / 1e6;
        }
    }
    estimate = statistics_estimate(values, n);
    free(values);
    return estimate.median;
}

/* Those that wait if nothing else holds them up: all that speak and were
 * served. NAN if that is not known; in an open loop it depends on the rate.
 */
static double
speaking_clients(const struct summary_row *row)
{
    const struct window *window = &row->window;
    double asked = row->figure[WINDOW_ASKED].median;
    double served = row->figure[WINDOW_SERVED].median;
    bool idle = strcmp(window->scenario, "idle") == 0;

    if (window->rate_per_s > 0 || strcmp(window->scenario, "churn") == 0 ||
        strcmp(window->scenario, "handshake") == 0 ||
        (served < asked && (idle || served != 1))) {
        return NAN;
    }
    return idle ? served - window->silent : served;
}

static void
check_limit(struct check_result *check, const struct summary_row *row)
{
    double ratio = 1 / row->figure[WINDOW_CPU_OVER_FLOOR].median;

    if (isfinite(ratio) &&
        row->window.message_bytes <= WINDOW_FLOOR_PIECE_BYTES) {
        count(check, ratio <= LIMIT_HIGH, &row->window,
              "the floor is %.2f of what it used", ratio);
    }
}

/* On one CPU that both share, each takes what the other leaves, and CPU for
 * each echo means the same. How much a server can do decides what rates are
 * tried, and there it is said beside the number if the client could not do
 * more. */
static void
check_client(struct check_result *check, const struct summary_row *row)
{
    double used = row->figure[WINDOW_CLIENT_CPU_US_PER_ECHO].median *
                  row->figure[WINDOW_ECHOES_PER_S].median / 1e6;

    if (strcmp(row->window.layout, "shared") != 0 && isfinite(used) &&
        (strcmp(row->window.scenario, "rate") != 0 ||
         row->window.rate_per_s > 0)) {
        count(check, used < CLIENT_HIGH, &row->window,
              "it used %.2f of a CPU", used);
    }
}

static void
check_bytes(struct check_result *check, const struct window *window)
{
    json_t *stats = json_loads(window->stats, 0, NULL);
    const json_t *in = json_object_get(stats, "bytes_in");
    const json_t *out = json_object_get(stats, "bytes_out");
    double sent = window->figure[WINDOW_CLIENT_BYTES];

    /* Greetings are bytes, too, and their number is not kept. */
    if (in && out && isfinite(sent) &&
        strcmp(window->scenario, "handshake") != 0) {
        count(check,
              json_number_value(in) == sent && json_number_value(out) == sent,
              window, "client %.0f, server in %.0f, out %.0f", sent,
              json_number_value(in), json_number_value(out));
    }
    json_decref(stats);
}

/* Clients that a server leaves out wait in its queue, which may be too short
 * for them; that is the server's nature, and the table says so. */
static void
check_kernel(struct check_result *check, const struct window *window)
{
    double overflows = window->figure[WINDOW_LISTEN_OVERFLOWS];
    double drops = window->figure[WINDOW_LISTEN_DROPS];
    double again = window->figure[WINDOW_RETRANSMITS];

    if (isfinite(overflows + drops + again) &&
        !(window->figure[WINDOW_SERVED] < window->figure[WINDOW_ASKED])) {
        count(check, overflows + drops + again == 0, window,
              "overflows %.0f, drops %.0f, retransmits %.0f, by anyone on "
              "the machine",
              overflows, drops, again);
    }
}

/* Count one more; of the first that is not good, keep where and how. */
static void
count(struct check_result *check, bool good, const struct window *window,
      const char *format, ...)
{
    size_t length;
    va_list args;

    check->checked++;
    if (good || check->failed++ > 0) {
        return;
    }
    snprintf(check->first, sizeof check->first,
             "%s in %s %d: ", window->model, window->scenario,
             window->clients);
    length = strlen(check->first);
    va_start(args, format);
    vsnprintf(check->first + length, sizeof check->first - length, format,
              args);
    va_end(args);
}
