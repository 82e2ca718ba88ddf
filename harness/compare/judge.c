/*
 * judge.c: from what was seen to what a life says. See measure.h.
 */
#include "harness/compare/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "harness/base/base.h"

/* Of a CPU, in the slices of others: more than a server that waits takes. */
#define ELSEWHERE_PERCENT_MAX 1.0

#define TICKS_MIN 10 /* of the clock; of fewer no share is said */

static double
ratio(double value, double by)
{
    return by > 0 ? value / by : NAN;
}

/* ---- figures ----------------------------------------------------------- */

/* In an open loop the response time is in the place of the latency. Messages
 * and echoes are counted over the same time. */
static void
fill_latency(struct life *life, const struct engine_result *result)
{
    double *figure = life->figure;
    const struct histogram *latency = &result->latency;

    if (life->rate_per_s > 0) {
        figure[LIFE_OFFERED_PER_S] =
            ratio((double)result->arrivals, figure[LIFE_SECONDS]);
        figure[LIFE_REACHED_SHARE] =
            ratio((double)result->echoes, (double)result->arrivals);
        figure[LIFE_SERVICE_P50_US] = histogram_known_ns(latency, 0.5) / 1000;
        figure[LIFE_SERVICE_P99_US] =
            histogram_known_ns(latency, 0.99) / 1000;
        figure[LIFE_LAG_P99_US] =
            histogram_known_ns(&result->lag, 0.99) / 1000;
        latency = &result->response;
    }
    figure[LIFE_P50_US] = histogram_known_ns(latency, 0.5) / 1000;
    figure[LIFE_P99_US] = histogram_known_ns(latency, 0.99) / 1000;
    figure[LIFE_P999_US] = histogram_known_ns(latency, 0.999) / 1000;
    if (latency->count > 0) {
        figure[LIFE_MEAN_US] = histogram_mean_ns(latency) / 1000;
        figure[LIFE_MAX_US] = (double)latency->max_ns / 1000;
    }
}

/* What each client has added; with churn nobody has stayed. */
static void
fill_memory(struct life *life, const struct turn *turn,
            const struct engine_result *result)
{
    double *figure = life->figure;
    int first = life->ask_silent ? life->clients - life->silent : 1;
    /* Silent clients are among the served where they are asked. */
    double held =
        result->served - first + (life->ask_silent ? 0 : life->silent);

    if (result->served == 0 || held < 1) {
        return;
    }
    figure[LIFE_BUSY_RSS_KIB_PER_CLIENT] =
        (turn->end.rss_kib - turn->base.rss_kib) / held;
    if (!life->churn) {
        figure[LIFE_RSS_KIB_PER_CLIENT] =
            (turn->connected.rss_kib - turn->base.rss_kib) / held;
        figure[LIFE_STACK_KIB_PER_CLIENT] =
            (turn->connected.threads - turn->base.threads) *
            turn->connected.stack_kib / (held + first);
    }
}

/* Who used up its CPU; the shares are of one CPU. */
static const char *
bound_by(const struct life *life, double server_share, double client_share)
{
    bool shared = strcmp(life->layout, "shared") == 0;
    bool split = strcmp(life->layout, "split") == 0;
    double most = fmax(server_share, client_share);
    double share = (server_share + client_share) / life->cpus;

    return (shared || most < 0.9) && (split || share < 0.9) ? "waiting"
           : shared                                         ? "CPU"
           : server_share > client_share                    ? "server"
                                                            : "client";
}

static void
fill_costs(struct life *life, const struct turn *turn,
           const struct engine_result *result, double server_ns)
{
    double echoes = (double)result->echoes;
    double window_ns = (double)result->window_ns;
    double client_ns = (double)result->client_cpu_ns;
    double *figure = life->figure;
    double switches = turn->end.switches - turn->begin.switches;
    double kernel_ticks = turn->end.kernel_ticks - turn->begin.kernel_ticks;
    double ticks =
        kernel_ticks + turn->end.user_ticks - turn->begin.user_ticks;

    figure[LIFE_BASE_RSS_KIB] = turn->base.rss_kib;
    figure[LIFE_CLIENT_CPU_US_PER_ECHO] = ratio(client_ns / 1000, echoes);
    /* What children of a server did is seen by neither its CPU clock nor its
     * memory map; better no number than a wrong one. */
    if (turn->driver.forks || isnan(server_ns)) {
        return;
    }
    figure[LIFE_SERVER_CPU_US_PER_ECHO] = ratio(server_ns / 1000, echoes);
    figure[LIFE_FAULTS_PER_ECHO] = ratio(
        turn->end.faults - turn->begin.faults, turn->driver.slices_echoes);
    figure[LIFE_KERNEL_PERCENT] =
        ticks >= TICKS_MIN ? 100 * kernel_ticks / ticks : NAN;
    figure[LIFE_THREADS] = life->churn ? NAN : turn->connected.threads;
    /* Where threads come and go those of the whole life must do, which hold
     * the start of the server as well. */
    figure[LIFE_SWITCHES_PER_ECHO] =
        echoes == 0 ? NAN
        : !life->churn && switches >= 0
            ? switches / turn->driver.slices_echoes
            : turn->server.end.switches / (double)turn->driver.echoes;
    fill_memory(life, turn, result);
    if (window_ns > 0) {
        PUT(life->bound_by, "%s",
            bound_by(life, server_ns / window_ns, client_ns / window_ns));
    }
}

static void
fill_counts(struct life *life, const struct engine_result *result)
{
    double *figure = life->figure;

    figure[LIFE_ERRORS] = 0;
    for (int i = 0; i < ENGINE_ERRORS; i++) {
        life->errors[i] = result->errors[i];
        if (i < ENGINE_SERVER_ERRORS && i != ENGINE_CONNECT_TIMEOUT) {
            figure[LIFE_ERRORS] += (double)result->errors[i];
        }
    }
    figure[LIFE_ASKED] = result->asked;
    /* In a life that was cut off the silent are never asked. */
    figure[LIFE_SERVED] =
        result->asked == life->clients ? (double)result->served : NAN;
    figure[LIFE_CONNECTED] = result->connected;
    figure[LIFE_UNFINISHED] = (double)result->unfinished;
    figure[LIFE_ECHOES] = (double)result->echoes;
    figure[LIFE_SECONDS] = (double)result->window_ns / 1e9;
    figure[LIFE_ECHOES_PER_S] =
        result->served == 0
            ? 0
            : ratio((double)result->echoes, figure[LIFE_SECONDS]);
    figure[LIFE_FAIRNESS] = result->fairness;
}

/* ---- notes ------------------------------------------------------------- */

#define NOTE(...) APPEND(life->note, "; ", __VA_ARGS__)

/* What the reader must know of a life that may well be good. A connect
 * without an answer has broken nothing: the client was never let in. */
static void
fill_note(struct life *life, const struct turn *turn,
          const struct engine_result *result)
{
    uint64_t outside = result->errors[ENGINE_CONNECT_TIMEOUT];

    if (outside > 0) {
        NOTE("%llu client%s could not connect, most likely its "
             "backlog is full",
             (unsigned long long)outside, outside == 1 ? "" : "s");
    }
    if (turn->server.pid == 0) {
        PUT(life->layout, "apart");
        NOTE("the launcher put its process out of sight, so "
             "neither its CPU nor its memory is measured");
    } else if (turn->driver.forks) {
        NOTE("its CPU is spent in child processes, which are not counted");
    }
    if (turn->end.moved) {
        NOTE("it was put on other CPUs than this row's, so the "
             "floor and the client may be on another one");
    }
    if (life->figure[LIFE_ELSEWHERE_PERCENT] > ELSEWHERE_PERCENT_MAX) {
        NOTE("it used %.0f %% of a CPU while others were measured",
             life->figure[LIFE_ELSEWHERE_PERCENT]);
    }
}

/* ---- what became of it: why the client was late, and what to do about it */

/* Fail a life whose client was late, and return true; but where nine of ten
 * messages were sent in time, and did not queue up behind the others, only
 * take away all times but the medians, which are right. */
static bool
fail_late(struct life *life, const struct engine_result *result)
{
    double used = (double)result->client_cpu_ns / (double)result->window_ns;
    int64_t lag_ns = histogram_quantile_ns(&result->lag, 0.9);
    int64_t service_ns = histogram_quantile_ns(&result->latency, 0.5);
    int64_t wait_ns =
        histogram_quantile_ns(&result->response, 0.5) - service_ns;
    char why[64] = "";

    if (used > ENGINE_CPU_SHARE_MAX) {
        PUT(why, "it used %.0f %% of its CPU", 100 * used);
    } else if (lag_ns > MAX(ENGINE_LAG_MAX_NS, service_ns / 5)) {
        PUT(why, "p90 of its lag: %s", TIME_TEXT(lag_ns));
    } else if (wait_ns > service_ns) {
        PUT(why, "messages waited for it: p50 %s", TIME_TEXT(wait_ns));
    } else {
        for (int i = 0; i < LIFE_FIGURES; i++) {
            life->figure[i] =
                figures[i].where & FIGURE_TAIL ? NAN : life->figure[i];
        }
        return false;
    }
    life_fail(life, LIFE_INVALID, "the client was late itself (%s)", why);
    return true;
}

/* "broke connections: 12 reset (Connection reset by peer), 3 early_eof". */
static void
fail_by_errors(struct life *life, enum life_status status, const char *what,
               const struct engine_result *result)
{
    int i = status == LIFE_FAILED ? 0 : ENGINE_SERVER_ERRORS;
    int end = status == LIFE_FAILED ? ENGINE_SERVER_ERRORS : ENGINE_ERRORS;
    char text[RESULTS_REASON_BYTES] = "";

    for (; i < end; i++) {
        int error = result->error_errno[i];

        if (result->errors[i] > 0) {
            APPEND(text, ", ", "%llu %s%s%s%s",
                   (unsigned long long)result->errors[i],
                   engine_error_name(i), error ? " (" : "",
                   error ? strerror(error) : "", error ? ")" : "");
        }
    }
    life_fail(life, status, "%s: %s", what, text);
}

/* How many clients the server says that its model cannot hold; but whom it
 * has sent a byte it cannot refuse any more. */
static double
refused_by_design(const struct life *life, const struct engine_result *result)
{
    const char *refused = strstr(life->stats, "\"refused\":");
    double count = refused ? strtod(strchr(refused, ':') + 1, NULL) : 0;

    return fmin(count, (double)result->turned_away);
}

/* "stopped answering: 3 of 16 clients wait for the rest of an echo". Who has
 * its whole echo has been answered, but no server may keep its connection. */
static void
fail_stalled(struct life *life, const struct engine_result *result)
{
    int inside = result->stalled_inside;
    int stalled = result->stalled - result->stalled_behind;

    if (stalled <= 0) {
        life_fail(life, LIFE_FAILED,
                  "does not end connections: %d of %d clients have ended "
                  "their side and wait for the server to end its own",
                  result->stalled_behind, result->asked);
        return;
    }
    life_fail(life, LIFE_FAILED,
              "stopped answering: %d of %d clients wait for %s", stalled,
              result->asked,
              inside == stalled ? "the rest of an echo" : "their next echo");
    if (inside > 0 && inside < stalled) {
        APPEND(life->reason, ", ", "%d of them for the rest of it", inside);
    }
}

/* The first of these that is true. Beside a silent client it is no failure to
 * serve nobody, if the one client alone with it was served. */
static void
set_status(struct life *life, const struct turn *turn,
           const struct engine_result *result)
{
    const struct server *server = &turn->server;
    const struct engine_mismatch *wrong = &result->mismatch;
    bool only_late =
        engine_first_error(result, ENGINE_SERVER_ERRORS) ==
            ENGINE_CLIENT_LATE &&
        engine_first_error(result, ENGINE_CLIENT_LATE + 1) == ENGINE_ERRORS;
    bool ours = !turn->contender->command;
    char sent[24] = "";

    if (engine_has_wrong_byte(result)) {
        if (wrong->expected != wrong->got) { /* else it came too early */
            PUT(sent, "0x%02x was sent, ", wrong->expected);
        }
        life_fail(life, LIFE_FAILED,
                  "wrong byte on connection %lld at offset %lld: "
                  "%s0x%02x came back%s%s",
                  (long long)wrong->connection, (long long)wrong->offset,
                  sent, wrong->got,
                  wrong->origin[0] ? "; it looks like " : "", wrong->origin);
    } else if (server->end.early) {
        life_fail(life, LIFE_FAILED, "%s", server->reason);
    } else if (turn->driver.engine_errno != 0) {
        life_fail(life, LIFE_INVALID, "the client failed: %s",
                  strerror(turn->driver.engine_errno));
    } else if (engine_result_invalid(result) && !only_late) {
        fail_by_errors(life, LIFE_INVALID, "trouble of the client's own",
                       result);
    } else if (only_late && fail_late(life, result)) {
        return;
    } else if (life->figure[LIFE_ERRORS] >
               (ours ? refused_by_design(life, result) : 0)) {
        fail_by_errors(life, LIFE_FAILED, "broke connections", result);
    } else if (result->stalled > 0) {
        fail_stalled(life, result);
    } else if (result->served == 0 &&
               (life->silent == 0 || turn->driver.alone.served == 0)) {
        life_fail(life, LIFE_FAILED, "never answered%s%s",
                  life->note[0] ? "; " : "", life->note);
    } else if (ours && (server->killed || server->end.wait_status != 0)) {
        life_fail(life, LIFE_FAILED, "at the stop: %s", server->reason);
    }
}

/* Add up what was seen in the slices of `sum`, and before and after them; of
 * the first clients only what was wrong. Their stalls may be the same ones.
 */
static void
add_up(struct engine_result *result, const struct driver *driver, int sum)
{
    const struct engine_result *alone = &driver->alone;

    memset(result, 0, sizeof *result);
    engine_add_errors(result, alone);
    crew_add_result(result, &driver->sums[sum].result);
    crew_add_result(result, &driver->rest);
    result->served = driver->rest.served;
    result->fairness = driver->rest.fairness;
    if (result->stalled < alone->stalled) {
        result->stalled = alone->stalled;
        result->stalled_inside = alone->stalled_inside;
        result->stalled_behind = alone->stalled_behind;
    }
}

void
judge(struct life *life, const struct turn *turn, int sum)
{
    const struct driver *driver = &turn->driver;
    const struct driver_sum *slices = &driver->sums[sum];
    struct engine_result result;
    double *figure = life->figure;

    add_up(&result, driver, sum);
    figure[LIFE_START_MS] = turn->server.start_ms;
    figure[LIFE_STALLS] = slices->stalls;
    figure[LIFE_STALL_MS] = slices->stall_ms;
    server_last_line(turn->server.output, life->stats, sizeof life->stats);
    if (life->stats[0] != '{') {
        life->stats[0] = '\0';
    }
    if (driver->engine_errno == 0) {
        figure[LIFE_ELSEWHERE_PERCENT] =
            100 * ratio(turn->end.cpu_ns - turn->begin.cpu_ns -
                            driver->slices_cpu_ns,
                        driver->others_ns);
        fill_counts(life, &result);
        fill_latency(life, &result);
        fill_costs(life, turn, &result, slices->server_cpu_ns);
        fill_note(life, turn, &result);
        /* Only if these are all the bytes there were. */
        if (sum == 0 && driver->alone.unfinished == 0 &&
            result.unfinished == 0 && driver->echoes > 0 &&
            engine_result_good(&result)) {
            figure[LIFE_CLIENT_BYTES] =
                (double)driver->echoes * (double)life->message_bytes;
        }
    }
    set_status(life, turn, &result);
}
